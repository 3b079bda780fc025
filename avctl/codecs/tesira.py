"""Biamp's Tesira Text Protocol on the wire: bytes to messages and back. No I/O, no clock.

Source: tesira-help.biamp.com, TTP Responses, TTP Subscriptions, Telnet. A command ends in LF. The answer is `+OK`,
perhaps with fields, or `-` and a reason; nothing in it says what was asked. What was subscribed to begins with
`!` and carries the token it was subscribed under. Over telnet, options are negotiated first.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from avctl.codecs.noise import Noise
from avctl.codecs.telnet import Negotiation, Sieve

_LONGEST = 8192
_OK = re.compile(r"\+OK ?(.*)")
_ERROR = re.compile(r"-([A-Z_]+) ?:?(.*)")
_PUBLISHED = re.compile(r'! "publishToken":"([^"]*)" "value":(.*)')
_VALUE = re.compile(r'"(?:value|list)":(.*)')
_STRAY = bytes((*range(0x21), *range(0x7F, 0x100)))


@dataclass(frozen=True, slots=True)
class Ok:
    """`+OK "value":-10.000000` is Ok("-10.000000"); a bare `+OK` is Ok("")."""

    value: str


@dataclass(frozen=True, slots=True)
class Error:
    """`-ERR address not found: …` is Error("ERR", "address not found: …")."""

    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class Published:
    """`! "publishToken":"fader" "value":-10.000000`."""

    token: str
    value: str


@dataclass(frozen=True, slots=True)
class Text:
    """Any other line: the welcome, our own words echoed."""

    text: str


Message = Ok | Error | Published | Text | Negotiation


class Decoder:
    """Feed it whatever arrives, in whatever pieces; take out whole messages."""

    def __init__(self) -> None:
        self._sieve = Sieve()
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Message | Noise]:
        """Yield every message completed by `data`; keep the unfinished rest, up to a limit."""
        text, refusal = self._sieve.feed(data)
        if refusal:
            yield Negotiation(refusal)
        *lines, self._rest = (self._rest + text).replace(b"\r", b"\n").split(b"\n")
        for line in lines:
            yield from _line(line)
        if len(self._rest) > _LONGEST:
            lost, self._rest = self._rest, b""
            yield Noise(lost)


def _line(line: bytes) -> Iterator[Message | Noise]:
    clean = line.lstrip(_STRAY)
    if clean.strip() != line.strip():
        yield Noise(line)
    text = clean.decode("utf-8", "replace").strip()
    if text:
        yield _message(text) if text.isprintable() else Noise(line)


def _message(text: str) -> Message:
    if found := _OK.fullmatch(text):
        value = _VALUE.fullmatch(found[1])
        return Ok(_plain(value[1] if value else found[1]))
    if found := _ERROR.fullmatch(text):
        return Error(found[1], found[2].strip())
    if found := _PUBLISHED.fullmatch(text):
        return Published(found[1], _plain(found[2]))
    return Text(text)


def _plain(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value
