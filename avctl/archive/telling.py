"""An event in one line for people who look into the log: what it says, without its braces and quotes."""

from collections.abc import Iterable

from avctl.model import event as e


def telling(body: e.Body) -> str:
    """One line, whatever line ends a device or a calendar puts into its words."""
    return " ".join(_telling(body).split())


def _telling(body: e.Body) -> str:
    """`lamp.state error`, `r302-projector.lamp critical (error)`, `side display on: pass on` …"""
    match body:
        case e.Read(_, readings):
            return ", ".join(f"{r.point} {'–' if r.value is None else r.value}" for r in readings)
        case e.FaultRaised(fault):
            return _joined(fault.key, fault.severity, f"({fault.seen})" if fault.seen else "")
        case e.FaultMitigated(key) | e.FaultAcknowledged(key) | e.FaultCleared(key):
            return str(key)
        case e.CommandAsked(command):
            return _joined(f"{command.device}.{command.point} → {command.value}", command.by)
        case e.CommandDone(_, device, point, verdict, said):
            return _joined(f"{device}.{point}", verdict, said)
        case e.BookingChanged(booking):
            return _joined(booking.short, booking.status)
        case e.Due(_, booking, stage, _, _, rule):
            return _joined(stage, booking.short, rule)
        case e.PhaseChanged(_, phase, occupancy):
            return _joined(phase, occupancy, body.why)
        case e.StepIntended(run, step, _, doing):
            return _joined(run, step, doing)
        case e.StepDone(run, _, outcome):
            return _joined(run, outcome.step, outcome.verdict, outcome.said)
        case e.Notice(_, to, _, text):
            return _joined(f"{to}:", *(words for _, words in text))
        case e.PlayStarted():
            return _joined(body.run, body.playbook, body.started, body.fault or "")
        case e.PlayEnded():
            return _joined(body.run, body.playbook, body.verdict, body.ending, body.said)
        case e.ReachChanged():
            return _joined(body.reach, body.cause or "", body.detail)
        case _:
            return _joined(*(getattr(body, name) for name in body.__slots__))


def _joined(*parts: object) -> str:
    return " ".join(_flat(parts))


def _flat(parts: Iterable[object]) -> Iterable[str]:
    return (str(part) for part in parts if part not in ("", None, ()))
