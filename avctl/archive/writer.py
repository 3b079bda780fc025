"""Brings events from the bus to the store without ever holding up the loop: one task, one thread, group commit.

While one transaction is on its way to the disk, the next one gathers; so a lone event is committed at once, and a
flood shares its syncs. What an event calls for (a fault, the run that answers it, its first command) comes within a
few turns of the loop and is let in: one commit for all of it is sooner durable than three. After each commit the bus
hears up to which number everything is durable.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from avctl.archive.store import BATCH, Store, Trouble
from avctl.engine.bus import Bus, Subscription
from avctl.locale import both
from avctl.model.event import Event, Notice, Read

QUIET, ENOUGH = 4, 100  # turns of the loop without a further event after which a batch goes; events after which it goes
RETRY = 5.0  # seconds between attempts to write to a file that would not be written to

Fleeting = Callable[[str, str], bool]
"""Whether a point (device, point) is not worth keeping, such as a meter level."""


class Writer:
    """`await Writer(store, bus, bus.subscribe("archive", capacity=…)).run()` until the bus is closed and all is stored.

    `tell` hears of trouble with the archive, and that it is over; `notice` words it for people.
    """

    def __init__(
        self,
        store: Store,
        bus: Bus,
        subscription: Subscription,
        fleeting: Fleeting = lambda device, point: False,
        tell: Callable[[Trouble], None] = lambda trouble: None,
    ) -> None:
        self._store, self._bus, self._subscription = store, bus, subscription
        self._fleeting, self._tell = fleeting, tell
        self._told: Trouble | None = None
        self._again = 0.0
        self._taken: list[Event] = []

    async def run(self) -> None:
        """Write until the subscription ends. When cancelled, what is queued is still written first."""
        with ThreadPoolExecutor(1, "archive") as thread:
            try:
                while (batch := await self._next()) is not None:
                    await self._write(thread, batch)
                self._again = 0.0  # the last chance is not to be missed for having tried a moment ago
                await self._write(thread, [])
            except asyncio.CancelledError:
                rest = [self._kept(event) for event in self._taken + self._subscription.take()]
                thread.submit(self._store.write, rest, self._bus.last, True).result()
                self._settle()
                raise

    async def _next(self) -> list[Event] | None:
        """What is queued; [] when it is time to try the file again; None at the end."""
        pause = RETRY if self._store.behind else None
        try:
            async with asyncio.timeout(pause):
                self._taken = await self._subscription.batch()
        except TimeoutError:
            return []
        await self._linger()
        return self._taken or None

    async def _linger(self) -> None:
        """Let what follows from these events come in, unless somebody waits for them already."""
        quiet = 0
        while self._taken and quiet < QUIET and len(self._taken) < ENOUGH and not self._bus.awaited:
            await asyncio.sleep(0)
            more = self._subscription.take()
            self._taken += more
            quiet = 0 if more else quiet + 1

    async def _write(self, thread: ThreadPoolExecutor, batch: list[Event]) -> None:
        loop, upto = asyncio.get_running_loop(), self._bus.last
        self._taken = batch
        for start in range(0, max(1, len(batch)), BATCH):
            part = [self._kept(event) for event in batch[start : start + BATCH]]
            whole = start + BATCH >= len(batch)
            retry = loop.time() >= self._again
            await loop.run_in_executor(thread, self._store.write, part, upto if whole else 0, retry)
            self._settle()
            if retry:
                self._again = loop.time() + RETRY
        self._taken = []

    def _settle(self) -> None:
        self._bus.settle(self._store.last_seq)
        trouble = self._store.trouble
        if trouble is not None and trouble != self._told:
            self._told = trouble
            self._tell(trouble)

    def _kept(self, event: Event) -> Event:
        """Without its fleeting readings; the number stays."""
        body = event.body
        if not isinstance(body, Read):
            return event
        kept = [r for r in body.readings if not self._fleeting(r.device, r.point)]
        return event if len(kept) == len(body.readings) else replace(event, body=Read(body.device, tuple(kept)))


def notice(trouble: Trouble) -> Notice:
    """Trouble with the archive, worded for whoever maintains the system."""
    severity = "notice" if trouble.kind == "well" else "critical"
    return Notice(
        "", "maintenance", severity, both(f"archive.trouble.{trouble.kind}", detail=trouble.detail), "archive"
    )
