"""A switched strip and a charger over SNMP: what they say, what they are told, and what befalls them on the way."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from avctl.clock import LoopClock
from avctl.drivers.registry import build
from avctl.drivers.snmp import SnmpDevice
from avctl.model.errors import AuthFailed, Busy, NoAnswer, Refused, WrongDevice
from avctl.model.house import DeviceSpec
from avctl.model.reading import Quality, Value
from avctl.transports.snmp import Access, SnmpSession
from simulators.charger import Charger
from simulators.faces import UdpFace
from simulators.pdu import LATER_OFF, Pdu
from tests.transports.snmpd import COMMUNITY, overrides, snmpd

SECRETS = {"snmp-community": "room-301", "snmp-auth": "sign-me-please", "snmp-priv": "hide-me-please"}
V2C: dict[str, Any] = {"version": "2c", "community": {"secret": "snmp-community"}}
V3: dict[str, Any] = {
    "version": 3,
    "user": "avctl",
    "auth": {"secret": "snmp-auth"},
    "priv": {"secret": "snmp-priv"},
}
Make = Callable[..., SnmpDevice]
BOTH = pytest.mark.parametrize("access", [V2C, V3], ids=["v2c", "v3"])


class Room:
    """Simulated devices on real UDP ports, and drivers for them."""

    def __init__(self, clock: LoopClock, stack: AsyncExitStack) -> None:
        self._clock, self._stack = clock, stack

    async def has(self, sim: Pdu | Charger) -> str:
        """Put a device into the room; gives its address."""
        sim.agent.community(SECRETS["snmp-community"])
        sim.agent.user("avctl", SECRETS["snmp-auth"], SECRETS["snmp-priv"])
        face = UdpFace(sim, "snmp")
        await face.open()
        self._stack.push_async_callback(face.close)
        return face.url

    def driver(self, profile: str, url: str, options: dict[str, Any], **secrets: str) -> SnmpDevice:
        """A driver by that profile, not opened."""
        spec = DeviceSpec("r301-device", "301", profile, url, options)
        made = build(spec, self._clock, {**SECRETS, **secrets}.__getitem__)
        assert isinstance(made, SnmpDevice)
        self._stack.push_async_callback(made.close)
        return made


@pytest.fixture
async def room(clock: LoopClock) -> AsyncIterator[Room]:
    async with AsyncExitStack() as stack:
        yield Room(clock, stack)


async def says(driver: SnmpDevice, query: str) -> dict[str, Value | None]:
    named = next(q for q in driver.queries if q.name == query)
    return {reading.point: reading.value for reading in await driver.read(named)}


async def strip(room: Room, access: dict[str, Any] = V2C, **simulate: Any) -> tuple[Pdu, SnmpDevice]:
    sim = Pdu("r301-pdu", {"outlets": 4, **simulate})
    driver = room.driver("apc-rpdu2", await room.has(sim), {**access, "outlets": 4})
    await driver.open()
    return sim, driver


@BOTH
async def test_a_strip_says_which_outlets_give_power(room: Room, access: dict[str, Any]) -> None:
    _, driver = await strip(room, access, off=[3])
    said = await says(driver, "outlets")
    assert [said[f"outlet.{n}.state"] for n in range(1, 5)] == ["on", "on", "off", "on"]


async def test_a_strip_says_who_it_is(room: Room) -> None:
    sim, driver = await strip(room)
    said = await says(driver, "identity")
    assert (said["identity.model"], said["identity.serial"]) == (sim.model, sim.serial)
    assert (said["identity.firmware"], said["outlet.2.name"]) == ("v6.5.6", "Outlet 2")


async def test_a_strip_measures_what_flows_through_it(room: Room) -> None:
    sim, driver = await strip(room)
    sim.overload(18.0)
    said = await says(driver, "outlets")
    assert (said["load.current"], said["load.state"]) == (18.0, "overload")


@BOTH
async def test_off_is_off_and_on_is_on_though_the_two_columns_count_differently(
    room: Room, access: dict[str, Any]
) -> None:
    sim, driver = await strip(room, access)
    for word in ("off", "on"):
        reading = await driver.write("outlet.2.state", word)
        assert (reading.value, reading.quality) == (word, Quality.MEASURED)
        assert sim.outlet(2).on == (word == "on")
        assert sim.outlet(1).on and sim.outlet(3).on


async def test_a_write_waits_for_the_relay_and_not_longer(room: Room) -> None:
    _, driver = await strip(room)
    began = asyncio.get_running_loop().time()
    await driver.write("outlet.2.state", "off")
    assert asyncio.get_running_loop().time() - began == pytest.approx(1.0)


async def test_a_relay_that_sticks_is_told_as_it_is(room: Room) -> None:
    sim, driver = await strip(room)
    sim.relay_sticks(2)
    began = asyncio.get_running_loop().time()
    reading = await driver.write("outlet.2.state", "off")
    assert (reading.value, reading.quality) == ("on", Quality.MEASURED)
    assert asyncio.get_running_loop().time() - began == pytest.approx(5.0)


async def test_an_answer_that_comes_too_late_does_not_switch_twice(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    sim, driver = await strip(room)
    asked: list[int] = []
    obey = sim.command
    monkeypatch.setattr(sim, "command", lambda outlet, code: (asked.append(code), obey(outlet, code))[1])
    sim.gets_slow(2.0)
    sim.later(0.9, sim.wire.heal)
    reading = await driver.write("outlet.2.state", "off")
    assert (reading.value, asked) == ("off", [2])


async def test_a_set_that_got_lost_is_told_by_the_status(room: Room) -> None:
    sim, driver = await strip(room)
    sim.falls_silent()
    sim.later(0.9, sim.wire.heal)
    assert (await driver.write("outlet.2.state", "off")).value == "on"


async def test_a_strip_that_falls_silent_after_a_set_leaves_us_without_an_answer(room: Room) -> None:
    sim, driver = await strip(room)
    sim.falls_silent()
    with pytest.raises(NoAnswer):
        await driver.write("outlet.2.state", "off")


async def test_an_outlet_with_a_command_pending_is_busy(room: Room) -> None:
    sim, driver = await strip(room)
    sim.command(2, LATER_OFF)
    with pytest.raises(Busy, match="commitFailed"):
        await driver.write("outlet.2.state", "on")


@pytest.mark.parametrize(
    ("point", "value"), [("outlet.9.state", "on"), ("outlet.1.name", "x"), ("outlet.1.state", "hot")]
)
async def test_what_a_strip_cannot_be_told_is_refused_before_it_is_sent(room: Room, point: str, value: str) -> None:
    _, driver = await strip(room)
    with pytest.raises(Refused):
        await driver.write(point, value)


async def test_a_silent_strip_is_given_three_seconds(room: Room) -> None:
    sim, driver = await strip(room)
    sim.falls_silent()
    began = asyncio.get_running_loop().time()
    with pytest.raises(NoAnswer):
        await says(driver, "outlets")
    assert asyncio.get_running_loop().time() - began == pytest.approx(3.0) == driver.queries[0].timeout


@BOTH
async def test_a_third_of_all_datagrams_may_get_lost(room: Room, access: dict[str, Any]) -> None:
    sim, driver = await strip(room, access)
    sim.stutters(0.3)
    sim.loses_datagrams(0.15)
    heard = 0
    for _ in range(20):
        try:
            heard += (await says(driver, "outlets"))["outlet.1.state"] == "on"
        except NoAnswer:
            continue
    assert heard >= 15


@BOTH
async def test_a_strip_that_was_without_mains_is_known_again(room: Room, access: dict[str, Any]) -> None:
    sim, driver = await strip(room, access)
    sim.mains(on=False)
    with pytest.raises(NoAnswer):
        await says(driver, "outlets")
    sim.mains(on=True)
    await asyncio.sleep(sim.boot)
    assert (await says(driver, "outlets"))["outlet.1.state"] == "on"
    assert (await driver.write("outlet.1.state", "off")).value == "off"


@pytest.mark.parametrize("wrong", ["snmp-auth", "snmp-priv"])
async def test_a_wrong_password_is_our_mistake_and_not_the_devices(room: Room, wrong: str) -> None:
    url = await room.has(Pdu("r301-pdu"))
    with pytest.raises(AuthFailed):
        await room.driver("apc-rpdu2", url, V3, **{wrong: "not-the-password"}).open()


async def test_a_charger_at_the_address_of_a_strip_is_the_wrong_device(room: Room) -> None:
    url = await room.has(Charger("r301-charger"))
    with pytest.raises(WrongDevice, match=r"1\.3\.6\.1\.4\.1\.318"):
        await room.driver("apc-rpdu2", url, V2C).open()


async def test_a_strip_at_the_address_of_a_charger_is_the_wrong_device(room: Room) -> None:
    url = await room.has(Pdu("r301-pdu"))
    with pytest.raises(WrongDevice):
        await room.driver("battery-mib", url, V2C).open()


PACKS = [{"charge": 31, "health": 64, "serial": "P-7"}, None, {"charge": 100, "health": 97}]


async def charger(room: Room, access: dict[str, Any] = V2C) -> tuple[Charger, SnmpDevice]:
    sim = Charger("r303-charger", {"packs": PACKS, "bays": 3})
    driver = room.driver("battery-mib", await room.has(sim), {**access, "bays": 3})
    await driver.open()
    return sim, driver


@BOTH
async def test_a_charger_says_of_each_bay_what_is_in_it(room: Room, access: dict[str, Any]) -> None:
    _, driver = await charger(room, access)
    said = await says(driver, "bays")
    assert [said[f"bay.{n}.present"] for n in (1, 2, 3)] == ["yes", "no", "yes"]
    assert [said[f"bay.{n}.state"] for n in (1, 2, 3)] == ["charging", "empty", "full"]
    assert [said[f"bay.{n}.charge"] for n in (1, 2, 3)] == [31.0, None, 100.0]
    assert [said[f"bay.{n}.health"] for n in (1, 2, 3)] == [64.0, None, 97.0]
    assert (said["bay.1.cycles"], said["bay.1.serial"], said["bay.3.temperature"]) == (900, "P-7", 24.5)


async def test_an_hour_in_the_charger_shows(room: Room) -> None:
    _, driver = await charger(room)
    await says(driver, "bays")
    await asyncio.sleep(3600)
    assert (await says(driver, "bays"))["bay.1.charge"] == pytest.approx(31 + 40, abs=0.1)


async def test_a_pack_that_cannot_be_read_is_there_and_unknown(room: Room) -> None:
    sim, driver = await charger(room)
    sim.bay_error(1)
    said = await says(driver, "bays")
    assert (said["bay.1.present"], said["bay.1.state"], said["bay.1.charge"]) == ("yes", "unknown", None)
    assert (said["bay.1.cycles"], said["bay.1.temperature"], said["bay.1.health"]) == (None, None, None)


async def test_a_pack_that_was_taken_is_gone_with_everything_it_said(room: Room) -> None:
    sim, driver = await charger(room)
    sim.pack_taken(1)
    said = await says(driver, "bays")
    assert {name: value for name, value in said.items() if name.startswith("bay.1.")} == {
        "bay.1.present": "no",
        "bay.1.state": "empty",
        **dict.fromkeys(f"bay.1.{part}" for part in ("charge", "health", "cycles", "temperature", "serial")),
    }


async def test_nothing_can_be_set_at_a_charger(room: Room) -> None:
    _, driver = await charger(room)
    with pytest.raises(Refused):
        await driver.write("bay.1.state", "full")


async def test_a_missing_secret_is_named_before_anything_is_sent(clock: LoopClock) -> None:
    spec = DeviceSpec("r301-pdu", "301", "apc-rpdu2", "snmp://10.20.1.15", V2C)
    with pytest.raises(LookupError, match="snmp-community"):
        build(spec, clock, dict[str, str]().__getitem__)


RPDU2 = "1.3.6.1.4.1.318.1.1.26"


@pytest.mark.real_time
async def test_somebody_elses_agent_is_understood_and_obeyed(room: Room, tmp_path: Path) -> None:
    told = {
        f"{RPDU2}.9.2.3.1.5.1": ("integer", 2),
        f"{RPDU2}.9.2.3.1.5.2": ("integer", 1),
        f"{RPDU2}.6.3.1.5.1": ("integer", 34),
    }
    control = f"{RPDU2}.9.2.4.1.5.1"
    lines = [*overrides(told), f"override -rw {control} integer 2", "sysobjectid 1.3.6.1.4.1.318.1.3.4.6"]
    with snmpd(tmp_path, *lines) as port:
        driver = room.driver(
            "apc-rpdu2", f"snmp://127.0.0.1:{port}", {**V2C, "outlets": 2}, **{"snmp-community": COMMUNITY}
        )
        await driver.open()
        said = await says(driver, "outlets")
        assert (said["outlet.1.state"], said["outlet.2.state"], said["load.current"]) == ("on", "off", 3.4)
        assert said["load.state"] is None
        assert (await driver.write("outlet.1.state", "on")).value == "on"
        session = SnmpSession("127.0.0.1", port, Access("2c", COMMUNITY))
        await session.open()
        assert await session.get([control]) == {control: 1}
        await session.close()


@pytest.mark.real_time
async def test_an_agent_without_any_of_the_values_is_not_taken_for_an_idle_device(room: Room, tmp_path: Path) -> None:
    with snmpd(tmp_path, "sysobjectid 1.3.6.1.4.1.318.1.3.4.6") as port:
        driver = room.driver("apc-rpdu2", f"snmp://127.0.0.1:{port}", V2C, **{"snmp-community": COMMUNITY})
        await driver.open()
        with pytest.raises(Refused, match="none of the 10 OIDs"):
            await says(driver, "outlets")
