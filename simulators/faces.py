"""How a simulated device is reached: a UDP port, a TCP port, or a serial line (a pseudo-terminal).

A face only moves bytes. What befalls them on the way is the wire's business, what they mean is the device's.
Every face is bound on 127.0.0.1 to a port of the system's choice, unless it is told where, and says where in `url`.
"""

import asyncio
import contextlib
import os
import pty
import socket
import tty
from collections.abc import Callable
from typing import Protocol, runtime_checkable

from simulators.wire import Wire

Say = Callable[[bytes], None]
Address = tuple[str, int]
HERE: Address = ("127.0.0.1", 0)


class Talk(Protocol):
    """One conversation on a byte stream, from connect to disconnect."""

    def hear(self, data: bytes) -> None:
        """Bytes from the other side, in whatever pieces."""

    def end(self) -> None:
        """The other side is gone."""


@runtime_checkable
class Host(Protocol):
    """A conversation that begins with a word of the device, and that the device may end."""

    def begin(self, hang_up: Callable[[], None]) -> None:
        """Connected: greet. `hang_up` ends the connection, after what has been said so far."""


class Streaming(Protocol):
    """A device on a byte stream."""

    wire: Wire

    def talk(self, say: Say) -> Talk:
        """Somebody connected; answer through `say`."""


class Datagrams(Protocol):
    """A device on datagrams."""

    wire: Wire

    def hear(self, data: bytes, sender: Address, say: Say) -> None:
        """One datagram; `say` answers to where it came from."""


class Face(Protocol):
    """A place where a device can be reached."""

    url: str

    async def open(self) -> None:
        """Be reachable."""

    async def close(self) -> None:
        """Be gone."""


class UdpFace(asyncio.DatagramProtocol):
    """One UDP port. Stays bound when the device is dead: a dark device does not even refuse."""

    def __init__(self, device: Datagrams, scheme: str, at: Address = HERE) -> None:
        self._device, self._scheme, self._at = device, scheme, at
        self._transport: asyncio.DatagramTransport | None = None
        self.url = ""

    async def open(self) -> None:
        """Bind, with a receive buffer that holds a burst."""
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 18)
        try:
            sock.bind(self._at)
        except OSError:
            sock.close()
            raise
        sock.setblocking(False)
        self.url = f"{self._scheme}://{self._at[0]}:{sock.getsockname()[1]}"
        self._transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, sock=sock)

    def datagram_received(self, data: bytes, addr: Address) -> None:
        """Through the wire to the device."""
        self._device.wire.hears(data, lambda heard: self._device.hear(heard, addr, lambda said: self.send(said, addr)))

    def error_received(self, exc: Exception) -> None:
        """Whoever asked is gone already: a device would not know either."""

    def send(self, data: bytes, to: Address) -> None:
        """Through the wire to a client."""
        self._device.wire.says(data, lambda said: self._out(said, to))

    def _out(self, data: bytes, to: Address) -> None:
        if self._transport and not self._transport.is_closing():
            self._transport.sendto(data, to)

    async def close(self) -> None:
        """Unbind."""
        if self._transport:
            self._transport.close()


class _Connection(asyncio.Protocol):
    """One TCP connection to a streaming device."""

    def __init__(self, face: "TcpFace") -> None:
        self._face = face

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.lost = False
        self._face.connections.add(self)
        self._talk = self._face.device.talk(self._say)
        if isinstance(self._talk, Host):
            self._talk.begin(self._hang_up)

    def data_received(self, data: bytes) -> None:
        if not self.lost:
            self._face.device.wire.hears(data, self._talk.hear)

    def connection_lost(self, exc: Exception | None) -> None:
        self._face.connections.discard(self)
        self._talk.end()

    def _say(self, data: bytes) -> None:
        self._face.device.wire.says(data, self._out)

    def _hang_up(self) -> None:
        self._face.device.wire.says(b"", lambda _: self.transport.close())

    def _out(self, data: bytes) -> None:
        if not self.lost and not self.transport.is_closing():
            self.transport.write(data)


class TcpFace:
    """One TCP port that keeps its number while it is closed for a while."""

    def __init__(self, device: Streaming, scheme: str = "tcp", at: Address = HERE) -> None:
        self.device, self._scheme = device, scheme
        self._host, self._port = at
        self.connections: set[_Connection] = set()
        self._server: asyncio.Server | None = None
        self._turn: asyncio.Task[None] | None = None
        self.url = ""

    async def open(self) -> None:
        """Listen, and follow the wire's mishaps from now on. A device without mains has a port, and nobody at it."""
        await self._listen()
        if self.device.wire.dead or self.device.wire.refused:
            await self._deaf()
        self.url = f"{self._scheme}://{self._host}:{self._port}"
        self.device.wire.on_break.append(self._abort)
        self.device.wire.on_port.append(self._follow)
        self.device.wire.on_half.append(self._lose)

    async def close(self) -> None:
        """Stop listening and let go of everybody."""
        self._abort()
        if self._turn:
            await self._turn
        await self._deaf()

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self), self._host, self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def _deaf(self) -> None:
        server, self._server = self._server, None
        if server:
            server.close()

    def _follow(self) -> None:
        before = self._turn
        self._turn = asyncio.get_running_loop().create_task(self._adapt(before))

    async def _adapt(self, before: asyncio.Task[None] | None) -> None:
        if before:
            await before
        wanted = not (self.device.wire.dead or self.device.wire.refused)
        if wanted and not self._server:
            await self._listen()
        elif not wanted:
            await self._deaf()

    def _lose(self, lost: bool) -> None:
        """A cable between two switches: nobody tells the client that the other end is gone."""
        for connection in list(self.connections):
            if lost:
                connection.lost = True
            elif connection.lost:
                connection.transport.abort()

    def _abort(self) -> None:
        for connection in list(self.connections):
            connection.transport.abort()


class PtyFace:
    """A serial line. The far end is kept open here, so that a client may close it and open it again."""

    def __init__(self, device: Streaming, query: str = "") -> None:
        self._device, self._query = device, query
        self._near = self._far = -1
        self.url = ""

    async def open(self) -> None:
        """Make the line, without echo and without line editing."""
        self._near, self._far = pty.openpty()
        tty.setraw(self._far)
        os.set_blocking(self._near, False)
        self.url = f"serial://{os.ttyname(self._far)}{self._query}"
        self._talk = self._device.talk(self._say)
        asyncio.get_running_loop().add_reader(self._near, self._readable)

    def _readable(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._device.wire.hears(os.read(self._near, 4096), self._talk.hear)

    def _say(self, data: bytes) -> None:
        self._device.wire.says(data, self._out)

    def _out(self, data: bytes) -> None:
        with contextlib.suppress(BlockingIOError):  # nobody reads: a line has no memory beyond its buffer
            if self._near >= 0:
                os.write(self._near, data)

    async def close(self) -> None:
        """Take the line away."""
        if self._near >= 0:
            asyncio.get_running_loop().remove_reader(self._near)
            os.close(self._near)
            os.close(self._far)
            self._near = self._far = -1
            self._talk.end()
