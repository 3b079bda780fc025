"""Which room first? One engineer, many rooms: faults weighed against the minutes left until a room is needed. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from avctl.engine.state import RoomState
from avctl.model.event import Phase
from avctl.model.fault import Fault, Severity

_WEIGHT = {Severity.NOTICE: 1.0, Severity.WARNING: 10.0, Severity.CRITICAL: 100.0}
_FAR = 24 * 60.0  # minutes; what is booked later presses no more than nothing at all
_EASED = 0.1  # of a fault whose service is back by other means


@dataclass(frozen=True, slots=True)
class Call:
    """A room that wants somebody: how pressing, how many minutes are left (0 in a meeting), and its gravest fault."""

    room: str
    pressing: float
    minutes: float
    fault: Fault


def rank(rooms: Iterable[RoomState], now: float) -> list[Call]:
    """Rooms with standing faults, the most pressing first."""
    calls = [call for room in rooms if (call := _call(room, now))]
    return sorted(calls, key=lambda call: (-call.pressing, call.room))


def _call(room: RoomState, now: float) -> Call | None:
    worst = max(room.faults.values(), key=_weight, default=None)
    if worst is None:
        return None
    minutes = _minutes(room, now)
    return Call(room.room, _weight(worst) / (1 + minutes / 10), minutes, worst)


def _weight(fault: Fault) -> float:
    return _WEIGHT[fault.severity] * (_EASED if fault.mitigated else 1.0)


def _minutes(room: RoomState, now: float) -> float:
    """Until the room is needed: 0 while it is, at most a day."""
    if room.phase is Phase.MEETING:
        return 0.0
    starts = (booking.start for booking in room.bookings.values() if booking.start > now)
    return min(_FAR, min(((start - now) / 60 for start in starts), default=_FAR))
