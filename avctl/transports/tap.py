"""What passes on a wire, kept for people: the last entries of each device, in a ring that cannot grow.

A `Tap` stands between a driver and its wire and changes nothing. Secrets never enter the ring: those the site file
names, and digests made of them, are struck out where they are written down. Lengths stay as they were.
"""

import asyncio
import re
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from avctl.model.ports import Wire

MOST, LARGEST = 200, 64 * 1024  # entries, bytes
_DIGEST = re.compile(rb"[0-9A-Fa-f]{32,}")
"""A password as a projector wants to hear it (MD5, SHA-256): good for guessing at leisure, so it goes too."""

Way = Literal["out", "in", "open", "close"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One piece as it passed: its number, the loop's seconds, which way, and the bytes (none for open and close)."""

    number: int
    at: float
    way: Way
    data: bytes = b""


class Ring:
    """The last of what passed. `worded`: the wire is not ours to see, so questions and answers are kept as words."""

    def __init__(self, worded: bool = False) -> None:
        self.worded = worded
        self.last = 0
        self._entries: deque[Entry] = deque()
        self._size = 0
        self._secrets: tuple[bytes, ...] = ()
        self._waiting: list[asyncio.Future[None]] = []

    def hide(self, secrets: Iterable[str]) -> None:
        """From now on these are struck out."""
        found = {secret.encode() for secret in secrets if secret}
        self._secrets = tuple(sorted(found, key=len, reverse=True))

    def note(self, way: Way, data: bytes = b"") -> None:
        """Write one piece down; the oldest make room."""
        self.last += 1
        entry = Entry(self.last, asyncio.get_running_loop().time(), way, self._redacted(data)[:LARGEST])
        self._entries.append(entry)
        self._size += len(entry.data)
        while len(self._entries) > MOST or self._size > LARGEST:
            self._size -= len(self._entries.popleft().data)
        while self._waiting:
            if not (waiter := self._waiting.pop()).done():
                waiter.set_result(None)

    def entries(self) -> tuple[Entry, ...]:
        """All that is kept, oldest first."""
        return tuple(self._entries)

    async def more(self, after: int, within: float) -> None:
        """Return when there is an entry with a number above `after`, or after so many seconds."""
        if self.last > after or within <= 0:
            return
        self._waiting.append(waiter := asyncio.get_running_loop().create_future())
        await asyncio.wait([waiter], timeout=within)

    def _redacted(self, data: bytes) -> bytes:
        for secret in self._secrets:
            data = data.replace(secret, b"*" * len(secret))
        return struck(data)


def struck(data: bytes, marks: Iterable[bytes] = ()) -> bytes:
    """Without digests, and without `marks`; as long as before."""
    for mark in marks:
        data = data.replace(mark, b"0" * len(mark))
    return _DIGEST.sub(_zeros, data)


def _zeros(found: "re.Match[bytes]") -> bytes:
    return b"0" * len(found[0])


class Tap:
    """A wire that is listened to."""

    def __init__(self, wire: Wire) -> None:
        self.wire, self.ring = wire, Ring()
        self._open = False

    def __str__(self) -> str:
        return str(self.wire)

    async def open(self) -> None:
        await self.wire.open()
        self._open = True
        self.ring.note("open")

    async def send(self, data: bytes) -> None:
        self.ring.note("out", data)
        await self.wire.send(data)

    async def receive(self) -> bytes:
        data = await self.wire.receive()
        self.ring.note("in", data)
        return data

    async def close(self) -> None:
        if self._open:
            self._open = False
            self.ring.note("close")
        await self.wire.close()
