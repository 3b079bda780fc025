"""The MDC driver against the display that is not there."""

import asyncio

import pytest

from avctl.model.errors import Busy, NoAnswer, Refused
from avctl.model.reading import Quality
from tests.drivers.conftest import MakeBench

ON = {"power": "on", "source": "21", "volume": 30}


async def test_a_display_that_is_on_says_what_it_shows(bench: MakeBench) -> None:
    display = await bench("samsung-mdc", ON)
    assert await display.says("power") == {"power": "on"}
    assert await display.says("picture") == {"power": "on", "source": "hdmi-1", "volume": 30, "mute": "off"}
    said = await display.says("health")
    assert (said["signal"], said["temperature"], said["temperature.state"]) == ("present", 45, "none-reported")
    assert (await display.says("identity"))["identity.serial"] == display.sim.serial


async def test_power_on_is_waited_for_until_the_display_itself_says_on(bench: MakeBench) -> None:
    display = await bench("samsung-mdc", {"start_up": 8, "deaf": 5})
    assert await display.says("power") == {"power": "off"}
    reading = await display.driver.write("power", "on")
    assert (reading.value, reading.quality) == ("on", Quality.MEASURED)


async def test_one_that_stays_deaf_is_assumed_to_be_on_its_way_and_then_busy(bench: MakeBench) -> None:
    display = await bench("samsung-mdc", {"start_up": 60, "deaf": 50}, {"start": 10})
    reading = await display.driver.write("power", "on")
    assert (reading.value, reading.quality) == ("warming", Quality.ASSUMED)
    with pytest.raises(NoAnswer):
        await display.says("power")


async def test_in_standby_nothing_but_its_power_is_known(bench: MakeBench) -> None:
    display = await bench("samsung-mdc")
    await display.says("power")
    assert set((await display.says("picture")).values()) == {None}
    with pytest.raises(Refused, match="N 00"):
        await display.driver.write("volume", 10)


async def test_a_no_before_its_power_is_known_means_not_now(bench: MakeBench) -> None:
    display = await bench("samsung-mdc")
    with pytest.raises(Busy):
        await display.driver.write("source", "hdmi-2")


async def test_a_source_comes_back_by_the_sites_word_under_either_code(bench: MakeBench) -> None:
    display = await bench("samsung-mdc", {**ON, "computer": True})
    assert (await display.driver.write("source", "hdmi-2")).value == "hdmi-2"  # asked as 24, set as 23
    assert display.sim.source == "23"
    with pytest.raises(Refused, match="hdmi-1, hdmi-2"):
        await display.driver.write("source", "scart")
    display.sim.source = "60"
    assert (await display.says("picture"))["source"] == "code-60"


async def test_heat_and_a_pulled_cable_are_told_as_what_they_are(bench: MakeBench) -> None:
    display = await bench("samsung-mdc", ON)
    display.sim.overheats()
    display.sim.loses_signal()
    said = await display.says("health")
    assert (said["temperature.state"], said["fan.state"], said["signal"]) == ("error", "none-reported", "absent")


async def test_it_warms_up_as_panels_do(bench: MakeBench) -> None:
    display = await bench("samsung-mdc", {"start_up": 1})
    await display.driver.write("power", "on")
    cold = (await display.says("health"))["temperature"]
    await asyncio.sleep(1800)
    assert (cold, (await display.says("health"))["temperature"]) == (24, 43)


async def test_another_displays_answer_on_the_same_chain_is_not_ours(bench: MakeBench) -> None:
    display = await bench("samsung-mdc", {**ON, "id": 2})
    with pytest.raises(NoAnswer):
        await display.says("power")
