"""Datagrams to and from one device, from one socket: an X32 answers to the port that asked.

The socket is connected, so the kernel lets nobody else in. All datagrams that wait are fetched at one waking: the
wakings are what costs, and a scene recall sends hundreds within 100 ms, which the socket's own buffer must hold.
"""

import asyncio
import socket

from avctl.model.errors import LinkDown
from avctl.transports.arrival import Arrivals

_KERNEL_BUFFER = 1 << 20  # bytes asked for; the system may give less (256 kB are needed)
_DATAGRAM = 65536
_AT_ONCE = 256  # datagrams of one waking, so that a flood does not starve the others
_UNFETCHED = 4096


class Udp:
    """One socket, connected to host:port. `dropped` counts datagrams nobody fetched in time."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._socket: socket.socket | None = None
        self._arrivals = Arrivals(_UNFETCHED)

    def __str__(self) -> str:
        return f"udp://{self._host}:{self._port}"

    @property
    def dropped(self) -> int:
        return self._arrivals.dropped

    async def open(self) -> None:
        """Take a socket. That somebody is there, only an answer can tell. Raises LinkDown for an unknown host."""
        await self.close()
        loop = asyncio.get_running_loop()
        try:
            family, _, _, _, address = (await loop.getaddrinfo(self._host, self._port, type=socket.SOCK_DGRAM))[0]
            self._socket = _connected(family, address)
        except OSError as error:
            raise LinkDown(f"{self}: {error.strerror or error}") from None
        self._arrivals = Arrivals(_UNFETCHED)
        loop.add_reader(self._socket.fileno(), self._fetch, self._socket, self._arrivals)

    async def send(self, data: bytes) -> None:
        """One datagram. Raises LinkDown when the system knows that nobody is there."""
        if self._socket is None:
            raise LinkDown(f"{self}: not open")
        try:
            self._socket.send(data)
        except BlockingIOError:
            pass  # the system's buffer is full: lost, as any datagram may be
        except OSError as error:
            raise LinkDown(f"{self}: {error.strerror or error}") from None

    async def receive(self) -> bytes:
        """One datagram. Raises LinkDown when the port is refused or the wire closed."""
        return await self._arrivals.take()

    async def close(self) -> None:
        """Let go of the socket; whoever waits is told."""
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket.fileno())
            self._socket.close()
            self._socket = None
        self._arrivals.end(f"{self}: closed")

    def _fetch(self, sock: socket.socket, arrivals: Arrivals) -> None:
        try:
            for _ in range(_AT_ONCE):
                arrivals.put(sock.recv(_DATAGRAM))
        except BlockingIOError:
            pass
        except OSError as error:  # an ICMP "port unreachable" came back for something we sent
            asyncio.get_running_loop().remove_reader(sock.fileno())
            arrivals.end(f"{self}: {error.strerror or error}")


def _connected(family: int, address: tuple[object, ...]) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _KERNEL_BUFFER)
        sock.connect(address)
    except OSError:
        sock.close()
        raise
    return sock
