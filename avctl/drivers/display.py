"""What all flat displays have in common: the points, the sites' words for inputs, and patience after a command.

A panel has no lamp to cool, but its control board may be deaf while it starts: silence then means "not now". Accepted
is not done: what was set is asked for until the display agrees or the patience ends, and what it says is returned.
Of a display that is off nothing but its power is known.
"""

import asyncio
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import ClassVar, TypeVar

from pydantic import Field

from avctl.drivers.base import Conversation, Options
from avctl.model.errors import Busy, NoAnswer, Refused
from avctl.model.point import Point
from avctl.model.ports import Clock, Query, Wire
from avctl.model.reading import Quality, Reading, Value
from avctl.model.vocabulary import POWER_WORDS, SIGNAL_WORDS, STATE_WORDS

M = TypeVar("M")
SETTLE, EVERY = 3.0, 0.5  # s a display may take to show another input, and between two questions


class DisplayOptions(Options):
    """`sources` gives the model's input codes words; `start` is how long it may take and be deaf after "on", in s."""

    sources: Mapping[str, str] = Field(default_factory=dict)
    start: float = Field(default=15, ge=0, le=40)


class Display(Conversation[M]):
    """A display on one wire. A driver says how one point is asked (`_ask`) and told (`_tell`)."""

    schemes: ClassVar[tuple[str, ...]] = ("tcp", "serial")
    settings = DisplayOptions
    every: ClassVar[float] = EVERY

    def __init__(self, device: str, link: Wire, clock: Clock, options: Options | None = None) -> None:
        super().__init__(device, link, clock, options)
        self.options: DisplayOptions
        self._words: Mapping[str, str] = {code.upper(): word for word, code in self.options.sources.items()}
        self._power = ""
        self._deaf_until = 0.0

    @abstractmethod
    async def _ask(self, point: str) -> Value | None:
        """What the display says about `point`; None when it says that it does not know."""

    @abstractmethod
    async def _tell(self, point: str, value: Value) -> None:
        """Set, and see it accepted. Raises Busy or Refused as the display says."""

    async def _read(self, *points: str) -> list[Reading]:
        return [await self._reading(point) for point in points]

    async def _reading(self, point: str) -> Reading:
        value = await self._ask(point)
        if point == "power":
            self._now(str(value))
        return self._measured(point, value)

    async def _set(self, point: str, value: Value) -> Reading:
        if point == "power" and value not in ("on", "off"):
            raise Refused(f"{self.device}.power can be set to on or off, not to {value}")
        await self._tell(point, value)
        within = SETTLE
        if point == "power":
            within = self.options.start if value == "on" else SETTLE
            self._deaf_until = _loop_time() + within
        return await self._settled(point, value, within)

    async def _settled(self, point: str, wanted: Value, within: float) -> Reading:
        """Ask until it agrees. One that never answered is assumed to be on its way."""
        end, every = _loop_time() + within, max(self.every, within / 10)
        last: Reading | None = None
        while True:
            try:
                last = await self._reading(point)
            except (Busy, NoAnswer):
                if point != "power":
                    raise
            if (last and last.value == wanted) or _loop_time() + every > end:
                return last or Reading(self.device, point, _way(wanted), Quality.ASSUMED, self._clock.now())
            await asyncio.sleep(every)

    def _now(self, power: str) -> None:
        self._power = power
        if power == "on":
            self._deaf_until = 0.0

    def _word(self, code: str) -> str:
        return self._words.get(code.upper(), f"code-{code.upper()}")

    def _code(self, word: str) -> str:
        """The code of a source, by the site's word. Raises Refused for a word it does not have."""
        code: str | None = self.options.sources.get(word)
        if code:
            return code
        known = ", ".join(self.options.sources) or "none in the site file"
        raise Refused(f"{self.device} has no source {word}; its sources: {known}")

    def _refusal(self, asked: str, said: str) -> Busy | Refused:
        """A no while its power is not known, or while it starts, means "not now"."""
        if not self._power or _loop_time() < self._deaf_until:
            return Busy(f"{asked}: {said} while {self.device} starts, or its power is not known yet")
        return Refused(f"{asked}: {said} from {self.device}")

    def _silence(self, error: NoAnswer) -> NoAnswer | Busy:
        return Busy(f"{error}: deaf after a power command") if _loop_time() < self._deaf_until else error


def points(manual: str, parts: tuple[str, ...] = (), own: tuple[Point, ...] = ()) -> Mapping[str, Point]:
    """The points of a display; `parts` are those it reports trouble of, `own` what only this kind has."""
    return {point.name: point for point in (*_points(manual), *(_state(part, manual) for part in parts), *own)}


def identity(manual: str, *names: str) -> tuple[Point, ...]:
    """`identity.…` points."""
    docs = {"model": "Model name.", "serial": "Serial number.", "firmware": "Firmware version."}
    return tuple(Point(f"identity.{name}", docs[name], manual) for name in names)


def query(name: str, every: float, busy: float | None = None, vital: bool = False, timeout: float = 2.0) -> Query:
    """A question; the manuals' worst case for an answer is 1 to 2 s."""
    return Query(name, every, timeout, busy, vital)


def _points(manual: str) -> Iterator[Point]:
    yield Point("power", "Takes on and off; warming while it starts.", manual, words=POWER_WORDS, writable=True)
    doc = "The input shown: a word of the site file, or code-XX for one it does not name."
    yield Point("source", doc, manual, writable=True)
    yield Point("volume", "Loudness of its own loudspeakers.", manual, "%", low=0, high=100, writable=True)
    yield Point("mute", "Its own loudspeakers silenced.", manual, words=("on", "off"), writable=True)
    yield Point("signal", "Whether a picture comes in; not all models can say.", manual, words=SIGNAL_WORDS)


def _state(part: str, manual: str) -> Point:
    return Point(f"{part}.state", "What the display reports about this part.", manual, words=STATE_WORDS)


def _way(wanted: Value) -> str:
    return "warming" if wanted == "on" else "cooling"


def _loop_time() -> float:
    return asyncio.get_running_loop().time()
