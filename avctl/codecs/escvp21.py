"""Epson ESC/VP21 on the wire: bytes to messages and back. No I/O, no clock.

Source: Epson ESC/VP21 command guide. A command ends in CR; the prompt `:` ends every answer, also the empty one that
means "done". An IMEVENT comes unasked, brings its own `:`, and may stand glued before the answer.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from avctl.codecs.noise import Noise

_ANSWER = re.compile(r"([A-Z][A-Z0-9]{1,15})=([ -~]*)")
_EVENT = re.compile(r"IMEVENT=([0-9A-F]{4}) ([0-9A-F]{2}) ([0-9A-F]{8}) ([0-9A-F]{8})( [ -~]*)?")
_LONGEST = 4096  # bytes without a prompt that are still waited for
_STRAY = bytes((*range(0x21), *range(0x7F, 0x100)))  # what no line begins with


@dataclass(frozen=True, slots=True)
class Ok:
    """A lone prompt: the command was read. It says nothing about whether it was done."""


@dataclass(frozen=True, slots=True)
class Err:
    """`ERR`: not understood, or not possible now."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`LAMP=1633` is Answer("LAMP", "1633")."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class ImEvent:
    """`IMEVENT=0001 03 00000002 00000000 T1 F1`: status code, warning bits, alarm bits."""

    status: str
    warnings: int
    alarms: int


Message = Ok | Err | Answer | ImEvent


class Decoder:
    """Feed it whatever arrives, in whatever pieces; take out whole messages."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Message | Noise]:
        """Yield every message completed by `data`; keep the unfinished rest, up to a limit."""
        *answers, self._rest = (self._rest + data).split(b":")
        for answer in answers:
            yield from _messages(answer)
        if len(self._rest) > _LONGEST:  # no prompt in sight: never an answer, so let go
            lost, self._rest = self._rest, b""
            yield Noise(lost)


def encode(command: str) -> bytes:
    """`encode("PWR?") == b"PWR?\\r"`; the empty command is the cheapest question: a prompt comes back."""
    return command.encode("ascii") + b"\r"


def _messages(answer: bytes) -> Iterator[Message | Noise]:
    """What stands before one prompt: nothing (done), one line, or an event glued before a line.

    A cheap serial bridge spits stray bytes before a line: they are Noise, the line behind them is not.
    """
    lines = [line for line in answer.translate(None, b"\0\n").split(b"\r") if line.strip()]
    clean = [line.lstrip(_STRAY).strip() for line in lines]
    yield from (Noise(line) for line, rest in zip(lines, clean, strict=True) if line.strip() != rest)
    said = [line for line in clean if line]
    yield from map(_message, said) if said else (Ok(),)


def _message(line: bytes) -> Message | Noise:
    text = line.decode("ascii", errors="replace")
    if text == "ERR":
        return Err()
    if event := _EVENT.fullmatch(text):
        return ImEvent(event[2], int(event[3], 16), int(event[4], 16))
    if (answer := _ANSWER.fullmatch(text)) and answer[1] != "IMEVENT":
        return Answer(answer[1], answer[2].strip())
    return Noise(line)
