"""Calendars that burn their reader: the daemon goes on, and the event that did it is named."""

import dataclasses
import time
from typing import Any

import pytest

from avctl.bookings import ics_child
from avctl.bookings.ics_child import Refused, read
from tests.bookings.feeds import calendar, event
from tests.bookings.test_ics import ASK

QUESTION: dict[str, Any] = dataclasses.asdict(ASK)


def test_a_calendar_is_read_in_a_process_of_its_own() -> None:
    found = read(calendar(event("a", "DESCRIPTION:密级:秘密")), QUESTION)
    assert [(e["uid"], e["wish"]) for e in found["entries"]] == [("a", {"level": "secret"})]


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=HOURLY",
        "FREQ=DAILY;BYMONTHDAY=31;BYMONTH=4",
        "FREQ=WEEKLY;BYDAY=MO;BYSETPOS=300",
    ],
)
def test_a_rule_that_never_ends_is_stopped_and_named(rule: str) -> None:
    began = time.monotonic()
    bomb = event("bomb", f"RRULE:{rule}", start="DTSTART:00010101T000000", end="DTEND:00010101T010000")
    said = _read_or_refused(calendar(event("good"), bomb))
    assert "'uid': 'good'" in said or "bomb" in said
    assert time.monotonic() - began < 15


def test_a_rule_within_reason_but_without_end_is_killed_by_the_processor_limit() -> None:
    lists = "BYMINUTE=0,1,2,3;BYHOUR=" + ",".join(map(str, range(24)))
    bombs = [
        event(f"bomb-{n}", f"RRULE:FREQ=DAILY;{lists}", start="DTSTART:19000101T000000", end="-") for n in range(20)
    ]
    with pytest.raises(Refused, match="bomb-"):
        read(calendar(*bombs), QUESTION)


def test_twenty_thousand_events_of_past_years_are_read_in_time() -> None:
    old = [event(f"old-{n}", **_day(f"2025{n % 12 + 1:02d}{n % 28 + 1:02d}")) for n in range(20_000)]
    found = read(calendar(*old, event("good")), QUESTION)
    assert [e["uid"] for e in found["entries"]] == ["good"]
    assert found["passed_over"] == {"outside": 20_000}


def test_more_meetings_than_a_building_has_are_refused() -> None:
    many = [event(f"m-{n}", "RRULE:FREQ=HOURLY;COUNT=300") for n in range(20)]
    with pytest.raises(Refused, match="more than 5000 meetings"):
        read(calendar(*many), QUESTION)


def test_a_feed_too_large_is_not_even_handed_on() -> None:
    with pytest.raises(Refused, match="larger than 5 MB"):
        read(b"x" * (ics_child.LARGEST + 1), QUESTION)


def test_a_rule_of_two_megabytes_is_read_or_refused_but_not_waited_for() -> None:
    began = time.monotonic()
    _read_or_refused(calendar(event("a", "RRULE:" + "FREQ=DAILY;" * 200_000)))
    assert time.monotonic() - began < 15


def _read_or_refused(body: bytes) -> str:
    try:
        return str(read(body, QUESTION))
    except Refused as refused:
        return str(refused)


def _day(day: str) -> dict[str, str]:
    return {"start": f"DTSTART:{day}T100000Z", "end": f"DTEND:{day}T110000Z"}
