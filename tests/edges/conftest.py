"""A small house that the edges look at: two rooms, a display that obeys in one of them, and a gate in front."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest

from avctl.drivers.base import Device
from avctl.edges.gate import Gate
from avctl.edges.moment import iso
from avctl.engine.bus import Bus
from avctl.engine.site import Site
from avctl.model.booking import Booking, BookingKey, Status
from avctl.model.event import BookingChanged
from avctl.model.house import DeviceSpec, House, RoomSpec
from avctl.model.point import Point
from avctl.model.ports import Clock, Query
from avctl.model.reading import Reading, Value

_POINTS = (
    Point("power", "power", "bench", words=("on", "off"), writable=True),
    Point("lamp.state", "lamp", "bench", words=("none-reported", "warning", "error")),
    Point("lamp.hours", "lamp hours", "bench", unit="h", low=0, high=100_000),
    Point("bay.1.present", "pack in bay 1", "bench", words=("yes", "no")),
    Point("bay.1.charge", "charge in bay 1", "bench", unit="%", low=0, high=100),
)


class Display(Device):
    """A display without a wire: it is what it was last told."""

    points: ClassVar = {point.name: point for point in _POINTS}
    queries = (Query("all", every=1, timeout=1, vital=True),)

    def __init__(self, device: str, clock: Clock) -> None:
        super().__init__(device, clock)
        self.values: dict[str, Value] = {"power": "off", "lamp.state": "none-reported", "lamp.hours": 410}
        self.values |= {"bay.1.present": "yes", "bay.1.charge": 97}

    async def open(self) -> None:
        """Nothing to open."""

    async def read(self, query: Query) -> Sequence[Reading]:
        return [self._measured(point, value) for point, value in self.values.items()]

    async def _set(self, point: str, value: Value) -> Reading:
        self.values[point] = value
        return self._measured(point, value)


class Pages:
    """A diary that keeps what it is told and publishes it, as the bookings do."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.kept: dict[BookingKey, Booking] = {}

    def add(self, booking: Booking) -> None:
        self._site.publish(BookingChanged(booking, self.kept.get(booking.key)))
        self.kept[booking.key] = booking

    def cancel(self, key: BookingKey, by: str) -> None:
        before = self.kept.pop(key)
        gone = Booking(key, before.room, before.start, before.end, status=Status.CANCELLED)
        self._site.publish(BookingChanged(gone, before))


def house() -> House:
    rooms = {
        "301": RoomSpec("301", {"zh": "301会议室", "en": "Room 301"}, 40, {"main-display": "r301-display"}),
        "302": RoomSpec("302", {"zh": "302会议室", "en": "Room 302"}, 30, {"main-display": "r302-display"}),
    }
    devices = {f"r{room}-display": DeviceSpec(f"r{room}-display", room, "bench", "tcp://10.0.0.1:1") for room in rooms}
    return House("hq", "Asia/Shanghai", "zh", rooms, devices)


@dataclass
class Bench:
    """The house with its gate, and how one speaks to it."""

    site: Site
    gate: Gate
    display: Display
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    def wish(self, id: str | None = None, **more: Any) -> dict[str, Any]:
        """An envelope that is in time."""
        return {"v": 1, "id": id or f"w{next(self.numbers)}", "ts": iso(self.site.clock.now()), **more}


@pytest.fixture
async def bench(clock: Clock) -> AsyncIterator[Bench]:
    """The house, running; its jumping loop makes every wait free."""
    site = Site(house(), Bus(clock), clock)
    display = Display("r302-display", clock)
    site.attach("r302-display", display)
    gate = Gate(site, lambda room: ("pre-meeting", "lamp-failure"), Pages(site))
    await site.start()
    following = asyncio.create_task(gate.run())
    yield Bench(site, gate, display)
    await gate.close()
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    await site.stop()
    site.bus.close()
