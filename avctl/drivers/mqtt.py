"""A device that reports to a broker, driven by a plan. How such a device wants to be treated:

1. It reports when it likes; where it can be asked, a query says how. What it cannot be asked counts as said while its
last report is young enough. 2. What the broker has retained is memory: it reads as stale, never as measured.
3. A broker that answers is no device that answers: where there is an availability topic, it decides.
4. A command is published, not done: the state topic decides. A device that echoes nothing is assumed to have obeyed.
"""

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from avctl.codecs.noise import Noise
from avctl.drivers.base import Conversation, Options, Secret
from avctl.drivers.profile_value import MISSING, Mean, pointed
from avctl.model.errors import NoAnswer
from avctl.model.point import Point
from avctl.model.ports import Clock, Query, Wire
from avctl.model.reading import Quality, Reading, Value
from avctl.transports.mqtt_message import Message, packed, unpacked

_YOUNG = 3  # periods of its query a report counts for


@dataclass(frozen=True, slots=True)
class Report:
    """One point: the topic it is reported on, where in the payload (a JSON pointer; None: all of it), its meaning."""

    point: Point
    topic: str
    at: str | None
    mean: Mean

    def read(self, payload: bytes) -> Value | None:
        """What a payload says."""
        if self.at is None:
            return self.mean(payload.decode("utf-8", "replace"))
        try:
            return self.mean(pointed(json.loads(payload), self.at))
        except (ValueError, RecursionError):
            return self.mean(MISSING)


@dataclass(frozen=True, slots=True)
class Question:
    """The points of a query, and what is published to have them reported (None: it cannot be asked)."""

    query: Query
    points: tuple[str, ...]
    ask: tuple[str, bytes] | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """How a point is set: what is published where for a value, and how long its report is waited for."""

    message: Callable[[Value], tuple[str, bytes]]
    within: float


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a profile says, for one device with its options. `alive` is a topic and the payload of "here"."""

    reports: Mapping[str, Report]
    questions: Mapping[str, Question]
    wishes: Mapping[str, Wish] = field(default_factory=dict)
    alive: tuple[str, str] | None = None

    @property
    def topics(self) -> tuple[str, ...]:
        """All that must be subscribed to."""
        more = (self.alive[0],) if self.alive else ()
        return tuple(dict.fromkeys([*more, *(report.topic for report in self.reports.values())]))


class MqttOptions(Options):
    """The user stands in the url (mqtt://user@broker); the password is named, never written."""

    password: Secret | None = None


class MqttDevice(Conversation[Message]):
    """One device behind a broker."""

    schemes = ("mqtt", "mqtts")

    def __init__(self, device: str, link: Wire, clock: Clock, plan: Plan, options: Options | None = None) -> None:
        self._last: dict[str, tuple[Message, float]] = {}
        self.decoder = lambda: _Decoder(self._note)
        super().__init__(device, link, clock, options)
        self._plan = plan
        self.points = {name: report.point for name, report in plan.reports.items()}
        self.queries = tuple(question.query for question in plan.questions.values())

    async def open(self) -> None:
        """Connect to the broker and subscribe. Whether the device is there, the first query tells."""
        self._last.clear()
        await self._connect()

    async def read(self, query: Query) -> Sequence[Reading]:
        """Every point of `query`, asked for or as last reported. Raises NoAnswer by rules 1 and 3."""
        question = self._plan.questions[query.name]
        topics = list(dict.fromkeys(self._plan.reports[name].topic for name in question.points))
        if question.ask is not None:
            await self._link.send(packed(Message(*question.ask)))
            heard = {topic: await self._live(topic, query.timeout) for topic in topics}
        else:
            heard = {topic: await self._reported(topic, query) for topic in topics}
        self._must_be_there()
        return [self._said(self._plan.reports[name], heard[self._plan.reports[name].topic]) for name in question.points]

    async def _set(self, point: str, value: Value) -> Reading:
        wish, report = self._plan.wishes[point], self._plan.reports[point]
        await self._link.send(packed(Message(*wish.message(value))))
        reading = replace(self._measured(point, value), quality=Quality.ASSUMED)
        try:
            async with asyncio.timeout(wish.within):
                while True:
                    reading = self._said(report, await self._live(report.topic, wish.within))
                    if reading.value == value:
                        return reading
        except (TimeoutError, NoAnswer):
            return reading

    def _heard(self, message: Message) -> Iterable[Reading]:
        return [self._said(r, message) for r in self._plan.reports.values() if r.topic == message.topic]

    def _said(self, report: Report, message: Message) -> Reading:
        reading = self._measured(report.point.name, report.read(message.payload))
        return replace(reading, quality=Quality.STALE) if message.retained else reading

    async def _live(self, topic: str, within: float) -> Message:
        return await self._next(within, topic, lambda message: message.topic == topic and not message.retained)

    async def _reported(self, topic: str, query: Query) -> Message:
        """The last report, if it is young; else the next, or the broker's memory."""
        loop = asyncio.get_running_loop()
        message, at = self._last.get(topic, (None, 0.0))
        if message is not None and not message.retained and loop.time() - at <= _YOUNG * query.every:
            return message
        try:
            return await self._live(topic, query.timeout)
        except NoAnswer:
            message, _ = self._last.get(topic, (None, 0.0))
            if message is None or not message.retained:
                raise
            return message

    def _must_be_there(self) -> None:
        if self._plan.alive is None:
            return
        topic, here = self._plan.alive
        message, _ = self._last.get(topic, (None, 0.0))
        if message is not None and message.payload.decode("utf-8", "replace").strip() != here:
            raise NoAnswer(f"{self.device}: {topic} says {message.payload!r}, not {here!r}")

    def _note(self, message: Message) -> None:
        self._last[message.topic] = message, asyncio.get_running_loop().time()


class _Decoder:
    """A piece is a message, or it is not. What was said last on each topic is noted on the way."""

    def __init__(self, note: Callable[[Message], None]) -> None:
        self._note = note

    def feed(self, data: bytes) -> Iterable[Message | Noise]:
        message = unpacked(data)
        if message is None:
            return (Noise(data),)
        self._note(message)
        return (message,)
