"""What changes, as it changes: Server-Sent Events, each room at most twice a second, whoever watches.

A viewer that cannot keep up misses steps, never the end: it is told which rooms changed, not what happened, and their
newest sight is drawn when it is sent. Drawings are shared by all who watch in the same language.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable

_EVERY = 0.4  # seconds between two looks at what changed
_ALIVE = 15.0  # seconds of silence after which a line says that we are here
_AT_ONCE = 25  # rooms drawn before others get the loop
VIEWERS = 48


class Stream:
    """All who watch. `draw(room, language)` is the room's card; `order()` the rooms as the wall ranks them."""

    def __init__(self, draw: Callable[[str, str], str], order: Callable[[], list[str]]) -> None:
        self._draw, self._order = draw, order
        self._viewers: set[_Viewer] = set()
        self._drawn: dict[tuple[str, str], str] = {}
        self._closing = False

    def __len__(self) -> int:
        return len(self._viewers)

    def changed(self, rooms: Iterable[str]) -> None:
        """These rooms are not any more as they were drawn."""
        rooms = tuple(rooms)
        self._drawn = {key: card for key, card in self._drawn.items() if key[0] not in rooms}
        for viewer in self._viewers:
            viewer.changed(rooms)

    def close(self) -> None:
        """Let all viewers go."""
        self._closing = True
        for viewer in self._viewers:
            viewer.changed(())

    async def watch(self, language: str, rooms: Iterable[str]) -> AsyncIterator[bytes]:
        """The stream of one viewer: all `rooms` first, then what changes."""
        viewer = _Viewer(set(rooms))
        self._viewers.add(viewer)
        try:
            yield b"retry: 2000\n\n"
            yield self._message("order", self._order())
            while not self._closing:
                async for message in self._news(viewer, language):
                    yield message
        finally:
            self._viewers.discard(viewer)

    async def _news(self, viewer: "_Viewer", language: str) -> AsyncIterator[bytes]:
        waiting = await viewer.wait()
        if not waiting:
            yield b": still here\n\n"
            return
        for number, room in enumerate(waiting, 1):
            yield self._message("room", {"room": room, "html": self._card(room, language)})
            if number % _AT_ONCE == 0:
                await asyncio.sleep(0)
        yield self._message("order", self._order())
        await asyncio.sleep(_EVERY)

    def _card(self, room: str, language: str) -> str:
        if (room, language) not in self._drawn:
            self._drawn[room, language] = self._draw(room, language)
        return self._drawn[room, language]

    @staticmethod
    def _message(kind: str, body: object) -> bytes:
        return f"event: {kind}\ndata: {json.dumps(body, ensure_ascii=False)}\n\n".encode()


class _Viewer:
    """One who watches some rooms."""

    def __init__(self, rooms: set[str]) -> None:
        self._rooms, self._waiting = rooms, set(rooms)
        self._wake = asyncio.Event()
        self._wake.set()

    def changed(self, rooms: Iterable[str]) -> None:
        self._waiting |= self._rooms.intersection(rooms)
        self._wake.set()

    async def wait(self) -> list[str]:
        """The rooms that changed; none after a while of silence."""
        try:
            async with asyncio.timeout(_ALIVE):
                await self._wake.wait()
        except TimeoutError:
            return []
        self._wake.clear()
        waiting, self._waiting = sorted(self._waiting), set()
        return waiting
