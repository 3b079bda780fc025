"""The xAPI driver against the terminal that is not there."""

import asyncio

import pytest

from avctl.model.errors import AuthFailed, Refused
from tests.drivers.conftest import MakeBench

NUMBERS = {"numbers": {"loopback": "echo@example.org"}}


async def test_it_says_how_it_stands(bench: MakeBench) -> None:
    terminal = await bench("cisco-xapi", {"model": "SX20", "volume": 70}, NUMBERS)
    assert await terminal.says("state") == {"standby": "off", "call": "idle", "dial": "none"}
    assert await terminal.says("sound") == {"mic-mute": "off", "volume": 70}
    assert await terminal.says("line") == {"registered": "yes"}
    assert (await terminal.says("identity"))["identity.model"] == "SX20"


async def test_a_loopback_call_is_dialled_connected_and_hung_up(bench: MakeBench) -> None:
    terminal = await bench("cisco-xapi", {}, NUMBERS)
    assert (await terminal.driver.write("dial", "loopback")).value == "loopback"
    await terminal.hears("call", "connected", within=5)
    assert terminal.sim.number == "echo@example.org"
    assert (await terminal.driver.write("call", "idle")).value == "idle"
    assert await terminal.says("state") == {"standby": "off", "call": "idle", "dial": "none"}


async def test_whom_it_calls_is_nobodys_business(bench: MakeBench) -> None:
    terminal = await bench("cisco-xapi", {}, NUMBERS)
    terminal.sim.is_called("minister@example.org")
    await terminal.hears("call", "ringing")
    assert "minister" not in str(terminal.heard)
    assert terminal.said("dial")[-1] == "other"
    with pytest.raises(Refused, match="one of none, other, loopback"):
        await terminal.driver.write("dial", "minister@example.org")
    with pytest.raises(Refused, match="no number other"):
        await terminal.driver.write("dial", "other")


async def test_sleep_mute_and_volume_are_read_back(bench: MakeBench) -> None:
    terminal = await bench("cisco-xapi")
    for point, value in (("standby", "on"), ("mic-mute", "on"), ("volume", 35), ("standby", "off")):
        assert (await terminal.driver.write(point, value)).value == value


async def test_a_button_pressed_in_the_room_is_heard_at_once(bench: MakeBench) -> None:
    terminal = await bench("cisco-xapi")
    terminal.sim.is_muted_by_hand()
    terminal.sim.loses_registration()
    await terminal.hears("mic-mute", "on")
    await terminal.hears("registered", "no")


async def test_feedback_is_registered_anew_after_a_broken_connection(bench: MakeBench) -> None:
    terminal = await bench("cisco-xapi")
    terminal.sim.drops_connection()
    await asyncio.sleep(0.1)
    await terminal.driver.open()
    listening = asyncio.create_task(terminal.listen())
    terminal.sim.is_muted_by_hand()
    await terminal.hears("mic-mute", "on")
    listening.cancel()


async def test_a_call_it_cannot_make_is_refused_with_its_reason(bench: MakeBench) -> None:
    terminal = await bench("cisco-xapi", {}, NUMBERS)
    terminal.sim.loses_registration()
    with pytest.raises(Refused, match="Not possible now"):
        await terminal.driver.write("dial", "loopback")


async def test_a_login_on_the_line(bench: MakeBench) -> None:
    right = {"password": {"secret": "projector"}}
    terminal = await bench("cisco-xapi", {"password": "JBMIAProjectorLink"}, right)
    assert (await terminal.says("line"))["registered"] == "yes"
    for options in ({}, {"password": {"secret": "wrong"}}):
        with pytest.raises(AuthFailed):
            await bench("cisco-xapi", {"password": "right"}, options)
