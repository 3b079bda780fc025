"""What an X32 or M32 means by its OSC messages: fader law, steps, meters, text nodes, words. No I/O, no clock.

Source: P.-G. Maillot, Unofficial X32/M32 OSC Remote Protocol v4.02: fader law and steps in the chapter on fader
levels, meter blobs in the chapter on meters, text nodes in the chapter on /node. A desk keeps a number as the nearest
of its steps, so what is read back is compared by half a step, never by equality.
"""

import math
import sys
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from avctl.codecs import osc
from avctl.codecs.noise import Noise

FADER_STEPS = 1024
LEVEL_STEPS = 161
FREQUENCY_STEPS = 121
GAIN_STEPS = 145
SILENCE_DB = -120.0
"""Minus infinity, by the house's convention."""

MODELS = frozenset(("X32", "X32RACK", "X32C", "X32P", "X32CORE", "M32", "M32C", "M32R"))
DESTINATIONS = (
    *(f"bus.{n:02}" for n in range(1, 17)),
    "main.left",
    "main.right",
    "main",
    "mono",
    *(f"matrix.{n}" for n in range(1, 7)),
)
"""Where the oscillator can go, in the order of `/config/osc/dest`."""

_METERS = b"/meters/"
_FLOAT_BANKS = range(15)  # 15 and 16 hold 16-bit words of another scale
_LOUDEST = 8.0  # +18 dBFS, the headroom of a meter
_FAINTEST = 1e-6


@dataclass(frozen=True, slots=True)
class Meters:
    """One blob of `/meters/<bank>`: what stands in it; on an X32 linear levels, 1.0 is 0 dBFS."""

    bank: int
    levels: Sequence[float]


@dataclass(frozen=True, slots=True)
class Node:
    """One line of text: `/ch/01/mix ON -2.1 ON +0 OFF -oo` is Node("ch/01/mix", ("ON", "-2.1", …))."""

    path: str
    words: tuple[str, ...]


Message = osc.Message | Meters | Node


class Decoder:
    """One datagram, one message. Meters come twenty times a second and go by their own short way."""

    def feed(self, datagram: bytes) -> Iterator[Message | Noise]:
        """Yield the one message of `datagram`. Never raises."""
        if datagram.startswith(_METERS):
            yield _meters(datagram)
            return
        match osc.decode(datagram):
            case osc.Message("node" | "/node", (str() as line, *_)) as whole:
                yield node(line) or Noise(repr(whole).encode())
            case osc.Message(_, args) if not all(math.isfinite(a) for a in args if isinstance(a, float)):
                yield Noise(datagram)  # no parameter of a desk is "not a number"
            case other:
                yield other


def fader_db(position: float) -> float:
    """The level a fader stands for: 0.75 is 0 dB, 0 is minus infinity (-120 by convention)."""
    if position <= 0:
        return SILENCE_DB
    if position < 0.0625:
        return 480 * position - 90
    if position < 0.25:
        return 160 * position - 70
    if position < 0.5:
        return 80 * position - 50
    return 40 * min(position, 1.0) - 30


def fader_position(db: float, steps: int = FADER_STEPS) -> float:
    """The step nearest to a level, as the desk keeps it; beyond +10 dB the fader is at its end."""
    return snapped(_exact_position(db), steps)


def frequency(position: float) -> float:
    """20 Hz to 20 kHz, logarithmic."""
    return float(20 * 1000 ** min(max(position, 0.0), 1.0))


def frequency_position(hertz: float) -> float:
    """The step nearest to a frequency: 121 of them from 20 Hz to 20 kHz."""
    return snapped(math.log(max(hertz, 20.0) / 20) / math.log(1000), FREQUENCY_STEPS)


def linear(position: float, low: float, high: float) -> float:
    """What 0…1 stands for between `low` and `high`."""
    return low + min(max(position, 0.0), 1.0) * (high - low)


def linear_position(real: float, low: float, high: float, steps: int) -> float:
    """The step nearest to `real` between `low` and `high`."""
    return snapped((real - low) / (high - low), steps)


def snapped(position: float, steps: int) -> float:
    """The nearest of `steps` equal steps between 0 and 1: a desk knows nothing else."""
    last = steps - 1
    return round(min(max(position, 0.0), 1.0) * last) / last


def meter_db(level: float) -> float | None:
    """dBFS of a linear level: 1.0 is 0, nothing is -120. None for a level that is not a number."""
    if math.isnan(level):
        return None
    return 20 * math.log10(min(level, _LOUDEST)) if level > _FAINTEST else SILENCE_DB


def node(line: str) -> Node | None:
    """Read a line of text up to its newline (or the NUL that firmware 4.06 puts there); None when it is not one.

    The number of words grows with the firmware: take what is known, leave the rest.
    """
    path, _, rest = line.partition("\n")[0].partition("\0")[0].strip().partition(" ")
    if len(path) < 2 or not path.startswith("/"):
        return None
    return Node(path[1:], tuple(_words(rest)))


def node_db(word: str) -> float | None:
    """A level in a text node: `-2.1`, `+0.0`, `-oo`. None when it is none."""
    if word == "-oo":
        return SILENCE_DB
    try:
        db = float(word)
    except ValueError:
        return None
    return db if math.isfinite(db) else None


def _exact_position(db: float) -> float:
    if db <= -90:
        return 0.0
    if db < -60:
        return (db + 90) / 480
    if db < -30:
        return (db + 70) / 160
    if db < -10:
        return (db + 50) / 80
    return min((db + 30) / 40, 1.0)


def _words(text: str) -> Iterator[str]:
    """Words between blanks; a quoted one may hold blanks, and comes without its quotes."""
    for number, part in enumerate(text.split('"')):
        if number % 2:
            yield part
        else:
            yield from part.split()


def _meters(datagram: bytes) -> Meters | Noise:
    """Address, `,b`, length (big-endian), count (little-endian!), then so many little-endian floats."""
    end = datagram.find(b"\0")
    start = (end + 4) & ~3
    bank = datagram[len(_METERS) : end]
    count = int.from_bytes(datagram[start + 8 : start + 12], "little")
    body = datagram[start + 12 : start + 12 + 4 * count]
    if datagram[start : start + 4] != b",b\0\0" or len(body) != 4 * count or not bank.isdigit() or len(bank) > 2:
        return Noise(datagram)
    if int(bank) not in _FLOAT_BANKS:
        return Noise(datagram)
    levels = array("f", body)
    if sys.byteorder == "big":
        levels.byteswap()
    return Meters(int(bank), levels)
