"""A room with devices that do what they are told, on the real engine. What is tested here is the playbook, so the
devices are as simple as a driver can be: a table of values, a few seconds of warming up, silence on demand.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import pytest

from avctl.clock import LoopClock
from avctl.engine.bus import Bus, Subscription
from avctl.engine.site import Site
from avctl.model.booking import Booking, BookingKey, Needs
from avctl.model.errors import NoAnswer
from avctl.model.event import BookingChanged, Event, Occupancy, PlayEnded, PlayWanted, StepDone
from avctl.model.house import DeviceSpec, House, Link, RoomSpec, Tie
from avctl.model.point import Point
from avctl.model.ports import Clock, Query
from avctl.model.reading import Quality, Reading, Value
from avctl.playbooks.load import read_all
from avctl.playbooks.model import Playbook
from avctl.playbooks.runner import Runner

T = TypeVar("T")
ALL = Query("all", every=5, timeout=1, vital=True)


@dataclass
class Box:
    """A device that is a table: `values` by point; `log` is every write it got, in order."""

    device: str
    clock: Clock
    values: dict[str, Value | None]
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    warm_up: float = 0.0
    silent: bool = False
    deaf: bool = False
    log: list[tuple[str, Value]] = field(default_factory=list)
    queries: Sequence[Query] = (ALL,)
    on_write: Callable[[str, Value], None] = lambda point, value: None

    def __post_init__(self) -> None:
        self.points = {p: Point(p, p, "test", words=self.words.get(p, ()), writable=True) for p in self.values}
        self._meter = dict(self.values)

    async def open(self) -> None:
        if self.silent:
            raise NoAnswer(self.device)

    async def read(self, query: Query) -> Sequence[Reading]:
        await asyncio.sleep(0.01)
        if self.silent:
            raise NoAnswer(self.device)
        return [self._said(p) for p in self.values]

    async def write(self, point: str, value: Value) -> Reading:
        await asyncio.sleep(0.01)
        if self.silent:
            raise NoAnswer(self.device)
        self.log.append((point, value))
        self.on_write(point, value)
        if not self.deaf:
            self._take(point, value)
        return self._said(point)

    async def listen(self) -> AsyncIterator[Reading]:
        await asyncio.get_running_loop().create_future()
        yield self._said("")

    async def close(self) -> None:
        pass

    def _take(self, point: str, value: Value) -> None:
        if point == "power" and self.warm_up and self.values["power"] != value:
            self.values["power"] = "warming" if value == "on" else "cooling"
            asyncio.get_running_loop().call_later(self.warm_up, self.values.__setitem__, "power", value)
        else:
            self.values[point] = value

    def _said(self, point: str) -> Reading:
        return Reading(self.device, point, self.values[point], Quality.MEASURED, self.clock.now())


class Desk(Box):
    """A mixer table whose bus 16 meter follows the oscillator."""

    def _take(self, point: str, value: Value) -> None:
        super()._take(point, value)
        v = self.values
        heard = v["oscillator"] == "on" and v["oscillator.destination"] == "bus.16"
        v["bus.16.level"] = v["oscillator.level"] if heard else -120.0


ON_OFF = ("on", "off")
POWER = ("on", "off", "warming", "cooling", "fault")


def house() -> House:
    roles = {
        "mixer": "m", "main-display": "p", "side-display": "s", "charger": "c", "power": "u",
        "presenter-mic": "m.channel.01", "chair-mic": "m.channel.03", "room-mic": "m.channel.32",
    }  # fmt: skip
    room = RoomSpec("301", {"zh": "301会议室", "en": "Room 301"}, 40, roles, {}, {"standard": 2, "speech-only": 5})
    bare = RoomSpec("302", {"zh": "302会议室", "en": "Room 302"}, 20, {"mixer": "m2"})
    devices = {d: DeviceSpec(d, "301", "box", "") for d in "mpscu"} | {"m2": DeviceSpec("m2", "302", "box", "")}
    devices["p"] = replace(devices["p"], options={"rated_lamp_hours": 5000})
    links = (Link("u.outlet.1", Tie.FEEDS, "m"), Link("u.outlet.3", Tie.FEEDS, "p"))
    return House("test", "Asia/Shanghai", "en", {"301": room, "302": bare}, devices, links=links)


def boxes(clock: Clock) -> dict[str, Box]:
    mixer: dict[str, Value | None] = {
        "scene": 2, "main.mute": "off", "main.fader": -3.0, "oscillator": "off", "oscillator.level": -60.0,
        "oscillator.destination": "main", "bus.16.level": -120.0, "channel.01.mute": "off", "channel.03.mute": "off",
    }  # fmt: skip
    packs: dict[str, Value | None] = {}
    for bay, charge in ((1, 100), (2, 99), (3, 98), (4, 100)):
        packs |= {f"bay.{bay}.present": "yes", f"bay.{bay}.charge": charge, f"bay.{bay}.health": 95}
    projector: dict[str, Value | None] = {
        "power": "off", "source": "hdmi-1", "av-mute": "off", "lamp.hours": 1000, "lamp.state": "none-reported",
    }  # fmt: skip
    side: dict[str, Value | None] = {"power": "off", "source": "hdmi-2", "av-mute": "off", "light.hours": 100}
    outlets: dict[str, Value | None] = {f"outlet.{n}.state": "on" for n in (1, 2, 3, 4)}
    words = {"oscillator": ON_OFF, "main.mute": ON_OFF, "power": POWER, "source": ("hdmi-1", "hdmi-2")}
    return {
        "m": Desk("m", clock, mixer, words),
        "p": Box("p", clock, projector, words, warm_up=20),
        "s": Box("s", clock, side, words, warm_up=6),
        "c": Box("c", clock, packs),
        "u": Box("u", clock, outlets, dict.fromkeys(outlets, ON_OFF)),
        "m2": Desk("m2", clock, dict(mixer), words),
    }


class Bench:
    """One life of a daemon's middle: engine, runner, and everything that was published."""

    def __init__(self, clock: LoopClock, boxes: dict[str, Box], first: int = 1) -> None:
        self.clock, self.boxes = clock, boxes
        self.bus = Bus(clock, first)
        self.site = Site(house(), self.bus, clock)
        for device, box in boxes.items():
            self.site.attach(device, box)
        self.events: list[Event] = []
        self._all: Subscription = self.bus.subscribe("test", capacity=10**6)
        self.library = read_all(None, self.site.house)
        self.runner: Runner | None = None

    async def start(
        self, open_runs: Sequence[Sequence[Event]] = (), library: Mapping[str, Playbook] | None = None
    ) -> "Bench":
        self.library |= library or {}
        await self.site.start()
        self.runner = Runner(self.site, self.library)
        await self.runner.start(open_runs)
        await asyncio.sleep(1)
        return self

    async def stop(self) -> None:
        assert self.runner is not None
        await self.runner.stop()
        await self.kill()

    async def kill(self) -> None:
        """The end without goodbye: nothing is put back."""
        assert self.runner is not None
        for task in self.runner._tasks:
            task.cancel()
        for actor in self.runner.actors.values():
            if actor.run is not None and actor.run._walking is not None:
                actor.run._walking.cancel()
        await asyncio.gather(*self.runner._tasks, return_exceptions=True)
        await self.site.stop()

    def said(self) -> list[Event]:
        self.events += self._all.take()
        return self.events

    def bodies(self, kind: type[T]) -> list[T]:
        return [e.body for e in self.said() if isinstance(e.body, kind)]

    def people(self, occupancy: Occupancy, room: str = "301") -> None:
        """A person says whether people are in the room."""
        self.site.flag(room, occupancy)

    def book(self, needs: Needs | None = None, start: float = 3600, room: str = "301") -> Booking:
        booking = Booking(BookingKey("test", "b"), room, self.clock.now() + start, self.clock.now() + start + 7200,
                          needs or Needs())  # fmt: skip
        self.site.publish(BookingChanged(booking))
        return booking

    def meeting(self, needs: Needs | None = None) -> Booking:
        """A meeting that has been on for ten minutes."""
        booking = self.book(needs, -600)
        self.people(Occupancy.OCCUPIED)
        return booking

    def want(self, playbook: str, room: str = "301", by: str = "engineer", **arguments: str) -> None:
        self.site.publish(PlayWanted("w", room, playbook, by, "test", tuple(arguments.items())))

    async def ended(self, count: int = 1, within: float = 3600) -> PlayEnded:
        """The `count`th run to end."""
        async with asyncio.timeout(within):
            while len(self.bodies(PlayEnded)) < count:
                await asyncio.sleep(0.5)
        return self.bodies(PlayEnded)[count - 1]

    def outcomes(self) -> dict[str, str]:
        return {b.step: b.outcome.verdict.value for b in self.bodies(StepDone)}


@pytest.fixture
async def bench(clock: LoopClock) -> AsyncIterator[Bench]:
    made = await Bench(clock, boxes(clock)).start()
    made.people(Occupancy.FREE)
    await asyncio.sleep(1)
    yield made
    await made.kill()


def play(text: str, name: str = "mine") -> dict[str, Playbook]:
    """A playbook from its text, for a library."""
    from avctl.playbooks.load import read

    head = f"playbook: {name}\ntitle: t\nwhy: w\n"
    made = read(head + text, f"{name}.yaml", house())
    return {made.name: made}


def folder(tmp_path: Path, *texts: str) -> Path:
    for i, text in enumerate(texts):
        (tmp_path / f"{i}.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def points(names: Iterable[str]) -> dict[str, Point]:
    return {n: Point(n, n, "test", words=ON_OFF if n == "power" else (), writable=True) for n in names}
