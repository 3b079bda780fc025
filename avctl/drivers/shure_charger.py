"""Shure network chargers SBC220, SBC240, SBC840 and SBRC, over TCP port 2202. What is peculiar to them:

1. An error code comes after the state word, and a code on a bay that says FULL is still a fault: both are kept, and
the bay is in error while either says so. 2. An empty bay keeps its old error code; what is not there has no fault.
3. Figures have markers among them (254, 65534, …): such a figure is unknown, never a reading. 4. Up to four linked
chargers answer at one address as bays 1 to 8: the site says how many there are. 5. In storage mode it stops at about
40 %: no fault, but no microphone will be ready.

Source: Shure command strings SBC220-240, SBC840, SBRC; a faulted bay as captured from an SBC220. Two doubts are
options: which words `BATT_STATE` has beside FULL, CHARGING… and ERROR differs by family, and so does the offset of
the temperature.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from pydantic import Field

from avctl.codecs import shure as wire
from avctl.drivers import bay
from avctl.drivers.base import Options
from avctl.drivers.shure import REPLY, Key, Shure
from avctl.model.point import Point
from avctl.model.ports import Clock, Query, Wire
from avctl.model.reading import Reading, Value

_MANUAL = "Shure command strings SBC220-240, SBC840, SBRC"

BAYS = Query("bays", every=60, timeout=2, busy=20, vital=True)  # it reports changes by itself: this is the heartbeat
MODES = Query("modes", every=300, timeout=REPLY, busy=60)
IDENTITY = Query("identity", every=3600, timeout=REPLY)

_PER_BAY = (
    "BATT_DETECTED",
    "BATT_STATE",
    "BATT_ERROR",
    "BATT_CHARGE",
    "BATT_HEALTH",
    "BATT_CYCLE",
    "BATT_TIME_TO_FULL",
)
_MODES: Mapping[str, str] = {"STORAGE_MODE": "storage", "FLASH": "identify"}
_WHO: Mapping[str, str] = {"MODEL": "identity.model", "FW_VER": "identity.firmware", "DEVICE_ID": "identity.name"}
_SWITCH = {"ON": "on", "OFF": "off"}
_NO_ERROR = frozenset(("0", "00", "000", "254", "255", ""))  # 254, 255: the pack cannot be read, BATT_STATE says so

BayState = Literal["charging", "full", "idle", "discharging", "error", "unknown"]


class ShureChargerOptions(Options):
    """`bays` is how many there are at this address; `states` gives words to what a family says beside FULL,
    CHARGING… and ERROR; `offset` is what a raw temperature has too much, in degrees of its own scale.
    """

    bays: int = Field(default=8, ge=1, le=32)
    states: Mapping[str, BayState] = Field(default_factory=dict)
    temperature: Literal["BATT_TEMP_C", "BATT_TEMP_F"] = "BATT_TEMP_C"
    offset: float = 40


class ShureCharger(Shure):
    """One charger, or up to four linked ones behind one address."""

    settings = ShureChargerOptions
    queries = (BAYS, MODES, IDENTITY)
    proof = ("1", "BATT_DETECTED")

    def __init__(self, device: str, link: Wire, clock: Clock, options: Options | None = None) -> None:
        told = options if isinstance(options, ShureChargerOptions) else ShureChargerOptions()
        super().__init__(device, link, clock, told, (*_PER_BAY, told.temperature), told.bays)
        self.options: ShureChargerOptions
        self._raw: dict[Key, str] = {}
        self.points: Mapping[str, Point] = {point.name: point for point in _points(self.options.bays)}

    async def open(self) -> None:
        """Connect; what was known of the bays before is known no more. Raises WrongDevice."""
        self._raw.clear()
        await super().open()

    async def read(self, query: Query) -> Sequence[Reading]:
        """Ask what `query` names; "bays" is everything about all of them."""
        match query.name:
            case BAYS.name:
                return await self._all(query.timeout)
            case MODES.name:
                return await self._asked([("", name) for name in _MODES])
            case _:
                return await self._asked([("", name) for name in _WHO])

    async def _set(self, point: str, value: Value) -> Reading:
        """Storage mode, or the light that shows which charger it is."""
        name = next(name for name, meant in _MODES.items() if meant == point)
        return await self._put(name, "", str(value).upper())

    def _meant(self, key: Key, value: str) -> Iterator[tuple[str, Value | None]]:
        index, name = key
        if not index and name in _MODES:
            yield _MODES[name], _SWITCH.get(value)
        elif not index and name in _WHO:
            yield _WHO[name], value or None
        elif index and int(index) <= self.options.bays:
            self._raw[key] = value
            yield from ((f"bay.{int(index)}.{point}", meant) for point, meant in self._bay(index, name, value))

    def _bay(self, index: str, name: str, value: str) -> Iterator[tuple[str, Value | None]]:
        match name:
            case "BATT_DETECTED":
                yield "present", {"YES": "yes", "NO": "no"}.get(value)
                yield "state", self._state(index)
                yield from ((figure, None) for figure in bay.FIGURES if value == "NO")
            case "BATT_STATE":
                yield "state", self._state(index)
            case "BATT_ERROR":
                yield "error", "none" if value.strip("0") == "" else None if value in _NO_ERROR else f"code-{value}"
                yield "state", self._state(index)
            case "BATT_CHARGE" | "BATT_HEALTH":
                yield name.removeprefix("BATT_").lower(), self._there(index, wire.share(value))
            case "BATT_CYCLE":
                yield "cycles", self._there(index, wire.figure(value))
            case "BATT_TIME_TO_FULL":
                yield "time-to-full", self._there(index, wire.figure(value))
            case self.options.temperature:
                yield "temperature", self._there(index, self._celsius(wire.small(value)))

    def _state(self, index: str) -> str:
        """The word for a bay, by all it has said: what is there, its state, its error code."""
        detected, state = self._raw.get((index, "BATT_DETECTED")), self._raw.get((index, "BATT_STATE"), "")
        if detected == "NO":
            return "empty"
        if state == "ERROR" or self._raw.get((index, "BATT_ERROR"), "000") not in _NO_ERROR:
            return "error"
        if state in self.options.states:
            return self.options.states[state]
        if state.startswith("CHARGING"):
            return "charging"
        return "full" if state == "FULL" else "unknown"

    def _there(self, index: str, value: Value | None) -> Value | None:
        """No figure for a bay that is empty, whatever it still says."""
        return None if self._raw.get((index, "BATT_DETECTED")) == "NO" else value

    def _celsius(self, raw: int | None) -> float | None:
        if raw is None:
            return None
        degrees = raw - self.options.offset
        return degrees if self.options.temperature == "BATT_TEMP_C" else round((degrees - 32) / 1.8, 1)


def _points(bays: int) -> Iterator[Point]:
    yield from bay.points(bays, _MANUAL, (*bay.FIGURES, "error"))
    yield bay.storage(_MANUAL)
    yield Point("identify", "Its lights flash, so that people find it.", _MANUAL, words=("on", "off"), writable=True)
    for point, doc in (("model", "Model."), ("firmware", "Firmware."), ("name", "Its name, given by people.")):
        yield Point(f"identity.{point}", doc, _MANUAL)
