"""Limits as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avctl.model.outcome import Verdict
from avctl.playbooks.limit import band, limits

P, M, F = Verdict.PASS, Verdict.MARGINAL, Verdict.FAIL


@pytest.mark.parametrize(
    ("written", "value", "verdict"),
    [
        ("on", "on", P), ("on", "off", F), (["a", "b"], "b", P), (["a", "b"], "c", F), (2, 2, P), (2, 2.0, P),
        (2, 3, F), (">=95", 95, P), (">95", 95, F), ("<80", 79.9, P), ("<=3", 3, P), ("<=3", "3", F),
        ("-21..-19", -20, P), ("-21..-19", -21, P), ("-21..-19", -18.9, F),
        ({"pass": ">=95", "warn": ">=80"}, 96, P), ({"pass": ">=95", "warn": ">=80"}, 80, M),
        ({"pass": ">=95", "warn": ">=80"}, 79, F), ({"pass": "off", "warn": "on"}, "on", M),
    ],
)  # fmt: skip
def test_a_limit_means_what_it_says(written: object, value: float | str, verdict: Verdict) -> None:
    assert limits(written).judge(value) is verdict


@pytest.mark.parametrize(
    "written", [">>3", "3..", "5..1", True, None, [], {"warn": 3}, {"pass": 1, "fail": 2}, {"pass": None}, [None]]
)
def test_what_is_no_limit_is_told(written: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        limits(written)


@given(st.floats(-200, 200), st.floats(0, 50), st.floats(-300, 300))
def test_a_range_holds_what_lies_between_its_ends(low: float, width: float, value: float) -> None:
    low, high = round(low, 3), round(low + width, 3)
    assert (value in band(f"{low:.3f}..{high:.3f}")) == (low <= value <= high)
