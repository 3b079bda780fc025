"""The dialect `osc` of profiles: an address per point, asked without arguments, set with one.

Parts that repeat are declared once under `units`; then `channel.{n}.mute` is a point per channel, and `{index}` in its
address is the number the device has for it (`width: 2` writes 01). Any other `{name}` is an option of the profile.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from avctl.codecs import osc as wire
from avctl.drivers import profile_value_proof as check
from avctl.drivers.base import Options
from avctl.drivers.osc import Ask, Plan, Wish
from avctl.drivers.profile_schema import Asked, Common, Found, Name, Strict, clashes, query_of, vital_of
from avctl.drivers.profile_value import Encoding, Number, Text, Words, code, filled, point
from avctl.model.reading import Value

Address = Annotated[str, Field(pattern=r"^(/[^\s#*,/?\[\]]+)+$")]
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


class NumberAt(Number):
    address: Address
    argument: int = Field(default=0, ge=0)


class WordsAt(Words):
    address: Address
    argument: int = Field(default=0, ge=0)


class TextAt(Text):
    address: Address
    argument: int = Field(default=0, ge=0)


AnyPoint = Annotated[NumberAt | WordsAt | TextAt, Field(discriminator="kind")]


class Unit(Strict):
    """A part that repeats. Part n is number `first + n - 1` there; both numbers are written `width` digits wide."""

    count: int | str
    first: int = 1
    width: int = Field(default=1, ge=1, le=4)


class OscQuery(Asked):
    """Points asked together; or `say`, what is only said and never answered (`/xremote`)."""

    points: list[Name] = Field(default_factory=list)
    say: Address | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> "OscQuery":
        if bool(self.points) == (self.say is not None):
            raise ValueError("want either points: or say:")
        return self


class Recognise(Strict):
    """What to ask, which argument of the answer to look at, and what it begins with."""

    ask: Address
    argument: int = Field(default=0, ge=0)
    begins: str


class Write(Encoding):
    """How a point is set: the type of the one argument; the address is the point's own, unless another is given."""

    address: Address | None = None
    type: Literal["int", "float", "text"] = "int"
    within: float = Field(default=2.0, ge=0, le=120)
    every: float = Field(default=0.25, ge=0.1, le=10)


class Example(Strict):
    """A proof: what was `heard` (address to arguments) and what it `means`, or what is sent (`sends`) to `set`."""

    source: str = Field(min_length=1)
    options: dict[str, int | float | str] = Field(default_factory=dict)
    heard: dict[Address, list[int | float | str]] = Field(default_factory=dict)
    means: dict[Name, int | float | str | None] = Field(default_factory=dict)
    set: dict[Name, int | float | str] = Field(default_factory=dict)
    sends: dict[Address, list[int | float | str]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _something_said(self) -> "Example":
        if bool(self.heard) != bool(self.means) or bool(self.set) != bool(self.sends) or not (self.means or self.set):
            raise ValueError("want heard: with means:, or set: with sends:")
        return self


class OscProfile(Common):
    """A whole profile of this dialect."""

    dialect: Literal["osc"]
    units: dict[str, Unit] = Field(default_factory=dict)
    recognise: Recognise | None = None
    points: dict[Name, AnyPoint] = Field(min_length=1)
    queries: dict[str, OscQuery] = Field(min_length=1)
    writes: dict[Name, Write] = Field(default_factory=dict)
    examples: list[Example] = Field(min_length=1)


def plan(profile: OscProfile, options: Mapping[str, Any]) -> Plan:
    """What to ask one device with these options. The profile must be free of mistakes."""
    held = {key: option.default for key, option in profile.options.items()} | dict(options)
    vital = vital_of({name: asked for name, asked in profile.queries.items() if asked.points})
    queries = {}
    for name, asked in profile.queries.items():
        members = tuple(one for template in asked.points for one in _rows(profile, template, held))
        queries[name] = (query_of(name, asked, name in vital), members)
    return Plan(
        asks={name: ask for template in profile.points for name, ask in _asks(profile, template, held).items()},
        queries=queries,
        said={name: filled(asked.say, held) for name, asked in profile.queries.items() if asked.say},
        wishes={name: wish for template in profile.writes for name, wish in _wishes(profile, template, held).items()},
        recognition=_recognition(profile.recognise, held),
    )


def mistakes(profile: OscProfile) -> Found:
    """Everything wrong with a profile; its examples are replayed when nothing else is."""
    found = [
        *clashes(Options, profile.options),
        *_units(profile),
        *check.points_asked(profile.points, profile.queries),
        *_placeholders(profile),
        *_writes(profile),
    ]
    for at, example in enumerate(profile.examples):
        found += check.options_fit(("examples", at), example.options, profile.options)
    yield from found
    if not found:
        yield from proof(profile)


def proof(profile: OscProfile) -> Found:
    """Every example that does not come true, and every write that no example shows."""
    proven: set[str] = set()
    for at, example in enumerate(profile.examples):
        made = plan(profile, example.options)
        said = {name: ask.read(example.heard.get(ask.address, [])) for name, ask in made.asks.items()}
        yield from check.means(("examples", at), example.means, said)
        yield from _sent(("examples", at), example, made)
        proven |= {re.sub(r"\.\d+(?=\.)", ".{n}", name) for name in example.set} | set(example.set)
    yield from check.unshown(profile.writes, proven)


def _unit_of(name: str) -> str | None:
    unit, templated, _ = name.partition(".{n}")
    return unit if templated else None


def _rows(profile: OscProfile, template: str, held: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Every point a template stands for, and what its placeholders stand for there."""
    unit = _unit_of(template)
    if unit is None:
        return {template: dict(held)}
    part = profile.units[unit]
    count = int(held[part.count] if isinstance(part.count, str) else part.count)
    return {
        template.replace("{n}", f"{n:0{part.width}}"): {**held, "n": n, "index": f"{part.first + n - 1:0{part.width}}"}
        for n in range(1, count + 1)
    }


def _asks(profile: OscProfile, template: str, held: Mapping[str, Any]) -> dict[str, Ask]:
    shape, writable = profile.points[template], template in profile.writes
    return {
        name: Ask(
            point(name, shape, profile.source, writable, filled(shape.doc, values)),
            filled(shape.address, values),
            shape.argument,
            shape.mean,
        )
        for name, values in _rows(profile, template, held).items()
    }


def _wishes(profile: OscProfile, template: str, held: Mapping[str, Any]) -> dict[str, Wish]:
    write, shape = profile.writes[template], profile.points[template]

    def wish(values: Mapping[str, Any]) -> Wish:
        address = filled(write.address or shape.address, values)
        return Wish(lambda value: (address, (_argument(write, value),)), write.within, write.every)

    return {name: wish(values) for name, values in _rows(profile, template, held).items()}


def _argument(write: Write, value: Value) -> wire.Arg:
    raw = write.encode(value)
    if write.type == "text":
        return code(raw)
    number = float(raw) if isinstance(raw, int | float | str) else 0.0
    return number if write.type == "float" else round(number)


def _recognition(known: Recognise | None, held: Mapping[str, Any]) -> Any:
    if known is None:
        return None
    begins = known.begins
    return filled(known.ask, held), known.argument, lambda said: code(said).startswith(begins), f"{begins}…"


def _units(profile: OscProfile) -> Found:
    for name, unit in profile.units.items():
        if isinstance(unit.count, str) and (
            unit.count not in profile.options or profile.options[unit.count].type != "int"
        ):
            yield (
                ("units", name, "count"),
                f'"{unit.count}" is no option of type int{check.near(unit.count, profile.options)}',
            )


def _placeholders(profile: OscProfile) -> Found:
    for name, shape in profile.points.items():
        unit, used = _unit_of(name), set(_PLACEHOLDER.findall(shape.address))
        if unit is not None and unit not in profile.units:
            yield ("points", name), f'"{unit}" is not declared under units{check.near(unit, profile.units)}'
        if unit is not None and "index" not in used:
            yield ("points", name, "address"), "a point of a unit needs {index} in its address, the number of that part"
        for other in sorted(used - {"index"} - set(profile.options)):
            said = f"{{{other}}} is neither {{index}} nor an option{check.near(other, profile.options)}"
            yield ("points", name, "address"), said


def _writes(profile: OscProfile) -> Found:
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
    sent: dict[str, list[Any]] = {}
    points = {name: ask.point for name, ask in made.asks.items()}
    for name, value in example.set.items():
        wrong = list(check.settable(way, name, value, points, made.wishes))
        yield from wrong
        if not wrong:
            address, arguments = made.wishes[name].message(value)
            sent[address] = list(arguments)
    if sent and sent != example.sends:
        yield (*way, "sends"), f"{sent} is sent by this profile, {example.sends} by the example"
