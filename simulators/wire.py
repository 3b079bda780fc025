"""What lies between a device and whoever talks to it, and what befalls it there: silence, delay, loss, repetition.

A wire knows no socket. A face (see `faces`) hands it what arrives and what shall leave, and is told when the
connection must break or the port must close.
"""

import asyncio
import random
from collections.abc import Callable

PIECES_APART = 0.03  # s between the two halves of a broken line
STRAY = b"\xff\x00"  # what a serial bridge spits out when it wakes up


class Wire:
    """Healthy unless told otherwise. `carry` is the way through, for both directions."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._last = 0.0
        self.dead = False
        """No mains behind it: not even a refusal comes back."""
        self.refused = False
        self.on_break: list[Callable[[], None]] = []
        self.on_port: list[Callable[[], None]] = []
        self.on_half: list[Callable[[bool], None]] = []
        self.heal()

    def heal(self) -> None:
        """A good wire again."""
        self.silent = False
        self.delay = self.jitter = 0.0  # s; jitter is the most that is added to the delay
        self.loss = self.twice = self.stray = 0.0  # shares of what passes
        self.refuse(False)
        self.half_open(False)

    def half_open(self, lost: bool) -> None:
        """What is connected stays so for the client alone; found again, the far end breaks it."""
        for call in list(self.on_half):
            call(lost)

    def cut(self) -> None:
        """The mains went: connections break, the port is gone."""
        self.dead = True
        self._call(self.on_port)
        self.drop()

    def join(self) -> None:
        """The device is up again."""
        self.dead = False
        self._call(self.on_port)

    def refuse(self, refused: bool) -> None:
        """Close the port, or open it again."""
        changed, self.refused = refused != self.refused, refused
        if changed:
            self._call(self.on_port)
        if refused:
            self.drop()

    def drop(self) -> None:
        """Break what is connected."""
        self._call(self.on_break)

    def hears(self, data: bytes, hear: Callable[[bytes], None]) -> None:
        """Bytes on their way to the device."""
        if not self._lost():
            hear(data)

    def says(self, data: bytes, say: Callable[[bytes], None]) -> None:
        """Bytes on their way from the device."""
        if self._lost():
            return
        late = self.delay + (self._chance.uniform(0, self.jitter) if self.jitter else 0.0)
        for piece, after in self._pieces(data):
            self._send(piece, late + after, say)
        if self.twice and self._chance.random() < self.twice:
            self._send(data, self.delay, say)

    def _lost(self) -> bool:
        return self.dead or self.silent or (self.loss > 0 and self._chance.random() < self.loss)

    def _pieces(self, data: bytes) -> list[tuple[bytes, float]]:
        if not self.stray or self._chance.random() >= self.stray:
            return [(data, 0.0)]
        half = len(data) // 2
        return [(STRAY + data[:half], 0.0), (data[half:], PIECES_APART)]

    def _send(self, data: bytes, delay: float, say: Callable[[bytes], None]) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time() + delay
        if self._last > loop.time():  # something is still under way: stay behind it, a stream must not be shuffled
            due = max(due, self._last + 1e-6)
        if due <= loop.time():
            return say(data)
        self._last = due
        loop.call_at(due, say, data)

    @staticmethod
    def _call(whom: list[Callable[[], None]]) -> None:
        for call in list(whom):
            call()
