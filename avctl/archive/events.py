"""Events as compact JSON and back: total over every body the model knows, driven by its type hints alone.

What is written stays readable: a field that is empty by default and empty in fact is left out, every other default
is written down, so that a default changed later does not rewrite history. A field missing in an old text takes its
default, a field unknown to this version is passed over. The readings of a `Read`, by far the most frequent body,
stand as [point, value, quality, at] (and the device, should it ever be another than the body's).
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache, lru_cache
from json import JSONEncoder, loads
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from avctl.model.event import Body, Read
from avctl.model.reading import Quality, Reading, Value

Step = Callable[[Any], Any]

BODIES: Mapping[str, type[Body]] = {body.kind: body for body in get_args(Body)}
"""Every kind of event by its name in the archive."""

_encode = JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode
_word = lru_cache(8192)(_encode)  # names of points and devices come again and again
_escape = JSONEncoder(separators=(",", ":")).encode


def to_json(body: Body) -> str:
    """One line of JSON, always encodable as UTF-8 (half a surrogate pair from a broken device is escaped)."""
    if body.__class__ is Read:
        text = _read(body)
        return text if text.isascii() or _clean(text) else _escape(loads(text))
    plain = _WRITERS[body.kind](body)
    text = _encode(plain)
    return text if text.isascii() or _clean(text) else _escape(plain)


def from_json(kind: str, text: str) -> Body:
    """The body that `to_json` wrote. Raises ValueError for a kind or a text this version does not know."""
    if kind not in BODIES:
        raise ValueError(f"no event is of kind {kind!r}: the archive was written by a newer version")
    try:
        plain = loads(text)
        found: Body = _read_back(plain) if kind == Read.kind else _READERS[kind](plain)
        return found
    except (TypeError, KeyError, IndexError, AttributeError) as wrong:
        raise ValueError(f"not a {kind!r} event: {text[:80]}") from wrong


def _clean(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _read(body: Read) -> str:
    """By hand, for readings are nine events out of ten and the encoder's set-up costs more than they do."""
    readings = [
        f'[{_word(r.point)},{_value(r.value)},"{r.quality._value_}",{_value(r.at)}{_whose(r, body)}]'
        for r in body.readings
    ]
    return f'{{"device":{_word(body.device)},"readings":[{",".join(readings)}]}}'


def _value(value: Value | None) -> str:
    """A plain JSON value; `x - x` is 0.0 for every float but infinities and NaN, which the encoder spells."""
    if (value.__class__ is float and value - value == 0.0) or value.__class__ is int:
        return repr(value)
    return _encode(value)


def _whose(reading: Reading, body: Read) -> str:
    return "" if reading.device == body.device else "," + _word(reading.device)


def _read_back(plain: dict[str, Any]) -> Read:
    device: str = plain["device"]
    return Read(
        device,
        tuple(
            Reading(rest[0] if rest else device, point, value, Quality(quality), at)
            for point, value, quality, at, *rest in plain["readings"]
        ),
    )


@cache
def _writer(hint: Hashable) -> Step:
    """How a value of this type becomes plain JSON material."""
    if is_dataclass(hint):
        return _record_writer(hint)
    origin, inner = get_origin(hint), get_args(hint)
    if origin is tuple and len(inner) == 2 and inner[1] is ...:
        each = _writer(inner[0])
        return lambda value: [each(v) for v in value]
    if origin in (Union, UnionType) and (record := _record_of(inner)):
        write = _writer(record)
        return lambda value: None if value is None else write(value)
    return lambda value: value


def _record_writer(hint: Any) -> Step:
    hints = get_type_hints(hint)
    plan = [(f.name, _writer(hints[f.name]), f.default) for f in fields(hint)]

    def write(value: Any) -> dict[str, Any]:
        plain = {}
        for name, step, default in plan:
            found = getattr(value, name)
            if found != default or not _empty(default):
                plain[name] = step(found)
        return plain

    return write


def _empty(default: Any) -> bool:
    return default is None or default is False or default == "" or default == ()


def _record_of(options: tuple[Any, ...]) -> Any:
    return next((option for option in options if is_dataclass(option)), None)


@cache
def _reader(hint: Hashable) -> Step:
    """How plain JSON material becomes a value of this type."""
    if is_dataclass(hint):
        return _record_reader(hint)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint
    origin, inner = get_origin(hint), get_args(hint)
    if origin is tuple:
        return _tuple_reader(inner)
    if origin in (Union, UnionType):
        return _option_reader(inner)
    return lambda value: value


def _record_reader(hint: Any) -> Step:
    hints = get_type_hints(hint)
    steps = {f.name: _reader(hints[f.name]) for f in fields(hint)}
    return lambda plain: hint(**{name: steps[name](value) for name, value in plain.items() if name in steps})


def _tuple_reader(inner: tuple[Any, ...]) -> Step:
    if len(inner) == 2 and inner[1] is ...:
        each = _reader(inner[0])
        return lambda value: tuple(each(v) for v in value)
    steps = [_reader(hint) for hint in inner]
    return lambda value: tuple(step(v) for step, v in zip(steps, value, strict=True))


def _option_reader(inner: tuple[Any, ...]) -> Step:
    """`X | None`; unions of plain JSON values (such as a reading's value) read as they are."""
    rich = [hint for hint in inner if hint is not NoneType and (is_dataclass(hint) or _is_enum(hint))]
    if not rich:
        return lambda value: value
    read = _reader(rich[0])
    return lambda value: None if value is None else read(value)


def _is_enum(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, Enum)


_WRITERS = {kind: _writer(body) for kind, body in BODIES.items()}  # type: ignore[arg-type]
_READERS = {kind: _reader(body) for kind, body in BODIES.items()}  # type: ignore[arg-type]
