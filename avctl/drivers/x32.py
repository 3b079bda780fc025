"""Behringer X32 and Midas M32 over OSC, UDP port 10023. How such a desk wants to be treated:

1. It answers to the port that asked: one socket for everything. 2. It never says no: unknown, wrong and out of range
are all silence, so a question has a deadline of 0.3 s and one repetition (a datagram may be lost), and `/status` tells
"gone" from "does not know". 3. It never echoes a change to who made it: a write is read back, and made once more if
the read-back differs, for the datagram may be what was lost. 4. It pushes changes by other hands for 10 s after
`/xremote`, to four clients; a push is news, its absence is not. 5. One question at a time: bursts are lost without
trace. 6. `/load` is the only scene command that answers, before it is done: what counts is read afterwards.

Source: P.-G. Maillot, Unofficial X32/M32 OSC Remote Protocol v4.02.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import cast

from pydantic import Field

from avctl.codecs import osc, x32
from avctl.drivers import x32_address as table
from avctl.drivers.base import Conversation, Options
from avctl.drivers.x32_meter import Needles
from avctl.model.errors import Garbled, NoAnswer, Refused, WrongDevice
from avctl.model.point import Point
from avctl.model.ports import Clock, Query, Wire
from avctl.model.reading import Reading, Value
from avctl.model.vocabulary import SILENCE_DB

_REPLY = 0.3  # s, one datagram there and back
_RECALL = 2.0  # s until `/load` answers
_RECALLS_READ = 5  # times the scene number is read after a recall before what it says is believed

STATUS = Query("status", every=5, timeout=_REPLY, busy=1, vital=True)
REMOTE = Query("remote", every=8, timeout=_REPLY, busy=8)  # subscriptions lapse after 10 s
LEVELS = Query("levels", every=8, timeout=2, busy=8)
# Changes are pushed; these only find what a lost datagram would have said.
MIX = Query("mix", every=120, timeout=3, busy=60)  # for all of some sixty datagrams
SCENE = Query("scene", every=60, timeout=_REPLY, busy=20)
TONE = Query("oscillator", every=60, timeout=_REPLY, busy=20)
NAMES = Query("names", every=600, timeout=2, busy=600)
IDENTITY = Query("identity", every=3600, timeout=_REPLY)

_BANKS = (1, 2)  # channels; buses and main


class X32Options(Options):
    """`channels` limits what is looked after; `meters` is the time between two meter blobs in seconds."""

    channels: int = Field(default=32, ge=1, le=32)
    meters: float = Field(default=1.0, ge=0.05, le=4.95)


class X32(Conversation[x32.Message]):
    """One desk."""

    decoder = x32.Decoder
    schemes = ("osc", "udp")
    settings = X32Options
    queries = (STATUS, REMOTE, LEVELS, MIX, SCENE, TONE, NAMES, IDENTITY)
    down_after = 3

    def __init__(self, device: str, link: Wire, clock: Clock, options: Options | None = None) -> None:
        super().__init__(device, link, clock, options)
        self.options: X32Options
        channels = self.options.channels
        found = tuple(table.parameters(channels))
        self._of_point = {p.point.name: p for p in found}
        self._of_address = {p.address: p for p in found}
        self._strips = {strip.path: strip.part for strip in table.strips(channels)}
        self._called: dict[str, tuple[Value, Value]] = {}
        self._needles = Needles(channels)
        points = (*(p.point for p in found), *table.levels(channels), *table.said())
        self.points: Mapping[str, Point] = {point.name: point for point in points}

    async def open(self) -> None:
        """Take a socket, see that it is a desk of this family, and ask for its pushes. Raises WrongDevice."""
        await self._connect()
        self._needles.rest()
        _, _, model, *_ = _texts(await self._ask("/info"), 4)
        if model not in x32.MODELS:
            raise WrongDevice(f"{self.device}: {model} answers, wanted one of {', '.join(sorted(x32.MODELS))}")
        await self._link.send(osc.encode("/xremote"))

    async def read(self, query: Query) -> Sequence[Reading]:
        """Ask what `query` names. Raises NoAnswer when the second asking of a datagram stays unanswered, too."""
        match query.name:
            case STATUS.name:
                return [self._measured("status", _texts(await self._ask("/status"), 3)[0])]
            case REMOTE.name:
                await self._link.send(osc.encode("/xremote"))
                return ()
            case LEVELS.name:
                return [r for bank in _BANKS for r in await self._levels(bank, query.timeout)]
            case MIX.name:
                return await self._mix()
            case SCENE.name:
                return await self._scene()
            case TONE.name:
                return await self._gets(n for n in self._of_point if n.startswith("oscillator"))
            case NAMES.name:
                return await self._gets(n for n in self._of_point if n.endswith(".name"))
            case _:
                return await self._identity()

    async def _set(self, point: str, value: Value) -> Reading:
        """Send, read back, and send once more if the desk holds another value: all values here are absolute.

        The reading says what was asked when the desk holds the step nearest to it; from then on that step is called so.
        """
        if point == "scene":
            return await self._recall(int(value))
        parameter = self._of_point[point]
        wanted = parameter.wire(value)
        step = parameter.meaning(wanted)
        if step is not None and step != SILENCE_DB:  # a closed fader is closed, however it was asked for
            self._called[point] = (step, value)
        if point == "oscillator.frequency":
            await self._link.send(osc.encode("/config/osc/fsel", 0))  # 0: the tone is F1, which is what is set here
        for _ in range(2):
            await self._link.send(osc.encode(parameter.address, wanted))
            reading = await self._get(point)
            if reading.value == value:
                break
        return reading

    def _heard(self, message: x32.Message) -> Iterable[Reading]:
        """Changes by other hands, late answers (no less true) and meters."""
        match message:
            case x32.Meters(bank, levels):
                return [self._measured(point, db) for point, db in self._needles.moved(bank, levels)]
            case x32.Node():
                return self._strip(message)
            case osc.Message(address, (arg, *_)) if parameter := self._of_address.get(address):
                value = parameter.meaning(arg)
                return () if value is None else (self._said(parameter.point.name, value),)
            case _:
                return ()

    async def _mix(self) -> Sequence[Reading]:
        """Mutes and faders of all strips by their text nodes, one datagram each, then the mute groups."""

        async def strip(path: str) -> Sequence[Reading]:
            return self._strip(await self._node(path))

        groups = await self._gets(f"mute-group.{n}" for n in range(1, 7))
        return [*await _all_but_lost(map(strip, self._strips)), *groups]

    async def _gets(self, points: Iterable[str]) -> Sequence[Reading]:
        async def one(point: str) -> Sequence[Reading]:
            return (await self._get(point),)

        return await _all_but_lost(map(one, points))

    def _strip(self, node: x32.Node) -> Sequence[Reading]:
        """Two readings of `ch/01/mix ON -2.1 …`; none for nodes of other kinds."""
        part = self._strips.get(node.path)
        if part is None or len(node.words) < 2:
            return ()
        mute, fader = table.mute_word(node.words[0]), x32.node_db(node.words[1])
        if mute is None or fader is None:
            return ()
        return self._said(f"{part}.mute", mute), self._said(f"{part}.fader", fader)

    async def _scene(self) -> Sequence[Reading]:
        number = await self._get("scene")
        if not isinstance(number.value, int) or number.value < 0:
            return number, self._measured("scene.name", None)
        (name,) = _texts(await self._ask(f"/-show/showfile/scene/{number.value:03}/name"), 1)
        return number, self._measured("scene.name", name)

    async def _recall(self, number: int) -> Reading:
        """Recall a scene and re-read every strip, for a recall's pushes may be lost: `listen` tells what changed.

        No answer to `/load` decides nothing; the scene number read afterwards does. Raises Refused when the desk
        says that it failed.
        """
        if number < 0:
            raise Refused(f"{self.device}: scene {number} cannot be recalled, want 0 to 99")
        await self._link.send(osc.encode("/load", "scene", number))
        try:
            answer = await self._next(_RECALL, f"/load scene {number}", _from("/load"))
        except NoAnswer:
            answer = None
        match answer:
            case osc.Message(_, (*_, 0)):
                raise Refused(f"{self.device}: the desk says that scene {number} was not recalled")
        for path in self._strips:
            self._inbox.leave(await self._node(path))
        return await self._settled(number)

    async def _settled(self, number: int) -> Reading:
        for _ in range(_RECALLS_READ):
            reading = await self._get("scene")
            if reading.value == number:
                break
        return reading

    async def _levels(self, bank: int, within: float) -> Iterable[Reading]:
        """Renew the meters of a bank and read them once, whole."""
        factor = max(1, round(self.options.meters / 0.05))  # the desk counts in 50 ms
        request = osc.encode("/meters", f"/meters/{bank}", factor)

        def fits(message: x32.Message) -> bool:
            return isinstance(message, x32.Meters) and message.bank == bank

        blob = await self._twice(request, fits, f"/meters/{bank}", within / 2)
        levels = cast(x32.Meters, blob).levels
        return [self._measured(point, db) for point, db in self._needles.all(bank, levels)]

    async def _identity(self) -> Sequence[Reading]:
        _, name, model, firmware, *_ = _texts(await self._ask("/xinfo"), 4)
        says = {"name": name, "model": model, "firmware": firmware}
        return [self._measured(f"identity.{key}", text) for key, text in says.items()]

    async def _get(self, point: str) -> Reading:
        parameter = self._of_point[point]
        message = await self._ask(parameter.address)
        value = parameter.meaning(message.args[0]) if message.args else None
        if value is None:
            raise Garbled(f"asked {parameter.address}, got {message.args}")
        return self._said(point, value)

    async def _ask(self, address: str) -> osc.Message:
        answer = await self._twice(osc.encode(address), _from(address), address)
        return cast(osc.Message, answer)

    async def _node(self, path: str) -> x32.Node:
        def fits(message: x32.Message) -> bool:
            return isinstance(message, x32.Node) and message.path == path

        return cast(x32.Node, await self._twice(osc.encode("/node", path), fits, f"/node {path}"))

    async def _twice(
        self, request: bytes, fits: Callable[[x32.Message], bool], asked: str, within: float = _REPLY
    ) -> x32.Message:
        """Ask, and once more when nothing comes: of datagrams, one may be lost."""
        await self._link.send(request)
        try:
            return await self._next(within, asked, fits)
        except NoAnswer:
            await self._link.send(request)
            return await self._next(within, asked, fits)

    def _said(self, point: str, value: Value) -> Reading:
        """A step of the desk, called by the value that was asked for when it is the nearest step to it."""
        step, asked = self._called.get(point, (value, value))
        return self._measured(point, asked if step == value else value)


async def _all_but_lost(questions: Iterable[Awaitable[Sequence[Reading]]]) -> Sequence[Reading]:
    """Every answer, one question after the other. One lost twice is left out until next time; two such in a row are
    a silent desk: raises NoAnswer.
    """
    readings: list[Reading] = []
    missed = False
    for question in questions:
        try:
            readings += await question
            missed = False
        except NoAnswer:
            if missed:
                raise
            missed = True
    return readings


def _from(address: str) -> Callable[[x32.Message], bool]:
    """An answer with a value: an echo of our own question, without one, is none."""

    def fits(message: x32.Message) -> bool:
        return isinstance(message, osc.Message) and message.address == address and bool(message.args)

    return fits


def _texts(message: osc.Message, count: int) -> list[str]:
    """At least so many texts. Raises Garbled."""
    texts = [arg for arg in message.args if isinstance(arg, str)]
    if len(texts) < count:
        raise Garbled(f"asked {message.address}, got {message.args}")
    return texts
