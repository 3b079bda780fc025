"""kill -9 in the middle of a self-test: two real processes, real sockets, a real pty, in real time."""

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from avctl import demo
from avctl.archive.database import connect_to_read
from avctl.demo import Meeting, Simulators, Story

pytestmark = pytest.mark.real_time
STEP = "SELECT seq FROM events WHERE kind = 'step-intended' AND body LIKE ? LIMIT 1"
ENDED = "SELECT body FROM events WHERE kind = 'play-ended'"


class Process:
    """`avctl run` as a process of its own, against announced simulators."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        command = [sys.executable, "-m", "avctl", "run", str(folder / "config" / "site.yaml"), "--state", str(folder)]
        command += ["--simulated", str(folder / "simulators.json"), "--listen", "127.0.0.1:0", "--quiet"]
        self.log = (folder / "daemon.log").open("ab")
        self.child = subprocess.Popen(
            command, env={**os.environ, "XDG_RUNTIME_DIR": str(folder)}, stdout=self.log, stderr=self.log
        )

    def end(self, number: int) -> None:
        self.child.send_signal(number)
        self.child.wait(20)
        self.log.close()


@pytest.fixture
def building(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """Room 301 (its projector on a pty) with a meeting in an hour and three seconds, and lamps that warm up quickly."""
    story = Story(("301",), (Meeting("301", 3603, 7200, "[av mics=2 wireless=2 proj=1 people=20]"),), ())
    folder = demo.prepare(story, time.time(), "en", tmp_path)
    site = folder / "config" / "site.yaml"
    site.write_text(site.read_text().replace("warm_up: 20", "warm_up: 2"))
    simulators = Simulators(site, story.rooms)
    try:
        yield folder, str(simulators.wait()["control"])
    finally:
        simulators.end()


async def rows(folder: Path, query: str, *given: object, within: float = 40) -> list[tuple[object, ...]]:
    """What the archive answers, as soon as it answers anything."""
    async with asyncio.timeout(within):
        while True:
            try:
                connection = connect_to_read(folder / "avctl.db")
                if found := connection.execute(query, given).fetchall():
                    return found
                connection.close()
            except (FileNotFoundError, sqlite3.OperationalError):
                pass  # the daemon has not made it yet
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("step", ["tone-on", "picture"])
async def test_killed_in_a_step_the_run_ends_once_and_the_room_is_restored(
    building: tuple[Path, str], step: str
) -> None:
    folder, control = building
    first = Process(folder)
    await rows(folder, STEP, f'%"{step}"%')
    first.end(signal.SIGKILL)
    second = Process(folder)
    try:
        await rows(folder, ENDED)
        ended = await rows(folder, ENDED)
        assert len(ended) == 1
        done = await rows(folder, "SELECT json_extract(body, '$.step') FROM events WHERE kind = 'step-done'")
        assert [name for (name,), n in Counter(done).items() if n > 1] == []
        asked = await rows(folder, "SELECT json_extract(body, '$.command.id') FROM events WHERE kind = 'command-asked'")
        assert len(set(asked)) == len(asked)
        devices = httpx.get(f"{control}/devices", trust_env=False).json()
        assert devices["r301-mixer"]["state"]["oscillator"] == "off"
        assert len(await rows(folder, "SELECT 1 FROM events WHERE kind = 'play-started'")) == 1
    finally:
        second.end(signal.SIGTERM)
    assert second.child.returncode == 0, (folder / "daemon.log").read_text()
    assert json.loads(str(ended[0][0]))["ending"] in ("finished", "interrupted")


async def test_a_second_daemon_is_refused_the_same_folder(building: tuple[Path, str]) -> None:
    folder, _ = building
    first = Process(folder)
    await rows(folder, "SELECT 1 FROM events WHERE kind = 'reach-changed'")
    second = Process(folder)
    try:
        assert second.child.wait(20) == 75
        assert "another daemon" in (folder / "daemon.log").read_text()
    finally:
        second.log.close()
        first.end(signal.SIGTERM)
