"""Kill -9 at any moment, a full disk: no event that was called durable is lost, and no number is missing."""

import os
import random
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from avctl.archive.database import connect_to_read
from avctl.archive.reader import verify
from avctl.archive.store import Store
from avctl.model.event import Event
from tests.archive.conftest import DEVICES, Watch, read
from tests.archive.test_store import damage_pages

CHILD = """
import asyncio, sys
from pathlib import Path
from avctl.archive.store import Store
from avctl.archive.writer import Writer
from avctl.engine.bus import Bus
from tests.archive.conftest import DEVICES, Watch, read

async def main(path: Path) -> None:
    store = Store(path, Watch(), DEVICES)
    bus = Bus(Watch(), store.last_seq + 1, journaled=True)
    writer = asyncio.create_task(Writer(store, bus, bus.subscribe("archive")).run())
    while not writer.done():
        for n in range(5):
            bus.hand_on(bus.number(read("r301-mixer", 1.0, scene=n)))
        await bus.durable(bus.last - 3)
        print(bus.settled, flush=True)
    await writer

asyncio.run(main(Path(sys.argv[1])))
"""


@pytest.mark.parametrize("rounds", [10, pytest.param(1000, marks=pytest.mark.long)])
def test_kill_minus_nine_loses_no_acknowledged_event(path: Path, rounds: int) -> None:
    seed = int(os.environ.get("AVCTL_SEED", random.randrange(2**32)))
    print("seed", seed)
    chance = random.Random(seed)
    for _ in range(rounds):
        acknowledged = _killed_after(path, lines=int(10 ** chance.uniform(0, 3)))
        with closing(Store(path, Watch(), DEVICES)) as store:
            assert store.trouble is None, store.trouble
            assert store.last_seq >= acknowledged
        with closing(connect_to_read(path)) as connection:
            found = verify(connection)
        assert found.sound and found.events == found.last


def _killed_after(path: Path, lines: int) -> int:
    """Let a daemon's archive run, kill it in the middle; the highest number it had called durable."""
    command = [sys.executable, "-c", CHILD, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        for _ in range(lines):
            child.stdout.readline()
        child.send_signal(signal.SIGKILL)
        heard = [line for line in child.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
    return int(heard[-1]) if heard else 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Three megabytes to live on: a file system of their own where root may mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", disk], check=False, capture_output=True)
    if mounted.returncode:
        pytest.skip("needs to mount a tmpfs (root)")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


def event(seq: int) -> Event:
    return Event(seq, 1.0, None, read("r301-mixer", 1.0, scene__name="x" * 500))


def test_a_full_disk_loses_nothing(small_disk: Path) -> None:
    path = small_disk / "avctl.db"
    ballast = small_disk / "video.mp4"
    with closing(Store(path, Watch(), DEVICES)) as store:
        store.write([event(1)])
        ballast.write_bytes(bytes(free(small_disk)))
        for seq in range(2, 6001):
            store.write([event(seq)])
            if store.last_seq < seq:
                break
        assert store.last_seq < seq, "the disk never filled"
        assert not path.with_name("avctl.db.reserve").exists(), "the reserve is given up first"
        assert store.trouble is not None and store.trouble.kind == "full"
        store.write([event(seq + 1)])
        assert store.last_seq < seq, "what is only in memory is not called durable"
        ballast.unlink()
        store.write([], retry=True)
        assert (store.last_seq, store.behind, store.trouble.kind) == (seq + 1, 0, "well")
    with closing(connect_to_read(path)) as connection:
        assert (found := verify(connection)).sound and found.events == seq + 1


def test_damage_on_a_full_disk_waits_for_room_and_then_is_healed(small_disk: Path) -> None:
    path = small_disk / "avctl.db"
    ballast = small_disk / "video.mp4"
    with closing(Store(path, Watch(), DEVICES)) as store:
        store.write([event(seq) for seq in range(1, 601)])
        store._ledger._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        store._ledger._connection.execute("PRAGMA cache_size=0")
        path.with_name("avctl.db.reserve").unlink()
        damage_pages(path, first=3, last=path.stat().st_size // 4096 - 1)
        ballast.write_bytes(bytes(free(small_disk)))
        store.write([event(601)])
        assert store.last_seq == 601 and store.behind == 1
        assert store.trouble is not None and store.trouble.kind == "full"
        ballast.unlink()
        store.write([], retry=True)
        assert (store.last_seq, store.behind) == (601, 0)
    with closing(connect_to_read(path)) as connection:
        assert (found := verify(connection)).sound and found.events == 601


def test_a_file_that_may_not_grow_sends_events_to_the_spool_until_it_may(path: Path) -> None:
    """The same without root: the kernel refuses the archive's file, and takes the smaller spool."""
    with closing(Store(path, Watch(), DEVICES)) as store:
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        try:
            log = path.with_name("avctl.db-wal").stat().st_size
            resource.setrlimit(resource.RLIMIT_FSIZE, (log, before[1]))
            for seq in range(1, 20):
                store.write([event(seq)])
            assert store.last_seq == 19 and store.behind > 0
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
            signal.signal(signal.SIGXFSZ, ignored)
        store.write([], retry=True)
        assert store.last_seq == 19 and store.behind == 0
    with closing(connect_to_read(path)) as connection:
        assert (found := verify(connection)).sound and found.events == 19


def free(folder: Path) -> int:
    """Bytes that can be written until only a little is left beside the reserve."""
    disk = os.statvfs(folder)
    return max(0, disk.f_bavail * disk.f_frsize - 200_000)
