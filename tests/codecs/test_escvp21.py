"""ESC/VP21: the prompt ends everything, cuts do not matter, and stray bytes do not take an answer with them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avctl.codecs import escvp21 as wire
from avctl.codecs.noise import Noise


def messages(*pieces: bytes) -> list[wire.Message | Noise]:
    decoder = wire.Decoder()
    return [message for piece in pieces for message in decoder.feed(piece)]


@given(st.lists(st.binary(max_size=60)))
def test_no_bytes_on_earth_upset_the_decoder(pieces: list[bytes]) -> None:
    assert all(isinstance(message, wire.Message | Noise) for message in messages(*pieces))


LINES = st.sampled_from([b"PWR=01\r:", b":", b"ERR\r:", b"LAMP=1 2\r:", b"IMEVENT=0001 03 00000002 00000000 T1 F1\r:"])


@given(st.lists(LINES | st.binary(max_size=20)), st.data())
def test_cuts_do_not_matter(lines: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=8)))
    pieces = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    assert messages(*pieces) == messages(whole)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (b":", [wire.Ok()]),
        (b"ERR\r:", [wire.Err()]),
        (b"PWR=01\r:", [wire.Answer("PWR", "01")]),
        (b"LAMP=1633 1633\r:", [wire.Answer("LAMP", "1633 1633")]),
        (b"IMEVENT=0001 03 00000002 00000000 T1 F1\r:", [wire.ImEvent("03", 2, 0)]),
        (b"IMEVENT=0001 FF 00000000 00000004 T1 F1\r:PWR=05\r:", [wire.ImEvent("FF", 0, 4), wire.Answer("PWR", "05")]),
        (b"IMEVENT=0001 03 00000002 00000000 T1 F1\rPWR=01\r:", [wire.ImEvent("03", 2, 0), wire.Answer("PWR", "01")]),
        (b"PWR=01\r\n:", [wire.Answer("PWR", "01")]),
        (b"\xff\x00PWR=01\r:", [Noise(b"\xffPWR=01"), wire.Answer("PWR", "01")]),
        (b"P\xffWR=01\r:", [Noise(b"P\xffWR=01")]),
        (b"IMEVENT=what\r:", [Noise(b"IMEVENT=what")]),
    ],
)
def test_what_the_guide_says(said: bytes, meant: list[object]) -> None:
    assert messages(said) == meant


def test_an_endless_stream_is_let_go_and_the_next_answer_is_understood() -> None:
    decoder = wire.Decoder()
    noise = [message for _ in range(1000) for message in decoder.feed(b"x" * 100)]
    assert all(isinstance(message, Noise) for message in noise)
    assert 20 <= len(noise) <= 25  # one per 4 kB
    assert [*decoder.feed(b":PWR=01\r:")][-1] == wire.Answer("PWR", "01")
