"""The one file that knows everybody: builds the daemon from its parts, starts them in order, stops them in reverse.

archive → rooms → playbooks → bookings → edges. A part that fails because of a bug ends the daemon, loudly; a device, a
broker or a calendar that fails never does. Starting and stopping send no command to any device, except the journalled
steps of a run that a crash has cut.
"""

import asyncio
import fcntl
import os
from collections.abc import Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from avctl import __version__, remote
from avctl.answers import Answers
from avctl.archive import memory
from avctl.archive.reader import Reader
from avctl.archive.store import Store, Trouble
from avctl.archive.writer import Writer, notice
from avctl.bookings.diary import PAST, Diary
from avctl.bookings.rule import Rules
from avctl.bookings.sources import IcsSource
from avctl.clock import LoopClock
from avctl.config import Settings
from avctl.drivers import registry
from avctl.edges import broker, gauge
from avctl.edges.console import Console
from avctl.edges.gate import Gate
from avctl.edges.metrics import Lag, Metrics
from avctl.edges.mqtt import Mqtt
from avctl.edges.notify import Notify
from avctl.edges.watchdog import Watchdog
from avctl.edges.web.board import Web
from avctl.edges.wish import LONGEST_HOLD
from avctl.engine.bus import Bus
from avctl.engine.phases import Times
from avctl.engine.site import Site
from avctl.maintenance import ARCHIVE
from avctl.model.event import DaemonStarted, DaemonStopped, Event, Held, PlayEnded, Read, Released
from avctl.model.house import DeviceSpec
from avctl.model.ports import Clock, Driver
from avctl.overheard import Overheard
from avctl.playbooks.filing import Filing
from avctl.playbooks.load import read_all
from avctl.playbooks.model import Playbook
from avctl.playbooks.runner import Runner
from avctl.secret import Secrets
from avctl.transports.snmp_trap import TrapDoor

_HOUR, _DAY = 3600.0, 86_400.0  # s
_STUCK = 15.0  # s without progress after which a part hangs
_SECRET_OF_BROKER = "mqtt-password"


class AlreadyRuns(Exception):
    """Another daemon holds this state folder."""


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a daemon stands: the site, its state folder, its clock, and the simulators' announcement (None: real)."""

    settings: Settings
    state: Path
    clock: Clock
    simulated: Mapping[str, Any] | None = None

    def driver(self, device: DeviceSpec) -> Driver:
        """The driver of a device, not opened. Against simulators, only what they announced is used."""
        secret: Callable[[str], str] = Secrets(self.settings.folder / "secrets")
        if self.simulated is not None:
            place = self.simulated["devices"].get(device.id)
            if place is None:
                raise LookupError(f"no simulator was announced for {device.id}; start them for all rooms of the site")
            device, secret = replace(device, url=place["url"]), place["secrets"].__getitem__
        return registry.build(device, self.clock, secret, self.settings.profiles)

    def password(self) -> str | None:
        """That of the broker, if there is one."""
        with suppress(LookupError):
            return Secrets(self.settings.folder / "secrets")(_SECRET_OF_BROKER)
        return None


class Daemon:
    """`async with Daemon(stand) as daemon: await daemon.hold()`. Raises AlreadyRuns, Mistakes, OSError, NoBroker.

    `console` tells a terminal what happens, in the site's language; otherwise the log is told.
    """

    def __init__(self, stand: Stand, console: bool = False) -> None:
        self.stand, self.house, self._to_terminal = stand, stand.settings.house, console
        self.watchdog = Watchdog()
        self._stack = AsyncExitStack()
        self._drivers: dict[str, Driver] = {}
        self._failed: asyncio.Future[None] | None = None
        self.web_url = self.mqtt_url = ""

    async def __aenter__(self) -> "Daemon":
        self._failed = asyncio.get_running_loop().create_future()
        self._stack.enter_context(_lock(self.stand.state))
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

    def tell(self, line: str) -> None:
        """A line of the demo's own on the console, marked as what it is."""
        if isinstance(self._told, Console):
            self._told.say(f"· {line}", "dim italic")

    async def _start(self) -> None:
        self._open_archive()
        self._open_console()
        self.library = self._attach()
        open_runs = await self.reader.asked(memory.open_runs)
        self.site.recall(open_runs)
        past = await self.reader.asked(memory.happened, [k.kind for k in PAST], self.stand.clock.now() - 2 * _DAY)
        self.site.remember(await self.reader.asked(memory.happened, [Read.kind], self.stand.clock.now() - _HOUR))
        work = [Held.kind, Released.kind]
        self.site.remember(await self.reader.asked(memory.happened, work, self.stand.clock.now() - LONGEST_HOLD))
        self.site.publish(DaemonStarted(__version__, self._version(), self.stand.simulated is not None))
        if (door := self.stand.settings.traps.address) is not None:
            await self._stack.enter_async_context(TrapDoor(*door))
        await self.site.start()
        self._keep(self.site.hold(), "rooms", self.site.stop)
        await self._start_playbooks(open_runs)
        await self._start_bookings(past)
        await self._start_edges()
        self._start_watchdog()

    # --- the parts, in order

    def _open_archive(self) -> None:
        path = self.stand.state / ARCHIVE
        self.store = Store(path, self.stand.clock, self.house.devices.values())
        self._stack.callback(self.store.close)
        self.reader = Reader(path)
        self._stack.callback(self.reader.close)
        self.bus = Bus(self.stand.clock, self.store.last_seq + 1, journaled=True)
        form = self.stand.settings.bookings
        self.site = Site(self.house, self.bus, self.stand.clock, times=Times(form.lead, form.guard))
        heard = self.bus.subscribe("archive", capacity=10_000)
        writer = Writer(self.store, self.bus, heard, self._is_fleeting, self._tell_of_archive)
        task = self._keep(writer.run(), "archive")
        self._stack.push_async_callback(self._close_archive, task)

    def _open_console(self) -> None:
        """Whatever happens from now on is told, to a terminal or to the log."""
        self._told = (
            Console(self.site, self.house.language, where=self._where) if self._to_terminal else Notify(self.site)
        )
        self._keep(self._told.run(), "console")

    def _attach(self) -> dict[str, Playbook]:
        """Give every device its driver, and read the playbooks against what the devices can do."""
        for device in self.house.devices.values():
            self._drivers[device.id] = self.stand.driver(device)
            self.site.attach(device.id, self._drivers[device.id])
        return read_all(self.stand.settings.playbooks, self.house, self.site.points)

    async def _start_playbooks(self, open_runs: list[list[Event]]) -> None:
        recent = await self.reader.asked(memory.runs_started, self.stand.clock.now() - _HOUR)
        ready = self.stand.settings.bookings.ready
        simulated = self.stand.simulated is not None
        self.overheard = Overheard(self.site, self._drivers, asyncio.get_running_loop().time)
        self.filing = Filing(self.site, self.library, self.reports, simulated, ready, self.overheard.frozen)
        self._keep(self.filing.work(open_runs), "reports")
        self.runner = Runner(self.site, self.library)
        await self.runner.start(open_runs, recent)
        self._keep(self.runner.hold(), "playbooks", self.runner.stop)

    async def _start_bookings(self, past: list[Event]) -> None:
        form, folder = self.stand.settings.bookings, self.stand.settings.folder
        rules = Rules(lead=form.lead, ready=form.ready, guard=form.guard, settle=form.settle)
        sources = [
            IcsSource(
                name, s.url if "://" in s.url else str(folder / s.url), self.house, self.stand.clock,
                every=s.every, folder=self.stand.state, rooms=s.rooms, templates=form.templates,
            )
            for name, s in form.sources.items()
        ]  # fmt: skip
        self.diary = Diary(self.site, rules, sources, past=past, folder=self.stand.state)
        await self.diary.start()
        self._keep(self.diary.hold(), "bookings", self.diary.stop)

    async def _start_edges(self) -> None:
        self.gate = Gate(self.site, self._playbooks_of, self.diary, self._past)
        self._keep(self.gate.run(), "gate", self.gate.close)
        mqtt = await self._start_mqtt()
        await self._start_web(mqtt)
        path = remote.leave(self._note())
        self._stack.callback(path.unlink, missing_ok=True)

    async def _start_mqtt(self) -> Mqtt:
        form = self.stand.settings.mqtt
        chosen = broker.choose(form.url, self.stand.state / "broker", form.port, self.stand.password())
        address = await chosen.start()
        self._stack.push_async_callback(chosen.stop)
        self.mqtt_url = str(address)
        mqtt = Mqtt(self.site, self.gate, address, form.prefix)
        self._keep(mqtt.run(), "mqtt")
        return mqtt

    async def _start_web(self, mqtt: Mqtt) -> None:
        answers = Answers(self.site, self.reader, self.diary, self.library, self.filing, self.overheard)
        web = Web(self.site, self.gate, self._metrics(mqtt), self.stand.settings.web.listen, answers.asked)
        self.web_url = await web.start()
        self._keep(web.run(), "web", web.stop)

    def _metrics(self, mqtt: Mqtt) -> Metrics:
        tally, lag, now = gauge.Tally(self.site), Lag(), self.stand.clock.now()
        self._keep(tally.run(), "tally")
        if not isinstance(self.stand.clock, LoopClock):  # a loop whose time jumps is never late
            self._keep(lag.run(), "lag")
        rooms, own = gauge.Rooms(self.site).families(), gauge.own(self.site, tally, lag, now)
        return Metrics([*rooms, *own, *gauge.wishes(self.gate), *gauge.broker(mqtt)])

    def _start_watchdog(self) -> None:
        """systemd is fed only while events still reach the disk and every device's session still turns."""
        self.watchdog.watch("archive", _STUCK, self._archive_pulse)
        self._keep(self.watchdog.run(), "watchdog")
        self._stack.callback(self.watchdog.systemd.stopping)
        self.watchdog.systemd.ready(f"{len(self.house.rooms)} rooms, {len(self.house.devices)} devices")

    # --- what parts ask of each other

    @property
    def reports(self) -> Path:
        return self.stand.state / "reports"

    def _archive_pulse(self) -> float:
        """Changes while the archive keeps up: with nothing to write, that alone is progress."""
        settled = self.bus.settled
        return settled if settled < self.bus.last else asyncio.get_running_loop().time()

    def _where(self, event: Event) -> str:
        """Where the report of a run that has ended lies."""
        if not isinstance(event.body, PlayEnded):
            return ""
        return self.filing.announced(event.body.run)

    def _is_fleeting(self, device: str, point: str) -> bool:
        known = self.site.points(device).get(point)
        return known is not None and known.fleeting

    def _tell_of_archive(self, trouble: Trouble) -> None:
        self.site.publish(notice(trouble))

    def _playbooks_of(self, room: str) -> list[str]:
        return [p.name for p in self.library.values() if not p.rooms or room in p.rooms]

    async def _past(self, key: str) -> list[Event]:
        return await self.reader.asked(memory.past, key)

    def _version(self) -> str:
        """Which site file this is: the beginning of its digest."""
        return sha256(repr(self.house).encode()).hexdigest()[:12]

    def _note(self) -> remote.Note:
        control = str(self.stand.simulated["control"]) if self.stand.simulated else ""
        folder = str(self.stand.settings.folder)
        return remote.Note(os.getpid(), self.web_url, self.mqtt_url, str(self.stand.state), folder, control)

    # --- keeping

    def _keep(
        self, work: Coroutine[Any, Any, Any], name: str, stop: Callable[[], Coroutine[Any, Any, Any]] | None = None
    ) -> "asyncio.Task[Any]":
        """Run a part for as long as the daemon lives, and stop it in its turn; its failure is the daemon's."""
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(self._ended)
        self._stack.push_async_callback(_put_away, task, stop)
        return task

    def _ended(self, task: "asyncio.Task[Any]") -> None:
        if task.cancelled() or self._failed is None or self._failed.done():
            return
        if error := task.exception():
            self._failed.set_exception(error)

    async def _close_archive(self, task: "asyncio.Task[Any]") -> None:
        """Last of all: say that we go, and let everything be written."""
        self.site.publish(DaemonStopped("stopped"))
        self.bus.close()
        await asyncio.gather(task, return_exceptions=True)


async def _put_away(task: "asyncio.Task[Any]", stop: Callable[[], Coroutine[Any, Any, Any]] | None) -> None:
    if stop is not None:
        await stop()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _lock(state: Path) -> TextIO:
    """Only one daemon per state folder; the system lets go of it when we die. Raises AlreadyRuns."""
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = (state / "daemon.lock").open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        pid = file.read().strip() or "?"
        file.close()
        raise AlreadyRuns(f"another daemon (pid {pid}) holds {state}; stop it, or give another --state") from None
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file
