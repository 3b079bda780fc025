"""Lines of text on the wire: bytes to lines and back. No I/O, no clock, no meaning.

A line ends as its device's manual says. What manuals do not say happens all the same: CRLF for CR, a NUL or a blank
at either end. So the neighbours of the end are stripped, empty lines are dropped, and what is no text is Noise.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from avctl.codecs.noise import Noise

_STRAY = " \t\r\n\0"


@dataclass(frozen=True, slots=True)
class Line:
    """One line, without its end and the blanks around it."""

    text: str


class Decoder:
    """Feed it whatever arrives, in whatever pieces; take out whole lines."""

    def __init__(self, end: str = "\r", longest: int = 1024) -> None:
        self._end, self._longest = end.encode(), longest
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Line | Noise]:
        """Every line completed by `data`; the unfinished rest is kept, unless it is longer than any line."""
        *lines, self._rest = (self._rest + data).split(self._end)
        for raw in lines:
            if (line := _line(raw)) is not None:
                yield line
        if len(self._rest) > self._longest:
            yield Noise(self._rest)
            self._rest = b""


def encode(text: str, end: str = "\r") -> bytes:
    """`encode("LAMP?") == b"LAMP?\\r"`."""
    return f"{text}{end}".encode()


def _line(raw: bytes) -> Line | Noise | None:
    try:
        text = raw.decode().strip(_STRAY)
    except UnicodeDecodeError:
        return Noise(raw)
    if not text:
        return None
    return Line(text) if text.isprintable() else Noise(raw)
