"""Behringer X Air (XR12, XR16, XR18, X18) and Midas MR12, MR18 over OSC, UDP port 10024: as `drivers.desk`, but

1. every value is asked for by its own address. 2. Eight clients are pushed to. A set may be echoed to its sender: it
is taken as what the mixer says, and never waited for. 3. Scenes are snapshots 1 to 64. Loading one is not answered: the
index read afterwards decides, so loading the one that is loaded already cannot be told from nothing.

Source: X AIR Mixer Series Remote Control Protocol (firmware 1.11 or higher).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Literal

from pydantic import Field

from avctl.codecs import osc, x32, xair
from avctl.drivers import desk
from avctl.drivers import xair_address as table
from avctl.drivers.base import Options
from avctl.drivers.desk_meter import Banks
from avctl.drivers.desk_parameter import Parameter
from avctl.model.errors import Refused, WrongDevice
from avctl.model.point import Point
from avctl.model.reading import Reading

_MIX = (".mute", ".fader", ".to-main")


class XAirOptions(Options):
    """`model` says how many channels there are; `high_gain` is what the gain ends at, in dB; `meters` is the time
    between two meter blobs that are looked at, in seconds.
    """

    model: Literal["XR12", "XR16", "XR18", "X18", "MR12", "MR18"] = "XR18"
    high_gain: float = Field(default=60.0, ge=20.0, le=60.0)
    meters: float = Field(default=1.0, ge=0.05, le=4.95)


class XAir(desk.Desk):
    """One mixer."""

    decoder = xair.Decoder
    settings = XAirOptions
    port = 10024
    models = xair.MODELS
    writable = table.WRITABLE
    watched, visited = table.WATCHED, table.VISITED
    queries = (
        desk.STATUS,
        desk.REMOTE,
        desk.LEVELS,
        desk.OUTPUTS,
        desk.MIX,
        desk.GAINS,
        desk.SCENE,
        desk.ROUTING,
        desk.NAMES,
        desk.IDENTITY,
    )
    options: XAirOptions

    async def open(self) -> None:
        """As every desk; a model of another size is another device: half of what is asked would be silence."""
        await super().open()
        *_, model, _ = desk.texts(await self._ask("/info"), 4)
        if table.SIZES.get(model) != self._size:
            raise WrongDevice(f"{self.device}: {model} answers, options.model is {self.options.model}")

    @property
    def _size(self) -> table.Size:
        return table.SIZES[self.options.model]

    def _parameters(self) -> Iterable[Parameter]:
        return table.parameters(self._size, self.options.high_gain)

    def _others(self) -> Iterable[Point]:
        return chain(table.levels(self._size), table.said())

    def _banks(self) -> Banks:
        self._every, self._passed = defaultdict[int, int](lambda: 1), Counter[int]()
        return table.banks(self._size)

    def _db(self, level: float) -> float | None:
        return xair.meter_db(level)

    def _between(self) -> float:
        return self.options.meters

    def _meters(self, bank: int, factor: int) -> bytes:
        """What would follow the bank is a channel here, no time: blobs come every 50 ms, and are thinned by us."""
        self._every[bank] = factor
        return osc.encode("/meters", f"/meters/{bank}")

    def _heard(self, message: x32.Message) -> Iterable[Reading]:
        """Of meters, one blob in so many."""
        if isinstance(message, x32.Meters):
            self._passed[message.bank] += 1
            if self._passed[message.bank] % self._every[message.bank]:
                return ()
        return super()._heard(message)

    def _asked(self) -> dict[str, desk.Asked]:
        more: dict[str, desk.Asked] = {
            desk.GAINS.name: lambda: self._those((".gain", ".phantom")),
            desk.ROUTING.name: lambda: self._those((".source", "routing.main", "routing.phones")),
            desk.NAMES.name: self._called_so,
        }
        return super()._asked() | more

    async def _mix(self) -> Sequence[Reading]:
        groups = await self._gets(f"mute-group.{n}" for n in range(1, 5))
        return [*await self._those(_MIX), *groups]

    async def _called_so(self) -> Sequence[Reading]:
        return await self._gets(name for name in self._of_point if name.endswith(".name") and name != "scene.name")

    async def _those(self, endings: tuple[str, ...]) -> Sequence[Reading]:
        return await self._gets(name for name in self._of_point if name.endswith(endings))

    async def _scene(self) -> Sequence[Reading]:
        return await self._gets(("scene", "scene.name"))

    async def _load(self, number: int) -> None:
        if number < 1:
            raise Refused(f"{self.device}: snapshot {number} cannot be loaded, want 1 to 64")
        await self._tell("/-snap/load", number)

    async def _reread(self) -> None:
        for name in [name for name in self._of_point if name.endswith(_MIX)]:
            parameter = self._of_point[name]
            answer: osc.Message = await self._ask(parameter.address)
            self._inbox.leave(answer)
