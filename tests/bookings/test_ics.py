"""Calendars as they are in the wild, line by line of what was tried with the libraries."""

from datetime import UTC, datetime

import pytest

from avctl.bookings.ics import Ask, Found, read
from avctl.bookings.icstext import Unreadable
from avctl.bookings.room import words
from tests.bookings.feeds import HEAD, calendar, event

LOW = datetime(2026, 9, 13, tzinfo=UTC).timestamp()
HIGH = datetime(2026, 9, 28, tzinfo=UTC).timestamp()
NAMES = {
    words(n): r
    for n, r in {"301": "301", "301会议室": "301", "Room 301": "301", "302": "302", "大会议室": "302"}.items()
}
ASK = Ask(LOW, HIGH, "Asia/Shanghai", NAMES)

TEN = "14 02:00"  # ten o'clock in Shanghai, in UTC


def starts(found: Found) -> list[str]:
    return [f"{datetime.fromtimestamp(e['start'], UTC):%d %H:%M}" for e in found.entries]


def only(*events: str, head: str = "") -> Found:
    return read(calendar(*events, head=head), ASK)


def begin(value: str) -> dict[str, str]:
    """Start and end lines with the same parameters."""
    return {"start": f"DTSTART{value}T100000", "end": f"DTEND{value}T110000"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (";TZID=Asia/Shanghai:20260914", TEN),
        (";TZID=China Standard Time:20260914", TEN),
        (";TZID=GMT Standard Time 1:20260914", "14 09:00"),
        (';TZID="(UTC+08:00) 北京，重庆，香港特别行政区，乌鲁木齐":20260914', TEN),
        (';TZID="(UTC+09:00) Osaka, Sapporo, Tokyo":20260914', "14 01:00"),
        (";TZID=/freeassociation.sourceforge.net/Europe/Berlin:20260914", "14 08:00"),
        (";TZID=Nowhere/At All:20260914", TEN),
        (":20260914", TEN),
    ],
)
def test_a_time_zone_by_any_name_is_never_silently_local(value: str, expected: str) -> None:
    assert starts(only(event(**begin(value)))) == [expected]


def test_a_guessed_zone_is_said_so() -> None:
    assert "Nowhere/At All" in only(event(**begin(";TZID=Nowhere/At All:20260914"))).warnings[0]
    assert only(event(**begin(";TZID=GMT Standard Time 1:20260914"))).warnings != []
    assert only(event(**begin(";TZID=China Standard Time:20260914"))).warnings == []


def test_an_odd_zone_with_its_own_definition_is_believed() -> None:
    zone = (
        "BEGIN:VTIMEZONE\r\nTZID:Hall Time\r\nBEGIN:STANDARD\r\nDTSTART:16010101T000000\r\n"
        "TZOFFSETFROM:+0530\r\nTZOFFSETTO:+0530\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
    )
    found = only(event(**begin(";TZID=Hall Time:20260914")), head=zone)
    assert (starts(found), found.warnings) == (["14 04:30"], [])


def test_a_floating_time_is_the_calendars_or_the_sites() -> None:
    assert starts(only(event(**begin(":20260914")), head="X-WR-TIMEZONE:Europe/Berlin\r\n")) == ["14 08:00"]


def test_a_cancelled_occurrence_is_no_meeting_and_its_series_goes_on() -> None:
    series = event("s", "RRULE:FREQ=DAILY;COUNT=3")
    gone = event("s", "RECURRENCE-ID;TZID=Asia/Shanghai:20260915T100000", "STATUS:CANCELLED")
    found = only(series, gone)
    assert starts(found) == [TEN, "16 02:00"]
    assert found.passed_over == {"cancelled": 1}


def test_a_moved_occurrence_keeps_its_identity() -> None:
    series = event("s", "RRULE:FREQ=DAILY;COUNT=3")
    moved = event(
        "s",
        "RECURRENCE-ID;TZID=Asia/Shanghai:20260915T100000",
        start="DTSTART;TZID=Asia/Shanghai:20260915T140000",
        end="DTEND;TZID=Asia/Shanghai:20260915T150000",
    )
    before, after = only(series), only(series, moved)
    assert sorted(starts(after)) == [TEN, "15 06:00", "16 02:00"]
    assert sorted(e["recurrence"] for e in before.entries) == sorted(e["recurrence"] for e in after.entries)


def test_a_left_out_date_is_left_out() -> None:
    assert starts(only(event("s", "RRULE:FREQ=DAILY;COUNT=2", "EXDATE:20260914T020000Z"))) == ["15 02:00"]


def test_an_orphan_occurrence_counts() -> None:
    assert starts(only(event("s", "RECURRENCE-ID;TZID=Asia/Shanghai:20260914T090000"))) == [TEN]


@pytest.mark.parametrize("newer", ["SEQUENCE:2", "LAST-MODIFIED:20260905T000000Z"])
def test_of_two_versions_the_newer_counts_wherever_it_stands(newer: str) -> None:
    old = event("a", "SEQUENCE:0" if "LAST" in newer else "SEQUENCE:1")
    new = event("a", newer, **begin(";TZID=Asia/Shanghai:20260916"))
    assert starts(only(old, new)) == starts(only(new, old)) == ["16 02:00"]
    assert only(old, new).passed_over == {"older version": 1}


def test_a_meeting_moved_out_of_the_window_takes_its_old_version_with_it() -> None:
    new = event("a", "SEQUENCE:1", **begin(";TZID=Asia/Shanghai:20270914"))
    assert starts(only(event("a", "SEQUENCE:0"), new)) == []


def test_an_end_before_the_start_is_refused_and_named() -> None:
    found = only(event("odd", end="DTEND;TZID=Asia/Shanghai:20260914T090000"), event("good"))
    assert starts(found) == [TEN]
    assert found.warnings == ["odd: ends before it starts"]


@pytest.mark.parametrize("end", ["-", "DTEND;TZID=Asia/Shanghai:20260914T100000"])
def test_a_meeting_without_length_gets_an_hour_and_a_warning(end: str) -> None:
    found = only(event("a", end=end))
    assert found.entries[0]["end"] - found.entries[0]["start"] == 3600
    assert "no length" in found.warnings[0]


@pytest.mark.parametrize("line", ["TRANSP:TRANSPARENT", "X-MICROSOFT-CDO-BUSYSTATUS:FREE"])
def test_what_does_not_take_up_time_is_no_booking(line: str) -> None:
    found = only(event("a", line))
    assert (found.entries, found.passed_over) == ([], {"transparent": 1})


@pytest.mark.parametrize(
    "lines",
    [
        ("DTSTART:2026", "-"),
        ("-", "-"),
        ("", "RRULE:FREQ=NEVER"),
        ("", "RRULE:FREQ=DAILY;INTERVAL=0"),
        ("", "RRULE:FREQ=SECONDLY"),
        ("", "RRULE:FREQ=MINUTELY;INTERVAL=1"),
    ],
)
def test_a_broken_event_is_counted_and_named_and_the_good_ones_survive(lines: tuple[str, str]) -> None:
    found = only(event("bad", lines[1], start=lines[0]), event("good"))
    assert [e["uid"] for e in found.entries] == ["good"]
    assert found.passed_over == {"broken": 1}
    assert found.warnings[0].startswith("bad: ")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "web page"),
        (b"hello", "BEGIN:VCALENDAR"),
        (calendar(event())[:-30], "cut off"),
        (HEAD.encode(), "cut off"),
    ],
)
def test_what_is_no_calendar_is_refused_whole(body: bytes, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        read(body, ASK)


def test_an_empty_calendar_is_a_calendar() -> None:
    assert only().entries == []


def test_a_whole_day_lasts_from_opening_to_closing() -> None:
    found = only(event("a", start="DTSTART;VALUE=DATE:20260914", end="DTEND;VALUE=DATE:20260916"))
    assert starts(found) == ["14 00:00", "15 00:00"]
    assert [(e["end"] - e["start"]) / 3600 for e in found.entries] == [10, 10]
    assert [e["all_day"] for e in found.entries] == [True, True]
    assert len({e["recurrence"] for e in found.entries}) == 2


def test_a_whole_day_of_works_closes_the_room() -> None:
    day = {"start": "DTSTART;VALUE=DATE:20260914", "end": "-"}
    assert only(event("a", "SUMMARY:设备维护", **day)).entries[0]["closed"] is True
    assert only(event("a", "SUMMARY:年会", **day)).entries[0]["closed"] is False


def test_a_meeting_of_three_days_is_three_meetings() -> None:
    found = only(event("a", end="DTEND;TZID=Asia/Shanghai:20260916T120000"))
    assert starts(found) == [TEN, "15 00:00", "16 00:00"]


def test_a_time_that_the_change_of_clocks_leaves_out_is_shifted_and_noted() -> None:
    ask = Ask(
        datetime(2026, 3, 28, tzinfo=UTC).timestamp(),
        datetime(2026, 3, 31, tzinfo=UTC).timestamp(),
        "Europe/Berlin",
        NAMES,
    )
    found = read(calendar(event("a", start="DTSTART:20260329T023000", end="DTEND:20260329T040000")), ask)
    assert starts(found) == ["29 01:30"]
    assert "change of clocks" in found.warnings[0]


@pytest.mark.parametrize(
    ("location", "room"),
    [
        ("301", "301"),
        ("３０１", "301"),
        ("room  301", "301"),
        ("3楼 301会议室", "301"),
        ("大会议室", "302"),
        ("Building A, 302", "302"),
    ],
)
def test_a_room_is_found_by_any_of_its_names(location: str, room: str) -> None:
    assert [e["room"] for e in only(event(location=location.replace(",", "\\,"))).entries] == [room]


def test_a_meeting_in_two_rooms_is_two_bookings() -> None:
    assert [e["room"] for e in only(event(location="301; 302")).entries] == ["301", "302"]
    assert len({e["uid"] for e in only(event(location="301; 302")).entries}) == 2


def test_an_unknown_room_is_named() -> None:
    found = only(event("a", location="1301"))
    assert (found.entries, found.passed_over) == ([], {"unknown room": 1})
    assert "1301" in found.warnings[0]


def test_a_feed_of_one_room_needs_no_location() -> None:
    found = read(calendar(event(location="somewhere")), Ask(LOW, HIGH, "Asia/Shanghai", NAMES, room="302"))
    assert [e["room"] for e in found.entries] == ["302"]


def test_needs_come_from_fields_first_and_the_description_then() -> None:
    found = only(
        event(
            "a",
            "DESCRIPTION:请准备茶水\\n话筒：4 投影：是\\n谢谢",
            "X-MRBS-MICS:6",
            "X-MRBS-ENTRY-TYPE:I",
            "X-AVCTL-VIP:1",
        )
    )
    assert found.entries[0]["wish"] == {"mics": 6, "projection": True, "priority": 1}
    assert found.warnings == []


def test_mistakes_in_needs_are_told_with_the_uid() -> None:
    assert only(event("a", "DESCRIPTION:[av mics=many]")).warnings[0].startswith("a: mics: 'many' is not")


def test_a_tentative_meeting_is_tentative() -> None:
    assert only(event("a", "STATUS:TENTATIVE")).entries[0]["status"] == "tentative"


def test_subjects_and_people_never_leave() -> None:
    found = only(
        event(
            "a",
            "SUMMARY:Merger talks",
            "ORGANIZER;CN=Zhang San:mailto:zhang@example.org",
            "ATTENDEE;CN=Li Si:mailto:li@example.org",
            "DESCRIPTION:Top secret [av mics=2]",
            "CONTACT:Wang Wu",
        )
    )
    assert len(found.entries) == 1
    assert not [word for word in ("Merger", "Zhang", "Li Si", "Top", "Wang", "example.org") if word in repr(found)]


def test_an_alarm_inside_an_event_says_nothing_about_it() -> None:
    alarm = "BEGIN:VALARM\r\nTRIGGER:-PT15M\r\nDESCRIPTION:[av mics=9]\r\nEND:VALARM"
    assert only(event("a", alarm)).entries[0]["wish"] == {}
