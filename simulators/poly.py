"""A Poly video terminal that is not there. Speaks its command line over TCP or a serial line.

Source: Polycom RealPresence Group Series integrator's reference manual, pp. 85, 146, 151, 187, 298.

1. It may want a password. 2. Registrations survive the session: they are the terminal's, not the caller's. 3. Commands
closer than 200 ms are lost now and then: here always the second (`simulate: {hasty: true}`).
"""

import re
from collections.abc import Mapping
from typing import Any

from simulators.talker import Talk
from simulators.terminal import CONNECTED, DIALLING, IDLE, RINGING, Terminal

_CALL = {DIALLING: "connecting", RINGING: "ringing", CONNECTED: "connected", IDLE: "disconnected"}
_APART = 0.19


class Group(Terminal):
    """How it speaks."""

    stem = "poly"

    def __init__(self, name: str, simulate: Mapping[str, Any] | None = None) -> None:
        self.registered_for: set[str] = set()
        self._last = -1.0
        super().__init__(name, simulate)

    def cut(self, data: bytes) -> tuple[list[bytes], bytes]:
        """Lines, ended by CR, LF or both."""
        *lines, rest = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        return lines, rest

    def greet(self, talk: Talk) -> bytes:
        """Who are you?"""
        return b"\r\nPassword: " if self.password else b"Hi, my name is : Room 301\r\n"

    def answer(self, request: bytes, talk: Talk) -> bytes:
        """One line to one or more."""
        line = request.decode("utf-8", "replace").strip()
        if self.password and not talk.memory.get("in"):
            talk.memory["in"] = line == self.password
            return b"\r\nHi, my name is : Room 301\r\n" if talk.memory["in"] else b"\r\nPassword: "
        hasty, self._last = self.now - self._last < _APART, self.now
        if not line or (hasty and self.simulate.get("hasty")):
            return b""
        return (self._said(line) + "\r\n").encode()

    def _said(self, line: str) -> str:
        match line.split():
            case ["notify", event] if event in ("callstatus", "mutestatus"):
                known = event in self.registered_for
                self.registered_for.add(event)
                return f"info: event/notification already active:{event}" if known else f"notify {event} success"
            case ["listen", "sleep"]:
                self.registered_for.add("sleep")
                return "listen sleep registered"
            case ["callinfo", "all"]:
                return self._calls()
            case ["mute", "near", "get"]:
                return f"mute near {'on' if self.muted else 'off'}"
            case ["volume", "get"]:
                return f"volume {self.volume}"
            case ["status"]:
                return "\r\n".join(("inacall offline", f"sipserver {'online' if self.registered else 'offline'}"))
            case ["serialnum"]:
                return f"serialnum {self.serial}"
        return self._told(line)

    def _calls(self) -> str:
        if self.call == IDLE:
            return "system is not in a call"
        way = "outgoing" if self.outgoing else "incoming"
        muted = "muted" if self.muted else "notmuted"
        line = f"callinfo:{self.calls}:Far End:{self.number}:384:{_CALL[self.call]}:{muted}:{way}:videocall"
        return f"callinfo begin\r\n{line}\r\ncallinfo end"

    def _told(self, line: str) -> str:
        if self.refusing:
            return "error: command not possible now"
        if found := re.fullmatch(r'dial manual (\d+) "([^"]*)"( \w+)?', line):
            if not self.lying and not self.dial(found[2]):
                return "info: IP line (SIP) not enabled."
            return "dialing manual"
        if found := re.fullmatch(r"mute near (on|off)", line):
            if not self.lying:
                self.mute(found[1] == "on")
            return line
        if found := re.fullmatch(r"volume set (\d+)", line):
            if not self.lying:
                self.turn(int(found[1]))
            return f"volume {found[1]}"
        if line in ("sleep", "wake", "hangup all"):
            if not self.lying:
                self.hang_up() if line == "hangup all" else self.sleep(line == "sleep")
            return "hanging up all" if line == "hangup all" else line
        return "error: command not found"

    def changed(self, what: str) -> None:
        """Tell what was registered for."""
        way = "outgoing" if self.outgoing else "incoming"
        told = {
            "call": ("callstatus", f"notification:callstatus:{way}:{self.calls}:Far End:{self.number}:"
                     f"{_CALL[self.call]}:384:0:videocall"),
            "mute": ("mutestatus", f"notification:mutestatus:near:near:near:near:{'' if self.muted else 'not'}muted"),
            "standby": ("sleep", "listen going to sleep" if self.asleep else "listen waking up"),
        }  # fmt: skip
        if what in told and told[what][0] in self.registered_for:
            self.tell(f"{told[what][1]}\r\n".encode())
