"""Keeps one device: opens it, asks it within its budget, listens, backs off. Once, for all devices.

A driver can be opened, read, written and listened to; everything that needs patience is here. One request at a time
is under way. Whoever waits in the queue goes first by urgency; polls fill what is left. After silence or nonsense the
wire is not trusted any more (one late answer would shift every answer after it) and is opened anew. The device is UP
again only when it has answered every question once and is still the same device: an open connection alone proves
nothing.
"""

import asyncio
import math
from collections.abc import Awaitable, Collection, Sequence
from random import Random
from typing import Protocol, TypeVar

from avctl.engine.faith import LONGEST_IN_USE, Faith
from avctl.engine.queue import Job, Queue
from avctl.engine.schedule import NOW, Schedule
from avctl.model.command import Urgency
from avctl.model.errors import Busy, DeviceError, Garbled, NoAnswer, Refused, WrongDevice
from avctl.model.health import Cause, Reach
from avctl.model.house import DeviceSpec
from avctl.model.ports import Driver, Query
from avctl.model.reading import Quality, Reading, Value
from avctl.model.vocabulary import POWER, SERIAL

T = TypeVar("T")

OPENING, WRITING, AT_LEAST = 20.0, 45.0, 5.0  # s; nets under drivers that forget their own deadline
AGAIN = 1.0  # s between two tries at the least when somebody waits for this very device


class Keeper(Protocol):
    """Whom a session tells, and whom it asks how hard it may try. A room is one."""

    def heard(self, device: str, readings: Sequence[Reading], cause: int | None) -> None: ...

    def reached(self, device: str, reach: Reach, cause: Cause | None, detail: str) -> None: ...

    @property
    def needs_devices(self) -> bool:
        """Whether a meeting or a test relies on the devices just now: shorter periods, shorter pauses."""


class Session:
    """One device and the task that keeps it (`run`). A driver may say `retries` and `down_after` (failures)."""

    def __init__(self, spec: DeviceSpec, driver: Driver, keeper: Keeper, rng: Random) -> None:
        self.spec, self.driver = spec, driver
        self.last_answer: float | None = None  # UTC, of the newest reading it gave
        self._keeper, self._rng = keeper, rng
        self._begin()
        self._queue = Queue()
        self._wake: asyncio.Future[None] | None = None
        self._hearers: list[asyncio.Future[None]] = []  # who waits for the next word of it
        self._answers: dict[str, str] = {}  # point -> the question that answered it
        self._heard_at: dict[str, float] = {}  # point -> when, loop time
        self._serial = _written(spec)
        self._unasked: list[Reading] = []  # said by itself, not handed on yet
        self._more: asyncio.Future[None] | None = None
        self._untrusted: list[Reading] | None = None  # held back until we know who is speaking
        self._aside: Query | None = None  # the side question that cost us the wire
        self._tried = -math.inf
        self.held = self._anew = False
        self._leash: asyncio.Timeout | None = None  # while a conversation is under way

    @property
    def reach(self) -> Reach:
        return self._faith.reach

    # --- what rooms ask of it

    async def write(
        self, point: str, value: Value, urgency: Urgency, cause: int | None = None, begun: asyncio.Event | None = None
    ) -> Reading:
        """Queue a wish; the read-back when it is done. A newer wish for the same point replaces a queued one.

        `cause` is the event it answers; `begun` is set when it goes out. Raises Superseded, or the DeviceError that
        became of it. Cancelling takes it out of the queue.
        """
        reading = await self._enqueue(urgency, Job(None, point, value, cause, begun))
        assert reading is not None
        return reading

    async def ask(self, points: Collection[str], within: float, urgency: Urgency) -> frozenset[str]:
        """Ask now for `points`, at most `within` seconds; those that were heard since the call."""
        asked, wanted = _now(), frozenset(points)
        if self.held:
            return frozenset()
        try:
            async with asyncio.timeout(within):
                for query in self._queries_for(points):
                    await self._enqueue(urgency, Job(query))
                    if self._since(wanted, asked) == wanted:
                        break
                while self._since(wanted, asked) != wanted and self.reach is Reach.UP:
                    await self._next_hearing()  # what only listening tells
        except (TimeoutError, DeviceError):
            pass  # what was not heard is missing in the answer, and that is the answer
        return self._since(wanted, asked)

    def limit(self, point: str) -> float:
        """How old a reading of `point` may be and still count as known: three periods of its question."""
        query = next((q for q in self.driver.queries if q.name == self._answers.get(point)), None)
        return 3 * self._schedule.period(query) + query.timeout if query else math.inf

    def nudge(self) -> None:
        """Things have changed (a meeting begins, somebody wishes something): look at the schedule again."""
        self._schedule.busy = self._keeper.needs_devices
        if self._wake is not None:
            _ring(self._wake)

    # --- people in the rack

    def hold(self) -> None:
        """Let go of the device at once, and keep away until `release`: somebody works on it."""
        self.held = self._anew = True
        self._begin()
        self._queue.give_up(Refused(f"{self.spec.id} is being worked on"))
        if self._leash is not None:
            self._leash.reschedule(_now())
        self.nudge()

    def release(self) -> None:
        """Speak with it again, from the beginning. It may have been exchanged: only a serial that is written counts."""
        self.held, self._serial = False, _written(self.spec)
        self.nudge()

    def _begin(self) -> None:
        """Nothing has been learned of it yet."""
        self._faith = Faith(getattr(self.driver, "down_after", 2))
        self._schedule = Schedule(self.driver.queries, self._faith.strikes, self.spec.pace)

    # --- its life

    async def run(self) -> None:
        """Keep the device until cancelled. A DeviceError never leaves; anything else is a bug and does."""
        while True:
            while self.held:
                await self._rest(math.inf)
            self._tried, self._anew = _now(), False
            try:
                await self._converse_on_leash()
            except DeviceError as error:
                self._lost(error)
            finally:
                await self.driver.close()
            await self._pause()

    async def _converse_on_leash(self) -> None:
        """Converse until something breaks, or until `hold` pulls us away."""
        try:
            async with asyncio.timeout(None) as self._leash:
                await self._converse()
        except TimeoutError:
            if self._leash is None or not self._leash.expired():
                raise  # not ours: a bug in a driver, and to be seen
            self._begin()
        finally:
            self._leash = None

    async def _converse(self) -> None:
        self._untrusted, self._unasked, self._aside = [], [], None
        self._schedule.refused.clear()
        await self._bounded(self.driver.open(), OPENING, "opening")
        tasks = [asyncio.create_task(part) for part in (self._listen(), self._hand_over(), self._keep())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        finally:  # no TaskGroup: on Python 3.11 one that fails while it is cancelled forgets the cancelling
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
        raise _gravest(ended)

    async def _listen(self) -> None:
        try:
            async for reading in self.driver.listen():
                self._unasked.append(reading)
                if self._more is not None:
                    _ring(self._more)
        except DeviceError:
            self._catch_up()  # its last words count
            raise

    async def _hand_over(self) -> None:
        """What was said in one breath (all meters of a desk) is handed on as one."""
        while True:
            if not self._unasked:
                self._more = asyncio.get_running_loop().create_future()
                await self._more
            self._catch_up()

    def _catch_up(self) -> None:
        said, self._unasked = self._unasked, []
        self._take(said)

    async def _keep(self) -> None:
        await self._take_stock()
        while True:
            if job := self._queue.take():
                await self._work(job)
            elif query := self._schedule.due(_now()):
                await self._question(query)
                self._answered()
            else:
                await self._rest(self._schedule.next())

    async def _take_stock(self) -> None:
        """Ask everything once. Who it is comes before anything it says is believed, or anything is sent to it."""
        first, then = self._schedule.stock()
        for query in first:
            await self._question(query)
        held, self._untrusted = self._untrusted or [], None
        self._hear(held)
        for query in then:
            while job := self._queue.take():
                await self._work(job)
            await self._question(query)
        self._answered()

    async def _question(self, query: Query) -> None:
        """Ask one question. That it is refused, or not now, is an answer too."""
        self._schedule.ask(query, _now())
        try:
            readings = await self._patiently(query)
        except Busy:
            return
        except Refused:
            self._schedule.refused.add(query.name)
            return
        except (NoAnswer, Garbled):
            self._aside = None if self._schedule.is_vital(query) else query
            raise
        self._faith.strikes.pop(query.name, None)
        self._answers.update((reading.point, query.name) for reading in readings)
        self._hear(readings)

    async def _patiently(self, query: Query) -> Sequence[Reading]:
        """Ask once, and again as often as the driver's `retries` says: datagrams get lost."""
        for _ in range(getattr(self.driver, "retries", 0)):
            try:
                return await self._bounded(self.driver.read(query), query.timeout * 4, query.name)
            except NoAnswer:
                continue
        return await self._bounded(self.driver.read(query), query.timeout * 4, query.name)

    async def _work(self, job: Job) -> None:
        """Do what somebody waits for; what goes wrong is theirs to know, and ours when the wire is at fault."""
        try:
            job.finish(await self._do(job))
        except (Busy, Refused) as error:
            job.fail(error)
        except Exception as error:
            job.fail(error)
            raise

    async def _do(self, job: Job) -> Reading | None:
        if job.query is not None:
            await self._question(job.query)
            return None
        if job.begun is not None:
            job.begun.set()
        reading = await self._bounded(self.driver.write(job.point, job.value), WRITING, job.point)
        self._hear((reading,), job.cause)
        return reading

    def _hear(self, readings: Sequence[Reading], cause: int | None = None) -> None:
        """Take an answer in, after what was said before it."""
        if self._unasked:
            self._catch_up()
        self._take(readings, cause)

    def _take(self, readings: Sequence[Reading], cause: int | None = None) -> None:
        """Hand readings to the room, unless they come from a stranger. Raises WrongDevice."""
        now = _now()
        for reading in readings:
            self._heard_at[reading.point], self.last_answer = now, reading.at
            if reading.point == SERIAL and reading.quality is Quality.MEASURED and reading.value is not None:
                self._same_device(str(reading.value))
            elif reading.point == POWER:
                self._schedule.changing = reading.value in ("warming", "cooling")
        while self._hearers:
            _ring(self._hearers.pop())
        if self._untrusted is not None:
            self._untrusted.extend(readings)
        elif readings:
            self._keeper.heard(self.spec.id, readings, cause)

    def _same_device(self, serial: str) -> None:
        if self._serial and serial != self._serial:
            raise WrongDevice(f"{self.spec.id} at {self.spec.url}: serial {serial}, expected {self._serial}")
        self._serial = serial

    # --- up and down

    def _answered(self) -> None:
        if not self.held and self._faith.answered(_now()):
            self._tell()

    def _lost(self, error: DeviceError) -> None:
        """The wire is gone or not to be trusted: count it, and tell the room when that is news."""
        if self.held:
            return
        if self._aside is not None:
            self._faith.lost_aside(self._aside.name, _now())
            return
        if self._faith.lost(error, _now()):
            self._tell()
        if self.reach is Reach.DOWN:
            self._queue.give_up(error)

    def _tell(self) -> None:
        if self.held:
            return
        self._keeper.reached(self.spec.id, self._faith.reach, self._faith.cause, self._faith.detail)

    async def _pause(self) -> None:
        """Wait before the next try; less when a meeting begins, or when somebody waits for this very device."""
        until = _now() + self._faith.pause(self._keeper.needs_devices, self._rng)
        while (now := _now()) < until - NOW and not self._anew:
            await self._rest(until)
            if self._faith.locked:
                continue
            if self._keeper.needs_devices:
                until = min(until, now + LONGEST_IN_USE)
            if self._queue:
                until = min(until, self._tried + AGAIN)

    async def _rest(self, until: float) -> None:
        """Sleep until the loop's time is `until`, or something changes."""
        loop = asyncio.get_running_loop()
        self._wake = loop.create_future()
        timer = loop.call_at(until, self.nudge) if until < math.inf else None
        try:
            await self._wake
        finally:
            self._wake = None
            if timer is not None:
                timer.cancel()

    async def _bounded(self, work: Awaitable[T], seconds: float, what: str) -> T:
        """A net under drivers: their own deadlines come first, but nothing may hang for ever."""
        within = max(AT_LEAST, seconds)
        try:
            async with asyncio.timeout(within) as net:
                return await work
        except TimeoutError:
            if not net.expired():
                raise  # not ours: a bug in the driver, and to be seen
            raise NoAnswer(f"{self.spec.id}: {what}: nothing within {within:g} s") from None

    # --- who waits for what

    async def _enqueue(self, urgency: Urgency, job: Job) -> Reading | None:
        self._queue.put(urgency, job)
        self.nudge()
        return await job.done

    async def _next_hearing(self) -> None:
        self._hearers.append(hearer := asyncio.get_running_loop().create_future())
        await hearer

    def _queries_for(self, points: Collection[str]) -> Sequence[Query]:
        """The questions that answer `points`; all of them while we have not yet learned which."""
        names = {self._answers.get(point) for point in points}
        return [query for query in self._schedule.open() if None in names or query.name in names]

    def _since(self, points: Collection[str], asked: float) -> frozenset[str]:
        return frozenset(point for point in points if self._heard_at.get(point, -math.inf) >= asked)


def _gravest(ended: Sequence[BaseException | None]) -> BaseException:
    """The one error of several that matters: a bug before a device's failure."""
    errors = [error for error in ended if error is not None and not isinstance(error, asyncio.CancelledError)]
    return next((error for error in errors if not isinstance(error, DeviceError)), errors[0])


def _written(spec: DeviceSpec) -> str:
    """The serial number the site file wants to hear, or ""."""
    return str(spec.options.get("serial") or spec.asset.get("serial") or "")


def _ring(waiter: "asyncio.Future[None]") -> None:
    if not waiter.done():
        waiter.set_result(None)


def _now() -> float:
    return asyncio.get_running_loop().time()
