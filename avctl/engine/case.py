"""What a guard may look at, and what it may answer. Pure values."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace

from avctl.engine.rulebook import limit
from avctl.engine.state import RoomState
from avctl.model.command import Command
from avctl.model.house import House
from avctl.model.point import Point
from avctl.model.reading import Reading, Value
from avctl.model.vocabulary import POWER, SCENE

PLAYBOOK = "playbook:"
"""How the principal of an automatic command begins."""
_MEMORY = 64  # sets, strikes and recalls are remembered; the guards look back over fewer


@dataclass(frozen=True, slots=True)
class Allowed:
    """Go ahead."""


@dataclass(frozen=True, slots=True)
class Denied:
    """Not now, or never: `reason` is an id (text "guard.<reason>"), `earliest` UTC seconds if waiting helps."""

    reason: str
    earliest: float | None = None
    figures: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NeedsConfirm:
    """Only when a person confirms it."""

    reason: str
    figures: Mapping[str, object] = field(default_factory=dict)


Answer = Allowed | Denied | NeedsConfirm
ALLOWED = Allowed()


@dataclass(frozen=True, slots=True)
class Past:
    """What has lately happened to a device, as far as guards care; all UTC seconds.

    `struck` when its lamp was struck, `went_off` when it left "on", `standby` since when it says "off" (as far as we
    have seen it), `sets` and `recalls` when it was told something.
    """

    struck: tuple[float, ...] = ()
    went_off: float | None = None
    standby: float | None = None
    sets: tuple[float, ...] = ()
    recalls: tuple[float, ...] = ()

    def heard(self, reading: Reading, before: Value | None) -> "Past":
        """After a power reading that follows the value `before`."""
        if reading.point != POWER or reading.value == before:
            return self
        match reading.value:
            case "on" | "warming" if before in ("off", "cooling") or (before is None and reading.value == "warming"):
                return replace(self, struck=(*self.struck, reading.at)[-_MEMORY:], went_off=None, standby=None)
            case "off":
                gone = reading.at if before in ("on", "warming") else self.went_off
                return replace(self, went_off=gone, standby=reading.at)
            case "cooling":
                return replace(self, went_off=reading.at, standby=None)
        return replace(self, standby=None)

    def told(self, point: str, at: float) -> "Past":
        """After a set was sent."""
        recalls = (*self.recalls, at)[-_MEMORY:] if point == SCENE else self.recalls
        return replace(self, sets=(*self.sets, at)[-_MEMORY:], recalls=recalls)


@dataclass(frozen=True, slots=True)
class Case:
    """All a guard may look at. `trusted` says whether a reading (device, point) is fresh enough to rely on.

    `switched` are the devices that have a `power` point of their own, and so may be hot or at work.
    """

    command: Command
    room: RoomState
    house: House
    points: Mapping[str, Point]
    pasts: Mapping[str, Past]
    switched: Collection[str]
    now: float
    trusted: Callable[[str, str], bool]

    @property
    def past(self) -> Past:
        return self.pasts.get(self.command.device, Past())

    def known(self, device: str, point: str) -> Value | None:
        """A value we may rely on, or None."""
        return self.room.value(device, point) if self.trusted(device, point) else None

    def figure(self, device: str, option: str, name: str) -> float:
        """A limit: the device's own option, the site's, or the default."""
        own = self.house.devices[device].options.get(option)
        return float(own) if isinstance(own, int | float) else limit(self.house, name)

    @property
    def automatic(self) -> bool:
        """Whether no person wishes this."""
        return self.command.by.startswith(PLAYBOOK)

    def has_lamp(self, device: str) -> bool:
        """Lasers and panels start cold: the lamp rules are not for them. In doubt, it is a lamp."""
        return self.house.devices[device].options.get("light", "lamp") == "lamp"
