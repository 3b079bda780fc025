"""A whole building in one test: simulated devices and the real daemon, joined by real sockets, in a time that jumps.

Serial lines are TCP here: the kernel hands on a pty's bytes a moment later, and virtual time would jump over them. The
pty has a story of its own, in real time.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import pytest

from avctl import config, demo
from avctl.app import Daemon, Stand
from avctl.clock import LoopClock
from avctl.config import MqttForm, WebForm
from avctl.demo import Meeting, Story
from avctl.model.event import Body, Event
from simulators.building import Building
from simulators.site import read
from tests.conftest import MONDAY

B = TypeVar("B")
HOUR = 3600.0


@dataclass
class Play:
    """The daemon, the devices it does not know to be simulated, and everything that has happened so far."""

    daemon: Daemon
    building: Building
    clock: LoopClock
    folder: Path
    events: list[Event]

    def device(self, name: str) -> Any:
        return self.building.places[name].device

    def bodies(self, kind: type[B], where: Callable[[B], bool] = lambda _: True) -> list[B]:
        return [e.body for e in self.events if isinstance(e.body, kind) and where(e.body)]

    def first(self, kind: type[B], where: Callable[[B], bool] = lambda _: True) -> Event | None:
        return next((e for e in self.events if isinstance(e.body, kind) and where(e.body)), None)

    async def until(self, kind: type[B], where: Callable[[B], bool] = lambda _: True, within: float = 600) -> Event:
        """Wait for an event of the story; fails after `within` virtual seconds."""
        async with asyncio.timeout(within):
            while (found := self.first(kind, where)) is None:
                await asyncio.sleep(0.25)
        return found


Stage = Callable[..., Any]


@pytest.fixture
def stage(tmp_path: Path, clock: LoopClock) -> Stage:
    """`async with stage(*meetings, rooms=("301",)) as play:`; meetings count from the beginning of the story."""

    @asynccontextmanager
    async def opened(
        *meetings: Meeting, rooms: tuple[str, ...] = ("301",), language: str = "en", folder: Path | None = None
    ) -> AsyncIterator[Play]:
        story = Story(rooms, meetings, (), pace=2)
        folder = folder or demo.prepare(story, MONDAY, language, tmp_path)
        plan = read(folder / "config" / "site.yaml", rooms)
        building = Building(plan, lockstep=True)
        await building.open()
        settings = config.load(folder / "config" / "site.yaml")
        settings = replace(settings, web=WebForm(listen="127.0.0.1:0"), mqtt=MqttForm(url="amqtt"))
        stand = Stand(settings, folder, clock, building.announcement())
        events: list[Event] = []
        try:
            async with Daemon(stand) as daemon:
                heard = daemon.bus.subscribe("story", settled=True)
                listening = asyncio.create_task(_listen(heard, events))
                yield Play(daemon, building, clock, folder, events)
            await listening
        finally:
            await building.close()

    return opened


async def _listen(heard: Any, events: list[Event]) -> None:
    async for event in heard:
        events.append(event)


def said(body: Body) -> str:
    """Everything a notice says, in both tongues."""
    return " ".join(words for _, words in getattr(body, "text", ()))
