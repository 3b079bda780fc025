"""The door of an Epson projector on the network: a greeting of 16 bytes, one client, then the ESC/VP21 of `escvp21`.

Source: Epson ESC/VP.net protocol. It answers whoever knocks with a status, appends the prompt a real unit was seen to
append (`colon`), and hangs up on who says nothing for a minute.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from simulators import escvp21
from simulators.faces import Say

NAME = b"ESC/VP.net"
IDLE = 60.0
"""Seconds without a command after which it hangs up."""
_OK, _BAD, _UNAUTHORISED, _BUSY = 0x20, 0x40, 0x41, 0x53
_FRAME, _HEADER = 16, 18


class Projector(escvp21.Projector):
    """An Epson with a network socket instead of a serial port."""

    def __init__(self, name: str, simulate: Mapping[str, Any] | None = None) -> None:
        super().__init__(name, simulate)
        self.password = str(self.simulate.get("password", ""))
        self.colon = bool(self.simulate.get("colon", True))
        self.guest: _Door | None = None

    def talk(self, say: Say) -> "_Door":  # type: ignore[override]  # a door, and behind it the same line
        """Somebody connected: they are before the door."""
        return _Door(self, say)

    def enter(self, say: Say) -> Any:
        """Behind the door."""
        return super().talk(say)


class _Door:
    """One connection, first before the door and then behind it."""

    def __init__(self, spoken_to: Projector, say: Say) -> None:
        self._projector, self._say = spoken_to, say
        self._hang_up: Callable[[], None] = lambda: None
        self._knock = b""
        self._inside: Any = None
        self._idle: asyncio.TimerHandle | None = None

    def begin(self, hang_up: Callable[[], None]) -> None:
        """It says nothing until somebody knocks."""
        self._hang_up = hang_up
        self._wait()

    def hear(self, data: bytes) -> None:
        """A knock first; ESC/VP21 after it."""
        self._wait()
        if self._inside:
            self._inside.hear(data)
            return
        self._knock += data
        if len(self._knock) >= _FRAME + _HEADER * (self._knock[15] if len(self._knock) > 15 else 0):
            self._opens()

    def _opens(self) -> None:
        status = self._judged(self._knock)
        colon = b":" if self._projector.colon and status == _OK else b""
        self._say(NAME + bytes((0x10, self._knock[11], 0, 0, status, 0)) + colon)
        self._knock = b""
        if status != _OK:
            return self._hang_up()
        self._projector.guest = self
        self._inside = self._projector.enter(self._say)

    def _judged(self, knock: bytes) -> int:
        if not knock.startswith(NAME) or knock[10] != 0x10 or knock[11] != 3:
            return _BAD
        if self._projector.password and self._shown(knock) != self._projector.password:
            return _UNAUTHORISED
        return _OK if self._projector.guest is None else _BUSY

    @staticmethod
    def _shown(knock: bytes) -> str:
        headers = [knock[at : at + _HEADER] for at in range(_FRAME, len(knock), _HEADER)]
        return next((h[2:].rstrip(b"\0").decode("ascii", "replace") for h in headers if h[0] == 1), "")

    def _wait(self) -> None:
        if self._idle:
            self._idle.cancel()
        self._idle = self._projector.later(IDLE, self._hang_up)

    def end(self) -> None:
        """Hung up."""
        if self._idle:
            self._idle.cancel()
        if self._inside:
            self._inside.end()
        if self._projector.guest is self:
            self._projector.guest = None
