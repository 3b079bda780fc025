"""Shure receivers ULX-D and QLX-D, over TCP port 2202. What is peculiar to them:

1. A transmitter that is off has TX_TYPE UNKN, and every figure of it is a marker: unknown, never a reading. 2. With
primary cells BATT_CHARGE stays unknown: bars are all there is. 3. Meters come only when asked for, so often as asked
for, and are switched off before leaving: the rate is the receiver's, not the connection's. 4. QLX-D knows no
AUDIO_MUTE, and perhaps no RF_INT_DET. 5. Gain is counted from -18 dB.

Source: Shure command strings ULXD (QLXD). The doubts are options: in which order SAMPLE tells radio and sound, and
what must be subtracted from the radio level to have dBm (120 in one program that works with them, 128 in another).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Literal

from pydantic import Field

from avctl.codecs import shure as wire
from avctl.drivers import receiver
from avctl.drivers.base import Options
from avctl.drivers.shure import REPLY, Key, Shure
from avctl.model.errors import DeviceError, Refused
from avctl.model.point import Point
from avctl.model.ports import Clock, Query, Wire
from avctl.model.reading import Reading, Value

_MANUAL = "Shure command strings ULXD"
_QUIETEST = -18  # dB, AUDIO_GAIN 000
_LOUDEST = 42  # dB, AUDIO_GAIN 060
_FULL_SCALE = 50  # of the sound meter

CHANNELS = Query("channels", every=60, timeout=2, busy=20, vital=True)  # it reports changes by itself: the heartbeat
METERS = Query("meters", every=10, timeout=2, busy=5)
IDENTITY = Query("identity", every=3600, timeout=REPLY)

_WORDS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "AUDIO_MUTE": ("mute", {"ON": "on", "OFF": "off"}),
    "RF_INT_DET": ("interference", {"NONE": "none", "CRITICAL": "critical", "DETECTED": "critical"}),
    "ENCRYPTION_WARNING": ("encryption", {"OFF": "ok", "ON": "warning"}),
}
_ANTENNAS = {"AX": "a", "XB": "b", "XX": "none"}
_HAS = ("transmitter", "battery", "bars", "runtime", "frequency", "name", "encryption", "interference")
_NAMES = ("TX_TYPE", "BATT_CHARGE", "BATT_BARS", "BATT_RUN_TIME", "FREQUENCY", "CHAN_NAME", "AUDIO_GAIN", *_WORDS)
_WHO: Mapping[str, str] = {"DEVICE_ID": "identity.name", "FW_VER": "identity.firmware"}
_OFF = ("UNKN", "UNKNOWN")


class ShureReceiverOptions(Options):
    """`meters` is the time between two meter readings in seconds, 0 for never; `rf_offset` and `sample` are doubts."""

    channels: int = Field(default=4, ge=1, le=4)
    family: Literal["ulxd", "qlxd"] = "ulxd"
    meters: float = Field(default=0, ge=0, le=99)
    rf_offset: float = 120
    sample: Literal["rf-audio", "audio-rf"] = "rf-audio"


class ShureReceiver(Shure):
    """One receiver with up to four channels."""

    settings = ShureReceiverOptions
    queries: Sequence[Query] = (CHANNELS, IDENTITY)
    proof = ("1", "CHAN_NAME")

    def __init__(self, device: str, link: Wire, clock: Clock, options: Options | None = None) -> None:
        told = options if isinstance(options, ShureReceiverOptions) else ShureReceiverOptions()
        names = [name for name in _NAMES if name != "AUDIO_MUTE" or told.family == "ulxd"]
        super().__init__(device, link, clock, told, names, told.channels)
        self.options: ShureReceiverOptions
        self._indices = [str(n) for n in range(1, told.channels + 1)]
        self._metering = False
        if self.options.meters:
            self.queries = (CHANNELS, METERS, IDENTITY)
        self.points: Mapping[str, Point] = {point.name: point for point in _points(self.options)}

    async def open(self) -> None:
        """Connect, and see that it is a receiver. Raises WrongDevice."""
        self._metering = False
        await super().open()

    async def close(self) -> None:
        """Switch the meters off, if they were on, and let go of the wire."""
        if self._metering:
            self._metering = False
            with suppress(DeviceError):
                await self._link.send(wire.put("METER_RATE", "00000", 0))
        await super().close()

    async def read(self, query: Query) -> Sequence[Reading]:
        """Ask what `query` names; "channels" is everything about all of them."""
        match query.name:
            case CHANNELS.name:
                return await self._all(query.timeout)
            case METERS.name:
                return await self._meters(query.timeout)
            case _:
                return await self._asked([("", name) for name in _WHO])

    async def _set(self, point: str, value: Value) -> Reading:
        """Mute or gain of a channel."""
        _, index, what = point.split(".")
        if what == "mute":
            return await self._put("AUDIO_MUTE", index, str(value).upper())
        return await self._put("AUDIO_GAIN", index, f"{round(float(value)) - _QUIETEST:03}")

    async def _meters(self, within: float) -> Sequence[Reading]:
        """Switch the meters on, and wait for the first needle; the others follow through `listen`."""
        await self._link.send(wire.put("METER_RATE", f"{max(100, round(self.options.meters * 1000)):05}", 0))
        self._metering = True
        sample = await self._next(within + self.options.meters, "METER_RATE", _is_sample)
        if isinstance(sample, wire.Refusal):
            raise Refused(f"{self.device}: METER_RATE was refused")
        return list(self._heard(sample))

    def _heard(self, message: wire.Message) -> Sequence[Reading]:
        if isinstance(message, wire.Sample):
            if message.index not in self._indices:
                return ()
            needles = self._needles(message.values)
            return [self._measured(f"receiver.{message.index}.{point}", value) for point, value in needles]
        return super()._heard(message)

    def _needles(self, values: tuple[str, ...]) -> Iterator[tuple[str, Value | None]]:
        """Antenna, radio and sound of one sample; a shape this family does not have says nothing."""
        if len(values) != 3 or not self.options.meters:
            return
        antenna, *figures = values
        radio, sound = map(wire.small, figures if self.options.sample == "rf-audio" else reversed(figures))
        yield "antenna", _ANTENNAS.get(antenna)
        yield "rf", None if radio is None else radio - self.options.rf_offset
        yield "level", None if sound is None or sound > _FULL_SCALE else sound - _FULL_SCALE

    def _meant(self, key: Key, value: str) -> Iterator[tuple[str, Value | None]]:
        index, name = key
        if not index and name in _WHO:
            yield _WHO[name], value or None
        elif key in self._wanted:
            point, meant = self._channel(name, value)
            yield f"receiver.{index}.{point}", meant

    def _channel(self, name: str, value: str) -> tuple[str, Value | None]:
        match name:
            case "TX_TYPE":
                return "transmitter", "off" if value in _OFF else value.lower()
            case "BATT_CHARGE":
                return "battery", wire.share(value)
            case "BATT_BARS":
                return "bars", bars if (bars := wire.small(value)) is not None and bars <= 5 else None
            case "BATT_RUN_TIME":
                return "runtime", wire.figure(value)
            case "FREQUENCY":
                return "frequency", int(value) / 1000 if value.isascii() and value.isdigit() else None
            case "AUDIO_GAIN":
                gain = wire.small(value)
                return "gain", None if gain is None else gain + _QUIETEST
            case "CHAN_NAME":
                return "name", value
            case _:
                point, words = _WORDS[name]
                return point, words.get(value)


def _is_sample(message: wire.Message) -> bool:
    return isinstance(message, wire.Sample | wire.Refusal)


def _points(options: ShureReceiverOptions) -> Iterator[Point]:
    n = options.channels
    yield from receiver.points(n, _MANUAL, _HAS)
    yield from receiver.gain(n, _MANUAL, _QUIETEST, _LOUDEST)
    if options.family == "ulxd":
        yield from receiver.mute(n, _MANUAL)
    if options.meters:
        yield from receiver.points(n, _MANUAL, ("rf", "antenna", "level"))
    yield Point("identity.name", "Its name, given by people.", _MANUAL)
    yield Point("identity.firmware", "Firmware.", _MANUAL)
