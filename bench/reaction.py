"""How fast a lost lamp is answered: fault bytes on the wire → first fallback command on the wire, journal committed.

The daemon is the whole of it (engine, archive, playbooks, MQTT, page) against projectors played by a process of their
own; every room is in a meeting, and each loses its lamp once, at random moments that wait for nobody. Beside it, in
the same run: the same projectors and faults with a bare asyncio relay in the daemon's place, and one durable commit
of sqlite3 (WAL, FULL) at the same random moments. Goal: p50 ≤ 2.5 × relay p50 + one commit p50.
"""

import argparse
import asyncio
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from avctl import demo

ROOT = Path(__file__).parents[1]
PACE = 10.0  # faults a second, on average
IDLE = 2.0  # s over which the daemon's CPU time without faults is taken
WITHIN = 90.0  # s for a process to answer, beside the time the faults themselves take
SIZES = ((50, 10), (500, 1))  # rooms, rounds: 500 faults each


@dataclass
class Found:
    """Seconds each; `cpu` is the daemon's for one fault and all that follows from it, by round; `busy` its share of a
    core without faults, by round.
    """

    rooms: int
    daemon: list[float] = field(default_factory=list)
    relay: list[float] = field(default_factory=list)
    commit: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """Of the daemon's p50 to what it may be; at most 1 is the goal."""
        return share(self.daemon, 50) / (2.5 * share(self.relay, 50) + share(self.commit, 50))


def share(times: list[float], percent: float) -> float:
    """The time within which so many percent were done."""
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


class Child:
    """A process of the bench that answers every line with one line of JSON."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def heard(self, within: float = WITHIN) -> Any:
        assert self._process.stdout is not None
        async with asyncio.timeout(within):
            line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the process ended with {await self._process.wait()}; its words stand above")
        return json.loads(line)

    async def asked(self, line: str, within: float = WITHIN) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode() + b"\n")
        return await self.heard(within)


@asynccontextmanager
async def child(module: str, *arguments: str) -> AsyncIterator[Child]:
    """`python -m bench.MODULE`, ended at the end. A daemon leaves its note aside, where no command line looks."""
    aside = {**os.environ, "RUNTIME_DIRECTORY": tempfile.gettempdir() + f"/avctl-bench-{os.getuid()}"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", f"bench.{module}", *arguments, cwd=ROOT, limit=1 << 22, env=aside,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        yield Child(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()  # its end is the word to go
        try:
            await asyncio.wait_for(process.wait(), 30)
        except TimeoutError:
            process.kill()
            await process.wait()


# --- the three that are measured


async def with_daemon(found: Found, pace: float, seed: int, profile: str = "") -> None:
    async with child("_hardware", str(found.rooms), str(pace), str(seed)) as hardware:
        with tempfile.TemporaryDirectory(prefix="avctl-bench-") as folder:
            _prepare(Path(folder), await hardware.heard())
            async with child("_daemon", folder, profile) as daemon:
                await daemon.heard()
                await asyncio.sleep(1)  # the start's own work
                began, before = time.perf_counter(), await daemon.asked("cpu")
                await asyncio.sleep(IDLE)
                idle, calm = time.perf_counter(), await daemon.asked("cpu")
                found.busy.append((calm - before) / (idle - began))
                found.daemon += _times(await hardware.asked("go", _within(found, pace)))
                await asyncio.sleep(1)  # what follows from the last one is its own too
                used, lasted = await daemon.asked("cpu") - calm, time.perf_counter() - idle
                found.cpu.append((used - lasted * found.busy[-1]) / found.rooms)


async def with_relay(found: Found, pace: float, seed: int) -> None:
    async with child("_hardware", str(found.rooms), str(pace), str(seed)) as hardware:
        async with child("_relay", json.dumps(await hardware.heard())) as relay:
            await relay.heard()
            found.relay += _times(await hardware.asked("go", _within(found, pace)))


async def commits(found: Found, pace: float, seed: int) -> None:
    """One row, durable, at random moments: a disk that was just at work is quicker than one that was not."""
    chance = Random(seed)
    with tempfile.TemporaryDirectory(prefix="avctl-bench-") as folder:
        with closing(sqlite3.connect(Path(folder) / "floor.db", isolation_level=None)) as connection:
            for said in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "CREATE TABLE event (body TEXT)"):
                connection.execute(said)
            for _ in range(found.rooms):
                await asyncio.sleep(chance.expovariate(pace))
                began = time.perf_counter()
                connection.execute("INSERT INTO event VALUES (?)", ("x" * 300,))  # commits by itself
                found.commit.append(time.perf_counter() - began)


def _within(found: Found, pace: float) -> float:
    return WITHIN + 3 * found.rooms / pace


def _times(said: list[float] | str) -> list[float]:
    if isinstance(said, list):
        return said
    raise RuntimeError(said)


# --- the building


def _prepare(folder: Path, ports: list[tuple[int, int]]) -> None:
    """Rooms of a lamp projector and a laser side display, all in a meeting since twenty minutes."""
    rooms = [str(1000 + n) for n in range(len(ports))]
    meetings = [demo.Meeting(room, -1200, 2400, "[av proj=1 people=12]") for room in rooms]
    (folder / "config").mkdir()
    (folder / "config" / "site.yaml").write_text(json.dumps(_site(rooms)))
    (folder / "config" / "bookings.ics").write_text(demo.calendar(meetings, time.time()))
    places = {
        f"r{room}-{name}": {"url": f"tcp://127.0.0.1:{port}", "secrets": {}}
        for room, pair in zip(rooms, ports, strict=True)
        for name, port in zip(("projector", "side"), pair, strict=True)
    }
    (folder / "simulators.json").write_text(json.dumps({"control": "", "devices": places}))


def _site(rooms: list[str]) -> dict[str, Any]:
    sources = {"hdmi-1": "30"}
    lamp, laser = {"sources": sources}, {"sources": sources, "light": "laser"}
    devices = {}
    for room in rooms:
        common = {"room": room, "driver": "escvp21", "url": "tcp://127.0.0.1:9"}
        devices[f"r{room}-projector"] = {**common, "options": lamp}
        devices[f"r{room}-side"] = {**common, "options": laser}
    roles = {room: {"main-display": f"r{room}-projector", "side-display": f"r{room}-side"} for room in rooms}
    return {
        "site": "bench", "timezone": "Asia/Shanghai", "language": "en",
        "rooms": {room: {"name": room, "roles": roles[room], "scenes": {"standard": 2}} for room in rooms},
        "devices": devices,
        "bookings": {"sources": {"desk": {"kind": "ics", "url": "bookings.ics", "every": 600}}},
        "web": {"listen": "127.0.0.1:0"},
    }  # fmt: skip


# --- the table


async def measure(rooms: int, rounds: int, pace: float = PACE, profile: str = "") -> Found:
    """`rounds` times all three, in turns; every room of a round has one fault."""
    found = Found(rooms)
    for seed in range(rounds):
        await commits(found, pace, seed)
        await with_relay(found, pace, seed)
        await with_daemon(found, pace, seed, profile)
    return found


def table(found: Found) -> str:
    """The figures, in milliseconds."""
    lines = [
        f"{2 * found.rooms:,} devices, {len(found.daemon)} faults, at random moments",
        f"{'':52}{'p50':>8}{'p90':>8}{'p99':>8}  ms",
        _line("avctl: fault bytes → PWR ON bytes, journal durable", found.daemon),
        _line("floor: bare asyncio relay, same projectors", found.relay),
        _line("floor: one commit of sqlite3 (WAL, FULL)", found.commit),
        f"avctl p50 is {found.ratio:.2f} of (2.5 × relay p50 + commit p50); goal ≤ 1",
        f"avctl's CPU: {share(found.cpu, 50) * 1000:.1f} ms a fault with all that follows, "
        f"{share(found.busy, 50) * 100:.0f} % of a core between faults (every room is watched as in a meeting)",
    ]
    return "\n".join(lines)


def _line(name: str, times: list[float]) -> str:
    return f"{name:52}" + "".join(f"{share(times, percent) * 1000:>8.2f}" for percent in (50, 90, 99))


def main() -> None:
    told = argparse.ArgumentParser(prog="python -m bench reaction")
    told.add_argument("--rooms", type=int, help="two devices each; without, 50 and then 500")
    told.add_argument("--rounds", type=int, default=1, help="each with a daemon of its own, one fault in every room")
    told.add_argument("--pace", type=float, default=PACE, help="faults a second, on average")
    told.add_argument("--profile", default="", help="file for cProfile's figures of the daemon's last round")
    chosen = told.parse_args(sys.argv[2:])
    for rooms, rounds in ((chosen.rooms, chosen.rounds),) if chosen.rooms else SIZES:
        print(table(asyncio.run(measure(rooms, rounds, chosen.pace, chosen.profile))), end="\n\n", flush=True)
    print("not measured: OpenAVC, the nearest open peer, which is not installed here")
