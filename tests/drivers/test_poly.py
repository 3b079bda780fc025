"""The Poly driver against the terminal that is not there."""

import pytest

from avctl.model.errors import AuthFailed, Refused
from avctl.model.reading import Quality
from tests.drivers.conftest import MakeBench

NUMBERS = {"numbers": {"loopback": "192.168.1.101"}}


async def test_it_says_how_it_stands(bench: MakeBench) -> None:
    terminal = await bench("poly", {"volume": 50}, NUMBERS)
    assert await terminal.says("state") == {"call": "idle", "dial": "none"}
    assert await terminal.says("sound") == {"mic-mute": "off", "volume": 50}
    assert await terminal.says("line") == {"registered": "yes"}
    terminal.sim.loses_registration()
    assert await terminal.says("line") == {"registered": "no"}


async def test_a_loopback_call_is_dialled_connected_and_hung_up(bench: MakeBench) -> None:
    terminal = await bench("poly", {"hasty": True}, NUMBERS)
    assert (await terminal.driver.write("dial", "loopback")).value == "loopback"
    await terminal.hears("call", "connected", within=5)
    assert (await terminal.driver.write("dial", "none")).value == "none"
    assert terminal.sim.call == "idle"


async def test_whom_it_calls_is_nobodys_business(bench: MakeBench) -> None:
    terminal = await bench("poly", {}, NUMBERS)
    terminal.sim.is_called("minister@example.org")
    await terminal.hears("call", "ringing")
    assert "minister" not in str(terminal.heard) and terminal.said("dial") == ["other"]


async def test_sleep_is_assumed_until_it_says_so_itself(bench: MakeBench) -> None:
    terminal = await bench("poly")
    reading = await terminal.driver.write("standby", "on")
    assert (reading.value, reading.quality) == ("on", Quality.ASSUMED)
    await terminal.hears("standby", "on")


async def test_what_is_registered_already_is_a_yes(bench: MakeBench) -> None:
    terminal = await bench("poly")
    await terminal.driver.close()
    await terminal.driver.open()
    assert (await terminal.driver.write("mic-mute", "on")).value == "on"


async def test_a_call_it_cannot_make_is_refused_with_its_reason(bench: MakeBench) -> None:
    terminal = await bench("poly", {}, NUMBERS)
    terminal.sim.loses_registration()
    with pytest.raises(Refused, match=r"dial manual 384: info: IP line"):
        await terminal.driver.write("dial", "loopback")


async def test_a_password_on_the_line(bench: MakeBench) -> None:
    terminal = await bench("poly", {"password": "JBMIAProjectorLink"}, {"password": {"secret": "projector"}})
    assert (await terminal.says("line"))["registered"] == "yes"
    for options in ({}, {"password": {"secret": "wrong"}}):
        with pytest.raises(AuthFailed):
            await bench("poly", {"password": "right"}, options)


async def test_a_model_without_a_status_is_not_asked(bench: MakeBench) -> None:
    terminal = await bench("poly", {}, {"exchange": ""})
    assert "registered" not in terminal.driver.points
    assert "line" not in {query.name for query in terminal.driver.queries}
