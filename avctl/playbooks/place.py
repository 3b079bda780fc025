"""From roles to devices: who plays `main-display` in this room, and which points a pattern means. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from avctl.engine.paths import feeding, resolve
from avctl.model.house import House


@dataclass(frozen=True, slots=True)
class Place:
    """A device, or a part of one: presenter-mic is Place("r301-mixer", "channel.01")."""

    device: str
    part: str = ""

    def full(self, point: str) -> str:
        """The device's own name of a point of this part."""
        return f"{self.part}.{point}" if self.part else point


MAINS = "mains"
"""As a point of a role: the outlet that feeds it, by the drawing: `main-display.mains` is r301-pdu.outlet.3.state."""


def spot(house: House, room: str, role: str, point: str) -> tuple[str, str] | None:
    """The device and its own name of a role's point; None when nobody plays the role, or nothing feeds it."""
    if (found := place(house, room, role)) is None:
        return None
    if point != MAINS:
        return found.device, found.full(point) if point else ""
    outlets = feeding(house.links, found.device)
    device, _, outlet = outlets[0].partition(".") if outlets else ("", "", "")
    return (device, f"{outlet}.state") if device in house.devices else None


def place(house: House, room: str, role: str) -> Place | None:
    """Who plays `role` in `room`; a device of the house may be named itself. None when nobody does."""
    try:
        device, part = resolve(house, room, role)
    except LookupError:
        return None
    return Place(device, part) if device in house.devices else None


def matching(points: Iterable[str], pattern: str) -> list[str]:
    """The points a pattern names: `bay.*.charge` is that of every bay; a part is one word, so `*` stays within it."""
    words = pattern.split(".")
    return [p for p in points if _fits(p.split("."), words)]


def _fits(found: list[str], wanted: list[str]) -> bool:
    return len(found) == len(wanted) and all(map(fnmatchcase, found, wanted))
