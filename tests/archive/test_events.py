"""What was written is what is read back, for every kind of event there is."""

from math import isnan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avctl.archive.events import BODIES, from_json, to_json
from avctl.archive.telling import telling
from avctl.model.event import Body, PhaseChanged, Read
from avctl.model.reading import Quality, Reading

st.register_type_strategy(float, st.floats(allow_nan=False))


@pytest.mark.parametrize("kind", BODIES)
def test_every_body_survives_the_archive(kind: str) -> None:
    @given(st.from_type(BODIES[kind]))
    def survives(body: Body) -> None:
        text = to_json(body)
        text.encode()
        assert from_json(kind, text) == body
        assert len(telling(body).splitlines()) <= 1

    survives()


def test_half_a_surrogate_pair_from_a_broken_device_is_kept() -> None:
    body = Read("r1-mixer", (Reading("r1-mixer", "scene.name", "\ud83d", Quality.MEASURED, 1.0),))
    to_json(body).encode()
    assert from_json("read", to_json(body)) == body


def test_a_value_that_is_no_number_stays_one() -> None:
    body = Read("r1-mixer", (Reading("r1-mixer", "main.level", float("nan"), Quality.MEASURED, 1.0),))
    back = from_json("read", to_json(body))
    assert isinstance(back, Read) and isinstance(value := back.readings[0].value, float) and isnan(value)


def test_chinese_stays_readable_in_the_file() -> None:
    assert "灯泡" in to_json(BODIES["source-trouble"]("ics", "灯泡"))  # type: ignore[call-arg, arg-type]


def test_a_text_from_a_later_version_is_read_as_far_as_it_is_known() -> None:
    text = '{"room":"301","phase":"idle","occupancy":"free","booking":null,"why":"","mood":"good"}'
    assert isinstance(from_json("phase-changed", text), PhaseChanged)


@pytest.mark.parametrize(("kind", "text"), [("tea-served", "{}"), ("read", "[]"), ("phase-changed", '{"room":"1"}')])
def test_what_is_no_event_says_so(kind: str, text: str) -> None:
    with pytest.raises(ValueError, match="event"):
        from_json(kind, text)
