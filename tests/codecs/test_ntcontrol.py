"""NTCONTROL: lines that say little, and the digest of the manual."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avctl.codecs import ntcontrol as wire
from avctl.codecs.noise import Noise


def messages(*pieces: bytes) -> list[wire.Message | Noise]:
    decoder = wire.Decoder()
    return [message for piece in pieces for message in decoder.feed(piece)]


@given(st.lists(st.binary(max_size=60)))
def test_no_bytes_on_earth_upset_the_decoder(pieces: list[bytes]) -> None:
    assert all(isinstance(message, wire.Message | Noise) for message in messages(*pieces))


LINES = st.sampled_from([b"NTCONTROL 0\r", b"NTCONTROL 1 01234567\r", b"00001\r", b"ERR3\r", b"00HD1\r"])


@given(st.lists(LINES | st.binary(max_size=20)), st.data())
def test_cuts_do_not_matter(lines: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=8)))
    pieces = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    assert messages(*pieces) == messages(whole)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (b"NTCONTROL 0\r", [wire.Greeting("")]),
        (b"NTCONTROL 1 01234567\r", [wire.Greeting("01234567")]),
        (b"00001\r", [wire.Answer("001")]),
        (b"00\r", [wire.Answer("")]),
        (b"ERRA\r", [wire.Error("A")]),
        (b"00ERR3\r", [wire.Error("3")]),
        (b"\xff\x0000HD1\r", [Noise(b"\xff\x0000HD1"), wire.Answer("HD1")]),
        (b"PJLINK 0\r", [Noise(b"PJLINK 0")]),
    ],
)
def test_what_the_manual_says(said: bytes, meant: list[object]) -> None:
    assert messages(said) == meant


def test_the_digest_is_that_of_the_manual() -> None:
    digest = wire.digest("admin1", "panasonic", "01234567")
    assert wire.encode("PON", digest) == b"9ee58d0f067f459297a202057a38d91f00PON\r"


def test_an_endless_stream_is_let_go_and_the_next_line_is_understood() -> None:
    assert messages(b"x" * 10_000, b"\r00001\r")[-1] == wire.Answer("001")
