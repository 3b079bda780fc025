"""The driver for Sennheiser chargers against the two kinds that are not there, over a real socket."""

import asyncio
from typing import Any

import pytest

from avctl.model.errors import Refused, WrongDevice
from tests.drivers.conftest import Bench, MakeBench

STEM = "sennheiser-charger"
PACKS: dict[str, Any] = {
    "packs": [{"charge": 100, "health": 97, "cycles": 41, "serial": "A1"}, {"charge": 50}, None, None]
}
OLD: tuple[dict[str, Any], dict[str, Any]] = ({"model": "CHG4N"}, {"model": "chg-4n"})
NEW: tuple[dict[str, Any], dict[str, Any]] = ({"model": "CHG 70N-C"}, {"model": "chg-70n", "bays": 4})


@pytest.fixture(params=[OLD, NEW], ids=["chg-4n", "chg-70n"])
async def charger(request: pytest.FixtureRequest, bench: MakeBench) -> Bench:
    simulate, options = request.param
    return await bench(STEM, PACKS | simulate, options)


async def test_both_kinds_say_the_same_of_the_same_packs(charger: Bench) -> None:
    said = await charger.says("bays")
    points = ("present", "state", "charge", "health", "cycles", "serial")
    assert {point: said[f"bay.1.{point}"] for point in points} == {
        "present": "yes", "state": "full", "charge": 100, "health": 97, "cycles": 41, "serial": "A1",
    }  # fmt: skip
    assert (said["bay.2.state"], said["bay.2.charge"], said["bay.2.time-to-full"]) == ("charging", 50, 75)
    empty = {said[f"bay.3.{point}"] for point in ("charge", "health", "cycles", "time-to-full", "serial", "device")}
    assert (said["bay.3.present"], said["bay.3.state"], empty) == ("no", "empty", {None})


async def test_what_changes_is_told_unasked(charger: Bench) -> None:
    await charger.says("bays")
    await charger.says("subscription")
    charger.sim.pack_taken(1)
    await charger.hears("bay.1.present", "no")
    assert (charger.said("bay.1.state")[-1], charger.said("bay.1.charge")[-1]) == ("empty", None)
    charger.sim.pack_put(1, charge=20)
    await charger.hears("bay.1.charge", 20)
    await asyncio.sleep(50)
    assert charger.said("bay.2.charge")[-1] == 50  # 50 s: not yet a whole per cent


async def test_a_pack_that_cannot_be_read_is_an_error_without_figures(charger: Bench) -> None:
    charger.sim.bay_error(1)
    said = await charger.says("bays")
    assert (said["bay.1.present"], said["bay.1.state"]) == ("yes", "error")
    assert said["bay.1.error"] in ("communication", "BatteryComError")


async def test_a_bay_without_voltage_is_an_error_even_when_it_is_empty(bench: MakeBench) -> None:
    charger = await bench(STEM, PACKS, {})
    charger.sim.supply_missing(3)
    said = await charger.says("bays")
    assert (said["bay.3.state"], said["bay.3.error"], said["bay.3.charge"]) == ("error", "supply", None)


async def test_storage_mode_is_known_to_the_newer_kind_only(bench: MakeBench) -> None:
    old = await bench(STEM, PACKS, OLD[1])
    with pytest.raises(Refused):
        await old.driver.write("storage", "on")
    new = await bench(STEM, PACKS | NEW[0], NEW[1])
    assert (await new.says("bays"))["storage"] == "off"
    assert (await new.driver.write("storage", "on")).value == "on"
    assert new.sim.stored is True


async def test_the_charger_says_who_it_is(charger: Bench) -> None:
    said = await charger.says("identity")
    assert said["identity.model"] == charger.sim.model and said["identity.serial"] == charger.sim.serial


@pytest.mark.parametrize(
    ("model", "options", "told"),
    [
        ("CHG 70N", {"model": "chg-4n"}, "want options: {model: chg-70n}"),
        ("CHG2N", {"model": "chg-70n"}, "want options: {model: chg-4n}"),
        ("EWDXEM2", {}, "EWDXEM2 answers, wanted CHG"),
    ],
)
async def test_another_product_at_this_address_is_named(
    bench: MakeBench, model: str, options: dict[str, Any], told: str
) -> None:
    with pytest.raises(WrongDevice, match=told):
        await bench(STEM, {"model": model}, options)
