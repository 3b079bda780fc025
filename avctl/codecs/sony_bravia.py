"""Sony BRAVIA Simple IP control on the wire: bytes to frames and back. No I/O, no clock.

Source: pro-bravia.sony.net, Simple IP control, overview and data format. A frame is 24 bytes: `*S`, one letter (C
control, E enquiry, A answer, N notify), four letters of a name, sixteen of parameters, LF.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from avctl.codecs.noise import Noise

_LENGTH = 24
_FRAME = re.compile(rb"\*S([AN])([A-Z]{4})([ -~]{16})")
_LONGEST = 1024
ERROR, NOTHING = "F" * 16, "N" * 16
ASK = "#" * 16


@dataclass(frozen=True, slots=True)
class Frame:
    """`*SAPOWR0000000000000001` is Frame("POWR", "0000000000000001"); `unasked` when it is a notification."""

    name: str
    parameters: str
    unasked: bool = False


class Decoder:
    """Feed it whatever arrives, in whatever pieces; take out whole frames."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Frame | Noise]:
        """Yield every frame completed by `data`. A line of another length or form is Noise."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            frame = line.rstrip(b"\r")[1 - _LENGTH :]
            if len(frame) != len(line.rstrip(b"\r")) or not (found := _FRAME.fullmatch(frame)):
                yield Noise(line)
            if found := _FRAME.fullmatch(frame):
                yield Frame(found[2].decode(), found[3].decode(), found[1] == b"N")
        if len(self._rest) > _LONGEST:
            lost, self._rest = self._rest, b""
            yield Noise(lost)


def control(name: str, parameters: str) -> bytes:
    """`control("POWR", "1")` is `*SCPOWR0000000000000001` and LF."""
    return f"*SC{name}{parameters:0>16}\n".encode("ascii")


def enquiry(name: str, parameters: str = "") -> bytes:
    """`enquiry("POWR")` is `*SEPOWR################` and LF."""
    return f"*SE{name}{parameters:#<16}\n".encode("ascii")
