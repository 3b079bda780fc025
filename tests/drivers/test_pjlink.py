"""The PJLink driver against the projector that is not there, over a real socket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from avctl.codecs import pjlink as wire
from avctl.model.errors import AuthFailed, Busy, DeviceError, LinkDown, NoAnswer, Refused
from avctl.model.reading import Quality
from avctl.transports.ear import Ear
from simulators.device import mishaps
from tests.drivers.conftest import Bench, MakeBench

SOURCES = {"sources": {"hdmi-1": "31", "hdmi-2": "32"}}
ON = {"power": "on", "lamp_hours": 4150, "filter_hours": 310}
LOCKED = {"password": "JBMIAProjectorLink"}
KEY = {"password": {"secret": "projector"}}


async def test_a_projector_that_is_on_says_what_it_shows(bench: MakeBench) -> None:
    projector = await bench("pjlink", ON, SOURCES)
    assert await projector.says("power") == {"power": "on"}
    said = await projector.says("picture")
    assert (said["source"], said["av-mute"], said["freeze"], said["signal"]) == ("hdmi-1", "off", "off", "present")
    assert await projector.says("lamp") == {"lamp.hours": 4150, "filter.hours": 310}
    said = await projector.says("identity")
    assert (said["identity.serial"], said["identity.maker"]) == (projector.sim.serial, "Sony")


async def test_class_1_knows_less_and_that_is_no_fault(bench: MakeBench) -> None:
    projector = await bench("pjlink", ON | {"class": 1}, SOURCES)
    assert await projector.says("picture") == {"source": "hdmi-1", "av-mute": "off"}
    assert await projector.says("lamp") == {"lamp.hours": 4150}
    with pytest.raises(Refused, match="ERR1"):
        await projector.driver.write("freeze", "on")


async def test_a_laser_has_no_lamp_and_that_is_no_fault(bench: MakeBench) -> None:
    projector = await bench("pjlink", {"power": "on", "light": "laser", "filter_hours": 12}, {"light": "laser"})
    assert await projector.says("lamp") == {"filter.hours": 12}
    projector = await bench("pjlink", {"power": "on", "light": "laser", "class": 1}, {"light": "laser"})
    with pytest.raises(Refused, match="knows none of LAMP"):
        await projector.says("lamp")


async def test_two_lamps_read_as_the_older(bench: MakeBench) -> None:
    projector = await bench("pjlink", ON | {"second_lamp_hours": 4300})
    assert (await projector.says("lamp"))["lamp.hours"] == 4300


async def test_it_is_visited_and_others_get_their_turn(bench: MakeBench) -> None:
    projector = await bench("pjlink", ON)
    await projector.says("power")
    await asyncio.sleep(0.1)
    assert projector.sim._guest is None


async def test_held_it_stays_and_is_asked_before_it_would_hang_up(bench: MakeBench) -> None:
    projector = await bench("pjlink", ON, {"hold": True})
    for _ in range(3):
        assert await projector.says("power") == {"power": "on"}
        guest = projector.sim._guest
        assert guest is not None
        await asyncio.sleep(next(q for q in projector.driver.queries if q.vital).every)
        assert projector.sim._guest is guest
    await asyncio.sleep(31)
    with pytest.raises(LinkDown):
        await projector.says("power")


async def test_another_controller_in_its_place_is_a_lost_link_and_not_a_wrong_reading(bench: MakeBench) -> None:
    projector = await bench("pjlink", ON)
    projector.sim.is_occupied()
    with pytest.raises(LinkDown):
        await projector.says("power")
    projector.sim.heal()
    assert await projector.says("power") == {"power": "on"}


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("security", ["md5", "sha256"])
async def test_the_password_is_proved_as_often_as_it_is_wanted(bench: MakeBench, strict: bool, security: str) -> None:
    projector = await bench(
        "pjlink", ON | LOCKED | {"strict": strict, "security": security}, KEY | {"security": security}
    )
    assert (await projector.says("picture"))["av-mute"] == "off"
    assert (await projector.driver.write("av-mute", "on")).value == "on"


async def test_a_wrong_password_is_tried_once(bench: MakeBench) -> None:
    with pytest.raises(AuthFailed, match="refused the password"):
        await bench("pjlink", ON | LOCKED, {"password": {"secret": "wrong"}})


async def test_a_password_that_is_not_named_is_asked_for(bench: MakeBench) -> None:
    with pytest.raises(AuthFailed, match=r"password: \{secret: name\}"):
        await bench("pjlink", ON | LOCKED)


async def test_an_old_firmware_does_not_get_the_weaker_proof_by_itself(bench: MakeBench) -> None:
    with pytest.raises(AuthFailed, match="security: md5"):
        await bench("pjlink", ON | LOCKED, KEY | {"security": "sha256"})


async def test_warming_up_takes_its_time_and_is_told_as_it_is(bench: MakeBench) -> None:
    projector = await bench("pjlink", {"warm_up": 20}, SOURCES)
    await projector.says("power")
    reading = await projector.driver.write("power", "on")
    assert (reading.value, reading.quality) == ("warming", Quality.MEASURED)
    with pytest.raises(Busy, match="warming"):
        await projector.driver.write("source", "hdmi-2")
    with pytest.raises(Busy, match="warming"):
        await projector.says("picture")
    await asyncio.sleep(21)
    assert await projector.says("power") == {"power": "on"}


async def test_cooling_down_takes_nothing(bench: MakeBench) -> None:
    projector = await bench("pjlink", ON | {"cool_down": 30})
    await projector.says("power")
    assert (await projector.driver.write("power", "off")).value == "cooling"
    with pytest.raises(Busy, match="ERR3"):
        await projector.driver.write("power", "on")
    await asyncio.sleep(31)
    assert await projector.says("power") == {"power": "off"}


async def test_one_that_is_off_does_not_know_what_it_shows(bench: MakeBench) -> None:
    projector = await bench("pjlink", {}, SOURCES)
    await projector.says("power")
    said = await projector.says("picture")
    assert said == dict.fromkeys(("source", "av-mute", "freeze", "signal", "resolution"))


async def test_silence_right_after_power_on_is_busy_and_not_dead(bench: MakeBench) -> None:
    projector = await bench("pjlink", {"warm_up": 30}, {"deaf": 20})
    await projector.says("power")
    await projector.driver.write("power", "on")
    projector.sim.falls_silent()
    with pytest.raises(Busy, match="told to go on"):
        await projector.says("power")
    await projector.driver.open()  # nor does opening fail
    await asyncio.sleep(25)
    with pytest.raises(NoAnswer):
        await projector.says("power")


async def test_a_source_is_chosen_by_the_sites_word(bench: MakeBench) -> None:
    projector = await bench("pjlink", ON, SOURCES)
    assert (await projector.driver.write("source", "hdmi-2")).value == "hdmi-2"
    with pytest.raises(Refused, match="hdmi-1, hdmi-2"):
        await projector.driver.write("source", "vga")
    projector.sim.wrong_source()
    assert (await projector.says("picture"))["source"] == "code-11"


async def test_an_input_the_model_does_not_have_is_refused(bench: MakeBench) -> None:
    projector = await bench("pjlink", ON, {"sources": {"network": "51"}})
    with pytest.raises(Refused, match="ERR2"):
        await projector.driver.write("source", "network")


async def test_mute_and_freeze_are_read_back(bench: MakeBench) -> None:
    projector = await bench("pjlink", ON)
    assert (await projector.driver.write("av-mute", "on")).value == "on"
    assert (await projector.driver.write("freeze", "on")).value == "on"
    projector.sim.mute = "OFF"
    assert (await projector.says("picture"))["av-mute"] == "sound"
    with pytest.raises(Refused, match="on or off"):
        await projector.driver.write("av-mute", "sound")


async def test_a_model_that_mutes_its_picture_only(bench: MakeBench) -> None:
    projector = await bench("pjlink", ON, {"mute": "11"})
    assert (await projector.driver.write("av-mute", "on")).value == "on"
    assert (projector.sim.mute, projector.sim.sound) == ("ON", "OFF")
    assert (await projector.driver.write("av-mute", "off")).value == "off"


async def test_a_dead_lamp_blames_the_lamp_and_nothing_else(bench: MakeBench) -> None:
    projector = await bench("pjlink", ON)
    projector.sim.lamp_fails()
    said = await projector.says("power")
    assert (said["power"], said["error"]) == ("fault", "lamp")
    assert [point for point, word in said.items() if word == "error"] == ["lamp.state"]


async def test_a_warning_is_a_warning(bench: MakeBench) -> None:
    projector = await bench("pjlink", ON)
    projector.sim.filter_clogs()
    said = await projector.says("errors")
    assert (said["filter.state"], said["error"]) == ("warning", "filter")
    assert await projector.says("power") == {"power": "on"}


async def test_one_that_will_not_be_switched_on_says_so(bench: MakeBench) -> None:
    projector = await bench("pjlink", {})
    projector.sim.refuses_power_on()
    with pytest.raises(Refused, match="ERR4"):
        await projector.driver.write("power", "on")


async def test_a_lying_projector_is_read_back_as_it_is(bench: MakeBench) -> None:
    projector = await bench("pjlink", {})
    await projector.says("power")
    projector.sim.lies()
    assert (await projector.driver.write("power", "on")).value == "off"


async def test_a_stuttering_bridge_does_not_lose_an_answer(bench: MakeBench) -> None:
    projector = await bench("pjlink", ON, SOURCES)
    projector.sim.stutters(share=1)
    assert (await projector.says("picture"))["source"] == "hdmi-1"


async def test_every_mishap_ends_in_a_typed_error_or_a_right_reading(bench: MakeBench) -> None:
    projector = await bench("pjlink", ON | {"boot": 5}, SOURCES)
    for befall in mishaps(projector.sim).values():
        befall()
        for query in projector.driver.queries:
            try:
                readings = await projector.driver.read(query)
            except DeviceError:
                continue
            assert all(projector.driver.points[r.point].accepts(r.value) for r in readings if r.value is not None)
        projector.sim.heal()
        projector.sim.power = "on"
        await asyncio.sleep(10)


@asynccontextmanager
async def notified(make: MakeBench, clock: object) -> AsyncIterator[Bench]:
    async with Ear.at(0) as ear:
        yield await make("pjlink", ON | {"notify": f"127.0.0.1:{ear.port}"}, SOURCES | {"notifications": 0})


async def test_a_notification_is_a_hint_to_ask(bench: MakeBench, clock: object) -> None:
    async with notified(bench, clock) as projector:
        await asyncio.sleep(0.1)
        projector.sim.filter_clogs()
        await projector.hears("filter.state", "warning")
        projector.sim.lamp_fails()
        await projector.hears("power", "fault")
        projector.sim.heal()
        await projector.hears("power", "off")


async def test_a_false_notification_makes_nothing_true(bench: MakeBench, clock: object) -> None:
    async with notified(bench, clock) as projector:
        await asyncio.sleep(0.1)
        for line in ("%2ERST=020000", "%2POWR=0", "\xff", "%2NONE=1", ""):
            projector.sim.tells(line)
        await projector.hears("power", "on")
        assert projector.said("power") == ["on"]
        assert set(projector.said("lamp.state")) == {"none-reported"}


def test_what_is_sent_is_what_the_specification_shows() -> None:
    assert wire.encode("ERST", "?") == b"%1ERST ?\r"
    assert wire.encode("INNM", "?31", "2") == b"%2INNM ?31\r"
