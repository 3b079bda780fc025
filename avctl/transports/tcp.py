"""A TCP connection: bytes as they come, errors as LinkDown. No reconnecting: that is the session's patience.

A dead peer does not show itself on an idle connection (nothing in 30 s, measured), so a reply deadline upstairs is
what finds it. Keepalive and TCP_USER_TIMEOUT are nets beneath that, and close half-open connections at last.
"""

import asyncio
import contextlib
import socket

from avctl.model.errors import LinkDown

_CONNECT = 5.0  # s
_PIECE = 65536  # bytes read at once; asyncio stops reading the socket at twice its limit
_NETS = (  # seconds and counts: half-open is found after 11 s idle, 6 s when writing
    ("TCP_NODELAY", 1),
    ("TCP_KEEPIDLE", 5),
    ("TCP_KEEPINTVL", 2),
    ("TCP_KEEPCNT", 3),
    ("TCP_USER_TIMEOUT", 6000),  # milliseconds, this one
)


class Tcp:
    """One connection to host:port."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    def __str__(self) -> str:
        return f"tcp://{self._host}:{self._port}"

    async def open(self) -> None:
        """Connect within 5 s. Raises LinkDown when nobody is there."""
        await self.close()
        try:
            async with asyncio.timeout(_CONNECT):
                self._streams = await asyncio.open_connection(self._host, self._port, limit=_PIECE)
        except TimeoutError:
            raise LinkDown(f"{self}: no connection within {_CONNECT:g} s") from None
        except OSError as error:
            raise LinkDown(f"{self}: {error.strerror or error}") from None
        _spread_nets(self._streams[1].get_extra_info("socket"))

    async def send(self, data: bytes) -> None:
        """Raises LinkDown when the connection is gone."""
        _, writer = self._live()
        if writer.is_closing():
            raise LinkDown(f"{self}: closed")
        try:
            writer.write(data)
            await writer.drain()
        except OSError as error:
            raise LinkDown(f"{self}: {error.strerror or error}") from None

    async def receive(self) -> bytes:
        """Whatever has come. Raises LinkDown at the end."""
        reader, _ = self._live()
        try:
            data = await reader.read(_PIECE)
        except OSError as error:
            raise LinkDown(f"{self}: {error.strerror or error}") from None
        if not data:
            raise LinkDown(f"{self}: closed by the other end")
        return data

    async def close(self) -> None:
        """Let go at once; bytes not yet sent are lost."""
        streams, self._streams = self._streams, None
        if streams is not None:
            streams[1].transport.abort()
            with contextlib.suppress(OSError):
                await streams[1].wait_closed()

    def _live(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is None:
            raise LinkDown(f"{self}: not open")
        return self._streams


def _spread_nets(sock: socket.socket) -> None:
    """Options a system does not know are left out: they are nets, the deadlines upstairs are the rope."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _NETS:
        if hasattr(socket, name):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
