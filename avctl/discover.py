"""Looks around in the subnets a site file declares, when it is asked to and at no other time: `avctl discover`.

Three questions that change nothing go to every address, at no more than the budget's datagrams a second: SNMP (who are
you), the PJLink search, and OSC `/xinfo`. What answers is probed, and a draft of an inventory is written. There is no
mDNS: it would take a library of its own for devices that the other three find.

Source: PJLink 2 specification, search procedure (an answer may take 10 s); X32 OSC protocol, /xinfo.
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network

from avctl.model.errors import DeviceError
from avctl.probe import Found, Probe, Report, proposal
from avctl.transports.snmp import SnmpSession
from avctl.transports.snmp_access import Access as Community

SEARCH, XINFO = b"%2SRCH\r", b"/xinfo\0\0,\0\0\0"
OBJECT_ID = "1.3.6.1.2.1.1.2.0"
LISTEN = 11.0  # s after the last question; a projector may take 10
_SNMP_PATIENCE = 1.0  # s


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the three are asked."""

    snmp: int = 161
    pjlink: int = 4352
    osc: tuple[int, ...] = (10023, 10024)


@dataclass(frozen=True, slots=True)
class Seen:
    """Something at an address, with the URL it is to be probed at, and what the probe made of it."""

    address: str
    url: str
    report: Report | None = None

    @property
    def best(self) -> Found | None:
        return self.report.found[0] if self.report and self.report.found else None


@dataclass
class _Heard(asyncio.DatagramProtocol):
    """Answers on one socket: port asked, and address."""

    answers: set[tuple[str, int]] = field(default_factory=set)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if data.startswith((b"%2ACKN=", b"/xinfo\0")):
            self.answers.add((addr[0], addr[1]))

    def error_received(self, exc: Exception) -> None:
        """Nobody there: most addresses are empty."""


class Look:
    """One look around. `rate` is datagrams a second; `community` the word for SNMP, "" where none is known."""

    def __init__(self, rate: float, community: str, ports: Ports = Ports()) -> None:
        self._pause, self._community, self._ports = 1.0 / rate, community, ports
        self._agents: set[str] = set()
        self.sent = 0

    async def around(self, subnets: Iterable[IPv4Network]) -> Sequence[Seen]:
        """Whatever answers, by address."""
        heard, asking = _Heard(), set[asyncio.Task[None]]()
        async with _socket(heard) as transport:
            for address in (str(a) for net in subnets for a in net.hosts()):
                for data, port in [(SEARCH, self._ports.pjlink), *((XINFO, port) for port in self._ports.osc)]:
                    await self._slot()
                    transport.sendto(data, (address, port))
                if self._community:
                    await self._slot()
                    asking.add(asyncio.create_task(self._agent(address)))
            await asyncio.sleep(LISTEN)
        await asyncio.gather(*asking)
        found = [Seen(host, f"snmp://{host}{_port(self._ports.snmp, 161)}") for host in self._agents]
        found += [Seen(host, self._url(host, port)) for host, port in heard.answers]
        return sorted(found, key=lambda seen: (IPv4Address(seen.address), seen.url))

    async def _slot(self) -> None:
        self.sent += 1
        await asyncio.sleep(self._pause)

    async def _agent(self, host: str) -> None:
        session = SnmpSession(host, self._ports.snmp, Community("2c", self._community), _SNMP_PATIENCE, retries=0)
        with contextlib.suppress(DeviceError):
            await session.open()
            await session.get([OBJECT_ID])
            self._agents.add(host)
        await session.close()

    def _url(self, host: str, port: int) -> str:
        return f"pjlink://{host}{_port(port, 4352)}" if port == self._ports.pjlink else f"osc://{host}:{port}"


async def probed(seen: Iterable[Seen], probe: Probe) -> Sequence[Seen]:
    """Ask each what it is, one after the other."""
    return [Seen(one.address, one.url, await probe.at(one.url)) for one in seen]


def draft(found: Sequence[Seen], known: Mapping[str, str]) -> str:
    """An inventory to be worked over by hand; `known` are the devices the site has already, by host."""
    lines = ["# What answered, as a draft: give each device its name and its room, then move it into the site file."]
    lines.append("devices:" if any(seen.best and seen.address not in known for seen in found) else "devices: {}")
    for seen in found:
        if seen.address in known:
            lines.append(f"  # {seen.url}: that is {known[seen.address]}, already in the site file")
        elif (best := seen.best) is None:
            lines.append(f"  # {seen.url} answers, but no driver here understands it")
        else:
            lines += _entry(seen, best)
    return "\n".join(lines) + "\n"


def _entry(seen: Seen, best: Found) -> Iterable[str]:
    yield f"  {best.driver}-{seen.address.replace('.', '-')}:"
    yield '    room: "?"'
    yield from (f"    {line}" for line in proposal(best))
    if asset := {key: best.identity[key] for key in ("model", "serial", "firmware", "name") if key in best.identity}:
        yield "    asset: {" + ", ".join(f"{key}: {_quoted(said)}" for key, said in asset.items()) + "}"
    others = [other.driver for other in (seen.report.found if seen.report else ())[1:]]
    if others:
        yield f"    # {', '.join(others)} would understand it as well"


def _quoted(said: str) -> str:
    return '"' + "".join(c for c in said if c.isprintable()).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _port(port: int, standard: int) -> str:
    return "" if port == standard else f":{port}"


@contextlib.asynccontextmanager
async def _socket(heard: _Heard) -> AsyncIterator[asyncio.DatagramTransport]:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: heard, local_addr=("0.0.0.0", 0), family=socket.AF_INET)
    try:
        yield transport
    finally:
        transport.close()
