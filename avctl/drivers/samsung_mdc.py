"""Samsung displays speaking MDC over RS-232 (9600 8N1) or TCP port 1515. How one wants to be treated:

1. One question at a time; the answer names the command it answers. 2. 'A' says "read", never "done": what was set is
asked for. 3. In standby nearly everything but the power is refused with 'N'; then it is not known. 4. After "on" it is
deaf, or its network is gone, for up to 15 s. 5. An input may come back under another code than it was set by (21 as 22,
a computer at HDMI 1). 6. Volumes above 100 mean that there is no loudspeaker. 7. In deep standby its network is off:
then only Wake-on-LAN or the serial line helps, and the answer is LinkDown.

Source: Samsung, Multiple Display Control protocol, v13.7c 2016-02-23. Doubt: whether every model answers status 00 in
standby (here its refusal and its answer are both understood), and what code the error byte of an 'N' has (not used).
"""

from collections.abc import Callable, Mapping, Sequence

from pydantic import Field

from avctl.codecs import samsung_mdc as wire
from avctl.drivers.display import Display, DisplayOptions, identity, points, query
from avctl.model.errors import Garbled, NoAnswer
from avctl.model.point import Point
from avctl.model.ports import Query
from avctl.model.reading import Reading, Value

_MANUAL = "Samsung Multiple Display Control protocol v13.7c"
_REPLY = 2.0  # s
_STATUS, _SERIAL, _HEALTH, _FIRMWARE, _POWER, _VOLUME, _MUTE, _SOURCE, _MODEL = (
    *(0x00, 0x0B, 0x0D, 0x0E),
    *(0x11, 0x12, 0x13, 0x14, 0x8A),
)
_COMMANDS = {"power": _POWER, "source": _SOURCE, "volume": _VOLUME, "mute": _MUTE}
_TEXTS = {"identity.serial": _SERIAL, "identity.model": _MODEL, "identity.firmware": _FIRMWARE}
_SOURCES = {"hdmi-1": "21", "hdmi-2": "23", "displayport": "25", "dvi": "18", "pc": "14", "url": "63"}
_SAME = {"22": "21", "24": "23", "32": "31", "34": "33", "1F": "18"}  # asked: set

POWER = query("power", every=10, busy=3, vital=True)
PICTURE = query("picture", every=30, busy=5)
HEALTH = query("health", every=60, busy=15)
IDENTITY = query("identity", every=3600)


class MdcOptions(DisplayOptions):
    """`id` is the number the display has on its chain; `sources` its inputs, as two hexadecimal digits."""

    id: int = Field(default=1, ge=0, le=0xFD)
    sources: Mapping[str, str] = Field(default_factory=lambda: dict(_SOURCES))


class SamsungMdc(Display[wire.Answer]):
    """One display."""

    decoder = wire.Decoder
    settings = MdcOptions
    queries = (POWER, PICTURE, HEALTH, IDENTITY)
    points = points(
        _MANUAL,
        ("lamp", "temperature", "fan"),
        (
            Point("temperature", "Inside the display.", _MANUAL, "°C", low=0, high=120),
            *identity(_MANUAL, "serial", "model", "firmware"),
        ),
    )
    options: MdcOptions

    async def open(self) -> None:
        """Connect. It greets nobody."""
        await self._connect()

    async def read(self, query: Query) -> Sequence[Reading]:
        """Ask what `query` names. Of a display in standby only the power is known."""
        match query.name:
            case POWER.name:
                return await self._read("power")
            case PICTURE.name:
                return self._picture(await self._values(_STATUS, 4))
            case HEALTH.name:
                return self._health(await self._values(_HEALTH, 6))
            case _:
                return [self._measured(name, await self._text(command)) for name, command in _TEXTS.items()]

    def _picture(self, said: bytes | None) -> list[Reading]:
        """Power, volume, mute, input; when it is off, the last three are not known."""
        if said is None:
            return [self._measured(name, None) for name in ("source", "volume", "mute")]
        values = dict(zip(("power", "volume", "mute", "source"), said, strict=False))
        return [self._measured(name, _MEAN[name](self, code)) for name, code in values.items()]

    def _health(self, said: bytes | None) -> list[Reading]:
        states = ("lamp.state", "temperature.state", "fan.state")
        if said is None:
            return [self._measured(name, None) for name in (*states, "signal", "temperature")]
        lamp, hot, _, signal, degrees, fan = said[:6]
        words = [self._measured(n, _STATE.get(c)) for n, c in zip(states, (lamp, hot, fan), strict=True)]
        picture = {0: "present", 1: "absent"}.get(signal)
        return [*words, self._measured("signal", picture), self._measured("temperature", degrees)]

    async def _text(self, command: int) -> str | None:
        said = await self._exchange(command)
        return said.values.strip(b"\0 ").decode("ascii", "replace") if said.ok else None

    async def _ask(self, point: str) -> Value | None:
        said = await self._values(_COMMANDS[point], 1)
        return None if said is None else _MEAN[point](self, said[0])

    async def _tell(self, point: str, value: Value) -> None:
        code = int(self._code(str(value)), 16) if point == "source" else {"on": 1, "off": 0}.get(str(value))
        code = int(value) if code is None else code
        if not (said := await self._exchange(_COMMANDS[point], code)).ok:
            raise self._refusal(f"{point} {value}", f"N {said.values.hex()}")

    async def _values(self, command: int, wanted: int) -> bytes | None:
        """At least so many values; None where it refuses because it is off."""
        said = await self._exchange(command)
        if not said.ok and self._power == "off":
            return None
        if not said.ok:
            raise self._refusal(f"command {command:02X}", f"N {said.values.hex()}")
        if len(said.values) < wanted:
            raise Garbled(f"{self.device}: command {command:02X} says {said.values.hex(' ')}, wanted {wanted} values")
        return said.values

    async def _exchange(self, command: int, *values: int) -> wire.Answer:
        def fits(answer: wire.Answer) -> bool:
            return (answer.id, answer.command) == (self.options.id, command)

        await self._link.send(wire.encode(command, self.options.id, *values))
        try:
            return await self._next(_REPLY, f"command {command:02X}", fits)
        except NoAnswer as error:
            raise self._silence(error) from None

    def _power_word(self, code: int) -> str:
        if code not in (0, 1):
            raise Garbled(f"{self.device}: power {code:02X}")
        self._now("on" if code else "off")
        return self._power

    def _source_word(self, code: int) -> str:
        text = f"{code:02X}"
        return self._word(text if text in self._words else _SAME.get(text, text))


_STATE = {0: "none-reported", 1: "error", 2: "none-reported"}  # 2: it has no such part
_MEAN: Mapping[str, Callable[[SamsungMdc, int], Value | None]] = {
    "power": SamsungMdc._power_word,
    "source": SamsungMdc._source_word,
    "volume": lambda _, code: code if code <= 100 else None,
    "mute": lambda _, code: {0: "off", 1: "on"}.get(code),
}
