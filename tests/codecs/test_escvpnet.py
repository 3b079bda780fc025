"""ESC/VP.net: sixteen bytes before everything else, whatever a unit puts into the ones that do not matter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avctl.codecs import escvpnet as wire
from tests.wire.transcript import transcripts

ANSWER = b"ESC/VP.net\x10\x03\x00\x00\x20\x00"


@given(st.binary(max_size=80))
def test_no_bytes_on_earth_are_more_than_no_answer(data: bytes) -> None:
    try:
        door = wire.answered(data)
    except ValueError:
        assert not data.startswith(wire.NAME)
    else:
        assert door is None or isinstance(door, wire.Door)


@given(st.integers(0, len(ANSWER) - 1))
def test_half_an_answer_is_waited_for(cut: int) -> None:
    assert wire.answered(ANSWER[:cut]) is None


@pytest.mark.parametrize("tail", [b"", b":", b"PWR=01\r:", b":PWR=01\r:"])
@pytest.mark.parametrize("kind", [0, 1, 3])
def test_the_type_byte_and_a_prompt_do_not_matter(kind: int, tail: bytes) -> None:
    door = wire.answered(ANSWER[:11] + bytes((kind,)) + ANSWER[12:] + tail)
    assert door == wire.Door(wire.OK, tail.removeprefix(b":"))


def test_headers_behind_the_answer_are_passed_over() -> None:
    assert wire.answered(ANSWER[:15] + b"\x01" + bytes(17)) is None
    assert wire.answered(ANSWER[:15] + b"\x01" + bytes(18) + b":") == wire.Door(wire.OK, b"")


def test_what_is_sent_is_what_the_transcripts_say() -> None:
    plain, locked = transcripts("escvpnet")
    assert wire.connect() == plain.turns[0].asked
    assert wire.connect("epson") == locked.turns[1].asked
    with pytest.raises(ValueError, match="16 characters"):
        wire.connect("x" * 17)
