"""PJLink: a line is a line wherever it is cut, and the digests are those of the specification."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avctl.codecs import pjlink as wire
from avctl.codecs.noise import Noise


def messages(*pieces: bytes) -> list[wire.Message | Noise]:
    decoder = wire.Decoder()
    return [message for piece in pieces for message in decoder.feed(piece)]


@given(st.lists(st.binary(max_size=60)))
def test_no_bytes_on_earth_upset_the_decoder(pieces: list[bytes]) -> None:
    assert all(isinstance(message, wire.Message | Noise) for message in messages(*pieces))


LINES = st.sampled_from([b"PJLINK 0\r", b"PJLINK 1 498e4a67\r", b"PJLINK ERRA\r", b"%1LAMP=1234 1\r", b"%2IRES=-\r"])


@given(st.lists(LINES | st.binary(max_size=20)), st.data())
def test_cuts_do_not_matter(lines: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=8)))
    pieces = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    assert messages(*pieces) == messages(whole)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (b"PJLINK 0\r", [wire.Greeting("0")]),
        (b"pjlink 1 498e4a67\r", [wire.Greeting("1", "498e4a67")]),
        (b"PJLINK ERRA\r", [wire.Denied()]),
        (b"%1LAMP=1234 1\r", [wire.Reply("1", "LAMP", "1234 1")]),
        (b"%1powr=1\r", [wire.Reply("1", "POWR", "1")]),
        ("%1NAME=三楼\r".encode(), [wire.Reply("1", "NAME", "三楼")]),
        (b"%1NAME=\r", [wire.Reply("1", "NAME", "")]),
        (b"\xff\x00%1POWR=1\r", [Noise(b"\xff\x00%1POWR=1"), wire.Reply("1", "POWR", "1")]),
        (b"%1POWR=1\r\n%1INPT=31\r\n", [wire.Reply("1", "POWR", "1"), wire.Reply("1", "INPT", "31")]),
        (b"%3POWR=1\r", [Noise(b"%3POWR=1")]),
        (b"%1POWR=\xff\r", [Noise(b"%1POWR=\xff")]),
        (b"PWR=01\r", [Noise(b"PWR=01")]),
    ],
)
def test_what_the_specification_says(said: bytes, meant: list[object]) -> None:
    assert messages(said) == meant


def test_the_digests_are_those_of_the_specification() -> None:
    assert wire.digest("498e4a67", "JBMIAProjectorLink") == "5d8409bc1c3fa39749434aa3a5c38682"
    own = "00112233445566778899aabbccddeeff"
    proof = "2ef32d203b29e1c3e100b53847e9a9225d2fa9bcbb36ea05235e70b97b316b28"
    assert wire.digest_2("3db25e10f69c47a85adb24cf361897e0", own, "JBMIAProjectorLink") == own + proof


def test_an_endless_stream_is_let_go_and_the_next_line_is_understood() -> None:
    said = messages(b"x" * 10_000, b"\r%1POWR=1\r")
    assert said[-1] == wire.Reply("1", "POWR", "1")
    assert isinstance(said[0], Noise)
