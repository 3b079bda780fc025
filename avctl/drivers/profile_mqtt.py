"""The dialect `mqtt` of profiles: a state topic per point, a command topic per write, and a broker in between.

Where a value stands in a payload is a JSON pointer (`at: /state`); without one the payload itself is the value. In a
topic or a payload `{name}` is an option of the profile, and in a write `{value}` is the value.
"""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from avctl.drivers import profile_value_proof as check
from avctl.drivers.mqtt import MqttOptions, Plan, Question, Report, Wish
from avctl.drivers.profile_http import Pointer
from avctl.drivers.profile_schema import Asked, Common, Found, Name, Strict, clashes, query_of, vital_of
from avctl.drivers.profile_value import Encoding, Number, Text, Words, code, filled, point
from avctl.model.reading import Value

Topic = Annotated[str, Field(pattern=r"^[^#+\s\x00$][^#+\x00]*$")]


class NumberAt(Number):
    topic: Topic
    at: Pointer | None = None


class WordsAt(Words):
    topic: Topic
    at: Pointer | None = None


class TextAt(Text):
    topic: Topic
    at: Pointer | None = None


AnyPoint = Annotated[NumberAt | WordsAt | TextAt, Field(discriminator="kind")]


class Publish(Strict):
    """What is published to have something reported."""

    topic: Topic
    payload: Any = ""


class MqttQuery(Asked):
    """Points that belong together; `ask` where the device can be asked for them."""

    points: list[Name] = Field(min_length=1)
    ask: Publish | None = None


class Alive(Strict):
    """The availability topic, and what it says while the device is connected to the broker."""

    topic: Topic
    says: str


class Write(Encoding):
    """What is published where; the point's own topic decides, waited for at most `within` seconds."""

    topic: Topic
    payload: Any = "{value}"
    within: float = Field(default=3.0, gt=0, le=120)


class Example(Strict):
    """A proof: what was `heard` (topic to payload) and what it `means`, or what is published (`sends`) to `set`."""

    source: str = Field(min_length=1)
    options: dict[str, int | float | str] = Field(default_factory=dict)
    heard: dict[Topic, Any] = Field(default_factory=dict)
    means: dict[Name, int | float | str | None] = Field(default_factory=dict)
    set: dict[Name, int | float | str] = Field(default_factory=dict)
    sends: dict[Topic, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _something_said(self) -> "Example":
        if bool(self.heard) != bool(self.means) or bool(self.set) != bool(self.sends) or not (self.means or self.set):
            raise ValueError("want heard: with means:, or set: with sends:")
        return self


class MqttProfile(Common):
    """A whole profile of this dialect."""

    dialect: Literal["mqtt"]
    alive: Alive | None = None
    points: dict[Name, AnyPoint] = Field(min_length=1)
    queries: dict[str, MqttQuery] = Field(min_length=1)
    writes: dict[Name, Write] = Field(default_factory=dict)
    examples: list[Example] = Field(min_length=1)


def plan(profile: MqttProfile, options: Mapping[str, Any]) -> Plan:
    """What to listen to and to publish for one device with these options. The profile must be free of mistakes."""
    held = {key: option.default for key, option in profile.options.items()} | dict(options)
    vital = vital_of(profile.queries)
    reports = {
        name: Report(
            point(name, shape, profile.source, name in profile.writes), filled(shape.topic, held), shape.at, shape.mean
        )
        for name, shape in profile.points.items()
    }
    questions = {
        name: Question(query_of(name, asked, name in vital), tuple(asked.points), _published(asked.ask, held))
        for name, asked in profile.queries.items()
    }
    alive = (filled(profile.alive.topic, held), profile.alive.says) if profile.alive else None
    return Plan(reports, questions, {name: _wish(write, held) for name, write in profile.writes.items()}, alive)


def mistakes(profile: MqttProfile) -> Found:
    """Everything wrong with a profile; its examples are replayed when nothing else is."""
    found = [
        *clashes(MqttOptions, profile.options),
        *check.points_asked(profile.points, profile.queries),
        *_writes(profile),
    ]
    for at, example in enumerate(profile.examples):
        found += check.options_fit(("examples", at), example.options, profile.options)
    yield from found
    if not found:
        yield from proof(profile)


def proof(profile: MqttProfile) -> Found:
    """Every example that does not come true, and every write that no example shows."""
    for at, example in enumerate(profile.examples):
        way, made = ("examples", at), plan(profile, example.options)
        heard = {topic: payload_of(payload) for topic, payload in example.heard.items()}
        said = {name: r.read(heard[r.topic]) for name, r in made.reports.items() if r.topic in heard}
        yield from check.means(way, example.means, said)
        yield from _sent(way, example, made)
    yield from check.unshown(profile.writes, (name for example in profile.examples for name in example.set))


def payload_of(told: Any) -> bytes:
    """As it is published: mappings and lists as JSON, the rest as text."""
    return json.dumps(told).encode() if isinstance(told, dict | list) else code(told).encode()


def _published(told: Publish | None, held: Mapping[str, Any]) -> tuple[str, bytes] | None:
    return None if told is None else (filled(told.topic, held), payload_of(filled(told.payload, held)))


def _wish(write: Write, held: Mapping[str, Any]) -> Wish:
    def message(value: Value) -> tuple[str, bytes]:
        values = {**held, "value": write.encode(value)}
        return filled(write.topic, values), payload_of(filled(write.payload, values))

    return Wish(message, write.within)


def _writes(profile: MqttProfile) -> Found:
    for name, write in profile.writes.items():
        if name not in profile.points:
            yield ("writes", name), f"there is no point {name} to read back{check.near(name, profile.points)}"
            continue
        known = profile.points[name].vocabulary
        for word in write.words:
            if word not in known:
                yield ("writes", name, "words", word), f'the device never says "{word}"{check.near(word, known)}'
        if known and not write.words:
            yield ("writes", name), f"{name} says words, so words: must give the code of each that can be set"


def _sent(way: check.Way, example: Example, made: Plan) -> Found:
    sent: dict[str, bytes] = {}
    points = {name: report.point for name, report in made.reports.items()}
    for name, value in example.set.items():
        wrong = list(check.settable(way, name, value, points, made.wishes))
        yield from wrong
        if not wrong:
            topic, payload = made.wishes[name].message(value)
            sent[topic] = payload
    wanted = {topic: payload_of(payload) for topic, payload in example.sends.items()}
    if sent and sent != wanted:
        yield (*way, "sends"), f"{sent} is sent by this profile, {wanted} by the example"
