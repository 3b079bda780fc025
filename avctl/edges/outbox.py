"""What waits to be told to a broker that is away: events and results, in order, bounded.

Letters are handed out one by one, a few unacknowledged at a time, and leave when the broker has acknowledged them;
after a broken connection those that were not are handed out again. What is too much is dropped oldest first and
counted, so that the gap can be told. A restart empties it: `/api/v1/events?since=` reads what was missed.
"""

import asyncio
from collections import deque
from dataclasses import dataclass

_BYTES = 256 * 1024 * 1024
_WINDOW = 16  # unacknowledged at a time


@dataclass(slots=True, eq=False)
class Letter:
    """One message in the outbox."""

    topic: str
    payload: bytes
    correlation: bytes | None = None
    acknowledged: bool = False


class Outbox:
    """First in, first out."""

    def __init__(self, most: int = 100_000) -> None:
        self._letters: deque[Letter] = deque()
        self._most, self._bytes = most, 0
        self._out = 0  # how many of the first are on their way
        self._wake = asyncio.Event()
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._letters)

    def put(self, letter: Letter) -> None:
        """One more; the oldest go when there are too many."""
        self._letters.append(letter)
        self._bytes += len(letter.payload)
        while len(self._letters) > self._most or self._bytes > _BYTES:
            self._leave()
            self.dropped += 1
        self._wake.set()

    async def take(self) -> Letter:
        """The next one to be sent; waits until there is one, and while too many are on their way."""
        while self._out >= min(len(self._letters), _WINDOW):
            self._wake.clear()
            await self._wake.wait()
        self._out += 1
        return self._letters[self._out - 1]

    def acknowledge(self, letter: Letter) -> None:
        """The broker has it; it leaves when all before it have."""
        letter.acknowledged = True
        while self._letters and self._letters[0].acknowledged:
            self._leave()
        self._wake.set()

    def rewind(self) -> None:
        """A new connection: what was on its way is to be sent again."""
        self._out = 0

    def _leave(self) -> None:
        self._bytes -= len(self._letters.popleft().payload)
        self._out = max(0, self._out - 1)
