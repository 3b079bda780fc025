"""The one file that knows everybody: builds the daemon from its parts, starts them in order, stops them in reverse.

store → engine → playbooks → bookings → edges. A part that fails because of a bug ends the daemon, loudly; a device, a
broker or a calendar that fails never does. Starting, stopping and reloading send no command to any device, except the
journalled steps of a run that a crash has cut.
"""

import asyncio
import fcntl
import json
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from avctl import __version__, remote
from avctl.archive import memory, questions
from avctl.archive.reader import Reader
from avctl.archive.store import Store
from avctl.archive.writer import Writer, notice
from avctl.bookings.diary import Diary
from avctl.clock import SystemClock
from avctl.config import Settings, load
from avctl.document import Mistake, Mistakes
from avctl.drivers import registry
from avctl.edges import broker
from avctl.edges.gate import Gate
from avctl.edges.mqtt import Mqtt
from avctl.engine.bus import Bus
from avctl.engine.site import Site
from avctl.maintenance import ARCHIVE
from avctl.model.event import DaemonStarted, DaemonStopped
from avctl.model.house import DeviceSpec
from avctl.model.ports import Clock, Driver
from avctl.playbooks import load as playbooks
from avctl.playbooks.runner import Runner
from avctl.secret import Secrets

TAKEN = 75  # exit code: another daemon holds the state folder
_HOUR = 3600.0


class AlreadyRuns(Exception):
    """Another daemon holds this state folder; the message names its pid."""


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a daemon stands: the site, its state folder, its clock, and the simulators' announcement (None: real)."""

    settings: Settings
    state: Path
    clock: Clock
    simulated: Mapping[str, Any] | None = None

    def driver(self, device: DeviceSpec) -> Driver:
        """The driver of a device, not opened. Against simulators, only what they announced is used."""
        if self.simulated is None:
            secrets: Callable[[str], str] = Secrets(self.settings.folder / "secrets")
        else:
            place = self.simulated["devices"][device.id]
            device, secrets = replace(device, url=place["url"]), place["secrets"].__getitem__
        return registry.build(device, self.clock, secrets, self.settings.profiles)


class Daemon:
    """`async with Daemon(stand) as daemon: await daemon.hold()`."""

    def __init__(self, stand: Stand) -> None:
        self.stand = stand
        self._stack = AsyncExitStack()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._failed: asyncio.Future[None] | None = None
        self.web_url = self.mqtt_url = ""

    async def __aenter__(self) -> "Daemon":
        self._failed = asyncio.get_running_loop().create_future()
        self._stack.push(_lock(self.stand.state).__exit__)
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        await self._stack.aclose()

    async def hold(self) -> None:
        """Wait until a part fails. Raises what it raised."""
        assert self._failed is not None, "enter first"
        await asyncio.shield(self._failed)

    async def _start(self) -> None:
        self._open_archive()
        self.library = self._library()
        await self._start_rooms()
        await self._start_playbooks()
        await self._start_bookings()
        await self._start_edges()

    # --- the parts, in order

    def _open_archive(self) -> None:
        house = self.stand.settings.house
        self.store = Store(self.stand.state / ARCHIVE, self.stand.clock, house.devices.values())
        self._stack.callback(self.store.close)
        self.reader = Reader(self.stand.state / ARCHIVE)
        self._stack.callback(self.reader.close)
        self.bus = Bus(self.stand.clock, self.store.last_seq + 1, journaled=True)
        self.site = Site(house, self.bus, self.stand.clock)
        writer = Writer(
            self.store, self.bus, self.bus.subscribe("archive", capacity=10_000), self._fleeting,
            lambda trouble: self._tell_of_archive(notice(trouble)),
        )  # fmt: skip
        task = self._keep(writer.run(), "archive")
        self._stack.push_async_callback(self._close_archive, task)
        begun = DaemonStarted(__version__, self._version(), self.stand.simulated is not None)
        self.site.publish(begun)

    def _library(self) -> dict[str, Any]:
        drivers = {d.id: self.stand.driver(d) for d in self.stand.settings.house.devices.values()}
        for device, driver in drivers.items():
            self.site.attach(device, driver)
        return playbooks.read_all(self.stand.settings.playbooks, self.stand.settings.house, self.site.points)

    async def _start_rooms(self) -> None:
        await self.site.start()
        self._keep(self.site.hold(), "rooms")
        self._stack.push_async_callback(self.site.stop)

    async def _start_playbooks(self) -> None:
        open_runs = await self.reader.asked(memory.open_runs)
        recent = await self.reader.asked(memory.runs_started, self.stand.clock.now() - _HOUR)
        self.runner = Runner(self.site, self.library)
        await self.runner.start(open_runs, recent)
        self._keep(self.runner.hold(), "playbooks")
        self._stack.push_async_callback(self.runner.stop)

    async def _start_bookings(self) -> None: ...

    async def _start_edges(self) -> None: ...

    # --- keeping

    def _keep(self, work: Coroutine[Any, Any, Any], name: str) -> "asyncio.Task[Any]":
        """Run a part for as long as the daemon lives; its failure is the daemon's."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.discard(task)
        if task.cancelled() or self._failed is None or self._failed.done():
            return
        if error := task.exception():
            self._failed.set_exception(error)
