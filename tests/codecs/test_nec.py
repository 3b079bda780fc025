"""NEC frames: the sum decides, cuts do not matter, and what does not add up does not take the next frame with it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avctl.codecs import nec as wire
from avctl.codecs.noise import Noise

HOURS = bytes.fromhex("2396012a0600015046000081")
OFF = bytes.fromhex("a285012a02020d63")


def messages(*pieces: bytes) -> list[wire.Message | Noise]:
    decoder = wire.Decoder()
    return [message for piece in pieces for message in decoder.feed(piece)]


def understood(*pieces: bytes) -> list[wire.Message]:
    return [message for message in messages(*pieces) if not isinstance(message, Noise)]


@given(st.lists(st.binary(max_size=60)))
def test_no_bytes_on_earth_upset_the_decoder(pieces: list[bytes]) -> None:
    assert all(isinstance(message, wire.Message | Noise) for message in messages(*pieces))


@given(st.lists(st.sampled_from([HOURS, OFF]) | st.binary(max_size=20)), st.data())
def test_cuts_do_not_matter(frames: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(frames)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=8)))
    pieces = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    assert understood(*pieces) == understood(whole)


@given(st.integers(0, 3), st.integers(0, 255), st.binary(max_size=64))
def test_what_is_sent_adds_up(kind: int, command: int, data: bytes) -> None:
    frame = wire.encode(kind, command, data)
    assert (frame[0], frame[1], frame[4], frame[5:-1]) == (kind, command, len(data), data)
    assert sum(frame[:-1]) & 0xFF == frame[-1]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (HOURS, [wire.Answer(0x03, 0x96, bytes.fromhex("000150460000"))]),
        (OFF, [wire.Failure(0x02, 0x85, "020D")]),
        (HOURS + OFF, [wire.Answer(0x03, 0x96, bytes.fromhex("000150460000")), wire.Failure(0x02, 0x85, "020D")]),
        (b"\xff\x00" + OFF, [wire.Failure(0x02, 0x85, "020D")]),
        (HOURS[:-1] + b"\x00" + OFF, [wire.Failure(0x02, 0x85, "020D")]),  # the sum is wrong: only the second counts
    ],
)
def test_what_the_manual_says(said: bytes, meant: list[object]) -> None:
    assert understood(said) == meant


def test_the_commands_are_those_of_the_manual() -> None:
    assert wire.encode(0x02, 0x00) == bytes.fromhex("020000000002")
    assert wire.encode(0x02, 0x03, b"\x01\x1a") == bytes.fromhex("02030000 02 01 1A 22")
    assert wire.encode(0x03, 0x96, b"\x00\x01") == bytes.fromhex("0396000002 00 01 9C")
    assert wire.encode(0x00, 0x85, b"\x01") == bytes.fromhex("0085000001 01 87")
