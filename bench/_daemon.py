"""The daemon as `avctl run` starts it, for `bench/reaction.py`: says when every device is up and every room in its
meeting, and on each line of standard input how much CPU time it has used. With a file name, cProfile from there on.
"""

import asyncio
import cProfile
import json
import logging
import sys
import time
from collections.abc import Callable
from pathlib import Path

from avctl import log
from avctl.app import Daemon, Stand
from avctl.clock import SystemClock
from avctl.config import load
from avctl.model.event import Phase
from avctl.model.health import Reach
from bench._wire import stdin

_READY = 60.0  # s within which all must stand


def _stands(daemon: Daemon) -> bool:
    site = daemon.site
    if any(site.state(room).phase is not Phase.MEETING for room in site.rooms):
        return False
    return all(site.device(device).reach is Reach.UP for device in site.house.devices)


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(_READY):
        while not condition():
            await asyncio.sleep(0.1)


async def main(folder: Path, profile: str) -> None:
    places = json.loads((folder / "simulators.json").read_text())
    stand = Stand(load(folder / "config" / "site.yaml"), folder / "state", SystemClock(), places)
    async with Daemon(stand) as daemon:
        await _until(lambda: _stands(daemon))
        await _until(lambda: daemon.bus.settled == daemon.bus.last)
        print(json.dumps(time.process_time()), flush=True)
        profiler, commands = cProfile.Profile(), await stdin()
        if profile:
            profiler.enable()
        while await commands.readline():
            print(json.dumps(time.process_time()), flush=True)
        profiler.disable()
        if profile:
            profiler.dump_stats(profile)


if __name__ == "__main__":
    log.set_up(logging.ERROR)
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""))
