"""Events as JSON: every field of the body by its name, words as words, times as they are (UTC seconds become ISO).

What a booking says about its meeting stays inside: only key, room and times go out.
"""

from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from avctl.edges.moment import iso
from avctl.model.booking import Booking, BookingKey
from avctl.model.event import Event
from avctl.model.fault import FaultKey

_TIMES = {"at", "since", "until", "start", "end", "created", "confirmed", "mitigated", "acknowledged"}


def event_json(event: Event) -> dict[str, Any]:
    """`{"seq": 4712, "ts": "…", "cause": 4711, "kind": "fault-raised", "body": {…}}`."""
    return {
        "v": 1,
        "seq": event.seq,
        "ts": iso(event.at),
        "cause": event.cause,
        "kind": event.body.kind,
        "body": plain(event.body),
    }


def plain(value: Any) -> Any:
    """Frozen values as dicts and lists."""
    match value:
        case BookingKey() | FaultKey():
            return str(value)
        case Booking():
            return {"key": str(value.key), "room": value.room, "start": iso(value.start), "end": iso(value.end),
                    "status": value.status.value, "short": value.short}  # fmt: skip
        case Enum():
            return value.name.lower() if isinstance(value, int) else value.value
        case tuple() if value and all(isinstance(v, tuple) and len(v) == 2 for v in value):
            return {str(k): plain(v) for k, v in value}
        case tuple() | list():
            return [plain(v) for v in value]
        case _ if is_dataclass(value):
            return {f.name: _field(f.name, getattr(value, f.name)) for f in fields(value)}
    return value


def _field(name: str, value: Any) -> Any:
    return iso(value) if name in _TIMES and isinstance(value, float) else plain(value)
