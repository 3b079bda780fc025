"""Shure command strings on the wire: bytes to messages and back. No I/O, no clock.

Source: Shure command strings (pubs.shure.com/command-strings: SBC220-240, SBC840, SBRC, ULXD). Everything stands
between `<` and `>`; there is no end of line. A text stands in braces, padded with blanks, and may itself hold `<` and
`>` (the manual allows both in a DEVICE_ID), so a frame ends at the first `>` outside braces.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from avctl.codecs.noise import Noise

_FRAME = re.compile(rb"([^<]*+)<((?:[^<>{]|\{[^}]*+\})*+)([<>])")  # a second `<` begins anew: the first had no end
_REPORT = re.compile(r"REP (?:(\d{1,2}) )?([A-Z][A-Z0-9_]*)((?: \{.*\}| [!-~]+)+)", re.DOTALL)
_SAMPLE = re.compile(r"SAMPLE (\d{1,2}) ALL((?: [!-~]+)+)")
_LONGEST = 4096  # bytes without an end that are still waited for
_STRAY = b" \t\r\n\0"
_NO_FIGURE = 65500  # from here on 16-bit figures are markers: full, not charging, calculating, unknown, by family
_NO_SHARE = 100  # above it 8-bit shares are markers: 253 and 254 error, 255 unknown


@dataclass(frozen=True, slots=True)
class Report:
    """`< REP 1 BATT_CHARGE 098 >` is Report("1", "BATT_CHARGE", "098"); a value of the device has the index ""."""

    index: str
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Sample:
    """`< SAMPLE 1 ALL AX 087 023 >` is Sample("1", ("AX", "087", "023"))."""

    index: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """`< REP ERR >`: something was not understood, or out of range. It does not say what."""


Message = Report | Sample | Refusal


class Decoder:
    """Feed it whatever arrives, in whatever pieces; take out whole messages."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Message | Noise]:
        """Yield every message completed by `data`; keep the unfinished rest, up to a limit."""
        self._rest += data
        while found := _FRAME.match(self._rest):
            before, inside, end = found.groups()
            self._rest = self._rest[found.end() - (end == b"<") :]
            if before.strip(_STRAY):
                yield Noise(before)
            yield _message(inside) if end == b">" else Noise(b"<" + inside)
        if b"<" not in self._rest or len(self._rest) > _LONGEST:  # no beginning, or no end in sight
            lost, self._rest = self._rest, b""
            if lost.strip(_STRAY):
                yield Noise(lost)


def get(name: str, index: int | str = "") -> bytes:
    """`get("BATT_CHARGE", 1) == b"< GET 1 BATT_CHARGE >"`; index 0 means all."""
    return _frame("GET", index, name)


def put(name: str, value: str, index: int | str = "") -> bytes:
    """`put("AUDIO_MUTE", "ON", 2) == b"< SET 2 AUDIO_MUTE ON >"`."""
    return _frame("SET", index, name, value)


def share(text: str) -> int | None:
    """Per cent in three digits; None for what is a marker (253 to 255) or no figure."""
    value = _digits(text)
    return value if value is not None and value <= _NO_SHARE else None


def figure(text: str) -> int | None:
    """Minutes or cycles in five digits; None for what is a marker (65500 and more) or no figure."""
    value = _digits(text)
    return value if value is not None and value < _NO_FIGURE else None


def small(text: str) -> int | None:
    """A figure in three digits, with 253 to 255 as markers: bars, gain, raw temperature."""
    value = _digits(text)
    return value if value is not None and value < 253 else None


def _digits(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else None


def _frame(*words: int | str) -> bytes:
    return f"< {' '.join(str(word) for word in words if word != '')} >".encode("ascii")


def _message(inside: bytes) -> Message | Noise:
    text = inside.decode("ascii", errors="replace").strip(" \t\r\n\0")
    if text == "REP ERR":
        return Refusal()
    if report := _REPORT.fullmatch(text):
        return Report(report[1] or "", report[2], _plain(report[3]))
    if sample := _SAMPLE.fullmatch(text):
        return Sample(sample[1], tuple(sample[2].split()))
    return Noise(b"<" + inside + b">")


def _plain(value: str) -> str:
    """A value without the braces and the padding around a text."""
    value = value.strip()
    return value[1:-1].strip() if value.startswith("{") and value.endswith("}") else value
