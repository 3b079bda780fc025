"""The engine with real drivers against simulated devices in a process of their own: real sockets, real time."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest

from avctl.clock import SystemClock
from avctl.config import load
from avctl.drivers import registry
from avctl.engine.bus import Bus
from avctl.engine.site import Site
from avctl.model.command import Command
from avctl.model.event import FaultRaised, Occupancy, ReachChanged
from avctl.model.fault import FaultKey
from avctl.model.health import Cause, Health, Reach
from avctl.model.house import House
from avctl.model.outcome import Verdict

pytestmark = pytest.mark.real_time
ROOT = Path(__file__).parents[2]


@dataclass
class Building:
    """Rooms 302 and 303 with simulated devices, and the site that drives them."""

    site: Site
    control: str

    async def befalls(self, device: str, mishap: str) -> None:
        async with httpx.AsyncClient() as client:
            (await client.post(f"{self.control}/devices/{device}/{mishap}")).raise_for_status()

    async def until(self, holds: Callable[[], bool], within: float) -> float:
        """How many seconds it took; fails after `within`."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        async with asyncio.timeout(within):
            while not holds():
                await asyncio.sleep(0.02)
        return loop.time() - begun

    def is_up(self) -> bool:
        return all(self.site.device(device).reach is Reach.UP for device in self.site.house.devices)


@pytest.fixture(scope="module")
def announced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The simulators' word where everything is, once all of them are ready."""
    file = tmp_path_factory.mktemp("building") / "announce.json"
    args = ["-m", "simulators", "config/site.yaml", "--announce", str(file), "--rooms", "302,303"]
    with subprocess.Popen([sys.executable, *args], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        while not file.exists() and process.stdout.readline():
            pass
        yield file
        process.terminate()


@pytest.fixture
async def building(announced: Path) -> AsyncIterator[Building]:
    told = json.loads(announced.read_text())
    house = _house(told["devices"])
    clock = SystemClock()
    site = Site(house, Bus(clock), clock)
    for device, spec in house.devices.items():
        site.attach(device, registry.build(spec, clock, told["devices"][device]["secrets"].__getitem__))
    await site.start()
    building = Building(site, told["control"])
    await building.until(building.is_up, 15)
    yield building
    await site.stop()
    async with httpx.AsyncClient() as client:
        for device in house.devices:
            await client.post(f"{building.control}/devices/{device}/heal")


def _house(told: dict[str, dict[str, str]]) -> House:
    whole = load(ROOT / "config" / "site.yaml").house
    devices = {id: replace(spec, url=told[id]["url"]) for id, spec in whole.devices.items() if id in told}
    rooms = {id: room for id, room in whole.rooms.items() if id in ("302", "303")}
    return replace(whole, rooms=rooms, devices=devices, language="en")


async def test_every_simulated_device_is_up_and_a_weak_pack_is_found_at_once(building: Building) -> None:
    key = FaultKey("r303-charger", "battery", "bay.3")
    await building.until(lambda: key in building.site.state("303").faults, 2)
    assert building.site.condition("r303-charger").health is Health.DEGRADED


async def test_a_lamp_that_fails_is_a_fault_within_seconds_and_the_side_display_takes_over(building: Building) -> None:
    heard = building.site.bus.subscribe("test", lambda body: isinstance(body, FaultRaised))
    await building.befalls("r302-projector", "lamp-fails")
    key = FaultKey("r302-projector", "lamp")
    assert await building.until(lambda: key in building.site.state("302").faults, 12) < 11
    assert any(isinstance(e.body, FaultRaised) and e.body.fault.key == key and e.cause for e in heard.take())
    until = building.site.clock.now() + 30
    on = Command("on", "r302-side", "power", "on", "playbook:lamp-failure", "test", until)
    assert (await building.site.command(on)).verdict is Verdict.PASS
    await building.until(lambda: building.site.state("302").value("r302-side", "power") == "on", 15)


async def test_a_mixer_that_falls_silent_in_a_meeting_is_down_within_five_seconds(building: Building) -> None:
    heard = building.site.bus.subscribe("test", lambda body: isinstance(body, ReachChanged))
    building.site.flag("303", Occupancy.OCCUPIED)
    await asyncio.sleep(1)
    await building.befalls("r303-mixer", "falls-silent")
    took = await building.until(lambda: building.site.device("r303-mixer").reach is Reach.DOWN, 10)
    assert took <= 5.5
    assert building.site.condition("r303-mixer").cause is Cause.NO_REPLY
    assert [e.body.reach for e in heard.take() if isinstance(e.body, ReachChanged)] == [Reach.SUSPECT, Reach.DOWN]
