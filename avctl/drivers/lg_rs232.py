"""LG displays speaking their RS-232C protocol (9600 8N1), or the same over TCP port 9761. How one wants to be treated:

1. One question at a time; the answer carries the second letter of the command. 2. The number of the set must not be 0:
then nobody, or everybody, answers. 3. The answer to "on" may come only when it is on. 4. Off, it refuses everything but
the power with NG; in deep standby it does not answer at all. 5. Numbers are hexadecimal, the volume too. 6. `ke` counts
the other way round: 00 is muted. 7. An input may come back under its computer code (90 as A0).

Source: LG 49SH7DB owner's manual p. 40; 32SE3D p. 107 (signal); M4225C p. A19 (temperature, lamp).
Doubt: not every model has the questions for temperature, lamp and signal: NG is then "not known".
"""

from collections.abc import Mapping, Sequence

from pydantic import Field

from avctl.codecs import lg_rs232 as wire
from avctl.drivers.display import Display, DisplayOptions, identity, points, query
from avctl.model.errors import Garbled, NoAnswer
from avctl.model.point import Point
from avctl.model.ports import Query
from avctl.model.reading import Reading, Value

_MANUAL = "LG 49SH7DB owner's manual, RS-232C"
_REPLY = 2.0  # s
_SOURCES = {"hdmi-1": "90", "hdmi-2": "91", "hdmi-3": "92", "displayport": "d0", "rgb": "60"}
_SAME = {"A0": "90", "A1": "91", "A2": "92", "C0": "D0"}  # asked: set
_COMMANDS = {
    "power": ("ka", "ff"),
    "source": ("xb", "ff"),
    "volume": ("kf", "ff"),
    "mute": ("ke", "ff"),
    "signal": ("sv", "02 ff"),
    "temperature": ("dn", "ff"),
    "lamp.state": ("dp", "ff"),
    "identity.serial": ("fy", "ff"),
}
_WORDS: Mapping[str, Mapping[str, str]] = {
    "power": {"00": "off", "01": "on"},
    "mute": {"00": "on", "01": "off"},
    "signal": {"0200": "absent", "0201": "present"},
    "lamp.state": {"00": "error", "01": "none-reported"},
}

POWER = query("power", every=10, busy=3, vital=True)
PICTURE = query("picture", every=30, busy=5)
HEALTH = query("health", every=60, busy=15)
IDENTITY = query("identity", every=3600)
_ASKED = {
    "power": ("power",),
    "picture": ("source", "volume", "mute", "signal"),
    "health": ("temperature", "lamp.state"),
    "identity": ("identity.serial",),
}


class LgOptions(DisplayOptions):
    """`id` is the number of the set; `sources` its inputs, as two hexadecimal digits."""

    id: int = Field(default=1, ge=1, le=255)
    sources: Mapping[str, str] = Field(default_factory=lambda: dict(_SOURCES))


class LgRs232(Display[wire.Answer]):
    """One display."""

    decoder = wire.Decoder
    settings = LgOptions
    queries = (POWER, PICTURE, HEALTH, IDENTITY)
    points = points(
        _MANUAL,
        ("lamp",),
        (
            Point("temperature", "Inside the display.", _MANUAL, "°C", low=0, high=120),
            *identity(_MANUAL, "serial"),
        ),
    )
    options: LgOptions

    async def open(self) -> None:
        """Connect. It greets nobody."""
        await self._connect()

    async def read(self, query: Query) -> Sequence[Reading]:
        """Ask what `query` names, point by point. Of a display that is off only the power is known."""
        return await self._read(*_ASKED[query.name])

    async def _ask(self, point: str) -> Value | None:
        command, data = _COMMANDS[point]
        said = await self._exchange(command, data)
        if said.ok:
            return self._mean(point, said.data)
        if self._power == "off" or point in ("signal", "temperature", "lamp.state", "identity.serial"):
            return None
        raise self._refusal(f"{command} {data}", f"NG{said.data}")

    def _mean(self, point: str, data: str) -> Value | None:
        if point in ("volume", "temperature"):
            return self._number(point, data)
        if point == "source":
            code = data.upper()
            return self._word(code if code in self._words else _SAME.get(code, code))
        if point == "identity.serial":
            return data
        word = _WORDS[point].get(data.lower())
        if word is None and point == "power":
            raise Garbled(f"{self.device}: power {data}")
        return word

    def _number(self, point: str, data: str) -> int | None:
        """Hexadecimal; what no such point could be is unknown."""
        try:
            number = int(data, 16)
        except ValueError:
            raise Garbled(f"{self.device}: {point} {data}") from None
        return number if self.points[point].accepts(number) else None

    async def _tell(self, point: str, value: Value) -> None:
        if point == "source":
            data = self._code(str(value))
        elif point == "volume":
            data = f"{int(value):02x}"
        else:
            data = next(code for code, word in _WORDS[point].items() if word == value)
        command, _ = _COMMANDS[point]
        if not (said := await self._exchange(command, data)).ok:
            raise self._refusal(f"{command} {data}", f"NG{said.data}")

    async def _exchange(self, command: str, data: str) -> wire.Answer:
        def fits(answer: wire.Answer) -> bool:
            return (answer.letter, answer.id) == (command[1], self.options.id)

        await self._link.send(wire.encode(command, self.options.id, data))
        try:
            return await self._next(_REPLY, f"{command} {data}", fits)
        except NoAnswer as error:
            raise self._silence(error) from None
