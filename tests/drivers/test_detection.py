"""How soon a projector that is gone is known to be gone: the bounds of its kind, by a real session on a real socket."""

import asyncio
from collections.abc import Sequence
from random import Random
from typing import Any

import pytest

from avctl.engine.session import Session
from avctl.model.health import Cause, Reach
from avctl.model.house import DeviceSpec
from avctl.model.reading import Reading
from tests.drivers.conftest import MakeBench

STEMS = ("escvp21", "pjlink", "nec", "ntcontrol", "adcp")
IN_MEETING, IDLE, BROKEN = 12.0, 65.0, 3.0  # s, for projectors on a network; held connections that break
ON = {"power": "on", "light": "lamp"}


class Keeper:
    """Whom the session tells: remembers when."""

    def __init__(self, meeting: bool) -> None:
        self.needs_devices = meeting
        self.told: list[tuple[float, Reach]] = []
        self.values: dict[str, Any] = {}

    def heard(self, device: str, readings: Sequence[Reading], cause: int | None) -> None:
        self.values.update({reading.point: reading.value for reading in readings})

    def reached(self, device: str, reach: Reach, cause: Cause | None, detail: str) -> None:
        self.told.append((asyncio.get_running_loop().time(), reach))

    async def until(self, reach: Reach, within: float) -> float:
        """When it was told so first; fails after `within` s."""
        async with asyncio.timeout(within):
            while not any(said is reach for _, said in self.told):
                await asyncio.sleep(0.05)
        return next(at for at, said in self.told if said is reach)


async def took(make: MakeBench, stem: str, befalls: str, meeting: bool, **options: Any) -> float:
    """Seconds from the mishap to DOWN, over a session that was up."""
    bench = await make(stem, ON, options)
    await bench.driver.close()
    keeper = Keeper(meeting)
    session = Session(DeviceSpec("device", "301", stem, "tcp://here"), bench.driver, keeper, Random(1))
    task = asyncio.create_task(session.run())
    await keeper.until(Reach.UP, 10)
    await asyncio.sleep(61.7)
    keeper.told.clear()
    began = asyncio.get_running_loop().time()
    getattr(bench.sim, befalls)()
    down = await keeper.until(Reach.DOWN, 2 * IDLE)
    bench.sim.heal()
    await keeper.until(Reach.UP, 2 * IDLE)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return down - began


@pytest.mark.parametrize("befalls", ["falls_silent", "refuses_connections"])
@pytest.mark.parametrize("stem", STEMS)
async def test_in_a_meeting(bench: MakeBench, stem: str, befalls: str) -> None:
    assert await took(bench, stem, befalls, meeting=True) <= IN_MEETING


@pytest.mark.parametrize("befalls", ["falls_silent", "refuses_connections"])
@pytest.mark.parametrize("stem", STEMS)
async def test_while_the_room_is_idle(bench: MakeBench, stem: str, befalls: str) -> None:
    assert await took(bench, stem, befalls, meeting=False) <= IDLE


@pytest.mark.parametrize("stem", ["escvp21", "pjlink", "nec", "adcp"])
async def test_a_held_connection_that_breaks_is_known_at_once(bench: MakeBench, stem: str) -> None:
    options = {} if stem == "escvp21" else {"hold": True}
    assert await took(bench, stem, "refuses_connections", meeting=True, **options) <= BROKEN


@pytest.mark.parametrize("stem", STEMS)
async def test_a_healthy_one_is_never_called_down(bench: MakeBench, stem: str) -> None:
    made = await bench(stem, ON, {})
    await made.driver.close()
    keeper = Keeper(meeting=True)
    session = Session(DeviceSpec("device", "301", stem, "tcp://here"), made.driver, keeper, Random(1))
    task = asyncio.create_task(session.run())
    await asyncio.sleep(1800)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert [reach for _, reach in keeper.told] == [Reach.UP]
    assert keeper.values["power"] == "on"
