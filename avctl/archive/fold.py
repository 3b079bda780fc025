"""What one event changes in the tables kept from the events: pure, as SQL texts and their figures.

The writer applies the changes in the transaction that stores the event, so tables and events never disagree; done
again over all events they give the same tables.
"""

from collections.abc import Iterable, Iterator, Mapping
from json import dumps
from typing import Any, assert_never

from avctl.archive import statement as do
from avctl.model import event as e
from avctl.model.reading import Quality, Reading

Change = tuple[str, Mapping[str, Any]]

METERS = frozenset({"hours", "health", "cycles"})
"""Points whose last word is one of these are kept as samples: wear is computed from them."""

SERIAL = "serial"
"""Points whose last word this is tell which lamp or pack it is, beside the `identity.…` of the device itself."""

_FaultTale = e.FaultRaised | e.FaultMitigated | e.FaultAcknowledged | e.FaultCleared
_RunTale = e.PlayStarted | e.StepIntended | e.StepDone | e.StepWaits | e.Answered | e.PlayEnded
_WishTale = e.CommandAsked | e.CommandDone | e.PlayWanted | e.PlayRefused
_PlanTale = e.BookingChanged | e.Due | e.Missed | e.PhaseChanged


def changes(event: e.Event) -> Iterable[Change]:
    """Everything that `event` changes, in the order in which it is to be applied."""
    body = event.body
    return _readings(event.seq, body.readings) if isinstance(body, e.Read) else _changes(event, body)


def _changes(event: e.Event, body: e.Body) -> Iterator[Change]:
    seq, at = event.seq, event.at
    match body:
        case e.ReachChanged(device, reach, cause, detail):
            yield _change(do.CONTACT, device=device, reach=reach, since=at, cause=cause, detail=detail)
        case e.FaultRaised() | e.FaultMitigated() | e.FaultAcknowledged() | e.FaultCleared():
            yield _fault(seq, at, body)
        case e.CommandAsked() | e.CommandDone() | e.PlayWanted() | e.PlayRefused():
            yield _wish(seq, at, body)
        case e.BookingChanged() | e.Due() | e.Missed() | e.PhaseChanged():
            yield _plan(seq, at, body)
        case e.PlayStarted() | e.StepIntended() | e.StepDone() | e.StepWaits() | e.Answered() | e.PlayEnded():
            yield _change(do.RUN_EVENT, seq=seq, run=body.run)
            yield from _run(event, body)
        case e.Notice():
            yield _change(do.NOTIFIED, b_at=at, b_incident=body.incident, b_cause=event.cause)
        case (
            e.DaemonStarted() | e.DaemonStopped() | e.SourceTrouble() | e.Dropped() | e.Read() | e.Held() | e.Released()
        ):
            return
        case _:
            assert_never(body)


def place(body: e.Body) -> tuple[str, str]:
    """The room and the device an event is about, as far as it names them itself ("" where it does not)."""
    match body:
        case e.Read() | e.ReachChanged() | e.CommandDone() | e.StepDone() | e.Held() | e.Released():
            return "", body.device
        case e.FaultRaised():
            return body.room, body.fault.key.device
        case e.FaultCleared():
            return body.room, body.key.device
        case e.FaultMitigated() | e.FaultAcknowledged():
            return "", body.key.device
        case e.CommandAsked():
            return "", body.command.device
        case e.StepIntended():
            return "", body.target.partition(".")[0]
        case e.BookingChanged():
            return body.booking.room, ""
        case e.StepWaits() | e.Answered() | e.DaemonStarted() | e.DaemonStopped() | e.SourceTrouble() | e.Dropped():
            return "", ""
        case _:
            return body.room, ""


def _change(text: str, **figures: Any) -> Change:
    return text, figures


def _readings(seq: int, readings: tuple[Reading, ...]) -> Iterable[Change]:
    """Most readings change nothing here, which a look at their last word tells."""
    told: list[Change] = []
    for r in readings:
        last = r.point.rpartition(".")[2]
        if (last in METERS or last == SERIAL or r.point.startswith("identity.")) and r.quality is Quality.MEASURED:
            told += _told(seq, r, last)
    return told


def _told(seq: int, r: Reading, last: str) -> Iterator[Change]:
    if r.value is None:
        return
    if last not in METERS:
        figures = {"b_device": r.device, "b_point": r.point, "b_value": str(r.value), "b_at": r.at, "b_seq": seq}
        yield do.IDENTITY_ENDS, figures
        yield do.IDENTITY_BEGINS, figures
    elif not isinstance(r.value, str):
        yield _change(do.SAMPLE, device=r.device, point=r.point, at=r.at, value=float(r.value))


def _fault(seq: int, at: float, body: _FaultTale) -> Change:
    match body:
        case e.FaultRaised():
            return _raised(seq, at, body)
        case e.FaultMitigated(key, run):
            return _change(do.MITIGATED, b_key=str(key), b_at=at, b_run=run)
        case e.FaultAcknowledged(key, by):
            return _change(do.ACKNOWLEDGED, b_key=str(key), b_at=at, b_by=by)
        case e.FaultCleared(key):
            return _change(do.CLEARED, b_key=str(key), b_at=at)


def _raised(seq: int, at: float, body: e.FaultRaised) -> Change:
    fault, key, room = body.fault, body.fault.key, body.room
    what = {"seq": seq, "key": str(key), "device": key.device, "part": key.part, "name": key.name}
    seen = {"severity": fault.severity, "seen": fault.seen, "limit": fault.limit, "cause": fault.by}
    where = {"room": room, "b_room": room, "standing": body.standing, "raised": 1}
    when = {"occurred": fault.since, "detected": fault.confirmed or at, "mitigated": fault.mitigated}
    who = {"acknowledged": fault.acknowledged, "acknowledged_by": fault.acknowledged_by or None}
    return do.RAISED, what | seen | where | when | who


def _wish(seq: int, at: float, body: _WishTale) -> Change:
    match body:
        case e.CommandAsked(c):
            what = {"device": c.device, "point": c.point, "value": dumps(c.value), "by": c.by, "why": c.why}
            return _change(do.ASKED, id=c.id, seq=seq, asked=at, **what)
        case e.CommandDone(id, device, point):
            return _change(do.DONE, id=id, seq=seq, device=device, point=point, done=at, answer=seq)
        case e.PlayWanted(id, room, playbook, by):
            return _change(do.WANTED, id=id, seq=seq, room=room, playbook=playbook, by=by, at=at)
        case e.PlayRefused():
            return _change(do.REFUSED, b_id=body.id, b_refused=body.why, b_answer=seq)


def _plan(seq: int, at: float, body: _PlanTale) -> Change:
    match body:
        case e.BookingChanged(b):
            times = {"start": b.start, "end": b.end, "status": b.status}
            return _change(do.BOOKING, key=str(b.key), short=b.short, room=b.room, seq=seq, **times)
        case e.Due(room, booking, stage, playbook):
            run = {"booking": str(booking.key), "start": booking.start, "stage": stage, "room": room}
            return _change(do.DUE, seq=seq, at=at, playbook=playbook, rule=body.rule, **run)
        case e.Missed(room, key, stage, why):
            run = {"booking": str(key), "b_booking": str(key), "stage": stage, "room": room}
            return _change(do.MISSED, seq=seq, at=at, missed=why, **run)
        case e.PhaseChanged(room, phase, occupancy, now):
            meeting = None if now is None else str(now)
            return _change(do.PHASE, room=room, phase=phase, occupancy=occupancy, booking=meeting, since=at)


def _run(event: e.Event, body: _RunTale) -> Iterator[Change]:
    seq, at = event.seq, event.at
    match body:
        case e.PlayStarted():
            yield _started(seq, at, body)
            yield _change(do.GRANTED, b_run=body.run, b_cause=event.cause)
        case e.StepIntended(run, step, verb, doing):
            values = {"target": body.target, "wanted": body.wanted, "before": body.before}
            yield _change(do.INTENDED, run=run, step=step, seq=seq, verb=verb, doing=doing, intended=at, **values)
        case e.StepDone(run, step, o, device, needed):
            result = {"verdict": o.verdict, "said": o.said, "saw": o.saw, "limit": o.limit, "took": o.took}
            yield _change(do.STEP_DONE, run=run, step=step, seq=seq, done=at, device=device, needed=needed, **result)
        case e.PlayEnded():
            result = {"b_verdict": body.verdict, "b_ending": body.ending, "b_restored": body.restored}
            yield _change(do.ENDED, b_run=body.run, b_ended=at, b_said=body.said, b_took=body.took, **result)
        case e.StepWaits() | e.Answered():
            return


def _started(seq: int, at: float, body: e.PlayStarted) -> Change:
    what = {"run": body.run, "room": body.room, "playbook": body.playbook, "version": body.version}
    why = {"started": body.started, "by": body.by, "fault": None if body.fault is None else str(body.fault)}
    booking = None if body.booking is None else str(body.booking.key)
    return _change(do.STARTED, seq=seq, began=at, steps=body.steps, booking=booking, **what, **why)
