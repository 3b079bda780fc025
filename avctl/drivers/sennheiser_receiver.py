"""Sennheiser receivers EW-DX EM 2 and EM 4, by SSC over UDP. What is peculiar to them:

1. The receiver's own half is under `/rx1`, its meters are under `/m/rx1`, the transmitter is under `/mates/tx1`.
2. Error 424 for the transmitter's half says that there is no transmitter: it is off, and its battery is unknown.
3. What is pushed of a transmitter begins only when there is one, so the poll decides. 4. Interference has no word of
its own; what the maker warns of is passed on as it is. 5. A gain is clamped without a word.

Source: SSC developer's guide for EW-DX, chapter "EW-DX EM 2". Two doubts are options: whether the battery's lifetime
counts minutes (as programs that work with it have it) or seconds (as its elder, the EW-D1, does), and the range of
the gain.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from pydantic import Field

from avctl.codecs import ssc as wire
from avctl.drivers import receiver, ssc
from avctl.drivers.base import Options
from avctl.model.errors import Refused
from avctl.model.point import Point
from avctl.model.ports import Clock, Query, Wire
from avctl.model.reading import Reading, Value

_MANUAL = "Sennheiser SSC developer's guide for EW-DX"

CHANNELS = Query("channels", every=30, timeout=2, busy=10, vital=True)

_RX = ("name", "frequency", "mute", "gain", "warnings")
_TX: tuple[wire.Path, ...] = (("type",), ("battery", "gauge"), ("battery", "lifetime"), ("warnings",))
_M = ("rssi", "rsqi", "divi", "af")
_ANTENNAS = {0: "none", 1: "a", 2: "b"}
_HAS = ("transmitter", "battery", "runtime", "frequency", "name", "warnings")


class SennheiserReceiverOptions(ssc.SscOptions):
    """`meters` is the time between two meter readings in seconds, 0 for never."""

    channels: int = Field(default=2, ge=1, le=4)
    meters: float = Field(default=0, ge=0, le=99)
    battery_lifetime: Literal["min", "s"] = "min"
    gain: tuple[float, float] = (-3, 42)


class SennheiserReceiver(ssc.Ssc):
    """One receiver with up to four channels."""

    settings = SennheiserReceiverOptions
    queries: Sequence[Query] = (CHANNELS, Query("subscription", every=48, timeout=ssc.REPLY), ssc.IDENTITY)
    products = ("EWDX", "EM")

    def __init__(self, device: str, link: Wire, clock: Clock, options: Options | None = None) -> None:
        super().__init__(device, link, clock, options)
        self.options: SennheiserReceiverOptions
        pace = self.options.meters
        meters = (Query("meters", every=pace, timeout=ssc.REPLY, busy=pace),) if pace else ()
        self.queries = (CHANNELS, self.renewal, ssc.IDENTITY, *meters)
        self._warned: dict[tuple[str, str], list[str]] = {}
        self.points: Mapping[str, Point] = {point.name: point for point in _points(self.options)}

    async def open(self) -> None:
        """Take a socket, see that it is a receiver; what it warned of before is known no more. Raises WrongDevice."""
        self._warned.clear()
        await super().open()

    async def read(self, query: Query) -> Sequence[Reading]:
        """Ask what `query` names; "channels" is everything about all of them, one datagram each."""
        match query.name:
            case CHANNELS.name:
                readings = await self._channels()
                await self._renew_lapsed()
                return readings
            case self.renewal.name:
                return await self._renew()
            case "meters":
                return [r for n in self._numbers() for r in await self._all([("m", f"rx{n}", name) for name in _M])]
            case _:
                return await self._identity()

    async def _channels(self) -> Sequence[Reading]:
        """All channels that there are. Raises Refused when there is none."""
        readings: list[Reading] = []
        for n in self._numbers():
            try:
                readings += await self._all(_of_channel(n))
            except Refused:
                if n == self.options.channels and not readings:
                    raise
        return readings

    async def _set(self, point: str, value: Value) -> Reading:
        """Mute or gain of a channel; the reading says what was really taken."""
        _, n, what = point.split(".")
        path = (f"rx{n}", what)
        taken = await self._put(path, value == "on" if what == "mute" else round(float(value)))
        return self._measured(point, self._rx(n, what, taken)[1])

    def _numbers(self) -> range:
        return range(1, self.options.channels + 1)

    def _pushed(self) -> Sequence[wire.Path]:
        return [path for n in self._numbers() for path in _of_channel(n)]

    def _meant(self, message: wire.Message) -> Iterator[tuple[str, Value | None]]:
        for n in map(str, self._numbers()):
            for point, value in (*self._from_values(n, message), *self._from_absence(n, message)):
                yield f"receiver.{n}.{point}", value

    def _from_values(self, n: str, message: wire.Message) -> Iterator[tuple[str, Value | None]]:
        for path, value in message.values.items():
            match path:
                case (half, name) if half == f"rx{n}" and name in _RX:
                    yield self._rx(n, name, value)
                case ("m", half, name) if half == f"rx{n}" and name in _M and self.options.meters:
                    yield _needle(name, value)
                case ("mates", half, *name) if half == f"tx{n}" and tuple(name) in _TX:
                    yield self._tx(n, name[-1], value)

    def _from_absence(self, n: str, message: wire.Message) -> Iterator[tuple[str, Value | None]]:
        """No transmitter: no kind, no battery, no warning of it."""
        if message.error(("mates", f"tx{n}", "type")) == wire.ABSENT:
            yield "transmitter", "off"
            yield self._warns(n, "mates", [])
        for leaf, point in ((("battery", "gauge"), "battery"), (("battery", "lifetime"), "runtime")):
            if message.error(("mates", f"tx{n}", *leaf)) == wire.ABSENT:
                yield point, None

    def _rx(self, n: str, name: str, value: wire.Leaf) -> tuple[str, Value | None]:
        match name:
            case "frequency":
                hertz = _number(value)
                return "frequency", None if hertz is None else hertz / 1000
            case "mute":
                return "mute", {True: "on", False: "off"}.get(value) if isinstance(value, bool) else None
            case "warnings":
                return self._warns(n, "rx", value)
            case "gain":
                return "gain", _number(value)
            case _:
                return name, value if isinstance(value, str) else None

    def _tx(self, n: str, name: str, value: wire.Leaf) -> tuple[str, Value | None]:
        match name:
            case "type":
                return "transmitter", value.lower() if isinstance(value, str) and value else "off"
            case "gauge":
                return "battery", _number(value, 0, 100)
            case "lifetime":
                left = _number(value, 0)
                return "runtime", left if left is None or self.options.battery_lifetime == "min" else left // 60
            case _:
                return self._warns(n, "mates", value)

    def _warns(self, n: str, half: str, value: wire.Leaf) -> tuple[str, Value | None]:
        """What either half warns of, together."""
        self._warned[n, half] = sorted(map(str, value)) if isinstance(value, list) else []
        words = [word for half in ("rx", "mates") for word in self._warned.get((n, half), ())]
        return "warnings", ", ".join(dict.fromkeys(words)) or "none"


def _of_channel(n: int) -> list[wire.Path]:
    return [*((f"rx{n}", name) for name in _RX), *(("mates", f"tx{n}", *leaf) for leaf in _TX)]


def _needle(name: str, value: wire.Leaf) -> tuple[str, Value | None]:
    match name:
        case "rssi":
            return "rf", _number(value, -140, 20)
        case "rsqi":
            return "quality", _number(value, 0, 100)
        case "divi":
            return "antenna", _ANTENNAS.get(value) if isinstance(value, int) else None
        case _:
            return "level", _number(value, -120, 20)


def _number(value: wire.Leaf, low: float = float("-inf"), high: float = float("inf")) -> int | float | None:
    """A number within its range, or nothing."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if low <= value <= high else None


def _points(options: SennheiserReceiverOptions) -> Iterator[Point]:
    yield from receiver.points(options.channels, _MANUAL, _HAS)
    yield from receiver.gain(options.channels, _MANUAL, *options.gain)
    yield from receiver.mute(options.channels, _MANUAL)
    if options.meters:
        yield from receiver.points(options.channels, _MANUAL, ("rf", "quality", "antenna", "level"))
    for name in ssc.WHO:
        yield Point(name, f"What it says of itself: {name.removeprefix('identity.')}", _MANUAL)
