"""What stands where in the meter blobs of an X32, and the points that show it.

Source: P.-G. Maillot, Unofficial X32/M32 OSC Remote Protocol v4.02, chapter on meters. Banks 1 and 2 are watched all
the time, the others read now and then. Banks 0, 5, 6 and 13 repeat what these say; 7 to 10 and 14 are the inside of
effects, 15 is a spectrum, 16 the gains of bank 1 once more.
"""

from collections.abc import Iterator

from avctl.drivers.desk_meter import Banks, Needle, row
from avctl.drivers.desk_parameter import Describe
from avctl.model.point import Point

WATCHED = (1, 2)
VISITED = (3, 4, 11, 12)
_describe = Describe("Unofficial X32/M32 OSC Remote Protocol v4.02, chapter on meters")
_DOCS = {"gate": "What the gate takes away.", "compression": "What the compressor takes away."}


def banks(channels: int) -> Banks:
    """The needles of every bank that is read."""
    numbers = [f"channel.{n:02}" for n in range(1, channels + 1)]
    main = (Needle("main.left.level", 22), Needle("main.right.level", 23), Needle("main.level", 22, 2))
    return {
        1: (
            *row([f"{part}.level" for part in numbers], 0),
            *row([f"{part}.gate" for part in numbers], 32, lazy=True),
            *row([f"{part}.compression" for part in numbers], 64, lazy=True),
        ),
        2: (
            *row([f"bus.{n:02}.level" for n in range(1, 17)], 0),
            *row([f"matrix.{n}.level" for n in range(1, 7)], 16),
            *main,
            Needle("mono.level", 24),
        ),
        3: (
            *row([f"aux-out.{n}.level" for n in range(1, 7)], 0),
            *row([f"aux-in.{n}.level" for n in range(1, 9)], 6),
        ),
        4: row([f"output.{n:02}.level" for n in range(1, 17)], 40),
        11: (Needle("monitor.level", 0, 2), Needle("talkback.level", 2), Needle("oscillator.signal", 4)),
        12: (Needle("recorder.in.level", 0, 2), Needle("recorder.out.level", 2, 2)),
    }


def levels(channels: int) -> Iterator[Point]:
    """One point per needle: before the fader for channels, after it for buses, matrices and main."""
    for needles in banks(channels).values():
        for needle in needles:
            quality = needle.point.rpartition(".")[2]
            if quality in _DOCS:
                yield _describe.reduction(needle.point, _DOCS[quality])
            else:
                yield _describe.level(needle.point, "Signal level.")
