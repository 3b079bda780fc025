"""Times as people and their machines read them. Inside, time is UTC seconds; only edges write dates."""

from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo


def iso(at: float) -> str:
    """`1789354800.25` is "2026-09-14T07:00:00.250Z"."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def clock_time(at: float, zone: str) -> str:
    """ "15:04" in `zone`."""
    return datetime.fromtimestamp(at, _zone(zone)).strftime("%H:%M")


def clock_second(at: float, zone: str) -> str:
    """ "15:04:09" in `zone`."""
    return datetime.fromtimestamp(at, _zone(zone)).strftime("%H:%M:%S")


def day(at: float, zone: str) -> str:
    """ "2026-09-14" in `zone`."""
    return datetime.fromtimestamp(at, _zone(zone)).date().isoformat()


def weekday(at: float, zone: str) -> int:
    """0 for Monday."""
    return datetime.fromtimestamp(at, _zone(zone)).weekday()


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
