"""Decides which playbook runs when: by plan, by fault, by a person's wish. A room has one automatic actor.

It listens to the bus and starts what is due, what a fault calls for and what somebody wants; a fallback goes before a
test, which is ended and restored first. Runs that a crash has cut are looked at anew and go on, or are put back and
ended. It never switches back by itself what a fallback has switched.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Mapping, Sequence

from avctl.document import nearest
from avctl.locale import text
from avctl.model import event as happened
from avctl.model.booking import Booking, Status
from avctl.model.event import Event, Occupancy, Phase, PlayRefused, Started
from avctl.model.fault import Fault, FaultKey, Severity
from avctl.playbooks.actor import Actor, Wish
from avctl.playbooks.desk import Desk
from avctl.playbooks.journal import Journal, open_journals
from avctl.playbooks.model import DueTrigger, FaultTrigger, Kind, Playbook, wanted
from avctl.playbooks.place import place

_HOUR = 3600.0
_SOON = 24 * _HOUR  # a test by hand is for the next meeting, if there is one within a day
_RANK = (Severity.NOTICE, Severity.WARNING, Severity.CRITICAL)
_HEARD = (
    happened.Due
    | happened.FaultRaised
    | happened.PlayWanted
    | happened.Answered
    | happened.PhaseChanged
    | happened.BookingChanged
)


class Runner:
    """`library` is what `load.read_all` gives. `start`, then `hold`; in the end `stop`."""

    def __init__(self, desk: Desk, library: Mapping[str, Playbook]) -> None:
        self._desk, self._library = desk, library
        self.actors = {room: Actor(desk, room, library) for room in desk.house.rooms}
        self._subscription = desk.bus.subscribe("playbooks", lambda body: isinstance(body, _HEARD))
        self._handled: set[tuple[FaultKey, float]] = set()
        self._answered: set[FaultKey] = set()
        self._starts: dict[tuple[str, str], deque[float]] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self, open_runs: Sequence[Sequence[Event]] = (), history: Iterable[Event] = ()) -> None:
        """Begin. `open_runs` are the events of runs that never ended; `history` what was started in the last hour."""
        for event in history:
            if isinstance(event.body, happened.PlayStarted) and event.body.fault is not None:
                self._note(event.body.playbook, event.body.fault.device, event.at)
                self._answered.add(event.body.fault)
        journals = open_journals(open_runs)
        for journal in journals:
            self._resume(journal)
        self._tasks = [asyncio.create_task(actor.work(), name=f"actor {room}") for room, actor in self.actors.items()]
        self._tasks.append(asyncio.create_task(self._listen(), name="playbooks"))
        for room in self.actors:
            standing = self._desk.state(room).faults.values()
            self._handled |= {(fault.key, fault.since) for fault in standing if fault.key in self._answered}
            self._look_at_faults(room)

    async def hold(self) -> None:
        """Wait for ever. Raises what a bug raised."""
        done, _ = await asyncio.wait(self._tasks, return_when=asyncio.FIRST_EXCEPTION)
        for task in done:
            task.result()

    async def stop(self) -> None:
        """End what is under way: a test is put back, then everything is let go."""
        self._desk.bus.unsubscribe(self._subscription)
        await asyncio.gather(*(actor.end(text("run.daemon-stops", self._language)) for actor in self.actors.values()))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def _language(self) -> str:
        return self._desk.house.language

    def _resume(self, journal: Journal) -> None:
        actor = self.actors.get(journal.started.room)
        if actor is not None:
            actor.resume(journal)
        if (fault := journal.started.fault) is not None:
            self._note(journal.started.playbook, fault.device, journal.at)
            self._answered.add(fault)

    # --- what happens

    async def _listen(self) -> None:
        async for event in self._subscription:
            self._take(event)

    def _take(self, event: Event) -> None:
        match event.body:
            case happened.Due() as due:
                self._due(due, event.seq)
            case happened.FaultRaised(fault, room, standing):
                if standing and fault.key in self._answered:
                    self._handled.add((fault.key, fault.since))  # an earlier life has; hands may have been on it since
                self._fault(fault, room, event.seq)
            case happened.PlayWanted() as body:
                self._wanted(body, event.seq)
            case happened.Answered(run, step, answer, by):
                for actor in self.actors.values():
                    actor.answer(run, step, answer, by)
            case happened.PhaseChanged(room=room, occupancy=occupancy):
                if occupancy is Occupancy.OCCUPIED and room in self.actors:
                    self.actors[room].people_came()
                self._look_at_faults(room)
            case happened.BookingChanged(booking=booking):
                self._booking(booking)
            case _:
                pass  # the subscription lets nothing else through

    def _due(self, due: happened.Due, seq: int) -> None:
        playbook = self._library.get(due.playbook) or self._for_stage(due.stage, due.room)
        if playbook is None:
            why = text("run.unknown", self._language, name=due.playbook) + nearest(due.playbook, self._library)
            missed = happened.Missed(due.room, due.booking.key, due.stage, why, due.booking.start, due.rule)
            self._desk.publish(missed, seq)
            return
        wish = Wish(playbook, Started.SCHEDULE, f"plan:{due.rule}", seq, booking=due.booking, stage=due.stage,
                    most=due.most, until=due.until, short=due.short)  # fmt: skip
        self.actors[due.room].want(wish)

    def _for_stage(self, stage: str, room: str) -> Playbook | None:
        """A playbook of the room's own before one for all."""
        found = [p for p in self._library.values() if DueTrigger(stage) in p.triggers and _belongs(p, room)]
        return max(found, key=lambda p: bool(p.rooms), default=None)

    def _wanted(self, body: happened.PlayWanted, seq: int) -> None:
        playbook = self._library.get(body.playbook)
        if playbook is None or body.room not in self.actors:
            known, name = (self._library, body.playbook) if playbook is None else (self.actors, body.room)
            why = text("run.unknown", self._language, name=name) + nearest(name, known)
            self._desk.publish(PlayRefused(body.id, body.room, body.playbook, why), seq)
            return
        fault = self._standing(playbook, body.room) if playbook.kind is Kind.FALLBACK else None
        wish = Wish(playbook, Started.OPERATOR, body.by, seq, booking=self._meeting(body.room), fault=fault,
                    id=body.id, arguments=body.arguments)  # fmt: skip
        self.actors[body.room].want(wish)

    def _meeting(self, room: str) -> Booking | None:
        """The meeting that is on, or the next one."""
        state, now = self._desk.state(room), self._desk.clock.now()
        if state.booking is not None and state.booking in state.bookings:
            return state.bookings[state.booking]
        ahead = [
            b for b in state.bookings.values() if now <= b.start < now + _SOON and b.status is not Status.CANCELLED
        ]
        return min((b for b in ahead if not b.closed), key=lambda b: b.start, default=None)

    def _booking(self, booking: Booking) -> None:
        """A test for a meeting that is cancelled, or takes place elsewhere now, is for nothing."""
        for room, actor in self.actors.items():
            if booking.status is Status.CANCELLED or booking.room != room:
                actor.drop(booking.key, text("run.booking-gone", self._language))

    # --- faults

    def _fault(self, fault: Fault, room: str, seq: int) -> None:
        if room not in self.actors or (fault.key, fault.since) in self._handled or fault.mitigated is not None:
            return
        phase, booking = self._desk.state(room).phase, self._current(room)
        for playbook in self._called_by(fault, room, phase):
            if booking is not None and not wanted(playbook.serves, booking.needs):
                continue  # nobody needs it just now
            self._handled.add((fault.key, fault.since))
            if self._too_often(playbook, fault.key.device):
                why = text("run.too-often", self._language, times=playbook.per_hour)
                self._desk.publish(PlayRefused(f"fault:{fault.key}", room, playbook.name, why), seq)
                continue
            wish = Wish(playbook, Started.FAULT, f"fault:{fault.key}", seq, booking=booking, fault=fault.key)
            if self.actors[room].want(wish):
                self._note(playbook.name, fault.key.device, self._desk.clock.now())

    def _look_at_faults(self, room: str) -> None:
        """A fault is a level: one that stood before is acted on when its phase comes."""
        if room in self.actors:
            for fault in list(self._desk.state(room).faults.values()):
                self._fault(fault, room, fault.event)

    def _current(self, room: str) -> Booking | None:
        state = self._desk.state(room)
        return state.bookings.get(state.booking) if state.booking is not None else None

    def _called_by(self, fault: Fault, room: str, phase: Phase) -> list[Playbook]:
        """The playbooks this fault calls for; those that name its role go before those for any."""
        found = [
            (trigger.role != "*", playbook)
            for playbook in self._library.values()
            for trigger in playbook.triggers
            if _belongs(playbook, room)
            and isinstance(trigger, FaultTrigger)
            and self._fits(trigger, fault, room, phase)
        ]
        closest = max((named for named, _ in found), default=False)
        return list({p.name: p for named, p in found if named == closest}.values())

    def _fits(self, trigger: FaultTrigger, fault: Fault, room: str, phase: Phase) -> bool:
        if trigger.name != fault.key.name or trigger.during not in (None, phase):
            return False
        if _RANK.index(fault.severity) < _RANK.index(trigger.severity):
            return False
        if trigger.role == "*":
            return True
        found = place(self._desk.house, room, trigger.role)
        return found is not None and found.device == fault.key.device and found.part in ("", fault.key.part)

    def _standing(self, playbook: Playbook, room: str) -> FaultKey | None:
        """The fault a person means who asks for a fallback."""
        state = self._desk.state(room)
        for fault in state.faults.values():
            if playbook in self._called_by(fault, room, state.phase):
                return fault.key
        return None

    def _too_often(self, playbook: Playbook, device: str) -> bool:
        starts, now = self._starts.get((playbook.name, device), deque()), self._desk.clock.now()
        while starts and starts[0] <= now - _HOUR:
            starts.popleft()
        return len(starts) >= playbook.per_hour

    def _note(self, playbook: str, device: str, at: float) -> None:
        self._starts.setdefault((playbook, device), deque()).append(at)


def _belongs(playbook: Playbook, room: str) -> bool:
    return not playbook.rooms or room in playbook.rooms
