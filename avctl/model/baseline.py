"""How a device was when it was right, and what has moved since: plain values by point, kept as JSON.

A baseline is taken on purpose, by somebody who has just listened to the room. Afterwards `drift` says what is no
longer so. What could not be measured is told apart from what has moved: the one is a question, the other a finding.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import isfinite

from avctl.model.point import Point
from avctl.model.reading import Quality, Reading, Value

Baseline = Mapping[str, Value]
"""Point to value."""

TOLERANCES: Mapping[str, float] = {"fader": 1.0, "gain": 0.5, "oscillator.level": 1.0, "frequency": 1.0}
"""How far a number may be off, by the last words of its point; any other value must be the same."""

_PASSING = ("uptime", "status")
"""What says how a device is doing, not how it is set."""


@dataclass(frozen=True, slots=True)
class Drift:
    """`channel.01.fader` was -5.0 and is -17.5. `now` is None where nobody could find out."""

    point: str
    was: Value
    now: Value | None

    @property
    def known(self) -> bool:
        """Whether it has moved; otherwise it was not measured."""
        return self.now is not None


def capture(readings: Iterable[Reading], points: Mapping[str, Point]) -> dict[str, Value]:
    """Every value measured just now that stands still, in the order of its point's name: no levels, no uptime."""
    lasting = {name for name, point in points.items() if not point.fleeting and name not in _PASSING}
    return {
        reading.point: reading.value
        for reading in sorted(readings, key=lambda reading: reading.point)
        if reading.point in lasting and reading.value is not None and reading.quality is Quality.MEASURED
    }


def dump(baseline: Baseline) -> str:
    """As JSON, one point a line, in order: two of them can be compared by eye."""
    return json.dumps(dict(sorted(baseline.items())), ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def load(text: str) -> dict[str, Value]:
    """The baseline in a file. Raises ValueError that says what was found and what would be right."""
    try:
        found = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"a baseline is JSON: {error}") from error
    if not isinstance(found, dict):
        found_kind = type(found).__name__
        raise ValueError(f"a baseline is a mapping of points to values, found {found_kind}")  # noqa: TRY004
    for point, value in found.items():
        if isinstance(value, bool) or not isinstance(value, int | float | str) or not _finite(value):
            raise ValueError(f"{point}: {value!r}; a value is a word, a text or a number")
    return found


def drift(
    baseline: Baseline, readings: Iterable[Reading], tolerances: Mapping[str, float] = TOLERANCES
) -> tuple[Drift, ...]:
    """What is not as it was, in the order of the baseline. Points that are new since then are nobody's drift.

    A tolerance is found by the whole name of a point, else by the longest of its endings: `channel.01.fader` before
    `01.fader` before `fader`.
    """
    now = {r.point: r.value for r in readings if r.quality is Quality.MEASURED}
    return tuple(_moved(baseline, now, tolerances))


def _moved(baseline: Baseline, now: Mapping[str, Value | None], tolerances: Mapping[str, float]) -> Iterator[Drift]:
    for point, was in baseline.items():
        value = now.get(point)
        if value is None or not _same(was, value, _tolerance(point, tolerances)):
            yield Drift(point, was, value)


def _same(was: Value, now: Value, tolerance: float) -> bool:
    if isinstance(was, str) or isinstance(now, str):
        return was == now
    return abs(was - now) <= tolerance + 1e-9


def _tolerance(point: str, tolerances: Mapping[str, float]) -> float:
    words = point.split(".")
    endings = (".".join(words[n:]) for n in range(len(words)))
    return next((tolerances[ending] for ending in endings if ending in tolerances), 0.0)


def _finite(value: Value) -> bool:
    return not isinstance(value, float) or isfinite(value)
