"""A device on strings: a driver whose every answer the test decides. The session is under test, so the port is real."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence

from avctl.model.errors import DeviceError, LinkDown, NoAnswer
from avctl.model.point import Point
from avctl.model.ports import Clock, Query
from avctl.model.reading import Quality, Reading, Value

POWER_WORDS = ("on", "off", "warming", "cooling", "fault")
STATES = ("none-reported", "warning", "error")


def projector_points() -> dict[str, Point]:
    return {
        "power": Point("power", "", "", words=POWER_WORDS, writable=True),
        "lamp.state": Point("lamp.state", "", "", words=STATES),
        "lamp.hours": Point("lamp.hours", "", "", unit="h", low=0, high=99999),
        "source": Point("source", "", "", writable=True),
        "identity.serial": Point("identity.serial", "", ""),
    }


POWER = Query("power", every=10, timeout=1, busy=3, vital=True)
ERRORS = Query("errors", every=15, timeout=1, busy=5)
IDENTITY = Query("identity", every=3600, timeout=1)
PROJECTOR = {POWER: ("power",), ERRORS: ("lamp.state", "lamp.hours", "source"), IDENTITY: ("identity.serial",)}


class Puppet:
    """`says` is the truth about it; `mute`, `gone`, `liar` and `trouble` are what befalls it; `log` what was done."""

    def __init__(
        self,
        device: str,
        clock: Clock,
        says: Mapping[str, Value],
        points: Mapping[str, Point] | None = None,
        asks: Mapping[Query, Sequence[str]] | None = None,
    ) -> None:
        self.device, self.clock, self.says = device, clock, dict(says)
        self.points: Mapping[str, Point] = points or projector_points()
        self._asks = dict(asks or PROJECTOR)
        self.queries: Sequence[Query] = tuple(self._asks)
        self.mute = self.gone = self.liar = self.opened = False
        self.silent_about: set[str] = set()
        self.trouble: dict[str, BaseException] = {}
        self.takes = 0.01
        self.log: list[tuple[float, str]] = []
        self.unasked: asyncio.Queue[Reading | DeviceError] = asyncio.Queue()

    def reading(self, point: str) -> Reading:
        return Reading(self.device, point, self.says[point], Quality.MEASURED, self.clock.now())

    def note(self, what: str) -> None:
        self.log.append((asyncio.get_running_loop().time(), what))

    def did(self, what: str) -> list[float]:
        return [at for at, done in self.log if done == what]

    async def open(self) -> None:
        self.note("open")
        await asyncio.sleep(self.takes)
        if "open" in self.trouble:
            raise self.trouble["open"]
        if self.gone:
            raise LinkDown(f"{self.device}: connection refused")
        self.opened = True

    async def read(self, query: Query) -> Sequence[Reading]:
        self.note(f"read {query.name}")
        await self._answer(query.name, query.timeout)
        return [self.reading(point) for point in self._asks[query]]

    async def write(self, point: str, value: Value) -> Reading:
        self.note(f"write {point}={value}")
        await self._answer(point, 1.0)
        if not self.liar:
            self.says[point] = value
        return self.reading(point)

    async def listen(self) -> AsyncIterator[Reading]:
        while True:
            said = await self.unasked.get()
            if isinstance(said, DeviceError):
                raise said
            yield said

    async def close(self) -> None:
        self.opened = False

    async def _answer(self, what: str, within: float) -> None:
        if self.mute or what in self.silent_about:
            await asyncio.sleep(within)
            raise NoAnswer(f"{self.device}: {what}: nothing within {within:g} s")
        await asyncio.sleep(self.takes)
        if what in self.trouble:
            raise self.trouble[what]
        if self.gone:
            raise LinkDown(f"{self.device}: connection reset")
