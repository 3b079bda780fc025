"""What has become of each booking so far: a fold of events, the same over a restart as in passing. Pure.

A stage of a booking is decided once: its mark is (room, booking, start, stage), so a booking that moves is decided
anew and one that only gets longer is not. What was decided but never begun, because the daemon died in between, is
undecided again (`forget_unbegun`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from avctl.bookings.rule import PRE_MEETING
from avctl.model.booking import Booking
from avctl.model.command import TestClass
from avctl.model.event import (
    BookingChanged,
    Due,
    Event,
    FaultRaised,
    Missed,
    Notice,
    PlayEnded,
    PlayRefused,
    PlayStarted,
)
from avctl.model.outcome import Verdict

_SOON = 30.0  # s a run that is due may take to begin


class Mark(NamedTuple):
    """One stage of one version of a booking; `key` is the booking's key in words."""

    room: str
    key: str
    start: float
    stage: str


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a stage: when it was decided, whether it ran, and how that ended (None while it has not)."""

    at: float
    missed: bool = False
    most: TestClass = TestClass.PASSIVE
    short: bool = False
    run: str = ""
    verdict: Verdict | None = None
    ended: float | None = None


def mark(booking: Booking, stage: str) -> Mark:
    return Mark(booking.room, str(booking.key), booking.start, stage)


def incident(booking: Booking, stage: str) -> str:
    """The name under which a message about a booking is sent once."""
    return f"booking.{stage}.{booking.room}.{booking.short}.{booking.start:.0f}"


def _start_in(name: str) -> float:
    """The start that `incident` wrote into a name; 0 in names of others."""
    start = name.rpartition(".")[2]
    return float(start) if start.isdecimal() else 0.0


class History:
    """`begins` is when anybody began to watch (UTC seconds): meetings before it are none of ours."""

    def __init__(self, begins: float = 0.0, done: Iterable[tuple[str, str, float, str]] = ()) -> None:
        self.begins = begins
        self.newest = 0.0
        self.told: dict[str, float] = {}
        self._fates: dict[Mark, Fate] = {Mark(*entry): Fate(begins, run="?", ended=begins) for entry in done}
        self._known: dict[tuple[str, str, float], float] = {}
        self._starts: dict[str, set[tuple[str, float]]] = {}
        self._by_due: dict[int, Mark] = {}
        self._by_run: dict[str, Mark] = {}
        self._trouble: dict[str, float] = {}
        self._tested: dict[str, float] = {}
        self._judged: dict[str, tuple[float, Verdict]] = {}
        self._running: dict[str, dict[str, float]] = {}
        self._awaited: dict[str, dict[int, float]] = {}

    def take(self, event: Event) -> None:
        """Fold one event in; those that say nothing about bookings are passed over."""
        self.newest = max(self.newest, event.at)
        match event.body:
            case BookingChanged(booking=booking):
                self._know(booking, event.at)
            case Due() as due:
                self._due(due, event)
            case Missed(room=room, booking=key, stage=stage, start=start):
                self._fates[Mark(room, str(key), start, stage)] = Fate(event.at, missed=True)
            case PlayStarted(run=run, room=room):
                self._begin(event, run, room)
            case PlayRefused(room=room) if event.cause in self._by_due:
                self._awaited.get(room, {}).pop(event.cause, None)
                self._amend(self._by_due[event.cause], run="refused", ended=event.at, verdict=Verdict.ERROR)
            case PlayEnded() as ended:
                self._end(ended, event.at)
            case FaultRaised(room=room):
                self._trouble[room] = event.at
            case Notice(incident=name) if name.startswith("booking."):
                self.told[name] = max(event.at, _start_in(name))
            case _:
                pass

    def fate(self, booking: Booking, stage: str) -> Fate | None:
        return self._fates.get(mark(booking, stage))

    def known(self, booking: Booking) -> float | None:
        """When this version of the booking (its room and start) first became known."""
        return self._known.get((booking.room, str(booking.key), booking.start))

    def moved(self, booking: Booking) -> bool:
        """Whether the booking once stood at another time or in another room."""
        return len(self._starts.get(str(booking.key), ())) > 1

    def passed(self, booking: Booking) -> float | None:
        """When a full test of this booking, for whatever start, passed in this very room, if nothing broke since."""
        found = [
            fate.ended
            for (room, start) in self._starts.get(str(booking.key), ())
            if room == booking.room
            and (fate := self._fates.get(Mark(room, str(booking.key), start, PRE_MEETING)))
            and fate.ended is not None
            and fate.verdict is Verdict.PASS
            and fate.most >= TestClass.PERCEPTIBLE
            and not fate.short
        ]
        latest = max(found, default=None)
        return None if latest is None or self._trouble.get(booking.room, 0.0) > latest else latest

    def judged(self, room: str) -> tuple[float, Verdict] | None:
        """When the room's newest pre-meeting test ended, whoever started it, and how."""
        return self._judged.get(room)

    def tested(self, room: str) -> float | None:
        """When the room was last tested actively for a meeting."""
        return self._tested.get(room)

    def busy(self, room: str, now: float, longest: float) -> bool:
        """Whether a playbook begun less than `longest` seconds ago runs in the room, or is about to."""
        running, awaited = self._running.get(room, {}).values(), self._awaited.get(room, {}).values()
        return any(now - at < longest for at in running) or any(now - at < _SOON for at in awaited)

    def forget_unbegun(self) -> None:
        """Make undecided again what was due and never begun: nobody is going to begin it any more."""
        for marked in [m for m, f in self._fates.items() if not f.missed and not f.run]:
            del self._fates[marked]
        self._running.clear()
        self._awaited.clear()

    def forget(self, before: float) -> None:
        """Let go of everything about meetings that started before (UTC seconds)."""
        self._fates = {m: f for m, f in self._fates.items() if m.start >= before}
        self._known = {k: at for k, at in self._known.items() if k[2] >= before}
        self._starts = {k: kept for k, all_ in self._starts.items() if (kept := {v for v in all_ if v[1] >= before})}
        self._by_due = {seq: m for seq, m in self._by_due.items() if m.start >= before}
        self._by_run = {run: m for run, m in self._by_run.items() if m.start >= before}
        self.told = {name: at for name, at in self.told.items() if at >= before}

    def _know(self, booking: Booking, at: float) -> None:
        self._known.setdefault((booking.room, str(booking.key), booking.start), at)
        self._starts.setdefault(str(booking.key), set()).add((booking.room, booking.start))

    def _due(self, due: Due, event: Event) -> None:
        marked = mark(due.booking, due.stage)
        self._fates[marked] = Fate(event.at, most=due.most, short=due.short)
        self._by_due[event.seq] = marked
        self._awaited.setdefault(due.room, {})[event.seq] = event.at
        if due.most > TestClass.PASSIVE and due.stage == PRE_MEETING:
            self._tested[due.room] = event.at

    def _amend(self, marked: Mark, **changes: object) -> None:
        if fate := self._fates.get(marked):
            self._fates[marked] = replace(fate, **changes)  # type: ignore[arg-type]

    def _begin(self, event: Event, run: str, room: str) -> None:
        self._running.setdefault(room, {})[run] = event.at
        if event.cause is not None and (marked := self._by_due.get(event.cause)):
            self._awaited.get(room, {}).pop(event.cause, None)
            self._by_run[run] = marked
            self._amend(marked, run=run)

    def _end(self, body: PlayEnded, at: float) -> None:
        self._running.get(body.room, {}).pop(body.run, None)
        if marked := self._by_run.get(body.run):
            self._amend(marked, verdict=body.verdict, ended=at)
        if body.playbook == PRE_MEETING and (marked is None or marked.stage == PRE_MEETING):
            self._judged[body.room] = (at, body.verdict)
