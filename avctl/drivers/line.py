"""A device that answers lines of text with lines of text, driven by a plan that comes from a profile.

How such a device wants to be treated:

1. It may want a pause before the next line. 2. It may talk unasked, also between a question and its answer: an answer
is known by its shape, never by its order. 3. If lines came but none fits, that is Garbled, not silence: the session
reopens the wire, so that a late answer does not shift all that follow. 4. Accepted is not done: a write asks again
until the device agrees or the plan's patience ends, and returns what it says.
"""

import asyncio
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from avctl.codecs import lines as wire
from avctl.drivers.base import Conversation, Options
from avctl.model.errors import Busy, Garbled, NoAnswer, Refused, WrongDevice
from avctl.model.point import Point
from avctl.model.ports import Clock, Query, Wire
from avctl.model.reading import Reading, Value


@dataclass(frozen=True, slots=True)
class Shape:
    """A line that says something: its pattern, and for each named group the point and what its text means."""

    pattern: re.Pattern[str]
    groups: Mapping[str, tuple[str, Callable[[str], Value | None]]]

    def read(self, line: str) -> dict[str, Value | None] | None:
        """What the line says about each point; None for another line."""
        found = self.pattern.fullmatch(line)
        if found is None:
            return None
        return {point: mean(found[name]) for name, (point, mean) in self.groups.items() if found[name] is not None}


@dataclass(frozen=True, slots=True)
class Question:
    """What is sent, and the shape of its answer."""

    query: Query
    ask: str
    answer: Shape


@dataclass(frozen=True, slots=True)
class Wish:
    """How a point is set: the line for a value, the answer that accepts it (None: there is none), its read-back."""

    say: Callable[[Value], str]
    accepted: re.Pattern[str] | None
    read_back: str
    within: float
    every: float


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a profile says, for one device with its options."""

    points: Mapping[str, Point]
    questions: Mapping[str, Question]
    wishes: Mapping[str, Wish] = field(default_factory=dict)
    reports: Sequence[Shape] = ()
    recognition: tuple[str, re.Pattern[str]] | None = None
    ends_with: str = "\r"
    pause: float = 0.0
    refused: re.Pattern[str] | None = None
    busy: re.Pattern[str] | None = None


class LineDevice(Conversation[wire.Line]):
    """One device on one wire."""

    schemes = ("tcp", "serial")

    def __init__(self, device: str, link: Wire, clock: Clock, plan: Plan, options: Options | None = None) -> None:
        self.decoder = lambda: wire.Decoder(plan.ends_with)
        super().__init__(device, link, clock, options)
        self._plan = plan
        self._free = 0.0  # loop time from which the device takes the next line
        self.points = plan.points
        self.queries = tuple(question.query for question in plan.questions.values())

    async def open(self) -> None:
        """Connect, and make sure that it is this kind of device. Raises WrongDevice."""
        await self._connect()
        if self._plan.recognition is not None:
            ask, wanted = self._plan.recognition
            said = await self._answer(ask, re.compile(".*"), within=2.0)
            if not wanted.fullmatch(said):
                raise WrongDevice(f"{self.device}: asked {ask}, heard {said!r}, wanted {wanted.pattern}")

    async def read(self, query: Query) -> Sequence[Reading]:
        """One question, everything its answer says."""
        question = self._plan.questions[query.name]
        line = await self._answer(question.ask, question.answer.pattern, query.timeout)
        said = question.answer.read(line) or {}
        return [self._measured(point, value) for point, value in said.items()]

    async def _set(self, point: str, value: Value) -> Reading:
        wish = self._plan.wishes[point]
        if wish.accepted is None:
            await self._say(wish.say(value))
        else:
            await self._answer(wish.say(value), wish.accepted, within=2.0)
        loop = asyncio.get_running_loop()
        end = loop.time() + wish.within
        reading = await self._read_back(point, wish.read_back)
        while reading.value != value and loop.time() + wish.every <= end:
            await asyncio.sleep(wish.every)
            reading = await self._read_back(point, wish.read_back)
        return reading

    async def _read_back(self, point: str, question: str) -> Reading:
        said = await self.read(self._plan.questions[question].query)
        return next((r for r in said if r.point == point), self._measured(point, None))

    def _heard(self, message: wire.Line) -> Iterable[Reading]:
        for report in self._plan.reports:
            if (said := report.read(message.text)) is not None:
                return [self._measured(point, value) for point, value in said.items()]
        return ()

    async def _answer(self, ask: str, wanted: re.Pattern[str], within: float) -> str:
        """The first line of the wanted shape. Raises Busy and Refused as the device says, Garbled, NoAnswer."""
        others: list[str] = []
        verdicts = [pattern for pattern in (self._plan.refused, self._plan.busy) if pattern]

        def fits(line: wire.Line) -> bool:
            if any(pattern.fullmatch(line.text) for pattern in (wanted, *verdicts)):
                return True
            others.append(line.text)
            return False

        await self._say(ask)
        try:
            said = (await self._next(within, ask, fits)).text
        except NoAnswer:
            strange = [line for line in others if all(r.pattern.fullmatch(line) is None for r in self._plan.reports)]
            if strange:
                raise Garbled(f"{self.device}: asked {ask}, heard {strange[0]!r}") from None
            raise
        return self._accepted(ask, said)

    def _accepted(self, ask: str, said: str) -> str:
        if self._plan.busy and self._plan.busy.fullmatch(said):
            raise Busy(f"{self.device}: asked {ask}, heard {said!r}")
        if self._plan.refused and self._plan.refused.fullmatch(said):
            raise Refused(f"{self.device}: asked {ask}, heard {said!r}")
        return said

    async def _say(self, text: str) -> None:
        loop = asyncio.get_running_loop()
        if self._free > loop.time():
            await asyncio.sleep(self._free - loop.time())
        await self._link.send(wire.encode(text, self._plan.ends_with))
        self._free = loop.time() + self._plan.pause
