"""Finds out what answers at an address, without changing anything there: `avctl probe tcp://10.20.1.13`.

Evidence first (which ports are open, what greets, what an SNMP agent says it is), then those drivers that fit it are
built, opened and asked who is there; what understands the answers is proposed. Only questions are sent, each driver
has a deadline, and what greets in one language is never spoken to in another.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from avctl.document import Mistakes
from avctl.drivers import registry
from avctl.model.errors import AuthFailed, DeviceError, LinkDown, Refused
from avctl.model.house import DeviceSpec
from avctl.model.ports import Clock, Driver, Query
from avctl.model.reading import Reading
from avctl.transports.tcp import Tcp

WITHIN = 6.0  # s for one driver to open and to be answered
_GREETING = 1.0  # s a device may take to greet
_PORTS: Sequence[tuple[str, str]] = (  # driver, where such a device listens; {} is the host
    ("pjlink", "pjlink://{}:4352"),
    ("escvp21", "escvpnet://{}:3629"),
    ("nec", "nec://{}:7142"),
    ("ntcontrol", "ntcontrol://{}:1024"),
    ("adcp", "adcp://{}:53595"),
    ("samsung-mdc", "tcp://{}:1515"),
    ("sony-bravia", "tcp://{}:20060"),
    ("lg-rs232", "tcp://{}:9761"),
    ("shure-charger", "tcp://{}:2202"),
    ("shure-receiver", "tcp://{}:2202"),
    ("qsys-qrc", "tcp://{}:1710"),
    ("poly", "tcp://{}:24"),
    ("extron-sis", "tcp://{}:23"),
    ("tesira", "tcp://{}:23"),
    ("cisco-xapi", "tcp://{}:23"),
)
_GREETS: Sequence[tuple[bytes, tuple[str, ...]]] = (
    (b"PJLINK ", ("pjlink",)),
    (b"NTCONTROL ", ("ntcontrol",)),
    (b"Extron", ("extron-sis",)),
    (b"Welcome to the Tesira", ("tesira",)),
    (b"\xff\xfd", ("tesira", "extron-sis")),  # telnet: do …
    (b"Cisco", ("cisco-xapi",)),
    (b"login:", ("cisco-xapi", "poly")),
    (b"Polycom", ("poly",)),
    (b"Password:", ("extron-sis", "poly")),
    (b"NOKEY", ("adcp",)),
)
_SHY = ("extron-sis", "escvp21", "nec", "lg-rs232", "samsung-mdc", "sony-bravia", "shure-charger", "shure-receiver")
"""Who says nothing unasked, in the order they are tried: single letters switch an Extron, so it is asked first."""
_BAUD: Mapping[str, int] = {"nec": 38400, "tesira": 115200, "cisco-xapi": 115200}


@dataclass(frozen=True, slots=True)
class Found:
    """Something that answered: what drives it, how it is reached, what it says of itself, and how well it is known.

    `share` is the part of what its driver asks that it answers, `known` how many points that is; `locked` when it
    wants a password we do not have.
    """

    driver: str
    url: str
    identity: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, object] = field(default_factory=dict)
    share: float = 1.0
    known: int = 0
    locked: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """What was seen, what fits (the best first), and what was tried in vain, with the reason."""

    evidence: tuple[str, ...]
    found: tuple[Found, ...]
    tried: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Access:
    """Names of the secrets that may be needed: a password or community, and for SNMP version 3 more."""

    secret: str = ""
    user: str = ""
    auth: str = ""
    priv: str = ""

    def options(self, takes: Mapping[str, Any], snmp: bool) -> dict[str, object]:
        """As they stand in a site file, for a driver that takes such options."""
        named = {"password": self.secret, "auth": self.auth, "priv": self.priv}
        if snmp and not self.user:
            return {"community": {"secret": self.secret or "public"}}
        found: dict[str, object] = {key: {"secret": name} for key, name in named.items() if name and key in takes}
        return found | ({"version": "3", "user": self.user} if snmp else {})


class Probe:
    """Asks at addresses. `secrets` gives what `access` names; `folder` is the site's own folder of profiles."""

    def __init__(
        self,
        clock: Clock,
        secrets: Callable[[str], str],
        access: Access = Access(),
        folder: Path | None = None,
        within: float = WITHIN,
    ) -> None:
        self._clock, self._secrets, self._access, self._folder, self._within = clock, secrets, access, folder, within

    async def at(self, url: str) -> Report:
        """What answers there. Raises ValueError for an address that is none of ours."""
        evidence: list[str] = []
        found: list[Found] = []
        tried: list[tuple[str, str]] = []
        async for driver, where in self._candidates(url, evidence):
            answer = await self._ask(driver, where)
            if isinstance(answer, Found):
                found.append(answer)
            else:
                tried.append((f"{driver} {where}", answer))
            if found and not where.startswith("snmp:"):
                break  # who has been understood is not spoken to in other tongues
        return Report(tuple(evidence), ranked(found), tuple(tried))

    async def _candidates(self, url: str, evidence: list[str]) -> AsyncIterator[tuple[str, str]]:
        parts = urlsplit(url)
        known = [name for name in registry.drivers(self._folder) if parts.scheme in self._schemes(name)]
        if not known:
            raise ValueError(f"{url}: want tcp://host, serial:///dev/…, osc://host, ssc://host or snmp://host")
        if parts.scheme == "tcp" and parts.port is None:
            async for candidate in self._at_standard_ports(parts.hostname or "", evidence):
                yield candidate
        elif parts.scheme == "tcp":
            fitting = by_greeting(said := await self._greeting(url), known)
            evidence.append(f"{url} greets with {said!r}" if said else f"{url} takes connections and greets nobody")
            for driver in fitting:
                yield driver, url
        else:
            for driver in ordered(known):
                yield driver, with_baud(url, driver)

    async def _at_standard_ports(self, host: str, evidence: list[str]) -> AsyncIterator[tuple[str, str]]:
        heard: dict[int, bytes | None] = {}
        for driver, form in _PORTS:
            url = form.format(f"[{host}]" if ":" in host else host)
            port = urlsplit(url).port or 0
            if port not in heard:
                heard[port] = await self._port(host, port)
                if (said := heard[port]) is not None:
                    evidence.append(f"port {port} is open" + (f" and greets with {said!r}" if said else ""))
            if (said := heard[port]) is not None and driver in by_greeting(said, [driver]):
                yield driver, url

    async def _port(self, host: str, port: int) -> bytes | None:
        """What greets there, b"" when nothing does, None when nobody takes the connection."""
        try:
            return await self._greeting(f"tcp://[{host}]:{port}" if ":" in host else f"tcp://{host}:{port}")
        except LinkDown:
            return None

    async def _greeting(self, url: str) -> bytes:
        parts = urlsplit(url)
        wire = Tcp(parts.hostname or "", parts.port or 0)
        await wire.open()
        try:
            async with asyncio.timeout(_GREETING):
                return await wire.receive()
        except (TimeoutError, LinkDown):
            return b""
        finally:
            await wire.close()

    async def _ask(self, driver: str, url: str) -> Found | str:
        """What came of one driver: a find, or why not."""
        try:
            kind = registry.kind(driver, self._folder)
            options = self._access.options(kind.settings.model_fields, url.startswith("snmp:"))
            spec = DeviceSpec("probed", "", driver, url, options)
            built = registry.build(spec, self._clock, self._secret, self._folder)
        except (ValidationError, LookupError, ValueError, Mistakes) as error:
            return f"cannot be tried without more options: {str(error).splitlines()[0]}"
        try:
            async with asyncio.timeout(self._within):
                await built.open()
                return await self._known(built, driver, url, options)
        except AuthFailed as error:
            return Found(driver, url, {"says": str(error)}, options, locked=True)
        except TimeoutError:
            return f"no answer within {self._within:g} s"
        except DeviceError as error:
            return str(error)
        finally:
            await built.close()

    async def _known(self, built: Driver, driver: str, url: str, options: Mapping[str, object]) -> Found:
        """Ask the vital question, and who it is; over SNMP all questions, to tell like profiles apart."""
        everything = url.startswith("snmp:")
        vital = next((q for q in built.queries if q.vital), built.queries[0])
        readings = list(await built.read(vital))
        for query in built.queries:
            if query is not vital and (everything or query.name == "identity"):
                readings += await _answers(built, query)
        known = [reading for reading in readings if reading.value is not None]
        identity = {r.point.removeprefix("identity."): str(r.value) for r in known if r.point.startswith("identity.")}
        asked = len(built.points) if everything else len(readings)
        return Found(driver, url, identity, options, share=len(known) / max(1, asked), known=len(known))

    def _secret(self, name: str) -> str:
        """The secret of a name; "public" is a community everybody knows."""
        return name if name == "public" and not self._access.secret else self._secrets(name)

    def _schemes(self, name: str) -> tuple[str, ...]:
        try:
            return registry.schemes(name, self._folder)
        except Mistakes:
            return ()  # a profile of the site with mistakes in it: `avctl check` tells them


async def _answers(built: Driver, query: Query) -> Sequence[Reading]:
    try:
        return await built.read(query)
    except Refused:
        return ()
    except LinkDown:
        raise
    except DeviceError:
        return ()


def by_greeting(said: bytes, drivers: Iterable[str]) -> list[str]:
    """Which of these drivers may speak with what greets so. What greets nobody is one of the shy, or a profile's."""
    known = list(drivers)
    if said:
        fitting = next((names for words, names in _GREETS if words in said), ())
        return [name for name in known if name in fitting] or ([] if fitting else _strange(said, known))
    greeters = {name for _, names in _GREETS for name in names} - set(_SHY)
    return [name for name in ordered(known) if name not in greeters or name in ("cisco-xapi",)]


def _strange(said: bytes, known: Sequence[str]) -> list[str]:
    """A greeting no driver is known for: a random number is ADCP's, anything else is left alone."""
    return [name for name in known if name == "adcp"] if said.strip().isalnum() else []


def ordered(drivers: Iterable[str]) -> list[str]:
    """In the order in which they do the least harm: the shy first, as listed there."""
    return sorted(drivers, key=lambda name: (_SHY.index(name) if name in _SHY else len(_SHY), name))


def ranked(found: Iterable[Found]) -> tuple[Found, ...]:
    """The best first: who answers more of what is asked, then who knows more, then the later generation.

    A newer supply answers the tables of its forebears as well; an older one does not know those of its heirs.
    """
    by_name = sorted(found, key=lambda f: f.driver, reverse=True)
    return tuple(sorted(by_name, key=lambda f: (f.locked, -round(f.share, 1), -f.known)))


def with_baud(url: str, driver: str) -> str:
    """A serial line without a speed gets the one such devices are delivered with."""
    if not url.startswith("serial:") or "baud=" in url:
        return url
    return f"{url}?baud={_BAUD.get(driver, 9600)}"


def proposal(found: Found) -> list[str]:
    """The lines for the site file."""
    options = ", ".join(f"{key}: {_flow(value)}" for key, value in found.options.items())
    return [f"driver: {found.driver}", f"url: {found.url}"] + ([f"options: {{{options}}}"] if options else [])


def _flow(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_flow(inner)}" for key, inner in value.items()) + "}"
    return str(value)


def told(report: Report) -> str:
    """The whole report for a terminal."""
    lines = [*report.evidence]
    for found in report.found:
        said = ", ".join(f"{key} {value}" for key, value in found.identity.items()) or "says nothing of itself"
        lock = "  wants a password: name it with --secret" if found.locked else ""
        lines += ["", f"{found.driver} understands it ({found.share:.0%} of its questions): {said}{lock}"]
        lines += [f"  {line}" for line in proposal(found)]
    if not report.found:
        lines += ["nothing that a driver here understands"] + [f"  {what}: {why}" for what, why in report.tried]
    return "\n".join(lines)
