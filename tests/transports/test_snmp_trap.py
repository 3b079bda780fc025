"""Notifications from net-snmp's own senders, and from whoever else finds the port."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avctl.model.errors import LinkDown
from avctl.transports.snmp_access import Access, Notice
from avctl.transports.snmp_notice import decode
from avctl.transports.snmp_trap import Sender, TrapDoor
from tests.counterparts import require

ON_BATTERY = "1.3.6.1.2.1.33.2.1"
ENGINE = bytes.fromhex("800000090300aabbccddee")
V2C, V1 = Access("2c", "room-301"), Access("1", "room-301")
V3 = Access("3", user="avctl", auth="sign-me-please", priv="hide-me-please")
HERE = ("127.0.0.1", 161)
KEYS = ["-u", "avctl", "-a", "SHA", "-A", "sign-me-please", "-x", "AES", "-X", "hide-me-please"]


@pytest.fixture
async def door() -> AsyncIterator[TrapDoor]:
    async with TrapDoor("127.0.0.1", 0) as door:
        yield door


async def send(tmp_path: Path, program: str, *words: str) -> int:
    """Run net-snmp's sender; gives its exit code (an inform without an answer fails)."""
    env = {**os.environ, "SNMP_PERSISTENT_DIR": str(tmp_path), "MIBS": "", "SNMPCONFPATH": str(tmp_path)}
    process = await asyncio.create_subprocess_exec(
        require(program), *words, env=env, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    return await process.wait()


@asynccontextmanager
async def listening(door: TrapDoor, sender: Sender) -> AsyncIterator[asyncio.Queue[Notice]]:
    """Everything heard from that sender, in order."""
    heard: asyncio.Queue[Notice] = asyncio.Queue()

    async def listen() -> None:
        async with aclosing(door.heard(sender)) as notices:  # type: ignore[type-var]
            async for some in notices:
                for notice in some:
                    heard.put_nowait(notice)

    task = asyncio.create_task(listen())
    while not door._for.get(sender.address[0]) and not task.done():
        await asyncio.sleep(0.01)
    assert not task.done(), task.exception()
    yield heard
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def heard_within(queue: asyncio.Queue[Notice], seconds: float = 3.0) -> Notice:
    async with asyncio.timeout(seconds):
        return await queue.get()


def v2(door: TrapDoor, *words: str) -> list[str]:
    return ["-v2c", "-c", "room-301", *words, f"127.0.0.1:{door.port}", "", ON_BATTERY]


@pytest.mark.real_time
async def test_a_trap_of_version_2_is_heard_with_what_it_carries(door: TrapDoor, tmp_path: Path) -> None:
    async with listening(door, Sender(HERE, V2C)) as heard:
        await send(tmp_path, "snmptrap", *v2(door), "1.3.6.1.2.1.33.1.2.3", "i", "41", "1.3.6.1.2.1.1.5.0", "s", "ups")
        notice = await heard_within(heard)
    assert notice.name == ON_BATTERY and notice.said["1.3.6.1.2.1.33.1.2.3"] == 41
    assert notice.said["1.3.6.1.2.1.1.5.0"] == b"ups"


@pytest.mark.real_time
@pytest.mark.parametrize(
    ("generic", "specific", "name"), [("6", "5", "1.3.6.1.4.1.318.0.5"), ("0", "0", "1.3.6.1.6.3.1.1.5.1")]
)
async def test_a_trap_of_version_1_gets_the_name_it_has_in_version_2(
    door: TrapDoor, tmp_path: Path, generic: str, specific: str, name: str
) -> None:
    async with listening(door, Sender(HERE, V1)) as heard:
        to = ["-v1", "-c", "room-301", f"127.0.0.1:{door.port}"]
        await send(tmp_path, "snmptrap", *to, "1.3.6.1.4.1.318", "10.20.1.16", generic, specific, "77")
        assert (await heard_within(heard)).name == name


@pytest.mark.real_time
async def test_an_inform_is_answered_and_handed_on_once(door: TrapDoor, tmp_path: Path) -> None:
    async with listening(door, Sender(HERE, V2C)) as heard:
        assert await send(tmp_path, "snmpinform", *v2(door, "-r", "1", "-t", "1")) == 0
        assert (await heard_within(heard)).name == ON_BATTERY
        assert heard.empty()


@pytest.mark.real_time
async def test_a_signed_trap_is_heard_from_the_engine_it_is_signed_for(door: TrapDoor, tmp_path: Path) -> None:
    async with listening(door, Sender(HERE, V3, ENGINE)) as heard:
        to = ["-v3", "-e", f"0x{ENGINE.hex()}", *KEYS, "-l", "authPriv", f"127.0.0.1:{door.port}", "", ON_BATTERY]
        await send(tmp_path, "snmptrap", *to)
        assert (await heard_within(heard)).name == ON_BATTERY


@pytest.mark.real_time
async def test_a_signed_inform_is_answered(door: TrapDoor, tmp_path: Path) -> None:
    async with listening(door, Sender(HERE, V3, ENGINE)) as heard:
        to = ["-v3", *KEYS, "-l", "authPriv", "-r", "1", "-t", "2", f"127.0.0.1:{door.port}", "", ON_BATTERY]
        assert await send(tmp_path, "snmpinform", *to) == 0
        assert (await heard_within(heard)).name == ON_BATTERY


@pytest.mark.real_time
@pytest.mark.parametrize(
    "words",
    [
        ["-v2c", "-c", "guess"],
        ["-v3", "-e", f"0x{ENGINE.hex()}", "-u", "avctl", "-l", "noAuthNoPriv"],
        ["-v3", "-e", f"0x{ENGINE.hex()}", *KEYS[:-1], "not-the-password", "-l", "authPriv"],
        ["-v3", "-e", "0x8000000903001122334455", *KEYS, "-l", "authPriv"],
    ],
    ids=["community", "unsigned", "password", "engine"],
)
async def test_what_is_not_signed_as_the_device_signs_is_nobodys(
    door: TrapDoor, tmp_path: Path, words: list[str]
) -> None:
    async with listening(door, Sender(HERE, V3 if "-v3" in words else V2C, ENGINE)) as heard:
        await send(tmp_path, "snmptrap", *words, f"127.0.0.1:{door.port}", "", ON_BATTERY)
        with pytest.raises(TimeoutError):
            await heard_within(heard, 0.3)


@pytest.mark.real_time
async def test_a_stranger_is_not_even_read(door: TrapDoor, tmp_path: Path) -> None:
    async with listening(door, Sender(("127.0.0.9", 161), V2C)) as heard:
        await send(tmp_path, "snmptrap", *v2(door))
        with pytest.raises(TimeoutError):
            await heard_within(heard, 0.2)
    assert (door.strange, door.refused) == (1, 0)


async def captured(tmp_path: Path, *words: str) -> bytes:
    """The bytes net-snmp sends."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(3)
        sending = asyncio.create_task(
            send(
                tmp_path,
                "snmptrap",
                "-v2c",
                "-c",
                "room-301",
                *words,
                f"127.0.0.1:{sock.getsockname()[1]}",
                "",
                ON_BATTERY,
            )
        )
        data = await asyncio.get_running_loop().run_in_executor(None, sock.recv, 65536)
        await sending
    return data


@pytest.mark.real_time
async def test_the_same_datagram_twice_is_one_hint_and_a_storm_is_bounded(door: TrapDoor, tmp_path: Path) -> None:
    trap = await captured(tmp_path)
    async with listening(door, Sender(HERE, V2C)) as heard:
        for _ in range(3):
            door.datagram_received(trap, ("127.0.0.1", 4711))
        assert (await heard_within(heard)).name == ON_BATTERY
        await asyncio.sleep(0.05)
        assert heard.empty() and door.repeated == 2
        for _ in range(500):
            door.datagram_received(b"\x30\x03", ("127.0.0.1", 4711))
        assert door.dropped > 400 and door.refused < 100


@pytest.mark.real_time
async def test_a_device_that_sends_from_its_own_port_is_told_from_its_neighbours(
    door: TrapDoor, tmp_path: Path
) -> None:
    trap = await captured(tmp_path)
    async with listening(door, Sender(("127.0.0.1", 41001), V2C)) as mine:
        async with listening(door, Sender(("127.0.0.1", 41002), V2C)) as other:
            door.datagram_received(trap, ("127.0.0.1", 41001))
            assert (await heard_within(mine)).name == ON_BATTERY
            await asyncio.sleep(0.05)
            assert other.empty()


@pytest.mark.real_time
async def test_signed_nonsense_without_end_leaves_nothing_behind(door: TrapDoor, tmp_path: Path) -> None:
    """pysnmp keeps something of each such message; after some hundreds its engine is replaced, and works as before."""
    words = ["-v3", "-e", f"0x{ENGINE.hex()}", *KEYS[:-1], "not-the-password", "-l", "authPriv"]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        await send(tmp_path, "snmptrap", *words, f"127.0.0.1:{sock.getsockname()[1]}", "", ON_BATTERY)
        bad = sock.recv(65536)
    async with listening(door, Sender(HERE, V3, ENGINE)) as heard:
        usm = door._usm(V3)
        before = usm._engine
        for _ in range(501):
            usm.hear(bad, HERE, lambda _: None)
        await usm.ready()
        assert usm._engine is not None and usm._engine is not before
        to = ["-v3", "-e", f"0x{ENGINE.hex()}", *KEYS, "-l", "authPriv", f"127.0.0.1:{door.port}", "", ON_BATTERY]
        await send(tmp_path, "snmptrap", *to)
        assert (await heard_within(heard)).name == ON_BATTERY


async def test_a_taken_port_is_told(door: TrapDoor) -> None:
    with pytest.raises(LinkDown, match="snmp traps at"):
        async with TrapDoor("127.0.0.1", door.port):
            pass
    assert TrapDoor.here() is door


@given(st.binary(max_size=200))
def test_no_bytes_on_earth_are_a_notification_by_accident_or_upset_the_door(data: bytes) -> None:
    assert decode(data) is None


@given(st.integers(0, 60), st.binary(min_size=1, max_size=4))
def test_a_damaged_trap_upsets_nobody(at: int, bytes_: bytes) -> None:
    good = bytes.fromhex(
        "302c020101040670 75626c6963a71f0201050201000201003014301206 0a2b06010603010104010006 0406022b06".replace(
            " ", ""
        )
    )
    decode(good[:at] + bytes_ + good[at + len(bytes_) :])
