"""SIS: every line is a message, the password prompt needs no end, cuts do not matter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avctl.codecs import extron_sis as wire
from avctl.codecs.noise import Noise


def messages(*pieces: bytes) -> list[wire.Message | Noise]:
    decoder = wire.Decoder()
    return [message for piece in pieces for message in decoder.feed(piece)]


@given(st.lists(st.binary(max_size=60)))
def test_no_bytes_on_earth_upset_the_decoder(pieces: list[bytes]) -> None:
    assert all(isinstance(message, wire.Message | Noise) for message in messages(*pieces))


LINES = st.sampled_from([b"Out3 In1 All\r\n", b"E22\r\n", b"Vmt3*1\r\n", b"\r\n", b"1,0,1\r\n", b"Sig 1 0 1\r\n"])


@given(st.lists(LINES), st.data())
def test_cuts_do_not_matter(lines: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=8)))
    pieces = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    assert messages(*pieces) == messages(whole)


@given(st.text(max_size=40))
def test_any_text_is_a_list_of_signals_or_none(text: str) -> None:
    assert wire.signals(text) is None or set(wire.signals(text) or ()) <= {True, False}


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (b"Out3 In1 All\r\n", [wire.Tie(3, 1, "All")]),
        (b"Out03 In00 Vid\r\n", [wire.Tie(3, 0, "Vid")]),
        (b"In5 RGB\r\n", [wire.Tie(0, 5, "RGB")]),
        (b"Out1 In2All\r\n", [wire.Tie(1, 2, "All")]),
        (b"Vmt3*1\r\n", [wire.Mute(False, 3, True)]),
        (b"Amt0\r\n", [wire.Mute(True, 0, False)]),
        (b"Rpr03\r\n", [wire.Preset(3)]),
        (b"E22\r\n", [wire.Error(22)]),
        (b"\r\nPassword:", [wire.Prompt()]),
        (b"\r\nLogin Administrator\r\n", [wire.Login("Administrator")]),
        (b"\xff\x00E13\r\n", [Noise(b"\xff\x00E13"), wire.Error(13)]),
    ],
)
def test_what_the_manuals_say(said: bytes, meant: list[object]) -> None:
    assert messages(said) == meant


@pytest.mark.parametrize("text", ["1 0 1", "1,0,1", "101", "Sig 1 0 1", "In00*1*0*1"])
def test_families_list_their_signals_in_their_own_ways(text: str) -> None:
    assert wire.signals(text) == (True, False, True)
