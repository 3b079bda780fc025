"""The ESC/VP21 driver against the projector that is not there, over a real socket and a real pty."""

import asyncio

import pytest

from avctl.clock import LoopClock
from avctl.drivers.escvp21 import POWER
from avctl.drivers.registry import build
from avctl.model.errors import Busy, LinkDown, NoAnswer, Refused
from avctl.model.house import DeviceSpec
from avctl.model.reading import Quality
from simulators.escvp21 import Projector
from simulators.faces import PtyFace
from tests.drivers.conftest import MakeBench

SOURCES = {"sources": {"hdmi-1": "30", "hdmi-2": "A0"}}
ON = {"power": "on", "lamp_hours": 4150, "source": "30"}


async def test_a_projector_that_is_on_says_what_it_shows(bench: MakeBench) -> None:
    projector = await bench("escvp21", ON, SOURCES)
    assert await projector.says("power") == {"power": "on"}
    assert await projector.says("picture") == {"source": "hdmi-1", "av-mute": "off", "signal": "present"}
    assert await projector.says("lamp") == {"lamp.hours": 4150}
    assert (await projector.says("identity"))["identity.serial"] == projector.sim.serial


async def test_a_laser_projector_has_no_lamp_hours(bench: MakeBench) -> None:
    projector = await bench("escvp21", {"light": "laser", "light_hours": 2100}, {"light": "laser"})
    assert await projector.says("lamp") == {"light.hours": 2100}
    assert "lamp.hours" not in projector.driver.points


async def test_warming_up_takes_its_time_and_is_told_as_it_is(bench: MakeBench) -> None:
    projector = await bench("escvp21", {"warm_up": 20, "deaf": 0})
    await projector.says("power")
    reading = await projector.driver.write("power", "on")
    assert (reading.value, reading.quality) == ("warming", Quality.MEASURED)
    await asyncio.sleep(21)
    assert await projector.says("power") == {"power": "on"}
    await projector.hears("power", "on")


async def test_deaf_after_power_on_is_busy_and_not_dead(bench: MakeBench) -> None:
    projector = await bench("escvp21", {"warm_up": 30, "deaf": 15})
    await projector.says("power")
    reading = await projector.driver.write("power", "on")
    assert (reading.value, reading.quality) == ("warming", Quality.ASSUMED)
    with pytest.raises(Busy, match="deaf"):
        await projector.says("power")
    await asyncio.sleep(35)
    assert await projector.says("power") == {"power": "on"}


async def test_deaf_for_longer_than_the_guide_allows_is_silence(bench: MakeBench) -> None:
    projector = await bench("escvp21", {"warm_up": 300, "deaf": 200}, {"deaf": 40})
    await projector.says("power")
    await projector.driver.write("power", "on")
    await asyncio.sleep(41)
    with pytest.raises(NoAnswer):
        await projector.says("power")


async def test_err_while_warming_up_means_not_now(bench: MakeBench) -> None:
    projector = await bench("escvp21", {"warm_up": 20, "deaf": 0}, SOURCES)
    await projector.says("power")
    await projector.driver.write("power", "on")
    with pytest.raises(Busy, match="warming"):
        await projector.driver.write("source", "hdmi-2")


async def test_a_source_is_chosen_by_the_sites_word(bench: MakeBench) -> None:
    projector = await bench("escvp21", ON, SOURCES)
    assert (await projector.driver.write("source", "hdmi-2")).value == "hdmi-2"
    assert projector.sim.source == "A0"
    with pytest.raises(Refused, match="hdmi-1, hdmi-2"):
        await projector.driver.write("source", "vga")


async def test_a_source_without_a_word_shows_its_code(bench: MakeBench) -> None:
    projector = await bench("escvp21", {**ON, "source": "41"}, SOURCES)
    assert (await projector.says("picture"))["source"] == "code-41"


async def test_a_dead_lamp_blames_the_lamp_and_nothing_else(bench: MakeBench) -> None:
    projector = await bench("escvp21", ON)
    await projector.says("power")
    projector.sim.lamp_fails()
    await projector.hears("lamp.state", "error")
    await projector.hears("power", "fault")
    said = await projector.says("power")
    assert (said["power"], said["error"]) == ("fault", "lamp")
    assert [point for point, word in said.items() if word == "error"] == ["lamp.state"]


async def test_a_dead_lamp_is_found_by_asking_where_nothing_is_told_unasked(bench: MakeBench) -> None:
    projector = await bench("escvp21", {**ON, "imevent": False})
    projector.sim.lamp_fails()
    said = await projector.says("power")
    assert (said["power"], said["lamp.state"]) == ("fault", "error")


async def test_a_lying_projector_is_read_back_as_it_is(bench: MakeBench) -> None:
    projector = await bench("escvp21", {"power": "off"})
    await projector.says("power")
    projector.sim.lies()
    assert (await projector.driver.write("power", "on")).value == "off"


async def test_a_stuttering_bridge_does_not_lose_an_answer(bench: MakeBench) -> None:
    projector = await bench("escvp21", ON, SOURCES)
    projector.sim.stutters()
    assert await projector.says("power") == {"power": "on"}
    assert (await projector.driver.write("av-mute", "on")).value == "on"


async def test_a_dropped_connection_is_a_link_down(bench: MakeBench) -> None:
    projector = await bench("escvp21", ON)
    projector.sim.drops_connection()
    with pytest.raises(LinkDown):
        await projector.says("power")
    await projector.driver.open()
    assert await projector.says("power") == {"power": "on"}


@pytest.mark.real_time
async def test_the_same_over_a_serial_line(clock: LoopClock) -> None:
    sim = Projector("bench-serial", ON)
    face = PtyFace(sim, "?baud=9600")
    await face.open()
    driver = build(DeviceSpec("bench-serial", "301", "escvp21", face.url, SOURCES), clock, str)
    try:
        await driver.open()
        assert [reading.value for reading in await driver.read(POWER)] == ["on"]
        assert (await driver.write("source", "hdmi-2")).value == "hdmi-2"
    finally:
        await driver.close()
        await face.close()
