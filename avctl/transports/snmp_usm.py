"""Notifications of version 3: who signed them, and the answers to informs. pysnmp does it; this keeps it small.

One engine per set of keys, and none at all until a device with keys is listened to. It has no socket and no timer: it
is handed datagrams, and ticks when one comes, so that what it remembers ages. pysnmp keeps something of every message
it could not make sense of for ever (its issue 93): after `_WORN` of them the engine is made anew.

A trap is signed for the sender's engine, an inform for ours. Ours has a new id whenever it is made, so that no sender
holds an old clock against it.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from secrets import token_bytes
from typing import Any

from avctl.transports.snmp_access import Access, Address, Notice
from avctl.transports.snmp_notice import FOREIGN, name_of, objects

Say = Callable[[bytes], None]
Heard = Callable[[Notice, Address], None]
_WORN = 500  # messages that came to nothing
_AGE = 320.0  # s: pysnmp's oldest cache entries live 300 s
_ENTERPRISE = b"\x80\x00\x13\x70\x05"  # RFC 3411: an id of our own octets


class Usm:
    """Everybody who signs with the same user and keys. `engines` are the ids of those who send traps."""

    def __init__(self, access: Access, heard: Heard) -> None:
        self._access, self._heard = access, heard
        self._engine: Any = None
        self._door: Any = None
        self._known: set[bytes] = set()
        self._vain = 0
        self._making: asyncio.Future[None] | None = None

    async def know(self, engine_id: bytes | None) -> None:
        """Take traps signed for this engine as well."""
        if engine_id:
            self._known.add(engine_id)
            if self._engine is not None:
                _let_in(self._engine, self._access, engine_id)
        await self.ready()

    async def ready(self) -> None:
        """Build the engine, off the loop: it takes some 0.3 s of one core."""
        if self._engine is None:
            if self._making is None:
                self._making = asyncio.ensure_future(self._made())
            await asyncio.shield(self._making)

    def hear(self, data: bytes, sender: Address, say: Say) -> None:
        """One datagram; discoveries and informs are answered by `say`. Nothing is raised at foreign bytes."""
        if self._engine is None:
            return  # being made anew: a trap is lost, an inform comes again
        self._vain += 1
        with suppress(*FOREIGN):
            self._door.take(data, sender, say)
        if self._vain > _WORN:
            self._engine, self._vain = None, 0
            self._making = asyncio.ensure_future(self._made())

    async def _made(self) -> None:
        loop = asyncio.get_running_loop()
        self._engine, self._door = await loop.run_in_executor(None, self._build)
        self._making = None

    def _build(self) -> tuple[Any, Any]:
        from pysnmp.entity.engine import SnmpEngine

        engine, door = SnmpEngine(), _door()
        (known_as,) = engine.get_mib_builder().import_symbols("__SNMP-FRAMEWORK-MIB", "snmpEngineID")
        known_as.syntax = known_as.syntax.clone(_ENTERPRISE + token_bytes(8))
        engine.snmpEngineID = known_as.syntax
        engine.register_transport_dispatcher(door)
        for engine_id in (None, *self._known):
            _let_in(engine, self._access, engine_id)
        _receiver(engine, 3 if self._access.priv else 2 if self._access.auth else 1, self._taken, door)
        return engine, door

    def _taken(self, notice: Notice, sender: Address) -> None:
        self._vain = 0
        self._heard(notice, sender)


def _let_in(engine: Any, access: Access, engine_id: bytes | None) -> None:
    from pysnmp.entity import config
    from pysnmp.proto.rfc1902 import OctetString

    from avctl.transports.snmp_engine import credentials

    told = credentials(access, None)
    config.add_v3_user(
        engine,
        access.user,
        told.authentication_protocol,
        access.auth or None,
        told.privacy_protocol,
        access.priv or None,
        securityEngineId=OctetString(engine_id) if engine_id else None,
    )


def _receiver(engine: Any, level: int, taken: Heard, door: Any) -> Any:
    """pysnmp's receiver, which asks neither for the number of a notification nor how well it was signed."""
    from pysnmp.entity.rfc3413.ntfrcv import NotificationReceiver
    from pysnmp.proto.api import v2c

    class Receiver(NotificationReceiver):  # type: ignore[misc]  # pysnmp has no types
        def process_pdu(self, *told: Any) -> None:
            _, _, _, _, signed, _, _, _, pdu, *_ = told
            if int(signed) < level:
                return
            super().process_pdu(*told)
            said = objects(v2c.apiPDU.get_varbinds(pdu))
            if (name := name_of(said)) is not None:
                taken(Notice(name, said, int(v2c.apiPDU.get_request_id(pdu))), door.sender)

    return Receiver(engine, lambda *_: None)


def _door() -> Any:
    """Where pysnmp sends to and receives from: no socket, no timer."""
    from pysnmp.carrier.asyncio.dgram.udp import DOMAIN_NAME, UdpTransportAddress
    from pysnmp.carrier.base import AbstractTransportDispatcher

    class Door(AbstractTransportDispatcher):  # type: ignore[misc]
        sender: Address = ("", 0)
        ticked = 0.0
        _say: Say = staticmethod(lambda _: None)
        _receive: Callable[..., None] = staticmethod(lambda *_: None)

        def register_recv_callback(self, recvCb: Callable[..., None], recvId: Any = None) -> None:  # noqa: N803 - theirs
            self._receive = recvCb

        def take(self, data: bytes, sender: Address, say: Say) -> None:
            """One datagram in; its answer leaves by `say`."""
            now = asyncio.get_running_loop().time()
            self.ticked = max(self.ticked, now - _AGE)
            while self.ticked + 1 <= now:
                self.ticked += 1
                self.handle_timer_tick(self.ticked)
            self.sender, self._say = sender, say
            self._receive(self, DOMAIN_NAME, UdpTransportAddress(sender), data)

        def send_message(self, outgoingMessage: bytes, transportDomain: Any, transportAddress: Any) -> None:  # noqa: N803
            self._say(outgoingMessage)

    made = Door()
    made.set_timer_resolution(1)
    return made
