"""A feed that is late, broken, empty or a login page; and what people say against it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from avctl.bookings.manual import Manual
from avctl.bookings.sources import IcsSource
from avctl.clock import LoopClock
from avctl.model.booking import Booking, BookingKey, Level, Needs
from avctl.model.event import BookingChanged, Due, SourceTrouble
from tests.bookings.feeds import calendar, event
from tests.bookings.town import Town, house

TOMORROW = {"start": "DTSTART;TZID=Asia/Shanghai:20260915T100000", "end": "DTEND;TZID=Asia/Shanghai:20260915T110000"}


def source(folder: Path, clock: LoopClock, url: str = "desk.ics", **other: object) -> IcsSource:
    return IcsSource("desk", url, house(), clock, base=folder, folder=folder, **other)  # type: ignore[arg-type]


def said(desk: IcsSource) -> str:
    """Its trouble in one line."""
    return " ".join([desk.trouble.id, *(str(f) for _, f in desk.trouble.figures)]) if desk.trouble else ""


def write(folder: Path, *events: str) -> None:
    (folder / "desk.ics").write_bytes(calendar(*events))


def tomorrow(*uids: str) -> list[str]:
    return [event(uid, **TOMORROW) for uid in uids]


async def test_a_file_becomes_bookings_with_needs_and_templates(tmp_path: Path, clock: LoopClock) -> None:
    write(tmp_path, event("a", "DESCRIPTION:话筒:4 密级:秘密", "X-AVCTL-SETUP:15"))
    desk = source(tmp_path, clock, templates={"301": "[av mics=1 vc=1]", "default": "[av rec=0]"})
    await desk.poll()
    (booking,) = desk.bookings
    assert booking.needs == Needs(mics=4, conference=True, recording=False, level=Level.SECRET)
    assert (booking.room, booking.setup, desk.trouble, desk.ready) == ("301", 900.0, None, True)


async def test_buffers_that_a_source_counts_in_are_taken_out(tmp_path: Path, clock: LoopClock) -> None:
    write(tmp_path, event("a"))
    desk = source(tmp_path, clock, early=900.0, late=600.0)
    await desk.poll()
    (booking,) = desk.bookings
    assert (booking.end - booking.start, booking.setup, booking.teardown) == (2100.0, 900.0, 600.0)


async def test_a_missing_file_is_stale_after_three_polls_and_the_last_plan_stays(
    tmp_path: Path, clock: LoopClock
) -> None:
    write(tmp_path, *tomorrow("a"))
    desk = source(tmp_path, clock)
    await desk.poll()
    (tmp_path / "desk.ics").unlink()
    troubles = []
    for _ in range(3):
        await desk.poll()
        troubles.append(said(desk))
    assert troubles == ["", "", "source.stale No such file or directory"]
    assert desk.blind
    assert len(desk.bookings) == 1
    write(tmp_path, *tomorrow("a"))
    await desk.poll()
    assert (desk.trouble, desk.blind) == (None, False)


async def test_the_last_good_plan_survives_a_restart_and_says_nothing_of_subjects(
    tmp_path: Path, clock: LoopClock
) -> None:
    write(tmp_path, event("a", "SUMMARY:Merger", **TOMORROW))
    desk = source(tmp_path, clock)
    await desk.poll()
    (tmp_path / "desk.ics").unlink()
    again = source(tmp_path, clock)
    assert (list(again.bookings), again.ready) == (desk.bookings, False)
    kept = tmp_path / "bookings-source-desk.json"
    assert "Merger" not in kept.read_text()
    assert kept.stat().st_mode & 0o077 == 0


async def test_a_damaged_copy_on_disk_is_no_copy(tmp_path: Path, clock: LoopClock) -> None:
    (tmp_path / "bookings-source-desk.json").write_text('{"bookings": [{"key": 1}, {}]')
    assert source(tmp_path, clock).bookings == []


@pytest.mark.parametrize("body", [b"<html>Sign in</html>", b"", b"BEGIN:VCALENDAR\r\nVERSION:2.0"])
async def test_a_page_that_is_no_calendar_changes_nothing(tmp_path: Path, clock: LoopClock, body: bytes) -> None:
    write(tmp_path, *tomorrow("a"))
    desk = source(tmp_path, clock)
    await desk.poll()
    (tmp_path / "desk.ics").write_bytes(body)
    await desk.poll()
    assert len(desk.bookings) == 1
    assert said(desk).startswith("source.refused")


async def test_a_sudden_emptiness_is_held_for_two_more_readings(tmp_path: Path, clock: LoopClock) -> None:
    write(tmp_path, *tomorrow("a", "b"))
    desk = source(tmp_path, clock)
    await desk.poll()
    write(tmp_path)
    held = []
    for _ in range(4):
        await desk.poll()
        held.append((len(desk.bookings), said(desk)))
    assert held == [(2, "source.sudden"), (2, "source.sudden"), (0, "source.accepted"), (0, "source.accepted")]


async def test_half_of_many_bookings_must_not_vanish_at_once_but_one_of_many_may(
    tmp_path: Path, clock: LoopClock
) -> None:
    write(tmp_path, *tomorrow(*"abcdef"))
    desk = source(tmp_path, clock)
    await desk.poll()
    write(tmp_path, *tomorrow(*"abcde"))
    await desk.poll()
    assert (len(desk.bookings), desk.trouble) == (5, None)
    write(tmp_path, *tomorrow(*"ab"))
    await desk.poll()
    assert len(desk.bookings) == 5
    write(tmp_path, *tomorrow(*"abcde"))
    await desk.poll()
    assert (len(desk.bookings), desk.trouble) == (5, None)


async def test_broken_events_are_counted_and_named_and_the_others_booked(tmp_path: Path, clock: LoopClock) -> None:
    write(tmp_path, *tomorrow("a"), event("bad", "RRULE:FREQ=SECONDLY"), event("lost", location="9999"))
    desk = source(tmp_path, clock)
    await desk.poll()
    assert [b.key.uid for b in desk.bookings] == ["a"]
    assert said(desk).startswith("source.broken 2 bad: cannot be read: repeats secondly")
    assert not desk.blind


async def test_a_calendar_bomb_leaves_the_last_good_plan_and_the_loop_unharmed(
    tmp_path: Path, clock: LoopClock
) -> None:
    write(tmp_path, *tomorrow("a"))
    desk = source(tmp_path, clock)
    await desk.poll()
    bombs = [event(f"bomb-{n}", "RRULE:FREQ=HOURLY", start="DTSTART:00010101T000000", end="-") for n in range(3)]
    write(tmp_path, *bombs)
    await desk.poll()
    assert len(desk.bookings) == 1
    assert "the event it was at is bomb-" in said(desk)


async def test_what_changes_in_the_file_is_told(tmp_path: Path, clock: LoopClock) -> None:
    write(tmp_path, *tomorrow("a", "b"))
    town = Town(clock)
    diary = town.diary(source(tmp_path, clock))
    await diary.start()
    await asyncio.sleep(1)
    assert [c.booking.key.uid for _, c in town.of(BookingChanged)] == ["a", "b"]
    write(tmp_path, *tomorrow("a"))
    await asyncio.sleep(10)
    assert [c.booking.status for _, c in town.of(BookingChanged)][2:] == ["cancelled"]
    (tmp_path / "desk.ics").write_bytes(b"<html>")
    await asyncio.sleep(10)
    assert [(t.source, t.blind) for _, t in town.of(SourceTrouble)] == [("desk", True)]
    assert diary.troubles["desk"].startswith("what it gives is refused: a web page")
    await diary.stop()


async def test_a_meeting_cancelled_while_avctl_was_away_is_cancelled_when_it_is_back(
    tmp_path: Path, clock: LoopClock
) -> None:
    write(tmp_path, *tomorrow("a", "b"))
    town = Town(clock)
    first = town.diary(source(tmp_path, clock))
    await first.start()
    await asyncio.sleep(1)
    await first.stop()
    write(tmp_path, *tomorrow("a"))
    (tmp_path / "bookings-source-desk.json").unlink()
    second = town.diary(source(tmp_path, clock))
    await second.start()
    await asyncio.sleep(1)
    changes = [(c.booking.key.uid, c.booking.status) for _, c in town.of(BookingChanged)]
    assert changes[2:] == [("a", "confirmed"), ("b", "cancelled")]
    await second.stop()


async def test_the_same_meeting_in_two_sources_is_one_booking(tmp_path: Path, clock: LoopClock) -> None:
    write(tmp_path, event("a", **TOMORROW))
    (tmp_path / "oa.ics").write_bytes(calendar(event("x", "DESCRIPTION:[av mics=2]", **TOMORROW)))
    town = Town(clock)
    oa = IcsSource("oa", "oa.ics", house(), clock, base=tmp_path)
    diary = town.diary(source(tmp_path, clock), oa)
    await diary.start()
    await asyncio.sleep(1)
    (booking,) = diary.bookings()
    assert (booking.key.source, booking.needs.mics) == ("desk", 2)
    await diary.stop()


def booked(clock: LoopClock, start: float = 3600.0) -> Booking:
    return Booking(BookingKey("desk", "a"), "301", clock.now() + start, clock.now() + start + 3600)


async def test_a_word_against_a_source_holds_until_the_source_speaks_again(tmp_path: Path, clock: LoopClock) -> None:
    manual, meeting = Manual(tmp_path, clock), booked(clock)
    manual.shift(meeting, "302", meeting.start, meeting.end, "engineer")
    moved = replace(meeting, room="302")
    assert manual.over([meeting]) == [moved]
    manual.shift(moved, "302", meeting.start + 600, meeting.end + 600, "engineer")
    assert Manual(tmp_path, clock).over([meeting]) == [replace(booked(clock, 4200.0), room="302")]
    manual.cancel(meeting, "engineer")
    assert manual.over([meeting]) == []
    later = replace(meeting, start=meeting.start + 1800, end=meeting.end + 1800)
    assert manual.over([later]) == [later]


@asynccontextmanager
async def server(answers: list[tuple[int, str, bytes]], heard: list[str]) -> AsyncIterator[str]:
    """An HTTP server that gives one answer after the other: status, further headers, body."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append((await reader.readuntil(b"\r\n\r\n")).decode())
        status, headers, body = answers.pop(0)
        writer.write(
            f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{headers}\r\n".encode() + body
        )
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as listening:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/private-abcdef/basic.ics"


@pytest.mark.real_time
async def test_an_address_is_asked_only_for_what_is_new(tmp_path: Path, clock: LoopClock) -> None:
    heard: list[str] = []
    body = calendar(*tomorrow("a"))
    answers = [
        (200, 'ETag: "v1"\r\nLast-Modified: Mon, 14 Sep 2026 00:00:00 GMT\r\n', body),
        (304, "", b""),
        (503, "", b"busy"),
        (200, "", b"<html>login</html>"),
    ]
    async with server(answers, heard) as url:
        desk = source(tmp_path, clock, url)
        for _ in range(2):
            await desk.poll()
            assert (len(desk.bookings), desk.trouble) == (1, None)
        assert 'if-none-match: "v1"' in heard[1].lower()
        assert "if-modified-since: mon, 14 sep 2026" in heard[1].lower()
        await desk.poll()
        assert desk.trouble is None
        await desk.poll()
        assert "web page" in said(desk)
    for _ in range(3):
        await desk.poll()
    assert (len(desk.bookings), said(desk)) == (1, "source.stale ConnectError")


async def test_a_meeting_booked_in_the_file_within_the_last_hour_is_tested_at_once(
    tmp_path: Path, clock: LoopClock
) -> None:
    write(tmp_path)
    town = Town(clock)
    diary = town.diary(source(tmp_path, clock))
    await diary.start()
    await asyncio.sleep(60)
    write(tmp_path, event("late", start="DTSTART:20260914T114500", end="DTEND:20260914T124500"))
    wrote = clock.now()
    await asyncio.sleep(30)
    ((at, due),) = town.of(Due)
    assert (at - wrote < 6, due.rule, due.booking.key.uid) == (True, "R8", "late")
    await diary.stop()
