"""Samsung MDC on the wire: bytes to answers and back. No I/O, no clock.

Source: Samsung, Multiple Display Control protocol, v13.7c 2016-02-23. A frame is AA, command, id, length, data, sum,
where the sum is the low byte of everything between AA and itself. Answers have FF in the place of the command and
begin their data with 'A' or 'N' and the command they answer.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from avctl.codecs.noise import Noise

_HEAD = 0xAA
_ANSWER = 0xFF
_ACK, _NAK = 0x41, 0x4E
_SHORTEST = 2  # 'A' or 'N', and the command


@dataclass(frozen=True, slots=True)
class Answer:
    """Display `id` says what the values of `command` are; or, not `ok`, that it will not (`values`: an error code)."""

    id: int
    command: int
    ok: bool
    values: bytes


class Decoder:
    """Feed it whatever arrives, in whatever pieces; take out whole answers."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Answer | Noise]:
        """Yield every answer completed by `data`. What begins no frame is Noise, up to the next byte that may."""
        self._rest += data
        while self._rest:
            start = self._beginning()
            if start:
                yield Noise(self._rest[:start])
                self._rest = self._rest[start:]
                continue
            frame = self._frame()
            if frame is None:
                return
            self._rest = self._rest[len(frame) :]
            yield Answer(frame[2], frame[5], frame[4] == _ACK, frame[6:-1])

    def _beginning(self) -> int:
        """Where the next frame may begin: 0 when it may be here."""
        at = 0
        while at < len(self._rest) and not _possible(self._rest[at:]):
            at = self._rest.find(_HEAD, at + 1)
            at = len(self._rest) if at < 0 else at
        return at

    def _frame(self) -> bytes | None:
        """The whole frame, or None while bytes of it are missing."""
        whole = 5 + self._rest[3] if len(self._rest) > 3 else 0
        return self._rest[:whole] if 0 < whole <= len(self._rest) else None


def encode(command: int, id: int, *values: int) -> bytes:
    """`encode(0x11, 1) == b"\\xaa\\x11\\x01\\x00\\x12"`: without values it is a question."""
    body = bytes((command, id, len(values), *values))
    return bytes((_HEAD,)) + body + bytes((sum(body) & 0xFF,))


def _possible(data: bytes) -> bool:
    """Whether `data` is a frame, or may become one."""
    shape = (_HEAD, _ANSWER)
    if any(got != wanted for got, wanted in zip(data, shape, strict=False)):
        return False
    if any(got < _SHORTEST for got in data[3:4]) or any(got not in (_ACK, _NAK) for got in data[4:5]):
        return False
    whole = 5 + data[3] if len(data) > 3 else 0
    return not 0 < whole <= len(data) or sum(data[1 : whole - 1]) & 0xFF == data[whole - 1]
