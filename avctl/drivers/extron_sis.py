"""Extron matrix switchers speaking SIS over RS-232 (9600 8N1) or TCP port 23. How one wants to be treated:

1. Over the network it greets with its name and the date, and may then want a password. 2. Its answers name what they
are about only when asked to: verbose mode 3 comes first. 3. It says unasked what is done at its front panel. 4. `Enn`
is a no: E17, E22 and E26 mean "not now". 5. It closes a connection on which nothing was said for five minutes (so it
is told); the questions come far more often. 6. An input with breakaway shows one number for the picture and another
for the sound: `source` is the picture's.

Source: Extron DXP DVI Pro and DXP HDMI Series user guide, pp. 54-60; error codes: System 5 IP manual p. 59.
Doubt: the question for the inputs' signals and its answer differ by family (`0LS`, `0S`): the option `signals`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Literal

from pydantic import Field

from avctl.codecs import extron_sis as wire
from avctl.drivers.base import Conversation, Options, Secret, Secrets, told
from avctl.model.errors import AuthFailed, Busy, DeviceError, Garbled, NoAnswer, Refused, WrongDevice
from avctl.model.house import DeviceSpec
from avctl.model.point import Point
from avctl.model.ports import Clock, Query, Wire
from avctl.model.reading import Reading, Value
from avctl.model.vocabulary import SIGNAL_WORDS

_MANUAL = "Extron DXP HDMI Series user guide, pp. 54-60"
_REPLY = 2.0  # s; it answers within some tens of milliseconds
_GREETING = 1.0  # s in which it greets, when it does
_NOT_NOW = {17: "time-out", 22: "busy", 26: "too many connections"}
_NO = {
    1: "no such input",
    6: "not while it switches by itself",
    10: "unknown command",
    11: "no such preset",
    12: "no such output",
    13: "no such value",
    14: "not with this configuration",
    24: "not allowed to this login",
    25: "not there",
    28: "no such file",
}

ROUTES = Query("routes", every=15, timeout=_REPLY, busy=3, vital=True)
SIGNALS = Query("signals", every=30, timeout=_REPLY, busy=3)
MUTES = Query("mutes", every=60, timeout=_REPLY, busy=10)
IDENTITY = Query("identity", every=3600, timeout=_REPLY)


class SisOptions(Options):
    """How many inputs, outputs and presets it has; which question tells the inputs' signals ("" for none)."""

    inputs: int = Field(default=8, ge=1, le=128)
    outputs: int = Field(default=4, ge=1, le=128)
    presets: int = Field(default=32, ge=0, le=64)
    signals: Literal["0LS", "0S", ""] = "0LS"
    password: Secret | None = None


class ExtronSis(Conversation[wire.Message]):
    """One switcher."""

    decoder = wire.Decoder
    schemes = ("tcp", "serial")
    settings = SisOptions
    queries: Sequence[Query] = (ROUTES, SIGNALS, MUTES, IDENTITY)

    def __init__(
        self, device: str, link: Wire, clock: Clock, options: Options | None = None, password: str = ""
    ) -> None:
        super().__init__(device, link, clock, options)
        self.options: SisOptions
        self._password = password
        self.points: Mapping[str, Point] = {point.name: point for point in _points(self.options)}
        self._outputs = range(1, self.options.outputs + 1)
        if not self.options.signals:
            self.queries = tuple(query for query in self.queries if query is not SIGNALS)

    @classmethod
    def made(cls, spec: DeviceSpec, link: Wire, clock: Clock, options: Options, secrets: Secrets) -> "ExtronSis":
        assert isinstance(options, SisOptions)
        return cls(spec.id, link, clock, options, told(options.password, secrets))

    async def open(self) -> None:
        """Connect, be let in, and ask for answers that say what they are about. Raises AuthFailed, WrongDevice."""
        await self._connect()
        strange = await self._enter()
        try:
            await self._ask(wire.escaped("3CV"), _text("Vrb3", "Vrb 3"))
        except NoAnswer:
            if strange:
                raise WrongDevice(f"{self.device}: it greets with {strange[0]!r}") from None
            raise

    async def _enter(self) -> list[str]:
        """Hear its greeting out; what it said that is not Extron's. A serial line greets nobody."""
        heard: list[str] = []

        def asks(message: wire.Message) -> bool:
            heard.extend([message.text] if isinstance(message, wire.Text) else [])
            return isinstance(message, wire.Prompt)

        try:
            await self._next(_GREETING, "a greeting", asks)
        except (NoAnswer, Garbled):
            return [] if any("Extron" in text for text in heard) else heard
        await self._log_in()
        return []

    async def _log_in(self) -> None:
        if not self._password:
            raise AuthFailed(f"{self.device} wants a password; the site file names none")
        await self._link.send(self._password.encode() + b"\r")
        answer = await self._next(_REPLY, "Password", lambda said: isinstance(said, wire.Login | wire.Prompt))
        if isinstance(answer, wire.Prompt):
            raise AuthFailed(f"{self.device} does not take the password")

    async def read(self, query: Query) -> Sequence[Reading]:
        """Ask what `query` names, output by output."""
        match query.name:
            case ROUTES.name:
                return [await self._source(output) for output in self._outputs]
            case SIGNALS.name:
                return await self._signals()
            case MUTES.name:
                return [await self._mute(output, sound) for output in self._outputs for sound in (False, True)]
            case _:
                return [await self._identity("firmware", "Q"), await self._identity("model", "N")]

    async def _set(self, point: str, value: Value) -> Reading:
        """Send, and ask what came of it. That a preset was recalled it says itself."""
        if point == "preset":
            number = int(value)
            await self._ask(f"{number}.".encode(), lambda said: said == wire.Preset(number))
            return self._measured(point, number)
        _, number_, what = point.split(".")
        output = int(number_)
        if what == "source":
            await self._ask(f"{int(value)}*{output}!".encode(), _tie(output))
            return await self._source(output)
        sound = what == "mute"
        await self._ask(f"{output}*{int(value == 'on')}{_letter(sound)}".encode(), _muted(output, sound))
        return await self._mute(output, sound)

    def _heard(self, message: wire.Message) -> Iterable[Reading]:
        """What is done at the front panel, or by another caller."""
        match message:
            case wire.Tie(output, input, plane) if plane != "Aud":
                return [self._measured(f"output.{n}.source", input) for n in self._meant(output)]
            case wire.Mute(sound, output, on):
                what = "mute" if sound else "blank"
                return [self._measured(f"output.{n}.{what}", "on" if on else "off") for n in self._meant(output)]
            case wire.Preset(number) if "preset" in self.points:
                return [self._measured("preset", number)]
            case wire.Text(text) if text.startswith("Sig"):
                return self._present(wire.signals(text) or ())
        return ()

    def _meant(self, output: int) -> Iterable[int]:
        return self._outputs if output == 0 else (output,) if output in self._outputs else ()

    async def _source(self, output: int) -> Reading:
        said = await self._ask(f"{output}!".encode(), _tie(output))
        assert isinstance(said, wire.Tie)
        return self._measured(f"output.{output}.source", said.input)

    async def _mute(self, output: int, sound: bool) -> Reading:
        """Not every model has sound: then it is None."""
        name = f"output.{output}.{'mute' if sound else 'blank'}"
        try:
            said = await self._ask(f"{output}{_letter(sound)}".encode(), _muted(output, sound))
        except Refused:
            return self._measured(name, None)
        assert isinstance(said, wire.Mute)
        return self._measured(name, "on" if said.on else "off")

    async def _signals(self) -> Sequence[Reading]:
        said = await self._ask(self.options.signals.encode(), _listed)
        assert isinstance(said, wire.Text)
        return self._present(wire.signals(said.text) or ())

    def _present(self, inputs: Sequence[bool]) -> list[Reading]:
        known = enumerate(inputs[: self.options.inputs], start=1)
        return [self._measured(f"input.{n}.signal", "present" if there else "absent") for n, there in known]

    async def _identity(self, name: str, question: str) -> Reading:
        said = await self._ask(question.encode(), lambda answer: isinstance(answer, wire.Text))
        assert isinstance(said, wire.Text)
        return self._measured(f"identity.{name}", said.text.removeprefix("Ver01*").removeprefix("Pno"))

    async def _ask(self, command: bytes, fits: Callable[[wire.Message], bool]) -> wire.Message:
        """One command, and the message that fits it, or the error it is answered with."""
        ends = (wire.Error, wire.Prompt)
        shown = command.strip(b"\x1b\r").decode()
        await self._link.send(command)
        said = await self._next(_REPLY, shown, lambda message: isinstance(message, ends) or fits(message))
        if isinstance(said, wire.Error):
            raise _error(shown, said.code)
        if isinstance(said, wire.Prompt):
            raise AuthFailed(f"{self.device} wants a password")
        return said


def _error(asked: str, code: int) -> DeviceError:
    if code in _NOT_NOW:
        return Busy(f"{asked}: E{code:02} {_NOT_NOW[code]}")
    return Refused(f"{asked}: E{code:02} {_NO.get(code, 'not done')}")


def _tie(output: int) -> Callable[[wire.Message], bool]:
    return lambda said: isinstance(said, wire.Tie) and said.output == output and said.plane != "Aud"


def _muted(output: int, sound: bool) -> Callable[[wire.Message], bool]:
    return lambda said: isinstance(said, wire.Mute) and (said.output, said.sound) == (output, sound)


def _text(*texts: str) -> Callable[[wire.Message], bool]:
    return lambda said: isinstance(said, wire.Text) and said.text in texts


def _listed(said: wire.Message) -> bool:
    return isinstance(said, wire.Text) and wire.signals(said.text) is not None


def _letter(sound: bool) -> str:
    return "Z" if sound else "B"


def _points(options: SisOptions) -> Iterator[Point]:
    def switch(name: str, doc: str) -> Point:
        return Point(name, doc, _MANUAL, words=("on", "off"), writable=True)

    for n in range(1, options.outputs + 1):
        doc = "The input this output shows; 0 is none."
        yield Point(f"output.{n}.source", doc, _MANUAL, low=0, high=options.inputs, writable=True)
        yield switch(f"output.{n}.blank", "Picture of this output muted.")
        yield switch(f"output.{n}.mute", "Sound of this output muted; not all models have sound.")
    for n in range(1, options.inputs + 1) if options.signals else ():
        yield Point(f"input.{n}.signal", "Whether a signal comes in.", _MANUAL, words=SIGNAL_WORDS)
    if options.presets:
        doc = "The preset recalled last; setting it recalls one. Known only once it was recalled."
        yield Point("preset", doc, _MANUAL, low=1, high=options.presets, writable=True)
    yield Point("identity.firmware", "Firmware version.", _MANUAL)
    yield Point("identity.model", "Part number; Extron names no serial number.", _MANUAL)
