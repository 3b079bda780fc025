"""What drivers of projectors on a network have in common: visits, the deaf time after a power command, and the words.

1. A projector takes one controller at a time. So it is visited: the connection is made for a question and let go
after it, and other controllers get their turn; `hold: true` keeps it. 2. "Accepted" is not "done": after every set the
state is asked for. 3. Warming and cooling are states of their own, in which it may refuse, be deaf, or hang up: silence
then is no fault, it is Busy, for at most `deaf` seconds after a power command. 4. Codes of inputs belong to the model:
the site file gives them words. How one speaks is the story of each driver (`pjlink`, `nec`, `ntcontrol`, `adcp`).
"""

import asyncio
from abc import abstractmethod
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import ClassVar, Literal, Self, TypeVar

from pydantic import Field

from avctl.drivers.base import Conversation, Options, Secret, Secrets, told
from avctl.model.errors import AuthFailed, Busy, LinkDown, NoAnswer, Refused
from avctl.model.house import DeviceSpec
from avctl.model.point import Point
from avctl.model.ports import Clock, Query, Wire
from avctl.model.reading import Quality, Reading, Value
from avctl.model.vocabulary import POWER_WORDS, SIGNAL_WORDS, STATE_WORDS

M = TypeVar("M")
PARTS = ("lamp", "fan", "temperature", "cover", "filter", "other")
MUTE_WORDS = ("on", "off", "picture", "sound")
"""Of av-mute: `on` is all the mute a model has, `picture` and `sound` a part of it. It can be set to on and off."""
_BETWEEN = ("warming", "cooling")
_WAY = {"on": "warming", "off": "cooling"}
_SWITCHES = ("power", "av-mute", "freeze")
_CAN_BE_SET = (*_SWITCHES, "source")

_POINTS: Mapping[str, tuple[str, str, tuple[str, ...]]] = {  # doc, unit, words
    "power": ("Takes on and off; warming and cooling are states of their own.", "", POWER_WORDS),
    "source": ("The input shown: a word of the site file, or code-XX for one it does not name.", "", ()),
    "av-mute": ("Picture and sound blanked, or one of them.", "", MUTE_WORDS),
    "freeze": ("The picture stands still.", "", ("on", "off")),
    "signal": ("Whether a picture comes in; not all models can say.", "", SIGNAL_WORDS),
    "resolution": ("What comes in, in pixels.", "", ()),
    "lamp.hours": ("Hours the light source has burnt.", "h", ()),
    "light.hours": ("Hours the light source has burnt.", "h", ()),
    "filter.hours": ("Hours since the air filter was changed.", "h", ()),
    "error": ("The error it reports, in a word; none if it reports none.", "", ()),
    "identity.name": ("The name the projector was given.", "", ()),
    "identity.maker": ("Its maker.", "", ()),
    "identity.model": ("Its model.", "", ()),
    "identity.serial": ("Serial number.", "", ()),
    "identity.firmware": ("Its firmware.", "", ()),
    "identity.lamp": ("The lamp it takes.", "", ()),
    "identity.filter": ("The air filter it takes.", "", ()),
}


class ProjectorOptions(Options):
    """`sources` gives the model's codes words; `deaf` is how long it may be silent after a power command, in s."""

    sources: Mapping[str, str] = Field(default_factory=dict)
    light: Literal["lamp", "laser"] = "lamp"
    rated_lamp_hours: float | None = Field(default=None, gt=0)
    deaf: float = Field(default=40, ge=0, le=180)
    hold: bool = False
    password: Secret | None = None


class Projector(Conversation[M]):
    """One projector, visited. A driver adds how it greets, asks and tells."""

    settings = ProjectorOptions
    manual: ClassVar[str]
    parts: ClassVar[tuple[str, ...]] = PARTS
    """What it can report about, each by a point `lamp.state`, `fan.state`, …"""
    says: ClassVar[tuple[str, ...]]
    """Its points; `hours` stands for lamp.hours or light.hours, as the site file says."""

    def __init__(
        self, device: str, link: Wire, clock: Clock, options: Options | None = None, password: str = ""
    ) -> None:
        super().__init__(device, link, clock, options)
        self.options: ProjectorOptions
        self._password = password
        self._words: Mapping[str, str] = {code.upper(): word for word, code in self.options.sources.items()}
        self._hours = "light.hours" if self.options.light == "laser" else "lamp.hours"
        self.points: Mapping[str, Point] = {point.name: point for point in self._all_points()}
        self._turn = asyncio.Lock()
        self._greeted = self._doubted = False
        self._power = self._heading = ""
        self._deaf_until = 0.0

    @classmethod
    def made(cls, spec: DeviceSpec, link: Wire, clock: Clock, options: Options, secrets: Secrets) -> Self:
        """With the password the options name. A serial line is nobody else's: it is held."""
        assert isinstance(options, ProjectorOptions)
        if spec.url.startswith("serial:"):
            options = options.model_copy(update={"hold": True})
        return cls(spec.id, link, clock, options, told(options.password, secrets))

    async def open(self) -> None:
        """Visit it once: somebody is there, greets, and lets us in. One that was just switched may be deaf."""
        with suppress(Busy):
            async with self._visit():
                await self._met()

    async def read(self, query: Query) -> Sequence[Reading]:
        """Ask what `query` names. Raises Busy where it warms up or cools down, or may be deaf because it does."""
        async with self._visit():
            return await self._asked(query)

    async def listen(self) -> AsyncIterator[Reading]:
        """Such a projector says nothing unasked; but a held connection that breaks is told at once, by LinkDown."""
        try:
            while self.options.hold and self._greeted:
                await self._inbox.unasked()
        except LinkDown:
            if not self._may_be_deaf():
                raise
        return
        yield

    async def close(self) -> None:
        """Let go."""
        self._greeted = False
        await super().close()

    # --- what a driver says

    @abstractmethod
    async def _greet(self) -> None:
        """Connected: take its greeting, log in. Raises AuthFailed."""

    @abstractmethod
    async def _asked(self, query: Query) -> Sequence[Reading]:
        """Ask, within a visit."""

    @abstractmethod
    async def _read_power(self) -> Reading:
        """Ask for the power, within a visit."""

    @abstractmethod
    async def _tell(self, point: str, word: str) -> None:
        """Set a point, within a visit. A source is its code. That it was accepted is all this knows."""

    @abstractmethod
    async def _read_back(self, point: str) -> Reading:
        """Ask for a point that was set, within a visit."""

    async def _met(self) -> None:
        """First visit: what the driver has to know before anything else."""
        await self._read_power()

    # --- visits

    @asynccontextmanager
    async def _visit(self) -> AsyncIterator[None]:
        async with self._turn:
            try:
                await self._enter()
                yield
            except (LinkDown, NoAnswer) as error:
                self._doubted = True  # an answer may still be on its way
                await self._leave()
                if self._may_be_deaf():
                    raise Busy(f"{error}; it was told to go {self._heading} a moment ago") from None
                raise
            except (Busy, Refused):
                raise
            except BaseException:  # nonsense, a wrong password, cancelled: what is under way is not for the next one
                self._doubted = True
                await self._leave()
                raise
            finally:
                if not self.options.hold:
                    await self._leave()

    async def _enter(self) -> None:
        if not self._greeted:
            await self._connect()
            await self._greet()
            self._greeted = True

    async def _leave(self) -> None:
        self._greeted = False
        await self._link.close()

    def _needs_password(self) -> str:
        if not self._password:
            raise AuthFailed(f"{self.device} wants a password; the site file names none (password: {{secret: name}})")
        return self._password

    # --- set

    async def _set(self, point: str, value: Value) -> Reading:
        """Send, and ask what came of it. The power reads "warming" then, at best: that it comes on, time will tell."""
        word = str(value)
        if point in _SWITCHES and word not in ("on", "off"):
            raise Refused(f"{self.device}.{point} can be set to on or off, not to {word}")
        async with self._visit():
            await self._tell(point, self._code(word) if point == "source" else word)
            return await (self._arrives(word) if point == "power" else self._read_back(point))

    async def _arrives(self, word: str) -> Reading:
        """Accepted is not done: the state read back, or "warming" as assumed if it has gone deaf or hung up."""
        self._heading = word
        if self._power != word:
            self._deaf_until = _loop_time() + self.options.deaf
        try:
            return await self._read_power()
        except (Busy, NoAnswer, LinkDown):
            if not self._may_be_deaf():
                raise
            await self._leave()
            self._power = _WAY[word]
            return Reading(self.device, "power", self._power, Quality.ASSUMED, self._clock.now())

    def _may_be_deaf(self) -> bool:
        return _loop_time() < self._deaf_until

    def _now(self, power: str) -> Reading:
        """It says where it is. It may be deaf until it is where it was sent: "off" right after "on" is no arrival."""
        self._power = power
        if power in (self._heading, "fault"):
            self._deaf_until = 0.0
        return self._measured("power", power)

    def _not_now(self, asked: str) -> None:
        """It said "not now". None is the answer of one that is off; else raises Busy."""
        if self._power not in ("off", "fault"):
            raise Busy(f"{asked}: not while {self._power or 'its power is not known yet'}")

    # --- words

    def _word(self, code: str) -> str:
        return self._words.get(code.upper(), f"code-{code.upper()}")

    def _code(self, word: str) -> str:
        if code := self.options.sources.get(word):
            return code
        known = ", ".join(self.options.sources) or "none in the site file"
        raise Refused(f"{self.device} has no source {word}; its sources: {known}")

    def _states(self, parts: Mapping[str, str]) -> Iterator[Reading]:
        """`lamp.state` and its like, none-reported where `parts` says nothing, and the gravest of them as `error`."""
        for part in PARTS:
            yield self._measured(f"{part}.state", parts.get(part, "none-reported"))
        gravest = [part for level in ("error", "warning") for part in PARTS if parts.get(part) == level]
        yield self._measured("error", gravest[0] if gravest else "none")

    def _all_points(self) -> Iterator[Point]:
        for name in (self._hours if name == "hours" else name for name in self.says):
            doc, unit, words = _POINTS[name]
            low, high = (0, 100_000) if unit == "h" else (None, None)
            yield Point(name, doc, self.manual, unit, words, low, high, name in _CAN_BE_SET)
        for part in self.parts:
            yield Point(f"{part}.state", "What the projector reports about this part.", self.manual, words=STATE_WORDS)


def _loop_time() -> float:
    return asyncio.get_running_loop().time()
