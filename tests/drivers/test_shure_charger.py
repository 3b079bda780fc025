"""The driver for Shure chargers against the charger that is not there, over a real socket."""

import asyncio
from typing import Any

import pytest

from avctl.drivers.shure_charger import BAYS
from avctl.engine.rulebook import rules_for
from avctl.engine.rules import Watchman
from avctl.model.errors import LinkDown, NoAnswer, Refused, WrongDevice
from avctl.model.event import Phase
from avctl.model.house import DeviceSpec, House, RoomSpec
from tests.drivers.conftest import MakeBench

STEM = "shure-charger"
PACKS: dict[str, Any] = {"packs": [{"charge": 100, "health": 97, "cycles": 41}, {"charge": 50, "health": 88}, None]}
THREE = {"bays": 3}


async def test_a_charger_says_what_is_in_its_bays(bench: MakeBench) -> None:
    charger = await bench(STEM, PACKS, THREE)
    said = await charger.says("bays")
    assert (said["bay.1.present"], said["bay.1.state"], said["bay.1.charge"], said["bay.1.cycles"]) == (
        "yes",
        "full",
        100,
        41,
    )
    assert (said["bay.2.state"], said["bay.2.charge"], said["bay.2.time-to-full"]) == ("charging", 50, 75)
    assert (said["bay.3.present"], said["bay.3.state"], said["bay.3.charge"]) == ("no", "empty", None)


async def test_everything_comes_at_once_and_nobody_waits_for_what_the_charger_does_not_have(bench: MakeBench) -> None:
    charger = await bench(STEM, PACKS, {"bays": 8})
    loop = asyncio.get_running_loop()
    said = await charger.says("bays")
    assert "bay.3.state" in said and "bay.4.state" not in said  # nobody said a word of bay 4: unknown, not empty
    began = loop.time()
    await charger.says("bays")
    assert loop.time() - began < 0.1


async def test_a_charger_that_charges_says_so_unasked(bench: MakeBench) -> None:
    charger = await bench(STEM, PACKS, THREE)
    await charger.says("bays")
    await asyncio.sleep(3600 * 1.3)
    assert charger.said("bay.2.charge")[-1] == 100 and len(charger.said("bay.2.charge")) > 40
    assert charger.said("bay.2.state")[-1] == "full"


async def test_a_pack_taken_along_leaves_an_empty_bay_and_no_figures(bench: MakeBench) -> None:
    charger = await bench(STEM, PACKS, THREE)
    await charger.says("bays")
    charger.sim.pack_taken(1)
    await charger.hears("bay.1.present", "no")
    assert charger.said("bay.1.state")[-1] == "empty" and charger.said("bay.1.charge")[-1] is None
    charger.sim.pack_put(1, charge=20)
    await charger.hears("bay.1.charge", 20)


async def test_a_pack_that_cannot_be_read_is_an_error_without_figures(bench: MakeBench) -> None:
    charger = await bench(STEM, PACKS, THREE)
    charger.sim.bay_error(1)
    said = await charger.says("bays")
    assert (said["bay.1.state"], said["bay.1.error"], said["bay.1.charge"], said["bay.1.health"]) == (
        "error", "code-007", None, None,
    )  # fmt: skip


async def test_an_error_code_after_the_word_full_is_still_an_error(bench: MakeBench) -> None:
    charger = await bench(STEM, PACKS, THREE)
    assert (await charger.says("bays"))["bay.1.state"] == "full"
    charger.sim.bay_warns(1, code=3)
    await charger.hears("bay.1.state", "error")
    assert charger.said("bay.1.error")[-1] == "code-003"
    charger.sim.heal()
    await asyncio.sleep(0.1)
    assert (charger.said("bay.1.error")[-1], charger.said("bay.1.state")[-1]) == ("none", "full")


async def test_storage_mode_is_told_switched_and_no_fault(bench: MakeBench) -> None:
    charger = await bench(STEM, PACKS, THREE)
    assert (await charger.says("modes")) == {"storage": "off", "identify": "off"}
    charger.sim.goes_into_storage()
    await charger.hears("storage", "on")
    await asyncio.sleep(24 * 3600)
    said = await charger.says("bays")
    assert (said["bay.1.charge"], said["bay.1.state"]) == (40, "full")
    assert (await charger.driver.write("storage", "off")).value == "off"
    assert charger.sim.stored is False


async def test_a_lying_charger_is_read_back_as_it_is(bench: MakeBench) -> None:
    charger = await bench(STEM, PACKS, THREE)
    charger.sim.lies()
    assert (await charger.driver.write("storage", "on")).value == "off"


async def test_a_word_only_this_family_knows_is_given_its_meaning_by_the_site(bench: MakeBench) -> None:
    charger = await bench(STEM, PACKS, {"bays": 3, "states": {"HOT": "idle"}})
    charger.sim.charger_overheats()
    said = await charger.says("bays")
    assert (said["bay.2.state"], said["bay.2.temperature"]) == ("idle", 55)
    other = await bench(STEM, PACKS, THREE)
    other.sim.charger_overheats()
    assert (await other.says("bays"))["bay.2.state"] == "unknown"


async def test_a_temperature_in_fahrenheit_is_the_same_temperature(bench: MakeBench) -> None:
    charger = await bench(STEM, PACKS, {"bays": 3, "temperature": "BATT_TEMP_F"})
    assert (await charger.says("bays"))["bay.2.temperature"] == pytest.approx(31, abs=0.4)


async def test_the_charger_says_who_it_is(bench: MakeBench) -> None:
    charger = await bench(STEM, {"model": "SBC240", "device_id": "Rack <3>"}, THREE)
    assert await charger.says("identity") == {
        "identity.model": "SBC240", "identity.firmware": "1.4.53", "identity.name": "Rack <3>",
    }  # fmt: skip


async def test_a_slow_charger_is_waited_for_and_a_silent_one_is_not_there(bench: MakeBench) -> None:
    charger = await bench(STEM, PACKS, THREE)
    charger.sim.gets_slow(0.8)
    assert (await charger.says("bays"))["bay.1.charge"] == 100
    charger.sim.falls_silent()
    with pytest.raises(NoAnswer):
        await charger.says("bays")


async def test_reports_in_pieces_with_stray_bytes_are_still_reports(bench: MakeBench) -> None:
    charger = await bench(STEM, PACKS, THREE)
    charger.sim.stutters(share=1)
    assert (await charger.says("bays"))["bay.2.charge"] == 50


async def test_a_dropped_connection_is_a_link_down_and_opened_again(bench: MakeBench) -> None:
    charger = await bench(STEM, PACKS, THREE)
    charger.sim.drops_connection()
    with pytest.raises(LinkDown):
        await charger.says("bays")
    await charger.driver.open()
    assert (await charger.says("bays"))["bay.1.charge"] == 100


async def test_what_speaks_shure_and_has_no_bays_is_another_device(bench: MakeBench) -> None:
    with pytest.raises(WrongDevice, match="BATT_DETECTED"):
        await bench(STEM, {"bays": 0}, THREE)


async def test_only_modes_can_be_set(bench: MakeBench) -> None:
    charger = await bench(STEM, PACKS, THREE)
    with pytest.raises(Refused):
        await charger.driver.write("bay.1.charge", 100)


async def test_a_bay_in_error_and_a_worn_pack_are_faults_of_their_bays(bench: MakeBench) -> None:
    charger = await bench(STEM, {"packs": [{"charge": 100, "health": 64}, {"fault": True}, None]}, THREE)
    spec = DeviceSpec("bench", "301", STEM, "tcp://")
    watchman = Watchman("bench", rules_for(spec, House("", "", "", {"301": RoomSpec("301", {})}, {})))
    readings = await charger.driver.read(BAYS)
    known = {reading.point: reading.value for reading in readings}
    for now in (0.0, 60.0):
        watchman.hear(readings, known.get, Phase.IDLE, 1, now)
        watchman.tick(lambda _: True, lambda _: False, now)
    assert {str(key) for key in watchman.findings()} == {"bench.bay.1.battery", "bench.bay.2.battery"}


async def test_what_this_charger_never_tells_is_unknown_and_not_forgotten(bench: MakeBench) -> None:
    charger = await bench(STEM, PACKS, THREE)
    whole = charger.sim.table
    charger.sim.table = lambda: {
        key: value for key, value in whole().items() if key[1] not in ("BATT_TEMP_C", "BATT_ERROR")
    }
    said = await charger.says("bays")
    assert (said["bay.1.temperature"], said["bay.1.error"], said["bay.1.state"]) == (None, None, "full")
