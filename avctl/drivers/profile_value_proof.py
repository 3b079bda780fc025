"""Whether a profile of the dialects `http`, `mqtt` and `osc` holds together: what they have in common.

Each finding is the way to its place in the file, and a sentence that says what was found and what would be right.
"""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, Protocol

from avctl.drivers.profile_schema import Found, Option
from avctl.drivers.profile_value import Settle
from avctl.model.point import Point
from avctl.model.reading import Value

Way = tuple[int | str, ...]


class Asks(Protocol):
    """A question that lists its points."""

    points: list[str]


def points_asked(points: Mapping[str, Any], queries: Mapping[str, Asks]) -> Found:
    """Every point is asked by a query, and every query asks for points there are."""
    asked = {name for query in queries.values() for name in query.points}
    for name in points:
        if name not in asked:
            yield ("points", name), f"{name} is asked by no query"
    for query, told in queries.items():
        for at, name in enumerate(told.points):
            if name not in points:
                yield ("queries", query, "points", at), f"there is no point {name}{near(name, points)}"


def writes_fit(points: Mapping[str, Any], queries: Mapping[str, Asks], writes: Mapping[str, Settle]) -> Found:
    """Every write is of a point there is, in words it says, and read back by a query that asks for it."""
    for name, write in writes.items():
        way: Way = ("writes", name)
        if name not in points:
            yield way, f"there is no point {name} to read back{near(name, points)}"
            continue
        if write.read_back not in queries or name not in queries[write.read_back].points:
            yield (*way, "read_back"), f'"{write.read_back}" is no query that answers {name}'
        known = points[name].vocabulary
        for word in write.words:
            if word not in known:
                yield (*way, "words", word), f'the device never says "{word}"{near(word, known)}'
        if known and not write.words:
            yield way, f"{name} says words, so words: must give the code of each that can be set"


def options_fit(way: Way, told: Mapping[str, Any], options: Mapping[str, Option]) -> Found:
    """The options an example is for are those of the profile."""
    for key, value in told.items():
        option = options.get(key)
        if option is None:
            yield (*way, "options", key), f'"{key}" is no option{near(key, options)}'
        elif isinstance(value, str) != (option.type == "text"):
            yield (*way, "options", key), f"{value!r} is no {option.type}"


def means(way: Way, wanted: Mapping[str, Any], said: Mapping[str, Value | None]) -> Found:
    """What an example means, held against what this profile makes of it."""
    for name, value in wanted.items():
        if name not in said:
            yield (*way, "means", name), f"this says nothing about {name}{near(name, said)}"
        elif said[name] != value:
            yield (*way, "means", name), f"{name} is {shown(said[name])} by this profile, {shown(value)} by the example"


def settable(way: Way, name: str, value: Value, points: Mapping[str, Point], wishes: Iterable[str]) -> Found:
    """Whether an example sets what can be set, to what it can be."""
    if name not in wishes:
        yield (*way, "set", name), f"{name} cannot be set{near(name, wishes)}"
    elif not points[name].accepts(value):
        yield (*way, "set", name), f"{name} cannot be {shown(value)}"


def unshown(writes: Iterable[str], shown_: Iterable[str]) -> Found:
    """Every write that no example shows."""
    proven = set(shown_)
    for name in writes:
        if name not in proven:
            yield ("writes", name), f"{name} can be set, but no example shows what is sent (set: … sends: …)"


def near(word: str, known: Iterable[str]) -> str:
    """`, did you mean …?`, or nothing."""
    found = get_close_matches(word, list(known), n=1)
    return f", did you mean {found[0]}?" if found else ""


def shown(value: object) -> str:
    """A value as a sentence shows it."""
    return "unknown" if value is None else repr(value)
