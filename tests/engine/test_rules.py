"""Rules: limits, debounce, hysteresis, latch, freshness. No loop, no clock."""

from collections.abc import Mapping
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from avctl.engine.rulebook import rules_for
from avctl.engine.rules import LIMITS, Finding, Rule, Watchman
from avctl.model.event import Phase
from avctl.model.fault import FaultKey, Severity
from avctl.model.house import DeviceSpec
from avctl.model.reading import Quality, Reading, Value

from .conftest import a_house

HOT = Rule("temperature", "intake", Severity.WARNING, above=40, back=38, hold=10, keep=20)


class Watched:
    """A watchman with a clock to turn by hand."""

    def __init__(self, *rules: Rule, phase: Phase = Phase.IDLE) -> None:
        self.watchman, self.now, self.phase = Watchman("d", rules), 0.0, phase
        self.known: dict[str, Value] = {}
        self.fresh, self.acknowledged = True, False

    def hear(self, point: str, value: Value | None, at: float, quality: Quality = Quality.MEASURED) -> None:
        self.now = at
        self.watchman.hear([Reading("d", point, value, quality, 0)], self.known.get, self.phase, int(at), at)

    def at(self, now: float) -> Mapping[FaultKey, Finding]:
        self.watchman.tick(lambda _: self.fresh, lambda _: self.acknowledged, now)
        return self.watchman.findings()


def test_a_condition_must_last_before_it_is_a_fault() -> None:
    watched = Watched(HOT)
    watched.hear("intake", 41, 0)
    assert watched.at(9.9) == {}
    assert watched.watchman.due() == 10
    assert set(watched.at(10)) == {FaultKey("d", "temperature")}


def test_a_short_spike_is_forgotten() -> None:
    watched = Watched(HOT)
    watched.hear("intake", 41, 0)
    watched.hear("intake", 39, 5)  # not well yet, but over the limit no more
    watched.hear("intake", 41, 9)
    assert watched.at(12) == {}
    assert set(watched.at(19)) == {FaultKey("d", "temperature")}


def test_between_the_limits_nothing_changes_and_it_must_be_gone_for_a_while() -> None:
    watched = Watched(HOT)
    watched.hear("intake", 41, 0)
    watched.at(10)
    watched.hear("intake", 39, 20)
    assert watched.at(1000)
    watched.hear("intake", 38, 1000)
    assert watched.at(1019)
    watched.hear("intake", 39, 1019)  # rises again, within the band: it begins anew
    watched.hear("intake", 37, 1030)
    assert watched.at(1049)
    assert not watched.at(1050)


def test_only_what_is_measured_counts() -> None:
    watched = Watched(replace(HOT, hold=0))
    for quality in (Quality.STALE, Quality.SILENT, Quality.ASSUMED):
        watched.hear("intake", 50, 0, quality)
    watched.hear("intake", None, 0)
    assert watched.at(100) == {}
    watched.hear("intake", 50, 100)
    watched.hear("intake", 20, 101, Quality.ASSUMED)
    assert watched.at(500)


def test_what_grew_old_is_not_confirmed_by_time() -> None:
    watched = Watched(HOT)
    watched.hear("intake", 41, 0)
    watched.fresh = False
    assert watched.at(100) == {}


def test_a_latched_fault_waits_for_a_person() -> None:
    watched = Watched(Rule("fire", "fire.state", Severity.CRITICAL, frozenset({"active"}), latch=True))
    watched.hear("fire.state", "active", 0)
    watched.acknowledged = True
    assert watched.at(1)  # acknowledged, but it burns
    watched.acknowledged = False
    watched.hear("fire.state", "clear", 10)
    assert watched.at(1000)
    watched.acknowledged = True
    assert not watched.at(1001)


def test_what_stands_at_the_first_look_is_marked_so() -> None:
    watched = Watched(replace(HOT, hold=0))
    watched.hear("intake", 50, 0)
    assert next(iter(watched.at(0).values())).at_start
    watched.hear("intake", 20, 1)
    watched.at(30)
    watched.hear("intake", 50, 31)
    assert not next(iter(watched.at(31).values())).at_start


def test_of_two_rules_for_one_fault_the_graver_counts() -> None:
    watched = Watched(
        Rule("lamp", "lamp.state", Severity.CRITICAL, frozenset({"error"})),
        Rule("lamp", "lamp.state", Severity.WARNING, frozenset({"warning"})),
        Rule("lamp", "lamp.hours", Severity.NOTICE, above=100, part=""),
    )
    watched.hear("lamp.hours", 200, 0)
    watched.hear("lamp.state", "error", 0)
    assert watched.at(0)[FaultKey("d", "lamp")].severity is Severity.CRITICAL
    watched.hear("lamp.state", "warning", 1)
    assert watched.at(1)[FaultKey("d", "lamp")].severity is Severity.WARNING


def test_a_rule_may_ask_for_the_phase_and_for_other_points() -> None:
    rule = Rule(
        "battery",
        "bay.*.health",
        Severity.WARNING,
        below=80,
        where=(("{part}.present", "yes"),),
        unless=(("{part}.state", "charging"),),
        phases=frozenset({Phase.MEETING}),
    )
    watched = Watched(rule)
    watched.hear("bay.3.health", 60, 0)
    assert watched.at(0) == {}
    watched.phase = Phase.MEETING
    watched.hear("bay.3.health", 60, 1)
    assert watched.at(1) == {}  # we do not know whether there is a pack at all
    watched.known["bay.3.present"] = "yes"
    watched.hear("bay.3.health", 60, 2)
    assert set(watched.at(2)) == {FaultKey("d", "battery", "bay.3")}
    watched.known["bay.3.state"] = "charging"
    watched.hear("bay.3.health", 60, 3)
    assert watched.at(3) == {}


@given(st.lists(st.tuples(st.floats(0.1, 30), st.floats(30, 50)), max_size=40))
def test_a_fault_never_comes_from_less_than_its_hold_nor_goes_in_less_than_its_keep(
    steps: list[tuple[float, float]],
) -> None:
    watched, now, changes = Watched(HOT), 0.0, list[float]()
    over, standing = None, False
    for wait, value in steps:
        now += wait
        if bool(found := watched.at(now)) is not standing:
            standing = bool(found)
            changes.append(now)
            assert not standing or (over is not None and now - over >= 10 - 1e-6)
        watched.hear("intake", value, now)
        over = (now if over is None else over) if value > 40 else None
        standing = bool(watched.watchman.findings())


def test_every_device_gets_the_rules_for_what_it_has() -> None:
    house = a_house()
    spec = DeviceSpec("r301-projector", "301", "x", "tcp://x", {"rated_lamp_hours": 5000})
    watched = Watched(*rules_for(spec, house))
    watched.hear("lamp.hours", 4150, 0)
    (finding,) = watched.at(0).values()
    assert (finding.key, finding.severity, finding.limit) == (
        FaultKey("d", "wear", "lamp"),
        Severity.NOTICE,
        "≤ 4000",
    )


def test_a_display_that_goes_dark_in_a_meeting_after_it_was_told_on_lacks_power() -> None:
    spec = a_house().devices["r301-projector"]
    watched = Watched(*rules_for(spec, a_house()), phase=Phase.MEETING)
    watched.hear("power", "off", 0)
    assert watched.at(10) == {}
    watched.known["wished.power"] = "on"
    watched.hear("power", "off", 10)
    assert set(watched.at(15)) == {FaultKey("d", "power")}


def test_every_limit_has_a_number() -> None:
    assert all(isinstance(value, int | float) for value in LIMITS.values())
