"""Extron's Simple Instruction Set on the wire: bytes to messages and back. No I/O, no clock.

Source: Extron DXP DVI Pro and DXP HDMI Series user guide, pp. 54-60; MAV Plus manual p. 4-9; SW series p. 4-4. Replies
end in CR LF and come also for what is done at the front panel. Most commands have no end at all; those that begin with
ESC end in CR. `Password:` comes without an end. Numbers may have one to three digits.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from avctl.codecs.noise import Noise

_LONGEST = 1024  # bytes without an end of line that are still waited for
_PROMPT = b"password:"
_STRAY = bytes((*range(0x20), *range(0x7F, 0xA0), 0xFF))  # what no line begins or ends with


@dataclass(frozen=True, slots=True)
class Tie:
    """`Out3 In1 All`: output 3 shows input 1 (0: none). `output` 0 is all of them; `plane` is All, RGB, Vid or Aud."""

    output: int
    input: int
    plane: str


@dataclass(frozen=True, slots=True)
class Mute:
    """`Vmt3*1`, `Amt3*0`: picture or sound of an output muted or not. `output` 0 is all of them."""

    sound: bool
    output: int
    on: bool


@dataclass(frozen=True, slots=True)
class Preset:
    """`Rpr03`: a global preset was recalled."""

    number: int


@dataclass(frozen=True, slots=True)
class Error:
    """`E22`: not done, and why, by the number."""

    code: int


@dataclass(frozen=True, slots=True)
class Prompt:
    """`Password:`, without an end of line."""


@dataclass(frozen=True, slots=True)
class Login:
    """`Login Administrator`."""

    role: str


@dataclass(frozen=True, slots=True)
class Text:
    """Any other line: a greeting, a version, a list of signals."""

    text: str


Message = Tie | Mute | Preset | Error | Prompt | Login | Text


class Decoder:
    """Feed it whatever arrives, in whatever pieces; take out whole messages."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Message | Noise]:
        """Yield every message completed by `data`; keep the unfinished rest, up to a limit."""
        *lines, self._rest = (self._rest + data).replace(b"\r", b"\n").split(b"\n")
        for line in lines:
            if line.strip(_STRAY + b" "):
                yield from _said(line)
        if self._rest.lower().rstrip().endswith(_PROMPT):
            self._rest = b""
            yield Prompt()
        if len(self._rest) > _LONGEST:
            lost, self._rest = self._rest, b""
            yield Noise(lost)


def escaped(command: str) -> bytes:
    """`escaped("3CV") == b"\\x1b3CV\\r"`: verbose and tagged answers, please."""
    return b"\x1b" + command.encode("ascii") + b"\r"


def signals(text: str) -> tuple[bool, ...] | None:
    """Which inputs have a signal: `1 0 1`, `1,0,1`, `101` or with a tag before; None for any other text."""
    found = _SIGNALS.fullmatch(text)
    return tuple(digit == "1" for digit in found[1] if digit in "01") if found else None


_SIGNALS = re.compile(r"(?:(?:Sig|In00|Frq00|Lst)[ *]*)?([01](?:[ ,*]{0,2}[01])*)")
_N = r"(\d{1,3})"
_LINES: Mapping[re.Pattern[str], Callable[[re.Match[str]], Message]] = {
    re.compile(rf"Out{_N} ?In{_N} ?(All|RGB|Vid|Aud)"): lambda m: Tie(int(m[1]), int(m[2]), m[3]),
    re.compile(rf"In{_N} ?(All|RGB|Vid|Aud)"): lambda m: Tie(0, int(m[1]), m[2]),
    re.compile(rf"([VA])mt{_N}\*([01])"): lambda m: Mute(m[1] == "A", int(m[2]), m[3] == "1"),
    re.compile(r"([VA])mt([01])"): lambda m: Mute(m[1] == "A", 0, m[2] == "1"),
    re.compile(rf"Rpr{_N}"): lambda m: Preset(int(m[1])),
    re.compile(r"E(\d\d)"): lambda m: Error(int(m[1])),
    re.compile(r"Login (\w+)"): lambda m: Login(m[1]),
}


def _said(line: bytes) -> Iterator[Message | Noise]:
    """One line; stray bytes about it are Noise, the line between them is not."""
    clean = line.strip(_STRAY + b" ")
    if line.strip() != clean:
        yield Noise(line)
    text = clean.decode("latin-1")
    yield _message(text) if text.isprintable() else Noise(line)


def _message(text: str) -> Message:
    for pattern, made in _LINES.items():
        if found := pattern.fullmatch(text):
            return made(found)
    return Text(text)
