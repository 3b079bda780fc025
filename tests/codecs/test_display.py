"""LG and Sony: no bytes upset the decoders, cuts do not matter, what the manuals say is understood."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avctl.codecs import lg_rs232 as lg
from avctl.codecs import sony_bravia as sony
from avctl.codecs.noise import Noise

ANSWERS = {lg: (b"a 01 OK01x", b"f 01 NG65x", b"v 01 OK0201x"), sony: (b"*SAPOWR0000000000000001\n",)}


def messages(codec: Any, *pieces: bytes) -> list[object]:
    decoder = codec.Decoder()
    return [message for piece in pieces for message in decoder.feed(piece)]


@pytest.mark.parametrize("codec", ANSWERS)
@given(st.data())
def test_no_bytes_upset_the_decoder_and_cuts_do_not_matter(codec: Any, data: st.DataObject) -> None:
    lines = data.draw(st.lists(st.sampled_from(ANSWERS[codec]) | st.binary(max_size=30)))
    whole = b"".join(lines)[:100]
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=8)))
    pieces = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    assert messages(codec, *pieces) == messages(codec, whole)
    known = Noise | (lg.Answer if codec is lg else sony.Frame)
    assert all(isinstance(message, known) for message in messages(codec, *lines))


@pytest.mark.parametrize(
    ("codec", "said", "meant"),
    [
        (lg, b"a 01 OK01x", [lg.Answer("a", 1, True, "01")]),
        (lg, b"b 63 NG90x", [lg.Answer("b", 0x63, False, "90")]),
        (lg, b"\xff\x00a 01 OK01x", [Noise(b"\xff\x00a 01 OK01"), lg.Answer("a", 1, True, "01")]),
        (lg, b"what?x", [Noise(b"what?x")]),
        (sony, b"*SAPOWR0000000000000001\n", [sony.Frame("POWR", "0000000000000001")]),
        (sony, b"*SNVOLU0000000000000029\n", [sony.Frame("VOLU", "0000000000000029", True)]),
        (sony, b"*SAPOWR1\n", [Noise(b"*SAPOWR1")]),
        (
            sony,
            b"\xff\x00*SAPOWR0000000000000001\n",
            [Noise(b"\xff\x00*SAPOWR0000000000000001"), sony.Frame("POWR", "0000000000000001")],
        ),
    ],
)
def test_what_the_manuals_say(codec: Any, said: bytes, meant: list[object]) -> None:
    assert messages(codec, said) == meant


def test_what_is_said_is_what_the_manuals_want() -> None:
    assert lg.encode("ka", 1) == b"ka 01 ff\r"
    assert sony.control("POWR", "0") == b"*SCPOWR0000000000000000\n"
    assert sony.enquiry("POWR") == b"*SEPOWR################\n"
