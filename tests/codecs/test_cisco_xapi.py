"""xAPI: blocks end with their end, prompts need none, cuts do not matter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avctl.codecs import cisco_xapi as wire
from avctl.codecs.noise import Noise


def messages(*pieces: bytes) -> list[wire.Message | Noise]:
    decoder = wire.Decoder()
    return [message for piece in pieces for message in decoder.feed(piece)]


LINES = st.sampled_from(
    [
        b"*s Call 27 Status: Connected\r\n",
        b"*s Call 27 (ghost=True):\r\n",
        b"*r DialResult (status=OK):\r\n",
        b"  CallId: 2\r\n",
        b'** resultId: "7"\r\n',
        b"** end\r\n",
        b"OK\r\n",
    ]
)


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
        (b"*s Standby State: Off\r\n** end\r\n", [wire.Block((wire.Status("Standby State", "Off"),))]),
        (
            b'*s Call 27 Protocol: "h323"\r\n** resultId: "7"\r\n** end\r\n',
            [wire.Block((wire.Status("Call 27 Protocol", "h323"),), "7")],
        ),
        (
            b"OK\r\n*r DialResult (status=OK):\r\nCallId: 2\r\n** end\r\n",
            [wire.Text("OK"), wire.Block((wire.Result("DialResult", True), wire.Detail("CallId", "2")))],
        ),
        (b"*s Call 27 (ghost=True):\r\n** end\r\n", [wire.Block((wire.Status("Call 27", "", gone=True),))]),
        (b"login: ", [wire.Prompt("login")]),
        (b"\r\nPassword: ", [wire.Prompt("password")]),
    ],
)
def test_what_the_guides_say(said: bytes, meant: list[object]) -> None:
    assert messages(said) == meant
