"""The X32 driver against the desk that is not there, over a real socket."""

import pytest

from avctl.model.errors import NoAnswer, Refused, WrongDevice
from avctl.model.reading import Quality, Value
from tests.drivers.conftest import MakeBench


async def test_the_desk_says_who_it_is(bench: MakeBench) -> None:
    desk = await bench("x32", {"model": "X32RACK", "console": "FOH"})
    assert await desk.says("identity") == {
        "identity.name": "FOH",
        "identity.model": "X32RACK",
        "identity.firmware": "4.06",
    }
    assert await desk.says("status") == {"status": "active"}


async def test_somebody_else_at_the_address_is_not_talked_to(bench: MakeBench) -> None:
    with pytest.raises(WrongDevice, match="XR18"):
        await bench("x32", {"model": "XR18"})


@pytest.mark.parametrize(
    ("point", "value"),
    [
        ("channel.01.mute", "on"),
        ("channel.32.fader", -12.3),
        ("bus.16.mute", "on"),
        ("main.mute", "on"),
        ("main.fader", -40),
        ("dca.8.fader", 10.0),
        ("channel.02.fader", -120.0),
        ("mute-group.6", "on"),
        ("oscillator", "on"),
        ("oscillator.level", -20),
        ("oscillator.frequency", 1000),
        ("oscillator.destination", "bus.16"),
    ],
)
async def test_what_is_set_is_read_back_and_stays_called_so(bench: MakeBench, point: str, value: str | float) -> None:
    desk = await bench("x32")
    reading = await desk.driver.write(point, value)
    assert (reading.point, reading.value, reading.quality) == (point, value, Quality.MEASURED)
    again = await desk.says("oscillator" if point.startswith("oscillator") else "mix")
    assert again[point] == value


async def test_a_hand_at_the_desk_is_heard_unasked(bench: MakeBench) -> None:
    desk = await bench("x32")
    await desk.says("status")  # by now it has our wish for pushes, too
    desk.sim.channel_muted(channel=1)
    await desk.hears("channel.01.mute", "on")
    desk.sim.fader_moved(channel=1, db=-20.0)
    await desk.hears("channel.01.fader", -20.0)


async def test_an_asked_value_is_forgotten_when_a_hand_moves_the_fader(bench: MakeBench) -> None:
    desk = await bench("x32", options={"channels": 1})
    await desk.driver.write("channel.01.fader", -40.0)
    desk.sim.fader_moved(channel=1, db=-40.3)
    assert (await desk.says("mix"))["channel.01.fader"] == pytest.approx(-40.3, abs=0.1)


async def test_a_scene_is_recalled_and_the_desk_says_which(bench: MakeBench) -> None:
    desk = await bench("x32", {"scene": 2})
    assert (await desk.says("scene"))["scene"] == 2
    reading = await desk.driver.write("scene", 5)
    assert (reading.value, desk.sim.state()["scene"]) == (5, 5)
    said = await desk.says("scene")
    assert said == {"scene": 5, "scene.name": desk.sim.state()["scene.name"]}
    assert desk.said("main.fader")  # every strip was read again: pushes may be lost


@pytest.mark.parametrize("mishap", ["refuses_scenes", "scene_lost"])
async def test_a_scene_that_is_not_recalled_is_refused(bench: MakeBench, mishap: str) -> None:
    desk = await bench("x32")
    getattr(desk.sim, mishap)()
    with pytest.raises(Refused, match="scene 2"):
        await desk.driver.write("scene", 2)


async def test_the_tone_moves_the_meters_and_the_meters_are_heard(bench: MakeBench) -> None:
    desk = await bench("x32")
    quiet = await desk.says("levels")
    assert quiet.keys() >= {"channel.01.level", "channel.32.level", "bus.16.level", "main.level"}
    await desk.driver.write("oscillator.destination", "main")
    await desk.driver.write("oscillator.level", -20)
    await desk.driver.write("oscillator", "on")
    await desk.says("levels")  # a blob from before may still have been on its way
    loud = await desk.says("levels")
    before, after = quiet["main.level"], loud["main.level"]
    assert isinstance(before, float) and isinstance(after, float) and after > before + 20


async def test_a_lost_datagram_is_asked_for_once_more(bench: MakeBench) -> None:
    desk = await bench("x32")
    desk.sim.wire.loss = 0.2
    told = 0
    for _ in range(20):
        try:
            told += bool(await desk.says("status"))
        except NoAnswer:
            continue
    assert told >= 15  # of 20 questions; two directions at 20 % each would leave 13 without the second try


async def test_a_silent_desk_is_no_answer_within_twice_the_deadline(bench: MakeBench, clock: object) -> None:
    desk = await bench("x32")
    desk.sim.falls_silent()
    with pytest.raises(NoAnswer, match="/status"):
        await desk.says("status")


async def test_what_no_point_accepts_is_never_sent(bench: MakeBench) -> None:
    desk = await bench("x32", options={"channels": 8})
    wishes: list[tuple[str, Value]]
    wishes = [("channel.09.mute", "on"), ("scene", 100), ("main.fader", 11), ("status", "standby")]
    for point, value in wishes:
        with pytest.raises(Refused):
            await desk.driver.write(point, value)


@pytest.mark.parametrize(
    ("point", "value"),
    [
        ("channel.01.gain", 33.5),
        ("channel.01.phantom", "on"),
        ("channel.05.to-main", "off"),
        ("matrix.6.fader", -7.5),
        ("mono.mute", "on"),
        ("aux-in.8.mute", "on"),
        ("mute-group.1", "on"),
    ],
)
async def test_what_else_is_set_is_read_back(bench: MakeBench, point: str, value: str | float) -> None:
    desk = await bench("x32")
    assert (await desk.driver.write(point, value)).value == value
    assert (await desk.says("gains" if "gain" in point or "phantom" in point else "mix"))[point] == value


async def test_gain_goes_to_the_head_amplifier_that_feeds_the_channel(bench: MakeBench) -> None:
    desk = await bench("x32")
    desk.sim.values["/-ha/02/index"] = 35  # channel 3 is fed by the fourth input of the stage box
    before = desk.sim.values["/headamp/002/gain"]
    await desk.driver.write("channel.03.gain", 12.0)
    assert desk.sim.values["/headamp/035/gain"] == pytest.approx(24 / 72)
    assert desk.sim.values["/headamp/002/gain"] == before


async def test_a_channel_without_head_amplifier_has_no_gain_to_set(bench: MakeBench) -> None:
    desk = await bench("x32", options={"channels": 4})
    desk.sim.values["/-ha/01/index"] = -1
    assert (await desk.says("gains"))["channel.02.gain"] is None
    with pytest.raises(Refused, match=r"channel\.02\.phantom"):
        await desk.driver.write("channel.02.phantom", "on")
    assert desk.sim.values["/headamp/001/phantom"] == 0


async def test_phantom_power_switched_off_at_the_desk_is_heard_for_every_channel_it_feeds(bench: MakeBench) -> None:
    desk = await bench("x32", options={"channels": 4})
    desk.sim.values["/-ha/03/index"] = 0  # channels 1 and 4 share an input
    assert (await desk.says("gains"))["channel.04.phantom"] == "on"
    desk.sim.phantom_lost(channel=1)
    await desk.hears("channel.01.phantom", "off")
    await desk.hears("channel.04.phantom", "off")


async def test_the_patch_bay_is_read_and_a_hand_in_it_is_heard(bench: MakeBench) -> None:
    desk = await bench("x32")
    desk.sim.values["/outputs/main/07/src"] = 2
    said = await desk.says("routing")
    assert (said["routing.in.1-8"], said["routing.out.9-12"]) == ("an1-8", "out9-12")
    assert (said["output.07.source"], said["routing.switch"]) == ("main.right", "record")
    assert {name.partition(".")[0] for name in said} == {"routing", "output"}
    desk.sim.touch("/config/routing/AES50A/41-48", 35)
    await desk.hears("routing.aes50a.41-48", "uin25-32")
    desk.sim.touch("/config/routing/routswitch", 1)
    await desk.hears("routing.switch", "play")


async def test_names_come_with_what_feeds_a_channel(bench: MakeBench) -> None:
    desk = await bench("x32", {"scene": 2})
    said = await desk.says("names")
    assert (said["channel.01.name"], said["channel.01.source"]) == ("Lectern", "in.01")
    assert "bus.16.name" in said and "dca.8.name" in said


async def test_a_tone_to_the_left_is_heard_on_the_left_and_at_the_output_it_feeds(bench: MakeBench) -> None:
    desk = await bench("x32")
    desk.sim.values |= {"/outputs/main/15/src": 1, "/outputs/main/16/src": 2}
    for point, value in (("destination", "main.left"), ("level", -20.0)):
        await desk.driver.write(f"oscillator.{point}", value)
    await desk.driver.write("oscillator", "on")
    await desk.says("levels")
    main = await desk.says("levels")
    assert main["main.left.level"] == pytest.approx(-20, abs=1)
    assert main["main.right.level"] == pytest.approx(-70, abs=40)
    await desk.says("outputs")
    out = await desk.says("outputs")
    assert out["output.15.level"] == pytest.approx(-20, abs=1)
    assert out["oscillator.signal"] == pytest.approx(-20, abs=1)
    assert out["output.16.level"] != pytest.approx(-20, abs=10)
    assert {"recorder.in.level", "talkback.level", "monitor.level", "aux-in.8.level", "aux-out.6.level"} <= out.keys()


async def test_every_point_is_said_by_some_query(bench: MakeBench) -> None:
    desk = await bench("x32")
    said = {point for query in desk.driver.queries for point in await desk.says(query.name)}
    assert said == set(desk.driver.points)


async def test_one_head_amplifier_is_not_asked_for_in_vain(bench: MakeBench) -> None:
    desk = await bench("x32", options={"channels": 1})
    desk.sim.falls_silent()
    with pytest.raises(NoAnswer):
        await desk.says("gains")
