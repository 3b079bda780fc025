"""The dialects osc, http and mqtt: what a profile may say, what it is told when it is wrong, and what it refuses."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avctl.drivers.profile import prove
from avctl.drivers.profile_value import MISSING, Number, Text, Words, filled, pointed
from avctl.drivers.registry import options_model

OSC = """\
profile: acme-mixer
dialect: osc
source: ACME OSC manual, rev. 1
options:
  channels: {type: int, default: 2, low: 1, high: 32, doc: how many channels}
units:
  channel: {count: channels, width: 2}
recognise: {ask: /info, argument: 1, begins: ACME}
points:
  channel.{n}.mute: {kind: words, address: "/ch/{index}/on", words: {0: "on", 1: "off"}, doc: "Mute of channel {n}"}
  channel.{n}.fader: {kind: number, address: "/ch/{index}/fader", scale: 100, unit: "%", low: 0, high: 100, doc: Fader}
  identity.model: {kind: text, address: /info, argument: 2, doc: Model}
queries:
  strips: {every: 10, timeout: 0.4, points: ["channel.{n}.mute", "channel.{n}.fader"]}
  identity: {every: 3600, points: [identity.model]}
  remote: {every: 8, say: /remote}
writes:
  channel.{n}.mute: {words: {"on": 0, "off": 1}}
  channel.{n}.fader: {type: float, scale: 100}
examples:
  - source: p. 3
    heard: {/ch/01/on: [0], /ch/01/fader: [0.75], /info: [V1, ACME, M2]}
    means: {channel.01.mute: "on", channel.01.fader: 75.0, identity.model: M2, channel.02.mute: null}
  - {source: p. 4, set: {channel.02.mute: "off"}, sends: {/ch/02/on: [1]}}
  - {source: p. 4, set: {channel.01.fader: 50}, sends: {/ch/01/fader: [0.5]}}
"""

HTTP = """\
profile: acme-cam
dialect: http
source: ACME camera API 2.1
options:
  slot: {type: int, default: 1, doc: which camera of the frame}
headers: {X-Client: avctl}
recognise: {get: /api/info, at: /product, begins: ACME}
points:
  power: {kind: words, at: /power/on, words: {true: "on", false: "off"}, doc: Power}
  temperature: {kind: number, at: /sensors/0/celsius, unit: °C, sentinels: [-999], doc: Inside}
  identity.model: {kind: text, at: /product, doc: Model}
queries:
  status: {get: "/api/cam/{slot}", every: 20, points: [power, temperature]}
  identity: {get: /api/info, every: 3600, points: [identity.model]}
writes:
  power:
    post: /api/cam/{slot}/power
    body: {on: "{value}", by: "cam {slot}"}
    words: {"on": true, "off": false}
    read_back: status
    within: 5
examples:
  - source: API 2.1, p. 9
    get: /api/cam/1
    heard: {power: {on: true}, sensors: [{celsius: 41.5}]}
    means: {power: "on", temperature: 41.5}
  - source: API 2.1, p. 9, without a sensor
    get: /api/cam/1
    heard: {power: {on: false}, sensors: [{celsius: -999}]}
    means: {power: "off", temperature: null}
  - source: API 2.1, p. 12
    set: {power: "on"}
    sends: {request: POST /api/cam/1/power, body: {on: true, by: cam 1}}
"""

MQTT = """\
profile: acme-plug
dialect: mqtt
source: ACME plug, MQTT notes
options:
  name: {type: text, default: plug, doc: its name at the broker}
alive: {topic: "{name}/LWT", says: Online}
points:
  power: {kind: words, topic: "{name}/POWER", words: {"ON": "on", "OFF": "off"}, doc: Power}
  load.power: {kind: number, topic: "{name}/SENSOR", at: /ENERGY/Power, unit: W, doc: What it draws}
queries:
  state: {every: 30, timeout: 1, points: [power], ask: {topic: "{name}/cmnd/POWER"}}
  load: {every: 60, timeout: 1, points: [load.power]}
writes:
  power: {topic: "{name}/cmnd/POWER", words: {"on": "ON", "off": "OFF"}, within: 2}
examples:
  - source: notes p. 1
    heard: {plug/POWER: "ON", plug/SENSOR: {ENERGY: {Power: 41.5}}}
    means: {power: "on", load.power: 41.5}
  - {source: notes p. 2, set: {power: "off"}, sends: {plug/cmnd/POWER: "OFF"}}
"""
PROFILES = {"acme-mixer": OSC, "acme-cam": HTTP, "acme-plug": MQTT}


def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, *changes: tuple[str, str]) -> list[str]:
    text = PROFILES[name]
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    monkeypatch.chdir(tmp_path)
    Path(f"{name}.yaml").write_text(text)
    return prove(Path(f"{name}.yaml"))


@pytest.mark.parametrize("name", PROFILES)
def test_the_good_ones_are_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    assert told(tmp_path, monkeypatch, name) == []


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("acme-mixer", "channel.01.fader: 75.0", "channel.01.fader: 7.5", "channel.01.fader is 75.0 by this profile"),
        ("acme-mixer", "/ch/02/on: [1]", "/ch/02/on: [0]", "is sent by this profile"),
        ("acme-mixer", "count: channels", "count: chanels", '"chanels" is no option of type int, did you mean'),
        ("acme-mixer", "/ch/{index}/on", "/ch/1/on", "needs {index} in its address"),
        ("acme-mixer", "say: /remote", 'say: /remote, points: ["channel.{n}.mute"]', "either points: or say:"),
        ("acme-mixer", 'words: {"on": 0', 'words: {"no": 0', 'never says "no"'),
        ("acme-mixer", "address: /info", "address: info", "string should match pattern"),
        ("acme-cam", "at: /power/on", "at: power/on", "string should match pattern"),
        ("acme-cam", "read_back: status", "read_back: identity", '"identity" is no query that answers power'),
        ("acme-cam", "    post: /api", "    get: /api/x\n    post: /api", "want one of post:, put:, patch: or get:"),
        ("acme-cam", "temperature: 41.5}", "temperature: 40}", "41.5 by this profile, 40 by the example"),
        ("acme-cam", "{on: true, by: cam 1}", "{on: 1.5, by: cam 1}", "is sent by this profile"),
        ("acme-cam", "get: /api/cam/1\n", "get: /api/cam\n", "no query gets /api/cam, did you mean"),
        ("acme-cam", "slot: {type", "token: {type", '"token" is an option of every such device already'),
        ("acme-plug", "points: [load.power]}", "points: [load.powr]}", "there is no point load.powr, did you mean"),
        ("acme-plug", 'plug/cmnd/POWER: "OFF"', 'plug/cmnd/POWER: "off"', "is sent by this profile"),
        ("acme-plug", '"{name}/LWT"', '"#"', "string should match pattern"),
        ("acme-plug", "says: Online", "sais: Online", 'Did you mean "says"?'),
    ],
)  # fmt: skip
def test_a_mistake_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, old: str, new: str, said: str
) -> None:
    found = told(tmp_path, monkeypatch, name, (old, new))
    assert any(said in one and one.startswith(f"{name}.yaml:") for one in found), found


@pytest.mark.parametrize("name", PROFILES)
def test_what_can_be_set_wants_an_example_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    text = PROFILES[name]
    last = text[text.rindex("  - ") :]
    assert any("can be set, but no example shows" in one for one in told(tmp_path, monkeypatch, name, (last, "")))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"token": {"secret": "t"}, "user": "u", "password": {"secret": "p"}}, "either token"),
        ({"user": "u"}, "belong together"),
        ({"token": "literal"}, "token"),
    ],
)
def test_there_is_one_way_in_and_it_is_never_written(tmp_path: Path, options: dict[str, object], said: str) -> None:
    (tmp_path / "acme-cam.yaml").write_text(HTTP)
    with pytest.raises(ValueError, match=said):
        options_model("acme-cam", tmp_path).model_validate(options)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
SHAPES = [
    Number(kind="number", doc="x", scale=0.1, sentinels=[-1, "n/a"]),
    Words(kind="words", doc="x", words={"1": "on", "true": "on", "0": "off"}),
    Words(kind="words", doc="x", words={"a": "b"}, other="other"),
    Text(kind="text", doc="x", sentinels=["-"]),
]


@given(JSON | st.just(MISSING), st.sampled_from(SHAPES))
def test_nothing_a_device_says_upsets_a_meaning_or_leaves_its_words(raw: object, shape: Number | Words | Text) -> None:
    value = shape.mean(raw)
    assert value is None or not shape.vocabulary or value in shape.vocabulary
    assert value is None or isinstance(value, str) or abs(value) != float("inf")
    assert value == value


@given(JSON, st.text(max_size=8))
def test_a_pointer_points_or_it_does_not(document: object, pointer: str) -> None:
    pointed(document, pointer)
    assert pointed({"a/b": [{"c~": 7}]}, "/a~1b/0/c~0") == 7
    assert pointed(document, "/nowhere/at/all") is MISSING


def test_a_placeholder_alone_keeps_the_type_of_its_value() -> None:
    assert filled({"a": ["{v}", "is {v}"], "b": 1}, {"v": True}) == {"a": [True, "is true"], "b": 1}


@pytest.mark.parametrize("raw", [1.7e308, 10**400, -1.7e308, float("nan"), "1e400"])
def test_a_figure_beyond_all_floats_is_no_figure(raw: object) -> None:
    assert Number(kind="number", doc="x", scale=100.5).mean(raw) is None
