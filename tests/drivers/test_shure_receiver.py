"""The driver for Shure receivers against the receiver that is not there, over a real socket."""

import asyncio

import pytest

from avctl.model.errors import Refused, WrongDevice
from tests.drivers.conftest import MakeBench

STEM = "shure-receiver"
TWO = {"microphones": [{"name": "LECTERN", "charge": 80}, {"name": "CHAIR", "charge": 60}]}


async def test_a_receiver_says_what_it_hears(bench: MakeBench) -> None:
    receiver = await bench(STEM, TWO, {"channels": 2})
    said = await receiver.says("channels")
    assert {point: said[f"receiver.1.{point}"] for point in ("name", "battery", "bars", "runtime", "transmitter")} == {
        "name": "LECTERN", "battery": 80, "bars": 4, "runtime": 384, "transmitter": "ulxd2",
    }  # fmt: skip
    assert (said["receiver.2.frequency"], said["receiver.2.gain"], said["receiver.2.mute"]) == (579.55, 0, "off")
    assert await receiver.says("identity") == {"identity.name": "ULXD4Q", "identity.firmware": "2.7.6.0"}


async def test_a_battery_that_runs_down_is_told_unasked(bench: MakeBench) -> None:
    receiver = await bench(STEM, TWO, {"channels": 2})
    await asyncio.sleep(3600)
    assert receiver.said("receiver.1.battery")[-1] == 67
    receiver.sim.battery_drains(1, charge=8)
    await receiver.hears("receiver.1.battery", 8)
    assert receiver.said("receiver.1.bars")[-1] == 1


async def test_a_transmitter_that_is_off_has_no_battery_at_all(bench: MakeBench) -> None:
    receiver = await bench(STEM, TWO, {"channels": 2})
    await receiver.says("channels")
    receiver.sim.transmitter_off(2)
    await receiver.hears("receiver.2.transmitter", "off")
    assert (receiver.said("receiver.2.battery")[-1], receiver.said("receiver.2.runtime")[-1]) == (None, None)


async def test_primary_cells_tell_bars_and_nothing_else(bench: MakeBench) -> None:
    receiver = await bench(STEM, TWO, {"channels": 2})
    receiver.sim.primary_cells(1)
    said = await receiver.says("channels")
    assert (said["receiver.1.battery"], said["receiver.1.bars"]) == (None, 4)


async def test_interference_and_encryption_are_told_unasked(bench: MakeBench) -> None:
    receiver = await bench(STEM, TWO, {"channels": 2})
    receiver.sim.interference(2)
    await receiver.hears("receiver.2.interference", "critical")
    receiver.sim.encryption_differs(2)
    await receiver.hears("receiver.2.encryption", "warning")


async def test_mute_and_gain_are_set_and_read_back(bench: MakeBench) -> None:
    receiver = await bench(STEM, TWO, {"channels": 2})
    assert (await receiver.driver.write("receiver.2.mute", "on")).value == "on"
    assert (await receiver.driver.write("receiver.1.gain", -6)).value == -6
    assert (receiver.sim.channel(2).muted, receiver.sim.channel(1).gain) == (True, -6)
    receiver.sim.muted_by_hand(1)
    await receiver.hears("receiver.1.mute", "on")


async def test_a_qlxd_cannot_be_muted(bench: MakeBench) -> None:
    receiver = await bench(STEM, TWO | {"family": "qlxd"}, {"channels": 2, "family": "qlxd"})
    assert "receiver.1.mute" not in receiver.driver.points
    assert "receiver.1.mute" not in await receiver.says("channels")
    with pytest.raises(Refused):
        await receiver.driver.write("receiver.1.mute", "on")


async def test_meters_run_only_while_they_are_wanted(bench: MakeBench) -> None:
    silent = await bench(STEM, TWO, {"channels": 2})
    await silent.says("channels")
    assert silent.sim.rate == 0 and "receiver.1.level" not in silent.driver.points
    watched = await bench(STEM, TWO, {"channels": 2, "meters": 0.5})
    assert await watched.says("meters") == {"receiver.1.antenna": "a", "receiver.1.rf": -45, "receiver.1.level": -30}
    await watched.hears("receiver.2.level", -30)
    await asyncio.sleep(10)
    assert len(watched.said("receiver.2.rf")) >= 20
    await watched.driver.close()
    await asyncio.sleep(0.1)
    assert watched.sim.rate == 0


async def test_one_antenna_pulled_is_seen_at_the_other(bench: MakeBench) -> None:
    receiver = await bench(STEM, TWO, {"channels": 2, "meters": 0.5})
    await receiver.says("meters")
    receiver.sim.antenna_pulled()
    await receiver.hears("receiver.1.antenna", "b")


async def test_the_two_doubts_about_meters_are_the_sites_to_settle(bench: MakeBench) -> None:
    receiver = await bench(STEM, TWO, {"channels": 2, "meters": 0.5, "rf_offset": 128, "sample": "audio-rf"})
    assert await receiver.says("meters") == {"receiver.1.antenna": "a", "receiver.1.rf": -108, "receiver.1.level": None}


async def test_a_charger_at_the_receivers_address_is_another_device(bench: MakeBench) -> None:
    with pytest.raises(WrongDevice, match="CHAN_NAME"):
        await bench(STEM, {"microphones": []})
