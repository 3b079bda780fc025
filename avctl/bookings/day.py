"""One room's meetings in order, and what they leave free: gaps, blocks, overlaps, the hours somebody is there. Pure.

A block is a run of meetings without a pause long enough to test in: one test before it must serve them all (R4).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property

from avctl.bookings.history import History
from avctl.bookings.needs import union
from avctl.bookings.rule import Budget, Budgets, Rules, Sight
from avctl.model.booking import Booking, Status

Span = tuple[float, float]


class Day:
    """A room as the rules look at it: its meetings (cancelled and closed ones set aside), sorted by start."""

    def __init__(
        self, bookings: Iterable[Booking], sight: Sight, history: History, now: float, rules: Rules, budgets: Budgets
    ) -> None:
        ordered = sorted(bookings, key=lambda b: (b.start, b.end, str(b.key)))
        self.meetings = [b for b in ordered if b.status is not Status.CANCELLED and not b.closed]
        self.cancelled = [b for b in ordered if b.status is Status.CANCELLED and not b.closed]
        self.sight, self.history, self.now, self.rules, self._budgets = sight, history, now, rules, budgets

    @cached_property
    def meets(self) -> list["Meeting"]:
        """Every meeting with its neighbours."""
        found: list[Meeting] = []
        prior: Booking | None = None
        for booking in self.meetings:
            found.append(Meeting(self, booking, prior))
            if prior is None or over(booking) >= over(prior):
                prior = booking
        for block in _blocks(found):
            for meeting in block:
                meeting.block = block
        return found

    def budget(self, booking: Booking) -> Budget:
        return self._budgets(booking.room, booking.needs)

    def next_after(self, booking: Booking) -> Booking | None:
        """The next meeting that begins after `booking` began."""
        return next((b for b in self.meetings if b.start > booking.start and b.key != booking.key), None)

    def staffed(self, at: float) -> bool:
        return not self.rules.staffed or any(a <= at < z for a, z in self.rules.staffed)

    def last_staffed_slot(self, before: float, length: float) -> float | None:
        """Where the last free stretch of `length` seconds begins in which somebody is there, before `before` (R14)."""
        taken = [(b.start - b.setup - self.rules.guard, over(b) + self.rules.settle) for b in self.meetings]
        for a, z in sorted(self.rules.staffed, reverse=True):
            slots = [z - length for a, z in _free((a, min(z, before)), taken) if z - a >= length]
            if slots:
                return max(slots)
        return None


class Meeting:
    """One meeting between its neighbours. `prior` is the earlier one that keeps the room longest."""

    def __init__(self, day: Day, booking: Booking, prior: Booking | None) -> None:
        self.day, self.booking, self.prior = day, booking, prior
        self.block: Sequence[Meeting] = (self,)
        self.turn = 0.0  # seconds by which it lets others go first (R16)

    @property
    def quiet(self) -> float:
        """From when on nothing perceptible may happen (R1, R13)."""
        return self.booking.start - self.booking.setup - self.day.rules.guard

    @property
    def lead(self) -> float:
        """When the test has to start, if nothing stands in its way: T-60."""
        lead = self.day.rules.lead if self.booking.lead is None else self.booking.lead
        begin = self.booking.start - lead
        if self.booking.setup:  # a long setting-up moves the deadline, and the test must still fit before it
            begin = min(begin, self.deadline - self.day.budget(self.booking).full)
        return begin

    @property
    def deadline(self) -> float:
        """When the room must be fit (R13, R15)."""
        return self.booking.start - self.booking.setup - self.day.rules.ready

    @cached_property
    def begin(self) -> float:
        """When the active test is planned: T-60 and its turn, or before it while somebody is there (R14)."""
        if self.day.staffed(self.lead) or not self.heads:
            return self.lead + self.turn
        slot = self.day.last_staffed_slot(self.lead, self.budget.full)
        known = self.day.history.known(self.booking)
        late = slot is None or max(self.day.now, known or 0.0) > slot + self.day.rules.on_time
        return self.lead if slot is None or late else slot

    @property
    def early(self) -> bool:
        """Whether its test is planned for hours before T-60, in a slot of its own (R14)."""
        return self.begin < self.lead

    @property
    def until(self) -> float:
        """When its test must have ended."""
        return self.begin + self.budget.full if self.early else self.quiet

    @property
    def freed(self) -> float | None:
        """From when on the meeting before leaves the room to us; None when there is none that matters."""
        rules, left = self.day.rules, self.day.sight.left
        if self.prior is None or self.early:
            return left + rules.settle if left is not None and left > self.lead else None
        planned = over(self.prior) + rules.settle
        if left is None or left <= self.prior.start or self.day.sight.occupied:
            return planned
        return left + rules.settle if left > over(self.prior) else min(planned, left + rules.empty)

    @property
    def earliest(self) -> float:
        return max(self.begin, self.freed if self.freed is not None else self.begin)

    @property
    def budget(self) -> Budget:
        return self.day.budget(self.served)

    @property
    def heads(self) -> bool:
        """Whether it is the first of its block, so that its test serves all of them."""
        return self.block[0] is self

    @property
    def served(self) -> Booking:
        """The booking with all the needs its test must cover."""
        if len(self.block) == 1 or not self.heads:
            return self.booking
        return replace(self.booking, needs=union(*(m.booking.needs for m in self.block)))

    @property
    def joined(self) -> bool:
        """Whether the test of its block runs while its own would begin: there is no more to do for it."""
        head = self.block[0]
        return not self.heads and self.lead - head.begin < head.budget.full

    @property
    def overrun(self) -> bool:
        """Whether the meeting before stayed, or stays, past its time (R6)."""
        sight, prior, now = self.day.sight, self.prior, self.day.now
        if prior is None or now < prior.end:
            return False
        return sight.occupied or (sight.left is not None and sight.left > over(prior))

    @property
    def overlaps(self) -> bool:
        return self.prior is not None and self.prior.end > self.booking.start


def over(booking: Booking) -> float:
    """When the room is given back: after the meeting and its putting away."""
    return booking.end + booking.teardown


def _blocks(meetings: Sequence[Meeting]) -> list[list[Meeting]]:
    """Cut where the planned pause between two meetings leaves room for the must-have steps."""
    blocks: list[list[Meeting]] = []
    for m in meetings:
        rules = m.day.rules
        pause = m.quiet - (over(m.prior) + rules.settle) if m.prior else float("inf")
        if blocks and pause < m.day.budget(m.booking).must:
            blocks[-1].append(m)
        else:
            blocks.append([m])
    return blocks


def _free(span: Span, taken: Iterable[Span]) -> Iterator[Span]:
    """What of `span` nothing of `taken` covers."""
    at, until = span
    for a, z in sorted(taken):
        if a > at:
            yield at, min(a, until)
        at = max(at, z)
        if at >= until:
            return
    if at < until:
        yield at, until
