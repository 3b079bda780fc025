"""What an X Air or MR mixer says otherwise than an X32: its meters. All else is spoken alike. No I/O, no clock.

Source: X AIR Mixer Series Remote Control Protocol (firmware 1.11 or higher), p. 2: meter values are signed 16-bit,
1/256 dB. As on an X32, the blob counts its values little-endian inside a big-endian OSC blob.
"""

import sys
from array import array
from collections.abc import Iterator

from avctl.codecs import x32
from avctl.codecs.noise import Noise
from avctl.codecs.x32 import SILENCE_DB, Message, Meters

MODELS = frozenset(("XR12", "XR16", "XR18", "X18", "MR12", "MR18"))
_METERS = b"/meters/"
_STEP = 256  # to the dB


class Decoder:
    """One datagram, one message: meters in words of 16 bits, everything else as an X32 says it."""

    def __init__(self) -> None:
        self._others = x32.Decoder()

    def feed(self, datagram: bytes) -> Iterator[Message | Noise]:
        """Yield the one message of `datagram`. Never raises."""
        if datagram.startswith(_METERS):
            yield _meters(datagram)
        else:
            yield from self._others.feed(datagram)


def meter_db(word: float) -> float | None:
    """dBFS of a meter word: 0 is full scale; the lowest a meter shows (-128 dB) is silence."""
    return max(word / _STEP, SILENCE_DB)


def _meters(datagram: bytes) -> Meters | Noise:
    """Address, `,b`, length (big-endian), count (little-endian), then so many little-endian words of 16 bits."""
    end = datagram.find(b"\0")
    start = (end + 4) & ~3
    bank = datagram[len(_METERS) : end]
    count = int.from_bytes(datagram[start + 8 : start + 12], "little")
    body = datagram[start + 12 : start + 12 + 2 * count]
    known = datagram[start : start + 4] == b",b\0\0" and bank.isdigit() and len(bank) == 1
    if not known or len(body) != 2 * count:
        return Noise(datagram)
    words = array("h", body)
    if sys.byteorder == "big":
        words.byteswap()
    return Meters(int(bank), words)
