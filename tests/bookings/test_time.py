"""Whatever clocks do in whatever country, the test begins a true hour before the meeting."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from avctl.bookings.history import History
from avctl.bookings.ics import Ask, read
from avctl.bookings.plan import plan
from avctl.bookings.rule import PRE_MEETING, Act, Rules, Sight
from avctl.model.booking import Booking, BookingKey
from avctl.model.event import BookingChanged, Event, Occupancy
from tests.bookings.feeds import calendar, event

ZONES = [
    "Asia/Shanghai",
    "Europe/Berlin",
    "Europe/London",
    "America/New_York",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "America/Santiago",
    "Asia/Kathmandu",
    "Pacific/Chatham",
    "Asia/Beirut",
    "UTC",
]
HALF = timedelta(minutes=30)


def changes(zone: ZoneInfo) -> Iterator[datetime]:
    """The local days of 2026 on which clocks change; the first of May where they never do."""
    days = [datetime(2026, 1, 1) + timedelta(days=n) for n in range(364)]
    offsets = [d.replace(tzinfo=zone).utcoffset() for d in days]
    found = [d for d, here, there in zip(days, offsets, offsets[1:], strict=False) if here != there]
    yield from found or [datetime(2026, 5, 1)]


@pytest.mark.parametrize("name", ZONES)
@pytest.mark.parametrize("series", [False, True])
def test_the_lead_is_a_true_hour_across_every_change_of_clocks(name: str, series: bool) -> None:
    zone = ZoneInfo(name)
    for midnight in changes(zone):
        for place in range(14):
            local = midnight + place * HALF
            expected = local.replace(tzinfo=zone).timestamp()
            booking = _read(name, local, series, expected)
            assert booking.start == expected
            assert booking.end - booking.start == 45 * 60
            assert _tested_at(booking) == expected - 3600


def _read(name: str, local: datetime, series: bool, expected: float) -> Booking:
    """The occurrence at `local`, alone or as the eighth day of a daily series."""
    first = local - timedelta(days=7) if series else local
    lines = ["RRULE:FREQ=DAILY;COUNT=10"] if series else []
    body = calendar(event("a", *lines, start=f"DTSTART;TZID={name}:{first:%Y%m%dT%H%M%S}", end="DURATION:PT45M"))
    found = read(body, Ask(expected - 7200, expected + 7200, "Asia/Shanghai", {"301": "301"}))
    (entry,) = found.entries
    return Booking(BookingKey("desk", "a", entry["recurrence"]), "301", entry["start"], entry["end"])


def _tested_at(booking: Booking) -> float:
    history = History(begins=0.0)
    history.take(Event(1, booking.start - 86_400, None, BookingChanged(booking)))
    sights = {"301": Sight(Occupancy.FREE)}
    found = plan([booking], sights, history, booking.start - 86_400, Rules())
    (test,) = [d for d in found if d.stage == PRE_MEETING and d.act is Act.RUN]
    return test.when


def test_a_time_that_comes_twice_is_the_first_of_the_two() -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC).timestamp()
    assert _read("Europe/Berlin", datetime(2026, 10, 25, 2, 30), False, first).start == first
