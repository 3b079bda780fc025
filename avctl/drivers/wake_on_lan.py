"""Something that is switched on by a magic packet: a PC, a display in deep standby. It says nothing, ever.

So it has no question and no health of its own, and what is told it is assumed, never measured: who must know, asks
the device itself by its other driver. It can be switched on, not off.
"""

from collections.abc import Sequence
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator

from avctl.drivers.base import Device, Options, Secrets
from avctl.model.errors import Refused
from avctl.model.house import DeviceSpec
from avctl.model.point import Point
from avctl.model.ports import Clock, Query
from avctl.model.reading import Quality, Reading, Value
from avctl.transports.magic import cast, magic

DOC = "Switched on by a magic packet; never off, and never read"
SOURCE = "AMD, Magic Packet Technology white paper 20213"
STANDARD_PORT = 9  # discard; some cards listen at 7
_TIMES = 3  # a datagram may be lost, and waking twice does no harm


def _hardware_address(mac: str) -> str:
    magic(mac)
    return mac


class WakeOptions(Options):
    """`mac` is the hardware address of the sleeping machine."""

    mac: Annotated[str, AfterValidator(_hardware_address)]


class WakeOnLan(Device):
    """One sleeping machine."""

    queries: Sequence[Query] = ()

    def __init__(self, device: str, host: str, port: int, clock: Clock, options: WakeOptions) -> None:
        super().__init__(device, clock)
        self._host, self._port, self.options = host, port, options
        self.points = {"power": Point("power", DOC, SOURCE, words=("on",), writable=True)}

    async def open(self) -> None:
        """Nothing: there is nobody to meet."""

    async def read(self, query: Query) -> Sequence[Reading]:
        raise Refused(f"{self.device}: a sleeping machine answers nothing")

    async def _set(self, point: str, value: Value) -> Reading:
        for _ in range(_TIMES):
            await cast(self._host, self._port, magic(self.options.mac))
        return Reading(self.device, point, value, Quality.ASSUMED, self._clock.now())


class Kind:
    """What the registry knows of it: it has no wire that could be dialled."""

    settings = WakeOptions
    schemes = ("wol",)

    def build(self, spec: DeviceSpec, clock: Clock, _: Secrets) -> WakeOnLan:
        """A driver, not opened. Raises pydantic.ValidationError for wrong options, ValueError for no address."""
        parts = urlsplit(spec.url)
        if not parts.hostname:
            raise ValueError(f"{spec.url}: want wol://broadcast-address or wol://broadcast-address:port")
        options = WakeOptions.model_validate(spec.options)
        return WakeOnLan(spec.id, parts.hostname, parts.port or STANDARD_PORT, clock, options)
