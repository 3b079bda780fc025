"""What happened, in one plain sentence for people, in either language; nothing for what nobody needs to be told.

For the terminal, the log and the page. Rooms and devices are called by their names; a booking only by its short name.
"""

from typing import assert_never

from avctl.edges import sight
from avctl.edges.moment import clock_time
from avctl.engine.site import Site
from avctl.locale import has, point_name, text
from avctl.model import event as e
from avctl.model.event import Event
from avctl.model.fault import FaultKey
from avctl.model.health import Cause, Reach
from avctl.model.outcome import Verdict


class Words:
    """Sentences about one site, in one language ("zh" or "en")."""

    def __init__(self, site: Site, language: str) -> None:
        self._site, self._language = site, language

    def sentence(self, event: Event) -> str:
        """One sentence; "" for readings and other things that are only for machines."""
        return self._of(event.body)

    def detailed(self, event: Event) -> str:
        """One sentence whatever happened: what `sentence` leaves out, too."""
        match event.body:
            case e.Read(device, readings):
                said = ", ".join(f"{r.point} {'–' if r.value is None else r.value}" for r in readings[:6])
                return self._say("read", device=self._device(device), said=said)
            case e.StepIntended() as step:
                return self._say("step-intended", doing=step.doing)
            case body:
                return self._of(body) or body.kind

    def _of(self, body: e.Body) -> str:
        match body:
            case e.DaemonStarted():
                return self._say("daemon-started-simulated" if body.simulated else "daemon-started")
            case e.DaemonStopped():
                return self._say("daemon-stopped", why=body.why)
            case e.ReachChanged():
                return self._reach(body)
            case e.FaultRaised() | e.FaultMitigated() | e.FaultAcknowledged() | e.FaultCleared():
                return self._fault(body)
            case e.Held(device, until, by, why):
                end = clock_time(until, self._site.house.timezone)
                return self._say("held", device=self._device(device), until=end, by=by, why=why)
            case e.Released(device, by):
                return self._say("released" if by else "released-by-time", device=self._device(device), by=by)
            case e.CommandAsked(command):
                where = f"{self._device(command.device)} {self._point(command.point)}"
                return self._say("command-asked", where=where, value=self._value(command.value), by=command.by)
            case e.CommandDone():
                return f"{sight.SHAPE[sight.verdict_mark(body.verdict)]} {body.said}"
            case e.BookingChanged() | e.SourceTrouble() | e.Due() | e.Missed() | e.PhaseChanged():
                return self._meeting(body)
            case e.PlayWanted() | e.PlayRefused() | e.PlayStarted() | e.PlayEnded():
                return self._play(body)
            case e.StepDone() | e.StepWaits() | e.Answered():
                return self._step(body)
            case e.Notice():
                return self._say("notice", to=self._named("to", body.to), text=dict(body.text)[self._language])
            case e.Dropped():
                return self._say("dropped", subscriber=body.subscriber, count=body.count)
            case e.Read() | e.StepIntended():
                return ""
            case _:
                assert_never(body)

    def _reach(self, body: e.ReachChanged) -> str:
        if body.reach in (Reach.UNASKED, Reach.SUSPECT) or body.cause is Cause.NOT_ASKED:
            return ""
        id = "reach-up" if body.reach is Reach.UP else "reach-down"
        cause = self._named("cause-short", body.cause.value) if body.cause else ""
        return self._say(id, device=self._device(body.device), cause=cause)

    def _fault(self, body: e.FaultRaised | e.FaultMitigated | e.FaultAcknowledged | e.FaultCleared) -> str:
        match body:
            case e.FaultRaised(fault):
                what, severity = self._key(fault.key), self._named("severity", fault.severity.value)
                return self._say("fault-raised", what=what, severity=severity)
            case e.FaultMitigated(key):
                return self._say("fault-mitigated", what=self._key(key))
            case e.FaultAcknowledged(key, by):
                return self._say("fault-acknowledged", what=self._key(key), by=by)
            case e.FaultCleared(key):
                return self._say("fault-cleared", what=self._key(key))

    def _meeting(self, body: e.BookingChanged | e.SourceTrouble | e.Due | e.Missed | e.PhaseChanged) -> str:
        match body:
            case e.BookingChanged(booking):
                start, end = (clock_time(t, self._site.house.timezone) for t in (booking.start, booking.end))
                id = f"booking-{booking.status.value}"
                return self._say(id, room=self._room(booking.room), start=start, end=end, short=booking.short)
            case e.SourceTrouble(source, trouble):
                id = "source-trouble" if trouble else "source-well"
                return self._say(id, source=source, trouble=trouble)
            case e.Due():
                return self._say("due", room=self._room(body.room), why=body.why)
            case e.Missed():
                return self._say("missed", room=self._room(body.room), why=body.why)
            case e.PhaseChanged():
                phase = self._named("phase", body.phase.value)
                reason, _, at = body.why.partition(" ")
                id = f"occupancy.why.{reason}"
                why = text(id, self._language, at=at) if has(id, self._language) else body.why
                return self._say("phase-changed", room=self._room(body.room), phase=phase, why=why)

    def _play(self, body: e.PlayWanted | e.PlayRefused | e.PlayStarted | e.PlayEnded) -> str:
        room, playbook = self._room(body.room), self._named("playbook", body.playbook)
        match body:
            case e.PlayWanted():
                return self._say("play-wanted", room=room, playbook=playbook, by=body.by)
            case e.PlayRefused():
                return self._say("play-refused", room=room, playbook=playbook, why=body.why)
            case e.PlayStarted():
                return self._say("play-started", room=room, playbook=playbook, steps=body.steps, run=body.run)
            case e.PlayEnded():
                return self._say("play-ended", room=room, playbook=playbook, verdict=self.verdict(body.verdict),
                                 took=f"{body.took:.0f}", said=body.said, run=body.run)  # fmt: skip

    def _step(self, body: e.StepDone | e.StepWaits | e.Answered) -> str:
        match body:
            case e.StepDone():
                return self.step(body, "")
            case e.StepWaits():
                until = clock_time(body.until, self._site.house.timezone)
                if not body.answers:
                    return ""
                return self._say("step-waits", asks=body.asks, answers=" / ".join(body.answers), until=until)
            case e.Answered():
                return self._say("answered", step=body.step, answer=body.answer, by=body.by)

    def step(self, body: e.StepDone, doing: str) -> str:
        """What came of a step; `doing` is what it was about to do, which alone says enough when it went well."""
        outcome = body.outcome
        said = "" if doing and outcome.verdict is Verdict.PASS else outcome.said
        saw = f"({outcome.saw})" if outcome.saw else ""
        told = "  ".join(filter(None, (doing or outcome.step, said, saw)))
        return f"  {self.verdict(outcome.verdict)}  {told}"

    def run_title(self, room: str, playbook: str) -> str:
        """ "Room 301 · Pre-meeting test"."""
        return f"{self._room(room)} · {self._named('playbook', playbook)}"

    def verdict(self, verdict: Verdict) -> str:
        """ "✔ PASS"."""
        return f"{sight.SHAPE[sight.verdict_mark(verdict)]} {text(f'verdict.{verdict.value}', self._language)}"

    def _say(self, id: str, /, **figures: object) -> str:
        return text(f"event.{id}", self._language, **figures).rstrip()

    def _named(self, kind: str, name: str) -> str:
        id = f"{kind}.{name}"
        return text(id, self._language) if has(id, self._language) else name

    def _room(self, room: str) -> str:
        spec = self._site.house.rooms.get(room)
        return spec.name(self._language) if spec else room

    def _device(self, device: str) -> str:
        """ "Room 302, main display" where it plays a role, its id where not."""
        spec = self._site.house.devices.get(device)
        if spec is None:
            return device
        roles = [role for role, node in self._site.house.rooms[spec.room].roles.items() if node == device]
        return f"{self._room(spec.room)} {self._named('role', roles[0])}" if roles else device

    def _key(self, key: FaultKey) -> str:
        part = f" {self._part(key.part)}" if key.part else ""
        return f"{self._device(key.device)}{part} {self._named('fault', key.name)}"

    def _part(self, part: str) -> str:
        kind, _, number = part.rpartition(".")
        id = f"part.{kind or part}"
        return text(id, self._language, number=number) if has(id, self._language) else part

    def _point(self, point: str) -> str:
        return point_name(point, self._language)

    def _value(self, value: object) -> str:
        return self._named("value", str(value))
