"""An SNMP agent over a plain table: OID to a function that says the value now. v1, v2c, and v3 with SHA and AES-128.

The message formats, the security models and the responders are pysnmp's; the objects, the port and the time are ours.
There is no polling timer: an agent wakes only when a datagram comes. Source: RFC 3411-3418.
"""

import time
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable
from typing import Any

from pyasn1.error import PyAsn1Error
from pysnmp.carrier.asyncio.dgram.udp import DOMAIN_NAME, UdpTransportAddress
from pysnmp.carrier.base import AbstractTransportDispatcher
from pysnmp.entity import config
from pysnmp.entity.engine import SnmpEngine
from pysnmp.entity.rfc3413 import cmdrsp, context
from pysnmp.error import PySnmpError
from pysnmp.proto import rfc1902, rfc1905
from pysnmp.proto.api import v2c
from pysnmp.smi import error as smi

from simulators.faces import Address, Say

Oid = tuple[int, ...]
Read = Callable[[], Any]
Write = Callable[[int], None]
SYSTEM = (1, 3, 6, 1, 2, 1, 1)


def oid(text: str) -> Oid:
    """`1.3.6.1` or `.1.3.6.1` as numbers."""
    return tuple(int(part) for part in text.strip(".").split("."))


class CommitFailed(Exception):
    """The agent understood a SET and could not do it now."""


class WrongValue(Exception):
    """The value is outside what the object takes."""


class Table:
    """Objects in OID order. A reader returning None means: not there now (walks pass over it)."""

    def __init__(self) -> None:
        self._order: list[Oid] = []
        self._read: dict[Oid, Read] = {}
        self._write: dict[Oid, Write] = {}

    def add(self, at: Oid, read: Read, write: Write | None = None) -> None:
        """One object; with `write` it may be SET (integers only: relays have nothing else)."""
        insort(self._order, at)
        self._read[at] = read
        if write:
            self._write[at] = write

    def system(self, descr: str, object_id: Oid, name: str, uptime: Callable[[], float]) -> None:
        """The system group. `uptime` in seconds."""
        self.add((*SYSTEM, 1, 0), lambda: rfc1902.OctetString(descr))
        self.add((*SYSTEM, 2, 0), lambda: rfc1902.ObjectIdentifier(object_id))
        self.add((*SYSTEM, 3, 0), lambda: rfc1902.TimeTicks(int(uptime() * 100) % (1 << 32)))
        self.add((*SYSTEM, 5, 0), lambda: rfc1902.OctetString(name))

    def get(self, at: Oid) -> Any:
        """Value, or one of the two ways of saying no (RFC 3416 §4.2.1)."""
        value = self._read[at]() if at in self._read else None
        if value is not None:
            return value
        near = bisect_left(self._order, at[:-1])
        known = near < len(self._order) and self._order[near][: len(at) - 1] == at[:-1]
        return rfc1905.noSuchInstance if known else rfc1905.noSuchObject

    def after(self, at: Oid) -> tuple[Oid, Any]:
        """The next object that is there."""
        for following in self._order[bisect_right(self._order, at) :]:
            if (value := self._read[following]()) is not None:
                return following, value
        return at, rfc1905.endOfMibView

    def set(self, at: Oid, value: Any) -> None:
        """Write one object. Raises pysnmp's errors, which become the answer's error status."""
        if at not in self._write:
            raise smi.NotWritableError(name=at, idx=0)
        if not isinstance(value, rfc1902.Integer32):
            raise smi.WrongTypeError(name=at, idx=0)
        try:
            self._write[at](int(value))
        except CommitFailed:
            raise smi.CommitFailedError(name=at, idx=0) from None
        except WrongValue:
            raise smi.WrongValueError(name=at, idx=0) from None


class _Instrument:
    """pysnmp's view of a Table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def read_variables(self, *asked: Any, **_: Any) -> list[Any]:
        return [(name, self._table.get(tuple(name))) for name, _value in asked]

    def read_next_variables(self, *asked: Any, **_: Any) -> list[Any]:
        found = [self._table.after(tuple(name)) for name, _value in asked]
        return [(rfc1902.ObjectName(name), value) for name, value in found]

    def write_variables(self, *asked: Any, **_: Any) -> list[Any]:
        for name, value in asked:
            self._table.set(tuple(name), value)
        return list(asked)


class _Door(AbstractTransportDispatcher):  # type: ignore[misc]  # pysnmp has no types
    """Where pysnmp sends to and receives from: no socket, no timer."""

    def __init__(self) -> None:
        super().__init__()
        self._says: dict[Address, Say] = {}
        self.out: Callable[[bytes, Address], None] = lambda *_: None
        self._receive: Callable[..., None] = lambda *_: None

    def register_recv_callback(self, recvCb: Callable[..., None], recvId: Any = None) -> None:  # noqa: N803 - theirs
        self._receive = recvCb

    def take(self, data: bytes, sender: Address, say: Say) -> None:
        """One datagram in; its answer leaves by `say`."""
        self._says[sender] = say
        self._receive(self, DOMAIN_NAME, UdpTransportAddress(sender), data)
        del self._says[sender]

    def send_message(self, outgoingMessage: bytes, transportDomain: Oid, transportAddress: Address) -> None:  # noqa: N803
        to = (transportAddress[0], transportAddress[1])
        if to in self._says:
            self._says[to](outgoingMessage)
        else:  # nobody asked: a notification
            self.out(outgoingMessage, to)


class Agent:
    """Answers for one table. `identity` makes its engine id: two agents must never share one."""

    def __init__(self, identity: str) -> None:
        self.table = Table()
        self._engine = SnmpEngine()
        (self._id,) = self._engine.get_mib_builder().import_symbols("__SNMP-FRAMEWORK-MIB", "snmpEngineID")
        self._id.syntax = self._id.syntax.clone(b"\x80\x00\x13\x70\x04" + identity.encode()[:27])  # RFC 3411: text
        self._engine.snmpEngineID = self._id.syntax
        self.boots = int(time.time()) - 1_700_000_000  # grows from run to run: it has no memory to count in
        self._signs: tuple[int, int, str, int] = (1, 2, "community", 1)
        """Message model, security model, who, and how well: as pysnmp counts them."""
        self._wanted_at: Address | None = None
        self._door = _Door()
        self._engine.register_transport_dispatcher(self._door)
        served = context.SnmpContext(self._engine)
        served.context_names[b""] = _Instrument(self.table)
        for responder in (
            cmdrsp.GetCommandResponder,
            cmdrsp.NextCommandResponder,
            cmdrsp.BulkCommandResponder,
            cmdrsp.SetCommandResponder,
        ):
            responder(self._engine, served)

    @property
    def boots(self) -> int:
        """snmpEngineBoots: grows by one whenever the agent starts."""
        return self._boots

    @boots.setter
    def boots(self, boots: int) -> None:
        symbols = self._engine.get_mib_builder().import_symbols
        (counter,) = symbols("__SNMP-FRAMEWORK-MIB", "snmpEngineBoots")
        counter.syntax = counter.syntax.clone(boots)
        self._boots = boots

    def community(self, name: str) -> None:
        """Let v1 and v2c in under this community, to read and to write."""
        config.add_v1_system(self._engine, "community", name)
        for model in (1, 2):
            config.add_vacm_user(self._engine, model, "community", "noAuthNoPriv", (1, 3), (1, 3))

    def user(self, name: str, auth: str, priv: str) -> None:
        """Let a v3 user in: SHA-1 to sign, AES-128 to hide, both or nothing."""
        sha, aes = config.USM_AUTH_HMAC96_SHA, config.USM_PRIV_CFB128_AES
        self._signs = (3, 3, name, 3)
        config.add_v3_user(self._engine, name, sha, auth, aes, priv)
        config.add_vacm_user(self._engine, 3, name, "authPriv", (1, 3), (1, 3))

    def traps_to(self, to: Address, out: Callable[[bytes, Address], None]) -> None:
        """Send notifications there from now on, signed like its answers. `out` sends a datagram from its own port."""
        self._door.out, self._wanted_at = out, to

    def notify(self, name: str) -> None:
        """A trap of that name, if somebody wants them."""
        if self._wanted_at is None:
            return
        pdu = v2c.SNMPv2TrapPDU()
        v2c.apiTrapPDU.set_defaults(pdu)
        uptime = (v2c.apiTrapPDU.sysUpTime, self.table.get((*SYSTEM, 3, 0)))
        v2c.apiTrapPDU.set_varbinds(pdu, [uptime, (v2c.apiTrapPDU.snmpTrapOID, v2c.ObjectIdentifier(oid(name)))])
        model, security, who, level = self._signs
        signed = (model, security, rfc1902.OctetString(who), level, self._engine.snmpEngineID, rfc1902.OctetString(b""))
        there = UdpTransportAddress(self._wanted_at)
        self._engine.message_dispatcher.send_pdu(self._engine, DOMAIN_NAME, there, *signed, 1, pdu, False)

    def hear(self, data: bytes, sender: Address, say: Say) -> None:
        """One datagram; foreign bytes bring silence (RFC 3412 §7.2: discarded without further processing)."""
        try:
            self._door.take(data, sender, say)
        except (PySnmpError, PyAsn1Error):
            return
