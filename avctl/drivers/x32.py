"""Behringer X32 and Midas M32 over OSC, UDP port 10023: what they do otherwise than every desk (`drivers.desk`).

1. `/node` reads a whole strip as one line of text. 2. `/load` is the only scene command that answers, before it is
done: what counts is read afterwards. 3. Which head amplifier feeds a channel is a question of routing, asked anew
(`/-ha/NN/index`) before gain or phantom power is set: 48 V on the wrong input is no small mistake.

Source: P.-G. Maillot, Unofficial X32/M32 OSC Remote Protocol v4.02.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import cast

from pydantic import Field

from avctl.codecs import osc, x32
from avctl.drivers import desk, x32_meter
from avctl.drivers import x32_address as table
from avctl.drivers.base import Options
from avctl.drivers.desk import all_but_lost, said_by, texts
from avctl.drivers.desk_meter import Banks
from avctl.drivers.desk_parameter import Parameter
from avctl.model.errors import NoAnswer, Refused
from avctl.model.point import Point
from avctl.model.ports import Query
from avctl.model.reading import Reading, Value

_RECALL = 2.0  # s until `/load` answers
_HEADAMP = re.compile(r"/headamp/(\d{3})/(gain|phantom)")
TONE = Query("oscillator", every=60, timeout=desk.REPLY, busy=20)


class X32Options(Options):
    """`channels` limits what is looked after; `meters` is the time between two meter blobs in seconds."""

    channels: int = Field(default=32, ge=1, le=32)
    meters: float = Field(default=1.0, ge=0.05, le=4.95)


class X32(desk.Desk):
    """One desk."""

    decoder = x32.Decoder
    settings = X32Options
    port = 10023
    models = x32.MODELS
    writable = table.WRITABLE
    watched, visited = x32_meter.WATCHED, x32_meter.VISITED
    queries = (
        desk.STATUS,
        desk.REMOTE,
        desk.LEVELS,
        desk.OUTPUTS,
        desk.MIX,
        desk.GAINS,
        desk.SCENE,
        TONE,
        desk.ROUTING,
        desk.NAMES,
        desk.IDENTITY,
    )
    options: X32Options

    def _parameters(self) -> Iterable[Parameter]:
        channels = self.options.channels
        self._strips, self._names, self._ways = table.strips(channels), table.names(channels), table.ways()
        self._nodes = {node.path: node for node in chain(self._strips, self._names, self._ways)}
        self._headamps: dict[int, int | None] = {}
        return table.parameters(channels)

    def _others(self) -> Iterable[Point]:
        channels = self.options.channels
        amplifiers = (p.point for n in range(1, channels + 1) for p in table.headamp(n))
        return chain(amplifiers, x32_meter.levels(channels), table.said())

    def _banks(self) -> Banks:
        return x32_meter.banks(self.options.channels)

    def _db(self, level: float) -> float | None:
        return x32.meter_db(level)

    def _between(self) -> float:
        return self.options.meters

    def _asked(self) -> dict[str, desk.Asked]:
        more: dict[str, desk.Asked] = {
            desk.GAINS.name: self._gains,
            TONE.name: self._tone,
            desk.ROUTING.name: self._routing,
            desk.NAMES.name: lambda: self._lines(self._names),
        }
        return super()._asked() | more

    async def _mix(self) -> Sequence[Reading]:
        return await self._lines(self._strips)

    async def _tone(self) -> Sequence[Reading]:
        return await self._gets(n for n in self._of_point if n.startswith("oscillator"))

    async def _routing(self) -> Sequence[Reading]:
        return [*await self._lines(self._ways), *await self._gets(["routing.switch"])]

    # --- text

    async def _lines(self, nodes: Iterable[table.Node]) -> Sequence[Reading]:
        async def line(node: table.Node) -> Sequence[Reading]:
            return self._line(await self._node(node.path))

        return await all_but_lost(map(line, nodes))

    def _line(self, line: x32.Node) -> Sequence[Reading]:
        """The readings of `ch/01/mix ON -2.1 …`; none for lines of other kinds."""
        node = self._nodes.get(line.path)
        if node is None:
            return ()
        words = [(self._of_point[p], word) for p, word in zip(node.points, line.words, strict=False) if p]
        values = [(p.point.name, p.said(word)) for p, word in words]
        return [self._said(point, value) for point, value in values if value is not None]

    async def _node(self, path: str) -> x32.Node:
        def fits(message: x32.Message) -> bool:
            return isinstance(message, x32.Node) and message.path == path

        return cast(x32.Node, await self._twice(osc.encode("/node", path), fits, f"/node {path}"))

    def _heard(self, message: x32.Message) -> Iterable[Reading]:
        """Beside what every desk says: lines of text, and head amplifiers, of which one may feed several channels."""
        match message:
            case x32.Node():
                return self._line(message)
            case osc.Message(address, (arg, *_)) if found := _HEADAMP.fullmatch(address):
                return self._amplifier(int(found[1]), ("gain", "phantom").index(found[2]), arg)
            case _:
                return super()._heard(message)

    # --- head amplifiers

    async def _gains(self) -> Sequence[Reading]:
        async def one(channel: int) -> Sequence[Reading]:
            index = await self._index(channel)
            if index is None:
                return [self._measured(p.point.name, None) for p in table.headamp(channel)]
            line = await self._node(f"headamp/{index:03}")
            values = [(p, p.said(word)) for p, word in zip(table.headamp(channel), line.words, strict=False)]
            return [self._said(p.point.name, value) for p, value in values if value is not None]

        return await all_but_lost(map(one, range(1, self.options.channels + 1)))

    async def _index(self, channel: int) -> int | None:
        """The head amplifier that feeds a channel now; None for none."""
        answer = await self._ask(f"/-ha/{channel - 1:02}/index")
        found = answer.args[0] if answer.args else None
        self._headamps[channel] = found if isinstance(found, int) and 0 <= found < 128 else None
        return self._headamps[channel]

    def _amplifier(self, index: int, which: int, arg: osc.Arg) -> Sequence[Reading]:
        fed = [channel for channel, at in self._headamps.items() if at == index]
        parameters = [table.headamp(channel, index)[which] for channel in fed]
        values = [(p.point.name, p.meaning(arg)) for p in parameters]
        return [self._said(point, value) for point, value in values if value is not None]

    async def _parameter(self, point: str) -> Parameter:
        part, _, quality = point.rpartition(".")
        if quality not in ("gain", "phantom"):
            return await super()._parameter(point)
        channel = int(part.removeprefix("channel."))
        index = await self._index(channel)
        if index is None:
            raise Refused(f"{self.device}.{point} cannot be set: no head amplifier feeds {part}")
        return table.headamp(channel, index)[("gain", "phantom").index(quality)]

    async def _set(self, point: str, value: Value) -> Reading:
        if point == "oscillator.frequency":
            await self._tell("/config/osc/fsel", 0)  # 0: the tone is F1, which is what is set here
        return await super()._set(point, value)

    # --- scenes

    async def _scene(self) -> Sequence[Reading]:
        number = await self._get(self._of_point["scene"])
        if not isinstance(number.value, int) or number.value < 0:
            return number, self._measured("scene.name", None)
        (name,) = texts(await self._ask(f"/-show/showfile/scene/{number.value:03}/name"), 1)
        return number, self._measured("scene.name", name)

    async def _load(self, number: int) -> None:
        """No answer to `/load` decides nothing; the scene number read afterwards does."""
        await self._tell("/load", "scene", number)
        try:
            answer = await self._next(_RECALL, f"/load scene {number}", said_by("/load"))
        except NoAnswer:
            return
        match answer:
            case osc.Message(_, (*_, 0)):
                raise Refused(f"{self.device}: the desk says that scene {number} was not recalled")

    async def _reread(self) -> None:
        for node in self._strips:
            self._inbox.leave(await self._node(node.path))
