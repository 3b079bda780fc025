"""Notifications of simulated devices become readings at once; and the devices of the newer profiles, over the wire."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from avctl.clock import LoopClock
from avctl.drivers.registry import build
from avctl.drivers.snmp import SnmpDevice
from avctl.model.house import DeviceSpec
from avctl.model.reading import Reading, Value
from avctl.transports.snmp_trap import TrapDoor
from simulators.building import Building
from simulators.site import Plan, Planned
from tests.drivers.test_snmp import V2C, V3

BOTH = pytest.mark.parametrize("access", [V2C, V3], ids=["v2c", "v3"])


class Rack:
    """One simulated agent that sends its traps to an open door, and its driver, listened to."""

    def __init__(self, sim: Any, driver: SnmpDevice, door: TrapDoor) -> None:
        self.sim, self.driver, self.door = sim, driver, door
        self.heard: list[Reading] = []

    async def says(self, query: str) -> dict[str, Value | None]:
        named = next(q for q in self.driver.queries if q.name == query)
        return {reading.point: reading.value for reading in await self.driver.read(named)}

    async def hears(self, point: str, value: Value, within: float = 5.0) -> None:
        async with asyncio.timeout(within):
            while (point, value) not in [(reading.point, reading.value) for reading in self.heard]:
                await asyncio.sleep(0.01)


@pytest.fixture
async def rack(clock: LoopClock) -> AsyncIterator[Any]:
    async with AsyncExitStack() as stack:
        door = await stack.enter_async_context(TrapDoor("127.0.0.1", 0))

        async def make(driver: str, options: dict[str, Any], **simulate: Any) -> Rack:
            told = {"traps": f"127.0.0.1:{door.port}", **simulate}
            building = Building(Plan((Planned("r301-device", "301", driver, "", options, told),), (), ()))
            await building.open()
            stack.push_async_callback(building.close)
            place = building.places["r301-device"]
            spec = DeviceSpec("r301-device", "301", driver, place.face.url, options)
            made = build(spec, clock, place.secrets.__getitem__)
            assert isinstance(made, SnmpDevice)
            stack.push_async_callback(made.close)
            await made.open()
            rack = Rack(place.device, made, door)

            async def listen() -> None:
                async for reading in made.listen():
                    rack.heard.append(reading)

            listening = asyncio.create_task(listen())
            stack.callback(listening.cancel)
            while not any(door._for.values()):
                assert not listening.done(), listening.exception()
                await asyncio.sleep(0.01)
            return rack

        yield make


@BOTH
async def test_mains_fail_and_the_supply_is_asked_at_once(rack: Any, access: dict[str, Any]) -> None:
    ups = await rack("ups-rfc1628", access)
    assert (await ups.says("power"))["output.source"] == "mains"
    ups.sim.mains_fail()
    await ups.hears("output.source", "battery", within=1.0)


@BOTH
async def test_a_breaker_of_the_strip_is_known_before_it_is_polled(rack: Any, access: dict[str, Any]) -> None:
    pdu = await rack("apc-rpdu", {**access, "outlets": 4}, outlets=4)
    pdu.sim.outlet_trips(3)
    await pdu.hears("outlet.3.state", "off", within=1.0)


async def test_a_pack_that_is_taken_is_known_before_it_is_polled(rack: Any) -> None:
    charger = await rack("battery-mib", {**V2C, "bays": 2}, bays=2, packs=[{"charge": 80}, {"charge": 90}])
    charger.sim.pack_taken(2)
    await charger.hears("bay.2.present", "no", within=1.0)


async def test_a_trap_says_nothing_by_itself(rack: Any) -> None:
    """On battery, says the trap; on mains, says the supply when it is asked: on mains it is."""
    ups = await rack("ups-rfc1628", V2C)
    ups.sim.agent.notify("1.3.6.1.2.1.33.2.1")
    await ups.hears("output.source", "mains")
    assert ("output.source", "battery") not in [(r.point, r.value) for r in ups.heard]


async def test_a_notification_the_profile_does_not_know_asks_what_is_vital(rack: Any) -> None:
    ups = await rack("ups-rfc1628", V2C)
    ups.sim.agent.notify("1.3.6.1.4.1.99999.0.1")
    await ups.hears("output.source", "mains")
    assert "identity.model" not in [reading.point for reading in ups.heard]


async def test_a_restart_asks_everything(rack: Any) -> None:
    ups = await rack("ups-rfc1628", V2C)
    ups.sim.agent.notify("1.3.6.1.6.3.1.1.5.1")
    await ups.hears("identity.model", "CS121")


async def test_a_storm_of_traps_is_asked_once_or_twice(rack: Any) -> None:
    ups = await rack("ups-rfc1628", V2C)
    asked: list[int] = []
    hear = ups.sim.agent.hear
    ups.sim.agent.hear = lambda *told: (asked.append(1), hear(*told))
    for number in range(40):
        ups.sim.agent.notify(f"1.3.6.1.2.1.33.2.{1 + number % 4}")
    await ups.hears("output.source", "mains")
    await asyncio.sleep(1)
    assert 1 <= len(asked) <= 4


async def test_without_a_door_a_driver_has_nothing_to_listen_to(clock: LoopClock) -> None:
    spec = DeviceSpec("r301-ups", "301", "ups-rfc1628", "snmp://127.0.0.1:9", V2C)
    driver = build(spec, clock, {"snmp-community": "x"}.__getitem__)
    assert [reading async for reading in driver.listen()] == []


@BOTH
@pytest.mark.parametrize("profile", ["apc-rpdu", "apc-masterswitch", "raritan-px2"])
async def test_every_family_of_strips_switches_what_it_says(rack: Any, profile: str, access: dict[str, Any]) -> None:
    pdu = await rack(profile, {**access, "outlets": 4}, outlets=4, off=[4])
    said = await pdu.says("outlets")
    assert [said[f"outlet.{n}.state"] for n in range(1, 5)] == ["on", "on", "on", "off"]
    for word in ("off", "on"):
        assert (await pdu.driver.write("outlet.2.state", word)).value == word
        assert pdu.sim.outlet(2).on == (word == "on") and pdu.sim.outlet(1).on
    assert (await pdu.says("identity"))["outlet.3.name"] == "Outlet 3"


@pytest.mark.parametrize("profile", ["apc-rpdu", "raritan-px2"])
async def test_a_strip_measures_what_flows_through_it(rack: Any, profile: str) -> None:
    pdu = await rack(profile, {**V2C, "outlets": 4}, outlets=4)
    pdu.sim.overload(12.4)
    assert (await pdu.says("outlets"))["load.current"] == pytest.approx(12.4)


async def test_a_battery_runs_down_and_its_minutes_are_minutes_in_both_tongues(rack: Any) -> None:
    for profile in ("ups-rfc1628", "apc-ups"):
        ups = await rack(profile, V2C, runtime=40)
        ups.sim.mains_fail()
        await asyncio.sleep(600)
        said = await ups.says("power")
        assert (said["output.source"], said["battery.runtime"]) == ("battery", pytest.approx(30, abs=1))
        assert said["battery.charge"] == pytest.approx(75, abs=1)


async def test_a_supply_at_the_end_of_its_battery_says_none(rack: Any) -> None:
    ups = await rack("apc-ups", V2C, runtime=10)
    ups.sim.battery_wears_out()
    ups.sim.mains_fail()
    await asyncio.sleep(301)
    said = await ups.says("power")
    assert (said["output.source"], said["battery.replace"], said["battery.temperature"]) == ("none", "yes", None)


async def test_the_air_is_read_as_the_sensor_says_it_must_be(rack: Any) -> None:
    sensor = await rack("room-sensor", V2C, temperature=23.5, humidity=41)
    assert await sensor.says("air") == {"temperature": 23.5, "humidity": 41.0}
    sensor.sim.probe_pulled_out()
    assert await sensor.says("air") == {"temperature": None, "humidity": None}
