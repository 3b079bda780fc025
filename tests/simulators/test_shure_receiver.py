"""The Shure receiver, spoken to in strings from the manual."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.shure_receiver import Rack


async def test_a_battery_lasts_a_working_day_and_then_the_transmitter_is_gone() -> None:
    rack = Rack("rack", {"microphones": [{"charge": 100}]})
    await asyncio.sleep(7 * 3600)
    assert rack.state()["channel.1.battery"] == 12.5
    await asyncio.sleep(3600)
    assert rack.state()["channel.1.battery"] is None
    assert rack.table()["1", "TX_TYPE"] == "UNKN"


async def test_meters_come_as_often_as_asked_for_and_stop() -> None:
    said: list[bytes] = []
    rack = Rack("rack", {"microphones": [{}]})
    talk = rack.talk(said.append)
    talk.hear(b"< SET 0 METER_RATE 00500 >")
    await asyncio.sleep(5.1)
    assert said.count(b"< SAMPLE 1 ALL AX 075 020 >") == 10
    talk.hear(b"< SET 0 METER_RATE 00000 >")
    said.clear()
    await asyncio.sleep(5)
    assert said == []


async def test_a_channel_that_does_not_exist_is_named_with_those_that_do() -> None:
    with pytest.raises(ValueError, match="channels 1 to 4"):
        Rack("rack").transmitter_off(5)


@given(st.lists(st.binary(max_size=40)))
def test_no_bytes_on_earth_upset_it(pieces: list[bytes]) -> None:
    async def talk() -> None:
        said: list[bytes] = []
        line = Rack("rack").talk(said.append)
        for piece in pieces:
            line.hear(piece)
        line.hear(b"}>< GET 1 TX_TYPE >")
        assert b"TX_TYPE ULXD2" in b"".join(said)

    asyncio.run(talk())
