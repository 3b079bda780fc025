"""Panasonic projectors over a network (NTCONTROL): bytes to messages and back, and its digest. No I/O, no clock.

Source: Panasonic PT-VX42Z manual p. 102, PT-MW630 p. 213, PT-JX200 p. 144. A line ends in CR. An answer begins with
`00` and does not say what it answers: one command has one connection to itself.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import md5

from avctl.codecs.noise import Noise

_GREETING = re.compile(r"NTCONTROL (?:0|1 ([0-9A-Za-z]{1,32}))")
_ANSWER = re.compile(r"00([ -~]*)")
_ERROR = re.compile(r"(?:00)?ERR([1-5A])")
_LONGEST = 4096  # bytes without a CR that are still waited for
_STRAY = bytes((*range(0x21), *range(0x7F, 0x100)))  # what no line begins with


@dataclass(frozen=True, slots=True)
class Greeting:
    """`NTCONTROL 1 01234567` is Greeting("01234567"), `NTCONTROL 0` (no password) is Greeting("")."""

    random: str


@dataclass(frozen=True, slots=True)
class Answer:
    """`00001` is Answer("001")."""

    said: str


@dataclass(frozen=True, slots=True)
class Error:
    """`ERR3` is Error("3"); A is a wrong password."""

    code: str


Message = Greeting | Answer | Error


class Decoder:
    """Feed it whatever arrives, in whatever pieces; take out whole messages."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Message | Noise]:
        """Yield every message completed by `data`; keep the unfinished rest, up to a limit."""
        *lines, self._rest = (self._rest + data).split(b"\r")
        for line in lines:
            yield from _messages(line.strip(b"\n\0"))
        if len(self._rest) > _LONGEST:  # no CR in sight: never a line, so let go
            lost, self._rest = self._rest, b""
            yield Noise(lost)


def encode(command: str, digest: str = "") -> bytes:
    """`encode("QPW") == b"00QPW\\r"`; a digest goes before it."""
    return f"{digest}00{command}\r".encode()


def digest(user: str, password: str, random: str) -> str:
    """What goes before a command to a projector with a password."""
    return md5(f"{user}:{password}:{random}".encode(), usedforsecurity=False).hexdigest()


def _messages(line: bytes) -> Iterator[Message | Noise]:
    clean = line.lstrip(_STRAY)
    if clean != line:
        yield Noise(line)
    if clean:
        yield _message(clean)


def _message(line: bytes) -> Message | Noise:
    text = line.decode("ascii", errors="replace").rstrip()
    if greeting := _GREETING.fullmatch(text):
        return Greeting(greeting[1] or "")
    if error := _ERROR.fullmatch(text):
        return Error(error[1])
    answer = _ANSWER.fullmatch(text)
    return Answer(answer[1]) if answer else Noise(line)
