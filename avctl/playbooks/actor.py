"""The one automatic actor of a room: a queue of wishes, and the run under way. Two never act at the same time."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from avctl.locale import text
from avctl.model.booking import Booking, BookingKey, Needs
from avctl.model.command import TestClass
from avctl.model.event import Missed, Phase, PlayRefused, PlayStarted, Started
from avctl.model.fault import FaultKey
from avctl.playbooks.desk import Desk
from avctl.playbooks.fit import fit
from avctl.playbooks.journal import Journal, begin
from avctl.playbooks.model import Kind, Mode, Playbook, Set, Step, Together
from avctl.playbooks.run import Run

SETTLE = 5.0
"""Seconds after a restart before anything is looked at: a command may still have been on its way."""
BOOKINGS_LATE = 10.0
"""Seconds after a restart in which the booking sources should have spoken."""

_ORDER = (Kind.FALLBACK, Kind.CLOSING, Kind.TEST)


@dataclass(frozen=True, slots=True)
class Wish:
    """Somebody wants `playbook` to run; `cause` is the event that says so."""

    playbook: Playbook
    started: Started
    by: str
    cause: int
    booking: Booking | None = None
    fault: FaultKey | None = None
    id: str = ""
    stage: str = ""
    most: TestClass = TestClass.DISRUPTIVE
    until: float | None = None
    short: bool = False
    arguments: tuple[tuple[str, str], ...] = ()


class Actor:
    """`want` and `resume` put something into the queue; `work` does one after the other."""

    def __init__(self, desk: Desk, room: str, library: Mapping[str, Playbook]) -> None:
        self.run: Run | None = None
        self._desk, self._room, self._library = desk, room, library
        self._waiting: list[Wish] = []
        self._cut: list[Journal] = []
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._ending = ""
        self._settling = False

    # --- from outside

    def want(self, wish: Wish) -> bool:
        """Take a wish, or say why not. A fallback ends a test that is under way."""
        if why := self._against(wish):
            self._refuse(wish, why)
            return False
        self._waiting.append(wish)
        self._waiting.sort(key=lambda w: _ORDER.index(w.playbook.kind))
        run = self.run
        if run is not None and self._gives_way(run, wish):
            run.halt("stopped", self._words("gave-way", name=wish.playbook.name))
        self._wake.set()
        return True

    def resume(self, journal: Journal) -> None:
        """A run that a crash has cut comes before everything else."""
        self._cut.append(journal)
        self._wake.set()

    def people_came(self) -> None:
        if self.run is not None:
            self.run.people_came()

    def answer(self, run: str, step: str, answer: str, by: str) -> None:
        if self.run is not None and self.run.journal.run == run:
            self.run.answer(step, answer, by)

    def drop(self, booking: BookingKey, why: str) -> None:
        """The booking is gone: end its test, and forget what waits for it."""
        self._waiting = [w for w in self._waiting if w.booking is None or w.booking.key != booking or w.fault]
        run = self.run
        if run is not None and run.play.kind is Kind.TEST:
            mine = run.journal.started.booking
            if mine is not None and mine.key == booking and run.journal.started.started is Started.SCHEDULE:
                run.halt("aborted", why)

    async def end(self, why: str) -> None:
        """The daemon stops: end what runs, take nothing more."""
        self._ending = why
        if self._settling:
            return  # nothing has been done yet in this life: the run stays open for the next one
        if self.run is not None:
            self.run.halt("interrupted", why)
        await self._idle.wait()

    # --- the work

    async def work(self) -> None:
        """For ever: what was cut, then what waits, one at a time."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while (self._cut or self._waiting) and not self._ending:
                self._idle.clear()
                await self._next()
            self._idle.set()

    async def _next(self) -> None:
        if self._cut:
            await self._go_on(self._cut.pop(0))
        elif not self._late(wish := self._waiting.pop(0)):
            await self._perform(self._run(wish))
        self.run = None

    async def _perform(self, run: Run) -> None:
        self.run = run
        await run.perform()

    def _run(self, wish: Wish) -> Run:
        play = self._fitted(wish.playbook, wish.booking)
        name = f"{self._room}-{play.name}-{self._desk.bus.last + 1}"
        started = PlayStarted(
            name, self._room, play.name, play.version, wish.started, wish.by, _count(play), wish.booking, wish.fault,
            wish.most, wish.until, wish.short, wish.arguments,
        )  # fmt: skip
        return Run(self._desk, play, begin(self._desk, started, wish.cause))

    async def _go_on(self, journal: Journal) -> None:
        """Look at a run that was cut: go on with it if nothing that matters has changed, else put back and end it."""
        play = self._same(journal)
        run = Run(self._desk, play or _empty(journal), journal)
        self.run, self._settling = run, True
        await asyncio.sleep(SETTLE)
        why = await self._changed(journal) if play is not None else "playbook-changed"
        self._settling = False
        if why := why or self._too_late(journal, run.play):
            run.halt("aborted" if why == "booking-gone" else "interrupted", self._words(why))
        await run.perform()

    def _same(self, journal: Journal) -> Playbook | None:
        """The playbook as it was when the run began, or None."""
        playbook = self._library.get(journal.started.playbook)
        if playbook is None or playbook.version != journal.started.version:
            return None
        return self._fitted(playbook, journal.started.booking)

    async def _changed(self, journal: Journal) -> str:
        """Whether the meeting is still the one the run was for."""
        if (mine := journal.started.booking) is None:
            return ""
        loop = asyncio.get_running_loop()
        patience = loop.time() + BOOKINGS_LATE
        while mine.key not in self._desk.state(self._room).bookings:
            if loop.time() >= patience:
                return "booking-gone"
            await asyncio.sleep(1)
        now = self._desk.state(self._room).bookings[mine.key]
        same = (now.room, now.start, now.needs, now.status) == (mine.room, mine.start, mine.needs, mine.status)
        return "" if same else "booking-gone"

    def _too_late(self, journal: Journal, play: Playbook) -> str:
        """Whether the meeting has begun, or a step that acts is past its time."""
        if play.kind is Kind.TEST and self._desk.state(self._room).phase is Phase.MEETING:
            return "meeting-began"
        steps = {step.id: step for step in play.walk()}
        for id in set(journal.intended) - set(journal.done):
            step = steps.get(id)
            if step and isinstance(step.action, Set) and journal.begun[id] + step.within <= self._desk.clock.now():
                return "too-late"
        return ""

    # --- what is decided

    def _against(self, wish: Wish) -> str:
        if self._desk.state(self._room).frozen:
            return self._words("frozen")
        if wish.playbook.rooms and self._room not in wish.playbook.rooms:
            return self._words("elsewhere", name=wish.playbook.name)
        if strange := [name for name, _ in wish.arguments if name not in wish.playbook.parameters]:
            return self._words("no-parameter", name=", ".join(strange))
        return self._busy_with_it(wish)

    def _busy_with_it(self, wish: Wish) -> str:
        """The same playbook again: what its mode says."""
        run, name = self.run, wish.playbook.name
        waiting = [w for w in self._waiting if w.playbook.name == name]
        mine = run is not None and run.journal.started.playbook == name
        if not mine and not waiting:
            return ""
        same = any(w.fault == wish.fault and w.stage == wish.stage for w in waiting)
        if wish.playbook.mode is Mode.SINGLE or same:
            return self._words("runs-already", name=name)
        if wish.playbook.mode is Mode.RESTART and mine and run is not None:
            run.halt("stopped", self._words("starts-again", name=name))
        return ""

    def _gives_way(self, run: Run, wish: Wish) -> bool:
        return wish.playbook.kind is Kind.FALLBACK and run.play.kind is not Kind.FALLBACK

    def _refuse(self, wish: Wish, why: str) -> None:
        if wish.started is Started.SCHEDULE and wish.booking is not None:
            missed = Missed(
                self._room, wish.booking.key, wish.stage, why, wish.booking.start, wish.by.partition(":")[2]
            )
            self._desk.publish(missed, wish.cause)
        else:
            id = wish.id or f"fault:{wish.fault}"
            self._desk.publish(PlayRefused(id, self._room, wish.playbook.name, why), wish.cause)

    def _late(self, wish: Wish) -> bool:
        """A test that had to wait until there is no time for it any more."""
        if wish.until is None or wish.until > self._desk.clock.now():
            return False
        self._refuse(wish, self._words("waited-too-long"))
        return True

    def _fitted(self, playbook: Playbook, booking: Booking | None) -> Playbook:
        needs = booking.needs if booking else Needs()
        return fit(playbook, self._library, self._desk.house, self._room, needs, self._desk.points)

    def _words(self, id: str, **figures: object) -> str:
        return text(f"run.{id}", self._desk.house.language, **figures)


def _count(play: Playbook) -> int:
    """How many steps it has if all goes well."""
    return sum(_leaves(step) for step in (*play.steps, *play.always))


def _leaves(step: Step) -> int:
    return sum(map(_leaves, step.action.steps)) if isinstance(step.action, Together) else 1


def _empty(journal: Journal) -> Playbook:
    """In place of a playbook that is not there any more: nothing to do but to put back what the run has changed."""
    kind = Kind.TEST if journal.started.fault is None else Kind.FALLBACK
    return Playbook(journal.started.playbook, journal.started.version, {}, {}, kind, (), ())
