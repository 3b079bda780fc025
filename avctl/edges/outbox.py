"""What waits to be told to a broker that is away: events and results, in order, bounded.

What is too much is dropped oldest first and counted, so that the gap can be told. Nothing leaves before the broker has
acknowledged it. An outbox does not survive a restart; the archive does, and `/api/v1/events?since=` reads it.
"""

import asyncio
from collections import deque
from dataclasses import dataclass

_BYTES = 256 * 1024 * 1024
_WINDOW = 16  # unacknowledged at a time


@dataclass(frozen=True, slots=True)
class Letter:
    """One message in the outbox."""

    topic: str
    payload: bytes
    correlation: bytes | None = None


class Outbox:
    """First in, first out. `take` hands out a window; `sent` lets go of it."""

    def __init__(self, most: int = 100_000) -> None:
        self._letters: deque[Letter] = deque()
        self._most, self._bytes = most, 0
        self._wake = asyncio.Event()
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._letters)

    def put(self, letter: Letter) -> None:
        self._letters.append(letter)
        self._bytes += len(letter.payload)
        while len(self._letters) > self._most or self._bytes > _BYTES:
            self._bytes -= len(self._letters.popleft().payload)
            self.dropped += 1
        self._wake.set()

    async def window(self) -> list[Letter]:
        """Wait until there is something; the oldest few, which stay until `sent`."""
        while not self._letters:
            self._wake.clear()
            await self._wake.wait()
        return [self._letters[i] for i in range(min(_WINDOW, len(self._letters)))]

    def sent(self, letters: list[Letter]) -> None:
        """The broker has these; whichever are still here may go."""
        for letter in letters:
            if self._letters and self._letters[0] is letter:
                self._bytes -= len(self._letters.popleft().payload)
