"""The dialect `snmp` of profiles: what may stand there, and the plan it makes for one device.

A point is a number, words, a text, or the ratio of two numbers. Parts that repeat (bays, outlets) are declared once
under `units`; then `outlet.{n}.state` is a point per outlet, and `{index}` in its OID is the row the agent keeps for
it. Any other `{name}` in an OID is an option of the profile.
"""

from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from avctl.drivers.profile_schema import Asked, Common, Name, Strict, query_of, vital_of
from avctl.drivers.snmp import Ask, Plan, Recognition, Wish
from avctl.model.point import Point
from avctl.model.reading import Value
from avctl.transports.snmp import Varbind

Oid = Annotated[str, Field(pattern=r"^\d+(\.(\d+|\{[a-z_]+\}))+$")]
Said = int | float | str | None
"""What stands for a varbind in an example: null is "the agent has no such thing"."""
_UNITS = 9  # RFC 3433, EntitySensorDataScale
_WIDEST = 30


class Unit(Strict):
    """A part that repeats. Part n is row `first + (n - 1) * step` there; `count` and `first` may name options."""

    count: int | str
    first: int | str = 1
    step: int = Field(default=1, ge=1)


class Meaning(Strict):
    """What every point says about itself."""

    doc: str = Field(min_length=1)
    source: str = ""
    unit: str = ""
    low: float | None = None
    high: float | None = None
    fleeting: bool = False


class Number(Meaning):
    """`scale` times what the agent says; a value among the `sentinels` means "unknown".

    Some agents say elsewhere how their figures are to be read: `digits` is the object with the number of decimals,
    `magnitude` the one with an EntitySensorDataScale (RFC 3433: 9 is units, 8 milli). `only_if` names objects and what
    each must say for the value to count.
    """

    kind: Literal["number"]
    oid: Oid
    scale: float = 1
    sentinels: list[float] = Field(default_factory=list)
    digits: Oid | None = None
    magnitude: Oid | None = None
    only_if: dict[Oid, int | str] = Field(default_factory=dict)


class Ratio(Meaning):
    """`scale` times `part` by `whole`; unknown when either is missing or a sentinel, or the whole is nothing."""

    kind: Literal["ratio"]
    part: Oid
    whole: Oid
    scale: float = 100
    sentinels: list[float] = Field(default_factory=list)


class Words(Meaning):
    """A word per code; `other` for every code not listed, `missing` where the agent has no such thing."""

    kind: Literal["words"]
    oid: Oid
    words: dict[int | str, str] = Field(default_factory=dict)
    other: str | None = None
    missing: str | None = None

    @property
    def all(self) -> tuple[str, ...]:
        """Every word it can say."""
        said = (*self.words.values(), self.other, self.missing)
        return tuple(dict.fromkeys(word for word in said if word is not None))


class Text(Meaning):
    """Text as it is, without blanks and NULs at its ends; empty means "unknown"."""

    kind: Literal["text"]
    oid: Oid
    sentinels: list[str] = Field(default_factory=list)


AnyPoint = Annotated[Number | Ratio | Words | Text, Field(discriminator="kind")]


class Question(Asked):
    """Points asked together."""

    points: list[Name] = Field(min_length=1)


class Settle(Strict):
    """After a SET the status is asked every `every` seconds until it agrees, at most `within` seconds."""

    within: float = Field(gt=0, le=60)
    every: float = Field(default=0.5, ge=0.1, le=10)


class Write(Strict):
    """How a point is set: which code for which word (not always the one the status uses), or a number by `scale`."""

    oid: Oid
    type: Literal["integer", "gauge", "string"] = "integer"
    words: dict[str, int | str] = Field(default_factory=dict)
    scale: float = 1
    settle: Settle = Settle(within=2)


class Recognise(Strict):
    """One OID that tells this kind of device from another, and what it `begins` with or `says`."""

    oid: Oid
    begins: str | None = None
    says: int | str | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> "Recognise":
        if (self.begins is None) == (self.says is None):
            raise ValueError("want either begins: or says:")
        return self


class Example(Strict):
    """A proof: what was `heard` (OID to value) and what it `means`, or what is `sent` to `set` a point."""

    source: str = Field(min_length=1)
    options: dict[str, int | float | str] = Field(default_factory=dict)
    heard: dict[Oid, Said] = Field(default_factory=dict)
    means: dict[Name, Said] = Field(default_factory=dict)
    set: dict[Name, int | float | str] = Field(default_factory=dict)
    sends: dict[Oid, int | str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _something_said(self) -> "Example":
        if bool(self.heard) != bool(self.means) or bool(self.set) != bool(self.sends):
            raise ValueError("want heard: with means:, or set: with sends:")
        if not self.means and not self.set:
            raise ValueError("proves nothing: want heard: with means:, or set: with sends:")
        return self


class SnmpProfile(Common):
    """A whole profile of this dialect."""

    dialect: Literal["snmp"]
    units: dict[str, Unit] = Field(default_factory=dict)
    recognise: Recognise | None = None
    points: dict[Name, AnyPoint] = Field(min_length=1)
    queries: dict[str, Question] = Field(min_length=1)
    writes: dict[Name, Write] = Field(default_factory=dict)
    traps: dict[Oid, list[str]] = Field(default_factory=dict)
    """By notification (its v2 name): the queries it makes worth asking. One not listed asks what is vital."""
    examples: list[Example] = Field(min_length=1)

    def unit_of(self, point: str) -> str | None:
        """`bay` for `bay.{n}.charge`, None for a point that there is once."""
        unit, templated, _ = point.partition(".{n}")
        return unit if templated else None


def plan(profile: SnmpProfile, options: Mapping[str, Any]) -> Plan:
    """What to ask one device with these options. The profile must be free of mistakes."""
    held = {key: option.default for key, option in profile.options.items()} | dict(options)
    asks = {name: ask for point in profile.points for name, ask in _asks(profile, point, held).items()}
    vital = vital_of(profile.queries)
    queries = {
        name: (query_of(name, asked, name in vital), _members(profile, asked, held))
        for name, asked in profile.queries.items()
    }
    wishes = {name: wish for point in profile.writes for name, wish in _wishes(profile, point, held).items()}
    traps = {oid: tuple(names) for oid, names in profile.traps.items()}
    return Plan(asks, queries, wishes, _recognition(profile.recognise, held), traps)


def rows(profile: SnmpProfile, point: str, held: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Every point a template stands for, and what its placeholders stand for there."""
    unit = profile.unit_of(point)
    if unit is None:
        return {point: dict(held)}
    part = profile.units[unit]
    count, first = (int(held[v] if isinstance(v, str) else v) for v in (part.count, part.first))
    return {
        point.replace("{n}", str(n)): {**held, "n": n, "index": first + (n - 1) * part.step}
        for n in range(1, count + 1)
    }


def _asks(profile: SnmpProfile, point: str, held: Mapping[str, Any]) -> dict[str, Ask]:
    shape, writable = profile.points[point], point in profile.writes
    return {
        name: Ask(
            _point(name, shape, profile.source, values, writable),
            tuple(_filled(oid, values) for oid in oids_of(shape)),
            meaning(shape),
            isinstance(shape, Words) and shape.missing is not None,
        )
        for name, values in rows(profile, point, held).items()
    }


def _point(name: str, shape: AnyPoint, source: str, values: Mapping[str, Any], writable: bool) -> Point:
    words = shape.all if isinstance(shape, Words) else ()
    doc = _filled(shape.doc, values)
    origin = f"{source}; {shape.source}" if shape.source else source
    return Point(name, doc, origin, shape.unit, words, shape.low, shape.high, writable, shape.fleeting)


def _members(profile: SnmpProfile, asked: Question, held: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(name for point in asked.points for name in rows(profile, point, held))


def _wishes(profile: SnmpProfile, point: str, held: Mapping[str, Any]) -> dict[str, Wish]:
    write = profile.writes[point]
    return {
        name: Wish(_filled(write.oid, values), write.type, _encoder(write), write.settle.within, write.settle.every)
        for name, values in rows(profile, point, held).items()
    }


def _encoder(write: Write) -> Callable[[Value], int | str]:
    if write.words:
        return lambda value: write.words[str(value)]
    if write.type == "string":
        return str
    return lambda value: round(float(value) / write.scale)


def _recognition(known: Recognise | None, held: Mapping[str, Any]) -> Recognition | None:
    if known is None:
        return None
    if known.begins is not None:
        begins = known.begins
        return Recognition(_filled(known.oid, held), lambda said: text(said).startswith(begins), f"{begins}…")
    return Recognition(_filled(known.oid, held), lambda said: text(said) == str(known.says), str(known.says))


def oids_of(shape: AnyPoint) -> tuple[str, ...]:
    """The OIDs a point is made of, with their placeholders."""
    return tuple(oid for _, oid in placed_oids(shape))


def placed_oids(shape: AnyPoint) -> Sequence[tuple[tuple[str, ...], str]]:
    """The same, each with the way to it below the point."""
    if isinstance(shape, Ratio):
        return ((("part",), shape.part), (("whole",), shape.whole))
    if not isinstance(shape, Number):
        return ((("oid",), shape.oid),)
    single = ((("oid",), shape.oid), (("digits",), shape.digits), (("magnitude",), shape.magnitude))
    return [(way, oid) for way, oid in single if oid] + [(("only_if", oid), oid) for oid in shape.only_if]


def _filled(template: str, values: Mapping[str, Any]) -> str:
    for key, value in values.items():
        template = template.replace(f"{{{key}}}", str(value))
    return template


def meaning(shape: AnyPoint) -> Callable[[Sequence[Varbind]], Value | None]:
    """From what the agent said to what it means."""
    match shape:
        case Number():
            return _plain(shape) if len(oids_of(shape)) == 1 else lambda said: _told_how(shape, said)
        case Ratio():
            return lambda said: _ratio([_number(s, shape.sentinels) for s in said], shape.scale)
        case Words():
            return lambda said: _word(said[0], shape)
        case Text():
            return lambda said: None if text(said[0]) in ("", *shape.sentinels) else text(said[0])


def _plain(shape: Number) -> Callable[[Sequence[Varbind]], Value | None]:
    return lambda said: _scaled(_number(said[0], shape.sentinels), shape.scale)


def _told_how(shape: Number, said: Sequence[Varbind]) -> int | float | None:
    """A figure that other objects say how to read. Without their word it means nothing."""
    number, *hints = said
    exponent = 0
    for wanted, base, factor in ((shape.digits, 0, -1), (shape.magnitude, _UNITS, 3)):
        if wanted is not None:
            hint = _number(hints.pop(0), ())
            if hint is None or abs(hint) > _WIDEST:
                return None
            exponent += factor * (int(hint) - base)
    if any(text(hint) != str(want) for hint, want in zip(hints, shape.only_if.values(), strict=True)):
        return None
    return _scaled(_number(number, shape.sentinels), shape.scale * 10.0**exponent)


def text(said: Varbind) -> str:
    """Octets as text; "" for nothing. Real agents send trailing NULs and blanks."""
    shown = said.decode("utf-8", "replace") if isinstance(said, bytes) else "" if said is None else str(said)
    return shown.strip("\0 \t\r\n")


def _number(said: Varbind, sentinels: Sequence[float]) -> int | float | None:
    if isinstance(said, bytes | str):  # some agents send figures as text
        try:
            said = float(text(said))
        except ValueError:
            return None
    if said is None or said in sentinels or (isinstance(said, float) and not isfinite(said)):
        return None
    return said


def _scaled(number: int | float | None, scale: int | float) -> int | float | None:
    if number is None or scale == 1:
        return number
    try:
        made = round(number * scale, 6)
    except OverflowError:
        return None
    return made if isfinite(made) else None  # beyond all floats


def _ratio(numbers: Sequence[int | float | None], scale: int | float) -> float | None:
    part, whole = numbers
    if part is None or not whole:
        return None
    try:
        made = round(scale * part / whole, 1)
    except OverflowError:
        return None
    return made if isfinite(made) else None


def _word(said: Varbind, shape: Words) -> str | None:
    if said is None:
        return shape.missing
    code: int | str = said if isinstance(said, int) else text(said)
    return shape.words.get(code, shape.other)
