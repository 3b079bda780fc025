"""Sony BRAVIA professional displays speaking Simple IP control over TCP port 20060. How one wants to be treated:

1. It must be allowed in the menu (Simple IP control: enable). 2. Frames have a fixed length and carry the name of what
they are about. 3. Sixteen F are an error, which off means "not while I am off"; sixteen N are "there is no such thing".
4. It tells every change unasked. 5. A connection on which nothing is said for 30 s is closed: the power is asked every
10 s. 6. It cannot say whether a picture comes in, nor how warm it is.

Source: pro-bravia.sony.net, Simple IP control. Doubt: the idle time (30 s by one model's description), and whether N is
used by every model. It names no serial number: the MAC address of its wire stands in its place.
"""

from collections.abc import Iterable, Mapping, Sequence

from pydantic import Field

from avctl.codecs import sony_bravia as wire
from avctl.drivers.display import Display, DisplayOptions, identity, points, query
from avctl.model.errors import Garbled, NoAnswer, Refused
from avctl.model.point import Point
from avctl.model.ports import Query
from avctl.model.reading import Reading, Value

_MANUAL = "Sony BRAVIA Professional Displays, Simple IP control"
_REPLY = 2.0  # s
_NAMES = {"power": "POWR", "source": "INPT", "volume": "VOLU", "mute": "AMUT", "blank": "PMUT"}
_POINTS = {name: point for point, name in _NAMES.items()}
_SOURCES = {"hdmi-1": "1-1", "hdmi-2": "1-2", "hdmi-3": "1-3", "hdmi-4": "1-4", "mirroring": "5-1"}

POWER = query("power", every=10, busy=3, vital=True)
PICTURE = query("picture", every=30, busy=5)
IDENTITY = query("identity", every=3600)


class BraviaOptions(DisplayOptions):
    """`sources` are kind and number of an input: `1-2` is HDMI 2 (1 HDMI, 3 composite, 4 component, 5 mirroring)."""

    sources: Mapping[str, str] = Field(default_factory=lambda: dict(_SOURCES))


class SonyBravia(Display[wire.Frame]):
    """One display."""

    decoder = wire.Decoder
    schemes = ("tcp",)
    settings = BraviaOptions
    queries = (POWER, PICTURE, IDENTITY)
    points: Mapping[str, Point] = {
        name: point
        for name, point in points(
            _MANUAL,
            own=(
                Point("blank", "Picture muted.", _MANUAL, words=("on", "off"), writable=True),
                *identity(_MANUAL, "serial"),
            ),
        ).items()
        if name != "signal"
    }
    options: BraviaOptions

    async def open(self) -> None:
        """Connect. It greets nobody."""
        await self._connect()

    async def read(self, query: Query) -> Sequence[Reading]:
        """Ask what `query` names. Of a display that is off only the power is known."""
        match query.name:
            case POWER.name:
                return await self._read("power")
            case PICTURE.name:
                return await self._read("source", "volume", "mute", "blank")
            case _:
                said = await self._exchange("MACA", wire.enquiry("MACA", "eth0"))
                return [self._measured("identity.serial", None if said in _NO else said.rstrip("#"))]

    async def _ask(self, point: str) -> Value | None:
        said = await self._exchange(_NAMES[point], wire.enquiry(_NAMES[point]))
        if said == wire.NOTHING or (said == wire.ERROR and self._power == "off"):
            return None
        if said == wire.ERROR:
            raise self._refusal(point, "an error")
        return self._mean(point, said)

    def _mean(self, point: str, said: str) -> Value | None:
        if not said.isdecimal():
            raise Garbled(f"{self.device}: {point} {said}")
        if point == "source":
            return self._word(f"{int(said[:8])}-{int(said[8:])}")
        number = int(said)
        if point == "volume":
            return number if number <= 100 else None
        return {0: "off", 1: "on"}.get(number)

    async def _tell(self, point: str, value: Value) -> None:
        parameters = {"on": "1", "off": "0"}.get(str(value), str(value))
        if point == "source":
            kind, _, number = self._code(str(value)).partition("-")
            parameters = f"{kind:0>8}{number:0>8}"
        said = await self._exchange(_NAMES[point], wire.control(_NAMES[point], parameters))
        if said == wire.NOTHING:
            raise Refused(f"{point} {value}: {self.device} has no such thing")
        if said == wire.ERROR:
            raise self._refusal(f"{point} {value}", "an error")

    def _heard(self, message: wire.Frame) -> Iterable[Reading]:
        """Notifications; late answers are not believed, for nobody knows what they answer."""
        point = _POINTS.get(message.name)
        if not message.unasked or point is None or not message.parameters.isdecimal():
            return ()
        value = self._mean(point, message.parameters)
        if point == "power":
            self._now(str(value))
        return (self._measured(point, value),)

    async def _exchange(self, name: str, frame: bytes) -> str:
        def fits(message: wire.Frame) -> bool:
            return message.name == name and not message.unasked

        await self._link.send(frame)
        try:
            return (await self._next(_REPLY, name, fits)).parameters
        except NoAnswer as error:
            raise self._silence(error) from None


_NO = (wire.ERROR, wire.NOTHING)
