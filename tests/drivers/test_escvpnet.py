"""The Epson driver through the door of a projector on the network."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from epson_projector.const import ESCVPNET_HELLO_COMMAND
from epson_projector.projector_tcp import ProjectorTcp

from avctl.clock import LoopClock
from avctl.drivers.registry import build
from avctl.model.errors import AuthFailed, Busy, LinkDown, NoAnswer, WrongDevice
from avctl.model.house import DeviceSpec
from avctl.model.ports import Driver
from simulators.escvpnet import Projector
from simulators.faces import TcpFace
from tests.drivers.conftest import SECRETS

ON = {"power": "on", "lamp_hours": 4150, "imevent": False}


class Door:
    """A projector on the network, and drivers that come to it."""

    def __init__(self, clock: LoopClock, **simulate: Any) -> None:
        self.sim = Projector("epson", ON | simulate)
        self.face = TcpFace(self.sim, "escvpnet")
        self._clock = clock
        self._came: list[Driver] = []

    async def driver(self, **options: Any) -> Driver:
        driver = build(DeviceSpec("epson", "301", "escvp21", self.face.url, options), self._clock, SECRETS.__getitem__)
        self._came.append(driver)
        await driver.open()
        return driver

    async def close(self) -> None:
        for driver in self._came:
            await driver.close()
        await self.face.close()


@pytest.fixture
async def door(clock: LoopClock) -> AsyncIterator[Door]:
    door = Door(clock)
    await door.face.open()
    yield door
    await door.close()


async def power(driver: Driver) -> object:
    return (await driver.read(next(q for q in driver.queries if q.vital)))[0].value


@pytest.mark.parametrize("colon", [True, False])
async def test_behind_the_door_it_is_the_same_projector(door: Door, colon: bool) -> None:
    door.sim.colon = colon
    driver = await door.driver(sources={"hdmi-1": "30", "hdmi-2": "A0"})
    assert await power(driver) == "on"
    assert (await driver.write("source", "hdmi-2")).value == "hdmi-2"
    assert (await driver.write("av-mute", "on")).value == "on"


async def test_the_second_controller_is_told_that_it_is_busy(door: Door) -> None:
    first = await door.driver()
    with pytest.raises(Busy, match="another controller"):
        await door.driver()
    assert await power(first) == "on"
    await first.close()
    await asyncio.sleep(0.1)
    assert await power(await door.driver()) == "on"


async def test_the_password_opens(door: Door) -> None:
    door.sim.password = "opensesame"
    with pytest.raises(AuthFailed, match="another password"):
        await door.driver()
    assert await power(await door.driver(password={"secret": "wrong"})) == "on"


async def test_a_password_no_projector_has_is_a_mistake_before_anything_is_sent(door: Door) -> None:
    with pytest.raises(ValueError, match="16 characters"):
        await door.driver(password={"secret": "projector"})


async def test_the_driver_asks_before_the_door_is_shut(door: Door) -> None:
    driver = await door.driver()
    assert min(query.every for query in driver.queries) < 52
    await asyncio.sleep(61)
    with pytest.raises(LinkDown):
        await power(driver)


async def test_nobody_opens(door: Door) -> None:
    door.sim.falls_silent()
    with pytest.raises(NoAnswer, match="nobody opened"):
        await door.driver()


async def test_somebody_else_lives_there(clock: LoopClock) -> None:
    async def shop(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 ftp.example ready\r\n")
        await reader.read()
        writer.close()

    async with await asyncio.start_server(shop, "127.0.0.1", 0) as server:
        url = f"escvpnet://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        driver = build(DeviceSpec("epson", "301", "escvp21", url, {}), clock, SECRETS.__getitem__)
        with pytest.raises(WrongDevice, match=r"not ESC/VP\.net"):
            await driver.open()
        await driver.close()


@pytest.mark.real_time
async def test_a_foreign_client_is_let_in_and_understands(door: Door) -> None:
    door.sim.colon = False  # this client cannot swallow a prompt that comes with the greeting
    host, _, port = door.face.url.partition("//")[2].rpartition(":")
    client = ProjectorTcp(host, int(port))
    client._reader, client._writer = await asyncio.open_connection(host, int(port))
    client._writer.write(ESCVPNET_HELLO_COMMAND.encode())
    said = await client._reader.read(16)
    assert (said[:10], said[14]) == (b"ESC/VP.net", 32)  # what it demands of a projector in `async_init`
    client._isOpen = True
    heard = await client.get_property("PWR", 3), await client.get_property("LAMP", 3)
    client.close()
    await client._writer.wait_closed()
    assert heard == ("01", "4150")
