"""The daemon's one port for SNMP notifications. A trap is a hint: whoever listens for a device asks it at once.

1. Only datagrams from the address of a device somebody listens for are looked at, and only so many a second.
2. The community, or the keys, must be that device's. They are no proof either: nothing that was said is believed.
3. Informs are answered, always: their repeats are answered again, and handed on once (sender and request id).
4. The first of a storm is handed over at once, the rest of it together: `_GATHER` seconds lie between two hints.
"""

import asyncio
import socket
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, ClassVar, Self

from avctl.model.errors import LinkDown
from avctl.transports.snmp_access import Access, Address, Notice

if TYPE_CHECKING:  # both load a good part of pysnmp, which a daemon without traps never needs
    from avctl.transports.snmp_usm import Usm

STANDARD_PORT = 162
_A_SECOND = 50  # datagrams from one address
_REPEATED = 60.0  # s in which the same number is a repeat: as long as senders try, shorter than they restart
_REMEMBERED = 1024
_GATHER = 0.25  # s
_WAITING = 64


@dataclass(frozen=True, slots=True)
class Sender:
    """A device whose notifications are wanted: where it is, what it signs with, and for which engine (v3 traps)."""

    address: Address
    access: Access
    engine_id: bytes | None = None


class _Listener:
    """Somebody who waits for one sender's notifications."""

    def __init__(self, sender: Sender) -> None:
        self.sender = sender
        self.waiting: deque[Notice] = deque(maxlen=_WAITING)
        self.some = asyncio.Event()

    def tell(self, notice: Notice) -> None:
        self.waiting.append(notice)
        self.some.set()

    async def all(self) -> tuple[Notice, ...]:
        await self.some.wait()
        self.some.clear()
        told = tuple(self.waiting)
        self.waiting.clear()
        return told


class TrapDoor(asyncio.DatagramProtocol):
    """`async with TrapDoor("0.0.0.0", 162)`: from then on `TrapDoor.here()` is this one, on this loop.

    `strange` counts datagrams from addresses nobody listens for, `refused` those that were no notification or not
    signed as that device signs, `dropped` those beyond what one address may send, `repeated` the repeats.
    """

    _open: ClassVar[dict[int, "TrapDoor"]] = {}

    def __init__(self, host: str, port: int = STANDARD_PORT) -> None:
        self._host, self.port = host, port
        self._transport: asyncio.DatagramTransport | None = None
        self._for: dict[str, set[_Listener]] = {}
        self._usms: dict[Access, Usm] = {}
        self._seen: OrderedDict[tuple[object, ...], float] = OrderedDict()
        self._budgets: dict[str, tuple[float, int]] = {}
        self.strange = self.refused = self.dropped = self.repeated = 0

    @classmethod
    def here(cls) -> "TrapDoor | None":
        """The door that is open on this loop, if any."""
        return cls._open.get(id(asyncio.get_running_loop()))

    async def __aenter__(self) -> Self:
        """Raises LinkDown when the port is taken, or may not be had (below 1024 it takes a privilege)."""
        loop = asyncio.get_running_loop()
        sock = socket.socket(socket.AF_INET6 if ":" in self._host else socket.AF_INET, socket.SOCK_DGRAM)
        try:
            sock.bind((self._host, self.port))
            self._transport, _ = await loop.create_datagram_endpoint(lambda: self, sock=sock)
        except OSError as error:
            sock.close()
            raise LinkDown(f"snmp traps at {self._host}:{self.port}: {error.strerror or error}") from None
        self.port = int(sock.getsockname()[1])
        self._open[id(loop)] = self
        return self

    async def __aexit__(self, _: type[BaseException] | None, __: object, ___: TracebackType | None) -> None:
        self._open.pop(id(asyncio.get_running_loop()), None)
        if self._transport is not None:
            self._transport.close()

    async def heard(self, sender: Sender) -> AsyncIterator[tuple[Notice, ...]]:
        """Everything that has come from `sender` since the last time, for as long as it is asked."""
        listener = _Listener(sender)
        if sender.access.version == "3":
            await self._usm(sender.access).know(sender.engine_id)
        self._for.setdefault(sender.address[0], set()).add(listener)
        try:
            loop = asyncio.get_running_loop()
            while True:
                told, at = await listener.all(), loop.time()
                yield told
                await asyncio.sleep(max(0.0, at + _GATHER - loop.time()))
        finally:
            self._for[sender.address[0]].discard(listener)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """One datagram, from anybody."""
        from avctl.transports.snmp_notice import version_of

        listeners = self._listeners(addr)
        if not listeners:
            self.strange += 1
        elif not self._affordable(addr[0]):
            self.dropped += 1
        elif version_of(data) == "3":
            self._signed(data, addr, listeners)
        else:
            self._named(data, addr, listeners)

    def error_received(self, exc: Exception) -> None:
        """An answer could not be delivered: the sender will ask again, or not."""

    def _listeners(self, addr: tuple[str, int]) -> Iterable[_Listener]:
        """Those for that address; among several devices behind it, the one that sent from its own port."""
        here = self._for.get(addr[0].removeprefix("::ffff:"), set())
        return {one for one in here if one.sender.address[1] == addr[1]} or here

    def _named(self, data: bytes, addr: tuple[str, int], listeners: Iterable[_Listener]) -> None:
        from avctl.transports.snmp_notice import decode

        notice = decode(data)
        known = [one for one in listeners if one.sender.access.version != "3"]
        mine = [one for one in known if notice and one.sender.access.community == notice.community]
        if notice is None or not mine:
            self.refused += 1
            return
        if notice.answer:
            self._say(notice.answer, addr)
        self._tell(notice, addr, mine)

    def _signed(self, data: bytes, addr: tuple[str, int], listeners: Iterable[_Listener]) -> None:
        keys = {one.sender.access for one in listeners if one.sender.access.version == "3"}
        self.refused += not keys
        for access in keys:
            self._usm(access).hear(data, addr, lambda said: self._say(said, addr))

    def _usm(self, access: Access) -> "Usm":
        from avctl.transports.snmp_usm import Usm

        def heard(notice: Notice, addr: tuple[str, int]) -> None:
            self._tell(notice, addr, [one for one in self._listeners(addr) if one.sender.access == access])

        if access not in self._usms:
            self._usms[access] = Usm(access, heard)
        return self._usms[access]

    def _tell(self, notice: Notice, addr: tuple[str, int], listeners: Iterable[_Listener]) -> None:
        if self._is_repeat((addr[0], notice.name, notice.number)):
            self.repeated += 1
            return
        for listener in listeners:
            listener.tell(notice)

    def _is_repeat(self, key: tuple[object, ...]) -> bool:
        now = asyncio.get_running_loop().time()
        before, self._seen[key] = self._seen.get(key), now
        self._seen.move_to_end(key)
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        return before is not None and now - before < _REPEATED

    def _affordable(self, host: str) -> bool:
        """So many datagrams a second from one address; decoding is dear, and a hint is a hint."""
        now = asyncio.get_running_loop().time()
        since, count = self._budgets.get(host, (now, 0))
        if now - since >= 1:
            since, count = now, 0
        self._budgets[host] = since, count + 1
        return count < _A_SECOND

    def _say(self, data: bytes, addr: tuple[str, int]) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(data, addr)
