"""Plays the demos: starts the simulated building as a process of its own, then the daemon, and lets things happen.

Real time for `play_now`; for `play_day` both processes live in one virtual time and jump in lockstep. What is seen is
the daemon's own doing: nothing here but the calendar and the mishaps of `demo`.
"""

import asyncio
import logging
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from time import monotonic
from zoneinfo import ZoneInfo

from rich.console import Console

from avctl import demo, log
from avctl.app import Daemon, Stand
from avctl.clock import JumpingLoop, LoopClock, SystemClock
from avctl.config import MqttForm, WebForm, load
from avctl.demo import Simulators, Story
from avctl.locale import text
from avctl.model.ports import Clock
from avctl.terminal import language

_DAY = datetime(2026, 9, 14, 7, 55, tzinfo=ZoneInfo("Asia/Shanghai"))  # a Monday, and a working day in China
_FREE = "127.0.0.1:0"
_BROKER_IN_THE_LOOP = MqttForm(url="amqtt")  # mosquitto would live in another time


def play_now(listen: str) -> int:
    """Three rooms in real time, until Ctrl-C. Returns the exit code."""
    log.set_up(logging.WARNING)
    clock, story = SystemClock(), demo.meeting_now()
    folder = demo.prepare(story, clock.now(), language())
    with _building(folder, story) as simulators:
        stand = _stand(folder, simulators, clock, listen if _is_free(listen) else _FREE)
        asyncio.run(_play(stand, story, live=True))
    _tell("demo.over", folder=folder)
    return 0


def play_day() -> int:
    """A day of six rooms on a fast clock; prints the day's log. Returns the exit code."""
    log.set_up(logging.ERROR)
    began, story = monotonic(), demo.long_day()
    folder = demo.prepare(story, _DAY.timestamp(), language())
    here, there = socket.socketpair()
    with _building(folder, story, there) as simulators, here:
        there.close()
        loop = JumpingLoop(here)
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            stand = _stand(folder, simulators, LoopClock(loop, _DAY.timestamp()), _FREE, _BROKER_IN_THE_LOOP)
            runner.run(_play(stand, story, live=False))
    _tell("demo.day-over", seconds=f"{monotonic() - began:.0f}", folder=folder)
    return 0


async def _play(stand: Stand, story: Story, live: bool) -> None:
    """The daemon among its simulators, for as long as the story lasts or until somebody interrupts."""
    assert stand.simulated is not None
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    async with Daemon(stand, console=True) as daemon:
        if live:
            _greet(daemon)
        tasks = [asyncio.create_task(demo.befall(story, stand.simulated["control"], daemon.tell))]
        tasks += [asyncio.create_task(daemon.hold()), asyncio.create_task(_until(ended, story.lasts))]
        try:
            await _first(tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _first(tasks: "list[asyncio.Task[None]]") -> None:
    """Wait for the end of the story, or for the first part that fails."""
    *working, end = tasks
    while not end.done():
        done, _ = await asyncio.wait([*(t for t in working if not t.done()), end], return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()


async def _until(ended: asyncio.Event, lasts: float | None) -> None:
    try:
        await asyncio.wait_for(ended.wait(), lasts)
    except TimeoutError:
        return


@contextmanager
def _building(folder: Path, story: Story, lockstep: socket.socket | None = None) -> Iterator[Simulators]:
    simulators = Simulators(folder / "config" / "site.yaml", story.rooms, lockstep)
    try:
        yield simulators
    finally:
        simulators.end()


def _stand(folder: Path, simulators: Simulators, clock: Clock, listen: str, mqtt: MqttForm | None = None) -> Stand:
    settings = load(folder / "config" / "site.yaml")
    settings = replace(settings, web=WebForm(listen=listen), mqtt=mqtt or settings.mqtt)
    return Stand(settings, folder, clock, simulators.wait())


def _greet(daemon: Daemon) -> None:
    _tell("demo.greeting", web=daemon.web_url, mqtt=daemon.mqtt_url, state=daemon.stand.state)


def _tell(id: str, **figures: object) -> None:
    Console(highlight=False, soft_wrap=True).print(text(id, language(), **figures), markup=False)


def _is_free(listen: str) -> bool:
    """Whether the usual port can be had; else the demo takes any, so that two demos can run side by side."""
    host, _, port = listen.rpartition(":")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except OSError:
            return False
    return True
