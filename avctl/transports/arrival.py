"""What has come in on a wire and was not fetched yet: bounded, and it remembers how the wire ended."""

import asyncio
from collections import deque

from avctl.model.errors import LinkDown


class Arrivals:
    """Pieces in the order they came. When `room` pieces wait, the oldest goes and is counted in `dropped`.

    One taker at a time; taking may be cancelled without losing a piece.
    """

    def __init__(self, room: int) -> None:
        self._pieces: deque[bytes] = deque()
        self._room = room
        self._waiter: asyncio.Future[None] | None = None
        self._end: str | None = None
        self.dropped = 0

    def put(self, piece: bytes) -> None:
        """A piece has come."""
        if len(self._pieces) >= self._room:
            self._pieces.popleft()
            self.dropped += 1
        self._pieces.append(piece)
        self._wake()

    def end(self, why: str) -> None:
        """The wire is gone; what has come is still given out first."""
        self._end = self._end or why
        self._wake()

    async def take(self) -> bytes:
        """The oldest piece, as soon as there is one. Raises LinkDown when the wire is gone."""
        while not self._pieces:
            if self._end is not None:
                raise LinkDown(self._end)
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        return self._pieces.popleft()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
