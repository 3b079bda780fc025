"""A house of empty rooms for the diary: everything the engine would tell it is told by the test."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from avctl.bookings.diary import PAST, Diary
from avctl.bookings.rule import Rules
from avctl.bookings.sources import Source
from avctl.engine.bus import Bus
from avctl.engine.state import RoomState
from avctl.model.booking import Booking
from avctl.model.event import Body, Due, Event, Occupancy, Phase, PhaseChanged, PlayEnded, PlayStarted, Started
from avctl.model.house import House, RoomSpec
from avctl.model.outcome import Verdict
from avctl.model.ports import Clock

B = TypeVar("B")


def house(*rooms: str) -> House:
    specs = {r: RoomSpec(r, {"zh": f"{r}会议室", "en": f"Room {r}"}, 20) for r in rooms or ("301", "302")}
    return House("hq", "Asia/Shanghai", "en", specs, {})


class Town:
    """Numbers and keeps every event, like the engine and the archive together; it outlives a daemon."""

    def __init__(self, clock: Clock, *rooms: str) -> None:
        self.house, self.clock, self.bus = house(*rooms), clock, Bus(clock)
        self.events: list[Event] = []
        self.occupancy = dict.fromkeys(self.house.rooms, Occupancy.FREE)

    def publish(self, body: Body, cause: int | None = None) -> Event:
        event = self.bus.number(body, cause)
        self.events.append(event)
        self.bus.hand_on(event)
        return event

    def state(self, room: str) -> RoomState:
        return RoomState(room, occupancy=self.occupancy[room])

    def see(self, room: str, occupancy: Occupancy) -> None:
        self.occupancy[room] = occupancy
        self.publish(PhaseChanged(room, Phase.IDLE, occupancy, None, "seen"))

    def diary(
        self, *sources: Source, rules: Rules | None = None, folder: Path | None = None, tick: float = 2.0
    ) -> Diary:
        """A diary of a new life, which is told the past as the archive has it."""
        past = [e for e in self.events if isinstance(e.body, PAST)]
        return Diary(self, rules or Rules(), sources, past=past, folder=folder, tick=tick)

    def of(self, kind: type[B]) -> list[tuple[float, B]]:
        """When and what, of every event of a kind."""
        return [(e.at, e.body) for e in self.events if isinstance(e.body, kind)]


class Sheet:
    """A source that knows a whole month and shows some days of it, as real ones do."""

    name, every, trouble, blind, ready = "sheet", 6 * 3600.0, None, False, False
    heard: float | None = None

    def __init__(self, clock: Clock, booked: Sequence[Booking], ahead: float = 3 * 86_400.0) -> None:
        self._clock, self._booked, self._ahead = clock, booked, ahead
        self.bookings: Sequence[Booking] = ()

    async def poll(self) -> None:
        now = self._clock.now()
        self.bookings = [b for b in self._booked if now - 86_400 < b.end and b.start < now + self._ahead]
        self.heard, self.ready = now, True


class Runner:
    """Runs whatever is due, `took` seconds long; nothing ever fails."""

    def __init__(self, town: Town, took: float = 300.0) -> None:
        self._town, self._took = town, took
        self._heard = town.bus.subscribe("runner", lambda body: isinstance(body, Due))
        self._tasks: set[asyncio.Task[None]] = set()
        self._main = asyncio.get_running_loop().create_task(self._listen())

    async def stop(self) -> None:
        """Die where it stands: what runs is never ended."""
        self._town.bus.unsubscribe(self._heard)
        for task in (self._main, *self._tasks):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _listen(self) -> None:
        async for event in self._heard:
            assert isinstance(event.body, Due)
            self._tasks.add(asyncio.get_running_loop().create_task(self._run(event, event.body)))

    async def _run(self, event: Event, due: Due) -> None:
        run, say = f"run-{event.seq}", self._town.publish
        say(PlayStarted(run, due.room, due.playbook, "1", Started.SCHEDULE, "plan", 9, due.booking), event.seq)
        await asyncio.sleep(self._took)
        say(PlayEnded(run, due.room, due.playbook, Verdict.PASS, "finished", True, "", self._took), event.seq)
