"""A device behind an SNMP agent, driven by a plan: which OIDs to ask, what they mean, what may be set.

The plan comes from a profile. How such a device wants to be treated:

1. A relay follows its SET by seconds, and the status may count the other way round than the control. So a write
   asks the status again and again until it agrees or the plan's patience ends, and returns what the device says.
2. An unanswered SET may have been obeyed: it is never repeated, the status is asked instead.
3. An agent that knows none of the OIDs asked is another device, or another firmware: Refused, not "no values".
4. What it sends unasked is a hint: the queries that notification concerns are asked at once, and their answers count.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from avctl.drivers.base import Device, Options, Secret, Secrets, told
from avctl.model.errors import Busy, NoAnswer, Refused, WrongDevice
from avctl.model.house import DeviceSpec
from avctl.model.point import Point
from avctl.model.ports import Clock, Query
from avctl.model.reading import Quality, Reading, Value
from avctl.transports.snmp import AT_ONCE, Access, SnmpSession, Varbind
from avctl.transports.snmp_access import COLD_START, WARM_START, Notice
from avctl.transports.snmp_trap import Sender, TrapDoor

STANDARD_PORT = 161


@dataclass(frozen=True, slots=True)
class Ask:
    """One point: the OIDs it is made of, and what their values mean together (None: the device does not know)."""

    point: Point
    oids: tuple[str, ...]
    means: Callable[[Sequence[Varbind]], Value | None]
    knows_absence: bool = False
    """A missing OID says something, for example that a bay is empty."""


@dataclass(frozen=True, slots=True)
class Wish:
    """One point that can be set: where, as what, and how long (seconds) and often its status is asked afterwards."""

    oid: str
    kind: str
    encode: Callable[[Value], int | str]
    within: float
    every: float


@dataclass(frozen=True, slots=True)
class Recognition:
    """The OID that tells this kind of device from another, and whether its value does."""

    oid: str
    fits: Callable[[Varbind], bool]
    wanted: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a profile says, for one device with its options."""

    asks: Mapping[str, Ask]
    queries: Mapping[str, tuple[Query, tuple[str, ...]]]
    """By name: the query (its timeout is seconds per request) and the points it answers."""
    wishes: Mapping[str, Wish] = field(default_factory=dict)
    recognition: Recognition | None = None
    traps: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By notification: the queries worth asking when it comes."""

    def read(self, points: Sequence[str], heard: Mapping[str, Varbind]) -> dict[str, Value | None]:
        """What `heard` (OID to value) says about each point."""
        said: dict[str, Value | None] = {}
        for name in points:  # a thousand agents pass here every ten seconds
            ask = self.asks[name]
            said[name] = ask.means([heard.get(oid) for oid in ask.oids])
        return said

    def oids(self, points: Sequence[str]) -> tuple[str, ...]:
        """Every OID these points need, each once."""
        return tuple(dict.fromkeys(oid for name in points for oid in self.asks[name].oids))


class Traps(Options):
    """What its notifications are signed with, where it is not what it is asked with.

    `community` for versions 1 and 2c; `engine`, in hexadecimal, where v3 traps come from another engine than answers.
    """

    community: Secret | None = None
    engine: str = Field(default="", pattern=r"^([0-9a-fA-F]{2}){0,32}$")


class SnmpOptions(Options):
    """How to be let in, and how patient to be. Passwords and communities are named, never written."""

    version: Literal["1", "2c", "3"] = "2c"
    community: Secret | None = None
    user: str = ""
    auth: Secret | None = None
    priv: Secret | None = None
    auth_protocol: Literal["md5", "sha", "sha224", "sha256", "sha384", "sha512"] = "sha"
    priv_protocol: Literal["des", "aes128", "aes192", "aes256"] = "aes128"
    timeout: float | None = Field(default=None, gt=0, le=30)
    """Seconds per request, instead of the profile's."""
    traps: Traps = Traps()
    retries: int = Field(default=2, ge=0, le=5)
    at_once: int = Field(default=AT_ONCE, ge=1, le=50)
    """OIDs in one request. Ten is what small agents bear; an agent that bears more is asked at half the cost."""

    spoken: ClassVar[tuple[str, ...]] = ("snmp",)

    @field_validator("version", mode="before")
    @classmethod
    def _bare_number(cls, version: object) -> object:
        return str(version) if isinstance(version, int) and not isinstance(version, bool) else version

    @model_validator(mode="after")
    def _enough_to_be_let_in(self) -> "SnmpOptions":
        if self.version == "3" and not self.user:
            raise ValueError("version 3 needs user: <name>")
        if self.version != "3" and self.community is None:
            raise ValueError(f"version {self.version} needs community: {{secret: <name>}}")
        if self.priv and not self.auth:
            raise ValueError("priv without auth: version 3 encrypts only what is signed too")
        return self

    def access(self, secrets: Secrets) -> Access:
        """With the secrets filled in. Raises LookupError for one the site does not have."""
        named = {"community": self.community, "auth": self.auth, "priv": self.priv}
        keys: dict[str, Any] = {key: told(secret, secrets) for key, secret in named.items()}
        return Access(self.version, user=self.user, **keys, **self._protocols())

    def sender(self, access: Access, secrets: Secrets) -> Sender:
        """Who signs its notifications; where it is, and its engine, are known when it has answered."""
        engine = bytes.fromhex(self.traps.engine) or None
        if self.traps.community is None:
            return Sender(("", 0), access, engine)
        return Sender(("", 0), Access("2c", told(self.traps.community, secrets)), engine)

    def _protocols(self) -> dict[str, str]:
        return {"auth_protocol": self.auth_protocol, "priv_protocol": self.priv_protocol}


class SnmpDevice(Device):
    """One agent, asked by its plan."""

    def __init__(
        self,
        device: str,
        session: SnmpSession,
        clock: Clock,
        plan: Plan,
        options: SnmpOptions,
        sender: Sender | None = None,
    ) -> None:
        super().__init__(device, clock)
        self._session, self._plan, self._options, self._sender = session, plan, options, sender
        self.ring = session.ring
        self.points = {name: ask.point for name, ask in plan.asks.items()}
        self.queries = tuple(self._patient(query) for query, _ in plan.queries.values())
        self._oids = {name: plan.oids(points) for name, (_, points) in plan.queries.items()}

    async def open(self) -> None:
        """Be let in, and make sure that it is this kind of device. Raises WrongDevice."""
        await self._session.open()
        if (known := self._plan.recognition) is not None:
            said = (await self._session.get([known.oid], self._options.timeout))[known.oid]
            if not known.fits(said):
                raise WrongDevice(f"{self.device}: {known.oid} says {said!r}, wanted {known.wanted}")
        if self._plan.wishes:
            await self._session.prepare_to_set()

    async def read(self, query: Query) -> Sequence[Reading]:
        """Every point of `query`. Raises NoAnswer, LinkDown, AuthFailed, Garbled, and Refused by rule 3."""
        asked, points = self._plan.queries[query.name]
        heard = await self._session.get(self._oids[query.name], self._options.timeout or asked.timeout)
        absent = all(value is None for value in heard.values())
        if absent and not any(self._plan.asks[name].knows_absence for name in points):
            raise Refused(f"{self.device} knows none of the {len(heard)} OIDs of {query.name}")
        at = self._clock.now()
        said = self._plan.read(points, heard)
        return [Reading(self.device, name, value, Quality.MEASURED, at) for name, value in said.items()]

    async def listen(self) -> AsyncIterator[Reading]:
        """What the device says when it is asked about its notifications. Ends at once where none are received."""
        door = TrapDoor.here()
        if door is None or self._sender is None:
            return
        engine = self._sender.engine_id or self._session.engine_id
        async for notices in door.heard(replace(self._sender, address=self._session.address, engine_id=engine)):
            for query in self._hinted(notices):
                with contextlib.suppress(Busy, Refused):
                    for reading in await self.read(query):
                        yield reading

    async def close(self) -> None:
        await self._session.close()

    def _hinted(self, notices: Iterable[Notice]) -> Sequence[Query]:
        """The queries worth asking, each once, in the profile's order."""
        names: set[str] = set()
        for notice in notices:
            if notice.name in (COLD_START, WARM_START):
                return self.queries
            names.update(self._plan.traps.get(notice.name, self._vital))
        return [query for query in self.queries if query.name in names]

    @property
    def _vital(self) -> Sequence[str]:
        return [query.name for query in self.queries if query.vital]

    async def _set(self, point: str, value: Value) -> Reading:
        wish = self._plan.wishes[point]
        with contextlib.suppress(NoAnswer):  # it may have been obeyed (rule 2): what the status says now decides
            await self._session.set(wish.oid, wish.encode(value), wish.kind, self._options.timeout)
        return await self._settled(point, value, wish)

    async def _settled(self, point: str, wanted: Value, wish: Wish) -> Reading:
        loop = asyncio.get_running_loop()
        end = loop.time() + wish.within
        reading = await self._status(point)
        while reading.value != wanted and loop.time() + wish.every <= end:
            await asyncio.sleep(wish.every)
            reading = await self._status(point)
        return reading

    async def _status(self, point: str) -> Reading:
        heard = await self._session.get(self._plan.asks[point].oids, self._options.timeout)
        return self._measured(point, self._plan.read([point], heard)[point])

    def _patient(self, query: Query) -> Query:
        """To the session upstairs a timeout is the end of all patience: with the repeats."""
        timeout = (self._options.timeout or query.timeout) * (1 + self._options.retries)
        return Query(query.name, query.every, timeout, query.busy, query.vital)


def build(spec: DeviceSpec, clock: Clock, secrets: Secrets, plan: Plan, options: SnmpOptions) -> SnmpDevice:
    """The driver of a device, not opened. Raises LookupError for a missing secret, ValueError for no address."""
    parts = urlsplit(spec.url)
    if not parts.hostname:
        raise ValueError(f"{spec.url}: want snmp://host or snmp://host:port")
    access = options.access(secrets)
    session = SnmpSession(
        parts.hostname, parts.port or STANDARD_PORT, access, options.timeout or 1.0, options.retries, options.at_once
    )
    return SnmpDevice(spec.id, session, clock, plan, options, options.sender(access, secrets))
