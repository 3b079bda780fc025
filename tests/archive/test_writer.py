"""Events are durable before anybody acts on them, and the loop never waits for a disk."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from avctl.archive import database
from avctl.archive.database import connect_to_read
from avctl.archive.reader import verify
from avctl.archive.store import Store, Trouble
from avctl.archive.writer import RETRY, Fleeting, Writer, notice
from avctl.engine.bus import Bus
from avctl.model.event import DaemonStarted, DaemonStopped, Event, Read
from avctl.model.ports import Clock
from tests.archive.conftest import DEVICES, read


class Desk:
    """A bus with an archive behind it, and what was heard of trouble."""

    def __init__(self, path: Path, clock: Clock, capacity: int, fleeting: Fleeting) -> None:
        self.store = Store(path, clock, DEVICES)
        self.bus = Bus(clock, self.store.last_seq + 1, journaled=True)
        self.heard: list[Trouble] = []
        subscription = self.bus.subscribe("archive", capacity=capacity)
        self.writer = Writer(self.store, self.bus, subscription, fleeting, self.heard.append)

    def say(self, scene: int = 1) -> Event:
        event = self.bus.number(read("r301-mixer", 0.0, scene=scene))
        self.bus.hand_on(event)
        return event


Open = Callable[..., "asyncio.Future[Desk]"]


@asynccontextmanager
async def desk(
    path: Path, clock: Clock, capacity: int = 1000, fleeting: Fleeting = lambda device, point: False
) -> AsyncIterator[Desk]:
    opened = Desk(path, clock, capacity, fleeting)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(opened.writer.run())
            yield opened
            opened.bus.close()
    finally:
        opened.store.close()


def kinds(path: Path) -> list[str]:
    with closing(connect_to_read(path)) as connection:
        return [kind for (kind,) in connection.execute("SELECT kind FROM events ORDER BY seq")]


async def test_an_event_is_durable_once_the_file_has_it(path: Path, clock: Clock) -> None:
    async with desk(path, clock) as d:
        event = d.bus.number(DaemonStarted("1", "site.yaml", True))
        d.bus.hand_on(event)
        assert d.bus.settled == 0
        await d.bus.durable(event.seq)
        assert kinds(path) == ["daemon-started"]


async def test_what_a_fault_calls_for_in_the_next_turns_shares_its_commit(path: Path, clock: Clock) -> None:
    async with desk(path, clock) as d:
        settled: list[int] = []
        settle = d.bus.settle

        def noted(seq: int) -> None:
            settled.append(seq)
            settle(seq)

        d.bus.settle = noted  # type: ignore[method-assign]
        d.say()
        for _ in range(3):
            await asyncio.sleep(0)  # the runner hears of it, a run begins
        d.say()
        for _ in range(3):
            await asyncio.sleep(0)
        last = d.say()
        await d.bus.durable(last.seq)
        assert settled == [last.seq]


async def test_everything_said_before_the_end_is_kept(path: Path, clock: Clock) -> None:
    async with desk(path, clock) as d:
        for n in range(2500):
            d.say(n)
    assert len(kinds(path)) == 2500


async def test_a_cancelled_writer_still_writes_what_is_queued(path: Path, clock: Clock) -> None:
    d = Desk(path, clock, 1000, lambda device, point: False)
    task = asyncio.create_task(d.writer.run())
    await asyncio.sleep(0)
    for n in range(2500):
        d.say(n)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    d.store.close()
    assert len(kinds(path)) == 2500


async def test_readings_merged_under_pressure_leave_no_hole(path: Path, clock: Clock) -> None:
    async with desk(path, clock, capacity=3) as d:
        for n in range(10):
            d.say(n)
        await d.bus.durable(10)
    with closing(connect_to_read(path)) as connection:
        found = verify(connection)
    assert (found.events, found.sound) == (10, True)
    assert kinds(path).count("dropped") == 7


async def test_what_is_fleeting_leaves_its_number_and_nothing_else(path: Path, clock: Clock) -> None:
    async with desk(path, clock, fleeting=lambda device, point: point.endswith(".level")) as d:
        d.bus.hand_on(d.bus.number(read("r301-mixer", 0.0, main__level=-20.0, scene=2)))
    with closing(connect_to_read(path)) as connection:
        [(body,)] = connection.execute("SELECT body FROM events")
    assert "scene" in body and "level" not in body


async def test_a_locked_file_is_tried_again_and_said_to_be_well(
    path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "PATIENCE", 0.01)
    async with desk(path, clock) as d:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            await d.bus.durable(d.say().seq)
            assert [t.kind for t in d.heard] == ["locked"] and d.store.behind == 1
            other.execute("ROLLBACK")
        await asyncio.sleep(3 * RETRY)
        assert [t.kind for t in d.heard] == ["locked", "well"] and d.store.behind == 0
    assert kinds(path) == ["read"]


async def test_the_next_life_goes_on_counting(path: Path, clock: Clock) -> None:
    async with desk(path, clock) as d:
        d.say()
    async with desk(path, clock) as d:
        assert d.bus.number(DaemonStopped("again")).seq == 2
        assert isinstance(d.say().body, Read)
    assert kinds(path) == ["read", "dropped", "read"]


@pytest.mark.parametrize("kind", ["damaged", "full", "locked", "unwritable", "well"])
def test_trouble_is_told_in_two_languages(kind: str) -> None:
    said = dict(notice(Trouble(kind, "avctl.db: as found")).text)
    assert set(said) == {"zh", "en"} and all("avctl.db: as found" in text for text in said.values())
