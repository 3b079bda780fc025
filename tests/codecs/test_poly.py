"""Poly: lines, calls and notifications; cuts do not matter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avctl.codecs import poly as wire
from avctl.codecs.noise import Noise


def messages(*pieces: bytes) -> list[wire.Message | Noise]:
    decoder = wire.Decoder()
    return [message for piece in pieces for message in decoder.feed(piece)]


LINES = st.sampled_from([b"mute near off\r\n", b"callinfo end\r\n", b"-> volume 50\r\n", b"error: no\r\n"])


@given(st.lists(LINES | st.binary(max_size=40)))
def test_no_bytes_on_earth_upset_the_decoder(pieces: list[bytes]) -> None:
    assert all(isinstance(message, wire.Message | Noise) for message in messages(*pieces))


@given(st.lists(LINES), st.data())
def test_cuts_do_not_matter(lines: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=8)))
    pieces = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    assert messages(*pieces) == messages(whole)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (
            b"callinfo:43:Polycom Group Series Demo:192.168.1.101:384:connected:notmuted:outgoing:videocall\r\n",
            [wire.Call(43, "192.168.1.101", "connected")],
        ),
        (
            b"notification:callstatus:outgoing:34:Group Series Demo:192.168.1.101:connected:384:0:videocall\r\n",
            [wire.Call(34, "192.168.1.101", "connected", unasked=True)],
        ),
        (
            b"notification:callstatus:outgoing:45:null 1::opened::0:videocall\r\n",
            [wire.Call(45, "", "opened", unasked=True)],
        ),
        (b"notification:mutestatus:near:near:near:near:muted\r\n", [wire.Muted(True)]),
        (b"-> mute near off\r\n", [wire.Line("mute near off")]),
        (b"Password: ", [wire.Prompt("password")]),
    ],
)
def test_what_the_manual_says(said: bytes, meant: list[object]) -> None:
    assert messages(said) == meant
