"""The wires over real sockets and a real pty: bytes through, and LinkDown for everything that can happen to a cable."""

import asyncio
import os
import pty
import socket
import subprocess
import sys
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from avctl.model.errors import LinkDown
from avctl.model.ports import Wire
from avctl.transports.memory import pair
from avctl.transports.serial import Serial
from avctl.transports.tcp import Tcp
from avctl.transports.udp import Udp

pytestmark = pytest.mark.real_time


@pytest.fixture
def peer() -> Iterator[socket.socket]:
    """A UDP socket at the other end."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(2)
        yield sock


@pytest.fixture
def line() -> Iterator[tuple[int, str]]:
    """Our end of a serial line, and the path of the other."""
    near, far = pty.openpty()
    tty.setraw(far)
    yield near, os.ttyname(far)
    for fd in (near, far):
        try:
            os.close(fd)
        except OSError:
            continue  # the test has pulled it


async def test_datagrams_go_out_and_come_back_one_by_one(peer: socket.socket) -> None:
    wire = Udp(*peer.getsockname())
    await wire.open()
    await wire.send(b"/info")
    data, sender = peer.recvfrom(100)
    peer.sendto(b"one", sender)
    peer.sendto(b"two", sender)
    assert (data, await wire.receive(), await wire.receive()) == (b"/info", b"one", b"two")
    await wire.close()


async def test_a_strangers_datagram_never_arrives(peer: socket.socket) -> None:
    wire = Udp(*peer.getsockname())
    await wire.open()
    await wire.send(b"?")
    sender = peer.recvfrom(100)[1]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.sendto(b"forged", sender)
        peer.sendto(b"true", sender)
        assert await wire.receive() == b"true"
    await wire.close()


async def test_a_burst_of_a_scene_recall_is_held(peer: socket.socket) -> None:
    wire = Udp(*peer.getsockname())
    await wire.open()
    await wire.send(b"?")
    sender = peer.recvfrom(100)[1]
    for number in range(600):
        peer.sendto(number.to_bytes(28, "big"), sender)
    assert [int.from_bytes(await wire.receive(), "big") for _ in range(600)] == list(range(600))
    await wire.close()


async def test_a_refused_port_is_a_link_down_at_once() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        address = sock.getsockname()
    wire = Udp(*address)
    await wire.open()
    await wire.send(b"?")
    with pytest.raises(LinkDown, match="refused"):
        await asyncio.wait_for(wire.receive(), 2)
    await wire.close()


async def test_tcp_says_who_closed() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b":" + await reader.readexactly(1))
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    wire = Tcp(*server.sockets[0].getsockname())
    await wire.open()
    await wire.send(b"x")
    assert await wire.receive() == b":x"
    with pytest.raises(LinkDown, match="closed by the other end"):
        await wire.receive()
    await wire.close()
    server.close()
    await server.wait_closed()


async def test_nobody_at_the_port_is_a_link_down_with_the_address() -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        address = sock.getsockname()
    with pytest.raises(LinkDown, match=f"tcp://127.0.0.1:{address[1]}"):
        await Tcp(*address).open()


@pytest.mark.parametrize("kind", ["udp", "tcp", "serial"])
async def test_a_wire_that_is_not_open_is_down(kind: str) -> None:
    wires: dict[str, Wire] = {"udp": Udp("127.0.0.1", 9), "tcp": Tcp("127.0.0.1", 9), "serial": Serial("/dev/null")}
    wire = wires[kind]
    await wire.close()
    for call in (wire.send(b"x"), wire.receive()):
        with pytest.raises(LinkDown):
            await call


async def test_closing_wakes_whoever_waits(peer: socket.socket, line: tuple[int, str]) -> None:
    for wire in (Udp(*peer.getsockname()), Serial(line[1]), pair()[0]):
        await wire.open()
        waiting = asyncio.ensure_future(wire.receive())
        await asyncio.sleep(0)
        await wire.close()
        with pytest.raises(LinkDown):
            await waiting


async def test_a_serial_line_carries_both_ways(line: tuple[int, str]) -> None:
    near, path = line
    wire = Serial(path)
    await wire.open()
    await wire.send(b"PWR?\r")
    assert os.read(near, 100) == b"PWR?\r"
    os.write(near, b"PWR=01\r:")
    assert await wire.receive() == b"PWR=01\r:"
    await wire.close()


async def test_a_pulled_adapter_is_told_at_once(line: tuple[int, str]) -> None:
    near, path = line
    wire = Serial(path)
    await wire.open()
    waiting = asyncio.ensure_future(wire.receive())
    await asyncio.sleep(0)
    os.close(near)
    with pytest.raises(LinkDown, match=path):
        await asyncio.wait_for(waiting, 1)
    await wire.close()


async def test_an_adapter_that_comes_back_under_another_number_is_found_by_its_name(
    line: tuple[int, str], tmp_path: Path
) -> None:
    by_id = tmp_path / "usb-FTDI_FT232R-if00-port0"
    by_id.symlink_to("/dev/nowhere")
    wire = Serial(str(by_id))
    with pytest.raises(LinkDown):
        await wire.open()
    by_id.unlink()
    by_id.symlink_to(line[1])
    await wire.open()
    os.write(line[0], b":")
    assert await wire.receive() == b":"
    await wire.close()


async def test_the_second_to_open_a_port_is_told_who_holds_it(line: tuple[int, str]) -> None:
    code = (
        f"import serial,sys; p=serial.Serial({line[1]!r}, exclusive=True); print('held', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdout and holder.stdin
    try:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(LinkDown, match=rf"held by python.* \(process {holder.pid}\)"):
            await Serial(line[1]).open()
    finally:
        holder.communicate(timeout=10)


async def test_a_cut_memory_wire_is_down_at_both_ends_until_it_is_mended() -> None:
    near, far = pair()
    await near.open()
    await far.open()
    near.cut()
    for end in (near, far):
        with pytest.raises(LinkDown):
            await end.receive()
    with pytest.raises(LinkDown):
        await near.open()
    near.mend()
    await near.open()
    await far.open()
    await far.send(b"x")
    assert await near.receive() == b"x"
