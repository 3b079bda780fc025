"""`bench` joins a driver and the simulator of its stem by a real socket on a loop whose time jumps."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from avctl.clock import LoopClock
from avctl.drivers.registry import build
from avctl.model.errors import LinkDown
from avctl.model.house import DeviceSpec
from avctl.model.ports import Driver
from avctl.model.reading import Reading, Value
from avctl.transports.memory import Memory
from simulators import adcp, nec, ntcontrol, pjlink
from simulators.escvp21 import Projector
from simulators.faces import TcpFace, UdpFace
from simulators.x32 import Desk
from simulators.xair import Mixer
from tests.drivers.datagrams import DATAGRAMS
from tests.drivers.talkers import TALKERS


@dataclass
class Bench:
    """A simulated device, the driver that talks to it, and all it was heard saying unasked."""

    sim: Any
    driver: Driver
    heard: list[Reading] = field(default_factory=list)

    async def says(self, query: str) -> dict[str, Value | None]:
        """The answer to the query of that name."""
        named = next(q for q in self.driver.queries if q.name == query)
        return {reading.point: reading.value for reading in await self.driver.read(named)}

    async def listen(self) -> None:
        with suppress(LinkDown):
            async for reading in self.driver.listen():
                self.heard.append(reading)

    def said(self, point: str) -> list[Value | None]:
        """Everything heard of a point, in order."""
        return [reading.value for reading in self.heard if reading.point == point]

    async def hears(self, point: str, value: Value, within: float = 2.0) -> None:
        """Wait until the device has said so unasked."""
        async with asyncio.timeout(within):
            while value not in self.said(point):
                await asyncio.sleep(0.01)


class Greeting(Memory):
    """Our end of a wire whose device speaks first, whenever it is opened."""

    def __init__(self, greeting: bytes) -> None:
        super().__init__()
        self.greeting = greeting

    async def open(self) -> None:
        await super().open()
        if self.greeting:
            self._arrivals.put(self.greeting)


def greeted(greeting: bytes) -> tuple[Memory, Memory]:
    """Both ends of a new wire with a device that says `greeting` first."""
    near, far = Greeting(greeting), Memory()
    near._other, far._other = far, near
    return near, far


MakeBench = Callable[..., Coroutine[Any, Any, Bench]]
TALKING = {stem: talker.device for stem, talker in (TALKERS | DATAGRAMS).items()}
SCHEMES = {"x32": "osc", "xair": "osc"} | dict.fromkeys(DATAGRAMS, "ssc")
SIMULATED = {
    "x32": Desk,
    "xair": Mixer,
    "escvp21": Projector,
    "pjlink": pjlink.Projector,
    "nec": nec.Projector,
    "ntcontrol": ntcontrol.Projector,
    "adcp": adcp.Projector,
}
SECRETS = {"projector": "JBMIAProjectorLink", "wrong": "opensesame"}


@pytest.fixture
async def bench(clock: LoopClock) -> AsyncIterator[MakeBench]:
    """`await bench("x32", simulate, options)`: opened, and listened to."""
    async with AsyncExitStack() as stack:

        async def make(
            stem: str, simulate: dict[str, Any] | None = None, options: dict[str, Any] | None = None
        ) -> Bench:
            sim: Any = (SIMULATED | TALKING)[stem](f"bench-{stem}", simulate)
            face = UdpFace(sim, SCHEMES[stem]) if stem in SCHEMES else TcpFace(sim)
            await face.open()
            stack.push_async_callback(face.close)
            driver = build(
                DeviceSpec(f"bench-{stem}", "301", stem, face.url, options or {}), clock, SECRETS.__getitem__
            )
            made = Bench(sim, driver)
            stack.push_async_callback(driver.close)
            await driver.open()
            listening = asyncio.create_task(made.listen())
            stack.callback(listening.cancel)
            return made

        yield make
