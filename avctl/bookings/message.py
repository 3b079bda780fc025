"""What people are told about a booking, once each: the plan's messages, not the playbooks'. Pure."""

from collections.abc import Iterator

from avctl.bookings.day import Meeting
from avctl.bookings.history import incident
from avctl.bookings.rule import LOOK, PRE_MEETING, Act, At, Decision, Reason, because
from avctl.model.command import TestClass
from avctl.model.outcome import Verdict


def messages(m: Meeting, test: Decision | None) -> Iterator[Decision]:
    """Every message about this meeting that has not been sent; those in the past are not sent any more."""
    if m.day.now >= m.booking.start:
        return
    for told in (*_overrun(m), *_changeover(m, test), *_twice(m), *_overtime(m), *_barely(m, test), *_unfit(m)):
        if incident(m.booking, told.stage) not in m.day.history.told:
            yield told


def _overrun(m: Meeting) -> Iterator[Decision]:
    """R6: at T-10 the meeting before has not left."""
    if m.prior and m.day.sight.occupied and m.prior.end <= m.day.now and m.day.now >= m.quiet:
        yield _tell(m, m.quiet, "overrun", "R6", because("r6", id=m.prior.short, end=At(m.prior.end)), "service")


def _changeover(m: Meeting, test: Decision | None) -> Iterator[Decision]:
    """R4: no time to test between two meetings; the engineer looks in at the changeover."""
    if test and test.act is Act.MISS and test.rule in ("R4", "R10"):
        yield _tell(m, max(m.lead, m.day.now), "changeover", "R4", test.why, "engineer")


def _twice(m: Meeting) -> Iterator[Decision]:
    """R10: two meetings in one room; people decide, never we."""
    if m.overlaps and m.prior:
        yield _tell(m, m.day.now, "twice", "R10", because("r10", id=m.prior.short), "service", "office")


def _overtime(m: Meeting) -> Iterator[Decision]:
    """R14: the day before a meeting whose T-60 lies outside staffed hours."""
    if not m.day.staffed(m.lead):
        when = max(m.booking.start - m.day.rules.overtime, m.day.now)
        yield _tell(m, when, "overtime", "R14", because("r14-overtime", at=At(m.lead)), "office")


def _barely(m: Meeting, test: Decision | None) -> Iterator[Decision]:
    """R8: booked so late that there is time for a look only."""
    if test and test.rule == "R8" and test.act is Act.RUN and test.most is TestClass.PASSIVE:
        yield _tell(m, test.when, "barely", "R8", test.why, "engineer")


def _unfit(m: Meeting) -> Iterator[Decision]:
    """R15: still failing ten minutes before the deadline: propose to move; at the deadline: not ready."""
    if not _failing(m):
        return
    now, deadline = m.day.now, m.deadline
    why = because("r15", deadline=At(deadline))
    yield _tell(m, max(deadline - m.day.rules.decide, now), "unfit", "R15", why, "office")
    late = because("r15-not-ready", at=At(m.booking.start))
    yield _tell(m, max(deadline, now), "not-ready", "R15", late, "office", "service", "engineer")


def _failing(m: Meeting) -> bool:
    history = m.day.history
    fates = [f for stage in (PRE_MEETING, LOOK) if (f := history.fate(m.booking, stage)) and f.ended is not None]
    failed = [f.ended for f in fates if f.verdict is Verdict.FAIL and f.ended is not None]
    judged = history.judged(m.booking.room)
    return bool(failed) and not (judged and judged[0] > max(failed) and judged[1] is not Verdict.FAIL)


def _tell(m: Meeting, when: float, stage: str, rule: str, why: Reason, *to: str) -> Decision:
    return Decision(when, Act.TELL, m.booking, stage, rule, why, to=to)
