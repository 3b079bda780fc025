"""What a value means that came as JSON, as an OSC argument, or as text: a number, a word, or a text.

Shared by the dialects `http`, `mqtt` and `osc`. The way back is here too: what is sent for a word or a number, and
where it stands in a body. JSON's true and false are written so in `words:`; nothing here ever raises at what a device
says: what cannot be understood is unknown.
"""

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from avctl.drivers.profile_schema import Strict
from avctl.model.point import Point
from avctl.model.reading import Value

Raw = bool | int | float | str | None
"""A scalar as it is on the wire."""
Mean = Callable[[object], Value | None]
MISSING = object()


class Shape(Strict):
    """What every point says about itself."""

    doc: str = Field(min_length=1)
    source: str = ""
    unit: str = ""
    low: float | None = None
    high: float | None = None
    fleeting: bool = False
    sentinels: list[int | float | str] = Field(default_factory=list)

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """Every word it can say; none for numbers and texts."""
        return ()


class Number(Shape):
    """`scale` times the value, which may be written as text."""

    kind: Literal["number"]
    scale: float = 1

    def mean(self, raw: object) -> Value | None:
        if isinstance(raw, str):
            try:
                raw = float(raw.strip())
            except ValueError:
                return None
        if isinstance(raw, bool) or not isinstance(raw, int | float) or raw in self.sentinels:
            return None
        if isinstance(raw, float) and not isfinite(raw):
            return None
        if self.scale == 1:
            return raw
        try:
            made = round(raw * self.scale, 6)
        except OverflowError:
            return None
        return made if isfinite(made) else None  # beyond all floats


class Words(Shape):
    """A word per code, `other` for any code not listed."""

    kind: Literal["words"]
    words: dict[str, str] = Field(min_length=1)
    other: str | None = None

    @field_validator("words", mode="before")
    @classmethod
    def _codes_as_they_are_written(cls, told: Any) -> Any:
        return {code(key): word for key, word in told.items()} if isinstance(told, dict) else told

    @property
    def vocabulary(self) -> tuple[str, ...]:
        said = (*self.words.values(), self.other)
        return tuple(dict.fromkeys(word for word in said if word is not None))

    def mean(self, raw: object) -> Value | None:
        if raw is MISSING or raw is None or isinstance(raw, dict | list) or raw in self.sentinels:
            return None
        return self.words.get(code(raw), self.other)


class Text(Shape):
    """Text as it is, without blanks around it; empty means "unknown"."""

    kind: Literal["text"]

    def mean(self, raw: object) -> Value | None:
        if raw is MISSING or raw is None or isinstance(raw, dict | list):
            return None
        said = code(raw).strip("\0 \t\r\n")
        return None if said in ("", *map(str, self.sentinels)) else said


AnyShape = Annotated[Number | Words | Text, Field(discriminator="kind")]


class Encoding(Strict):
    """What is sent for a value: the code of a word, a number by `scale`, or the value itself."""

    words: dict[str, bool | int | float | str] = Field(default_factory=dict)
    scale: float = 1

    def encode(self, value: Value) -> Raw:
        if self.words:
            return self.words[str(value)]
        if isinstance(value, str) or self.scale == 1:
            return value
        return round(value / self.scale, 6)


class Settle(Encoding):
    """And how it is seen that it was done: `read_back` decides, asked `every` so many seconds, at most `within`."""

    read_back: str
    within: float = Field(default=2.0, ge=0, le=120)
    every: float = Field(default=0.5, ge=0.1, le=10)


def code(raw: object) -> str:
    """How a scalar is written: true, 1, 1.5, text. A whole float is written like an int."""
    if isinstance(raw, bool):
        return "true" if raw else "false"
    return str(int(raw)) if isinstance(raw, float) and raw.is_integer() else str(raw)


def point(name: str, shape: Number | Words | Text, source: str, writable: bool, doc: str | None = None) -> Point:
    """As the rest of the house knows it."""
    origin = f"{source}; {shape.source}" if shape.source else source
    words, told = shape.vocabulary, doc or shape.doc
    return Point(name, told, origin, shape.unit, words, shape.low, shape.high, writable, shape.fleeting)


def pointed(document: object, pointer: str) -> object:
    """What a JSON pointer (RFC 6901) points at; MISSING where there is nothing. "" is the whole."""
    for step in pointer.split("/")[1:]:
        step = step.replace("~1", "/").replace("~0", "~")
        if isinstance(document, dict) and step in document:
            document = document[step]
        elif isinstance(document, list) and step.isdecimal() and int(step) < len(document):
            document = document[int(step)]
        else:
            return MISSING
    return document


def filled(template: Any, values: Mapping[str, Any]) -> Any:
    """A body with its placeholders filled. A text that is nothing but `{name}` becomes the value with its type."""
    if isinstance(template, dict):
        return {key: filled(value, values) for key, value in template.items()}
    if isinstance(template, list):
        return [filled(value, values) for value in template]
    if not isinstance(template, str):
        return template
    if template.startswith("{") and template.endswith("}") and template[1:-1] in values:
        return values[template[1:-1]]
    for key, value in values.items():
        template = template.replace(f"{{{key}}}", code(value))
    return template
