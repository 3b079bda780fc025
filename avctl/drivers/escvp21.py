"""Epson projectors speaking ESC/VP21 over RS-232 (9600 8N1), TCP to a serial server, or ESC/VP.net (`escvpnet`). How
one wants to be treated:

1. One command at a time, and the prompt `:` ends every answer; a lone CR is the cheapest question. 2. The prompt after
a set says "read", never "done": the state is asked for. 3. Warming up and cooling down are states of their own; in
them most commands are refused with ERR, which then means "not now". 4. A lamp model may be deaf for 40 s after an
accepted `PWR ON`: silence then is no fault. 5. It may tell of events unasked, between question and answer.
6. `LAMP?` may give two numbers. 7. Source codes belong to the model: the site file gives them words.

Source: Epson ESC/VP21 command guide.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal, Self

from pydantic import Field

from avctl.codecs import escvp21 as wire
from avctl.drivers.base import Conversation, Options, Secret, Secrets, told
from avctl.drivers.escvp21_error import PARTS, Trouble, signal
from avctl.drivers.escvpnet import EscVpNet
from avctl.model.errors import Busy, Garbled, NoAnswer, Refused
from avctl.model.house import DeviceSpec
from avctl.model.point import Point
from avctl.model.ports import Clock, Query, Wire
from avctl.model.reading import Quality, Reading, Value
from avctl.model.vocabulary import POWER_WORDS, SIGNAL_WORDS, STATE_WORDS

_MANUAL = "Epson ESC/VP21 command guide"
_REPLY = 1.0  # s; it answers within a few tens of milliseconds when it answers at all
_ACCEPT = 3.0  # s for the prompt after a power command

POWER = Query("power", every=10, timeout=_REPLY, busy=3, vital=True)
ERRORS = Query("errors", every=15, timeout=_REPLY, busy=5)
PICTURE = Query("picture", every=30, timeout=_REPLY, busy=5)
LAMP = Query("lamp", every=600, timeout=_REPLY, busy=120)
IDENTITY = Query("identity", every=3600, timeout=_REPLY)

_POWER = {"00": "off", "01": "on", "02": "warming", "03": "cooling", "04": "off", "05": "fault", "09": "off"}
_STATUS = {"01": "off", "02": "warming", "03": "on", "04": "cooling", "FF": "fault"}  # of an IMEVENT
_BETWEEN = ("warming", "cooling")
_WAY = {"on": "warming", "off": "cooling"}


class EscVp21Options(Options):
    """`sources` gives the model's two-digit codes words; `deaf` is how long it may be silent after `PWR ON`, in s."""

    sources: Mapping[str, str] = Field(default_factory=dict)
    light: Literal["lamp", "laser"] = "lamp"
    rated_lamp_hours: float | None = Field(default=None, gt=0)
    deaf: float = Field(default=40, ge=0, le=180)
    password: Secret | None = None
    """For ESC/VP.net only; at most 16 characters."""


class EscVp21(Conversation[wire.Message]):
    """One projector."""

    decoder = wire.Decoder
    schemes = ("serial", "tcp", "escvpnet")
    settings = EscVp21Options
    queries = (POWER, ERRORS, PICTURE, LAMP, IDENTITY)
    retries = 1

    def __init__(self, device: str, link: Wire, clock: Clock, options: Options | None = None) -> None:
        super().__init__(device, link, clock, options)
        self.options: EscVp21Options
        self._sources = {code.upper(): word for word, code in self.options.sources.items()}
        self._hours = "light.hours" if self.options.light == "laser" else "lamp.hours"
        self.points: Mapping[str, Point] = {point.name: point for point in _points(self._hours)}
        self._trouble = Trouble()
        self._power = self._heading = ""
        self._deaf_until = 0.0

    @classmethod
    def made(cls, spec: DeviceSpec, link: Wire, clock: Clock, options: Options, secrets: Secrets) -> Self:
        """On the network there is a door before the projector, and perhaps a password."""
        assert isinstance(options, EscVp21Options)
        if spec.url.startswith("escvpnet:"):
            link = EscVpNet(link, told(options.password, secrets))
        return cls(spec.id, link, clock, options)

    async def open(self) -> None:
        """Connect and see that something answers a lone CR with a prompt."""
        await self._connect()
        self._trouble = Trouble()
        await self._exchange("", _REPLY, (wire.Ok, wire.Err))

    async def read(self, query: Query) -> Sequence[Reading]:
        """Ask what `query` names. Raises Busy for silence or ERR where a lamp is being struck or cooled."""
        match query.name:
            case POWER.name:
                return await self._power_and_why()
            case ERRORS.name:
                return await self._errors()
            case PICTURE.name:
                return [await self._source(), await self._av_mute(), await self._signal()]
            case LAMP.name:
                return [self._measured(self._hours, _hours(await self._value("LAMP?")))]
            case _:
                return [self._measured("identity.serial", await self._value("SNO?"))]

    async def _set(self, point: str, value: Value) -> Reading:
        """Send, and ask what came of it. The power reads "warming" then, at best: that it comes on, time will tell."""
        match point:
            case "power":
                return await self._switch(str(value))
            case "source":
                await self._command(f"SOURCE {self._code(str(value))}")
                return await self._source()
            case _:
                await self._command(f"MUTE {str(value).upper()}")
                return await self._av_mute()

    def _heard(self, message: wire.Message) -> Iterable[Reading]:
        """Events; late answers are not believed, for nobody knows what they answer."""
        if not isinstance(message, wire.ImEvent):
            return ()
        self._trouble.told(message)
        return tuple(self._measured(point, word) for point, word in self._event(message))

    def _event(self, event: wire.ImEvent) -> Iterator[tuple[str, str]]:
        if power := _STATUS.get(event.status):
            self._now(power)
            yield "power", power
        if self._power == "on":
            yield "signal", signal(event)
        yield from self._trouble.states()

    async def _power_and_why(self) -> Sequence[Reading]:
        """The power, and when that says "fault" also what is the matter, without waiting for the next question."""
        power = await self._read_power()
        return (power, *await self._errors()) if power.value == "fault" else (power,)

    async def _read_power(self) -> Reading:
        code = await self._value("PWR?")
        if code not in _POWER:
            raise Garbled(f"{self.device}: PWR={code}")
        self._now(_POWER[code])
        return self._measured("power", self._power)

    async def _errors(self) -> Sequence[Reading]:
        code = await self._value("ERR?")
        if code is None:
            return ()
        self._trouble.answered(code)
        states = [self._measured(point, word) for point, word in self._trouble.states()]
        return [*states, self._measured("error", self._trouble.error)]

    async def _source(self) -> Reading:
        code = await self._value("SOURCE?")
        word = None if code is None else self._sources.get(code.upper(), f"code-{code.upper()}")
        return self._measured("source", word)

    async def _av_mute(self) -> Reading:
        answer = await self._value("MUTE?")
        return self._measured("av-mute", {"ON": "on", "OFF": "off"}.get(answer or ""))

    async def _signal(self) -> Reading:
        """Not every model knows this: then it is None."""
        try:
            answer = await self._value("SIGNAL?")
        except Refused:
            answer = None
        return self._measured("signal", {"00": "absent", "01": "present"}.get(answer or ""))

    async def _switch(self, word: str) -> Reading:
        """Accepted is not done: the answer is the state read back, or "warming" as assumed if it has gone deaf."""
        if word not in _WAY:
            raise Refused(f"{self.device}.power can be set to on or off, not to {word}")
        await self._command(f"PWR {word.upper()}", _ACCEPT)
        self._heading = word
        if self._power != word:
            self._deaf_until = _loop_time() + self.options.deaf
        try:
            return await self._read_power()
        except (Busy, NoAnswer):
            self._power = _WAY[word]
            return Reading(self.device, "power", self._power, Quality.ASSUMED, self._clock.now())

    def _code(self, word: str) -> str:
        if code := self.options.sources.get(word):
            return code
        known = ", ".join(self.options.sources) or "none in the site file"
        raise Refused(f"{self.device} has no source {word}; its sources: {known}")

    def _now(self, power: str) -> None:
        """It may be deaf until it is where it was sent: "off" right after `PWR ON` is no arrival."""
        self._power = power
        if power in (self._heading, "fault"):
            self._deaf_until = 0.0

    async def _value(self, question: str) -> str | None:
        """What stands behind the `=`; None where ERR means that it cannot say while it is off."""
        name = question.rstrip("?")
        answer = await self._exchange(question, _REPLY, (wire.Err,), name)
        if isinstance(answer, wire.Answer):
            return answer.value
        if self._power in ("off", "fault"):
            return None
        raise self._refusal(question)

    async def _command(self, command: str, within: float = _REPLY) -> None:
        if isinstance(await self._exchange(command, within, (wire.Ok, wire.Err)), wire.Err):
            raise self._refusal(command)

    def _refusal(self, command: str) -> Busy | Refused:
        if self._power in (*_BETWEEN, ""):
            return Busy(f"{command}: ERR while {self._power or 'its power is not known yet'}")
        return Refused(f"{command}: ERR from {self.device}")

    async def _exchange(
        self, command: str, within: float, ends: tuple[type[wire.Message], ...], name: str = ""
    ) -> wire.Message:
        """One command, and the message that answers it: by name, for events and late answers may come between."""

        def fits(message: wire.Message) -> bool:
            return isinstance(message, ends) or (isinstance(message, wire.Answer) and message.name == name)

        await self._link.send(wire.encode(command))
        try:
            return await self._next(within, command or "a prompt", fits)
        except NoAnswer:
            if _loop_time() < self._deaf_until:
                raise Busy(f"{command}: deaf after a power command") from None
            raise


def _hours(answer: str | None) -> int | None:
    """The hours of the older lamp: `LAMP=1633 1633` is one number per lamp."""
    try:
        return None if answer is None else max(int(number) for number in answer.split())
    except ValueError:
        raise Garbled(f"LAMP={answer}") from None


def _loop_time() -> float:
    return asyncio.get_running_loop().time()


def _points(hours: str) -> Iterator[Point]:
    def point(name: str, doc: str, unit: str = "", words: tuple[str, ...] = (), writable: bool = False) -> Point:
        low, high = (0, 100_000) if unit == "h" else (None, None)
        return Point(name, doc, _MANUAL, unit, words, low, high, writable)

    yield point("power", "Takes on and off; warming and cooling are states of their own.", "", POWER_WORDS, True)
    yield point(
        "source", "The input shown: a word of the site file, or code-XX for one it does not name.", "", (), True
    )
    yield point("av-mute", "Picture and sound blanked.", "", ("on", "off"), True)
    yield point("signal", "Whether a picture comes in; not all models can say.", "", SIGNAL_WORDS)
    yield point(hours, "Hours the light source has burnt.", "h")
    for part in PARTS:
        yield point(f"{part}.state", "What the projector reports about this part.", "", STATE_WORDS)
    yield point("error", "The error it reports, in a word; none, or code-XX for one the guide does not know.")
    yield point("identity.serial", "Serial number.")
