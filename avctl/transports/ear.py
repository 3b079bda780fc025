"""One UDP port on which many devices are heard: who listens for an address gets the datagrams that come from there.

Devices that send notifications (PJLink class 2) all send them to one port of the controller, so all drivers share it.
Nothing is ever answered from here, and what nobody listens for is dropped.
"""

import asyncio
import socket
from collections.abc import AsyncIterator
from types import TracebackType
from typing import ClassVar, Self

from avctl.model.errors import LinkDown
from avctl.transports.arrival import Arrivals

_WAITING = 64  # datagrams of one device that nobody has fetched yet


class Ear(asyncio.DatagramProtocol):
    """A shared port: `async with Ear.at(4352) as ear`. It is bound by the first who enters and let go by the last."""

    _open: ClassVar[dict[tuple[int, int], "Ear"]] = {}  # by loop and port

    def __init__(self, key: tuple[int, int]) -> None:
        self._key = key
        self._guests = 0
        self._transport: asyncio.DatagramTransport | None = None
        self._for: dict[str, set[Arrivals]] = {}

    @classmethod
    def at(cls, port: int) -> "Ear":
        """The ear at that port, shared by everybody on this loop; port 0 is one of the system's choice, per loop."""
        key = (id(asyncio.get_running_loop()), port)
        return cls._open.setdefault(key, cls(key))

    @property
    def port(self) -> int:
        """Where it is bound; 0 while it is not."""
        return int(self._transport.get_extra_info("sockname")[1]) if self._transport else 0

    async def __aenter__(self) -> Self:
        """Raises LinkDown when the port is taken by another program."""
        self._guests += 1
        if self._guests == 1:
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            try:
                sock.bind(("0.0.0.0", self._key[1]))
            except OSError as error:
                sock.close()
                self._guests = 0
                self._open.pop(self._key, None)
                raise LinkDown(f"udp port {self._key[1]}: {error.strerror or error}") from None
            loop = asyncio.get_running_loop()
            self._transport, _ = await loop.create_datagram_endpoint(lambda: self, sock=sock)
        return self

    async def __aexit__(self, _: type[BaseException] | None, __: object, ___: TracebackType | None) -> None:
        self._guests -= 1
        if self._guests == 0:
            self._open.pop(self._key, None)
            if self._transport:
                self._transport.close()

    async def heard(self, host: str) -> AsyncIterator[bytes]:
        """Everything that comes from `host`, for as long as it is asked. Raises LinkDown for an unknown host."""
        address = await _address(host)
        arrivals = Arrivals(_WAITING)
        self._for.setdefault(address, set()).add(arrivals)
        try:
            while True:
                yield await arrivals.take()
        finally:
            self._for[address].discard(arrivals)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """To everybody who listens for that address."""
        for arrivals in self._for.get(addr[0], ()):
            arrivals.put(data)


async def _address(host: str) -> str:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, 0, family=socket.AF_INET, type=socket.SOCK_DGRAM)
    except OSError as error:
        raise LinkDown(f"{host}: {error.strerror or error}") from None
    return str(found[0][4][0])
