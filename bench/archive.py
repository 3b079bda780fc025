"""Durable events a second: avctl's archive beside bare sqlite3 and aiosqlite, on the same disk, in the same run.

All four write with WAL and synchronous=FULL. The floor stores rows that were made beforehand in batches of 500, into
the same table with the same indexes, but links no hashes and keeps no other tables; the second line also makes its
rows from the events. avctl's figure goes the whole way: bus, writer, commit, settled. Goals: at least half of bare
sqlite3 and twenty times aiosqlite with a commit for each event; no stall of the loop above 5 ms; at most 200 bytes
for an event.
"""

import asyncio
import gc
import json
import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from statistics import median

import aiosqlite

from avctl.archive.events import to_json
from avctl.archive.store import Store
from avctl.archive.writer import Writer
from avctl.engine.bus import Bus
from avctl.model.command import Command
from avctl.model.event import Body, CommandAsked, CommandDone, Event, Read
from avctl.model.outcome import Verdict
from avctl.model.reading import Quality, Reading

EVENTS, ALONE, ROUNDS, BATCH = 40_000, 1_000, 5, 500
WINDOW = 2_000  # events under way at most: the rate that can be kept up, not how fast a queue can be filled
_TABLE = "seq INTEGER PRIMARY KEY, at REAL, cause INTEGER, kind TEXT, room TEXT, device TEXT, body TEXT, hash BLOB"
_INSERT = "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_INDEXES = [f"CREATE INDEX by_{c} ON events ({c}, seq) WHERE kind <> 'read'" for c in ("device", "room")]

Row = tuple[object, ...]


class Wall:
    def now(self) -> float:
        return time.time()


def body(n: int) -> Body:
    """A day's mixture: of a hundred events ninety are readings, five of them of a meter, and five commands are done."""
    device, now = f"r{300 + n % 40}-projector", 1.8e9 + n / 7
    match n % 100:
        case k if k < 5:
            return CommandAsked(Command(f"c{n}", device, "power", "on", "playbook:pre-meeting", "test", now + 30))
        case k if k < 10:
            return CommandDone(f"c{n - 5}", device, "power", Verdict.PASS, "on", _reading(device, "power", "on", now))
        case k if k < 15:
            return Read(device, (_reading(device, "lamp.hours", 1000 + n // 400, now),))
        case _:
            return Read(device, (_reading(device, "temperature.inlet", 31.5 + n % 7 / 10, now),))


def _reading(device: str, point: str, value: float | str, at: float) -> Reading:
    return Reading(device, point, value, Quality.MEASURED, at)


def row(n: int, made: Body) -> Row:
    """What bare sqlite3 stores: the same columns, a hash that is only as long."""
    return n, 1.8e9 + n / 7, None, made.kind, "301", "r301-projector", to_json(made), b"0" * 16


def plain_row(n: int, made: Body) -> Row:
    """The same, made the ordinary way."""
    text = json.dumps(asdict(made), separators=(",", ":"))
    return n, 1.8e9 + n / 7, None, made.kind, "301", "r301-projector", text, b"0" * 16


def bare(path: Path, bodies: list[Body], make: Callable[[int, Body], Row], beforehand: bool) -> float:
    with closing(_open(path)) as connection:
        ready = [make(n, b) for n, b in enumerate(bodies, 1)] if beforehand else []
        began = time.perf_counter()
        for start in range(0, len(bodies), BATCH):
            part = bodies[start : start + BATCH]
            rows = ready[start : start + BATCH] if beforehand else [make(start + i + 1, b) for i, b in enumerate(part)]
            connection.execute("BEGIN")
            connection.executemany(_INSERT, rows)
            connection.execute("COMMIT")
        return len(bodies) / (time.perf_counter() - began)


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in (
        "PRAGMA journal_mode=WAL",
        "PRAGMA synchronous=FULL",
        f"CREATE TABLE events ({_TABLE})",
        *_INDEXES,
    ):
        connection.execute(statement)
    return connection


async def each_alone(path: Path, bodies: list[Body]) -> float:
    _open(path).close()
    async with aiosqlite.connect(path) as connection:
        await connection.execute("PRAGMA synchronous=FULL")
        began = time.perf_counter()
        for n, made in enumerate(bodies, 1):
            await connection.execute(_INSERT, row(n, made))
            await connection.commit()
        return len(bodies) / (time.perf_counter() - began)


async def ours(path: Path, bodies: list[Body]) -> tuple[float, list[float], float]:
    """Events a second, the stalls of the loop (s), bytes for each event."""
    store = Store(path, Wall())
    bus = Bus(Wall(), journaled=True)
    writer = asyncio.create_task(Writer(store, bus, bus.subscribe("archive", capacity=len(bodies))).run())
    stalls: list[float] = []
    watch = asyncio.create_task(_watch(stalls))
    began = time.perf_counter()
    for start in range(0, len(bodies), 100):
        for made in bodies[start : start + 100]:
            bus.hand_on(bus.number(made))
        await asyncio.sleep(0)
        await bus.durable(bus.last - WINDOW)
    await bus.durable(bus.last)
    rate = len(bodies) / (time.perf_counter() - began)
    watch.cancel()
    bus.close()
    await writer
    store.close()
    return rate, stalls, path.stat().st_size / len(bodies)


async def lone_events(path: Path) -> list[float]:
    """How long one event takes from the bus to durable, when nothing else is going on (s)."""
    store = Store(path, Wall())
    bus = Bus(Wall(), journaled=True)
    writer = asyncio.create_task(Writer(store, bus, bus.subscribe("archive")).run())
    took = []
    for n in range(ALONE):
        event: Event = bus.number(body(n))
        began = time.perf_counter()
        bus.hand_on(event)
        await bus.durable(event.seq)
        took.append(time.perf_counter() - began)
    bus.close()
    await writer
    store.close()
    return sorted(took)


async def _watch(stalls: list[float]) -> None:
    while True:
        began = time.perf_counter()
        await asyncio.sleep(0.001)
        stalls.append(time.perf_counter() - began - 0.001)


def main() -> None:
    bodies = [body(n) for n in range(EVENTS)]
    gc.collect()
    gc.freeze()  # the pile of material is the bench's, not the daemon's: its collection would show as a stall
    rates: dict[str, list[float]] = {"bare": [], "made": [], "alone": [], "ours": []}
    stalls: list[float] = []
    size = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for n in range(ROUNDS):
            files = [Path(folder) / f"{name}{n}.db" for name in rates]
            rates["bare"].append(bare(files[0], bodies, row, beforehand=True))
            rates["made"].append(bare(files[1], bodies, plain_row, beforehand=False))
            rates["alone"].append(asyncio.run(each_alone(files[2], bodies[:ALONE])))
            rate, seen, size = asyncio.run(ours(files[3], bodies))
            rates["ours"].append(rate)
            stalls += seen
        took = asyncio.run(lone_events(Path(folder) / "lone.db"))
    _show({name: median(found) for name, found in rates.items()}, sorted(stalls), size, took)


def _show(rate: dict[str, float], stalls: list[float], size: float, took: list[float]) -> None:
    names = {
        "bare": f"bare sqlite3, rows made beforehand, {BATCH} a batch",
        "made": f"bare sqlite3, rows made from events, {BATCH} a batch",
        "alone": "aiosqlite, a commit each",
        "ours": "avctl: bus to durable, hash chain, tables kept",
    }
    print(f"{'durable events/s (WAL, FULL), median of ' + str(ROUNDS):56}{'events/s':>10}  avctl is")
    for key, name in names.items():
        print(f"{name:56}{rate[key]:>10,.0f}  {rate['ours'] / rate[key]:.2f}×")
    late, longest = stalls[-len(stalls) // 100] * 1000, stalls[-1] * 1000
    print(f"stall of the loop under full load p99 {late:.1f} ms, longest {longest:.1f} ms; {size:.0f} bytes an event")
    half, late = took[len(took) // 2] * 1000, took[-len(took) // 100] * 1000
    print(f"a lone event is durable after p50 {half:.2f} ms, p99 {late:.2f} ms")


if __name__ == "__main__":
    main()
