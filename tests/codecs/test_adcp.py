"""ADCP: JSON, words and errors, and nothing that comes over the wire can hurt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avctl.codecs import adcp as wire
from avctl.codecs.noise import Noise


def messages(*pieces: bytes) -> list[wire.Message | Noise]:
    decoder = wire.Decoder()
    return [message for piece in pieces for message in decoder.feed(piece)]


@given(st.lists(st.binary(max_size=60)))
def test_no_bytes_on_earth_upset_the_decoder(pieces: list[bytes]) -> None:
    assert all(isinstance(message, wire.Message | Noise) for message in messages(*pieces))


LINES = st.sampled_from([b"NOKEY\r\n", b"ok\r\n", b'"standby"\r\n', b"err_cmd\r\n", b'[{"light_src":12}]\r\n'])


@given(st.lists(LINES | st.binary(max_size=20)), st.data())
def test_cuts_do_not_matter(lines: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=8)))
    pieces = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    assert messages(*pieces) == messages(whole)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (b"NOKEY\r\n", [wire.Text("NOKEY")]),
        (b"OK\r\n", [wire.Ok()]),
        (b'"standby"\r\n', [wire.Said("standby")]),
        (b'["err_fan"]\r\n', [wire.Said(["err_fan"])]),
        (b'[{"light_src":12}]\r\n', [wire.Said([{"light_src": 12}])]),
        (b"err_internal1\r\n", [wire.Error("err_internal1")]),
        (b'\xff\x00"on"\r\n', [Noise(b'\xff\x00"on"'), wire.Said("on")]),
        (b'"half\r\n', [Noise(b'"half')]),
        (b"[" * 3000 + b"\r\n", [Noise(b"[" * 3000)]),
    ],
)
def test_what_the_manual_says(said: bytes, meant: list[object]) -> None:
    assert messages(said) == meant


def test_the_digest_is_that_of_the_standard() -> None:
    assert wire.digest("a", "bc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_an_endless_stream_is_let_go_and_the_next_line_is_understood() -> None:
    assert messages(b"x" * 10_000, b"\r\nok\r\n")[-1] == wire.Ok()
