"""Sennheiser network chargers CHG 2N, CHG 4N (SpeechLine, evolution wireless D1) and CHG 70N (EW-DX), by SSC over UDP.

What is peculiar to them: 1. Everything comes as one list for all bays. 2. In the CHG 2N and 4N an empty bay has
device type 0 and figures 0, which are no figures; in the CHG 70N it has "NONE" and null. 3. Trouble is a state word or
number with bits (4N), or a list of warnings (70N). 4. The state of a 4N cannot be subscribed to, so it is asked for.
5. They know no temperature; a CHG 70N does not say whether it charges, only for how long still.

Source: Sennheiser TI 1094 v2.2, chapter "CHG 2N/CHG 4N"; SSC developer's guide for EW-DX, chapter "CHG 70N".
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from pydantic import Field

from avctl.codecs import ssc as wire
from avctl.drivers import bay, ssc
from avctl.drivers.base import Options
from avctl.model.errors import WrongDevice
from avctl.model.point import Point
from avctl.model.ports import Clock, Query, Wire
from avctl.model.reading import Reading, Value

_MANUAL = "Sennheiser TI 1094 v2.2; SSC developer's guide for EW-DX"

BAYS = Query("bays", every=30, timeout=ssc.REPLY, busy=10, vital=True)

_FIGURES: Mapping[str, str] = {
    "bat_gauge": "charge",
    "bat_health": "health",
    "bat_cycles": "cycles",
    "bat_timetofull": "time-to-full",
}
_SHARES = frozenset(("bat_gauge", "bat_health"))
_DEVICES = {1: "handheld", 2: "bodypack"}
_EMPTY = (0, "NONE", "", None)
_BITS = ("communication", "update", "overcurrent", "supply")  # of the second list of /bays/state
_STORAGE: wire.Path = ("device", "storage_mode")
_ASKED: Mapping[str, tuple[str, ...]] = {
    "chg-4n": ("device_type", "charging", "serial", *_FIGURES, "state"),
    "chg-70n": ("device_type", "serial", *_FIGURES, "state", "warnings"),
}
_MUTE = frozenset(("state",))  # cannot be subscribed to in a CHG 4N


class SennheiserChargerOptions(ssc.SscOptions):
    """`model` chg-4n stands for the CHG 2N, too; `bays` is 2, 4, or what a cascade of CHG 70N has."""

    model: Literal["chg-4n", "chg-70n"] = "chg-4n"
    bays: int = Field(default=4, ge=1, le=16)


class SennheiserCharger(ssc.Ssc):
    """One charger."""

    settings = SennheiserChargerOptions
    queries = (BAYS, Query("subscription", every=48, timeout=ssc.REPLY), ssc.IDENTITY)
    products = ("CHG",)

    def __init__(self, device: str, link: Wire, clock: Clock, options: Options | None = None) -> None:
        super().__init__(device, link, clock, options)
        self.options: SennheiserChargerOptions
        self.queries = (BAYS, self.renewal, ssc.IDENTITY)
        self._late = self.options.model == "chg-70n"
        self._paths: list[wire.Path] = [("bays", name) for name in _ASKED[self.options.model]]
        if self._late:
            self._paths.append(_STORAGE)
        self._raw: dict[str, wire.Leaf] = {}
        self.points: Mapping[str, Point] = {point.name: point for point in _points(self.options.bays, self._late)}

    async def read(self, query: Query) -> Sequence[Reading]:
        """Ask what `query` names; "bays" is everything about all of them."""
        match query.name:
            case BAYS.name:
                readings = await self._all(self._paths)
                await self._renew_lapsed()
                return readings
            case self.renewal.name:
                return await self._renew()
            case _:
                return await self._identity()

    async def _set(self, point: str, value: Value) -> Reading:
        """Storage mode."""
        taken = await self._put(_STORAGE, value == "on")
        return self._measured(point, _switch(taken))

    def _is(self, product: str) -> None:
        self._raw.clear()
        if ("70" in product) is not self._late:
            model = "chg-70n" if "70" in product else "chg-4n"
            raise WrongDevice(f"{self.device} is a {product}: want options: {{model: {model}}}")

    def _pushed(self) -> Sequence[wire.Path]:
        return [path for path in self._paths if self._late or path[-1] not in _MUTE]

    def _meant(self, message: wire.Message) -> Iterator[tuple[str, Value | None]]:
        if _STORAGE in message.values and self._late:
            yield "storage", _switch(message.values[_STORAGE])
        told = {path[1]: value for path, value in message.values.items() if path[0] == "bays" and len(path) == 2}
        self._raw |= told
        for n in range(1, self.options.bays + 1) if told else ():
            yield from ((f"bay.{n}.{point}", value) for point, value in self._bay(n - 1, told))

    def _bay(self, place: int, told: Mapping[str, wire.Leaf]) -> Iterator[tuple[str, Value | None]]:
        """What a message says of one bay; whether it is empty it may have said before."""
        kind, there = self._item("device_type", place), self._there(place)
        if "device_type" in told and there is not None:
            yield "present", "yes" if there else "no"
            yield "device", _word(kind) if there else None
        if "serial" in told:
            serial = self._item("serial", place)
            yield "serial", serial if there and isinstance(serial, str) and serial else None
        for name in told.keys() & _FIGURES.keys() if "device_type" not in told else _FIGURES.keys() & self._raw.keys():
            yield _FIGURES[name], self._figure(name, place) if there else None
        if error := self._error(place):
            yield "error", error
        yield "state", self._state(place)

    def _there(self, place: int) -> bool | None:
        """Whether something stands in the bay; None while nobody knows."""
        kinds = self._raw.get("device_type")
        if not isinstance(kinds, list) or place >= len(kinds):
            return None
        return kinds[place] not in _EMPTY

    def _figure(self, name: str, place: int) -> Value | None:
        value = self._item(name, place)
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            return None
        return value if name not in _SHARES or value <= 100 else None

    def _error(self, place: int) -> str | None:
        """The trouble of a bay in words; "none", or None while nobody knows."""
        if self._late:
            warning = self._item("warnings", place)
            words = warning if isinstance(warning, list) else [warning] if warning else []
            return ", ".join(map(str, words)) or ("none" if "warnings" in self._raw else None)
        states, bits = self._pair()
        if place >= min(len(states), len(bits)) or not isinstance(bits[place], int):
            return None
        named = [word for number, word in enumerate(_BITS) if bits[place] >> number & 1]
        return ", ".join(named) or ("unnamed" if states[place] == 2 else "none")

    def _state(self, place: int) -> str:
        if self._error(place) not in ("none", None):
            return "error"
        there = self._there(place)
        if not there:
            return "unknown" if there is None else "empty"
        if self._item("state", place) == "DFU_MODE" or self._pair()[0][place : place + 1] == [1]:
            return "unknown"  # being updated
        gauge, charging = self._figure("bat_gauge", place), self._item("charging", place)
        if self._late and isinstance(left := self._item("bat_timetofull", place), int):
            charging = left > 0
        if isinstance(gauge, int | float) and gauge >= 100:
            return "full"
        return "charging" if charging is True else "idle" if charging is False else "unknown"

    def _pair(self) -> tuple[list[object], list[int]]:
        """Both lists of /bays/state of a CHG 4N; empty ones where it said something else."""
        match self._raw.get("state"):
            case [[*states], [*bits]]:
                return states, bits
        return [], []

    def _item(self, name: str, place: int) -> wire.Leaf:
        items = self._raw.get(name)
        return items[place] if isinstance(items, list) and place < len(items) else None


def _word(kind: wire.Leaf) -> str:
    return _DEVICES.get(kind, "") or f"code-{kind}" if isinstance(kind, int) else str(kind).lower()


def _switch(value: wire.Leaf) -> str | None:
    return "on" if value is True else "off" if value is False else None


def _points(bays: int, late: bool) -> Iterator[Point]:
    yield from bay.points(bays, _MANUAL, (*_FIGURES.values(), "serial", "device", "error"))
    if late:
        yield bay.storage(_MANUAL)
    for name in ssc.WHO:
        yield Point(name, f"What it says of itself: {name.removeprefix('identity.')}", _MANUAL)
