"""What systemd is told, over a real datagram socket."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from avctl.edges.watchdog import Systemd, Watchdog


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[tuple[socket.socket, Systemd]]:
    """The service manager's end, and what speaks to it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as door:
        door.bind(str(tmp_path / "notify"))
        door.setblocking(False)
        yield door, Systemd({"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "20000000"})


def _heard(door: socket.socket) -> list[str]:
    found = []
    while True:
        try:
            found.append(door.recv(4096).decode())
        except BlockingIOError:
            return found


def test_ready_says_what_is_going_on_in_one_line(manager: tuple[socket.socket, Systemd]) -> None:
    door, systemd = manager
    systemd.ready("3 rooms\nSTOPPING=1")
    systemd.stopping()
    assert _heard(door) == ["READY=1\nSTATUS=3 rooms STOPPING=1", "STOPPING=1"]


async def test_it_is_fed_only_while_every_part_makes_progress(manager: tuple[socket.socket, Systemd]) -> None:
    door, systemd = manager
    dog, count = Watchdog(systemd), [0]
    dog.watch("archive", within=15)
    dog.watch("rooms", within=15, count=lambda: count[0])
    task = asyncio.create_task(dog.run())
    for _ in range(6):
        await asyncio.sleep(5)
        dog.beat("archive")
        count[0] += 1
    assert _heard(door).count("WATCHDOG=1") >= 4
    await asyncio.sleep(30)
    heard = _heard(door)
    assert dog.stuck() == ["archive", "rooms"] and "STATUS=stuck: archive, rooms" in heard
    assert heard.count("WATCHDOG=1") <= 3
    dog.beat("archive")
    count[0] += 1
    await asyncio.sleep(7)
    assert _heard(door) == ["WATCHDOG=1", "STATUS=running"]
    task.cancel()


def test_without_a_service_manager_nothing_is_said() -> None:
    systemd = Systemd({})
    systemd.ready("running")
    assert systemd.interval == 0


def test_a_manager_that_has_gone_harms_nobody(tmp_path: Path) -> None:
    Systemd({"NOTIFY_SOCKET": str(tmp_path / "nobody")}).feed()
