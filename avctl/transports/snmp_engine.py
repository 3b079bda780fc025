"""Setting by pysnmp, with one engine for the life of the process; and reading, where gufo-snmp has no wheel.

An engine per request would cost 1.2 MB, a descriptor and 225 ms each (measured), so there is one. It is built when it
is first needed, or ahead of need by `warm()`: import and construction take up to 0.6 s of one core. Its socket lives
as long as one session holds it. Its clock (deadlines, ageing of its caches) ticks only while a request is under way,
and makes up for the ticks it missed when the next one comes.

It remembers for five minutes which engine is at an address: a device exchanged so soon after a v3 SET can be read at
once, but not be set before they are over.
"""

import asyncio
import socket
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from avctl.model.errors import AuthFailed, Busy, DeviceError, Garbled, LinkDown, NoAnswer, Refused
from avctl.transports.snmp_access import Access, Address, Step, Varbind

_TICK = 0.25  # s
_AGE = 320.0  # s: pysnmp's oldest cache entries live 300 s, so more ticks than this need not be made up for
_DEADLINE_OF_READS = 30  # s; the caller's deadline comes first
_MISSING = ("NoSuchObject", "NoSuchInstance", "EndOfMibView", "Null")
_BUSY = (5, 13, 14)  # genErr, resourceUnavailable, commitFailed: what an APC says while a command is pending
_OF_AUTH = (
    "WrongDigest",
    "UnknownUserName",
    "AuthenticationFailure",
    "UnsupportedSecurityLevel",
    "DecryptionError",
)


@dataclass(slots=True)
class _Shared:
    """The engine of this process; `holders` are the sessions that use its socket on the running loop."""

    engine: Any = None
    loop: asyncio.AbstractEventLoop | None = None
    holders: int = 0


_shared = _Shared()
_building = threading.Lock()


def warm() -> None:
    """Import pysnmp and build the engine. Costly once, free afterwards; may be called from a thread."""
    with _building:
        if _shared.engine is None:
            from pysnmp.hlapi.v3arch.asyncio import SnmpEngine

            _shared.engine = SnmpEngine()


def is_warm() -> bool:
    """Whether the engine is there."""
    return _shared.engine is not None


class PySnmp:
    """One agent, spoken to through the shared engine. Also a `Reader`."""

    engine_id: bytes | None = None

    def __init__(self, address: Address, access: Access) -> None:
        self._address, self._access = address, access
        self._holding = False

    async def set(self, oid: str, value: int | str, kind: str, within: float, engine_id: bytes | None = None) -> None:
        """One varbind, sent once: whether an unanswered SET was obeyed, only a GET can tell.

        Raises NoAnswer after `within` seconds, Refused, Busy and AuthFailed as the agent says.
        """
        await self._ask("set_cmd", oid, _typed(value, kind), within=within, engine_id=engine_id)

    async def greet(self) -> None:
        """Nothing: the engine greets by itself."""

    async def get(self, oids: Sequence[str]) -> Mapping[str, Varbind]:
        rows = await self._ask("get_cmd", *oids)
        return {oid: _plain(value) for oid, value in rows if type(value).__name__ not in _MISSING}

    def walk(self, root: str) -> Step:
        at = root

        async def step() -> tuple[str, Varbind] | None:
            nonlocal at
            found = await self._ask("next_cmd", at)
            if not found or type(found[0][1]).__name__ in _MISSING or not found[0][0].startswith(f"{root}."):
                return None
            at = found[0][0]
            return at, _plain(found[0][1])

        return step

    def close(self) -> None:
        """Let go of the engine's socket if nobody else holds it."""
        if self._holding:
            self._holding = False
            _release()

    async def _ask(
        self, verb: str, *oids: Any, within: float = _DEADLINE_OF_READS, engine_id: bytes | None = None
    ) -> list[tuple[str, Any]]:
        from pysnmp.hlapi.v3arch import asyncio as hlapi

        await self._hold()
        varbinds = [(hlapi.ObjectIdentifier(oids[0]), oids[1])] if verb == "set_cmd" else _unset(oids)
        target = await _target(self._address, within)
        auth = credentials(self._access, engine_id)
        _shared.engine.transport_dispatcher.make_up()
        trouble, status, _, rows = await getattr(hlapi, verb)(
            _shared.engine, auth, target, hlapi.ContextData(), *varbinds, lookupMib=False
        )
        asked = f"snmp {self._address[0]}:{self._address[1]} {verb[:3]} {oids[0]}"
        if trouble:
            raise _trouble(asked, trouble, within)
        if int(status) and not (verb != "set_cmd" and int(status) == 2):  # v1 says "no such thing" for the whole PDU
            raise _refusal(asked, int(status), status)
        return [] if int(status) else [(str(oid), value) for oid, value in rows]

    async def _hold(self) -> None:
        if _shared.engine is None:
            await asyncio.get_running_loop().run_in_executor(None, warm)
        if not self._holding:
            self._holding = True
            _attach(six=":" in self._address[0])
            _shared.holders += 1


def _attach(six: bool) -> None:
    """Give the engine a socket for this kind of address on the running loop, unless it has one."""
    from pysnmp.carrier.asyncio.dgram import udp, udp6
    from pysnmp.entity import config

    loop = asyncio.get_running_loop()
    if _shared.loop not in (None, loop):  # that loop ended with sessions still open: its socket serves nobody
        _detach()
    if _shared.loop is None:
        _shared.engine.register_transport_dispatcher(_dispatcher(loop))
        _shared.loop = loop
    domain, wire = (udp6.DOMAIN_NAME, udp6.Udp6AsyncioTransport) if six else (udp.DOMAIN_NAME, udp.UdpAsyncioTransport)
    if config.get_transport(_shared.engine, domain) is None:
        config.add_transport(_shared.engine, domain, wire().open_client_mode())


def _release() -> None:
    _shared.holders -= 1
    if _shared.holders == 0:
        _detach()


def _detach() -> None:
    dispatcher = _shared.engine.transport_dispatcher
    _shared.engine.unregister_transport_dispatcher()
    dispatcher.close_dispatcher()
    _shared.loop, _shared.holders = None, 0


def _dispatcher(loop: asyncio.AbstractEventLoop) -> Any:
    """pysnmp's own dispatcher ticks ten times a second for ever, and by the wall clock. This one does neither."""
    from pysnmp.carrier.asyncio.dispatch import AsyncioDispatcher

    class Dispatcher(AsyncioDispatcher):  # type: ignore[misc]  # pysnmp has no types
        ticking: asyncio.Task[None] | None = None
        ticked = loop.time()

        async def handle_timeout(self) -> None:
            """No endless loop at rest."""

        def make_up(self) -> None:
            """Tick for the time at rest, before a new request's deadline is counted in ticks."""
            self.ticked = max(self.ticked, loop.time() - _AGE)
            while self.ticked + _TICK <= loop.time():
                self.ticked += _TICK
                self.handle_timer_tick(self.ticked)

        def job_started(self, job: object, count: int = 1) -> None:
            super().job_started(job, count)
            if self.ticking is None:
                self.ticking = loop.create_task(self._tick())

        def job_finished(self, job: object, count: int = 1) -> None:
            super().job_finished(job, count)
            if not self.jobs_are_pending():
                self._rest()

        def close_dispatcher(self) -> None:
            self._rest()
            super().close_dispatcher()

        def _rest(self) -> None:
            ticking, self.ticking = self.ticking, None
            if ticking is not None and ticking is not asyncio.current_task(loop) and not loop.is_closed():
                ticking.cancel()

        async def _tick(self) -> None:
            mine = self.ticking
            while self.ticking is mine:  # a request that ends by its deadline ends within make_up
                await asyncio.sleep(_TICK)
                self.make_up()

    made = Dispatcher(loop=loop)
    made.set_timer_resolution(_TICK)
    return made


async def _target(address: Address, within: float) -> Any:
    from pysnmp.hlapi.v3arch.asyncio import Udp6TransportTarget, UdpTransportTarget

    kind = Udp6TransportTarget if ":" in address[0] else UdpTransportTarget
    return await kind.create(address, timeout=within, retries=0)


def _unset(oids: Sequence[str]) -> list[tuple[Any, Any]]:
    from pysnmp.hlapi.v3arch.asyncio import Null, ObjectIdentifier

    return [(ObjectIdentifier(oid), Null("")) for oid in oids]


def credentials(access: Access, engine_id: bytes | None) -> Any:
    """As pysnmp wants them."""
    from pysnmp.hlapi.v3arch import asyncio as hlapi

    if access.version != "3":
        return hlapi.CommunityData(access.community, mpModel=0 if access.version == "1" else 1)
    auth = {"md5": "MD5", "sha": "SHA", "sha224": "128SHA224", "sha256": "192SHA256", "sha384": "256SHA384"}
    priv = {"des": "DESPriv", "aes128": "AesCfb128", "aes192": "AesCfb192", "aes256": "AesCfb256"}
    hmac = auth.get(access.auth_protocol, "384SHA512")
    return hlapi.UsmUserData(
        access.user,
        access.auth or None,
        access.priv or None,
        authProtocol=getattr(hlapi, f"usmHMAC{hmac}AuthProtocol") if access.auth else None,
        privProtocol=getattr(hlapi, f"usm{priv[access.priv_protocol]}Protocol") if access.priv else None,
        **({"securityEngineId": hlapi.OctetString(engine_id)} if engine_id else {}),
    )


def _typed(value: int | str, kind: str) -> Any:
    from pysnmp.hlapi.v3arch import asyncio as hlapi

    made = {"integer": hlapi.Integer32, "gauge": hlapi.Gauge32, "string": hlapi.OctetString}[kind]
    return made(value)


def _plain(value: Any) -> Varbind:
    name = type(value).__name__
    if name == "OctetString":
        return bytes(value)
    return str(value) if name in ("ObjectIdentifier", "ObjectIdentity", "IpAddress") else int(value)


def _trouble(asked: str, trouble: Any, within: float) -> DeviceError:
    name = type(trouble).__name__
    if name == "RequestTimedOut":
        return NoAnswer(f"{asked}: nothing came within {within:g} s")
    if name in _OF_AUTH:
        return AuthFailed(f"{asked}: {trouble}")
    return Garbled(f"{asked}: {trouble}")


def _refusal(asked: str, code: int, name: Any) -> DeviceError:
    said = f"{asked}: {name.prettyPrint()} ({code})"
    return Busy(said) if code in _BUSY else Refused(said)


async def resolve(host: str, port: int) -> Address:
    """The numeric address of a host. Raises LinkDown for an unknown one."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except OSError as error:
        raise LinkDown(f"snmp {host}:{port}: {error.strerror or error}") from None
    return str(found[0][4][0]), int(found[0][4][1])
