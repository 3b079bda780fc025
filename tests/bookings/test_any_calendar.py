"""Whatever is booked, moved, cancelled, and whoever comes and goes: what must hold, on a loop whose time jumps."""

import asyncio
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avctl.bookings.diary import Diary
from avctl.bookings.rule import PRE_MEETING, SHUTDOWN
from avctl.clock import JumpingLoop, LoopClock
from avctl.model.booking import Booking, BookingKey
from avctl.model.command import TestClass
from avctl.model.event import Due, Missed, Occupancy, PhaseChanged, PlayStarted
from tests.bookings.town import Runner, Sheet, Town
from tests.conftest import MONDAY

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0


def live(story: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        runner.run(story)


# --- the start of the test, whatever happens to the booking


@dataclass(frozen=True)
class Change:
    """After `wait` seconds the booking is put to `start` seconds from then; None cancels it."""

    wait: float
    start: float | None


starts = st.one_of(st.none(), st.floats(-10 * MINUTE, 3 * HOUR), st.floats(50 * MINUTE, 70 * MINUTE))
changes = st.lists(st.builds(Change, st.floats(0.0, 90 * MINUTE), starts), min_size=1, max_size=6)


@settings(max_examples=60, deadline=None)
@given(changes)
def test_the_test_starts_within_five_seconds_of_its_time_whatever_is_moved_when(story: list[Change]) -> None:
    live(_moved_about(story))


async def _moved_about(story: list[Change]) -> None:
    clock = LoopClock(asyncio.get_running_loop(), MONDAY)
    town = Town(clock, "301")
    diary, runner = town.diary(tick=MINUTE), Runner(town, took=1.0)
    await diary.start()
    await asyncio.sleep(HOUR)
    versions: list[list[float]] = []  # start, known, until
    for change in story:
        await asyncio.sleep(change.wait)
        _close(versions, clock.now())
        if change.start is None:
            _cancel(diary)
        else:
            start = clock.now() + change.start
            _put(diary, start)
            versions.append([start, clock.now(), float("inf")])
    await asyncio.sleep(4 * HOUR)
    _close(versions, clock.now())
    due = {d.booking.start: at for at, d in town.of(Due) if d.stage == PRE_MEETING}
    surely, perhaps = _expected(versions, -0.01), _expected(versions, 0.01)
    assert surely.keys() <= due.keys() <= perhaps.keys()
    assert due == pytest.approx({start: perhaps[start] for start in due}, abs=5.0)
    assert len(due) == sum(d.stage == PRE_MEETING for _, d in town.of(Due))
    await diary.stop()
    await runner.stop()


def _put(diary: Diary, start: float) -> None:
    diary.add(Booking(BookingKey("manual", "b"), "301", start, start + HOUR))


def _cancel(diary: Diary) -> None:
    for booking in diary.bookings():
        diary.cancel(booking.key, "engineer")


def _close(versions: list[list[float]], now: float) -> None:
    if versions and versions[-1][2] == float("inf"):
        versions[-1][2] = now


def _expected(versions: list[list[float]], margin: float) -> dict[float, float]:
    """By start, when each version of the booking has to be tested: at T-60, or when it is known if that is later."""
    found: dict[float, float] = {}
    for start, known, until in versions:
        when = max(start - HOUR, known)
        if when < until + margin and start not in found:
            found[start] = when
    return found


# --- a building full of meetings and people


class Building:
    """Rooms with random meetings, people who come early, stay late or not at all, and a daemon that dies."""

    def __init__(self, town: Town, rng: Random, days: int) -> None:
        self.town, self.rng, self.days = town, rng, days
        self.booked = [b for room in town.house.rooms for b in self.meetings(room)]

    def meetings(self, room: str) -> list[Booking]:
        """Back to back, with gaps of any length, sometimes overlapping."""
        found, at = [], MONDAY + 2 * HOUR
        while at < MONDAY + self.days * DAY:
            length = self.rng.choice((15, 30, 60, 90, 240)) * MINUTE
            found.append(Booking(BookingKey("sheet", f"{room}-{len(found)}"), room, at, at + length))
            at += length + self.rng.choice((-20, 0, 0, 5, 12, 19, 25, 45, 75, 240, 900)) * MINUTE
        return found

    async def people(self, room: str, meetings: list[Booking]) -> None:
        """They come for most meetings, mostly on time; and sometimes for none."""
        for meeting in meetings:
            if self.rng.random() < 0.2:
                continue
            come = meeting.start + self.rng.choice((-70, -40, -5, 0, 0, 0, 10)) * MINUTE
            go = meeting.end + self.rng.choice((-20, -5, 0, 0, 2, 20, 50)) * MINUTE
            await self._until(come)
            self.town.see(room, Occupancy.OCCUPIED)
            await self._until(go)
            self.town.see(room, self.rng.choice((Occupancy.FREE, Occupancy.FREE, Occupancy.UNKNOWN)))
            if self.rng.random() < 0.5:
                await asyncio.sleep(20 * MINUTE)
                self.town.see(room, Occupancy.FREE)

    async def daemon(self) -> None:
        """Lives for some hours, dies, is away for some minutes, lives again."""
        while True:
            diary = self.town.diary(Sheet(self.town.clock, self.booked), tick=MINUTE)
            runner = Runner(self.town, took=4 * MINUTE)
            await diary.start()
            await asyncio.sleep(self.rng.uniform(0, 12 * HOUR))
            await diary.stop()
            await runner.stop()
            await asyncio.sleep(self.rng.choice((0.0, 1.0, 5 * MINUTE, 2 * HOUR)))

    async def _until(self, when: float) -> None:
        await asyncio.sleep(max(0.0, when - self.town.clock.now()))


async def _weeks(seed: int, rooms: int, days: int) -> None:
    town = Town(LoopClock(asyncio.get_running_loop(), MONDAY), *(str(301 + n) for n in range(rooms)))
    building = Building(town, Random(seed), days)
    stories = [building.daemon()]
    stories += [building.people(room, [b for b in building.booked if b.room == room]) for room in town.house.rooms]
    tasks = [asyncio.get_running_loop().create_task(story) for story in stories]
    await asyncio.sleep((days + 1) * DAY)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    _nobody_was_disturbed(town)
    _each_has_one_result_or_reason(town, building.booked)


def _nobody_was_disturbed(town: Town) -> None:
    seen = dict.fromkeys(town.house.rooms, Occupancy.FREE)
    for event in town.events:
        match event.body:
            case PhaseChanged(room=room, occupancy=occupancy):
                seen[room] = occupancy
            case Due(room=room, most=most) as due if most >= TestClass.PERCEPTIBLE:
                assert seen[room] is Occupancy.FREE, due
                if due.until is not None:
                    assert event.at < due.until, due
            case Due(room=room, most=TestClass.SILENT) as due:
                assert seen[room] is not Occupancy.OCCUPIED, due
            case _:
                pass


def _each_has_one_result_or_reason(town: Town, booked: list[Booking]) -> None:
    by_seq = {e.seq: e.body for e in town.events}
    began = [by_seq[e.cause] for e in town.events if isinstance(e.body, PlayStarted) and e.cause is not None]
    results = Counter((d.booking.key, d.stage) for d in began if isinstance(d, Due))
    reasons = Counter((m.booking, m.stage) for _, m in town.of(Missed))
    for meeting in booked:
        assert results[meeting.key, PRE_MEETING] + reasons[meeting.key, PRE_MEETING] == 1, meeting
        assert results[meeting.key, SHUTDOWN] <= 1, meeting


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 2**32))
def test_no_meeting_is_lost_and_nobody_disturbed_whatever_happens(seed: int) -> None:
    live(_weeks(seed, rooms=2, days=4))


@pytest.mark.long
def test_thirty_rooms_for_thirty_days() -> None:
    live(_weeks(2026, rooms=30, days=30))
