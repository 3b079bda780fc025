"""No write reaches an address that shuts a desk down, empties it, or moves it to another network. Whatever is asked."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avctl.clock import LoopClock
from avctl.codecs import osc
from avctl.drivers.desk import Desk
from avctl.drivers.x32 import X32
from avctl.drivers.xair import XAir
from avctl.locale import point_name
from avctl.model.errors import DeviceError, Refused
from avctl.model.point import Point
from avctl.model.reading import Value
from avctl.transports.memory import Memory

FAMILIES: dict[str, type[Desk]] = {"x32": X32, "xair": XAir}
DANGEROUS = (
    *(
        "/-stat/lock",
        "/shutdown",
        "/delete",
        "/save",
        "/rename",
        "/copy",
        "/add",
        "/-prefs/ip/dhcp",
        "/-prefs/ip/addr/0",
    ),
    *(f"/-action/{what}" for what in ("initall", "initlib", "initshow", "setip", "setclock", "setsrate", "updnet")),
    *("/-prefs/clockrate", "/-prefs/clocksource", "/-prefs/lan/mode", "/-prefs/hardmute", "/-snap/save"),
    *("/-snap/delete", "/-snap/name", "/-show/prepos/current", "/-libs/ch/001", "/", "/ch/01/mix", "/ch/01", ""),
    *("/ch/01/mix/on/../../../-stat/lock", "/ch/01/mix/on\n", "/headamp/0000/gain", "/config/routing/IN/1-8"),
)
_HARMLESS = {"/xremote", "/meters", "/node", "/batchsubscribe"}


class Obliging(Memory):
    """A wire whose desk answers every question with what was set last, or with something plausible."""

    def __init__(self, answers: dict[str, Any]) -> None:
        super().__init__()
        self.answers = answers

    async def send(self, data: bytes) -> None:
        self.sent.append(data)
        match osc.decode(data):
            case osc.Message(address, ()) if address.startswith("/-ha/"):
                self._arrivals.put(osc.encode(address, 7))
            case osc.Message(address, ()):
                self._arrivals.put(osc.encode(address, self.answers.get(address, 0)))
            case osc.Message(address, args):
                self.answers[address] = args[-1]


def accepted(point: Point) -> st.SearchStrategy[Value]:
    """Every value a point says it takes, and some that it may not."""
    if point.words:
        return st.sampled_from(point.words)
    return st.floats(point.low or 0.0, point.high or 1.0) | st.integers(int(point.low or 0), int(point.high or 1))


def written(wire: Memory) -> list[str]:
    """Addresses of everything that was sent with a value, but for questions that take one."""
    messages = [osc.decode(data) for data in wire.sent]
    return [m.address for m in messages if isinstance(m, osc.Message) and m.args and m.address not in _HARMLESS]


@pytest.mark.parametrize("family", FAMILIES)
@given(data=st.data())
def test_whatever_is_set_goes_where_it_belongs(family: str, data: st.DataObject) -> None:
    async def play() -> None:
        wire = Obliging({})
        driver = FAMILIES[family]("desk", wire, LoopClock(asyncio.get_running_loop(), 0.0))
        await wire.open()
        settable = [name for name, point in driver.points.items() if point.writable and name != "scene"]
        point = driver.points[data.draw(st.sampled_from(settable))]
        value = data.draw(accepted(point))
        try:
            await driver.write(point.name, value)
        except DeviceError:
            return
        assert written(wire)
        for address in written(wire):
            assert driver.writable.fullmatch(address) and address not in DANGEROUS

    asyncio.run(play())


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("address", DANGEROUS)
async def test_a_dangerous_address_is_refused_and_nothing_is_sent(family: str, address: str, clock: LoopClock) -> None:
    wire = Memory()
    driver = FAMILIES[family]("desk", wire, clock)
    await wire.open()
    with pytest.raises(Refused, match="never written"):
        await driver._tell(address, 1)
    assert not wire.sent


@pytest.mark.parametrize("family", FAMILIES)
def test_no_point_has_a_dangerous_address(family: str, clock: LoopClock) -> None:
    driver = FAMILIES[family]("desk", Memory(), clock)
    for name, point in driver.points.items():
        parameter = driver._of_point.get(name)
        if point.writable and parameter is not None and name != "scene":
            assert driver.writable.fullmatch(parameter.address), name
        assert parameter is None or not parameter.address.startswith(("/-action", "/-prefs", "/-stat/lock"))


@pytest.mark.parametrize("family", FAMILIES)
async def test_a_scene_is_only_ever_loaded(family: str, clock: LoopClock) -> None:
    wire = Obliging({"/-show/prepos/current": 5, "/-snap/index": 5})
    driver = FAMILIES[family]("desk", wire, clock)
    await wire.open()
    with suppress(DeviceError):  # this desk says nothing sensible about its strips
        await driver.write("scene", 5)
    assert set(written(wire)) == {"/load" if family == "x32" else "/-snap/load"}
    if family == "x32":
        assert osc.Message("/load", ("scene", 5)) in [osc.decode(data) for data in wire.sent]


@pytest.mark.parametrize("family", FAMILIES)
async def test_every_point_has_a_name_for_people(family: str, clock: LoopClock) -> None:
    driver = FAMILIES[family]("desk", Memory(), clock)
    assert [name for name in driver.points if point_name(name, "zh") == name] == []
    alike = {"scene", "oscillator"}  # English has no other word
    assert {name for name in driver.points if point_name(name, "en") == name} <= alike
