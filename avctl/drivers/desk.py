"""A mixing desk on OSC over UDP, of the X32 or the X Air family. How such a desk wants to be treated:

1. It answers to the port that asked: one socket for everything. 2. It never says no: unknown, wrong and out of range
are all silence, so a question has a deadline of 0.3 s and one repetition (a datagram may be lost), and `/status` tells
"gone" from "does not know". 3. A set is not acknowledged: a write is read back, and made once more if the read-back
differs, for the datagram may be what was lost. 4. It pushes changes by other hands for 10 s after `/xremote`, to a few
clients; a push is news, its absence is not. 5. One question at a time: bursts are lost without trace.

Whatever is written passes `_tell`, which lets through the addresses of the desk's own table and nothing else.
"""

import re
from abc import abstractmethod
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from typing import ClassVar, cast

from avctl.codecs import osc, x32
from avctl.drivers.base import Conversation, Options
from avctl.drivers.desk_meter import Banks, Needles
from avctl.drivers.desk_parameter import Parameter
from avctl.model.errors import Garbled, NoAnswer, Refused, WrongDevice
from avctl.model.point import Point
from avctl.model.ports import Clock, Query, Wire
from avctl.model.reading import Reading, Value
from avctl.model.vocabulary import SILENCE_DB

REPLY = 0.3  # s, one datagram there and back
_BLOB = 0.05  # s: a desk counts the time between two meter blobs in these
_BEHIND = 3  # answers that may lie before the one to the question just asked
_RECALLS_READ = 5  # times the scene number is read after a recall before what it says is believed

STATUS = Query("status", every=5, timeout=REPLY, busy=1, vital=True)
REMOTE = Query("remote", every=8, timeout=REPLY, busy=8)  # subscriptions lapse after 10 s
LEVELS = Query("levels", every=8, timeout=2, busy=8)
OUTPUTS = Query("outputs", every=60, timeout=2, busy=20)
# Changes are pushed; these only find what a lost datagram would have said.
MIX = Query("mix", every=120, timeout=3, busy=60)  # for all of some eighty datagrams
GAINS = Query("gains", every=300, timeout=3, busy=120)
SCENE = Query("scene", every=60, timeout=REPLY, busy=20)
ROUTING = Query("routing", every=600, timeout=2, busy=600)
NAMES = Query("names", every=600, timeout=2, busy=600)
IDENTITY = Query("identity", every=3600, timeout=REPLY)

Asked = Callable[[], Awaitable[Sequence[Reading]]]


class Desk(Conversation[x32.Message]):
    """One desk. A family says where it keeps what, how it recalls a scene, and what it is asked beside."""

    schemes = ("osc", "udp")
    down_after = 3
    models: ClassVar[Collection[str]]
    writable: ClassVar[re.Pattern[str]]
    watched: ClassVar[Sequence[int]]
    visited: ClassVar[Sequence[int]]

    def __init__(self, device: str, link: Wire, clock: Clock, options: Options | None = None) -> None:
        super().__init__(device, link, clock, options)
        found = tuple(self._parameters())
        self._of_point = {p.point.name: p for p in found}
        self._of_address = {p.address: p for p in found}
        self._called: dict[str, tuple[Value, Value]] = {}
        self._needles = Needles(self._banks(), self._db)
        points = (*(p.point for p in found), *self._others())
        self.points: Mapping[str, Point] = {point.name: point for point in points}
        self._answers: dict[str, Asked] = self._asked()

    @abstractmethod
    def _parameters(self) -> Iterable[Parameter]:
        """Everything that has an address of its own."""

    @abstractmethod
    def _others(self) -> Iterable[Point]:
        """Points without one: meters, and what the desk says about itself."""

    @abstractmethod
    def _banks(self) -> Banks:
        """What stands where in which meter bank."""

    @abstractmethod
    def _db(self, level: float) -> float | None:
        """Decibels of what stands in a blob."""

    @abstractmethod
    def _between(self) -> float:
        """Seconds between two blobs of a watched bank."""

    @abstractmethod
    async def _mix(self) -> Sequence[Reading]:
        """Every strip and every mute group, one question after the other."""

    @abstractmethod
    async def _scene(self) -> Sequence[Reading]:
        """Number and name of the scene recalled last."""

    @abstractmethod
    async def _load(self, number: int) -> None:
        """Have a scene recalled. Raises Refused when the desk says that it failed."""

    def _asked(self) -> dict[str, Asked]:
        """How the query of each name is answered."""
        return {
            STATUS.name: self._status,
            REMOTE.name: self._remote,
            LEVELS.name: self._levels,
            OUTPUTS.name: self._outputs,
            MIX.name: self._mix,
            SCENE.name: self._scene,
            IDENTITY.name: self._identity,
        }

    async def open(self) -> None:
        """Take a socket, see that it is a desk of this family, and ask for its pushes. Raises WrongDevice."""
        await self._connect()
        self._needles.rest()
        _, _, model, *_ = texts(await self._ask("/info"), 4)
        if model not in self.models:
            raise WrongDevice(f"{self.device}: {model} answers, wanted one of {', '.join(sorted(self.models))}")
        await self._remote()

    async def read(self, query: Query) -> Sequence[Reading]:
        """Ask what `query` names. Raises NoAnswer when the second asking of a datagram stays unanswered, too."""
        return await self._answers[query.name]()

    async def _set(self, point: str, value: Value) -> Reading:
        """Send, read back, and send once more if the desk holds another value: all values here are absolute.

        The reading says what was asked when the desk holds the step nearest to it; from then on that step is called so.
        """
        if point == "scene":
            return await self._recall(int(value))
        parameter = await self._parameter(point)
        wanted = parameter.wire(value)
        step = parameter.meaning(wanted)
        if step is not None and step != SILENCE_DB:  # a closed fader is closed, however it was asked for
            self._called[point] = (step, value)
        for _ in range(2):
            await self._tell(parameter.address, wanted)
            reading = await self._agreed(parameter, (value, step))
            if reading.value in (value, step):
                break
        return reading

    async def _agreed(self, parameter: Parameter, wanted: Collection[Value | None]) -> Reading:
        """What the desk says, as soon as it says one of `wanted`.

        Answers carry no number: a doubled one, or an echo of our own set, leaves the next question one answer behind.
        """
        reading = await self._get(parameter)
        for _ in range(_BEHIND):
            if reading.value in wanted:
                break
            try:
                message = await self._next(REPLY, parameter.address, said_by(parameter.address))
            except NoAnswer:
                break
            reading = self._read(parameter, cast(osc.Message, message))
        return reading

    async def _parameter(self, point: str) -> Parameter:
        """Where a point is written. Raises Refused for one that has no place now."""
        return self._of_point[point]

    async def _recall(self, number: int) -> Reading:
        """Recall a scene and re-read every strip, for a recall's pushes may be lost: `listen` tells what changed."""
        if number < 0:
            raise Refused(f"{self.device}: scene {number} cannot be recalled")
        await self._load(number)
        await self._reread()
        for _ in range(_RECALLS_READ):
            reading = await self._get(self._of_point["scene"])
            if reading.value == number:
                break
        return reading

    @abstractmethod
    async def _reread(self) -> None:
        """Ask for every strip, and leave the answers where `listen` finds them."""

    def _heard(self, message: x32.Message) -> Iterable[Reading]:
        """Changes by other hands, late answers (no less true) and meters."""
        match message:
            case x32.Meters(bank, levels):
                return [self._measured(point, db) for point, db in self._needles.moved(bank, levels)]
            case osc.Message(address, (arg, *_)) if parameter := self._of_address.get(address):
                value = parameter.meaning(arg)
                return () if value is None else (self._said(parameter.point.name, value),)
            case _:
                return ()

    async def _status(self) -> Sequence[Reading]:
        return [self._measured("status", texts(await self._ask("/status"), 3)[0])]

    async def _remote(self) -> Sequence[Reading]:
        await self._link.send(osc.encode("/xremote"))
        return ()

    async def _levels(self) -> Sequence[Reading]:
        """Renew the watched banks and read each once, whole."""
        between = max(1, round(self._between() / _BLOB))
        return [r for bank in self.watched for r in await self._blob(bank, between, LEVELS.timeout)]

    async def _outputs(self) -> Sequence[Reading]:
        """Read the other banks once; what they send besides, three blobs in ten seconds, is as welcome."""
        return [r for bank in self.visited for r in await self._blob(bank, 99, OUTPUTS.timeout / len(self.visited))]

    async def _blob(self, bank: int, factor: int, within: float) -> Iterable[Reading]:
        def fits(message: x32.Message) -> bool:
            return isinstance(message, x32.Meters) and message.bank == bank

        blob = cast(x32.Meters, await self._twice(self._meters(bank, factor), fits, f"/meters/{bank}", within / 2))
        return [self._measured(point, db) for point, db in self._needles.all(bank, blob.levels)]

    def _meters(self, bank: int, factor: int) -> bytes:
        """A request for ten seconds of meters, one blob every 50 ms times `factor`."""
        return osc.encode("/meters", f"/meters/{bank}", factor)

    async def _identity(self) -> Sequence[Reading]:
        """`/xinfo` ends in name, model, firmware; some firmware says its protocol version before."""
        *_, name, model, firmware = texts(await self._ask("/xinfo"), 4)
        says = {"name": name, "model": model, "firmware": firmware}
        return [self._measured(f"identity.{key}", text) for key, text in says.items()]

    async def _gets(self, points: Iterable[str]) -> Sequence[Reading]:
        async def one(point: str) -> Sequence[Reading]:
            return (await self._get(self._of_point[point]),)

        return await all_but_lost(map(one, points))

    async def _get(self, parameter: Parameter) -> Reading:
        return self._read(parameter, await self._ask(parameter.address))

    def _read(self, parameter: Parameter, message: osc.Message) -> Reading:
        value = parameter.meaning(message.args[0]) if message.args else None
        if value is None:
            raise Garbled(f"asked {parameter.address}, got {message.args}")
        return self._said(parameter.point.name, value)

    async def _tell(self, address: str, *args: osc.Arg) -> None:
        """The one way by which anything is written. Raises Refused for an address that is not of the table."""
        if not self.writable.fullmatch(address):
            raise Refused(f"{self.device}: {address} is never written")
        await self._link.send(osc.encode(address, *args))

    async def _ask(self, address: str) -> osc.Message:
        return cast(osc.Message, await self._twice(osc.encode(address), said_by(address), address))

    async def _twice(
        self, request: bytes, fits: Callable[[x32.Message], bool], asked: str, within: float = REPLY
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


async def all_but_lost(questions: Iterable[Awaitable[Sequence[Reading]]]) -> Sequence[Reading]:
    """Every answer, one question after the other. One lost twice is left out until next time; two such in a row are
    a silent desk: raises NoAnswer.
    """
    readings: list[Reading] = []
    missed: NoAnswer | None = None
    for question in questions:
        try:
            readings += await question
            missed = None
        except NoAnswer as silence:
            if missed:
                raise
            missed = silence
    if missed and not readings:
        raise missed
    return readings


def said_by(address: str) -> Callable[[x32.Message], bool]:
    """An answer with a value: an echo of our own question, without one, is none."""

    def fits(message: x32.Message) -> bool:
        return isinstance(message, osc.Message) and message.address == address and bool(message.args)

    return fits


def texts(message: osc.Message, count: int) -> list[str]:
    """At least so many texts. Raises Garbled."""
    said = [arg for arg in message.args if isinstance(arg, str)]
    if len(said) < count:
        raise Garbled(f"asked {message.address}, got {message.args}")
    return said
