"""LG and Sony displays against the panels that are not there: what is their own; what all share is in test_mishaps."""

import asyncio

import pytest

from avctl.model.errors import LinkDown, NoAnswer, Refused
from tests.drivers.conftest import MakeBench


@pytest.mark.parametrize(("stem", "source"), [("lg-rs232", "91"), ("sony-bravia", "1-2"), ("samsung-mdc", "23")])
async def test_every_display_is_told_in_the_same_words(bench: MakeBench, stem: str, source: str) -> None:
    display = await bench(stem, {"start_up": 2})
    await display.says("power")
    for point, value in (("power", "on"), ("source", "hdmi-2"), ("volume", 42), ("mute", "on"), ("power", "off")):
        assert (await display.driver.write(point, value)).value == value, point
    assert (display.sim.source, display.sim.volume, display.sim.mute) == (source, 42, True)


@pytest.mark.parametrize("stem", ["lg-rs232", "sony-bravia", "samsung-mdc"])
async def test_a_display_in_deep_standby_is_silent(bench: MakeBench, stem: str) -> None:
    display = await bench(stem, {"deep_standby": True})
    with pytest.raises(NoAnswer):
        await display.says("power")


async def test_an_lg_without_a_thermometer_does_not_know_its_temperature(bench: MakeBench) -> None:
    display = await bench("lg-rs232", {"power": "off"})
    await display.says("power")
    assert set((await display.says("health")).values()) == {None}


async def test_a_bravia_tells_what_somebody_does_with_the_remote_control(bench: MakeBench) -> None:
    display = await bench("sony-bravia", {"power": "on"})
    display.sim.wrong_source("1-3")
    await display.hears("source", "hdmi-3")
    display.sim.is_switched_off()
    await display.hears("power", "off")


async def test_a_bravia_hangs_up_on_silence_and_its_questions_keep_it_awake(bench: MakeBench) -> None:
    display = await bench("sony-bravia", {"power": "on"})
    for _ in range(10):
        await asyncio.sleep(10)
        assert await display.says("power") == {"power": "on"}
    await asyncio.sleep(31)
    with pytest.raises(LinkDown):
        await display.says("power")


async def test_a_bravia_is_blanked_and_a_missing_input_is_refused(bench: MakeBench) -> None:
    display = await bench("sony-bravia", {"power": "on"})
    assert (await display.driver.write("blank", "on")).value == "on"
    with pytest.raises(Refused, match="hdmi-1"):
        await display.driver.write("source", "scart")
