"""A conversation with one SNMP agent: get, walk and set, with the patience UDP needs. No meaning.

How an agent wants to be treated:
1. Few varbinds a request (10, or as many as the site says): small agents answer tooBig, or nothing, beyond that.
2. A GET may be repeated, a SET never: an unanswered SET may have been obeyed. The caller asks first.
3. In version 1 one missing OID spoils the whole answer: then the request is halved until the missing one stands alone.
4. Version 3 has a clock. After 120 s without a word, or a reboot of the agent, it must be taken again.
5. A wrong community is silence. A wrong privacy password is silence too, but the agent still answers what is signed.

Sources: RFC 3411-3418, RFC 3584; behaviour of net-snmp 5.9, tried.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from avctl.model.errors import AuthFailed, Garbled, LinkDown, NoAnswer
from avctl.transports.snmp_access import Access, Address, Reader, Varbind
from avctl.transports.snmp_engine import PySnmp, is_warm, resolve, warm
from avctl.transports.tap import Ring

__all__ = ["Access", "SnmpSession", "Varbind", "warm"]

T = TypeVar("T")
AT_ONCE = 10
_WHO = "1.3.6.1.2.1.1.2.0"  # sysObjectID
_FORGETS = 120.0  # s; gufo-snmp asks for a new greeting after 150 s
_LONGEST = 10_000  # rows of one walk


class SnmpSession:
    """One agent at host:port. `timeout` is seconds per request, `retries` how often a GET is repeated.

    `at_once` is how many OIDs go into one request: each request costs as much again.
    """

    def __init__(
        self, host: str, port: int, access: Access, timeout: float = 1.0, retries: int = 2, at_once: int = AT_ONCE
    ) -> None:
        self._host, self._port, self._access = host, port, access
        self._timeout, self._retries, self._at_once = timeout, retries, at_once
        self._turn = asyncio.Lock()
        self.ring = Ring(worded=True)
        self._reader: Reader | None = None
        self._writer: PySnmp | None = None
        self._address: Address = (host, port)
        self._heard: float | None = None  # loop time of the last answer from this reader

    def __str__(self) -> str:
        return f"snmp://{self._host}:{self._port}"

    @property
    def address(self) -> Address:
        """Where the agent is, with its host as a number once it is open."""
        return self._address

    @property
    def engine_id(self) -> bytes | None:
        """The v3 engine that answered; None for other versions, and before it did."""
        return self._reader.engine_id if self._reader is not None else None

    async def open(self) -> None:
        """Take a socket and, for version 3, find out the engine. Raises LinkDown, NoAnswer, AuthFailed."""
        await self.close()
        self._address = await resolve(self._host, self._port)
        async with self._turn:
            await self._meet(self._timeout)

    async def get(self, oids: Sequence[str], timeout: float | None = None) -> dict[str, Varbind]:
        """What the agent says to each OID; None for those it does not have. `timeout` is seconds per request.

        Raises NoAnswer, LinkDown, AuthFailed, Garbled.
        """
        said: dict[str, Varbind] = dict.fromkeys(oids)
        async with self._turn:
            for some in _portions(oids, self._at_once):
                self.ring.note("out", f"get {' '.join(some)}".encode())
                found = await self._portion(some, timeout or self._timeout)
                self.ring.note("in", _worded(found))
                said.update(found)
        return said

    async def walk(self, root: str, timeout: float | None = None) -> dict[str, Varbind]:
        """Everything below `root`, in the agent's order. Raises Garbled for an agent that walks in circles."""
        said: dict[str, Varbind] = {}
        async with self._turn:
            step = self._live().walk(root)
            while found := await self._asked(step, timeout or self._timeout):
                if found[0] in said or len(said) >= _LONGEST:
                    raise Garbled(f"{self}: walks in circles below {root} at {found[0]}")
                said[found[0]] = found[1]
        return said

    async def prepare_to_set(self) -> None:
        """Load what a first SET would have to wait for (0.3-0.6 s of one core, once per process), in a thread."""
        if not is_warm():
            await asyncio.get_running_loop().run_in_executor(None, warm)

    async def set(self, oid: str, value: int | str, kind: str = "integer", timeout: float | None = None) -> None:
        """Set one OID, once; `kind` is integer, gauge or string.

        Raises NoAnswer (then GET before anything else), Refused, Busy, AuthFailed, LinkDown.
        """
        async with self._turn:
            reader = self._live()
            if self._writer is None:
                self._writer = reader if isinstance(reader, PySnmp) else PySnmp(self._address, self._access)
            self.ring.note("out", f"set {oid} = {kind} {value}".encode())
            await self._writer.set(oid, value, kind, timeout or self._timeout, reader.engine_id)
            self.ring.note("in", b"set")

    async def close(self) -> None:
        """Let go of the sockets; never raises."""
        for end in (self._reader, self._writer):
            if end is not None:
                end.close()
        self._reader = self._writer = self._heard = None

    async def _meet(self, timeout: float) -> None:
        self._reader, self._heard = _reader(self._address, self._access), None
        try:
            await self._patiently(self._reader.greet, timeout)
        except NoAnswer:
            if not self._access.priv or not await self._hears_us_unencrypted(timeout):
                raise
            await self._once_more(self._reader.greet, timeout)

    async def _hears_us_unencrypted(self, timeout: float) -> bool:
        """An agent drops what it cannot decrypt without a word; but it answers, if only to refuse, what is signed."""
        plain = _reader(self._address, replace(self._access, priv=""))
        try:
            await self._patiently(plain.greet, timeout)
            await self._patiently(lambda: plain.get([_WHO]), timeout)
        except AuthFailed:
            return True
        except NoAnswer:
            return False
        finally:
            plain.close()
        return True

    async def _once_more(self, greet: Callable[[], Awaitable[None]], timeout: float) -> None:
        """So that datagrams lost on a bad line are not taken for a wrong password."""
        try:
            await self._patiently(greet, timeout)
        except NoAnswer:
            why = "hears us, but not what we encrypt: wrong privacy password or protocol"
            raise AuthFailed(f"{self}: {why}") from None

    async def _portion(self, oids: Sequence[str], timeout: float) -> Mapping[str, Varbind]:
        said = await self._asked(lambda: self._live().get(oids), timeout)
        if said or len(oids) == 1:
            return said
        middle = len(oids) // 2
        return {**await self._portion(oids[:middle], timeout), **await self._portion(oids[middle:], timeout)}

    async def _asked(self, ask: Callable[[], Awaitable[T]], timeout: float) -> T:
        """One question, with the clock of version 3 kept right before and after."""
        known, now = self._heard, asyncio.get_running_loop().time()
        if self._access.version != "3" or known is None:
            said = await self._patiently(ask, timeout)
        elif now - known > _FORGETS:
            said = await self._anew(ask, timeout, tries=1 + self._retries)
        else:
            said = await self._once(ask, timeout)
        self._heard = asyncio.get_running_loop().time()
        return said

    async def _once(self, ask: Callable[[], Awaitable[T]], timeout: float) -> T:
        """An agent that let us in before, and now is silent or refuses, may have been restarted or exchanged."""
        try:
            async with asyncio.timeout(timeout):
                return await ask()
        except (TimeoutError, AuthFailed):
            return await self._anew(ask, timeout, tries=max(1, self._retries))

    async def _anew(self, ask: Callable[[], Awaitable[T]], timeout: float, tries: int) -> T:
        self._live().close()
        self._reader = _reader(self._address, self._access)
        await self._patiently(self._reader.greet, timeout, tries)
        return await self._patiently(ask, timeout, tries)

    async def _patiently(self, ask: Callable[[], Awaitable[T]], timeout: float, tries: int = 0) -> T:
        tries = tries or 1 + self._retries
        for _ in range(tries):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout):
                    return await ask()
        hint = "" if self._access.version == "3" else " (a wrong community looks the same)"
        raise NoAnswer(f"{self}: nothing came within {timeout:g} s, {tries} times{hint}")

    def _live(self) -> Reader:
        if self._reader is None:
            raise LinkDown(f"{self}: not open")
        return self._reader


def _reader(address: Address, access: Access) -> Reader:
    """gufo-snmp where it is installed (there is no wheel for every machine), else pysnmp."""
    try:
        from avctl.transports.snmp_gufo import GufoReader
    except ImportError:
        return PySnmp(address, access)
    return GufoReader(address, access)


def _worded(said: Mapping[str, Varbind]) -> bytes:
    return "\n".join(f"{oid} = {value!r}" for oid, value in said.items()).encode()


def _portions(oids: Sequence[str], most: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(oids), most):
        yield oids[start : start + most]
