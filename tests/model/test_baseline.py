"""A desk as it was, and what has moved since."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avctl.model.baseline import Drift, capture, drift, dump, load
from avctl.model.point import Point
from avctl.model.reading import Quality, Reading, Value

VALUES = st.integers(-(10**9), 10**9) | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20)
BASELINES = st.dictionaries(st.text(min_size=1, max_size=20), VALUES, max_size=20)


def reading(point: str, value: Value | None, quality: Quality = Quality.MEASURED) -> Reading:
    return Reading("desk", point, value, quality, 0.0)


def now(values: dict[str, Value]) -> list[Reading]:
    return [reading(point, value) for point, value in values.items()]


def test_what_stands_still_is_captured_and_what_was_not_measured_is_not() -> None:
    points = {name: Point(name, "", "") for name in ("main.fader", "scene", "status", "bus.01.mute", "bus.02.mute")}
    points["main.level"] = Point("main.level", "", "", fleeting=True)
    said = [
        *now({"scene": 2, "main.fader": -3.0, "main.level": -20.0, "status": "active", "from.elsewhere": 1}),
        reading("bus.01.mute", "on", Quality.STALE),
        reading("bus.02.mute", None),
    ]
    assert capture(said, points) == {"main.fader": -3.0, "scene": 2}


def test_a_fader_may_stray_a_decibel_and_a_mute_not_at_all() -> None:
    was: dict[str, Value] = {"channel.01.fader": -5.0, "channel.02.fader": -5.0, "channel.01.mute": "off", "scene": 2}
    is_now = now({"channel.01.fader": -5.9, "channel.02.fader": -6.2, "channel.01.mute": "on", "scene": 2})
    assert drift(was, is_now) == (Drift("channel.02.fader", -5.0, -6.2), Drift("channel.01.mute", "off", "on"))


def test_what_could_not_be_measured_is_a_question_and_no_finding() -> None:
    (question,) = drift({"main.mute": "off"}, [reading("main.mute", "off", Quality.SILENT)])
    assert (question.now, question.known) == (None, False)


def test_the_longest_ending_says_how_far_it_may_be_off() -> None:
    was: dict[str, Value] = {"channel.01.fader": 0.0, "channel.02.fader": 0.0}
    is_now = now({"channel.01.fader": 2.0, "channel.02.fader": 2.0})
    assert [d.point for d in drift(was, is_now, {"fader": 3.0, "channel.02.fader": 1.0})] == ["channel.02.fader"]


@given(BASELINES)
def test_nothing_has_moved_against_itself_and_a_file_keeps_it(baseline: dict[str, Value]) -> None:
    assert drift(load(dump(baseline)), now(baseline)) == ()


@pytest.mark.parametrize("text", ["", "[", "[]", '{"a": null}', '{"a": true}', '{"a": [1]}', '{"a": NaN}', "[" * 9999])
def test_a_file_that_is_no_baseline_says_why(text: str) -> None:
    with pytest.raises(ValueError, match=r"baseline|value"):
        load(text)
