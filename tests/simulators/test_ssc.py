"""Sennheiser devices, spoken to in JSON from the guides."""

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.sennheiser_charger import Charger
from simulators.sennheiser_receiver import Rack
from simulators.ssc import Ssc

ME = ("127.0.0.1", 9)


def ask(device: Ssc, tree: Any) -> list[bytes]:
    said: list[bytes] = []
    device.hear(json.dumps(tree).encode(), ME, said.append)
    return said


async def test_a_subscription_tells_at_once_then_changes_and_then_its_end() -> None:
    charger = Charger("charger", {"packs": [{"charge": 100}]})
    said = ask(charger, {"osc": {"state": {"subscribe": [{"bays": {"bat_gauge": None}}]}}})
    assert said.pop() == b'{"bays":{"bat_gauge":[100,0,0,0]}}'
    said.clear()
    charger.pack_drained(1, charge=20)
    charger.pack_ages(1)
    await asyncio.sleep(10.1)
    assert said == [
        b'{"bays":{"bat_gauge":[20,0,0,0]}}',
        b'{"osc":{"error":[{"bays":{"bat_gauge":[310,{"desc":"subscription terminates"}]}}]}}',
    ]


async def test_the_same_packs_are_told_in_two_ways() -> None:
    packs = {"packs": [{"charge": 100, "serial": "A"}, None]}
    old, new = Charger("old", packs | {"model": "CHG4N"}), Charger("new", packs | {"model": "CHG 70N"})
    asked = {"bays": {"device_type": None, "bat_gauge": None}}
    assert ask(old, asked) == [b'{"bays":{"device_type":[1,0,0,0],"bat_gauge":[100,0,0,0]}}']
    assert ask(new, asked) == [b'{"bays":{"device_type":["BA70","NONE"],"bat_gauge":[100,null]}}']


@pytest.mark.parametrize(("gain", "taken"), [(99, 42), (-99, -3), (10, 9), (12, 12)])
async def test_a_gain_is_taken_as_the_nearest_there_is_and_nobody_is_told(gain: int, taken: int) -> None:
    assert ask(Rack("rack"), {"rx1": {"gain": gain}}) == [b'{"rx1":{"gain":%d}}' % taken]


async def test_what_is_no_json_is_not_understood() -> None:
    said: list[bytes] = []
    Rack("rack").hear(b"\xff{", ME, said.append)
    assert b"[400" in said[0]


@given(st.lists(st.binary(max_size=40)))
def test_no_bytes_on_earth_upset_it(datagrams: list[bytes]) -> None:
    async def talk() -> None:
        rack = Rack("rack")
        for datagram in datagrams:
            rack.hear(datagram, ME, lambda _: None)
        assert ask(rack, {"rx1": {"mute": None}}) == [b'{"rx1":{"mute":false}}']

    asyncio.run(talk())


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-9999, 9999) | st.text(max_size=4),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["osc", "state", "subscribe", "#", "lifetime", "rx1", "gain", "mute"]), inner
            )
        ),
        max_leaves=12,
    )
)
def test_no_json_on_earth_upsets_it(tree: Any) -> None:
    async def talk() -> None:
        rack = Rack("rack")
        ask(rack, tree)
        ask(rack, {"osc": {"state": {"subscribe": [tree, {"#": tree, "rx1": {"mute": None}}]}}})
        assert ask(rack, {"device": {"name": None}}) == [b'{"device":{"name":"rack"}}']

    asyncio.run(talk())
