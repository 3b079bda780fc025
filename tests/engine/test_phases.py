"""What a room is used for: bookings and evidence, the newest wins."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avctl.engine.phases import Evidence, Standing, Times, stand
from avctl.model.booking import Booking, BookingKey, Status
from avctl.model.event import Occupancy, Phase

TEN = 36_000.0  # ten o'clock
MIN = 60.0
MEETING = Booking(BookingKey("desk", "a"), "301", TEN, TEN + 60 * MIN)
NEXT = Booking(BookingKey("desk", "b"), "301", TEN + 90 * MIN, TEN + 120 * MIN)


def at(
    minutes: float, *bookings: Booking, evidence: Evidence | None = None, before: BookingKey | None = None
) -> Standing:
    return stand(bookings, evidence or Evidence(), TEN + minutes * MIN, Times(), before)


@pytest.mark.parametrize(
    ("minutes", "phase", "occupancy"),
    [
        (-61, Phase.IDLE, Occupancy.FREE),
        (-60, Phase.PREPARING, Occupancy.FREE),
        (-10, Phase.PREPARING, Occupancy.SOON),
        (0, Phase.MEETING, Occupancy.OCCUPIED),
        (60, Phase.ENDING, Occupancy.FREE),
        (119, Phase.ENDING, Occupancy.FREE),
        (120, Phase.IDLE, Occupancy.FREE),
    ],
)
def test_a_booking_alone_decides_when_nothing_else_is_known(minutes: float, phase: Phase, occupancy: Occupancy) -> None:
    found = at(minutes, MEETING)
    assert (found.phase, found.occupancy) == (phase, occupancy)


def test_it_says_when_to_look_again() -> None:
    assert at(-61, MEETING).until == TEN - 60 * MIN
    assert at(-30, MEETING).until == TEN - 10 * MIN
    assert at(-5, MEETING).until == TEN
    assert at(30, MEETING).until == TEN + 60 * MIN


def test_a_meeting_overruns_while_people_speak() -> None:
    speaking = Evidence(spoke=TEN + 64 * MIN, spoke_at="channel.01")
    found = at(65, MEETING, NEXT, evidence=speaking, before=MEETING.key)
    assert (found.phase, found.occupancy, found.booking) == (Phase.MEETING, Occupancy.OCCUPIED, MEETING.key)
    assert found.until == TEN + 69 * MIN
    gone = at(70, MEETING, NEXT, evidence=speaking, before=MEETING.key)
    assert (gone.phase, gone.occupancy, gone.booking) == (Phase.PREPARING, Occupancy.FREE, NEXT.key)


def test_people_who_come_early_occupy_the_room_while_it_is_prepared() -> None:
    found = at(-30, MEETING, evidence=Evidence(spoke=TEN - 31 * MIN, spoke_at="channel.03"))
    assert (found.phase, found.occupancy) == (Phase.PREPARING, Occupancy.OCCUPIED)
    assert "channel.03" in found.why


def test_a_persons_word_wins_until_something_newer_is_seen() -> None:
    left = Evidence(flag=Occupancy.FREE, flagged=TEN + 20 * MIN)
    found = at(30, MEETING, evidence=left)
    assert (found.phase, found.occupancy) == (Phase.ENDING, Occupancy.FREE)
    back = replace(left, spoke=TEN + 29 * MIN)
    assert at(30, MEETING, evidence=back).phase is Phase.MEETING


def test_a_plugged_source_is_evidence_for_five_minutes() -> None:
    plugged = Evidence(plugged=TEN)
    assert at(4).occupancy is Occupancy.FREE
    assert at(4, evidence=plugged).occupancy is Occupancy.OCCUPIED
    assert at(5, evidence=plugged).occupancy is Occupancy.FREE


def test_tentative_counts_cancelled_and_closed_do_not() -> None:
    assert at(1, replace(MEETING, status=Status.TENTATIVE)).phase is Phase.MEETING
    assert at(1, replace(MEETING, status=Status.CANCELLED)).phase is Phase.IDLE
    assert at(1, replace(MEETING, closed=True)).phase is Phase.IDLE


def test_a_booking_may_have_a_lead_of_its_own() -> None:
    assert at(-90, replace(MEETING, lead=120 * MIN)).phase is Phase.PREPARING


def test_without_readable_bookings_for_a_day_nobody_knows() -> None:
    blind = Evidence(blind=TEN - 25 * 60 * MIN)
    assert at(0, evidence=blind).occupancy is Occupancy.UNKNOWN


@given(
    st.lists(st.tuples(st.integers(-300, 300), st.integers(1, 120)), max_size=5),
    st.integers(-400, 400),
    st.floats(-400, 400),
)
def test_until_is_no_lie_nothing_changes_before_it(spans: list[tuple[int, int]], now: int, spoke: float) -> None:
    bookings = [
        Booking(BookingKey("x", str(n)), "301", TEN + s * MIN, TEN + (s + d) * MIN) for n, (s, d) in enumerate(spans)
    ]
    evidence = Evidence(spoke=TEN + spoke * MIN) if spoke <= now else Evidence()
    found = at(now, *bookings, evidence=evidence)
    before = min(found.until - 0.01, TEN + 1000 * MIN)
    later = stand(bookings, evidence, before, Times(), None)
    assert (later.phase, later.occupancy, later.booking) == (found.phase, found.occupancy, found.booking)
