"""The SIS driver against the switcher that is not there."""

import asyncio

import pytest

from avctl.model.errors import AuthFailed, Busy, LinkDown, Refused
from tests.drivers.conftest import MakeBench

SMALL = {"inputs": 4, "outputs": 2}


async def test_it_says_what_is_tied_muted_and_plugged_in(bench: MakeBench) -> None:
    switcher = await bench("extron-sis", {**SMALL, "plugged": [1, 3]}, SMALL)
    assert await switcher.says("routes") == {"output.1.source": 1, "output.2.source": 1}
    said = await switcher.says("signals")
    assert [said[f"input.{n}.signal"] for n in range(1, 5)] == ["present", "absent", "present", "absent"]
    assert set((await switcher.says("mutes")).values()) == {"off"}
    assert await switcher.says("identity") == {"identity.firmware": "1.02", "identity.model": "60-882-01"}


async def test_a_tie_is_read_back(bench: MakeBench) -> None:
    switcher = await bench("extron-sis", SMALL, SMALL)
    assert (await switcher.driver.write("output.2.source", 4)).value == 4
    assert (await switcher.driver.write("output.2.source", 0)).value == 0
    assert switcher.sim.ties == {1: 1, 2: 0}
    assert (await switcher.driver.write("output.1.blank", "on")).value == "on"
    assert (await switcher.driver.write("output.1.mute", "on")).value == "on"
    assert (switcher.sim.blanked, switcher.sim.muted) == ({1}, {1})


async def test_a_hand_at_the_front_panel_is_heard_at_once(bench: MakeBench) -> None:
    switcher = await bench("extron-sis", SMALL, SMALL)
    switcher.sim.wrong_tie(output=2, input=3)
    await switcher.hears("output.2.source", 3)


async def test_a_preset_moves_the_ties(bench: MakeBench) -> None:
    switcher = await bench("extron-sis", SMALL, SMALL)
    assert (await switcher.driver.write("preset", 3)).value == 3
    assert set((await switcher.says("routes")).values()) == {3}
    with pytest.raises(Refused, match="E11 no such preset"):
        await switcher.driver.write("preset", 7)


async def test_busy_is_not_refused(bench: MakeBench) -> None:
    switcher = await bench("extron-sis", SMALL, SMALL)
    switcher.sim.is_busy()
    with pytest.raises(Busy, match="E22"):
        await switcher.says("routes")


async def test_a_switcher_smaller_than_the_site_file_says_is_told(bench: MakeBench) -> None:
    switcher = await bench("extron-sis", SMALL, {"inputs": 4, "outputs": 3})
    with pytest.raises(Refused, match="E12 no such output"):
        await switcher.says("routes")


async def test_a_password_lets_in(bench: MakeBench) -> None:
    simulate = {**SMALL, "password": "JBMIAProjectorLink"}
    switcher = await bench("extron-sis", simulate, {**SMALL, "password": {"secret": "projector"}})
    assert (await switcher.says("routes"))["output.1.source"] == 1


async def test_a_wrong_or_missing_password_is_tried_once(bench: MakeBench) -> None:
    for options in (SMALL, {**SMALL, "password": {"secret": "wrong"}}):
        with pytest.raises(AuthFailed):
            await bench("extron-sis", {**SMALL, "password": "right"}, options)


async def test_it_hangs_up_on_silence_and_the_questions_keep_it_awake(bench: MakeBench) -> None:
    switcher = await bench("extron-sis", SMALL, SMALL)
    for _ in range(30):
        await asyncio.sleep(15)
        await switcher.says("routes")
    await asyncio.sleep(301)
    with pytest.raises(LinkDown):
        await switcher.says("routes")
