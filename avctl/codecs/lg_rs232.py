"""LG's RS-232C protocol for displays on the wire: bytes to answers and back. No I/O, no clock.

Source: LG 49SH7DB owner's manual p. 40; 47WV30 p. 67; 32SE3D p. 107. A command is `ka 01 ff` and CR: two letters, the
number of the set, data (`ff` asks); the answer is `a 01 OK01x`: the second letter, the set, OK or NG, data, `x`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from avctl.codecs.noise import Noise

_ANSWER = re.compile(rb"([a-z]) ([0-9A-Fa-f]{2,3}) (OK|NG)([ -wyz]*)")
_LONGEST = 128  # bytes without an x that are still waited for
_STRAY = bytes((*range(0x21), *range(0x7F, 0x100)))


@dataclass(frozen=True, slots=True)
class Answer:
    """`f 01 OK1e` is Answer("f", 1, True, "1e")."""

    letter: str
    id: int
    ok: bool
    data: str


class Decoder:
    """Feed it whatever arrives, in whatever pieces; take out whole answers."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Answer | Noise]:
        """Yield every answer completed by `data`; keep the unfinished rest, up to a limit."""
        *answers, self._rest = (self._rest + data).split(b"x")
        for answer in answers:
            yield from _answer(answer)
        if len(self._rest) > _LONGEST:
            lost, self._rest = self._rest, b""
            yield Noise(lost)


def encode(command: str, id: int, data: str = "ff") -> bytes:
    """`encode("ka", 1) == b"ka 01 ff\\r"`: without data it is a question."""
    return f"{command} {id:02x} {data}\r".encode("ascii")


def _answer(raw: bytes) -> Iterator[Answer | Noise]:
    clean = raw.lstrip(_STRAY)
    if found := _ANSWER.fullmatch(clean):
        if raw.strip() != clean.strip():
            yield Noise(raw)
        yield Answer(found[1].decode(), int(found[2], 16), found[3] == b"OK", found[4].decode().strip())
    else:
        yield Noise(raw + b"x")
