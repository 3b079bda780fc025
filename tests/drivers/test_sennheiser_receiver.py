"""The driver for EW-DX receivers against the receiver that is not there, over a real socket."""

import asyncio

import pytest

from avctl.model.errors import NoAnswer, Refused, WrongDevice
from tests.drivers.conftest import MakeBench

STEM = "sennheiser-receiver"
TWO = {"microphones": [{"name": "LECTERN", "charge": 80.5, "frequency": 516125}, {"name": "CHAIR", "charge": 60.5}]}


async def test_a_receiver_says_what_it_hears(bench: MakeBench) -> None:
    receiver = await bench(STEM, TWO)
    said = await receiver.says("channels")
    points = ("name", "battery", "runtime", "transmitter", "frequency", "warnings", "mute", "gain")
    assert {point: said[f"receiver.1.{point}"] for point in points} == {
        "name": "LECTERN", "battery": 80, "runtime": 386, "transmitter": "skm", "frequency": 516.125,
        "warnings": "none", "mute": "off", "gain": 0,
    }  # fmt: skip
    assert (await receiver.says("identity"))["identity.model"] == "EWDXEM2"


async def test_a_transmitter_that_is_off_has_no_battery_at_all(bench: MakeBench) -> None:
    receiver = await bench(STEM, TWO)
    receiver.sim.transmitter_off(2)
    said = await receiver.says("channels")
    assert (said["receiver.2.transmitter"], said["receiver.2.battery"], said["receiver.2.runtime"]) == (
        "off",
        None,
        None,
    )
    assert said["receiver.2.warnings"] == "NoLink"
    assert said["receiver.1.battery"] == 80


async def test_what_changes_is_told_unasked(bench: MakeBench) -> None:
    receiver = await bench(STEM, TWO)
    await receiver.says("subscription")
    receiver.sim.battery_drains(1, charge=8.5)
    await receiver.hears("receiver.1.battery", 8)
    assert receiver.said("receiver.1.warnings")[-1] == "LowBattery"
    receiver.sim.muted_by_hand(2)
    await receiver.hears("receiver.2.mute", "on")
    receiver.sim.interference(2)
    await receiver.hears("receiver.2.warnings", "LowSignal")


async def test_a_gain_that_was_clamped_is_read_back_as_it_was_taken(bench: MakeBench) -> None:
    receiver = await bench(STEM, TWO, {"gain": [-10, 60]})
    assert (await receiver.driver.write("receiver.1.gain", 60)).value == 42
    assert (await receiver.driver.write("receiver.1.gain", 10)).value == 9
    with pytest.raises(Refused):
        await receiver.driver.write("receiver.1.gain", 61)


async def test_meters_are_asked_for_only_where_the_site_wants_them(bench: MakeBench) -> None:
    plain = await bench(STEM, TWO)
    assert not [query for query in plain.driver.queries if query.name == "meters"]
    metered = await bench(STEM, TWO, {"meters": 1})
    said = await metered.says("meters")
    assert {point: said[f"receiver.1.{point}"] for point in ("rf", "quality", "antenna", "level")} == {
        "rf": -45, "quality": 95, "antenna": "a", "level": -30,
    }  # fmt: skip
    metered.sim.antenna_pulled()
    assert (await metered.says("meters"))["receiver.2.antenna"] == "b"


async def test_a_lifetime_in_seconds_is_the_sites_to_say(bench: MakeBench) -> None:
    receiver = await bench(STEM, TWO, {"battery_lifetime": "s"})
    assert (await receiver.says("channels"))["receiver.1.runtime"] == 6


async def test_a_channel_the_receiver_does_not_have_is_left_out(bench: MakeBench) -> None:
    receiver = await bench(STEM, TWO, {"channels": 4})
    said = await receiver.says("channels")
    assert "receiver.2.battery" in said and "receiver.3.battery" not in said


async def test_a_late_answer_is_news_and_not_the_answer_to_the_next_question(bench: MakeBench) -> None:
    receiver = await bench(STEM, TWO)
    receiver.sim.gets_slow(1.4)
    with pytest.raises(NoAnswer):
        await receiver.says("channels")
    receiver.sim.wire.delay = 0.0
    receiver.sim.battery_drains(1, charge=30.5)
    await asyncio.sleep(2)
    assert (await receiver.says("channels"))["receiver.1.battery"] == 30


async def test_a_charger_at_this_address_is_another_device(bench: MakeBench) -> None:
    with pytest.raises(WrongDevice, match="CHG4N answers"):
        await bench(STEM, {"model": "CHG4N"})
