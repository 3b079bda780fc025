"""Tesira and Q-SYS against the processors that are not there: what is their own; what all share is in test_mishaps."""

import asyncio
from typing import Any

import pytest

from avctl.model.errors import AuthFailed, LinkDown, Refused
from avctl.model.reading import Quality
from tests.drivers.conftest import MakeBench

TESIRA: dict[str, Any] = {"channels": {"01": {"block": "Level1", "index": 1, "meter": "AudioMeter1"}}}
QSYS: dict[str, Any] = {
    "channels": {"01": {"mute": "Mic1Mute", "fader": "Mic1Gain", "level": "Mic1Meter"}},
    "snapshots": "Scenes",
}
BOTH = pytest.mark.parametrize(("stem", "options"), [("tesira", TESIRA), ("qsys-qrc", QSYS)])


@BOTH
async def test_faders_and_mutes_are_told_and_set_in_the_same_words(
    bench: MakeBench, stem: str, options: dict[str, Any]
) -> None:
    processor = await bench(stem, {}, options)
    assert await processor.says("channels") == {"channel.01.fader": 0.0, "channel.01.mute": "off"}
    assert (await processor.driver.write("channel.01.fader", -12.5)).value == -12.5
    assert (await processor.driver.write("channel.01.fader", -120)).value == -120.0
    assert (await processor.driver.write("channel.01.mute", "on")).value == "on"
    assert (processor.sim.faders[1], processor.sim.mutes[1]) == (-100.0, True)
    assert (await processor.says("meters"))["channel.01.level"] == -120.0


@BOTH
async def test_a_hand_at_the_wall_panel_is_heard(bench: MakeBench, stem: str, options: dict[str, Any]) -> None:
    processor = await bench(stem, {}, options)
    processor.sim.somebody_mutes()
    await processor.hears("channel.01.mute", "on", within=3)


@BOTH
async def test_what_was_subscribed_is_subscribed_anew_after_a_broken_connection(
    bench: MakeBench, stem: str, options: dict[str, Any]
) -> None:
    processor = await bench(stem, {}, options)
    processor.sim.drops_connection()
    await asyncio.sleep(0.1)
    await processor.driver.open()
    listening = asyncio.create_task(processor.listen())
    processor.sim.somebody_mutes()
    await processor.hears("channel.01.mute", "on", within=3)
    listening.cancel()


@BOTH
async def test_a_fault_it_reports_is_told_and_nothing_more_is_claimed(
    bench: MakeBench, stem: str, options: dict[str, Any]
) -> None:
    processor = await bench(stem, {}, options)
    assert (await processor.says("state"))["other.state"] == "none-reported"
    processor.sim.network_audio_fails()
    assert (await processor.says("state"))["other.state"] in ("warning", "error")


@pytest.mark.parametrize(("stem", "options", "preset"), [("tesira", TESIRA, 1001), ("qsys-qrc", QSYS, 2)])
async def test_a_preset_is_recalled_and_honestly_assumed(
    bench: MakeBench, stem: str, options: dict[str, Any], preset: int
) -> None:
    processor = await bench(stem, {}, options)
    await processor.driver.write("channel.01.mute", "on")
    reading = await processor.driver.write("preset", preset)
    assert (reading.value, reading.quality) == (preset, Quality.ASSUMED)
    assert (await processor.says("channels"))["channel.01.mute"] == "off"


@pytest.mark.parametrize(
    ("stem", "channel", "said"),
    [
        ("tesira", {"block": "Levle1"}, "address not found"),
        ("qsys-qrc", {"mute": "Mic9Mute"}, "8 Unknown control"),
    ],
)
async def test_a_block_that_is_not_in_the_design_is_named(
    bench: MakeBench, stem: str, channel: dict[str, Any], said: str
) -> None:
    processor = await bench(stem, {}, {"channels": {"01": channel}})
    with pytest.raises(Refused, match=said):
        await processor.says("channels")


async def test_a_core_that_wants_a_logon(bench: MakeBench) -> None:
    right = {**QSYS, "user": "av", "password": {"secret": "projector"}}
    core = await bench("qsys-qrc", {"password": "JBMIAProjectorLink"}, right)
    assert (await core.says("state"))["state"] == "active"
    for options in (QSYS, {**QSYS, "user": "av", "password": {"secret": "wrong"}}):
        with pytest.raises(AuthFailed):
            await bench("qsys-qrc", {"password": "right"}, options)


async def test_a_core_hangs_up_on_silence_and_the_questions_keep_it_awake(bench: MakeBench) -> None:
    core = await bench("qsys-qrc", {}, QSYS)
    for _ in range(12):
        await asyncio.sleep(10)
        await core.says("state")
    await asyncio.sleep(61)
    with pytest.raises(LinkDown):
        await core.says("state")


async def test_a_serial_tesira_welcomes_nobody(bench: MakeBench) -> None:
    processor = await bench("tesira", {"telnet": False}, TESIRA)
    assert (await processor.says("channels"))["channel.01.mute"] == "off"
