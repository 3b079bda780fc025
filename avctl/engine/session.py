"""Keeps one device: opens it, asks it within its budget, listens, backs off. Once, for all devices.

A driver can be opened, read, written and listened to; everything that needs patience is here. One request at a time
is under way. Whoever waits in the queue goes first by urgency; polls fill what is left. After silence or nonsense the
wire is not trusted any more (one late answer would shift every answer after it) and is opened anew; until the bound
for its kind is passed the device is SUSPECT, then DOWN. It is UP again only when it has answered every question once
and is still the same device: an open connection alone proves nothing.

Source: RELIABILITY bounds for detection and back-off, as constants below; all figures are seconds of the loop's time.
"""

import asyncio
import heapq
import math
from collections import deque
from collections.abc import Awaitable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Protocol, TypeVar

from avctl.model.command import Urgency
from avctl.model.errors import AuthFailed, Busy, DeviceError, Garbled, LinkDown, NoAnswer, Refused, WrongDevice
from avctl.model.health import Cause, Reach
from avctl.model.house import DeviceSpec
from avctl.model.ports import Driver, Query
from avctl.model.reading import Quality, Reading, Value
from avctl.model.vocabulary import POWER, SERIAL

T = TypeVar("T")

GRID = 0.1  # wake-ups are the cost of polling, so they fall together
AT_ONCE = 0.1  # between a lost wire and the next try, while it is only suspected
LONGEST_PAUSE, LONGEST_PAUSE_IN_USE = 60.0, 5.0
HEALTHY = 60.0  # so long up, and the back-off starts from its beginning again
LOCKED_OUT, TRIES_BEFORE_LOCK = 15 * 60.0, 3  # a wrong password is not tried for ever
OPENING, WRITING, AT_LEAST = 20.0, 45.0, 5.0  # nets under drivers that forget their own deadline
FLAPS, FLAPPING = 4, 600.0  # so many changes in so long: doubtful
GENTLER = 4.0  # a projector that warms up or cools down is asked the side questions so much less often
IDENTITY = "identity"  # the question every driver calls so: who are you?
_LONGEST_STRIKE = 600.0
_NOW = 1e-6  # timers fire a rounding error early

_CAUSES: Mapping[type[DeviceError], Cause] = {
    NoAnswer: Cause.NO_REPLY,
    LinkDown: Cause.REFUSED,
    Refused: Cause.PROTOCOL,
    Busy: Cause.NO_REPLY,
    Garbled: Cause.PROTOCOL,
    AuthFailed: Cause.AUTH_FAILED,
    WrongDevice: Cause.WRONG_DEVICE,
}


class Superseded(Exception):
    """A newer wish for the same point took the place of this one in the queue."""


class Keeper(Protocol):
    """Whom a session tells, and whom it asks how hard it may try. A room is one."""

    def heard(self, device: str, readings: Sequence[Reading], cause: int | None) -> None: ...

    def reached(self, device: str, reach: Reach, cause: Cause | None, detail: str) -> None: ...

    @property
    def needs_devices(self) -> bool:
        """Whether a meeting or a test relies on the devices just now: shorter periods, shorter pauses."""


@dataclass(slots=True)
class _Job:
    """A question to be asked, or a value to be written, and who waits for it."""

    done: "asyncio.Future[Reading | None]"
    query: Query | None = None
    point: str = ""
    value: Value = ""
    cause: int | None = None
    begun: asyncio.Event | None = None


class Session:
    """One device and the task that keeps it (`run`)."""

    def __init__(self, spec: DeviceSpec, driver: Driver, keeper: Keeper, rng: Random) -> None:
        self.spec, self.driver = spec, driver
        self.reach, self._detail = Reach.UNASKED, ""
        self.last_answer: float | None = None  # UTC, of the newest reading it gave
        self._cause: Cause | None = None
        self._keeper, self._rng = keeper, rng
        self._queue: list[tuple[Urgency, int, _Job]] = []
        self._numbers = 0
        self._wake: asyncio.Future[None] | None = None
        self._asked: dict[str, float] = {}  # query -> when, loop time
        self._answers: dict[str, str] = {}  # point -> the query that answered it
        self._heard_at: dict[str, float] = {}  # point -> when, loop time
        self._hearers: list[asyncio.Future[None]] = []  # who waits for the next word of it
        self._power: Value | None = None
        self._serial = _text(spec.options.get("serial") or spec.asset.get("serial"))
        self._untrusted: list[Reading] | None = None  # held back until we know who is speaking
        self._aside = False  # what was lost last was a side question, which says nothing about the device
        self._fails = self._attempts = self._refusals = 0
        self._strikes: dict[str, int] = {}  # query -> how often it alone stayed silent
        self._refused: set[str] = set()
        self._up_since = self._tried = -math.inf
        self._turns: deque[float] = deque(maxlen=FLAPS)

    # --- what rooms ask of it

    async def write(
        self,
        point: str,
        value: Value,
        urgency: Urgency,
        cause: int | None = None,
        begun: asyncio.Event | None = None,
    ) -> Reading:
        """Queue a wish; the read-back when it is done. A newer wish for the same point replaces a queued one.

        `cause` is the event it answers; `begun` is set when it goes out to the device.

        Raises Superseded, or the DeviceError that became of it. Cancelling takes it out of the queue.
        """
        for _, _, other in self._queue:
            if other.query is None and other.point == point and not other.done.done():
                other.done.set_exception(Superseded(point))
        done = asyncio.get_running_loop().create_future()
        reading = await self._enqueue(urgency, _Job(done, None, point, value, cause, begun))
        assert reading is not None
        return reading

    async def ask(self, points: Collection[str], within: float, urgency: Urgency) -> frozenset[str]:
        """Ask now for `points`, at most `within` seconds; those that were heard since the call."""
        asked = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(within):
                for query in self._queries_for(points):
                    await self._enqueue(urgency, _Job(asyncio.get_running_loop().create_future(), query))
                    if self._since(points, asked) == frozenset(points):
                        break
                while self._since(points, asked) != frozenset(points) and self.reach is Reach.UP:
                    await self._next_hearing()  # what only listening tells
        except (TimeoutError, DeviceError):
            pass  # what was not heard is missing in the answer, and that is the answer
        return self._since(points, asked)

    def limit(self, point: str) -> float:
        """How old a reading of `point` may be and still count as known: three periods of its question."""
        query = next((q for q in self.driver.queries if q.name == self._answers.get(point)), None)
        return 3 * self._period(query) + query.timeout if query else math.inf

    def nudge(self) -> None:
        """Things have changed (a meeting begins, somebody wishes something): look at the schedule again."""
        if self._wake is not None:
            _ring(self._wake)

    # --- its life

    async def run(self) -> None:
        """Keep the device until cancelled. A DeviceError never leaves; anything else is a bug and does."""
        while True:
            self._tried = asyncio.get_running_loop().time()
            try:
                await self._converse()
            except DeviceError as error:
                self._lost(error)
            finally:
                await self.driver.close()
            await self._pause()

    async def _converse(self) -> None:
        self._untrusted, self._refused = [], set()
        await self._bounded(self.driver.open(), OPENING, "opening")
        tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._keep())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        finally:  # no TaskGroup: on Python 3.11 one that fails while it is cancelled forgets the cancelling
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
        raise _gravest(ended)

    async def _listen(self) -> None:
        async for reading in self.driver.listen():
            self._hear((reading,))

    async def _keep(self) -> None:
        await self._take_stock()
        while True:
            if job := self._next_job():
                await self._work(job)
            elif query := self._due():
                await self._question(query)
                self._up()
            else:
                await self._rest(min(map(self._when, self._open_questions()), default=math.inf))

    async def _take_stock(self) -> None:
        """Ask everything once. Who it is comes before anything it says is believed, or anything is sent to it."""
        first, then = self._stock()
        for query in first:
            await self._question(query)
        held, self._untrusted = self._untrusted or [], None
        self._hear(held)
        for query in then:
            while job := self._next_job():
                await self._work(job)
            if not self._strikes.get(query.name):
                await self._question(query)
        self._up()

    async def _question(self, query: Query) -> None:
        """Ask one question. That it is refused, or not now, is an answer too."""
        self._asked[query.name] = asyncio.get_running_loop().time()
        try:
            readings = await self._patiently(query)
        except Busy:
            return
        except Refused:
            self._refused.add(query.name)
            return
        except (NoAnswer, Garbled):
            self._aside = not self._is_vital(query)
            if self._aside:
                self._strikes[query.name] = self._strikes.get(query.name, 0) + 1
            raise
        self._strikes.pop(query.name, None)
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

    async def _work(self, job: _Job) -> None:
        try:
            reading = await self._do(job)
        except Exception as error:
            if not job.done.done():
                job.done.set_exception(error)
            if not isinstance(error, Busy | Refused):
                raise
        else:
            if not job.done.done():
                job.done.set_result(reading)

    async def _do(self, job: _Job) -> Reading | None:
        if job.query is not None:
            await self._question(job.query)
            return None
        if job.begun is not None:
            job.begun.set()
        reading = await self._bounded(self.driver.write(job.point, job.value), WRITING, job.point)
        self._hear((reading,), job.cause)
        return reading

    def _hear(self, readings: Sequence[Reading], cause: int | None = None) -> None:
        """Hand readings to the room, unless they come from a stranger. Raises WrongDevice."""
        now = asyncio.get_running_loop().time()
        while self._hearers:
            _ring(self._hearers.pop())
        for reading in readings:
            self._heard_at[reading.point] = now
            self.last_answer = reading.at
            if reading.point == SERIAL and reading.quality is Quality.MEASURED and reading.value is not None:
                self._same_device(_text(reading.value))
            elif reading.point == POWER:
                self._power = reading.value
        if self._untrusted is not None:
            self._untrusted.extend(readings)
        elif readings:
            self._keeper.heard(self.spec.id, readings, cause)

    async def _next_hearing(self) -> None:
        hearer = asyncio.get_running_loop().create_future()
        self._hearers.append(hearer)
        await hearer

    def _same_device(self, serial: str) -> None:
        if self._serial and serial != self._serial:
            raise WrongDevice(f"{self.spec.id} at {self.spec.url}: serial {serial}, expected {self._serial}")
        self._serial = serial

    # --- up and down

    def _up(self) -> None:
        if self.reach is not Reach.UP:
            self._up_since = asyncio.get_running_loop().time()
            if self.reach is Reach.DOWN:
                self._turns.append(self._up_since)
        self._fails = self._refusals = 0
        self._tell(Reach.UP, *self._doubt())

    def _doubt(self) -> tuple[Cause | None, str]:
        """Why a device that answers is still not to be relied upon."""
        now = asyncio.get_running_loop().time()
        if len(self._turns) == FLAPS and now - self._turns[0] < FLAPPING:
            return Cause.LOSSY, f"came and went {FLAPS} times in {FLAPPING / 60:.0f} min"
        if self._strikes:
            return Cause.LOSSY, f"silent when asked for {', '.join(sorted(self._strikes))}"
        return None, ""

    def _lost(self, error: DeviceError) -> None:
        """The wire is gone or not to be trusted. Count it, and tell the room when the bound is passed."""
        now = asyncio.get_running_loop().time()
        self._attempts = 0 if self.reach is Reach.UP and now - self._up_since > HEALTHY else self._attempts + 1
        if self._aside:
            self._aside = False
            return
        self._fails += 1
        self._refusals += isinstance(error, AuthFailed)
        at_once = isinstance(error, AuthFailed | WrongDevice)
        down = at_once or self.reach is Reach.DOWN or self._fails >= getattr(self.driver, "down_after", 2)
        if down and self.reach is not Reach.DOWN:
            self._turns.append(now)
        self._tell(Reach.DOWN if down else Reach.SUSPECT, _CAUSES[type(error)], str(error))
        if down:
            self._give_up_queue(error)

    def _tell(self, reach: Reach, cause: Cause | None, detail: str) -> None:
        """Say how it stands, when that is news. A device that stays down says so once."""
        news = (reach, cause) != (self.reach, self._cause) or (reach is Reach.UP and detail != self._detail)
        self.reach, self._cause, self._detail = reach, cause, detail
        if news:
            self._keeper.reached(self.spec.id, reach, cause, detail)

    def _give_up_queue(self, error: DeviceError) -> None:
        for _, _, job in self._queue:
            if not job.done.done():
                job.done.set_exception(error)
        self._queue.clear()

    # --- patience

    async def _pause(self) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + self._patience()
        while (now := loop.time()) < until - _NOW:
            await self._rest(until)
            if self._refusals >= TRIES_BEFORE_LOCK:
                continue
            if self._keeper.needs_devices:
                until = min(until, now + LONGEST_PAUSE_IN_USE)
            if self._queue:  # somebody waits for this very device
                until = min(until, self._tried + 1.0)

    def _patience(self) -> float:
        """How long until the next try: full jitter on 1, 2, 4 … s once it is down."""
        if self._refusals >= TRIES_BEFORE_LOCK:
            return LOCKED_OUT
        if self.reach is not Reach.DOWN:
            return AT_ONCE
        longest = LONGEST_PAUSE_IN_USE if self._keeper.needs_devices else LONGEST_PAUSE
        return max(2 * GRID, self._rng.uniform(0, min(longest, 2.0 ** min(self._attempts, 6))))

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
        try:
            async with asyncio.timeout(max(AT_LEAST, seconds)) as net:
                return await work
        except TimeoutError:
            if not net.expired():
                raise  # not ours: a bug in the driver, and to be seen
            raise NoAnswer(f"{self.spec.id}: {what}: nothing within {max(AT_LEAST, seconds):g} s") from None

    # --- the queue and the schedule

    async def _enqueue(self, urgency: Urgency, job: _Job) -> Reading | None:
        self._numbers += 1
        heapq.heappush(self._queue, (urgency, self._numbers, job))
        self.nudge()
        return await job.done

    def _next_job(self) -> _Job | None:
        while self._queue:
            _, _, job = heapq.heappop(self._queue)
            if not job.done.done():
                return job
        return None

    def _open_questions(self) -> Iterator[Query]:
        return (query for query in self.driver.queries if query.name not in self._refused)

    def _due(self) -> Query | None:
        now = asyncio.get_running_loop().time() + _NOW
        due = [query for query in self._open_questions() if self._when(query) <= now]
        return min(due, key=lambda query: (not self._is_vital(query), self._when(query)), default=None)

    def _when(self, query: Query) -> float:
        """When to ask it again, on the grid all devices share."""
        strikes = self._strikes.get(query.name, 0)
        period = self._period(query) if not strikes else min(_LONGEST_STRIKE, self._period(query) * 2.0**strikes)
        return math.ceil(round((self._asked.get(query.name, 0.0) + period) / GRID, 6)) * GRID

    def _period(self, query: Query) -> float:
        period = query.busy if query.busy is not None and self._keeper.needs_devices else query.every
        changing = self._power in ("warming", "cooling")
        return period * GENTLER if changing and not self._is_vital(query) else period

    def _is_vital(self, query: Query) -> bool:
        """The question whose silence means that the device is gone; if none is marked, the most frequent one is."""
        if any(other.vital for other in self.driver.queries):
            return query.vital
        return query is min(self.driver.queries, key=lambda other: other.every)

    def _queries_for(self, points: Collection[str]) -> Sequence[Query]:
        """The questions that answer `points`; all of them while we have not yet learned which."""
        names = {self._answers.get(point) for point in points}
        return [query for query in self._open_questions() if None in names or query.name in names]

    def _since(self, points: Collection[str], asked: float) -> frozenset[str]:
        return frozenset(point for point in points if self._heard_at.get(point, -math.inf) >= asked)

    def _stock(self) -> tuple[Sequence[Query], Sequence[Query]]:
        """All questions: those that say whether and who it is, then the rest."""
        first = [query for query in self.driver.queries if self._is_vital(query)]
        first += [query for query in self.driver.queries if query.name == IDENTITY and query not in first]
        return first, [query for query in self.driver.queries if query not in first]


def _gravest(ended: Sequence[BaseException | None]) -> BaseException:
    """The one error of several that matters: a bug before a device's failure."""
    errors = [error for error in ended if error is not None and not isinstance(error, asyncio.CancelledError)]
    return next((error for error in errors if not isinstance(error, DeviceError)), errors[0])


def _ring(waiter: "asyncio.Future[None]") -> None:
    if not waiter.done():
        waiter.set_result(None)


def _text(value: object) -> str:
    return "" if value is None else str(value)
