"""What all projectors on a network do alike, each in its own tongue, against the one of its kind that is not there."""

import asyncio
from typing import Any, NamedTuple

import pytest

from avctl.drivers.registry import build
from avctl.model.errors import AuthFailed, Busy, DeviceError, LinkDown, NoAnswer, Refused
from avctl.model.house import DeviceSpec
from avctl.model.reading import Quality
from simulators.device import mishaps
from simulators.faces import PtyFace
from simulators.nec import Projector as NecProjector
from tests.drivers.conftest import SECRETS, Bench, MakeBench


class Tongue(NamedTuple):
    """How a kind of projector counts its inputs, and what its hours are called."""

    inputs: tuple[str, str]
    hours: str = "lamp.hours"
    light: str = "lamp"
    errors: bool = True
    key: str = ""


TONGUES = {
    "pjlink": Tongue(("31", "32"), key="projector"),
    "nec": Tongue(("1A", "1B")),
    "ntcontrol": Tongue(("HD1", "HD2"), errors=False, key="projector"),
    "adcp": Tongue(("hdmi1", "hdmi2"), "light.hours", "laser", key="projector"),
}
LOCKED = [stem for stem, tongue in TONGUES.items() if tongue.key]
ON = {"power": "on", "lamp_hours": 4150, "light_hours": 4150}


@pytest.fixture(params=TONGUES)
def stem(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def up(make: MakeBench, stem: str, options: dict[str, Any] | None = None, **simulate: Any) -> Bench:
    tongue = TONGUES[stem]
    sources = dict(zip(("hdmi-1", "hdmi-2"), tongue.inputs, strict=True))
    chosen = {"sources": sources, "light": tongue.light} | (options or {})
    return await make(stem, {"light": tongue.light, "deaf": 5} | simulate, chosen)


async def test_one_that_is_on_says_what_it_shows(bench: MakeBench, stem: str) -> None:
    projector = await up(bench, stem, **ON)
    assert await projector.says("power") == {"power": "on"}
    said = await projector.says("picture")
    assert (said["source"], said["av-mute"], said.get("signal", "present")) == ("hdmi-1", "off", "present")
    assert (await projector.says("lamp"))[TONGUES[stem].hours] == 4150


async def test_what_it_says_is_what_its_points_say_it_may(bench: MakeBench, stem: str) -> None:
    projector = await up(bench, stem, **ON)
    for query in projector.driver.queries:
        for reading in await projector.driver.read(query):
            point = projector.driver.points[reading.point]
            assert reading.value is None or point.accepts(reading.value), reading


async def test_warming_and_cooling_are_told_as_they_are(bench: MakeBench, stem: str) -> None:
    projector = await up(bench, stem, warm_up=20, cool_down=30)
    await projector.says("power")
    assert (await projector.driver.write("power", "on")).value == "warming"
    await asyncio.sleep(10)
    assert await projector.says("power") == {"power": "warming"}
    await asyncio.sleep(11)
    assert await projector.says("power") == {"power": "on"}
    assert (await projector.driver.write("power", "off")).value == "cooling"
    await asyncio.sleep(40)
    assert await projector.says("power") == {"power": "off"}


async def test_while_it_warms_up_it_is_not_told_what_to_show(bench: MakeBench, stem: str) -> None:
    projector = await up(bench, stem, warm_up=20)
    await projector.says("power")
    await projector.driver.write("power", "on")
    with pytest.raises(Busy):
        await projector.driver.write("source", "hdmi-2")


async def test_one_that_is_off_does_not_know_what_it_shows(bench: MakeBench, stem: str) -> None:
    projector = await up(bench, stem)
    await projector.says("power")
    said = await projector.says("picture")
    assert (said["source"], said["av-mute"]) == (None, None)


async def test_source_and_mute_are_read_back(bench: MakeBench, stem: str) -> None:
    projector = await up(bench, stem, **ON)
    assert (await projector.driver.write("source", "hdmi-2")).value == "hdmi-2"
    assert (await projector.driver.write("av-mute", "on")).value == "on"
    assert (await projector.driver.write("av-mute", "off")).value == "off"
    with pytest.raises(Refused, match="hdmi-1, hdmi-2"):
        await projector.driver.write("source", "vga")


async def test_somebody_took_the_remote_control(bench: MakeBench, stem: str) -> None:
    projector = await up(bench, stem, **ON)
    projector.sim.wrong_source(projector.sim.inputs[2])
    assert (await projector.says("picture"))["source"] == f"code-{projector.sim.inputs[2].upper()}"


@pytest.mark.parametrize("befalls", ["lamp_fails", "fan_fails", "cover_opens"])
async def test_what_breaks_is_blamed_and_nothing_else(bench: MakeBench, stem: str, befalls: str) -> None:
    projector = await up(bench, stem, **ON)
    getattr(projector.sim, befalls)()
    if not TONGUES[stem].errors:
        assert not any(point.endswith(".state") for point in projector.driver.points)
        assert await projector.says("power") == {"power": "off"}
        return
    said = await projector.says("errors")
    part = befalls.partition("_")[0]
    assert [point for point, word in said.items() if word == "error"] == [f"{part}.state"]
    assert said["error"] == part


async def test_heat_is_a_warning_before_it_is_an_error(bench: MakeBench, stem: str) -> None:
    if not TONGUES[stem].errors or stem == "nec":  # which tells only that it is too hot
        return
    projector = await up(bench, stem, **ON)
    projector.sim.overheats(after=10)
    assert (await projector.says("errors"))["temperature.state"] == "warning"
    await asyncio.sleep(11)
    assert (await projector.says("errors"))["temperature.state"] == "error"


async def test_one_that_lies_is_read_back_as_it_is(bench: MakeBench, stem: str) -> None:
    projector = await up(bench, stem, **ON)
    await projector.says("power")
    projector.sim.lies()
    assert (await projector.driver.write("source", "hdmi-2")).value == "hdmi-1"
    assert (await projector.driver.write("power", "off")).value == "on"


async def test_one_that_will_not_be_switched_on_says_so(bench: MakeBench, stem: str) -> None:
    projector = await up(bench, stem)
    await projector.says("power")
    projector.sim.refuses_power_on()
    with pytest.raises((Refused, Busy)):
        await projector.driver.write("power", "on")


@pytest.mark.parametrize("stem", LOCKED)
async def test_the_password_opens_and_a_wrong_one_is_tried_once(bench: MakeBench, stem: str) -> None:
    locked = ON | {"password": SECRETS["projector"]}
    projector = await up(bench, stem, {"password": {"secret": "projector"}}, **locked)
    assert (await projector.says("picture"))["source"] == "hdmi-1"
    with pytest.raises(AuthFailed, match="refused"):
        await up(bench, stem, {"password": {"secret": "wrong"}}, **locked)
    with pytest.raises(AuthFailed, match="names none"):
        await up(bench, stem, **locked)


@pytest.mark.parametrize("hold", [False, True])
async def test_held_or_not_others_are_let_in_as_the_site_says(bench: MakeBench, stem: str, hold: bool) -> None:
    projector = await up(bench, stem, {"hold": hold}, **ON)
    for _ in range(3):
        assert await projector.says("power") == {"power": "on"}
    await asyncio.sleep(0.05)
    if stem == "adcp":
        assert (projector.sim.guest is not None) is hold


async def test_a_lost_connection_is_a_lost_link_and_can_be_made_again(bench: MakeBench, stem: str) -> None:
    projector = await up(bench, stem, **ON)
    projector.sim.refuses_connections()
    await asyncio.sleep(0.05)
    with pytest.raises(LinkDown):
        await projector.says("power")
    projector.sim.heal()
    await asyncio.sleep(0.05)
    assert await projector.says("power") == {"power": "on"}


async def test_silence_is_no_answer_and_the_late_one_is_nobodys(bench: MakeBench, stem: str) -> None:
    projector = await up(bench, stem, **ON)
    projector.sim.gets_slow(6)
    with pytest.raises((NoAnswer, LinkDown)):
        await projector.says("picture")
    projector.sim.heal()
    await asyncio.sleep(10)
    assert (await projector.says("picture"))["source"] == "hdmi-1"


async def test_a_stuttering_bridge_does_not_lose_an_answer(bench: MakeBench, stem: str) -> None:
    projector = await up(bench, stem, **ON)
    projector.sim.stutters(share=1)
    assert (await projector.says("picture"))["source"] == "hdmi-1"


async def test_every_mishap_ends_in_a_typed_error_or_a_right_reading(bench: MakeBench, stem: str) -> None:
    projector = await up(bench, stem, **ON, boot=5)
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


async def test_nec_hangs_up_when_it_is_switched_off_and_that_is_cooling(bench: MakeBench) -> None:
    projector = await up(bench, "nec", cool_down=20, **ON)
    await projector.says("power")
    reading = await projector.driver.write("power", "off")
    assert (reading.value, reading.quality) == ("cooling", Quality.ASSUMED)
    with pytest.raises(Busy, match="told to go off"):
        await projector.says("power")
    await projector.driver.open()  # nor does opening fail
    await asyncio.sleep(6)
    assert await projector.says("power") == {"power": "cooling"}
    await asyncio.sleep(20)
    assert await projector.says("power") == {"power": "off"}


async def test_a_held_nec_that_hangs_up_because_it_was_told_to_is_not_lost(bench: MakeBench) -> None:
    projector = await up(bench, "nec", {"hold": True}, cool_down=20, **ON)
    await projector.says("power")
    listening = asyncio.ensure_future(anext(projector.driver.listen(), None))
    await projector.driver.write("power", "off")
    assert await listening is None
    await asyncio.sleep(6)
    assert await projector.says("power") == {"power": "cooling"}


async def test_nec_without_a_filter_and_with_two_lamps(bench: MakeBench) -> None:
    projector = await up(bench, "nec", **ON, filter_hours=310)
    assert await projector.says("lamp") == {"lamp.hours": 4150, "filter.hours": 310}
    said = await projector.says("identity")
    assert (said["identity.serial"], said["identity.name"]) == (projector.sim.serial, "bench-nec")


async def test_nec_knows_an_answer_of_yesterday(bench: MakeBench) -> None:
    projector = await up(bench, "nec", {"hold": True}, **ON)
    projector.sim.falls_silent()
    with pytest.raises(NoAnswer):
        await projector.says("picture")
    projector.sim.heal()
    assert (await projector.says("picture"))["av-mute"] == "off"


@pytest.mark.real_time
async def test_nec_over_a_serial_line(clock: Any) -> None:
    face = PtyFace(NecProjector("nec", ON), "?baud=38400")
    await face.open()
    driver = build(DeviceSpec("nec", "301", "nec", face.url, {"sources": {"hdmi-2": "1B"}}), clock, str)
    try:
        await driver.open()
        assert [reading.value for reading in await driver.read(driver.queries[0])] == ["on"]
        assert (await driver.write("source", "hdmi-2")).value == "hdmi-2"
    finally:
        await driver.close()
        await face.close()


async def test_a_panasonic_that_knows_only_on_and_off(bench: MakeBench) -> None:
    projector = await up(bench, "ntcontrol", plain=True, **ON)
    assert await projector.says("power") == {"power": "on"}


async def test_a_panasonic_user_is_part_of_the_password(bench: MakeBench) -> None:
    locked = ON | {"password": SECRETS["projector"], "user": "dispadmin"}
    key = {"password": {"secret": "projector"}}
    projector = await up(bench, "ntcontrol", key | {"user": "dispadmin"}, **locked)
    assert await projector.says("power") == {"power": "on"}
    with pytest.raises(AuthFailed, match="user admin1"):
        await up(bench, "ntcontrol", key, **locked)


async def test_a_panasonic_laser_counts_its_own_hours(bench: MakeBench) -> None:
    projector = await up(bench, "ntcontrol", {"light": "laser"}, light="laser", power="on", light_hours=12)
    assert await projector.says("lamp") == {"light.hours": 12}


async def test_two_panasonic_lamps_read_as_the_older(bench: MakeBench) -> None:
    projector = await up(bench, "ntcontrol", second_lamp_hours=4300, **ON)
    assert await projector.says("lamp") == {"lamp.hours": 4300}


async def test_a_sony_is_the_guest_of_one(bench: MakeBench) -> None:
    projector = await up(bench, "adcp", **ON)
    said = await projector.says("identity")
    assert said["identity.serial"] == projector.sim.serial
    other = await up(bench, "adcp", {"hold": True}, **ON)
    projector.sim.guest = other.sim
    with pytest.raises(LinkDown):
        await projector.says("power")
