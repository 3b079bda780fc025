"""PJLink class 1 and 2 on the wire: bytes to messages and back, and the digests of its log-in. No I/O, no clock.

Source: JBMIA, PJLink specification 1.04, 2.00 and 2.10, §2 and §5. A line ends in CR, and nothing else. Liberal in
case, strict in shape: what does not fit comes back as Noise. Notifications over UDP have the shape of a reply.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import md5, sha256

from avctl.codecs.noise import Noise

_REPLY = re.compile(r"%([12])([A-Z][A-Z0-9]{3})=(.*)", re.IGNORECASE)
_GREETING = re.compile(r"PJLINK ([012])(?: ([0-9A-Z]{1,64}))?", re.IGNORECASE)
_LONGEST = 4096  # bytes without a CR that are still waited for; a line has 136 (§2.1)
_STRAY = bytes((*range(0x25), *range(0x7F, 0x100)))  # what no line begins with


@dataclass(frozen=True, slots=True)
class Greeting:
    """What the projector says first: `PJLINK 0` (open), `PJLINK 1 498e4a67` (MD5), `PJLINK 2 …` (SHA-256)."""

    level: str
    random: str = ""


@dataclass(frozen=True, slots=True)
class Denied:
    """`PJLINK ERRA`: the password is wrong, or is wanted again."""


@dataclass(frozen=True, slots=True)
class Reply:
    """`%1LAMP=1234 1` is Reply("1", "LAMP", "1234 1")."""

    level: str
    command: str
    body: str


Message = Greeting | Denied | Reply


class Decoder:
    """Feed it whatever arrives, in whatever pieces; take out whole messages."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Message | Noise]:
        """Yield every message completed by `data`; keep the unfinished rest, up to the longest line there is."""
        *lines, self._rest = (self._rest + data).split(b"\r")
        for line in lines:
            yield from _messages(line)
        if len(self._rest) > _LONGEST:  # no CR in sight: never a line, so let go
            lost, self._rest = self._rest, b""
            yield Noise(lost)


def encode(command: str, body: str, level: str = "1") -> bytes:
    """One request line: `encode("ERST", "?") == b"%1ERST ?\\r"` (§2.1)."""
    return f"%{level}{command} {body}\r".encode()


def digest(random: str, password: str) -> str:
    """What goes before the first command of a connection that greeted with `PJLINK 1` (§5.2)."""
    return md5((random + password).encode(), usedforsecurity=False).hexdigest()


def digest_2(random: str, own: str, password: str) -> str:
    """The same for level 2: our own random number (32 hex digits), and the digest (2.10, §5.3)."""
    both = int(random, 16) ^ int(own, 16)
    return own + sha256((f"{both:032x}" + password).encode()).hexdigest()


def _messages(line: bytes) -> Iterator[Message | Noise]:
    """A cheap serial bridge spits stray bytes before a line: they are Noise, the line behind them is not."""
    clean = line.strip(b"\n\0").lstrip(_STRAY)
    if clean != line.strip(b"\n\0"):
        yield Noise(line)
    if clean:
        yield _message(clean)


def _message(line: bytes) -> Message | Noise:
    text = line.decode(errors="replace")
    if text.upper() == "PJLINK ERRA":
        return Denied()
    if greeting := _GREETING.fullmatch(text):
        return Greeting(greeting[1], greeting[2] or "")
    reply = _REPLY.fullmatch(text)
    if reply and text.isprintable() and "\ufffd" not in text:
        return Reply(reply[1], reply[2].upper(), reply[3])
    return Noise(line)
