"""The building as the site file describes it: rooms, devices, who plays which role, what feeds and reaches what.

Plain frozen values, so that the engine can be tested without a file; `avctl.config` builds them and checks them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class RoomSpec:
    """A room: its id, what people call it in each language, seats, and which device or part plays which role in it.

    `spares` names what can take over a role; `scenes` the numbers of the mixer's scenes by what they are for.
    """

    id: str
    names: Mapping[str, str]
    seats: int = 0
    roles: Mapping[str, str] = field(default_factory=dict)
    spares: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    scenes: Mapping[str, int] = field(default_factory=dict)

    def name(self, language: str) -> str:
        return self.names.get(language) or self.names.get("en") or self.id


@dataclass(frozen=True, slots=True)
class DeviceSpec:
    """A device: where it stands, what drives it, its address. `options` belong to the driver, `asset` to the archive.

    `pace` stretches the periods at which it is asked: 3 for one that chokes when it is asked as often as others.
    """

    id: str
    room: str
    driver: str
    url: str
    options: Mapping[str, object] = field(default_factory=dict)
    asset: Mapping[str, object] = field(default_factory=dict)
    pace: float = 1.0


class Tie(StrEnum):
    FEEDS = "feeds"  # electrical power
    REACHES = "reaches"  # signal: cable, sound in the air, picture


@dataclass(frozen=True, slots=True)
class Link:
    """One line of the drawing: `r301-pdu.outlet.3 feeds r301-projector`. Ends are `node` or `node.part`."""

    source: str
    tie: Tie
    target: str


@dataclass(frozen=True, slots=True)
class Fixture:
    """Something without a wire of its own that signals pass through: a loudspeaker zone, a microphone, a screen."""

    id: str
    room: str
    kind: str


@dataclass(frozen=True, slots=True)
class House:
    """All of it. `limits` overrides the default limits of checks and rules by name."""

    name: str
    timezone: str
    language: str
    rooms: Mapping[str, RoomSpec]
    devices: Mapping[str, DeviceSpec]
    fixtures: Mapping[str, Fixture] = field(default_factory=dict)
    links: tuple[Link, ...] = ()
    limits: Mapping[str, float] = field(default_factory=dict)

    def devices_of(self, room: str) -> tuple[DeviceSpec, ...]:
        return tuple(d for d in self.devices.values() if d.room == room)
