"""The diary at work, on a loop whose time jumps: Monday, eleven o'clock in Shanghai."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from avctl.bookings.diary import Diary
from avctl.bookings.rule import LOOK, PRE_MEETING, SHUTDOWN, Act
from avctl.clock import LoopClock
from avctl.model.booking import Booking, BookingKey, Needs, Status
from avctl.model.command import TestClass
from avctl.model.event import BookingChanged, Due, Missed, Notice, Occupancy, SourceTrouble
from tests.bookings.town import Runner, Town

MINUTE, HOUR = 60.0, 3600.0


@pytest.fixture
def town(clock: LoopClock) -> Town:
    return Town(clock)


@pytest.fixture
async def living(town: Town, tmp_path: Path) -> AsyncIterator[Callable[[], "asyncio.Future[Diary]"]]:
    """Starts a diary with its runner, ending the one before: a restart."""
    alive: list[tuple[Diary, Runner]] = []

    async def begin() -> Diary:
        await end()
        alive.append((town.diary(folder=tmp_path), Runner(town)))
        await alive[-1][0].start()
        return alive[-1][0]

    async def end() -> None:
        for diary, runner in alive:
            await diary.stop()
            await runner.stop()
        alive.clear()

    yield begin  # type: ignore[misc]
    await end()


def booking(town: Town, start: float, length: float = HOUR, uid: str = "b", room: str = "301") -> Booking:
    now = town.clock.now()
    return Booking(BookingKey("manual", uid), room, now + start, now + start + length)


async def test_the_test_starts_an_hour_before_and_the_room_is_put_away_after(town: Town, living: Callable) -> None:
    diary = await living()
    meeting = booking(town, 2 * HOUR)
    diary.add(meeting)
    await asyncio.sleep(4 * HOUR)
    due = town.of(Due)
    assert [(at - meeting.start, d.stage, d.playbook, d.rule) for at, d in due] == [
        (-HOUR, PRE_MEETING, PRE_MEETING, "R1"),
        (HOUR + 10 * MINUTE, SHUTDOWN, SHUTDOWN, "R22"),
    ]
    assert due[0][1].why == "an hour before, room free"
    assert due[0][1].most is TestClass.PERCEPTIBLE


async def test_every_change_is_told_once(town: Town, living: Callable) -> None:
    diary = await living()
    meeting = booking(town, 2 * HOUR)
    diary.add(meeting)
    diary.add(meeting)
    moved = diary.move(meeting.key, meeting.start + HOUR)
    diary.cancel(meeting.key, "engineer")
    assert [(c.booking, c.before) for _, c in town.of(BookingChanged)] == [
        (meeting, None),
        (moved, meeting),
        (replace(moved, status=Status.CANCELLED), moved),
    ]
    await asyncio.sleep(5 * HOUR)
    assert town.of(Due) == []


async def test_a_test_is_caused_by_its_booking(town: Town, living: Callable) -> None:
    diary = await living()
    diary.add(booking(town, HOUR))
    await asyncio.sleep(1)
    changed, due = (next(e for e in town.events if isinstance(e.body, kind)) for kind in (BookingChanged, Due))
    assert due.cause == changed.seq


async def test_after_a_restart_nothing_is_done_twice_and_nothing_is_lost(town: Town, living: Callable) -> None:
    diary = await living()
    first, second = booking(town, 2 * HOUR), booking(town, 3 * HOUR, uid="c", room="302")
    diary.add(first)
    diary.add(second)
    await asyncio.sleep(HOUR + MINUTE)
    await living()
    await asyncio.sleep(5 * HOUR)
    stages = sorted((d.room, d.stage) for _, d in town.of(Due))
    assert stages == [("301", PRE_MEETING), ("301", SHUTDOWN), ("302", PRE_MEETING), ("302", SHUTDOWN)]


async def test_what_was_due_when_the_daemon_died_is_due_when_it_lives(town: Town, living: Callable) -> None:
    diary = await living()
    meeting = booking(town, 2 * HOUR)
    diary.add(meeting)
    await asyncio.sleep(HOUR - MINUTE)
    await diary.stop()
    await asyncio.sleep(10 * MINUTE)
    await living()
    await asyncio.sleep(1)
    (at, due), *_ = town.of(Due)
    assert (meeting.start - at, due.rule) == (51 * MINUTE, "R18")


async def test_a_meeting_slept_through_is_missed_and_said_so(town: Town, living: Callable) -> None:
    diary = await living()
    meeting = booking(town, 2 * HOUR, length=2 * HOUR)
    diary.add(meeting)
    await diary.stop()
    await asyncio.sleep(3 * HOUR)
    await living()
    await asyncio.sleep(MINUTE)
    assert [(m.booking, m.stage, m.rule) for _, m in town.of(Missed)] == [(meeting.key, PRE_MEETING, "R18")]


async def test_an_occupied_room_is_looked_at_and_tested_when_it_empties(town: Town, living: Callable) -> None:
    diary = await living()
    meeting = booking(town, 2 * HOUR)
    diary.add(meeting)
    town.see("301", Occupancy.OCCUPIED)
    await asyncio.sleep(HOUR + 20 * MINUTE)
    town.see("301", Occupancy.FREE)
    await asyncio.sleep(20 * MINUTE)
    found = [(round((at - meeting.start) / MINUTE), d.stage, d.most) for at, d in town.of(Due)]
    assert found == [(-60, LOOK, TestClass.PASSIVE), (-35, PRE_MEETING, TestClass.PERCEPTIBLE)]


async def test_people_are_told_once_in_both_tongues_that_nobody_has_left(town: Town, living: Callable) -> None:
    diary = await living()
    before, meeting = booking(town, HOUR, HOUR, "p"), booking(town, 2.5 * HOUR)
    diary.add(before)
    diary.add(meeting)
    await asyncio.sleep(HOUR)
    town.see("301", Occupancy.OCCUPIED)
    await asyncio.sleep(1.5 * HOUR)
    told = [
        (round((meeting.start - at) / MINUTE), n.to, dict(n.text))
        for at, n in town.of(Notice)
        if "overrun" in n.incident
    ]
    assert [(minutes, to) for minutes, to, _ in told] == [(10, "service")]
    assert told[0][2]["zh"].startswith("【上一场未散会】301会议室")
    assert told[0][2]["en"].startswith("[OVERRUN] Room 301")
    assert [(m.rule, m.start) for _, m in town.of(Missed)] == [("R4", meeting.start)]


async def test_a_jump_of_the_wall_clock_plans_everything_anew(town: Town, living: Callable, clock: LoopClock) -> None:
    diary = await living()
    meeting = booking(town, 3 * HOUR)
    diary.add(meeting)
    await asyncio.sleep(MINUTE)
    clock._start += 2 * HOUR  # somebody sets the clock
    await asyncio.sleep(3)
    assert [d.stage for _, d in town.of(Due)] == [PRE_MEETING]
    assert "jumped by +7200 s" in town.of(SourceTrouble)[0][1].trouble
    clock._start -= 2 * HOUR
    await asyncio.sleep(3 * HOUR)
    assert [d.stage for _, d in town.of(Due)] == [PRE_MEETING]


async def test_a_clock_behind_the_archive_starts_nothing(town: Town, living: Callable, clock: LoopClock) -> None:
    diary = await living()
    diary.add(booking(town, 1.5 * HOUR))
    clock._start -= 100 * 86_400
    await living()
    await asyncio.sleep(2 * HOUR)
    assert town.of(Due) == []
    assert "behind" in town.of(SourceTrouble)[-1][1].trouble
    clock._start += 100 * 86_400 - 3 * HOUR
    await asyncio.sleep(2 * HOUR)
    assert [d.stage for _, d in town.of(Due)] == [PRE_MEETING]


async def test_a_booking_is_made_in_words_and_found_by_its_short_name(town: Town, living: Callable) -> None:
    diary = await living()
    now = town.clock.now()
    made = diary.book("id-1", "301", now + HOUR, now + 2 * HOUR, "mics=2 proj=1")
    assert made.needs == Needs(mics=2, projection=True)
    assert diary.find(made.short) == diary.find("id-1") == made
    with pytest.raises(LookupError, match=made.short):
        diary.find("nothing")
    with pytest.raises(ValueError, match="there are 301, 302"):
        diary.book("id-2", "999", now, now + 1)
    with pytest.raises(ValueError, match="lasers"):
        diary.book("id-2", "301", now, now + HOUR, "lasers=1")
    with pytest.raises(ValueError, match="past"):
        diary.book("id-2", "301", now - HOUR, now - 1)


async def test_the_plan_can_be_read_with_its_reasons(town: Town, living: Callable) -> None:
    diary = await living()
    diary.add(booking(town, 3 * HOUR))
    diary.add(booking(town, 4.1 * HOUR, uid="n"))
    lines = [(d.act, d.stage, diary.why(d.why, "zh")) for d in diary.plan("301")]
    assert (Act.RUN, PRE_MEETING, "2 场连续会议合做一次检测，至 16:06") in lines


async def test_what_was_entered_by_hand_outlives_the_daemon(town: Town, living: Callable) -> None:
    diary = await living()
    meeting = booking(town, 3 * HOUR)
    diary.add(meeting)
    assert (await living()).bookings() == [meeting]


async def test_what_cannot_be_written_down_is_not_promised(town: Town, living: Callable, tmp_path: Path) -> None:
    diary = await living()
    (tmp_path / "bookings-manual.new").mkdir()
    with pytest.raises(ValueError, match="cannot be written to disk"):
        diary.add(booking(town, 2 * HOUR))
    assert diary.bookings() == []


async def test_a_bug_in_the_diary_is_not_silent(town: Town, living: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    diary = await living()
    held = asyncio.get_running_loop().create_task(diary.hold())
    monkeypatch.setattr(diary, "_act", lambda: 1 // 0)
    diary.add(booking(town, 2 * HOUR))
    with pytest.raises(ZeroDivisionError):
        await held
