"""Poly (Polycom) command line on the wire: bytes to messages and back. No I/O, no clock.

Source: Polycom RealPresence Group Series integrator's reference manual: callinfo p. 85, listen p. 146, mute p. 151,
dial p. 187, notify p. 298. Lines of words; a prompt `-> ` may stand before one; `Password:` comes without an end.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from avctl.codecs.noise import Noise

_LONGEST = 2048
_PROMPT = re.compile(rb"(login|username|password):\s*$", re.IGNORECASE)
_CALL = re.compile(r"callinfo:(\d+):(.*):([^:]*):(\d*):(\w+):(muted|notmuted):(\w+):(\w+)")
_CALL_STATUS = re.compile(r"notification:callstatus:(\w+):(\d+):(.*):([^:]*):(\w+):(\d*):(\d*):(\w+)")
_MUTE_STATUS = re.compile(r"notification:mutestatus:near:.*:(muted|notmuted)")
_STRAY = bytes((*range(0x21), *range(0x7F, 0x100)))


@dataclass(frozen=True, slots=True)
class Call:
    """One line about a call: `unasked` when it is a notification. `state` is opened, connecting, connected, …"""

    id: int
    number: str
    state: str
    unasked: bool = False


@dataclass(frozen=True, slots=True)
class Muted:
    """`notification:mutestatus:near:…:muted`."""

    on: bool


@dataclass(frozen=True, slots=True)
class Line:
    """Any other line: `mute near off`, `callinfo begin`, `error: …`, `info: …`."""

    text: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """`Password:` or `login:`, without an end of line."""

    word: str


Message = Call | Muted | Line | Prompt


class Decoder:
    """Feed it whatever arrives, in whatever pieces; take out whole messages."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Message | Noise]:
        """Yield every message completed by `data`; keep the unfinished rest, up to a limit."""
        *lines, self._rest = (self._rest + data).replace(b"\r", b"\n").split(b"\n")
        for line in lines:
            yield from _line(line)
        if found := _PROMPT.search(self._rest):
            self._rest = b""
            yield Prompt(found[1].decode().lower())
        if len(self._rest) > _LONGEST:
            lost, self._rest = self._rest, b""
            yield Noise(lost)


def _line(line: bytes) -> Iterator[Message | Noise]:
    clean = line.lstrip(_STRAY)
    if clean.strip() != line.strip():
        yield Noise(line)
    text = clean.decode("utf-8", "replace").strip().removeprefix("->").strip()
    if text:
        yield _message(text) if text.isprintable() else Noise(line)


def _message(text: str) -> Message:
    if found := _CALL.fullmatch(text):
        return Call(int(found[1]), found[3], found[5])
    if found := _CALL_STATUS.fullmatch(text):
        return Call(int(found[2]), found[4], found[5], unasked=True)
    if found := _MUTE_STATUS.fullmatch(text):
        return Muted(found[1] == "muted")
    return Line(text)
