"""A room with wireless microphones of three makers: sessions, rules and checks need not know which is which."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from avctl.clock import LoopClock
from avctl.drivers.registry import build
from avctl.engine.bus import Bus
from avctl.engine.site import Site
from avctl.model.booking import Needs
from avctl.model.fault import FaultKey
from avctl.model.health import Reach
from avctl.model.house import DeviceSpec, House, RoomSpec
from avctl.model.outcome import Verdict
from avctl.model.reading import Reading
from avctl.playbooks.check import CHECKS, Finding, Setting
from simulators import charger, sennheiser_charger, sennheiser_receiver, shure_charger, shure_receiver
from simulators.faces import TcpFace, UdpFace

FULL, WORN = {"charge": 100, "health": 95}, {"charge": 100, "health": 62}
PACKS: dict[str, Any] = {"packs": [FULL, FULL, WORN, None]}
CHARGERS: dict[str, tuple[type[Any], dict[str, Any], dict[str, Any]]] = {
    "battery-mib": (charger.Charger, {}, {"bays": 4, "version": "2c", "community": {"secret": "community"}}),
    "shure-charger": (shure_charger.Charger, {}, {"bays": 4}),
    "sennheiser-charger": (sennheiser_charger.Charger, {"model": "CHG 70N"}, {"model": "chg-70n", "bays": 4}),
}
RECEIVERS: dict[str, type[Any]] = {
    "shure-receiver": shure_receiver.Rack,
    "sennheiser-receiver": sennheiser_receiver.Rack,
}
SCHEMES = {"battery-mib": "snmp", "sennheiser-charger": "ssc", "sennheiser-receiver": "ssc"}


class Room:
    """One device of a room, kept by a real session."""

    def __init__(self, site: Site, sim: Any) -> None:
        self.site, self.sim = site, sim

    async def until(self, holds: Callable[[], bool], within: float) -> float:
        """How many seconds it took."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        async with asyncio.timeout(within):
            while not holds():
                await asyncio.sleep(0.1)
        return loop.time() - begun

    async def asked(self, points: list[str]) -> dict[str, Reading]:
        return dict(await self.site.ask("device", points, within=10))

    async def pool(self, needs: Needs) -> Finding:
        """What the check of the packs comes to."""
        house = self.site.house
        setting = Setting(house, house.rooms["301"], house.devices["device"], needs, "en")
        check = CHECKS["battery-pool"]
        names = sorted(self.site.points("device"))
        return check.judge(setting, [await self.asked(check.asks(setting, names))])

    def stands(self, name: str, part: str = "") -> bool:
        return FaultKey("device", name, part) in self.site.state("301").faults


PutUp = Callable[..., Awaitable[Room]]


@pytest.fixture
async def put_up(clock: LoopClock) -> AsyncIterator[PutUp]:
    """A room with one device, up and asked."""
    async with AsyncExitStack() as stack:

        async def up(driver: str, kind: type[Any], simulate: dict[str, Any], options: dict[str, Any]) -> Room:
            sim = kind("device", simulate)
            if driver == "battery-mib":
                sim.agent.community("word")
            face = UdpFace(sim, SCHEMES[driver]) if driver in SCHEMES else TcpFace(sim)
            await face.open()
            stack.push_async_callback(face.close)
            spec = DeviceSpec("device", "301", driver, face.url, options)
            house = House("hq", "Asia/Shanghai", "en", {"301": RoomSpec("301", {})}, {"device": spec})
            site = Site(house, Bus(clock), clock, random.Random(7))
            site.attach("device", build(spec, clock, {"community": "word"}.__getitem__))
            await site.start()
            stack.push_async_callback(site.stop)
            room = Room(site, sim)
            await room.until(lambda: site.device("device").reach is Reach.UP, within=10)
            return room

        yield up


@pytest.fixture(params=CHARGERS)
async def bays(request: pytest.FixtureRequest, put_up: PutUp) -> Room:
    kind, simulate, options = CHARGERS[request.param]
    return await put_up(request.param, kind, PACKS | simulate, options)


@pytest.fixture(params=RECEIVERS)
async def rack(request: pytest.FixtureRequest, put_up: PutUp) -> Room:
    microphones = {"microphones": [{"charge": 80}, {"charge": 60}]}
    return await put_up(request.param, RECEIVERS[request.param], microphones, {"channels": 2})


async def test_the_packs_of_any_charger_are_counted_in_the_same_way(bays: Room) -> None:
    assert (await bays.pool(Needs(wireless=1))).verdict is Verdict.PASS
    weak = await bays.pool(Needs(wireless=2))
    assert weak.verdict is not Verdict.PASS and "bay.3 100/62 %" in weak.said
    assert weak.saw == "2 / 3"


async def test_a_worn_pack_is_a_fault_of_its_bay_until_it_is_taken_out(bays: Room) -> None:
    await bays.until(lambda: bays.stands("battery", "bay.3"), within=70)
    bays.sim.pack_taken(3)
    await bays.until(lambda: not bays.stands("battery", "bay.3"), within=70)


async def test_a_charger_that_falls_silent_is_found_by_asking(bays: Room) -> None:
    await asyncio.sleep(5)
    bays.sim.falls_silent()
    await bays.until(lambda: bays.site.device("device").reach is Reach.DOWN, within=90)
    assert (await bays.pool(Needs(wireless=1))).verdict is Verdict.ERROR
    bays.sim.heal()
    await bays.until(lambda: bays.site.device("device").reach is Reach.UP, within=70)


async def test_a_receiver_is_kept_asked_and_told_what_to_do(rack: Room) -> None:
    said = await rack.asked(["receiver.1.battery", "receiver.2.transmitter"])
    assert said["receiver.1.battery"].value in (79, 80)
    rack.sim.transmitter_off(2)
    await rack.until(lambda: _value(rack, "receiver.2.transmitter") == "off", within=70)
    assert _value(rack, "receiver.2.battery") is None


async def test_interference_is_a_fault_of_its_channel(put_up: PutUp) -> None:
    rack = await put_up("shure-receiver", shure_receiver.Rack, {}, {"channels": 4})
    rack.sim.interference(2)
    assert await rack.until(lambda: rack.stands("interference", "receiver.2"), within=10) < 6


async def test_a_charger_lives_through_a_reboot_and_says_everything_again(bays: Room) -> None:
    bays.sim.reboots()
    await asyncio.sleep(120)
    assert bays.site.device("device").reach is Reach.UP
    assert _value(bays, "bay.1.charge") == 100


def _value(room: Room, point: str) -> Any:
    reading = room.site.reading("device", point)
    return reading.value if reading else None
