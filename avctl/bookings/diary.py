"""The diary: all bookings as they stand, and the plan carried out, each stage of each booking once.

It asks the sources, lays people's own words over them and publishes every difference. After every change, and when
the next decision is due, it asks the plan again and publishes what has come due. It remembers nothing the events do
not say: given the events of the last days it goes on after a restart as if nothing had been.

A short tick compares the wall clock with the loop's: after a jump, or a sleep of the whole machine, everything is
planned anew. While the clock lies behind what the archive knows of, nothing is started.
"""

import asyncio
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from avctl.bookings.agenda import Agenda
from avctl.bookings.history import History, incident
from avctl.bookings.ledger import Ledger
from avctl.bookings.manual import NAME, Manual
from avctl.bookings.needs import tag
from avctl.bookings.plan import nominal, plan
from avctl.bookings.rule import LOOK, PRE_MEETING, Act, At, Budgets, Decision, Reason, Rules
from avctl.bookings.sources import AHEAD, BEHIND, Source, shaped
from avctl.bookings.watch import Watch
from avctl.engine.bus import Bus, Subscription
from avctl.engine.state import RoomState
from avctl.locale import LANGUAGES, text
from avctl.model.booking import Booking, BookingKey
from avctl.model.event import (
    Body,
    BookingChanged,
    Due,
    Event,
    FaultRaised,
    Missed,
    Notice,
    PhaseChanged,
    PlayEnded,
    PlayRefused,
    PlayStarted,
    SourceTrouble,
)
from avctl.model.house import House
from avctl.model.ports import Clock

PAST: Final = (BookingChanged, Due, Missed, Notice, PhaseChanged, PlayEnded, PlayRefused, PlayStarted, FaultRaised)
"""The kinds of events a diary wants to be given of the last days, oldest first."""

_HEARD: Final = (PhaseChanged, PlayEnded, PlayRefused, PlayStarted, FaultRaised)
_JUMP: Final = 2.0  # s the wall clock may run away from the loop's before it has jumped
_SKEW: Final = 5.0  # s by which the archive's newest event may lie ahead of a clock that is well
_NEAR: Final = 2 * 86_400.0  # s: what is planned at every change; more only when somebody asks
_STALE: Final = 86_400.0  # s without an answer after which a source's bookings may be wrong


class Site(Protocol):
    """What the diary needs of the engine."""

    house: House
    bus: Bus
    clock: Clock

    def publish(self, body: Body, cause: int | None = None) -> Event: ...

    def state(self, room: str) -> RoomState: ...


class Diary:
    """One per daemon. `past` are the events of kinds `PAST` of the last days; `done` are stages known otherwise."""

    def __init__(
        self,
        site: Site,
        rules: Rules,
        sources: Sequence[Source],
        done: Collection[tuple[str, str, float, str]] = (),
        *,
        past: Iterable[Event] = (),
        folder: Path | None = None,
        budgets: Budgets = nominal,
        tick: float = 2.0,
    ) -> None:
        self.rules, self._site, self._sources, self._budgets, self._tick = rules, site, sources, budgets, tick
        self._zone = ZoneInfo(site.house.timezone)
        events = list(past)
        begins = events[0].at if events else site.clock.now()
        self._history, self._watch, self._ledger = History(begins, done), Watch(), Ledger()
        for event in events:
            self._remember(event)
            self._ledger.recall(event)
        self._history.forget_unbegun()
        self._floor = self._history.newest - _SKEW
        self._manual = Manual(folder, site.clock)
        self._agenda = Agenda(site.house.rooms, self._planned, together=bool(rules.shared))
        self._causes: dict[BookingKey, int] = {}
        self._troubles: dict[str, str] = {}
        self._wake = asyncio.Event()
        self._heard: Subscription | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._next = self._swept = 0.0

    # --- its life

    async def start(self) -> None:
        """Begin to watch: first what is known on disk, then every source by itself. Returns at once."""
        now = self._site.clock.now()
        for room in self._site.house.rooms:
            self._watch.awake(room, self._site.state(room).occupancy, now)
        self._heard = self._site.bus.subscribe("diary", lambda body: isinstance(body, _HEARD))
        self._merge()
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._keep(s), name=f"bookings {s.name}") for s in self._sources]
        self._tasks.append(loop.create_task(self._listen(self._heard), name="diary events"))
        self._tasks.append(loop.create_task(self._run(), name="diary plan"))

    async def hold(self) -> None:
        """Wait for ever. Raises what a bug raised in here: a diary that has died in silence tests no room."""
        await asyncio.gather(*self._tasks)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        if self._heard:
            self._site.bus.unsubscribe(self._heard)
            self._heard = None

    # --- what people ask and say

    def bookings(self, room: str | None = None) -> list[Booking]:
        """What is booked, soonest first; cancelled meetings are gone."""
        found = [b for b in self._ledger.bookings.values() if room in (None, b.room)]
        return sorted(found, key=lambda b: (b.start, b.room))

    def plan(self, room: str | None = None) -> list[Decision]:
        """What is going to happen for as long as nothing changes, soonest first."""
        rooms = self._site.house.rooms if room is None or self.rules.shared else (room,)
        return [d for d in self._planned(rooms, self._site.clock.now(), AHEAD) if room in (None, d.room)]

    def find(self, name: str) -> Booking:
        """The booking somebody means by its short name, its uid or its whole key. Raises LookupError."""
        bookings = self.bookings()
        found = [b for b in bookings if name in (b.short, f"#{b.short}", b.key.uid, str(b.key))]
        if len(found) == 1:
            return found[0]
        known = ", ".join(b.short for b in (found or bookings)[:8]) or "none"
        raise LookupError(f"{len(found) or 'no'} bookings are called {name!r}; there are {known}")

    def book(self, id: str, room: str, start: float, end: float, words: str = "") -> Booking:
        """Make a booking by hand; `words` is a tag line. The same `id` twice is one booking. Raises ValueError."""
        said = tag(words if words.startswith("[") or ":" in words or "：" in words else f"[av {words}]")
        if said.mistakes:
            raise ValueError("; ".join(said.mistakes))
        booking = shaped(BookingKey(NAME, id), room, start, end, said.wish)
        self.add(booking)
        return booking

    def add(self, booking: Booking) -> None:
        """Enter a booking of our own, or replace it. Raises ValueError for what cannot be."""
        self._check(booking.room, booking.start, booking.end)
        with _on_disk():
            self._manual.put(booking)
        self._merge()

    def move(
        self, key: BookingKey, start: float, end: float | None = None, room: str | None = None, by: str = ""
    ) -> Booking:
        """Move a meeting, whatever source it is from; it keeps its length. Raises LookupError, ValueError."""
        current = self._current(key)
        until = start + current.end - current.start if end is None else end
        self._check(room or current.room, start, until)
        with _on_disk():
            self._manual.shift(current, room or current.room, start, until, by)
        self._merge()
        return self._current(key)

    def cancel(self, key: BookingKey, by: str = "") -> Booking:
        """Cancel a meeting, whatever source it is from; gives what it was. Raises LookupError, ValueError."""
        current = self._current(key)
        with _on_disk():
            self._manual.cancel(current, by)
        self._merge()
        return current

    def witness(self, room: str, item: str) -> None:
        """People were seen to use something in a room: evidence from use (R5)."""
        self._watch.witness(room, item, self._site.clock.now())
        self._agenda.touch(room)

    def why(self, reason: Reason, language: str) -> str:
        """A reason as a sentence."""
        return text(reason.id, language, **self._figures(reason))

    @property
    def troubles(self) -> Mapping[str, str]:
        """What is wrong with sources, by name; those that are well are not in it."""
        return {name: trouble for name, trouble in self._troubles.items() if trouble}

    def _current(self, key: BookingKey) -> Booking:
        if (found := self._ledger.bookings.get(key)) is None:
            raise LookupError(
                f"no booking {key}; there are {', '.join(b.short for b in self.bookings()[:8]) or 'none'}"
            )
        return found

    def _check(self, room: str, start: float, end: float) -> None:
        if room not in self._site.house.rooms:
            raise ValueError(f"no room {room!r}; there are {', '.join(self._site.house.rooms)}")
        if end <= start:
            raise ValueError("ends before it starts")
        if end <= self._site.clock.now():
            raise ValueError("lies in the past")

    # --- bookings

    async def _keep(self, source: Source) -> None:
        while True:
            await source.poll()
            self._trouble(source.name, source.trouble, source.blind)
            self._merge()
            await asyncio.sleep(source.every)

    def _trouble(self, source: str, reason: Reason | None, blind: bool = False) -> None:
        trouble = self.why(reason, self._site.house.language) if reason else ""
        if self._troubles.get(source, "") != trouble:
            self._troubles[source] = trouble
            self._site.publish(SourceTrouble(source, trouble, blind and bool(trouble)))

    def _merge(self) -> None:
        """Publish every difference between what was booked and what is booked now."""
        now = self._site.clock.now()
        rooms = self._site.house.rooms
        said = [b for source in self._sources for b in source.bookings]
        booked = [b for b in self._manual.over(said) if b.room in rooms and b.end > now - BEHIND]
        waiting = {s.name for s in self._sources if not s.ready}
        for change in list(self._ledger.replace(booked, waiting, now)):
            event = self._site.publish(change)
            self._history.take(event)
            self._causes[change.booking.key] = event.seq
            self._agenda.touch(change.booking.room, change.before.room if change.before else change.booking.room)
            self._wake.set()

    # --- the plan

    async def _run(self) -> None:
        jumped = 0.0
        while True:
            self._wake.clear()
            told = Reason("source.clock-jumped", (("seconds", f"{jumped:+.0f}"),)) if jumped else None
            self._trouble("clock", self._doubt() or told)
            self._act()
            if jumped := await self._pause():
                self._agenda.touch()

    async def _pause(self) -> float:
        """Until something changes or the next decision is due; or the clock jumps, by the seconds it gives."""
        while not self._wake.is_set() and (left := self._next - self._site.clock.now()) > 0:
            drift = self._drift()
            with suppress(TimeoutError):
                async with asyncio.timeout(min(left, self._tick)):
                    await self._wake.wait()
            if abs(moved := self._drift() - drift) > _JUMP:
                return moved
        return 0.0

    def _act(self) -> None:
        """Carry out everything that is due, by the newest that is known; it may make other things due."""
        self._catch_up(self._heard.take() if self._heard else ())
        now = self._site.clock.now()
        if self._doubt():
            self._next = now + self._tick
            return
        for _ in range(4):
            for decision in (due := self._agenda.due(now)):
                self._carry_out(decision)
                self._agenda.touch(decision.room)
            if not due:
                break
        self._next = self._agenda.next()
        if now > self._swept + BEHIND:
            self._swept = now
            self._history.forget(now - 3 * BEHIND)

    def _doubt(self) -> Reason | None:
        return Reason("source.clock-behind") if self._site.clock.now() < self._floor else None

    def _planned(self, rooms: Collection[str], now: float, ahead: float = _NEAR) -> list[Decision]:
        stale = {s.name for s in self._sources if s.heard is not None and now - s.heard > _STALE}
        near = [b for b in self._ledger.standing() if b.start < now + ahead and b.room in rooms]
        return plan(near, self._watch.sights, self._history, now, self.rules, self._budgets, stale)

    def _carry_out(self, d: Decision) -> None:
        cause, why = self._causes.get(d.booking.key), self.why(d.why, self._site.house.language)
        match d.act:
            case Act.RUN:
                playbook = PRE_MEETING if d.stage == LOOK else d.stage
                self._publish(Due(d.room, d.booking, d.stage, playbook, d.most, d.rule, why, d.until, d.short), cause)
            case Act.MISS:
                self._publish(Missed(d.room, d.booking.key, d.stage, why, d.booking.start, d.rule), cause)
            case Act.TELL:
                for role in d.to:
                    self._publish(Notice(d.room, role, "warning", self._said(d), incident(d.booking, d.stage)), cause)
            case Act.HOLD:
                pass

    def _said(self, d: Decision) -> tuple[tuple[str, str], ...]:
        """A message about a booking, in every language: the room, when, which meeting, and why."""
        house, start = self._site.house, self._clock_face(d.booking.start)
        return tuple(
            (
                language,
                text(
                    f"booking.{d.stage}",
                    language,
                    room=house.rooms[d.room].name(language),
                    start=start,
                    id=d.booking.short,
                    why=self.why(d.why, language),
                ),
            )
            for language in LANGUAGES
        )

    def _publish(self, body: Body, cause: int | None) -> None:
        self._history.take(self._site.publish(body, cause))

    def _figures(self, reason: Reason) -> dict[str, object]:
        return {name: self._clock_face(f) if isinstance(f, At) else f for name, f in reason.figures}

    def _clock_face(self, at: float) -> str:
        moment = datetime.fromtimestamp(at, self._zone)
        today = datetime.fromtimestamp(self._site.clock.now(), self._zone).date()
        return f"{moment:%H:%M}" if moment.date() == today else f"{moment:%Y-%m-%d %H:%M}"

    def _drift(self) -> float:
        return self._site.clock.now() - asyncio.get_running_loop().time()

    # --- what happens elsewhere

    async def _listen(self, heard: Subscription) -> None:
        while events := await heard.batch():
            self._catch_up(events)
            self._wake.set()

    def _catch_up(self, events: Iterable[Event]) -> None:
        for event in events:
            self._remember(event)
            self._agenda.touch(event.body.room)  # type: ignore[union-attr]  # each of _HEARD has one

    def _remember(self, event: Event) -> None:
        self._history.take(event)
        self._watch.take(event)


@contextmanager
def _on_disk() -> Iterator[None]:
    """What cannot be kept is not taken: the person hears it, and nothing has changed."""
    try:
        yield
    except OSError as error:
        raise ValueError(f"cannot be written to disk: {error.strerror or type(error).__name__}") from None
