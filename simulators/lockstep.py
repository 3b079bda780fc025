"""An event loop whose time belongs to somebody else: virtual time, shared with the process that started this one.

Over an inherited stream socket the master sends lines: `ask` when it has nothing to do, `go <seconds>` when both have
nothing to do. To `ask` this loop answers `next <seconds>` (loop time of its next timer, or `inf`), but only once it has
nothing left to do itself: what waits at its own sockets comes first. `go` moves the time at once, never backwards, and
is not answered. Both sides start at 0.0. When the socket closes, the parent is gone: `on_end` is called, and from then
on time jumps by itself so that the rest can finish.
"""

import asyncio
import math
import selectors
import socket
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

Ready = list[tuple[selectors.SelectorKey, int]]


class _Selector(selectors.BaseSelector):
    """A selector that hands the waiting over to the master."""

    def __init__(self, master: socket.socket) -> None:
        self._inner = selectors.DefaultSelector()
        self._master: socket.socket | None = master
        self._received = b""
        self._asked = False
        self.now = 0.0
        self.on_end: Callable[[], object] = lambda: None
        master.setblocking(False)
        self._inner.register(master, selectors.EVENT_READ)

    def select(self, timeout: float | None = None) -> Ready:
        """First the time, then own events, and only with nothing left to do an answer to `ask`.

        What the master sends after `go` belongs to the new time, so the time moves before any socket is served.
        """
        due = math.inf if timeout is None else self.now + max(0.0, timeout)
        while True:
            events = self._inner.select(0)
            own = [(key, mask) for key, mask in events if key.fileobj is not self._master]
            if len(own) < len(events):
                self._receive()
            if own or due <= self.now:
                return own
            if not self._master:
                return self._alone(due)
            if self._asked:
                self._asked = False
                self._say(f"next {due!r}\n")
            else:
                self._inner.select()

    def _receive(self) -> None:
        assert self._master
        try:
            data = self._master.recv(4096)
        except (BlockingIOError, InterruptedError):
            return
        except ConnectionError:
            data = b""
        *lines, self._received = (self._received + data).split(b"\n")
        for line in lines:
            self._obey(line)
        if not data:
            self._end()

    def _obey(self, line: bytes) -> None:
        word, _, figure = line.strip().partition(b" ")
        if word == b"ask":
            self._asked = True
        elif word == b"go":
            self.now = max(self.now, float(figure))

    def _say(self, text: str) -> None:
        assert self._master
        try:
            self._master.sendall(text.encode())  # a few bytes, answered one by one: never more than the buffer holds
        except ConnectionError:
            self._end()

    def _end(self) -> None:
        assert self._master
        self._inner.unregister(self._master)
        self._master.close()
        self._master = None
        self.on_end()

    def _alone(self, due: float) -> Ready:
        events = self._inner.select(None if math.isinf(due) else 0)
        if not events:
            self.now = due
        return events

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._inner.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._inner.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._inner.modify(fileobj, events, data)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._inner.get_map()

    def close(self) -> None:
        """Both ends."""
        if self._master:
            self._master.close()
        self._inner.close()


class LockstepLoop(asyncio.SelectorEventLoop):
    """Runs when it has something to do or is told to. `fd` is a connected AF_UNIX stream socket."""

    def __init__(self, fd: int) -> None:
        self._lockstep = _Selector(socket.socket(fileno=fd))
        super().__init__(self._lockstep)

    def time(self) -> float:
        """Seconds, as the master counts them."""
        return self._lockstep.now

    def on_parent_gone(self, call: Callable[[], None]) -> None:
        """Call this, inside the loop, when the socket closes."""
        self._lockstep.on_end = partial(self.call_soon, call)
