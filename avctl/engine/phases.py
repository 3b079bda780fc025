"""What a room is being used for, and whether people are in it: bookings, evidence and the time of day. Pure.

Occupied is not booked: meetings overrun and people come early. The newest evidence wins: a person's flag, somebody
speaking at a microphone, a picture source that was plugged in, the booking itself. A booking that has begun is
evidence of people, one that has ended is evidence that they have gone.

Rules R6 (overrun), R7 (early arrival) and R22 (end) of the booking plan. All times are UTC seconds.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import inf

from avctl.model.booking import Booking, BookingKey, Status
from avctl.model.event import Occupancy, Phase

KEPT = 300.0
"""How long a voice or a newly plugged source is evidence of people."""
PUT_AWAY = 3600.0
"""When an ended meeting is over even if nobody has put the room away."""
BLIND = 24 * 3600.0
"""How long a booking plan that cannot be renewed is still believed."""


@dataclass(frozen=True, slots=True)
class Times:
    """The site's: a room is being prepared `lead` before a meeting, and left in peace `guard` before it."""

    lead: float = 3600.0
    guard: float = 600.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was noticed in a room, each with its time (-inf: never).

    `spoke` somebody was last heard; `plugged` a source last appeared at a display; `flag` a person's word at
    `flagged`; `away` when the last shutdown ended; `blind` since when bookings cannot be read (inf: they can);
    until `waking` an empty plan may only mean that it has not been read yet.
    """

    spoke: float = -inf
    spoke_at: str = ""
    plugged: float = -inf
    flag: Occupancy | None = None
    flagged: float = -inf
    away: float = -inf
    blind: float = inf
    waking: float = -inf


@dataclass(frozen=True, slots=True)
class Standing:
    """How a room stands, why, and when that may change by time alone (inf: never)."""

    phase: Phase
    occupancy: Occupancy
    booking: BookingKey | None
    why: str
    until: float


def stand(
    bookings: Iterable[Booking], evidence: Evidence, now: float, times: Times, before: BookingKey | None = None
) -> Standing:
    """The room at `now`. `before` is the booking it stood under so far: an overrun belongs to its meeting."""
    meetings = sorted((b for b in bookings if _counts(b)), key=lambda b: b.start)
    current = next((b for b in reversed(meetings) if b.start <= now < b.end), None)
    last = max((b for b in meetings if b.end <= now), key=lambda b: b.end, default=None)
    following = next((b for b in meetings if b.start > now), None)
    occupancy, why = _occupancy(current, last, following, evidence, now, times)
    phase, booking = _phase(current, last, following, occupancy, evidence, now, times, before)
    until = min((t for t in _turns(meetings, evidence, times) if t > now), default=inf)
    return Standing(phase, occupancy, booking.key if booking else None, why, until)


def _occupancy(
    current: Booking | None,
    last: Booking | None,
    following: Booking | None,
    evidence: Evidence,
    now: float,
    times: Times,
) -> tuple[Occupancy, str]:
    found = [(-inf, Occupancy.FREE, "not-booked")]
    if last:
        found.append((last.end, Occupancy.FREE, "meeting-ended"))
    if current:
        found.append((current.start, Occupancy.OCCUPIED, "booked"))
    if now - evidence.plugged < KEPT:
        found.append((evidence.plugged, Occupancy.OCCUPIED, "plugged-in"))
    if now - evidence.spoke < KEPT:
        found.append((evidence.spoke, Occupancy.OCCUPIED, f"speech {evidence.spoke_at}"))
    if evidence.flag is not None:
        found.append((evidence.flagged, evidence.flag, "told"))
    _, occupancy, why = max(found, key=lambda item: item[0])
    if occupancy is not Occupancy.FREE:
        return occupancy, why
    if following and following.start - following.setup - now <= times.guard:
        return Occupancy.SOON, "soon"
    if now < evidence.waking and not (last or following):
        return Occupancy.UNKNOWN, "just-started"
    if now - evidence.blind > BLIND:
        return Occupancy.UNKNOWN, "bookings-unreadable"
    return occupancy, why


def _phase(
    current: Booking | None,
    last: Booking | None,
    following: Booking | None,
    occupancy: Occupancy,
    evidence: Evidence,
    now: float,
    times: Times,
    before: BookingKey | None,
) -> tuple[Phase, Booking | None]:
    occupied = occupancy is Occupancy.OCCUPIED
    if current:
        left = evidence.flag is Occupancy.FREE and evidence.flagged > current.start and not occupied
        return (Phase.ENDING if left else Phase.MEETING), current
    if last and occupied and last.key == before and now - last.end < 4 * PUT_AWAY:
        return Phase.MEETING, last  # an overrun
    if following and now >= following.start - _lead(following, times):
        return Phase.PREPARING, following
    if last and now - last.end < PUT_AWAY and evidence.away < last.end:
        return Phase.ENDING, last
    return (Phase.MEETING if occupied else Phase.IDLE), None


def _turns(meetings: Iterable[Booking], evidence: Evidence, times: Times) -> Iterator[float]:
    """Every moment at which the answer may change by itself."""
    for b in meetings:
        yield from (b.start, b.end, b.start - _lead(b, times), b.start - b.setup - times.guard, b.end + PUT_AWAY)
    yield from (evidence.spoke + KEPT, evidence.plugged + KEPT, evidence.waking)
    if evidence.blind < inf:
        yield evidence.blind + BLIND


def _lead(booking: Booking, times: Times) -> float:
    return times.lead if booking.lead is None else booking.lead


def _counts(booking: Booking) -> bool:
    """Tentative ones count: people may sit there. A closed room is no meeting."""
    return booking.status is not Status.CANCELLED and not booking.closed
