"""The charger's packs: they charge, age, are taken along and put back."""

import asyncio

import pytest

from simulators.charger import BATTERY, ENTITY, Charger
from simulators.snmp import Oid


@pytest.fixture
async def charger() -> Charger:
    return Charger("charger", {"packs": [{"charge": 50, "health": 90}, None, {"charge": 100, "health": 64}]})


def value(charger: Charger, table: Oid, column: int, index: int) -> object:
    found = charger.agent.table.get((*table, column, index))
    return found.prettyPrint() if found.prettyPrint().startswith("No Such") else int(found)


async def test_a_pack_charges_while_it_stands_in_its_bay(charger: Charger) -> None:
    assert value(charger, BATTERY, 15, 1) == 900  # mAh: half of 1800
    assert value(charger, BATTERY, 13, 1) == 2
    await asyncio.sleep(3600 * 1.25)
    assert value(charger, BATTERY, 15, 1) == 1800
    assert value(charger, BATTERY, 13, 1) == 3


async def test_health_is_actual_against_design_capacity(charger: Charger) -> None:
    assert (value(charger, BATTERY, 10, 3), value(charger, BATTERY, 7, 3)) == (1280, 2000)
    charger.pack_ages(3, health=50)
    assert value(charger, BATTERY, 10, 3) == 1000
    charger.heal()
    assert value(charger, BATTERY, 10, 3) == 1280


async def test_an_empty_bay_has_a_place_and_no_battery(charger: Charger) -> None:
    assert str(value(charger, BATTERY, 15, 2)).startswith("No Such Instance")
    assert value(charger, ENTITY, 5, 102) == 5


async def test_a_pack_is_taken_along_and_put_back_emptier_and_one_cycle_older(charger: Charger) -> None:
    before = charger.pack(1)
    assert before
    cycles, serial = before.cycles, before.serial
    charger.pack_taken(1)
    assert charger.pack(1) is None
    await asyncio.sleep(3600)
    charger.pack_put(1, charge=20)
    after = charger.pack(1)
    assert after
    assert (after.charge, after.serial, after.cycles) == (20, serial, cycles + 1)


async def test_packs_change_places_with_their_serial_numbers(charger: Charger) -> None:
    first, third = charger.pack(1), charger.pack(3)
    charger.packs_swapped(1, 3)
    assert (charger.pack(1), charger.pack(3)) == (third, first)


async def test_a_bay_in_error_knows_no_number(charger: Charger) -> None:
    charger.bay_error(1)
    assert value(charger, BATTERY, 15, 1) == 4294967295
    assert value(charger, BATTERY, 18, 1) == 2147483647
    assert value(charger, BATTERY, 13, 1) == 1


async def test_a_hot_charger_stops_charging(charger: Charger) -> None:
    charger.charger_overheats()
    await asyncio.sleep(3600)
    assert (value(charger, BATTERY, 18, 1), value(charger, BATTERY, 15, 1)) == (550, 900)
    charger.heal()
    await asyncio.sleep(3600)
    assert value(charger, BATTERY, 15, 1) == 1620


async def test_nothing_charges_without_mains(charger: Charger) -> None:
    charger.mains(on=False)
    await asyncio.sleep(3600)
    charger.mains(on=True)
    await asyncio.sleep(charger.boot + 0.01)
    assert value(charger, BATTERY, 15, 1) == pytest.approx(900, abs=1)


async def test_a_bay_that_does_not_exist_is_named_with_those_that_do(charger: Charger) -> None:
    with pytest.raises(ValueError, match="bays 1 to 8"):
        charger.pack_ages(9)
