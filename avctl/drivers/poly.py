"""Poly (Polycom) video terminals speaking their command line over RS-232 or TCP port 24. How one wants to be treated:

1. Over the network it may want a password. 2. 200 ms between commands at least. 3. Answers begin with the words of the
question, and notifications come between. 4. What was registered for is kept in its flash: asked again it says
`info: event/notification already active`, which is a yes. 5. `error:` and any other `info:` are a no. 6. That it dials
is said at once; that it is connected it says later. 7. Whether it sleeps it tells when it changes, and cannot be asked.

Source: Polycom RealPresence Group Series integrator's reference manual, pp. 85, 146, 151, 187, 298.
Doubt: the form of `hangup all` and `volume` answers, and of `status`, which tells where it is registered: hence the
option `exchange` ("" for a model without it).
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Literal

from pydantic import Field

from avctl.codecs import poly as wire
from avctl.drivers.base import Conversation, Options, Secrets, told
from avctl.drivers.terminal import NONE, TerminalOptions, points
from avctl.model.errors import AuthFailed, Garbled, NoAnswer, Refused, WrongDevice
from avctl.model.house import DeviceSpec
from avctl.model.point import Point
from avctl.model.ports import Clock, Query, Wire
from avctl.model.reading import Quality, Reading, Value

_MANUAL = "Polycom RealPresence Group Series integrator's reference manual"
_REPLY = 3.0  # s
_LOGIN = 1.0  # s in which it asks for a password
_APART = 0.2  # s between two commands
_SETTLE, _EVERY = 5.0, 0.5  # s until what was set shows, and between two questions
_SLEEPS = {"listen going to sleep": "on", "listen waking up": "off"}
_CALLS = {"opened": "dialling", "connecting": "dialling", "ringing": "ringing", "connected": "connected"}
_ENDED = ("disconnected", "inactive", "closed")

STATE = Query("state", every=10, timeout=_REPLY, busy=3, vital=True)
SOUND = Query("sound", every=30, timeout=_REPLY, busy=5)
LINE = Query("line", every=30, timeout=_REPLY, busy=10)
IDENTITY = Query("identity", every=3600, timeout=_REPLY)


class PolyOptions(TerminalOptions):
    """`exchange` is the word of `status` that tells whether it is registered; `speed` that of its calls, in kbit/s."""

    exchange: Literal["sipserver", "gatekeeper", ""] = "sipserver"
    speed: int = Field(default=384, ge=64, le=6144)


class Poly(Conversation[wire.Message]):
    """One terminal."""

    decoder = wire.Decoder
    schemes = ("tcp", "serial")
    settings = PolyOptions
    queries: Sequence[Query] = (STATE, SOUND, LINE, IDENTITY)

    def __init__(
        self, device: str, link: Wire, clock: Clock, options: Options | None = None, password: str = ""
    ) -> None:
        super().__init__(device, link, clock, options)
        self.options: PolyOptions
        self._password = password
        self.points: Mapping[str, Point] = {point.name: point for point in _points(self.options)}
        self._free = 0.0  # loop time from which it takes the next command
        if not self.options.exchange:
            self.queries = tuple(query for query in self.queries if query is not LINE)

    @classmethod
    def made(cls, spec: DeviceSpec, link: Wire, clock: Clock, options: Options, secrets: Secrets) -> "Poly":
        assert isinstance(options, PolyOptions)
        return cls(spec.id, link, clock, options, told(options.password, secrets))

    async def open(self) -> None:
        """Connect, log in, and register. Raises AuthFailed, WrongDevice."""
        await self._connect()
        await self._log_in()
        for event in ("callstatus", "mutestatus"):
            await self._ask(f"notify {event}", _registered(event))
        await self._say("listen sleep")

    async def _log_in(self) -> None:
        strange: list[str] = []

        def asks(message: wire.Message) -> bool:
            strange.extend([message.text] if isinstance(message, wire.Line) else [])
            return isinstance(message, wire.Prompt)

        for attempt in range(2):
            try:
                await self._next(_LOGIN, "a prompt", asks)
            except (NoAnswer, Garbled):
                break
            if attempt or not self._password:
                reason = "does not take the password" if attempt else "wants a password; the site file names none"
                raise AuthFailed(f"{self.device} {reason}")
            await self._say(self._password)
        if strange and strange[0].startswith(("SSH-", "HTTP/")):
            raise WrongDevice(f"{self.device}: it greets with {strange[0]!r}")

    async def read(self, query: Query) -> Sequence[Reading]:
        """Ask what `query` names."""
        match query.name:
            case STATE.name:
                return list(self._call(await self._first_call()))
            case SOUND.name:
                return [await self._mute(), await self._volume()]
            case LINE.name:
                word = self.options.exchange
                said = await self._ask("status", lambda text: text.startswith(f"{word} "))
                return [self._measured("registered", "yes" if said == f"{word} online" else "no")]
            case _:
                said = await self._ask("serialnum", lambda text: text.startswith("serialnum "))
                return [self._measured("identity.serial", said.removeprefix("serialnum ").strip('"'))]

    async def _first_call(self) -> wire.Call | None:
        """The first call of `callinfo all`, or None for "system is not in a call"."""
        found: list[wire.Call] = []

        def fits(message: wire.Message) -> bool:
            if isinstance(message, wire.Call) and not message.unasked:
                found.append(message)
            ends = ("callinfo end", "system is not in a call")
            return isinstance(message, wire.Line) and (message.text in ends or _no(message.text))

        await self._say("callinfo all")
        end = await self._next(_REPLY, "callinfo all", fits)
        assert isinstance(end, wire.Line)
        if _no(end.text):
            raise Refused(f"callinfo all: {end.text}")
        if end.text == "callinfo end" and not found:
            raise Garbled(f"{self.device}: callinfo ended before it began")
        return found[0] if found else None

    async def _mute(self) -> Reading:
        said = await self._ask("mute near get", _word("mute near"))
        return self._measured("mic-mute", {"on": "on", "off": "off"}.get(said.split()[-1]))

    async def _volume(self) -> Reading:
        said = await self._ask("volume get", _word("volume"))
        number = said.split()[-1]
        if not number.isdecimal():
            raise Garbled(f"{self.device}: {said}")
        return self._measured("volume", int(number) if int(number) <= 100 else None)

    async def _set(self, point: str, value: Value) -> Reading:
        """Send, and ask until it agrees. That it sleeps it says when it does: until then it is assumed."""
        match point, value:
            case ("call", "idle") | ("dial", "none"):
                await self._ask("hangup all", lambda text: text.startswith(("hanging up", "hangup")))
            case "call", _:
                raise Refused(f"{self.device}.call can be set to idle only; set dial to call somebody")
            case "dial", _:
                number = self.options.number(self.device, str(value))
                await self._ask(f'dial manual {self.options.speed} "{number}"', _word("dialing"))
            case "standby", _:
                word = "sleep" if value == "on" else "wake"
                await self._ask(word, _word(word))
                return Reading(self.device, point, value, Quality.ASSUMED, self._clock.now())
            case "mic-mute", _:
                await self._ask(f"mute near {value}", _word("mute near"))
            case _:
                await self._ask(f"volume set {int(value)}", _word("volume"))
        return await self._settled(point, value)

    async def _settled(self, point: str, value: Value) -> Reading:
        query = STATE if point in ("call", "dial") else SOUND
        end = _loop_time() + _SETTLE
        while True:
            reading = next(r for r in await self.read(query) if r.point == point)
            if reading.value == value or _loop_time() + _EVERY > end:
                return reading
            await asyncio.sleep(_EVERY)

    def _heard(self, message: wire.Message) -> Iterable[Reading]:
        """Notifications."""
        match message:
            case wire.Call(_, _, state, True):
                return list(self._call(None if state in _ENDED else message))
            case wire.Muted(on):
                return (self._measured("mic-mute", "on" if on else "off"),)
            case wire.Line(text) if text in _SLEEPS:
                return (self._measured("standby", _SLEEPS[text]),)
        return ()

    def _call(self, call: wire.Call | None) -> Iterator[Reading]:
        state = _CALLS.get(call.state, "dialling") if call else "idle"
        yield self._measured("call", state)
        yield self._measured("dial", self.options.called(call.number) if call else NONE)

    async def _say(self, command: str) -> None:
        if self._free > _loop_time():
            await asyncio.sleep(self._free - _loop_time())
        await self._link.send(command.encode() + b"\r\n")
        self._free = _loop_time() + _APART

    async def _ask(self, command: str, fits: Callable[[str], bool]) -> str:
        """One command, and the line that fits it. Raises Refused for `error:` and `info:`, AuthFailed for a prompt."""
        shown = command.partition('"')[0].strip()

        def ends(message: wire.Message) -> bool:
            return isinstance(message, wire.Prompt) or (
                isinstance(message, wire.Line) and (fits(message.text) or _no(message.text))
            )

        await self._say(command)
        said = await self._next(_REPLY, shown, ends)
        if isinstance(said, wire.Prompt):
            raise AuthFailed(f"{self.device} wants a password")
        assert isinstance(said, wire.Line)
        if _no(said.text) and not fits(said.text):
            raise Refused(f"{shown}: {said.text}")
        return said.text


def _no(text: str) -> bool:
    return text.startswith(("error:", "info:"))


def _registered(event: str) -> Callable[[str], bool]:
    yes = (f"notify {event} success", f"info: event/notification already active:{event}")
    return lambda text: text in yes


def _word(words: str) -> Callable[[str], bool]:
    """A line that begins with these words, but is no echo of a question."""
    return lambda text: f"{text} ".startswith(f"{words} ") and not text.endswith(" get")


def _points(options: PolyOptions) -> Iterator[Point]:
    for point in points(_MANUAL, options):
        if options.exchange or point.name != "registered":
            yield point
    yield Point("identity.serial", "Serial number.", _MANUAL)


def _loop_time() -> float:
    return asyncio.get_running_loop().time()
