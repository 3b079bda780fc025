"""NEC and Sharp-NEC projectors on the wire: bytes to messages and back. No I/O, no clock.

Source: NEC, Projector Control Command Reference Manual BDT140013, rev. 7.1, §2. A frame is header, command, two bytes
of identity, length, data, and the low byte of the sum of all before. An answer that says yes has 2 as the high nibble
of its header, one that says no has A and two bytes of error. There is no mark where a frame begins: what does not add
up is passed over byte by byte, as Noise.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from avctl.codecs.noise import Noise

_YES, _NO = 0x20, 0xA0
_HEADERS = frozenset((*range(0x20, 0x24), *range(0xA0, 0xA4)))
_HEAD = 5  # bytes before the data


@dataclass(frozen=True, slots=True)
class Answer:
    """`23 96 … 06 00 01 50 46 00 00` is Answer(0x03, 0x96, …): which kind of command, which command, its data."""

    kind: int
    command: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Failure:
    """`A0 85 … 02 02 0D` is Failure(0x00, 0x85, "020D")."""

    kind: int
    command: int
    error: str


Message = Answer | Failure


class Decoder:
    """Feed it whatever arrives, in whatever pieces; take out whole messages. It keeps at most one frame (261 bytes)."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Message | Noise]:
        """Yield every message completed by `data`; keep the unfinished rest."""
        self._rest += data
        while (found := self._next()) is not None:
            yield found

    def _next(self) -> Message | Noise | None:
        stray = next((at for at, byte in enumerate(self._rest) if byte in _HEADERS), len(self._rest))
        if stray:
            return Noise(self._take(stray))
        if len(self._rest) < _HEAD or len(self._rest) < (whole := _HEAD + self._rest[4] + 1):
            return None
        if checksum(self._rest[: whole - 1]) != self._rest[whole - 1]:
            return Noise(self._take(1))
        return _message(self._take(whole))

    def _take(self, count: int) -> bytes:
        taken, self._rest = self._rest[:count], self._rest[count:]
        return taken


def encode(kind: int, command: int, data: bytes = b"") -> bytes:
    """`encode(0x00, 0x85, b"\\x01")` is `00 85 00 00 01 01 87`."""
    frame = bytes((kind, command, 0, 0, len(data))) + data
    return frame + bytes((checksum(frame),))


def checksum(frame: bytes) -> int:
    """The low byte of the sum."""
    return sum(frame) & 0xFF


def _message(frame: bytes) -> Message | Noise:
    kind, command, data = frame[0] & 0x0F, frame[1], frame[_HEAD:-1]
    if frame[0] & 0xF0 == _YES:
        return Answer(kind, command, data)
    return Failure(kind, command, data.hex().upper()) if len(data) == 2 else Noise(frame)
