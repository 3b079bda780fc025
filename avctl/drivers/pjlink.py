"""Projectors speaking PJLink, class 1 and 2, over TCP port 4352. How such a projector wants to be treated:

1. It greets first; a password is proved by a digest before the first command of a connection, and only there. Some
want it before every command: on ERRA to a bare one it is repeated once with it. ERRA to a digest is final: lock-outs
exist. 2. One controller and one request at a time; it closes after 30 s idle. So it is visited (`projector`). 3. It
answers within 2 s. 4. ERR1 means "not this model", for ever: a laser has no LAMP, and that is no fault. ERR3 means "not
now", ERR4 "I am broken", for some models whatever is asked. 5. ERST digit 0 means "no error *or cannot tell*": it reads
as none-reported. 6. What class 2 sends unasked (UDP) is not authenticated: it is a hint to ask, never an answer.

Source: JBMIA, PJLink specification 1.04, 2.00, 2.10; Sony VPL-EW130/VPL-DX125 protocol manuals. Level 2 security is
known from one implementation only: it is an option, and nothing falls back from it by itself.
"""

import secrets as chance
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field

from avctl.codecs import pjlink as wire
from avctl.drivers.base import Options, Secrets
from avctl.drivers.projector import Projector, ProjectorOptions
from avctl.model.errors import AuthFailed, Busy, Garbled, Refused
from avctl.model.house import DeviceSpec
from avctl.model.ports import Clock, Query, Wire
from avctl.model.reading import Reading, Value
from avctl.transports.ear import Ear

_REPLY = 2.0  # s, §2.3

POWER = Query("power", every=25, timeout=_REPLY, busy=5, vital=True)  # below the 30 s after which it hangs up
ERRORS = Query("errors", every=30, timeout=_REPLY, busy=5)
PICTURE = Query("picture", every=30, timeout=_REPLY, busy=5)
LAMP = Query("lamp", every=600, timeout=_REPLY, busy=120)
IDENTITY = Query("identity", every=3600, timeout=_REPLY)

_POWER = {"0": "off", "1": "on", "2": "cooling", "3": "warming"}
_PARTS = ("fan", "lamp", "temperature", "cover", "filter", "other")  # of ERST, in wire order
_LEVELS = {"0": "none-reported", "1": "warning", "2": "error"}
_MUTES = {"31": "on", "30": "off", "10": "off", "20": "off", "11": "picture", "21": "sound"}
_ASKS: Mapping[str, tuple[str, ...]] = {
    "picture": ("INPT", "AVMT", "FREZ", "IRES"),
    "lamp": ("LAMP", "FILT"),
    "identity": ("SNUM", "SVER", "INF1", "INF2", "NAME", "RLMP", "RFIL"),
}
_CLASS_2 = {"FREZ", "IRES", "FILT", "SNUM", "SVER", "RLMP", "RFIL"}
_TEXTS = {
    "SNUM": "identity.serial",
    "SVER": "identity.firmware",
    "INF1": "identity.maker",
    "INF2": "identity.model",
    "NAME": "identity.name",
    "RLMP": "identity.lamp",
    "RFIL": "identity.filter",
}
_SAYS = tuple(_TEXTS.values())
_TELLS = {"power": "POWR", "source": "INPT", "av-mute": "AVMT", "freeze": "FREZ"}
_SWITCH = {"on": "1", "off": "0"}
_BODIES = {"av-mute": _SWITCH, "power": _SWITCH, "freeze": _SWITCH}


class PjLinkOptions(ProjectorOptions):
    """`security` is how the password is proved; `notifications` the UDP port the projector's menu was given (4352).

    `level` is the PJLink class; without it the projector is asked. `mute` is what av-mute means to a model: 31 picture
    and sound, 11 the picture only, for models that refuse 31.
    """

    mute: Literal["31", "11"] = "31"

    level: Literal["1", "2"] | None = None
    security: Literal["md5", "sha256"] = "md5"
    notifications: int | None = Field(default=None, ge=0, le=65535)


class PjLink(Projector[wire.Message]):
    """One projector."""

    decoder = wire.Decoder
    schemes = ("pjlink", "tcp")
    settings = PjLinkOptions
    queries = (POWER, ERRORS, PICTURE, LAMP, IDENTITY)
    manual = "PJLink specification 1.04 and 2.10"
    says = ("power", "source", "av-mute", "freeze", "signal", "resolution", "hours", "filter.hours", "error", *_SAYS)

    def __init__(
        self, device: str, link: Wire, clock: Clock, options: Options | None = None, password: str = "", host: str = ""
    ) -> None:
        super().__init__(device, link, clock, options, password)
        self.options: PjLinkOptions
        self._host = host
        self._level: str = self.options.level or "1"
        self._unknown: set[str] = set()
        self._prefix = self._next_prefix = ""

    @classmethod
    def made(cls, spec: DeviceSpec, link: Wire, clock: Clock, options: Options, secrets: Secrets) -> Self:
        """With the password, and the host notifications come from."""
        made = super().made(spec, link, clock, options, secrets)
        made._host = urlsplit(spec.url).hostname or ""
        return made

    async def listen(self) -> AsyncIterator[Reading]:
        """After every notification, what the projector says when it is asked about that."""
        if self.options.notifications is None:
            async for nothing in super().listen():
                yield nothing
            return
        async with Ear.at(self.options.notifications) as ear:
            async for datagram in ear.heard(self._host):
                for query in _hinted(datagram):
                    with suppress(Busy, Refused):
                        for reading in await self.read(query):
                            yield reading

    async def _met(self) -> None:
        """Which class it is. What was unknown to it may be known after a new firmware."""
        self._unknown.clear()
        answer = await self._ask("CLSS")
        self._level = self.options.level or ("2" if answer == "2" else "1")

    async def _greet(self) -> None:
        self._prefix = ""
        greeting = await self._greeting()
        if greeting.level == "1" and self.options.security == "sha256":
            self._prefix = await self._second_level()
        elif greeting.level == "1":
            self._prefix = wire.digest(greeting.random, self._needs_password())
        self._next_prefix = self._prefix

    async def _greeting(self) -> wire.Greeting:
        said = await self._next(_REPLY, "for its greeting", lambda m: isinstance(m, wire.Greeting | wire.Denied))
        if isinstance(said, wire.Greeting):
            return said
        raise AuthFailed(f"{self.device} knows no security level 2: set security: md5, or renew its firmware")

    async def _second_level(self) -> str:
        password = self._needs_password()
        await self._link.send(b"PJLINK 2\r")
        random, own = (await self._greeting()).random, chance.token_hex(16)
        try:
            return wire.digest_2(random, own, password)
        except ValueError:
            raise Garbled(f"{self.device}: its random number is {random!r}, not 32 hexadecimal digits") from None

    # --- questions

    async def _asked(self, query: Query) -> Sequence[Reading]:
        if query.name == POWER.name:
            return await self._power_and_why()
        return await (self._errors() if query.name == ERRORS.name else self._all(query.name))

    async def _power_and_why(self) -> Sequence[Reading]:
        """ERR4 is a fault where a part reports one; where a part only warns, whether there is light is not told."""
        answer = await self._ask("POWR")
        if answer in _POWER:
            return [self._now(_POWER[answer])]
        if answer != "ERR4":
            raise Garbled(f"{self.device}: POWR={answer}")
        errors = await self._errors()
        broken = any(reading.value == "error" for reading in errors)
        return [self._now("fault") if broken else self._measured("power", None), *errors]

    async def _read_power(self) -> Reading:
        return (await self._power_and_why())[0]

    async def _errors(self) -> Sequence[Reading]:
        answer = await self._ask("ERST")
        try:
            levels = [_LEVELS[digit] for digit in answer]
            return list(self._states(dict(zip(_PARTS, levels, strict=True))))
        except (KeyError, ValueError):
            raise Garbled(f"{self.device}: ERST={answer}") from None

    async def _all(self, name: str) -> Sequence[Reading]:
        """Everything this model knows of what the query asks. Raises Refused when that is nothing."""
        readings: list[Reading] = []
        for command in self._known(_ASKS[name]):
            try:
                readings += self._meaning(command, await self._ask(command))
            except Refused:
                self._unknown.add(command)
        if not readings:
            raise Refused(f"{self.device} knows none of {', '.join(_ASKS[name])}")
        return readings

    def _known(self, commands: Iterable[str]) -> Iterable[str]:
        return [c for c in commands if c not in self._unknown and (self._level == "2" or c not in _CLASS_2)]

    def _meaning(self, command: str, answer: str) -> Sequence[Reading]:
        """What an answer says; in states where nothing can be said, that it is not known."""
        if answer == "ERR3":
            self._not_now(command)
        unknown = answer in ("ERR3", "ERR4", "")
        pairs = dict.fromkeys(_POINTS_OF[command]) if unknown else self._read_as(command, answer)
        return [self._measured(self._hours if point == "hours" else point, value) for point, value in pairs.items()]

    def _read_as(self, command: str, answer: str) -> Mapping[str, Value | None]:
        match command:
            case "INPT":
                return {"source": self._word(answer)}
            case "AVMT":
                return {"av-mute": _of(_MUTES | {self.options.mute: "on"}, command, answer)}
            case "FREZ":
                return {"freeze": _of({"1": "on", "0": "off"}, command, answer)}
            case "IRES":
                signal = {"-": "absent", "*": None}.get(answer, "present")
                return {"signal": signal, "resolution": answer if signal == "present" else None}
            case "LAMP":
                return {"hours": max(_numbers(command, answer)[::2])}
            case "FILT":
                return {"filter.hours": _numbers(command, answer)[0]}
            case _:
                return {_TEXTS[command]: answer}

    async def _tell(self, point: str, word: str) -> None:
        command, body = _TELLS[point], _BODIES.get(point, {}).get(word, word)
        if point == "av-mute":
            body = self.options.mute[0] + body
        answer = await self._exchange(command, body, "2" if command in _CLASS_2 else "1")
        if answer == "ERR3":
            raise Busy(f"{command} {word}: ERR3 while {self._power or 'its power is not known'}")
        if answer != "OK":
            raise Refused(f"{self.device}: {command} {word}: {answer}")

    async def _read_back(self, point: str) -> Reading:
        return self._meaning(_TELLS[point], await self._ask(_TELLS[point]))[0]

    async def _ask(self, command: str) -> str:
        answer = await self._exchange(command, "?", "2" if command in _CLASS_2 else "1")
        if answer in ("ERR1", "ERR2"):
            raise Refused(f"{self.device}: {command} ?: {answer}")
        if answer == "OK":  # the answer to a set, come too late
            raise Garbled(f"{self.device}: asked {command}, got OK")
        return answer

    async def _exchange(self, command: str, body: str, level: str) -> str:
        """One command and its answer, found by name. Logs in with the first one; see rule 1 for the others."""
        line = wire.encode(command, body, level)
        prefix, self._next_prefix = self._next_prefix, ""
        answer = await self._once(prefix, line, command)
        if isinstance(answer, wire.Denied) and not prefix and self._prefix:
            answer = await self._once(self._prefix, line, command)
            self._next_prefix = self._prefix
        if isinstance(answer, wire.Reply):
            return answer.body.upper() if answer.body.upper().startswith("ERR") else answer.body
        raise AuthFailed(f"{self.device} refused the password")

    async def _once(self, prefix: str, line: bytes, command: str) -> wire.Message:
        def fits(message: wire.Message) -> bool:
            return isinstance(message, wire.Denied) or (isinstance(message, wire.Reply) and message.command == command)

        await self._link.send(prefix.encode() + line)
        return await self._next(_REPLY, command, fits)


_POINTS_OF: Mapping[str, tuple[str, ...]] = {
    "INPT": ("source",),
    "AVMT": ("av-mute",),
    "FREZ": ("freeze",),
    "IRES": ("signal", "resolution"),
    "LAMP": ("hours",),
    "FILT": ("filter.hours",),
    **{command: (point,) for command, point in _TEXTS.items()},
}
_HINTS: Mapping[str, tuple[Query, ...]] = {
    "LKUP": (POWER, ERRORS),
    "POWR": (POWER,),
    "ERST": (ERRORS,),
    "INPT": (PICTURE,),
}


def _hinted(datagram: bytes) -> Sequence[Query]:
    """What to ask after a notification; nothing after anything else."""
    messages = [message for message in wire.Decoder().feed(datagram) if isinstance(message, wire.Reply)]
    return [query for message in messages for query in _HINTS.get(message.command, ())]


def _of(words: Mapping[str, str], command: str, answer: str) -> str:
    if answer not in words:
        raise Garbled(f"{command}={answer}")
    return words[answer]


def _numbers(command: str, answer: str) -> list[int]:
    try:
        return [int(number) for number in answer.split()]
    except ValueError:
        raise Garbled(f"{command}={answer}") from None
