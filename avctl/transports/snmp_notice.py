"""One notification on the wire, version 1 or 2c: bytes to its name and what it carries, and the answer to an inform.

The decoding is pysnmp's. Version 1 traps are renamed by RFC 3584 §3: enterprise.0.specific, and the generic ones to
snmpTraps.(generic + 1). What is no notification is None: this port is open to anybody's bytes.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from pyasn1.codec.ber import decoder, encoder
from pyasn1.error import PyAsn1Error
from pysnmp.error import PySnmpError
from pysnmp.proto import api
from pysnmp.proto.api import v1, v2c

from avctl.transports.snmp_access import SNMP_TRAPS, Notice, Varbind

_TRAP_OID = "1.3.6.1.6.3.1.1.4.1.0"
_ENTERPRISE_SPECIFIC = 6
_VERSIONS = {0: "1", 1: "2c", 3: "3"}
FOREIGN = (PyAsn1Error, PySnmpError, ValueError, TypeError, IndexError, OverflowError)
"""What pyasn1 and pysnmp raise at bytes that are not SNMP."""


def version_of(data: bytes) -> str | None:
    """ "1", "2c" or "3"; None for bytes that are no SNMP message."""
    try:
        return _VERSIONS.get(int(api.decodeMessageVersion(data)))
    except FOREIGN:
        return None


def decode(data: bytes) -> Notice | None:
    """A notification of version 1 or 2c; None for anything else. Never raises."""
    try:
        proto = api.PROTOCOL_MODULES[int(api.decodeMessageVersion(data))]
        message, _ = decoder.decode(data, asn1Spec=proto.Message())
        community = bytes(proto.apiMessage.get_community(message)).decode("utf-8", "replace")
        return _notice(proto, message, proto.apiMessage.get_pdu(message), community)
    except (*FOREIGN, KeyError):
        return None


def objects(varbinds: Iterable[tuple[Any, Any]]) -> dict[str, Varbind]:
    """As plain values: numbers, octets as bytes, identifiers as text."""
    return {str(oid): plain(value) for oid, value in varbinds}


def plain(value: Any) -> Varbind:
    """One value of pysnmp's. Also for those of version 1, which have types of their own."""
    name = type(value).__name__
    if name == "NetworkAddress":
        value, name = value.getComponent(), "IpAddress"
    if name in ("OctetString", "Opaque", "Bits"):
        return bytes(value)
    if name in ("ObjectIdentifier", "ObjectIdentity", "ObjectName"):
        return str(value)
    if name == "IpAddress":
        return ".".join(str(octet) for octet in bytes(value))
    return int(value)


def name_of(said: Mapping[str, Varbind]) -> str | None:
    """The notification a v2 PDU is about."""
    name = said.get(_TRAP_OID)
    return name if isinstance(name, str) else None


def _notice(proto: Any, message: Any, pdu: Any, community: str) -> Notice | None:
    if pdu.isSameTypeWith(v1.TrapPDU()) and proto is v1:
        return _first(pdu, community)
    informs = proto is v2c and pdu.isSameTypeWith(v2c.InformRequestPDU())
    if not informs and not (proto is v2c and pdu.isSameTypeWith(v2c.SNMPv2TrapPDU())):
        return None
    said = objects(v2c.apiPDU.get_varbinds(pdu))
    name = name_of(said)
    if name is None:
        return None
    number = int(v2c.apiPDU.get_request_id(pdu))
    return Notice(name, said, number, community, _acknowledged(message, pdu) if informs else b"")


def _first(pdu: Any, community: str) -> Notice:
    enterprise = ".".join(map(str, v1.apiTrapPDU.get_enterprise(pdu)))
    generic, specific = int(v1.apiTrapPDU.get_generic_trap(pdu)), int(v1.apiTrapPDU.get_specific_trap(pdu))
    name = f"{enterprise}.0.{specific}" if generic == _ENTERPRISE_SPECIFIC else f"{SNMP_TRAPS}.{generic + 1}"
    said = objects(v1.apiTrapPDU.get_varbinds(pdu))
    number = (int(v1.apiTrapPDU.get_timestamp(pdu)), *sorted(map(str, said.items())))  # it carries no number
    return Notice(name, said, number, community)


def _acknowledged(message: Any, pdu: Any) -> bytes:
    response = v2c.apiPDU.get_response(pdu)
    v2c.apiPDU.set_varbinds(response, v2c.apiPDU.get_varbinds(pdu))
    v2c.apiMessage.set_pdu(message, response)
    return bytes(encoder.encode(message))
