"""Readings to faults, as levels: what raises one, what clears it, and how long either must last. Pure.

A rule looks at the points its pattern names. Between its raising and its clearing value nothing changes
(hysteresis); a fault stands when the condition has lasted for `hold` seconds, and ends when it has been gone for
`keep`. Only a MEASURED value counts: an old, a silent or an assumed one neither raises nor clears. What stands when
one looks first is raised like what comes later.

Times given as `now` are any clock that only moves forward (the loop's); they never leave this file.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from math import inf

from avctl.model.event import Phase
from avctl.model.fault import FaultKey, Severity
from avctl.model.point import part_of
from avctl.model.reading import Quality, Reading, Value

LIMITS: Mapping[str, float] = {
    "lamp.wear.warn": 80,  # % of the rated hours
    "lamp.wear.fail": 95,
    "battery.charge.warn": 95,  # % of a pack before a meeting
    "battery.charge.fail": 80,
    "battery.health.warn": 80,  # % of what the pack held when new
    "battery.health.fail": 70,
    "main.fader.warn": 0,  # dB; above it there is little left before howling
    "main.fader.fail": 5,
    "battery.temperature.warn": 45,  # °C
    "battery.runtime.fail": 5,  # min a supply on battery still carries its load
    "room.temperature.warn": 32,  # °C of the air; racks and projectors ask for less than 35
    "receiver.battery.warn": 20,  # % of the battery in a transmitter while a meeting is on
    "load.current.warn": 12,  # A on a phase of a PDU
    "load.current.fail": 15,
    "level.silence": -90,  # dBFS: an open microphone in a room is louder than this
    "level.speech": -40,  # dBFS on a microphone: somebody speaks
    "projector.min-off": 300,  # s between off and on
    "projector.min-on": 300,  # s between on and off
    "projector.strikes": 4,  # an hour
    "projector.cooled": 300,  # s in standby before its outlet may be cut
    "sets.per-second": 5,  # to one device
    "scenes.pause": 5,  # s between two recalls
    "scenes.settle": 0.5,  # s after a recall in which the desk still overwrites what it is told
}
"""Every limit the engine knows, with its default; `limits:` of the site file overrides them by name."""

Known = Callable[[str], Value | None]
"""The newest good value of a point of the same device; "wished.<point>" is what we told it last, if it obeyed."""

ALWAYS = frozenset(Phase)
_RANK = (Severity.NOTICE, Severity.WARNING, Severity.CRITICAL)


@dataclass(frozen=True, slots=True)
class Rule:
    """When `point` (a pattern, `bay.*.health`) means the fault `fault`.

    Raised by one of `words`, by a number over `above` or under `below`; a number clears it at `back`. `where` are
    other points and the words they must say, `unless` those they must not; "{part}" stands for the point's sub-unit.
    `latch`: it also takes a person's acknowledgement to clear it.
    """

    fault: str
    point: str
    severity: Severity
    words: frozenset[str] = frozenset()
    above: float = inf
    below: float = -inf
    back: float | None = None
    hold: float = 0.0
    keep: float = 0.0
    part: str | None = None
    where: tuple[tuple[str, str], ...] = ()
    unless: tuple[tuple[str, str], ...] = ()
    phases: frozenset[Phase] = ALWAYS
    latch: bool = False

    def raised_by(self, value: Value) -> bool:
        if isinstance(value, str):
            return value in self.words
        return value > self.above or value < self.below

    def cleared_by(self, value: Value) -> bool:
        if isinstance(value, str) or self.back is None:
            return not self.raised_by(value)
        return value <= self.back if self.above < inf else value >= self.back

    def others(self, point: str) -> frozenset[str]:
        """The other points this rule looks at when it is held against `point`."""
        return frozenset(_filled(name, point) for name, _ in (*self.where, *self.unless))

    @property
    def limit(self) -> str:
        """What the value was held against, for people."""
        if self.words:
            return f"not {', '.join(sorted(self.words))}"
        return f"≤ {self.above:g}" if self.above < inf else f"≥ {self.below:g}"


@dataclass(frozen=True, slots=True)
class Watch:
    """One rule at one point. `bad` and `good`: since when without interruption; `by` the event that began it."""

    standing: bool = False
    bad: float | None = None
    good: float | None = None
    seen: str = ""
    by: int = 0
    at_start: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault that stands: since when (the same clock as `now`), by which event, and whether it stood at the start."""

    key: FaultKey
    severity: Severity
    since: float
    seen: str
    limit: str
    by: int
    at_start: bool


def look(watch: Watch | None, raised: bool, cleared: bool, seen: str, by: int, now: float) -> Watch:
    """The watch after a good reading. None: it is the first."""
    before = watch or Watch(at_start=raised)
    if raised:
        return replace(before, bad=now if before.bad is None else before.bad, good=None, seen=seen, by=before.by or by)
    if cleared:
        if before.standing:
            return replace(before, good=now if before.good is None else before.good)
        return Watch()
    return replace(before, good=None, bad=before.bad if before.standing else None)


def tick(watch: Watch, rule: Rule, now: float, acknowledged: bool = False) -> Watch:
    """The watch after time has passed."""
    when = due(watch, rule)
    if when is None or now < when:
        return watch
    if not watch.standing:
        return replace(watch, standing=True)
    return watch if rule.latch and not acknowledged else Watch()


def due(watch: Watch, rule: Rule) -> float | None:
    """When time alone will change it; None if only a reading can."""
    if watch.standing:
        return None if watch.good is None else watch.good + rule.keep
    return None if watch.bad is None else watch.bad + rule.hold


class Watchman:
    """The rules of one device and how each stands. Holds no time and asks nobody: everything is handed in."""

    def __init__(self, device: str, rules: Sequence[Rule]) -> None:
        self.device, self.rules = device, rules
        self._by_point: dict[str, tuple[Rule, ...]] = {}
        self._watches: dict[tuple[str, Rule], Watch] = {}

    @property
    def names(self) -> frozenset[str]:
        """The faults that are its to raise and to clear."""
        return frozenset(rule.fault for rule in self.rules)

    def hear(self, readings: Iterable[Reading], known: Known, phase: Phase, by: int, now: float) -> None:
        """Take readings in; those that are not measured are not evidence.

        "I do not know" neither raises nor clears, but it may come where the rule has nothing more to say: the pack
        with the fault has been taken out.
        """
        for reading in readings:
            if reading.quality is not Quality.MEASURED:
                continue
            for rule in self._rules_at(reading.point):
                self._look(rule, reading.point, reading.value, known, phase, by, now)

    def tick(self, fresh: Callable[[str], bool], acknowledged: Callable[[FaultKey], bool], now: float) -> None:
        """Let time pass; what is not fresh any more neither confirms nor clears."""
        for (point, rule), watch in self._watches.items():
            if due(watch, rule) is not None and fresh(point):
                self._watches[point, rule] = tick(watch, rule, now, acknowledged(self.key(rule, point)))

    def due(self) -> float | None:
        """When `tick` must be called next."""
        times = (due(watch, rule) for (_, rule), watch in self._watches.items())
        return min((time for time in times if time is not None), default=None)

    def findings(self) -> Mapping[FaultKey, Finding]:
        """The faults that stand, each by its gravest rule."""
        found: dict[FaultKey, Finding] = {}
        for (point, rule), watch in self._watches.items():
            if watch.standing and watch.bad is not None:
                key = self.key(rule, point)
                new = Finding(key, rule.severity, watch.bad, watch.seen, rule.limit, watch.by, watch.at_start)
                if key not in found or _RANK.index(found[key].severity) < _RANK.index(new.severity):
                    found[key] = new
        return found

    def key(self, rule: Rule, point: str) -> FaultKey:
        part = rule.part if rule.part is not None else part_of(point) if "*" in rule.point else ""
        return FaultKey(self.device, rule.fault, part)

    def _look(
        self, rule: Rule, point: str, value: Value | None, known: Known, phase: Phase, by: int, now: float
    ) -> None:
        applies = _applies(rule, point, known, phase)
        if applies is None or (applies and value is None):
            return
        raised = applies and value is not None and rule.raised_by(value)
        cleared = not applies or (value is not None and rule.cleared_by(value))
        watch = look(self._watches.get((point, rule)), raised, cleared, str(value), by, now)
        self._watches[point, rule] = tick(watch, rule, now) if not rule.latch else _raise_only(watch, rule, now)

    def _rules_at(self, point: str) -> tuple[Rule, ...]:
        if point not in self._by_point:
            self._by_point[point] = tuple(rule for rule in self.rules if fnmatchcase(point, rule.point))
        return self._by_point[point]

    def points(self) -> Iterator[str]:
        """The points some rule looks at, of those that were heard."""
        return (point for point, rules in self._by_point.items() if rules)

    def depending(self, changed: Collection[str]) -> Iterator[str]:
        """The points whose rules also look at one of `changed`, without being among them."""
        for point, rules in self._by_point.items():
            if point not in changed and any(not rule.others(point).isdisjoint(changed) for rule in rules):
                yield point


def _raise_only(watch: Watch, rule: Rule, now: float) -> Watch:
    """A latched fault is cleared by `tick` alone, which knows whether a person has acknowledged it."""
    return watch if watch.standing else tick(watch, rule, now)


def _applies(rule: Rule, point: str, known: Known, phase: Phase) -> bool | None:
    """Whether the rule has anything to say here; None when we cannot know yet."""
    if phase not in rule.phases:
        return False
    if any(known(_filled(name, point)) == word for name, word in rule.unless):
        return False
    for name, word in rule.where:
        value = known(_filled(name, point))
        if value is None and not name.startswith("wished."):
            return None
        if value != word:
            return False
    return True


def _filled(name: str, point: str) -> str:
    return name.format(part=part_of(point)) if "{" in name else name
