"""All rooms: the one object every upper floor is handed, and the only place where events come into being.

It numbers an event, folds it into the state of the room it belongs to, and hands it on; then the room draws its
consequences. It knows no protocol, no file and no page.
"""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from random import Random
from types import MappingProxyType
from typing import assert_never

from avctl.engine import paths
from avctl.engine.bus import Bus
from avctl.engine.phases import Times
from avctl.engine.ranking import Call, rank
from avctl.engine.room import Room
from avctl.engine.session import Session
from avctl.engine.state import DeviceState, RoomState, fold
from avctl.model import event as happened
from avctl.model.command import Command, Urgency
from avctl.model.event import Body, CommandDone, Event, FaultAcknowledged, Held, Occupancy, Read, Released
from avctl.model.fault import FaultKey
from avctl.model.health import Condition
from avctl.model.house import House
from avctl.model.point import Point
from avctl.model.ports import Clock, Driver
from avctl.model.reading import Reading

BEAT = 60.0  # s


class Site:
    """A house with its rooms, driven. `rng` gives the jitter of back-offs, `times` the site's lead and guard."""

    def __init__(
        self, house: House, bus: Bus, clock: Clock, rng: Random | None = None, times: Times | None = None
    ) -> None:
        self.house, self.bus, self.clock = house, bus, clock
        chance, times = rng or Random(), times or Times()
        self._rooms = {r.id: Room(house, r, bus, clock, self.publish, chance, times) for r in house.rooms.values()}
        self.rooms: Mapping[str, Room] = MappingProxyType(self._rooms)
        self._runs: dict[str, str] = {}  # run -> room
        self._keeping: dict[str, asyncio.Task[None]] = {}
        self._broken: asyncio.Future[None] | None = None
        self._heart: asyncio.TimerHandle | None = None

    # --- what is known

    def state(self, room: str) -> RoomState:
        return self.rooms[room].state

    def device(self, device: str) -> DeviceState:
        return self._room_of(device).device(device)

    def condition(self, device: str) -> Condition:
        """Is it fit? Derived now from what it said, its faults and what feeds it; never stored."""
        return self._room_of(device).condition(device)

    def points(self, device: str) -> Mapping[str, Point]:
        """What a device can say and be told; empty until a driver is attached."""
        return self._room_of(device).points(device)

    def reading(self, device: str, point: str) -> Reading | None:
        """The newest reading; its quality is STALE when it is older than three periods of its question."""
        return self._room_of(device).reading(device, point)

    def address(self, room: str, text: str) -> tuple[str, str]:
        """Turn `main-display.power` into a device and a point. Raises LookupError naming the nearest role."""
        return paths.resolve(self.house, room, text)

    # --- the only way events come into being

    def publish(self, body: Body, cause: int | None = None) -> Event:
        """Number it, fold it into its room, hand it to whoever listens; then let the room draw its consequences."""
        event = self.bus.number(body, cause)
        rooms = [self._rooms[id] for id in self._rooms_of(body) if id in self._rooms]
        for room in rooms:
            room.state = fold(room.state, event)
        self.bus.hand_on(event)
        for room in rooms:
            room.folded(event)
        return event

    def _rooms_of(self, body: Body) -> Collection[str]:
        """The rooms whose state an event is part of: one, both for a booking that moved, none for the daemon's own."""
        match body:
            case (
                happened.Read()
                | happened.ReachChanged()
                | happened.CommandDone()
                | happened.Held()
                | happened.Released()
            ):
                return (self.house.devices[body.device].room,)
            case happened.CommandAsked(command):
                return (self.house.devices[command.device].room,)
            case happened.FaultMitigated(key) | happened.FaultAcknowledged(key):
                return (self.house.devices[key.device].room,)
            case happened.BookingChanged(booking, before):
                return {booking.room, before.room} if before else (booking.room,)
            case happened.PlayStarted():
                self._runs[body.run] = body.room
                return (body.room,)
            case happened.PlayEnded():
                self._runs.pop(body.run, None)
                return (body.room,)
            case happened.StepIntended() | happened.StepDone() | happened.StepWaits() | happened.Answered():
                return (self._runs[body.run],) if body.run in self._runs else ()
            case (
                happened.FaultRaised()
                | happened.FaultCleared()
                | happened.Due()
                | happened.Missed()
                | happened.PhaseChanged()
                | happened.PlayWanted()
                | happened.PlayRefused()
                | happened.Notice()
            ):
                return (body.room,)
            case happened.SourceTrouble():
                return tuple(self._rooms)
            case happened.DaemonStarted() | happened.DaemonStopped() | happened.Dropped():
                return ()
            case _:
                assert_never(body)

    # --- devices and wishes

    def attach(self, device: str, driver: Driver) -> None:
        """Give a device its driver. Before `start` or after; a session keeps it from then on."""
        session = self._room_of(device).attach(device, driver)
        if self._broken is not None:
            self._keep(session)

    async def start(self) -> None:
        """Begin to keep every device, each by itself: a dead one delays nobody. Returns at once."""
        self._broken = asyncio.get_running_loop().create_future()
        self._beat()
        for room in self._rooms.values():
            room.start()
            for session in room.sessions.values():
                self._keep(session)

    async def hold(self) -> None:
        """Wait for ever. Raises what a bug raised inside a session: a daemon with a bug ends, loudly."""
        assert self._broken is not None, "start first"
        await asyncio.shield(self._broken)

    async def stop(self) -> None:
        """Let go of every device; nothing is sent to any of them. What is under way is cut."""
        if self._heart is not None:
            self._heart.cancel()
        tasks = [*self._keeping.values(), *(task for room in self._rooms.values() for task in room.stop())]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._keeping.clear()
        if self._broken is not None and not self._broken.done():
            self._broken.cancel()

    async def command(self, command: Command) -> CommandDone:
        """Wish something; see `Room.command`. Raises LookupError for a device the house has not."""
        return await self._room_of(command.device).command(command)

    async def ask(
        self, device: str, points: Collection[str], within: float, urgency: Urgency = Urgency.SELF_TEST
    ) -> Mapping[str, Reading]:
        """Fresh readings, asked now, at most `within` seconds; SILENT for what was not answered."""
        return await self._room_of(device).ask(device, points, within, urgency)

    def acknowledge(self, key: FaultKey, by: str) -> None:
        """A person has seen a fault and takes care of it."""
        self.publish(FaultAcknowledged(key, by))

    def hold_device(self, device: str, until: float, by: str, why: str) -> Event:
        """Somebody works on it until then (UTC seconds): nothing is asked of it or told to it. Raises LookupError."""
        self._room_of(device)
        return self.publish(Held(device, until, by, why))

    def release(self, device: str, by: str) -> Event:
        """The work is done: it is asked everything anew. Raises LookupError."""
        self._room_of(device)
        return self.publish(Released(device, by))

    def flag(self, room: str, occupancy: Occupancy) -> None:
        """A person says whether people are in a room; newer evidence may say otherwise later."""
        self.rooms[room].lookout.flag(occupancy)

    def remember(self, events: Iterable[Event]) -> None:
        """Events of earlier lives, oldest first: what guards, and people in the rack, rely on over a restart.

        Before `start`. Publishes nothing.
        """
        for event in events:
            if isinstance(event.body, Read) and event.body.device in self.house.devices:
                for reading in event.body.readings:
                    self._room_of(event.body.device).remember(reading)
            elif isinstance(event.body, Held | Released) and event.body.device in self.house.devices:
                room = self._room_of(event.body.device)
                room.state = fold(room.state, event)

    def recall(self, runs: Iterable[Sequence[Event]]) -> None:
        """Runs of an earlier life that have not ended, each with its events: they are under way still."""
        for event in (event for run in runs for event in run):
            for room in self._rooms_of(event.body):
                if room in self._rooms:
                    self._rooms[room].state = fold(self._rooms[room].state, event)

    def ranking(self) -> list[Call]:
        """Which room first: every room with a standing fault, the most pressing first."""
        return rank([room.state for room in self._rooms.values()], self.clock.now())

    def _beat(self) -> None:
        """Once a minute: say aloud what subscribers have missed."""
        for gap in self.bus.gaps():
            self.publish(gap)
        self._heart = asyncio.get_running_loop().call_later(BEAT, self._beat)

    def _keep(self, session: Session) -> None:
        task = asyncio.create_task(session.run(), name=f"session {session.spec.id}")
        self._keeping[session.spec.id] = task
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        """A session never ends by itself: this is a bug, and it must not stay quiet."""
        if task.cancelled() or self._broken is None or self._broken.done():
            return
        if error := task.exception():
            self._broken.set_exception(error)

    def _room_of(self, device: str) -> Room:
        spec = self.house.devices.get(device)
        if spec is None:
            raise LookupError(f"no device {device!r}: {paths.nearest(device, self.house.devices)}")
        return self._rooms[spec.room]
