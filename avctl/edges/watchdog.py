"""Tells systemd that we live, and only while we really do: every supervised part must have made progress lately.

A loop that turns while its workers hang would hide them; so each part beats for itself, and one that stays away
longer than its limit stops the feeding. systemd then ends us (SIGABRT, with stacks) and starts us again.
Source: sd_notify(3) of systemd 252: datagrams of `KEY=VALUE` lines to the socket named by $NOTIFY_SOCKET.
"""

import asyncio
import os
import socket
from collections.abc import Callable, Mapping

import structlog

log = structlog.get_logger("avctl.watchdog")


class Systemd:
    """The service manager, if one started us; otherwise everything here does nothing."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        address = environment.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self.interval = int(environment.get("WATCHDOG_USEC", "0")) / 1e6
        """Seconds within which it wants to be fed; 0 when it does not."""

    def ready(self, status: str) -> None:
        self._tell("READY=1", f"STATUS={status}")

    def status(self, status: str) -> None:
        self._tell(f"STATUS={status}")

    def stopping(self) -> None:
        self._tell("STOPPING=1")

    def feed(self) -> None:
        self._tell("WATCHDOG=1")

    def _tell(self, *lines: str) -> None:
        if not self._address:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as door:
            try:
                door.sendto("\n".join(line.replace("\n", " ") for line in lines).encode(), self._address)
            except OSError as error:
                log.warning("systemd does not hear us", why=str(error))


class Watchdog:
    """Knows when each part last made progress. Parts beat, or are asked with `watch`."""

    def __init__(self, systemd: Systemd | None = None) -> None:
        self.systemd = systemd or Systemd()
        self._limits: dict[str, float] = {}
        self._beats: dict[str, float] = {}
        self._counts: dict[str, tuple[Callable[[], int | float], int | float]] = {}

    def watch(self, part: str, within: float, count: Callable[[], int | float] | None = None) -> None:
        """Supervise `part`: it makes progress at least every `within` seconds.

        With `count`, progress is that the count has changed; without, that somebody calls `beat`.
        """
        self._limits[part] = within
        self._beats[part] = asyncio.get_running_loop().time()
        if count is not None:
            self._counts[part] = (count, count())

    def beat(self, part: str) -> None:
        """`part` has made progress."""
        self._beats[part] = asyncio.get_running_loop().time()

    def stuck(self) -> list[str]:
        """The parts that have made no progress within their limit."""
        now = asyncio.get_running_loop().time()
        for part, (count, known) in self._counts.items():
            if (newest := count()) != known:
                self._counts[part] = (count, newest)
                self._beats[part] = now
        return [part for part, limit in self._limits.items() if now - self._beats[part] > limit]

    async def run(self) -> None:
        """Feed while nothing is stuck, three times within the interval; without a service manager, only look."""
        every, told = self.systemd.interval / 3 or 5.0, ""
        while True:
            await asyncio.sleep(every)
            stuck = ", ".join(self.stuck())
            if not stuck:
                self.systemd.feed()
            if stuck != told:
                told = stuck
                log.error("stuck", parts=stuck) if stuck else log.info("all parts make progress")
                self.systemd.status(f"stuck: {stuck}" if stuck else "running")
