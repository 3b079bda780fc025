"""Profiles: what is wrong with one is said at once, at its place; what it claims, it proves."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from avctl.clock import SystemClock
from avctl.config import load
from avctl.document import Mistakes
from avctl.drivers import profile_snmp, registry
from avctl.drivers.profile import SHIPPED, Profile, prove
from avctl.model.house import DeviceSpec
from avctl.model.point import part_of

GOOD = """\
profile: room-sensor
dialect: snmp
source: Sensor manual, rev. 2
options:
  probes: {type: int, default: 2, low: 1, high: 8, doc: how many probes it has}
units:
  probe: {count: probes}
points:
  probe.{n}.temperature:
    kind: number
    oid: 1.3.6.1.4.1.99999.1.2.{index}
    scale: 0.1
    sentinels: [-999]
    unit: °C
    doc: Temperature at probe {n}
  alarm:
    kind: words
    oid: 1.3.6.1.4.1.99999.1.3.0
    words: {1: "on", 2: "off"}
    doc: The siren
queries:
  all: {every: 30, vital: true, points: ["probe.{n}.temperature", alarm]}
writes:
  alarm:
    oid: 1.3.6.1.4.1.99999.1.4.0
    words: {"on": 5, "off": 6}
examples:
  - source: p. 7
    heard: {1.3.6.1.4.1.99999.1.2.1: 215, 1.3.6.1.4.1.99999.1.2.2: -999, 1.3.6.1.4.1.99999.1.3.0: 2}
    means: {probe.1.temperature: 21.5, probe.2.temperature: null, alarm: "off"}
  - source: p. 8
    set: {alarm: "on"}
    sends: {1.3.6.1.4.1.99999.1.4.0: 5}
"""
Written = Callable[..., list[str]]


@pytest.fixture
def mistakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Written:
    """Every mistake of the good profile after some replacements."""
    monkeypatch.chdir(tmp_path)

    def written(*changes: tuple[str, str]) -> list[str]:
        text = GOOD
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        Path("room-sensor.yaml").write_text(text)
        return prove(Path("room-sensor.yaml"))

    return written


def test_the_good_one_is_good(mistakes: Written) -> None:
    assert mistakes() == []


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_profile_proves_itself(path: Path) -> None:
    assert prove(path) == []


def test_a_profile_without_examples_is_refused(mistakes: Written) -> None:
    assert mistakes((GOOD[GOOD.index("examples:") :], "")) == ["room-sensor.yaml:1:1: examples: missing"]


def test_empty_examples_are_none(mistakes: Written) -> None:
    [said] = mistakes((GOOD[GOOD.index("examples:") :], "examples: []\n"))
    assert said.startswith("room-sensor.yaml:27:1: examples: list should have at least 1 item")


def test_an_example_that_does_not_come_true_says_both_values(mistakes: Written) -> None:
    assert mistakes(("temperature: 21.5", "temperature: 215"), ('alarm: "off"', 'alarm: "on"')) == [
        "room-sensor.yaml:30:13: examples.0.means.probe.1.temperature: "
        "probe.1.temperature is 21.5 by this profile, 215 by the example",
        "room-sensor.yaml:30:66: examples.0.means.alarm: alarm is 'off' by this profile, 'on' by the example",
    ]


def test_control_and_status_mixed_up_are_caught_by_the_example(mistakes: Written) -> None:
    assert mistakes(('words: {"on": 5, "off": 6}', 'words: {"on": 6, "off": 5}')) == [
        "room-sensor.yaml:33:5: examples.1.sends: {'1.3.6.1.4.1.99999.1.4.0': 6} is sent by this profile, "
        "{'1.3.6.1.4.1.99999.1.4.0': 5} by the example"
    ]


def test_what_can_be_set_wants_an_example_of_its_own(mistakes: Written) -> None:
    [said] = mistakes((GOOD[GOOD.index("  - source: p. 8") :], ""))
    assert (
        said
        == "room-sensor.yaml:24:3: writes.alarm: alarm can be set, but no example shows what is sent (set: … sends: …)"
    )


def test_all_mistakes_are_told_at_once_each_at_its_place(mistakes: Written) -> None:
    assert mistakes(
        ("    scale: 0.1", "    scael: 0.1"),
        ("every: 30", "every: often"),
        ("    doc: The siren\n", ""),
        ("kind: words", "kind: wrods"),
    ) == [
        'room-sensor.yaml:12:5: points.probe.{n}.temperature.scael: is not known here. Did you mean "scale"?',
        "room-sensor.yaml:16:3: points.alarm: input tag 'wrods' found using 'kind' does not match any of the expected "
        "tags: 'number', 'ratio', 'words', 'text'",
        "room-sensor.yaml:21:9: queries.all.every: input should be a valid number; found 'often'",
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("count: probes", "count: probse", '7:11: units.probe.count: "probse" is no option of type int, did you mean'),
        ("1.2.{index}", "1.2.1", "11:5: points.probe.{n}.temperature.oid: a point of a unit needs {index} in its OID"),
        ("1.3.0\n", "1.3.{index}\n", "18:5: points.alarm.oid: {index} has no meaning here: only a point named like"),
        ("1.3.0\n", "1.3.{prob}\n", "18:5: points.alarm.oid: {prob} is neither {index} nor an option, did you mean"),
        (", alarm]", ", alram]", "22:67: queries.all.points.1: there is no point alram, did you mean alarm?"),
        (", alarm]", "]", "16:3: points.alarm: alarm is asked by no query"),
        ('words: {"on": 5', 'words: {"no": 5', '26:13: writes.alarm.words.no: the status never says "no"'),
        (
            "  alarm:\n    oid",
            "  alrm:\n    oid",
            "24:3: writes.alrm: there is no point alrm to read back, did you mean",
        ),
        ("probe: {count", "prob: {count", '9:3: points.probe.{n}.temperature: "probe" is not declared under units'),
        ("default: 2,", "default: 9,", "5:23: options.probes.default: 9 is outside 1 to 8"),
        (
            "  probes: {",
            "  timeout: {type: int, default: 1, doc: x}\n  probes: {",
            '5:3: options.timeout: "timeout" is an',
        ),
        ("profile: room-sensor", "profile: sensor", '1:1: profile: "sensor": a profile is named like its file'),
        (
            "dialect: snmp",
            "dialect: smtp",
            "2:1: dialect: 'smtp' is no dialect; want one of http, line, mqtt, osc, snmp",
        ),
        ("dialect: snmp\n", "", "1:1: dialect: missing; want one of http, line, mqtt, osc, snmp"),
        (
            "scale: 0.1",
            'scale: "0.1"',
            "12:5: points.probe.{n}.temperature.scale: input should be a valid number; found '0.1'",
        ),
        (
            "source: p. 7\n",
            "source: p. 7\n    sauce: p. 8\n",
            "29:5: examples.0.sauce: is not known here. Did you mean",
        ),
        ("dialect: snmp\n", "dialect: snmp\ndialect: snmp\n", '3:1: found duplicate key "dialect"'),
        ("units:\n", "units: [\n", "8:1: expected"),
    ],
)
def test_a_mistake_is_named_where_it_stands(mistakes: Written, old: str, new: str, said: str) -> None:
    found = mistakes((old, new))
    assert any(one.startswith(f"room-sensor.yaml:{said}") for one in found), found


def test_what_is_no_profile_at_all_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("list.yaml").write_text("- one\n- two\n")
    assert prove(Path("list.yaml")) == ["list.yaml:1:1: want keys and values, found a seq"]
    assert prove(Path("gone.yaml")) == ["gone.yaml:1:1: cannot be read: No such file or directory"]


def test_a_sites_profile_shadows_the_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "apc-rpdu2.yaml").write_text(GOOD.replace("profile: room-sensor", "profile: apc-rpdu2"))
    found = Profile.find("apc-rpdu2", tmp_path)
    assert found is not None and found.path.parent == tmp_path
    assert {"apc-rpdu2", "battery-mib"} <= set(Profile.names(tmp_path))


def test_an_edited_profile_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "room-sensor.yaml"
    path.write_text(GOOD)
    first = Profile.load(path)
    path.write_text(GOOD.replace("how many probes it has", "probes"))
    assert Profile.load(path) is not first


def test_a_broken_profile_never_becomes_a_driver(tmp_path: Path) -> None:
    (tmp_path / "room-sensor.yaml").write_text(GOOD.replace("every: 30", "every: 0"))
    with pytest.raises(Mistakes, match=r"room-sensor.yaml:22:9: queries.all.every: .*; found 0"):
        registry.kind("room-sensor", tmp_path)


def test_a_profile_makes_a_driver_with_points_that_explain_themselves(tmp_path: Path) -> None:
    (tmp_path / "room-sensor.yaml").write_text(GOOD)
    options = {"version": "2c", "community": {"secret": "c"}, "probes": 3}
    spec = DeviceSpec("r301-sensor", "301", "room-sensor", "snmp://10.20.1.9", options)
    driver = registry.build(spec, SystemClock(), {"c": "x"}.__getitem__, tmp_path)
    assert set(driver.points) == {*(f"probe.{n}.temperature" for n in (1, 2, 3)), "alarm"}
    third, alarm = driver.points["probe.3.temperature"], driver.points["alarm"]
    assert (third.doc, third.unit, third.writable, part_of(third.name)) == (
        "Temperature at probe 3",
        "°C",
        False,
        "probe.3",
    )
    assert (alarm.words, alarm.writable) == (("on", "off"), True)
    [query] = driver.queries
    assert (query.every, query.timeout, query.vital) == (30, 3.0, True)  # 1 s, twice repeated


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"version": "2c"}, "needs community"),
        ({"version": 3}, "needs user"),
        ({"version": 3, "user": "u", "priv": {"secret": "p"}}, "priv without auth"),
        ({"version": 4}, "'1', '2c' or '3'"),
        ({"community": "public"}, "community"),
        ({"community": {"secret": "c"}, "outlets": 99}, "outlets"),
        ({"community": {"secret": "c"}, "outlet": 8}, "outlet"),
    ],
)
def test_options_that_cannot_be_are_refused(options: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        registry.options_model("apc-rpdu2").model_validate(options)


def _text(name: str) -> str:
    return (SHIPPED / f"{name}.yaml").read_text()


VARBINDS = st.none() | st.integers() | st.floats() | st.text() | st.binary()


@pytest.mark.parametrize("name", [name for name in Profile.names() if "dialect: snmp" in _text(name)])
@given(said=st.data())
def test_nothing_an_agent_says_upsets_a_profile_or_becomes_a_number_that_is_none(
    name: str, said: st.DataObject
) -> None:
    profile = Profile.find(name)
    assert profile is not None and isinstance(profile.read, profile_snmp.SnmpProfile)
    few = {"outlets": 1, "bays": 1}
    plan = profile_snmp.plan(profile.read, {key: few[key] for key in few.keys() & profile.read.options.keys()})
    heard = {oid: said.draw(VARBINDS) for oid in plan.oids(list(plan.asks))}
    for point, value in plan.read(list(plan.asks), heard).items():
        known = plan.asks[point].point
        assert value is None or not known.words or value in known.words
        assert value is None or isinstance(value, str) or (value == value and abs(value) != float("inf"))


def test_a_site_with_a_broken_profile_is_told_the_profiles_mistakes(tmp_path: Path) -> None:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "room-sensor.yaml").write_text(GOOD.replace("every: 30", "every: 0"))
    site = (
        (Path(__file__).parents[2] / "config/site.yaml")
        .read_text()
        .replace("driver: apc-rpdu2", "driver: room-sensor", 1)
    )
    (tmp_path / "site.yaml").write_text(site)
    with pytest.raises(Mistakes) as told:
        load(tmp_path / "site.yaml")
    assert any("profiles/room-sensor.yaml:22:9: queries.all.every" in str(m) for m in told.value.mistakes)
