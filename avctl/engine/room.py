"""One room: one door for facts (`heard`, `reached`), one for wishes (`command`).

A fact is published when it is news, and its consequences follow at once, each with the fact as its cause. A wish is
written down, made durable, held against the guards, sent, and read back; it passes only when the device itself says
so. A room knows its devices only through their sessions; it has never met a projector.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from random import Random

from avctl.engine.bus import Bus
from avctl.engine.condition import condition
from avctl.engine.session import Session, Superseded
from avctl.engine.state import DeviceState, RoomState
from avctl.locale import text
from avctl.model.command import Command, Urgency
from avctl.model.errors import Busy, DeviceError, Refused
from avctl.model.event import Body, CommandAsked, CommandDone, Event, PhaseChanged, ReachChanged, Read
from avctl.model.health import Cause, Condition, Reach
from avctl.model.house import House, RoomSpec
from avctl.model.outcome import Verdict
from avctl.model.point import Point
from avctl.model.ports import Clock, Driver
from avctl.model.reading import Quality, Reading, Value

Publish = Callable[[Body, int | None], Event]

NOTCH, RATE = 1.0, 0.2  # a meter is news when it moved so many dB, and at most every so many seconds
BUSY_AGAIN = 1.0  # s until a device that said "not now" is asked again
REMEMBERED = 10_000  # commands whose result a repetition gets back
_ON_THE_WAY = {("power", "on"): "warming", ("power", "off"): "cooling"}


class Room:
    """A room with its devices, as it stands and as it is driven."""

    def __init__(self, house: House, spec: RoomSpec, bus: Bus, clock: Clock, publish: Publish, rng: Random) -> None:
        self.house, self.spec, self.bus, self.clock = house, spec, bus, clock
        self.state = RoomState(spec.id, {d.id: DeviceState(d.id) for d in house.devices_of(spec.id)})
        self.sessions: dict[str, Session] = {}
        self._publish, self._rng = publish, rng
        self._fresh: dict[str, dict[str, Reading]] = {}  # device -> point -> the newest reading, news or not
        self._told: dict[str, float] = {}  # device -> when meters were last published, loop time
        self._results: dict[str, asyncio.Task[CommandDone]] = {}

    def attach(self, device: str, driver: Driver) -> Session:
        """Take a device on; the caller runs the session."""
        session = Session(self.house.devices[device], driver, self, self._rng)
        self.sessions[device] = session
        self._fresh.setdefault(device, {})
        return session

    @property
    def needs_devices(self) -> bool:
        """Whether a meeting or a test relies on the devices just now."""
        return self.state.in_use or bool(self.state.runs)

    def points(self, device: str) -> Mapping[str, Point]:
        session = self.sessions.get(device)
        return session.driver.points if session else {}

    def start(self) -> None:
        """Begin to look at what only time changes."""

    def stop(self) -> "Collection[asyncio.Task[CommandDone]]":
        """No more of it; gives the commands still under way."""
        return [task for task in self._results.values() if not task.done()]

    # --- facts

    def heard(self, device: str, readings: Sequence[Reading], cause: int | None = None) -> None:
        """Readings of one device, in the order it gave them. Publishes those that are news."""
        if news := tuple(r for r in readings if self._is_news(device, r)):
            self._publish(Read(device, news), cause)

    def reached(self, device: str, reach: Reach, cause: Cause | None, detail: str) -> None:
        """A session says how its conversation stands."""
        self._publish(ReachChanged(device, reach, cause, detail), None)

    def folded(self, event: Event) -> None:
        """Called after every event of this room is in its state: what else follows from it."""
        if isinstance(event.body, PhaseChanged):
            for session in self.sessions.values():
                session.nudge()

    def _is_news(self, device: str, reading: Reading) -> bool:
        fresh = self._fresh.setdefault(device, {})
        fresh[reading.point] = reading
        known = self.state.device(device).readings.get(reading.point)
        if known is None or known.quality is not reading.quality:
            return True
        point = self.points(device).get(reading.point)
        if point is None or not point.fleeting:
            return known.value != reading.value
        return self._moved(known, reading) and self._in_time(device)

    def _moved(self, known: Reading, reading: Reading) -> bool:
        if isinstance(known.value, str | None) or isinstance(reading.value, str | None):
            return known.value != reading.value
        return abs(known.value - reading.value) >= NOTCH

    def _in_time(self, device: str) -> bool:
        now = asyncio.get_running_loop().time()
        if 0 < now - self._told.get(device, 0.0) < RATE:
            return False
        self._told[device] = now
        return True

    # --- what is known

    def device(self, device: str) -> DeviceState:
        """A device as it stands; `last_answer` counts also answers that brought nothing new."""
        known = self.state.device(device)
        newest = max((r.at for r in self._fresh.get(device, {}).values()), default=None)
        return known if newest is None else replace(known, last_answer=max(newest, known.last_answer or newest))

    def condition(self, device: str) -> Condition:
        return condition(self.device(device), self.state.faults_of(device))

    def reading(self, device: str, point: str) -> Reading | None:
        """The newest reading; STALE when it is older than its limit or the device is not reached any more."""
        reading = self._fresh.get(device, {}).get(point) or self.state.device(device).readings.get(point)
        if reading is None or reading.quality is not Quality.MEASURED:
            return reading
        session = self.sessions.get(device)
        gone = session is None or session.reach is Reach.DOWN
        old = session is not None and self.clock.now() - reading.at > session.limit(point)
        return replace(reading, quality=Quality.STALE) if gone or old else reading

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
        if command.id not in self._results:
            self._forget_oldest()
            self._results[command.id] = asyncio.create_task(self._conclude(command), name=f"command {command.id}")
        return await asyncio.shield(self._results[command.id])

    def _forget_oldest(self) -> None:
        if len(self._results) >= REMEMBERED:
            done = next((id for id, task in self._results.items() if task.done()), None)
            if done is not None:
                del self._results[done]

    async def _conclude(self, command: Command) -> CommandDone:
        """Nothing is sent before the wish is durable, and every wish ends in exactly one result."""
        asked = self._publish(CommandAsked(command), command.cause)
        await self.bus.durable(asked.seq)
        done = await self._carry_out(command, asked.seq)
        self._publish(done, asked.seq)
        return done

    async def _carry_out(self, command: Command, asked: int) -> CommandDone:
        session = self.sessions.get(command.device)
        left = command.until - self.clock.now()
        if session is None:
            return self._done(command, Verdict.ERROR, "no-answer", "no-driver")
        if left <= 0:
            return self._done(command, Verdict.SKIPPED, "expired")
        try:
            async with asyncio.timeout(left):
                reading = await self._write(session, command, asked)
        except TimeoutError:
            return self._done(command, Verdict.SKIPPED, "expired")
        except Superseded:
            return self._done(command, Verdict.SKIPPED, "superseded")
        except Refused as error:
            return self._done(command, Verdict.FAIL, "refused", detail=str(error))
        except DeviceError as error:
            return self._done(command, Verdict.ERROR, "no-answer", detail=str(error))
        return self._judge(command, reading)

    async def _write(self, session: Session, command: Command, asked: int) -> Reading:
        while True:
            try:
                return await session.write(command.point, command.value, command.urgency, asked)
            except Busy:
                await asyncio.sleep(BUSY_AGAIN)

    def _judge(self, command: Command, reading: Reading) -> CommandDone:
        if reading.quality is Quality.MEASURED and obeyed(command, reading):
            return self._done(command, Verdict.PASS, "done", "done", reading, saw=reading.value)
        return self._done(command, Verdict.FAIL, "not-obeyed", "not-obeyed", reading, saw=reading.value)

    def _done(
        self,
        command: Command,
        verdict: Verdict,
        ending: str,
        said: str = "",
        reading: Reading | None = None,
        **figures: object,
    ) -> CommandDone:
        where = f"{command.device}.{command.point}"
        words = text(f"command.{said or ending}", self.house.language, where=where, wanted=command.value, **figures)
        return CommandDone(command.id, command.device, command.point, verdict, words, reading, ending)


def obeyed(command: Command, reading: Reading) -> bool:
    """Whether the read-back is what was wished, or the way there: a projector told "on" says "warming" first."""
    if reading.value is None:
        return False
    if _ON_THE_WAY.get((command.point.rpartition(".")[2], str(command.value))) == reading.value:
        return True
    return same(command.value, reading.value)


def same(wanted: Value, seen: Value) -> bool:
    """Equal, but for the steps of a fader (half a dB) or what rounding on the wire takes."""
    if isinstance(wanted, str) or isinstance(seen, str):
        return str(wanted) == str(seen)
    step = 0.5 if isinstance(seen, float) else 0.0
    return abs(wanted - seen) <= max(step, 0.03 * abs(wanted) if abs(wanted) > 500 else 0.0)
