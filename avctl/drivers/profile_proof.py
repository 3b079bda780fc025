"""Whether an `snmp` profile holds together, and whether its examples come true.

Everything here is about meaning; that the keys and types are right has been seen to by the schema. Each finding is the
way to its place in the file, and a sentence that says what was found and what would be right.
"""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from avctl.drivers.profile_schema import Found, clashes
from avctl.drivers.profile_snmp import Example, SnmpProfile, Words, placed_oids, plan
from avctl.drivers.snmp import Plan, SnmpOptions

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


def mistakes(profile: SnmpProfile) -> Found:
    """Everything wrong with a profile; its examples are replayed when nothing else is."""
    found = [
        *clashes(SnmpOptions, profile.options),
        *_units(profile),
        *_points(profile),
        *_queries(profile),
        *_writes(profile),
        *_recognition(profile),
        *_traps(profile),
        *_examples_fit(profile),
    ]
    yield from found
    if not found:
        yield from proof(profile)


def proof(profile: SnmpProfile) -> Found:
    """Every example that does not come true, and every write that no example shows."""
    shown: set[str] = set()
    for at, example in enumerate(profile.examples):
        made = plan(profile, example.options)
        yield from _read_back(("examples", at), example, made)
        yield from _sent(("examples", at), example, made)
        shown |= {re.sub(r"\.\d+(?=\.)", ".{n}", point) for point in example.set} | set(example.set)
    for point in profile.writes:
        if point not in shown:
            yield ("writes", point), f"{point} can be set, but no example shows what is sent (set: … sends: …)"


def _read_back(way: tuple[int | str, ...], example: Example, made: Plan) -> Found:
    for point, wanted in example.means.items():
        if point not in made.asks:
            yield (*way, "means", point), f"there is no point {point}{_near(point, made.asks)}"
            continue
        got = made.read([point], example.heard)[point]
        if got != wanted:
            yield (*way, "means", point), f"{point} is {_shown(got)} by this profile, {_shown(wanted)} by the example"


def _sent(way: tuple[int | str, ...], example: Example, made: Plan) -> Found:
    sent: dict[str, int | str] = {}
    for point, value in example.set.items():
        if point not in made.wishes:
            yield (*way, "set", point), f"{point} cannot be set{_near(point, made.wishes)}"
        elif not made.asks[point].point.accepts(value):
            yield (*way, "set", point), f"{point} cannot be {_shown(value)}"
        else:
            sent[made.wishes[point].oid] = made.wishes[point].encode(value)
    if sent and sent != example.sends:
        yield (*way, "sends"), f"{_shown(sent)} is sent by this profile, {_shown(example.sends)} by the example"


def _units(profile: SnmpProfile) -> Found:
    for name, unit in profile.units.items():
        for key in ("count", "first"):
            value = getattr(unit, key)
            if isinstance(value, str) and (value not in profile.options or profile.options[value].type != "int"):
                yield ("units", name, key), f'"{value}" is no option of type int{_near(value, profile.options)}'


def _points(profile: SnmpProfile) -> Found:
    asked = {point for query in profile.queries.values() for point in query.points}
    for name, shape in profile.points.items():
        way = ("points", name)
        unit = profile.unit_of(name)
        if unit is not None and unit not in profile.units:
            yield way, f'"{unit}" is not declared under units{_near(unit, profile.units)}'
        for keys, oid in placed_oids(shape):
            yield from _placeholders(profile, (*way, *keys), oid, unit is not None)
        if isinstance(shape, Words) and not shape.all:
            yield way, "words without a word: want words:, other: or missing:"
        if shape.low is not None and shape.high is not None and shape.low > shape.high:
            yield (*way, "low"), f"low {shape.low:g} is above high {shape.high:g}"
        if name not in asked:
            yield way, f"{name} is asked by no query"


def _placeholders(profile: SnmpProfile, way: tuple[int | str, ...], oid: str, repeated: bool) -> Found:
    names = set(_PLACEHOLDER.findall(oid))
    if repeated and "index" not in names:
        yield way, "a point of a unit needs {index} in its OID, the row of that part"
    if not repeated and "index" in names:
        yield way, "{index} has no meaning here: only a point named like unit.{n}.… has one"
    for name in sorted(names - {"index"} - set(profile.options)):
        yield way, f"{{{name}}} is neither {{index}} nor an option{_near(name, profile.options)}"


def _queries(profile: SnmpProfile) -> Found:
    for name, query in profile.queries.items():
        for at, point in enumerate(query.points):
            if point not in profile.points:
                yield ("queries", name, "points", at), f"there is no point {point}{_near(point, profile.points)}"


def _writes(profile: SnmpProfile) -> Found:
    for name, write in profile.writes.items():
        way = ("writes", name)
        if name not in profile.points:
            yield way, f"there is no point {name} to read back{_near(name, profile.points)}"
            continue
        yield from _placeholders(profile, (*way, "oid"), write.oid, profile.unit_of(name) is not None)
        shape = profile.points[name]
        known = shape.all if isinstance(shape, Words) else ()
        for word in write.words:
            if word not in known:
                yield (*way, "words", word), f'the status never says "{word}"{_near(word, known)}'
        if known and not write.words:
            yield way, f"{name} says words, so words: must give the code of each that can be set"


def _recognition(profile: SnmpProfile) -> Found:
    if profile.recognise:
        yield from _placeholders(profile, ("recognise", "oid"), profile.recognise.oid, repeated=False)


def _traps(profile: SnmpProfile) -> Found:
    for oid, names in profile.traps.items():
        for at, name in enumerate(names):
            if name not in profile.queries:
                yield ("traps", oid, at), f'there is no query "{name}"{_near(name, profile.queries)}'


def _examples_fit(profile: SnmpProfile) -> Found:
    for at, example in enumerate(profile.examples):
        for key, value in example.options.items():
            option = profile.options.get(key)
            if option is None:
                yield ("examples", at, "options", key), f'"{key}" is no option{_near(key, profile.options)}'
            elif isinstance(value, str) != (option.type == "text"):
                yield ("examples", at, "options", key), f"{value!r} is no {option.type}"


def _near(word: str, known: Iterable[str] | Mapping[str, Any]) -> str:
    near = get_close_matches(word, list(known), n=1)
    return f", did you mean {near[0]}?" if near else ""


def _shown(value: object) -> str:
    return "unknown" if value is None else repr(value)
