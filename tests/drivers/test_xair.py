"""The X Air driver against the mixer that is not there, over a real socket."""

import asyncio

import pytest

from avctl.clock import LoopClock
from avctl.drivers.registry import build
from avctl.drivers.xair import XAir
from avctl.model.errors import NoAnswer, Refused, WrongDevice
from avctl.model.house import DeviceSpec
from avctl.model.reading import Quality
from simulators import osc
from tests.drivers.conftest import MakeBench


async def test_the_mixer_says_who_it_is(bench: MakeBench) -> None:
    mixer = await bench("xair", {"model": "MR18", "console": "Foyer"}, {"model": "MR18"})
    says = await mixer.says("identity")
    assert says == {"identity.name": "Foyer", "identity.model": "MR18", "identity.firmware": "1.12"}
    assert await mixer.says("status") == {"status": "active"}


@pytest.mark.parametrize(("simulated", "expected"), [("X32", "XR18"), ("XR12", "XR18"), ("XR18", "XR16")])
async def test_a_mixer_of_another_kind_or_size_is_not_talked_to(
    bench: MakeBench, simulated: str, expected: str
) -> None:
    with pytest.raises(WrongDevice, match=simulated):
        await bench("xair", {"model": simulated}, {"model": expected})


@pytest.mark.parametrize("model", ["XR12", "XR16", "XR18"])
async def test_every_point_of_every_size_is_said_by_some_query(bench: MakeBench, model: str) -> None:
    mixer = await bench("xair", {"model": model}, {"model": model})
    said = {point for query in mixer.driver.queries for point in await mixer.says(query.name)}
    assert said == set(mixer.driver.points)


@pytest.mark.parametrize(
    ("point", "value"),
    [
        ("channel.01.mute", "on"),
        ("channel.16.fader", -12.3),
        ("channel.02.to-main", "off"),
        ("bus.06.mute", "on"),
        ("main.mute", "on"),
        ("main.fader", -40),
        ("dca.4.fader", 10.0),
        ("aux-in.1.mute", "on"),
        ("mute-group.4", "on"),
        ("channel.07.gain", 24.5),
        ("channel.07.phantom", "on"),
    ],
)
async def test_what_is_set_is_read_back_and_stays_called_so(bench: MakeBench, point: str, value: str | float) -> None:
    mixer = await bench("xair")
    reading = await mixer.driver.write(point, value)
    assert (reading.point, reading.value, reading.quality) == (point, value, Quality.MEASURED)
    assert (await mixer.says("gains" if "gain" in point or "phantom" in point else "mix"))[point] == value


async def test_a_hand_at_the_mixer_is_heard_unasked(bench: MakeBench) -> None:
    mixer = await bench("xair")
    await mixer.says("status")
    mixer.sim.channel_muted(channel=1)
    await mixer.hears("channel.01.mute", "on")
    mixer.sim.main_muted()
    await mixer.hears("main.mute", "on")
    mixer.sim.phantom_lost(channel=3)
    await mixer.hears("channel.03.phantom", "off")


async def test_a_snapshot_is_loaded_and_the_mixer_says_which(bench: MakeBench) -> None:
    mixer = await bench("xair", {"scene": 2})
    assert await mixer.says("scene") == {"scene": 2, "scene.name": "standard"}
    assert (await mixer.driver.write("scene", 5)).value == 5
    assert await mixer.says("scene") == {"scene": 5, "scene.name": "speech-only"}
    await mixer.hears("channel.05.mute", "on")


@pytest.mark.parametrize("mishap", ["refuses_scenes", "scene_lost"])
async def test_a_snapshot_that_is_not_loaded_is_read_back_as_it_is(bench: MakeBench, mishap: str) -> None:
    mixer = await bench("xair", {"scene": 5})
    getattr(mixer.sim, mishap)()
    assert (await mixer.driver.write("scene", 2)).value == 5


async def test_there_is_no_snapshot_0_to_load(bench: MakeBench) -> None:
    mixer = await bench("xair")
    with pytest.raises(Refused, match="1 to 64"):
        await mixer.driver.write("scene", 0)


async def test_meters_show_who_speaks_and_are_thinned(bench: MakeBench) -> None:
    mixer = await bench("xair", {"scene": 2}, {"meters": 0.5})
    mixer.sim.plug(1, lambda _: -20.0)
    said = await mixer.says("levels")
    assert said["channel.01.level"] == pytest.approx(-20, abs=3)
    assert said["main.level"] == pytest.approx(-25, abs=4)
    mixer.heard.clear()
    mixer.sim.mic_dies(channel=1)
    await asyncio.sleep(5.1)
    assert len(mixer.said("channel.01.level")) <= 11


async def test_an_echo_of_our_own_set_is_no_harm(bench: MakeBench) -> None:
    mixer = await bench("xair")
    await mixer.says("status")
    for mute in ("on", "off", "on"):
        assert (await mixer.driver.write("channel.01.mute", mute)).value == mute
    await asyncio.sleep(0.1)
    assert mixer.sim.values["/ch/01/mix/on"] == 0


async def test_a_silent_mixer_is_no_answer(bench: MakeBench) -> None:
    mixer = await bench("xair")
    mixer.sim.falls_silent()
    with pytest.raises(NoAnswer, match="/status"):
        await mixer.says("status")


def test_its_port_is_10024_where_the_address_says_none(clock: LoopClock) -> None:
    mixer = build(DeviceSpec("mixer", "301", "xair", "osc://10.0.0.1"), clock, str)
    assert isinstance(mixer, XAir) and str(mixer._link).endswith("10.0.0.1:10024")
    desk = build(DeviceSpec("desk", "301", "x32", "osc://10.0.0.1"), clock, str)
    assert str(desk._link).endswith("10.0.0.1:10023")  # type: ignore[attr-defined]


def test_the_request_of_the_manual_for_a_channels_meters_is_understood_by_the_simulator() -> None:
    said = bytes.fromhex("2f6d6574 65727300 2c736900 2f6d6574 6572732f 30000000 00000008")
    assert osc.parse(said) == ("/meters", ["/meters/0", 8])
