"""Biamp Tesira processors speaking TTP over telnet (port 23) or RS-232. How one wants to be treated:

1. Over telnet it negotiates before it welcomes: every option is refused. 2. Answers do not say what they answer: one
question at a time, and after silence the wire is opened anew. 3. What was subscribed to is told by token, and lost with
the session: subscribed anew at every opening. 4. What there is in it is made in its design: the site file names the
blocks of each channel. 5. A recalled preset is acknowledged, but cannot be asked: it is assumed.

Source: tesira-help.biamp.com, Tesira Text Protocol. Doubt: the exact form of `activeFaultList`; only the words MAJOR,
MINOR and NONE in it are used.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from pydantic import Field

from avctl.codecs import tesira as wire
from avctl.codecs.telnet import Negotiation
from avctl.drivers.base import Conversation, Options
from avctl.model.errors import Garbled, NoAnswer, Refused
from avctl.model.point import Point
from avctl.model.ports import Clock, Query, Wire
from avctl.model.reading import Quality, Reading, Value
from avctl.model.vocabulary import MUTE_WORDS, SILENCE_DB, STATE_WORDS

_MANUAL = "Biamp Tesira Text Protocol"
_REPLY = 3.0  # s
_WELCOME, _STEP = 5.0, 0.25  # s until it welcomes, and between two looks at what it negotiates
_EVERY = 500  # ms between two publications of the same value
_LOWEST = -100.0  # dB; a level control at its lowest is silent

STATE = Query("state", every=10, timeout=_REPLY, busy=3, vital=True)
CHANNELS = Query("channels", every=30, timeout=_REPLY, busy=10)
METERS = Query("meters", every=60, timeout=_REPLY, busy=2)
IDENTITY = Query("identity", every=3600, timeout=_REPLY)

_FAULTS = {"MAJOR": "error", "MINOR": "warning", "NONE": "none-reported"}


class Channel(Options):
    """The blocks of one channel: `block` has its level and mute, `meter` its meter; `index` is the channel in them."""

    block: str = Field(min_length=1, pattern=r"^[^\s\"]+$")
    index: int = Field(default=1, ge=1)
    meter: str = Field(default="", pattern=r"^[^\s\"]*$")


class TesiraOptions(Options):
    """`channels` by two digits ("01"): the blocks of the design that belong to each."""

    channels: Mapping[str, Channel] = Field(default_factory=dict)


class Tesira(Conversation[wire.Message]):
    """One processor, or the one that speaks for a system of them."""

    decoder = wire.Decoder
    schemes = ("tcp", "serial")
    settings = TesiraOptions
    queries: Sequence[Query] = (STATE, CHANNELS, METERS, IDENTITY)

    def __init__(self, device: str, link: Wire, clock: Clock, options: Options | None = None) -> None:
        super().__init__(device, link, clock, options)
        self.options: TesiraOptions
        self.points: Mapping[str, Point] = {point.name: point for point in _points(self.options)}
        empty = {CHANNELS} if not self.options.channels else set()
        empty |= {METERS} if not any(channel.meter for channel in self.options.channels.values()) else set()
        self.queries = tuple(query for query in self.queries if query not in empty)

    async def open(self) -> None:
        """Connect, refuse every option, be welcomed, and subscribe."""
        await self._connect()
        await self._negotiate()
        await self._ask("SESSION set verbose true")
        for number, channel in self.options.channels.items():
            for attribute, what in (("level", "fader"), ("mute", "mute")):
                await self._subscribe(channel, attribute, f"channel.{number}.{what}")

    async def _negotiate(self) -> None:
        """Until it welcomes, or for as long as a serial line may keep silent."""
        refusals: list[bytes] = []

        def welcomes(message: wire.Message) -> bool:
            if isinstance(message, Negotiation):
                refusals.append(message.refusal)
            return isinstance(message, wire.Text) and message.text.startswith("Welcome")

        for _ in range(int(_WELCOME / _STEP)):
            try:
                await self._next(_STEP, "a welcome", welcomes)
                break
            except (NoAnswer, Garbled):
                await self._refuse(refusals)
        await self._refuse(refusals)

    async def _refuse(self, refusals: list[bytes]) -> None:
        for refusal in refusals:
            await self._link.send(refusal)
        refusals.clear()

    async def _subscribe(self, channel: Channel, attribute: str, point: str) -> None:
        """A block that is not in the design is told when it is asked for, not here."""
        try:
            await self._ask(f"{channel.block} subscribe {attribute} {channel.index} {point} {_EVERY}")
        except Refused:
            return

    async def read(self, query: Query) -> Sequence[Reading]:
        """Ask what `query` names, channel by channel."""
        match query.name:
            case STATE.name:
                said = await self._ask("DEVICE get activeFaultList")
                word = next((word for mark, word in _FAULTS.items() if mark in said.upper()), None)
                return [self._measured("other.state", word)]
            case CHANNELS.name:
                names = [f"channel.{n}.{what}" for n in self.options.channels for what in ("fader", "mute")]
                return [await self._reading(name) for name in names]
            case METERS.name:
                metered = [n for n, channel in self.options.channels.items() if channel.meter]
                return [await self._reading(f"channel.{n}.level") for n in metered]
            case _:
                return [self._measured("identity.serial", await self._ask("DEVICE get serialNumber"))]

    async def _set(self, point: str, value: Value) -> Reading:
        if point == "preset":
            await self._ask(f"DEVICE recallPreset {int(value)}")
            return Reading(self.device, point, int(value), Quality.ASSUMED, self._clock.now())
        block, attribute, index = self._place(point)
        said = {"on": "true", "off": "false"}.get(str(value)) or f"{max(_LOWEST, float(value)):.1f}"
        await self._ask(f"{block} set {attribute} {index} {said}")
        return await self._reading(point)

    async def _reading(self, point: str) -> Reading:
        block, attribute, index = self._place(point)
        said = await self._ask(f"{block} get {attribute} {index}")
        return self._measured(point, self._mean(point, said))

    def _place(self, point: str) -> tuple[str, str, int]:
        """Where a point is found in the design: block, attribute, index."""
        _, number, what = point.split(".")
        channel = self.options.channels[number]
        match what:
            case "level":
                return channel.meter, "level", channel.index
            case "fader":
                return channel.block, "level", channel.index
            case _:
                return channel.block, "mute", channel.index

    def _mean(self, point: str, said: str) -> Value:
        if point.endswith(".mute"):
            if said not in ("true", "false"):
                raise Garbled(f"{self.device}: {point} {said!r}")
            return "on" if said == "true" else "off"
        try:
            level = round(float(said), 2)
        except ValueError:
            raise Garbled(f"{self.device}: {point} {said!r}") from None
        return SILENCE_DB if level <= _LOWEST else level

    def _heard(self, message: wire.Message) -> Iterable[Reading]:
        """What was subscribed to; a token that is not ours belongs to somebody else's session."""
        if isinstance(message, wire.Published) and message.token in self.points:
            return (self._measured(message.token, self._mean(message.token, message.value)),)
        return ()

    async def _ask(self, command: str) -> str:
        """One command, and the value it is answered with ("" for none)."""
        await self._link.send(command.encode() + b"\n")
        said = await self._next(_REPLY, command, lambda message: isinstance(message, wire.Ok | wire.Error))
        if isinstance(said, wire.Error):
            raise Refused(f"{command}: {said.kind} {said.reason}".rstrip())
        assert isinstance(said, wire.Ok)
        return said.value


def _points(options: TesiraOptions) -> Iterator[Point]:
    for number, channel in options.channels.items():
        name = f"channel.{number}"
        yield Point(f"{name}.mute", "Silenced.", _MANUAL, words=MUTE_WORDS, writable=True)
        doc = "Level control; -120 is silent."
        yield Point(f"{name}.fader", doc, _MANUAL, "dB", low=SILENCE_DB, high=12, writable=True)
        if channel.meter:
            yield Point(f"{name}.level", "Meter.", _MANUAL, "dBFS", low=SILENCE_DB, high=40, fleeting=True)
    yield Point("preset", "Recalls a preset; which one was recalled last it cannot say.", _MANUAL, low=1, writable=True)
    yield Point("other.state", "The gravest fault it reports of itself or its system.", _MANUAL, words=STATE_WORDS)
    yield Point("identity.serial", "Serial number.", _MANUAL)
