"""The dialect `line` of profiles: questions and answers as lines of text, over TCP or a serial line.

An answer is a regular expression that must match the whole line; each of its named groups fills a point. Any `{name}`
in what is sent is an option of the profile; in a write `{value}` is the value.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from math import isfinite
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from avctl.drivers.base import Options
from avctl.drivers.line import Plan, Question, Shape, Wish
from avctl.drivers.profile_schema import Asked, Common, Found, Name, Strict, clashes, query_of, vital_of
from avctl.model.point import Point
from avctl.model.reading import Value

Way = tuple[int | str, ...]


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"no regular expression: {error}") from None
    return pattern


Pattern = Annotated[str, AfterValidator(_compiles)]


class Capture(Strict):
    """What the text of a named group means: a `number` (int or float) by `scale`, `words` by code, or plain text."""

    point: Name
    doc: str = ""
    number: Literal["int", "float"] | None = None
    scale: float = 1
    words: dict[str, str] = Field(default_factory=dict)
    other: str | None = None
    sentinels: list[str] = Field(default_factory=list)
    unit: str = ""
    low: float | None = None
    high: float | None = None

    @model_validator(mode="before")
    @classmethod
    def _codes_as_they_are_written(cls, told: Any) -> Any:
        """Codes on a line are text: `words: {0: off}` means the character 0."""
        if isinstance(told, dict) and isinstance(told.get("words"), dict):
            return {**told, "words": {str(code): word for code, word in told["words"].items()}}
        return told

    @model_validator(mode="after")
    def _one_meaning(self) -> "Capture":
        if self.number and self.words:
            raise ValueError("want number: or words:, not both")
        return self


class LineQuery(Asked):
    """What to ask, the shape of the answer, and under the name of each of its groups what that group means."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Capture]

    ask: str = Field(min_length=1)
    answer: Pattern

    @property
    def groups(self) -> Mapping[str, Capture]:
        return self.__pydantic_extra__ or {}


class Report(Strict):
    """A line the device says unasked."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Capture]

    line: Pattern

    @property
    def groups(self) -> Mapping[str, Capture]:
        return self.__pydantic_extra__ or {}


class Manners(Strict):
    """How lines end, how long to wait before the next, and the lines that say no or not now."""

    ends_with: str = Field(default="\r", min_length=1)
    pause: float = Field(default=0.0, ge=0, le=10)
    refused: Pattern | None = None
    busy: Pattern | None = None


class Recognise(Strict):
    """A question whose answer tells this kind of device from another."""

    ask: str
    answer: Pattern


class Write(Strict):
    """What is said per word, or for any value; what accepts it; which query reads it back, how long and how often."""

    say: dict[str, str] | str
    accepted: Pattern | None = None
    read_back: str
    within: float = Field(default=2.0, ge=0, le=120)
    every: float = Field(default=0.5, ge=0.1, le=10)


class Example(Strict):
    """A proof: what was `heard` (to `ask`, or unasked) and what it `means`, or what is said (`sends`) to `set`."""

    source: str = Field(min_length=1)
    options: dict[str, int | float | str] = Field(default_factory=dict)
    ask: str | None = None
    heard: str | None = None
    means: dict[Name, int | float | str | None] = Field(default_factory=dict)
    set: dict[Name, int | float | str] = Field(default_factory=dict)
    sends: str | None = None

    @model_validator(mode="after")
    def _something_said(self) -> "Example":
        if (self.heard is None) == (self.sends is None) or bool(self.means) == bool(self.set):
            raise ValueError("want heard: with means:, or set: with sends:")
        return self


class LineProfile(Common):
    """A whole profile of this dialect."""

    dialect: Literal["line"]
    line: Manners = Manners()
    recognise: Recognise | None = None
    queries: dict[str, LineQuery] = Field(min_length=1)
    reports: dict[str, Report] = Field(default_factory=dict)
    writes: dict[Name, Write] = Field(default_factory=dict)
    examples: list[Example] = Field(min_length=1)

    def captures(self) -> Iterator[tuple[Way, str, Capture]]:
        """Every group that fills a point: its place, its name, its meaning."""
        for kind, spoken in (("queries", self.queries), ("reports", self.reports)):
            for name, one in spoken.items():
                for group, capture in one.groups.items():
                    yield (kind, name, group), group, capture


def plan(profile: LineProfile, options: Mapping[str, Any]) -> Plan:
    """What to ask one device with these options. The profile must be free of mistakes."""
    held = {key: option.default for key, option in profile.options.items()} | dict(options)
    vital, manners = vital_of(profile.queries), profile.line
    questions = {
        name: Question(query_of(name, q, name in vital), _filled(q.ask, held), _shape(q.answer, q.groups))
        for name, q in profile.queries.items()
    }
    return Plan(
        points=_points(profile),
        questions=questions,
        wishes={name: _wish(write, held) for name, write in profile.writes.items()},
        reports=tuple(_shape(report.line, report.groups) for report in profile.reports.values()),
        recognition=(profile.recognise.ask, re.compile(profile.recognise.answer)) if profile.recognise else None,
        ends_with=manners.ends_with,
        pause=manners.pause,
        refused=re.compile(manners.refused) if manners.refused else None,
        busy=re.compile(manners.busy) if manners.busy else None,
    )


def mistakes(profile: LineProfile) -> Found:
    """Everything wrong with a profile; its examples are replayed when nothing else is."""
    found = [*clashes(Options, profile.options), *_groups(profile), *_writes(profile)]
    yield from found
    if not found:
        yield from proof(profile)


def proof(profile: LineProfile) -> Found:
    """Every example that does not come true, and every write that no example shows."""
    shown: set[str] = set()
    for at, example in enumerate(profile.examples):
        made = plan(profile, example.options)
        shown |= set(example.set)
        yield from _read_back(("examples", at), example, made)
        yield from _sent(("examples", at), example, made)
    for point in profile.writes:
        if point not in shown:
            yield ("writes", point), f"{point} can be set, but no example shows what is sent (set: … sends: …)"


def _points(profile: LineProfile) -> dict[str, Point]:
    made: dict[str, Point] = {}
    for _, _, c in profile.captures():
        words = tuple(dict.fromkeys([*c.words.values(), *([c.other] if c.other else [])]))
        writable = c.point in profile.writes
        made.setdefault(c.point, Point(c.point, c.doc, profile.source, c.unit, words, c.low, c.high, writable))
    return made


def _shape(pattern: str, groups: Mapping[str, Capture]) -> Shape:
    return Shape(re.compile(pattern), {name: (capture.point, _meaning(capture)) for name, capture in groups.items()})


def _meaning(capture: Capture) -> Callable[[str], Value | None]:
    def mean(text: str) -> Value | None:
        if text in capture.sentinels:
            return None
        if capture.number is None:
            return capture.words.get(text, capture.other) if capture.words else text
        try:
            number = int(text) if capture.number == "int" else float(text)
        except ValueError:
            return None
        if not isfinite(number):
            return None
        return number if capture.scale == 1 else round(number * capture.scale, 6)

    return mean


def _wish(write: Write, held: Mapping[str, Any]) -> Wish:
    def say(value: Value) -> str:
        spoken = write.say if isinstance(write.say, str) else write.say[str(value)]
        return _filled(spoken, {**held, "value": value})

    accepted = re.compile(write.accepted) if write.accepted else None
    return Wish(say, accepted, write.read_back, write.within, write.every)


def _filled(template: str, values: Mapping[str, Any]) -> str:
    for key, value in values.items():
        template = template.replace(f"{{{key}}}", str(value))
    return template


def _groups(profile: LineProfile) -> Found:
    for kind, spoken in (("queries", profile.queries), ("reports", profile.reports)):
        for name, one in spoken.items():
            pattern = one.answer if isinstance(one, LineQuery) else one.line
            named = set(re.compile(pattern).groupindex)
            for group in sorted(named - set(one.groups)):
                yield (kind, name), f'the group "{group}" of its pattern fills no point: want {group}: {{point: …}}'
            for group in sorted(set(one.groups) - named):
                yield (kind, name, group), f"its pattern has no group (?P<{group}>…)"


def _writes(profile: LineProfile) -> Found:
    points = _points(profile)
    for name, write in profile.writes.items():
        way = ("writes", name)
        if name not in points:
            yield way, f"there is no point {name} to read back"
            continue
        query = profile.queries.get(write.read_back)
        if query is None or name not in {capture.point for capture in query.groups.values()}:
            yield (*way, "read_back"), f'"{write.read_back}" is no query that answers {name}'
        known = points[name].words
        for word in write.say if isinstance(write.say, dict) and known else ():
            if word not in known:
                yield (*way, "say", word), f'the device never says "{word}" itself: {", ".join(known)}'


def _read_back(way: Way, example: Example, made: Plan) -> Found:
    if example.heard is None:
        return
    asked = [question.answer for question in made.questions.values() if question.ask == example.ask]
    if example.ask is not None and not asked:
        yield (*way, "ask"), f"no query asks {example.ask!r}"
        return
    said = next((read for shape in asked or made.reports if (read := shape.read(example.heard)) is not None), None)
    if said is None:
        yield (*way, "heard"), f"{example.heard!r} fits no pattern (it must match the whole line)"
        return
    for point, wanted in example.means.items():
        if point not in said:
            yield (*way, "means", point), f"this line says nothing about {point}"
        elif said[point] != wanted:
            yield (*way, "means", point), f"{point} is {said[point]!r} by this profile, {wanted!r} by the example"


def _sent(way: Way, example: Example, made: Plan) -> Found:
    for point, value in example.set.items():
        if point not in made.wishes:
            yield (*way, "set", point), f"{point} cannot be set"
        elif not made.points[point].accepts(value):
            yield (*way, "set", point), f"{point} cannot be {value!r}"
        elif (sent := made.wishes[point].say(value)) != example.sends:
            yield (*way, "sends"), f"{sent!r} is sent by this profile, {example.sends!r} by the example"
