"""Tesira and Q-SYS: no bytes upset the decoders, cuts do not matter, negotiation is told apart from text."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avctl.codecs import qsys_qrc as qrc
from avctl.codecs import tesira as ttp
from avctl.codecs.noise import Noise
from avctl.codecs.telnet import Negotiation, Sieve

SAID = {
    ttp: (b'+OK "value":-10.000000\r\n', b"-ERR what\r\n", b'! "publishToken":"a" "value":1\r\n'),
    qrc: (b'{"jsonrpc":"2.0","id":1,"result":true}\0', b'{"jsonrpc":"2.0","method":"EngineStatus","params":{}}\0'),
}


def messages(codec: Any, *pieces: bytes) -> list[object]:
    decoder = codec.Decoder()
    return [message for piece in pieces for message in decoder.feed(piece)]


@pytest.mark.parametrize("codec", SAID)
@given(st.data())
def test_no_bytes_upset_the_decoder_and_cuts_do_not_matter(codec: Any, data: st.DataObject) -> None:
    lines = data.draw(st.lists(st.sampled_from(SAID[codec])))
    whole = b"".join(lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=8)))
    pieces = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    assert messages(codec, *pieces) == messages(codec, whole)
    wild = data.draw(st.lists(st.sampled_from(SAID[codec]) | st.binary(max_size=40)))
    assert all(isinstance(message, codec.Message | Noise) for message in messages(codec, *wild))


@given(
    st.lists(st.binary(max_size=30) | st.sampled_from([b"\xff\xfd\x18", b"\xff\xfb\x01", b"\xff\xfa\x18\x01\xff\xf0"]))
)
def test_the_sieve_takes_anything(pieces: list[bytes]) -> None:
    sieve = Sieve()
    for piece in pieces:
        text, refusal = sieve.feed(piece)
        assert len(refusal) % 3 == 0 and isinstance(text, bytes)


@pytest.mark.parametrize("cut", range(9))
def test_options_are_refused_however_they_are_cut(cut: int) -> None:
    offers = b"\xff\xfd\x18\xff\xfb\x01ab\xff\xff"
    sieve = Sieve()
    (one, no), (two, never) = sieve.feed(offers[:cut]), sieve.feed(offers[cut:])
    assert (one + two, no + never) == (b"ab\xff", b"\xff\xfc\x18\xff\xfe\x01")


@pytest.mark.parametrize(
    ("codec", "said", "meant"),
    [
        (ttp, b"+OK\r\n", [ttp.Ok("")]),
        (ttp, b'+OK "value":"01234567"\r\n', [ttp.Ok("01234567")]),
        (ttp, b"+OK 2\r\n", [ttp.Ok("2")]),
        (ttp, b"-CANNOT_DELIVER\r\n", [ttp.Error("CANNOT_DELIVER", "")]),
        (ttp, b"-ERR Parse error at 8: verb\r\n", [ttp.Error("ERR", "Parse error at 8: verb")]),
        (ttp, b'! "publishToken":"a" "value":-3.5\r\n', [ttp.Published("a", "-3.5")]),
        (ttp, b"\xff\xfd\x18hi\r\n", [Negotiation(b"\xff\xfc\x18"), ttp.Text("hi")]),
        (qrc, b'{"id":1,"error":{"code":8,"message":"no"}}\0', [qrc.Reply(1, None, 8, "no")]),
        (qrc, b'{"id":true,"result":1}\0', [Noise(b'{"id":true,"result":1}')]),
        (qrc, b"[1]\0", [Noise(b"[1]")]),
        (qrc, b'\xff{"id":1,"result":null}\0', [Noise(b"\xff"), qrc.Reply(1)]),
        (qrc, b"[" * 100_000 + b"\0", [Noise(b"[" * 100_000)]),
    ],
)
def test_what_the_manuals_say(codec: Any, said: bytes, meant: list[object]) -> None:
    assert messages(codec, said) == meant


def test_what_is_said_is_what_the_manual_wants() -> None:
    assert qrc.encode("StatusGet", 0, 1) == b'{"jsonrpc":"2.0","method":"StatusGet","params":0,"id":1}\0'
