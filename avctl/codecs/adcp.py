"""Sony projectors over a network (ADCP): bytes to messages and back, and its digest. No I/O, no clock.

Source: Sony, ADCP protocol manual. A line ends in CRLF. An answer is `ok`, an error word, or a JSON value, and does not
say what it answers. What is none of these is Text: the greeting (`NOKEY`, or a random number) is.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from avctl.codecs.noise import Noise

_ERROR = re.compile(r"err_[a-z0-9_]+")
_TEXT = re.compile(r"[0-9A-Za-z+/=]{4,128}")
_LONGEST = 4096  # bytes without an end that are still waited for
_STRAY = bytes((*range(0x21), *range(0x7F, 0x100)))  # what no line begins with

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]


@dataclass(frozen=True, slots=True)
class Ok:
    """`ok`: read. It says nothing about whether it was done."""


@dataclass(frozen=True, slots=True)
class Error:
    """`err_inactive` is Error("err_inactive")."""

    word: str


@dataclass(frozen=True, slots=True)
class Said:
    """`"standby"` is Said("standby"), `[{"light_src":12}]` is Said([{"light_src": 12}])."""

    value: Json


@dataclass(frozen=True, slots=True)
class Text:
    """A bare word: `NOKEY`, or the random number to answer."""

    word: str


Message = Ok | Error | Said | Text


class Decoder:
    """Feed it whatever arrives, in whatever pieces; take out whole messages."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Message | Noise]:
        """Yield every message completed by `data`; keep the unfinished rest, up to a limit."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            yield from _messages(line.strip(b"\r\0"))
        if len(self._rest) > _LONGEST:  # no end in sight: never a line, so let go
            lost, self._rest = self._rest, b""
            yield Noise(lost)


def encode(command: str) -> bytes:
    """`encode("power_status ?") == b"power_status ?\\r\\n"`."""
    return command.encode("ascii") + b"\r\n"


def digest(random: str, password: str) -> str:
    """The answer to a greeting that is a random number."""
    return sha256((random + password).encode()).hexdigest()


def _messages(line: bytes) -> Iterator[Message | Noise]:
    clean = line.lstrip(_STRAY)
    if clean != line:
        yield Noise(line)
    if clean:
        yield _message(clean)


def _message(line: bytes) -> Message | Noise:
    text = line.decode("ascii", errors="replace").rstrip()
    if text.lower() == "ok":
        return Ok()
    if _ERROR.fullmatch(text):
        return Error(text)
    if text[0] in '"[{-' or text.isdecimal():
        return _value(text, line)
    return Text(text) if _TEXT.fullmatch(text) else Noise(line)


def _value(text: str, line: bytes) -> Said | Text | Noise:
    try:
        return Said(json.loads(text))
    except (ValueError, RecursionError):
        return Noise(line)
