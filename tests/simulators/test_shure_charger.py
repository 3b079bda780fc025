"""The Shure charger, spoken to in strings from the manual."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from simulators.shure_charger import Charger


def heard_by(charger: Charger) -> list[bytes]:
    said: list[bytes] = []
    charger.talk(said.append)
    return said


async def test_it_says_every_minute_how_long_a_pack_still_takes() -> None:
    charger = Charger("charger", {"packs": [{"charge": 98}]})
    said = heard_by(charger)
    await asyncio.sleep(240)
    reports = b"".join(said)
    assert b"< REP 1 BATT_TIME_TO_FULL 00002 >" in reports and b"< REP 1 BATT_STATE FULL >" in reports


async def test_the_state_comes_before_the_error_code_as_in_the_real_dump() -> None:
    charger = Charger("charger", {"packs": [{"charge": 100}]})
    said = heard_by(charger)
    charger.bay_error(1)
    (told,) = said
    assert told.index(b"BATT_STATE ERROR") < told.index(b"BATT_ERROR 007")


async def test_storage_mode_brings_full_packs_down_and_empty_ones_up_to_forty_per_cent() -> None:
    charger = Charger("charger", {"packs": [{"charge": 100}, {"charge": 10}]})
    charger.goes_into_storage()
    await asyncio.sleep(30 * 3600)
    assert (charger.state()["bay.1.charge"], charger.state()["bay.2.charge"]) == (40, 40)
    charger.heal()
    await asyncio.sleep(2 * 3600)
    assert charger.state()["bay.1.charge"] == 100


async def test_two_who_are_connected_both_learn_of_a_set() -> None:
    charger = Charger("charger")
    said: list[bytes] = []
    asking, other = charger.talk(said.append), heard_by(charger)
    asking.hear(b"< SET FLASH")
    asking.hear(b" ON >")
    assert (said, other) == ([b"< REP FLASH ON >"], [b"< REP FLASH ON >"])


@given(st.lists(st.binary(max_size=40)))
def test_no_bytes_on_earth_upset_it(pieces: list[bytes]) -> None:
    async def talk() -> None:
        said: list[bytes] = []
        line = Charger("charger").talk(said.append)
        for piece in pieces:
            line.hear(piece)
        line.hear(b"}>< GET FLASH >")
        assert b"FLASH OFF" in b"".join(said)

    asyncio.run(talk())
