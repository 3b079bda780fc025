"""The little of telnet that devices insist on: option negotiation, told apart from text, and refused.

Source: RFC 854, RFC 855; Biamp, "Telnet session negotiation in Tesira": a session goes ahead when every option is
refused. No I/O, no clock.
"""

from dataclasses import dataclass

_IAC, _DONT, _DO, _WONT, _WILL, _SB, _SE = 0xFF, 0xFE, 0xFD, 0xFC, 0xFB, 0xFA, 0xF0
_REFUSAL = {_DO: _WONT, _WILL: _DONT}


@dataclass(frozen=True, slots=True)
class Negotiation:
    """What to send to refuse every option that was just offered or asked for."""

    refusal: bytes


class Sieve:
    """Feed it whatever arrives: it keeps commands cut in two until the rest has come."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        """The text in `data`, and the refusal of what was negotiated in it (b"" for nothing)."""
        data, text, refusal = self._rest + data, b"", b""
        self._rest = b""
        while (start := data.find(_IAC)) >= 0:
            text, data = text + data[:start], data[start:]
            length = _length(data)
            if length > len(data):
                self._rest, data = data, b""
                break
            refusal += _refused(data[:length])
            text, data = text + (b"\xff" if data[1] == _IAC else b""), data[length:]
        return text + data, refusal


def _length(data: bytes) -> int:
    """Bytes of the command `data` begins with, or more than there are while it is incomplete."""
    if len(data) < 2:
        return 2
    if data[1] == _SB:
        end = data.find(bytes((_IAC, _SE)))
        return end + 2 if end >= 0 else (len(data) + 1 if len(data) < 64 else 2)
    return 3 if data[1] in (_DO, _DONT, _WILL, _WONT) else 2


def _refused(command: bytes) -> bytes:
    return bytes((_IAC, _REFUSAL[command[1]], command[2])) if command[1] in _REFUSAL else b""
