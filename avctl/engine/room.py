"""One room: one door for facts (`heard`, `reached`), one for wishes (`command`).

A fact is published when it is news, and its consequences follow at once, each with the fact as its cause
(`lookout`). A wish goes past the guards to the device and is read back (`errand`). A room knows its devices only
through their sessions; it has never met a projector.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from random import Random

from avctl.engine.bus import Bus
from avctl.engine.case import Case, Past
from avctl.engine.condition import condition
from avctl.engine.errand import Errands
from avctl.engine.lookout import Lookout
from avctl.engine.phases import Times
from avctl.engine.session import Session
from avctl.engine.state import DeviceState, RoomState
from avctl.model.command import Command, Urgency
from avctl.model.event import (
    Body,
    CommandDone,
    Event,
    Held,
    PhaseChanged,
    PlayEnded,
    PlayStarted,
    ReachChanged,
    Read,
    Released,
)
from avctl.model.health import Cause, Condition, Reach
from avctl.model.house import House, RoomSpec
from avctl.model.outcome import Verdict
from avctl.model.point import Point, part_of
from avctl.model.ports import Clock, Driver
from avctl.model.reading import Quality, Reading, Value
from avctl.model.vocabulary import OFF, POWER

Publish = Callable[[Body, int | None], Event]

NOTCH = 1.0  # dB by which a needle must move before the rules look at it again


class Room:
    """A room with its devices, as it stands and as it is driven."""

    def __init__(
        self, house: House, spec: RoomSpec, bus: Bus, clock: Clock, publish: Publish, rng: Random, times: Times
    ) -> None:
        self.house, self.spec, self.bus, self.clock, self.publish = house, spec, bus, clock, publish
        self.state = RoomState(spec.id, {d.id: DeviceState(d.id) for d in house.devices_of(spec.id)})
        self.sessions: dict[str, Session] = {}
        self.pasts: dict[str, Past] = {}
        self.wished: dict[tuple[str, str], Value] = {}  # (device, point) -> what it was told last, and obeyed
        self.lookout, self._errands = Lookout(self, times), Errands(self)
        self.running = False
        self._rng = rng
        self._fresh: dict[str, dict[str, Reading]] = {}  # device -> point -> the newest reading, news or not
        self._power: dict[str, Value] = {}  # the last power word of each device, also from before this life
        self._meters: dict[str, dict[str, Reading]] = {}  # device -> fleeting point -> where its needle was seen last

    def attach(self, device: str, driver: Driver) -> Session:
        """Take a device on; the caller runs the session."""
        session = Session(self.house.devices[device], driver, self, self._rng)
        self.sessions[device] = session
        return session

    def start(self) -> None:
        """Begin to look at what time changes."""
        self.running = True
        for device, session in self.sessions.items():
            if self.state.device(device).held:
                session.hold()
        self.lookout.start()

    def stop(self) -> list[asyncio.Task[CommandDone]]:
        """No more of it; gives the wishes still under way."""
        self.running = False
        self.lookout.stop()
        return self._errands.under_way()

    @property
    def needs_devices(self) -> bool:
        """Whether a meeting or a test relies on the devices just now."""
        return self.state.in_use or bool(self.state.runs)

    # --- facts

    def heard(self, device: str, readings: Sequence[Reading], cause: int | None = None) -> None:
        """Readings of one device, in the order it gave them. Publishes those that are news.

        Meters move all the time: they are held against the rules, but become an event only as testimony of a fault.
        """
        news = tuple(reading for reading in readings if self._is_news(device, reading))
        told = tuple(reading for reading in news if reading.point not in self._meters.get(device, {}))
        by = self.publish(Read(device, told), cause).seq if told else 0
        self.lookout.heard(device, readings, news, by)

    def testify(self, device: str, part: str) -> int | None:
        """Publish what the meters of a part say just now; the number of that event, None without any."""
        meters = self._meters.get(device, {})
        said = tuple(reading for point, reading in meters.items() if part_of(point) == part)
        return self.publish(Read(device, said), None).seq if said else None

    def reached(self, device: str, reach: Reach, cause: Cause | None, detail: str) -> None:
        """A session says how its conversation stands."""
        event = self.publish(ReachChanged(device, reach, cause, detail), None)
        self.lookout.reached(device, event.seq)

    def folded(self, event: Event) -> None:
        """Called after every event of this room is in its state: what else follows from it."""
        match event.body:
            case Held(device) if device in self.sessions:
                self.sessions[device].hold()
            case Released(device) if device in self.sessions:
                self.sessions[device].release()
        self.lookout.folded(event)
        if isinstance(event.body, PhaseChanged | PlayStarted | PlayEnded):
            for session in self.sessions.values():
                session.nudge()

    def remember(self, reading: Reading) -> None:
        """A reading from before this life of the daemon: lamps remember when they were struck, so must we."""
        self._note_power(reading)

    def _is_news(self, device: str, reading: Reading) -> bool:
        self._fresh.setdefault(device, {})[reading.point] = reading
        self._note_power(reading)
        meters, point = self._meters.setdefault(device, {}), self.points(device).get(reading.point)
        if point is not None and point.fleeting:
            known = meters.get(reading.point)
            if known is not None and known.quality is reading.quality and not _moved(known, reading):
                return False
            meters[reading.point] = reading
            return True
        known = self.state.device(device).readings.get(reading.point)
        return known is None or (known.value, known.quality) != (reading.value, reading.quality)

    def _note_power(self, reading: Reading) -> None:
        if reading.point == POWER and reading.quality is Quality.MEASURED and reading.value is not None:
            past, before = self.pasts.get(reading.device, Past()), self._power.get(reading.device)
            self.pasts[reading.device] = past.heard(reading, before)
            self._power[reading.device] = reading.value

    # --- what is known

    def points(self, device: str) -> Mapping[str, Point]:
        session = self.sessions.get(device)
        return session.driver.points if session else {}

    def device(self, device: str) -> DeviceState:
        """A device as it stands; `last_answer` counts also answers that brought nothing new."""
        known, session = self.state.device(device), self.sessions.get(device)
        newest = session.last_answer if session else None
        readings = {**known.readings, **self._meters.get(device, {})}
        return replace(known, readings=readings, last_answer=newest or known.last_answer)

    def condition(self, device: str) -> Condition:
        unfed = self.lookout.unfed(device)
        owner, _, part = unfed.partition(".")
        ours = bool(unfed) and self.wished.get((owner, f"{part}.state")) == OFF
        return condition(self.device(device), self.state.faults_of(device), unfed, ours)

    def reading(self, device: str, point: str) -> Reading | None:
        """The newest reading; STALE when it is older than its limit or the device is not reached any more."""
        reading = self._fresh.get(device, {}).get(point) or self.state.device(device).readings.get(point)
        if reading is None or reading.quality is not Quality.MEASURED:
            return reading
        session = self.sessions.get(device)
        gone = session is None or session.reach is Reach.DOWN or session.held
        old = session is not None and self.clock.now() - reading.at > session.limit(point)
        return replace(reading, quality=Quality.STALE) if gone or old else reading

    def trusted(self, device: str, point: str) -> bool:
        """Whether a reading is measured and fresh."""
        reading = self.reading(device, point)
        return reading is not None and reading.quality is Quality.MEASURED

    async def ask(
        self, device: str, points: Collection[str], within: float, urgency: Urgency = Urgency.SELF_TEST
    ) -> Mapping[str, Reading]:
        """Fresh readings, asked now; SILENT for what was not answered within `within` seconds."""
        session = self.sessions.get(device)
        heard = await session.ask(points, within, urgency) if session else frozenset[str]()
        silent = Reading(device, "", None, Quality.SILENT, self.clock.now())
        fresh = self._fresh.get(device, {})
        return {p: fresh[p] if p in heard and p in fresh else replace(silent, point=p) for p in points}

    # --- wishes

    async def command(self, command: Command) -> CommandDone:
        """Carry out a wish, once for each id; whoever repeats it gets the first result."""
        return await self._errands.run(command)

    def case(self, command: Command) -> Case:
        """All that guards may look at before `command`."""
        switched = [device for device, session in self.sessions.items() if POWER in session.driver.points]
        points, now = self.points(command.device), self.clock.now()
        return Case(command, self.state, self.house, points, self.pasts, switched, now, self.trusted)

    def note_set(self, device: str, point: str, at: float) -> None:
        """Something is about to be sent."""
        self.pasts[device] = self.pasts.get(device, Past()).told(point, at)

    def done(self, command: Command, done: CommandDone, by: int) -> None:
        """A wish has its result; what was wished and obeyed is what is expected from now on."""
        if done.verdict is Verdict.PASS:
            self.wished[command.device, command.point] = command.value
            self.lookout.review(command.device, by)


def _moved(known: Reading, reading: Reading) -> bool:
    if isinstance(known.value, str | None) or isinstance(reading.value, str | None):
        return known.value != reading.value
    return abs(known.value - reading.value) >= NOTCH
