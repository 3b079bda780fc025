"""Time, real and virtual. Wall time comes from a Clock; durations from the event loop, whose time may jump.

`JumpingLoop` is an asyncio loop that never waits for a timer: when nothing is ready it moves its time to the next
one. Rehearsals, drills and tests run the daemon on it, so an hour costs nothing. With a `peer` (a simulator process
at the other end of a socket) both jump together, in lockstep:

    daemon -> simulators   ask            nothing to do here; and you?
    simulators -> daemon   next 17.25     nothing to do either; my next timer is due at 17.25 s
    daemon -> simulators   go 12.5        time is now 12.5 s

Work in threads (`run_in_executor`) and data on sockets always come before a jump.
"""

import asyncio
import selectors
import socket
import time
from collections.abc import Callable
from typing import Any

_GRACE = 0.05  # real seconds waited at a time for a thread that works while the loop has nothing to do


class SystemClock:
    """The wall clock of this machine."""

    def now(self) -> float:
        return time.time()


class LoopClock:
    """A wall clock that follows a loop: `start` (UTC seconds) at the loop's time zero."""

    def __init__(self, loop: asyncio.AbstractEventLoop, start: float) -> None:
        self._loop, self._start = loop, start

    def now(self) -> float:
        return self._start + self._loop.time()


class Deadlock(RuntimeError):
    """Nothing is ready, no timer is set and no thread works: virtual time would stand still for ever."""


class JumpingLoop(asyncio.SelectorEventLoop):
    """An event loop whose time starts at 0.0 and jumps; a `patient` one waits for sockets where others see deadlock."""

    def __init__(self, peer: socket.socket | None = None, patient: bool = False) -> None:
        self.selector = _JumpingSelector(peer, patient)
        super().__init__(self.selector)

    def time(self) -> float:
        return self.selector.now

    def run_in_executor(  # type: ignore[override]  # typeshed binds the arguments by TypeVarTuple
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        """As ever; but time stands still while the thread works."""
        self.selector.working += 1
        future: asyncio.Future[Any] = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._rested)
        return future

    async def shutdown_default_executor(self, *args: Any) -> None:
        """As ever; it waits for a thread of its own."""
        self.selector.working += 1
        try:
            await super().shutdown_default_executor(*args)
        finally:
            self.selector.working -= 1

    def _rested(self, _: object) -> None:
        self.selector.working -= 1


class _JumpingSelector(selectors.DefaultSelector):
    """A selector that moves time instead of waiting for it."""

    def __init__(self, peer: socket.socket | None, patient: bool) -> None:
        super().__init__()
        self.now = 0.0
        self.working = 0
        self._patient = patient
        self._peer = _Peer(peer) if peer is not None else None

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        while not ready and self.working:
            ready = super().select(_GRACE)
        if ready:
            return ready
        theirs = self._peer.next() if self._peer else None
        return super().select(0) or self._jump(self._sooner(timeout, theirs))

    def _sooner(self, timeout: float | None, theirs: float | None) -> float | None:
        ours = None if timeout is None else self.now + max(0.0, timeout)
        return min((t for t in (ours, theirs) if t is not None), default=None)

    def _jump(self, until: float | None) -> list[tuple[selectors.SelectorKey, int]]:
        if until is None:
            if self._patient or self._peer:
                return super().select(_GRACE)
            raise Deadlock("nothing is ready and no timer is set")
        self.now = max(self.now, until)
        if self._peer:
            self._peer.go(self.now)
        return []


class _Peer:
    """The other process that lives in the same virtual time."""

    def __init__(self, link: socket.socket) -> None:
        link.setblocking(True)
        self._link = link

    def next(self) -> float | None:
        """When its next timer is due; None when it has none, or is gone."""
        try:
            self._link.sendall(b"ask\n")
            word, _, figure = self._line().partition(b" ")
        except OSError:
            return None
        return float(figure) if word == b"next" and figure.strip() != b"inf" else None

    def go(self, now: float) -> None:
        try:
            self._link.sendall(f"go {now!r}\n".encode())
        except OSError:
            return  # it has gone; its devices will fall silent, which the daemon notices by itself

    def _line(self) -> bytes:
        """Its answer; it never says more than the one line it is asked for."""
        line = b""
        while not line.endswith(b"\n") and (more := self._link.recv(64)):
            line += more
        return line
