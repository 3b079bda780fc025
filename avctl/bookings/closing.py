"""R22 and the end of R9: when a room is put away, after a meeting or because it was cancelled after its test. Pure.

A pause of less than `gap` is not worth it: a lamp struck twice ages more than one left burning. Nor is a room put
away when the next test is so near that it would start while the projector still cools down.
"""

from collections.abc import Iterator

from avctl.bookings.day import Day, over
from avctl.bookings.rule import PRE_MEETING, SHUTDOWN, Act, At, Decision, Reason, because
from avctl.model.booking import Booking
from avctl.model.command import TestClass


def closing(day: Day) -> Iterator[Decision]:
    """Every shutdown that is due or to come, and those that wait or are not worth it, with the reason."""
    for booking in day.meetings:
        if (
            over(booking) >= day.history.begins
            and not day.history.fate(booking, SHUTDOWN)
            and not _taken_over(day, booking)
        ):
            yield _after(day, booking)
    for booking in day.cancelled:
        if not day.history.fate(booking, SHUTDOWN) and _lit(day, booking) and not _wanted_soon(day, day.now):
            yield _dropped(day, booking)


def _after(day: Day, booking: Booking) -> Decision:
    """Ten minutes after the room was seen empty, once the meeting is over; nobody can see: by the booking, silently."""
    rules, sight = day.rules, day.sight
    begun = booking.start <= day.now
    left = sight.left if begun and sight.left is not None and sight.left > booking.start else over(booking)
    when = max(over(booking), left) + rules.empty
    if begun and sight.occupied and day.now >= over(booking):
        return _hold(day, booking, "R22", because("r22-occupied"))
    if (following := day.next_after(booking)) and not _worth(day, following, max(when, day.now)):
        return _decision(following.start, Act.HOLD, booking, "R22", because("r22-standby", next=At(following.start)))
    if when <= day.now and _busy(day, booking):
        return _hold(day, booking, "R22", because("busy"))
    most = TestClass.SILENT if sight.unknown and when <= day.now else TestClass.PERCEPTIBLE
    return _decision(max(when, min(day.now, when)), Act.RUN, booking, "R22", because("r22", at=At(left)), most)


def _dropped(day: Day, booking: Booking) -> Decision:
    """R9: it was made ready for a meeting that does not take place."""
    if day.sight.occupied:
        return _hold(day, booking, "R9", because("r22-occupied"))
    if _busy(day, booking):
        return _hold(day, booking, "R9", because("busy"))
    most = TestClass.SILENT if day.sight.unknown else TestClass.PERCEPTIBLE
    return _decision(day.now, Act.RUN, booking, "R9", because("r9-cancelled"), most)


def _taken_over(day: Day, booking: Booking) -> bool:
    """Whether a later meeting has begun, which is going to end with a shutdown of its own."""
    return any(
        (b.start > booking.start and b.start <= day.now) or (b.start == booking.start and _later(b, booking))
        for b in day.meetings
    )


def _later(one: Booking, other: Booking) -> bool:
    """Of two meetings that begin together, the one that closes the room."""
    return one.key != other.key and (over(one), str(one.key)) > (over(other), str(other.key))


def _lit(day: Day, booking: Booking) -> bool:
    """Whether a test has switched things on for it."""
    fate = day.history.fate(booking, PRE_MEETING)
    return fate is not None and not fate.missed and fate.most >= TestClass.PERCEPTIBLE


def _wanted_soon(day: Day, at: float) -> bool:
    """Whether another meeting uses the room now, or so soon that it is not worth switching off."""
    return any(
        b.start <= at < over(b) + day.rules.empty or (b.start > at and not _worth(day, b, at)) for b in day.meetings
    )


def _worth(day: Day, following: Booking, at: float) -> bool:
    lead = day.rules.lead if following.lead is None else following.lead
    return following.start - at > max(day.rules.gap, lead + day.rules.off)


def _busy(day: Day, booking: Booking) -> bool:
    return day.history.busy(booking.room, day.now, day.budget(booking).full + day.rules.settle)


def _hold(day: Day, booking: Booking, rule: str, why: Reason) -> Decision:
    return _decision(day.now + day.rules.recheck, Act.HOLD, booking, rule, why)


def _decision(
    when: float, act: Act, booking: Booking, rule: str, why: Reason, most: TestClass = TestClass.PERCEPTIBLE
) -> Decision:
    return Decision(when, act, booking, SHUTDOWN, rule, why, most)
