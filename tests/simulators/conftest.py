"""Callers for simulated devices: plain sockets and bytes, nothing of avctl.

The loop of these tests jumps, and so do the simulators on it: an hour of lamp life costs nothing.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import cast

import pytest

from simulators.escvp21 import Projector
from simulators.faces import TcpFace, UdpFace
from simulators.x32 import Desk


class Caller(asyncio.DatagramProtocol):
    """One UDP socket that remembers what it hears."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[bytes] = asyncio.Queue()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.heard.put_nowait(data)

    def tell(self, data: bytes) -> None:
        self.transport.sendto(data)

    async def next(self, within: float = 0.5) -> bytes | None:
        """What comes within so many seconds; None is silence."""
        try:
            async with asyncio.timeout(within):
                return await self.heard.get()
        except TimeoutError:
            return None

    async def ask(self, data: bytes, within: float = 0.5) -> bytes | None:
        self.tell(data)
        return await self.next(within)

    async def all(self, within: float) -> list[bytes]:
        """Everything that comes in so many seconds."""
        await asyncio.sleep(within)
        return [self.heard.get_nowait() for _ in range(self.heard.qsize())]


def address(url: str) -> tuple[str, int]:
    host, _, port = url.partition("//")[2].rpartition(":")
    return host, int(port)


Dial = Callable[[str], Awaitable[Caller]]


@pytest.fixture
async def dial() -> AsyncIterator[Dial]:
    """Take a socket that talks to this url."""
    callers = []

    async def to(url: str) -> Caller:
        loop = asyncio.get_running_loop()
        _, caller = await loop.create_datagram_endpoint(Caller, remote_addr=address(url))
        callers.append(caller)
        return caller

    yield to
    for caller in callers:
        caller.transport.close()
    await asyncio.sleep(0)


class DeskAt(Desk):
    """A desk that knows where it can be reached."""

    url = ""


@pytest.fixture
async def desk() -> AsyncIterator[DeskAt]:
    """An X32 rack in scene 2."""
    sim = DeskAt("desk", {"scene": 2})
    face = UdpFace(sim, "osc")
    await face.open()
    sim.url = face.url
    yield sim
    await face.close()


class Line:
    """A TCP connection that speaks in whole bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def ask(self, said: bytes, within: float = 0.1) -> bytes:
        """Everything that comes back in so many seconds."""
        self.writer.write(said)
        return await self.rest(within)

    async def rest(self, within: float = 0.1) -> bytes:
        heard = b""
        try:
            async with asyncio.timeout(within):
                while piece := await self.reader.read(999):
                    heard += piece
        except TimeoutError:
            pass
        return heard


class Room:
    """A projector, its face, and a way to call it."""

    def __init__(self, projector: Projector) -> None:
        self.projector = projector
        self.face = TcpFace(projector)
        self.lines: list[Line] = []

    async def call(self) -> Line:
        self.lines.append(Line(*await asyncio.open_connection(*address(self.face.url))))
        return self.lines[-1]


@pytest.fixture
async def stand() -> AsyncIterator[Callable[..., Awaitable[Room]]]:
    """Put a projector up: `await stand(lamp_hours=100)`."""
    rooms: list[Room] = []

    async def up(**simulate: object) -> Room:
        room = Room(Projector("projector", {"warm_up": 20, "cool_down": 30, "deaf": 4} | simulate))
        await room.face.open()
        rooms.append(room)
        return room

    yield up
    for room in rooms:
        for line in room.lines:
            line.writer.close()
        await room.face.close()
    await asyncio.sleep(0)
