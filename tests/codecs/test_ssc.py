"""Sennheiser Sound Control: JSON from a stranger is never trusted, and what the guides show is understood."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avctl.codecs import ssc as wire
from avctl.codecs.noise import Noise

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["osc", "error", "xid", "bays", "#"]), inner)
    ),
    max_leaves=20,
)


def message(datagram: bytes) -> wire.Message | Noise:
    (found,) = wire.Decoder().feed(datagram)
    return found


@given(st.binary(max_size=200))
def test_no_bytes_on_earth_upset_the_decoder(datagram: bytes) -> None:
    assert isinstance(message(datagram), wire.Message | Noise)


@given(JSON)
def test_no_json_on_earth_upsets_it_either(tree: Any) -> None:
    assert isinstance(message(json.dumps(tree).encode()), wire.Message | Noise)


@pytest.mark.parametrize(
    "datagram",
    [b"", b"{", b"[]", b"null", b"[" * 60_000, b'{"a":' * 30_000, b'{"a":NaN}', b"{'a':1}", b'{"a":1}{"b":2}',
     b'{"a":' + b"9" * 6000 + b"}", b"\xff{}", b'{"a":1}' + b" " * 70_000],
)  # fmt: skip
def test_what_no_device_would_send_is_noise(datagram: bytes) -> None:
    assert isinstance(message(datagram), Noise)


GAUGE = ("bays", "bat_gauge")


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (b'{"bays":{"bat_gauge":[0,100,0,100]}}', wire.Message({GAUGE: [0, 100, 0, 100]})),
        (b'{"osc":{"xid":7},"rx1":{"mute":true}}\0', wire.Message({("rx1", "mute"): True}, {}, 7)),
        (b'{"osc":{"error":[{"bays":{"active":[310]}}]}}', wire.Message({}, {("bays", "active"): 310})),
        (
            b'{ "osc": { "error": [ { "out1": { "level": [ 404, { "desc": "address not found" }] }} ] }}',
            wire.Message({}, {("out1", "level"): 404}),
        ),
        (b'{"osc":{"error":[400,{"desc":"not understood"}]}}', wire.Message({}, {(): 400})),
        (
            b'{"osc":{"xid":1234567890},"osc":{"state":{"subscribe":[{"bays":{"active":[false,false]}}]}}}',
            wire.Message({}, {}, 1234567890),
        ),
    ],
)
def test_what_the_guides_show(said: bytes, meant: wire.Message) -> None:
    assert message(said) == meant


def test_an_error_of_a_branch_is_an_error_of_its_leaves() -> None:
    found = message(b'{"osc":{"error":[{"mates":{"tx1":[424]}}]}}')
    assert isinstance(found, wire.Message)
    assert (found.error(("mates", "tx1", "type")), found.error(("mates", "tx2", "type"))) == (424, None)


def test_what_is_sent_is_what_the_guides_send() -> None:
    assert wire.question([GAUGE, ("bays", "state")], 7) == b'{"osc":{"xid":7},"bays":{"bat_gauge":null,"state":null}}'
    assert wire.wish(("rx1", "mute"), True, 8) == b'{"osc":{"xid":8},"rx1":{"mute":true}}'
    assert wire.subscription([GAUGE], 60, 9) == (
        b'{"osc":{"xid":9,"state":{"subscribe":[{"#":{"lifetime":60},"bays":{"bat_gauge":null}}]}}}'
    )
    assert b'"#":{"cancel":true}' in wire.subscription([GAUGE], 0, 9)
