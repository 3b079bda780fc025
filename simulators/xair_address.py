"""Every parameter of an X Air that this mixer has: address, kind, the value it leaves the factory with; by model.

Source: X AIR Mixer Series Remote Control Protocol, firmware 1.11, and the table of commands beside it. One digit for
buses, returns and groups, two for channels, head amplifiers and sends. Sends 7 to 10 go to the effects. No oscillator.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from simulators.desk_kind import Bits, Choice, Kind, Linear, Number, Text, Value
from simulators.desk_sound import FADER, GAIN, SEND

SWITCH = Choice(("OFF", "ON"))
PAN = Linear(-100, 100, 101, "{:+.0f}")
_RTN_TRIM = Linear(-18, 18, 145, "{:+.1f}")
Told = Iterator[tuple[str, Kind, Value]]
SNAPSHOTS = range(1, 65)


@dataclass(frozen=True)
class Size:
    """How many of each a model has."""

    channels: int
    buses: int
    headamps: int


SIZES = {
    "XR18": Size(16, 6, 16),
    "MR18": Size(16, 6, 16),
    "X18": Size(16, 6, 16),
    "XR16": Size(16, 4, 8),
    "XR12": Size(12, 2, 4),
    "MR12": Size(12, 2, 4),
}


@dataclass(frozen=True)
class Table:
    """All addresses of a model."""

    kinds: dict[str, Kind]
    factory: dict[str, Value]


@cache
def table(model: str) -> Table:
    """Worked out once. Raises KeyError for a model that is none."""
    told = list(_everything(SIZES[model]))
    taken = {at: (kind.take(value), value) for at, kind, value in told}
    return Table({at: kind for at, kind, _ in told}, {at: v if t is None else t for at, (t, v) in taken.items()})


def _everything(size: Size) -> Told:
    for n in range(1, size.channels + 1):
        yield from _input(f"/ch/{n:02}", size)
        yield f"/ch/{n:02}/config/insrc", Number(0, 16), n
    for at in ("/rtn/aux", *(f"/rtn/{n}" for n in range(1, 5))):
        yield from _input(at, size)
    for at in (f"/bus/{n}" for n in range(1, size.buses + 1)):
        yield from _strip(at)
        yield f"{at}/mix/lr", SWITCH, 0
    for n in range(1, 5):
        yield from _strip(f"/fxsend/{n}")
    yield from _strip("/lr")
    yield from _groups(size)
    yield from _routing(size)
    yield from _rest(size)


def _input(at: str, size: Size) -> Told:
    yield from _strip(at)
    yield f"{at}/mix/lr", SWITCH, 1
    yield f"{at}/preamp/rtntrim", _RTN_TRIM, 0.5
    yield f"{at}/preamp/rtnsw", SWITCH, 0
    for n in (*range(1, size.buses + 1), 7, 8, 9, 10):
        yield f"{at}/mix/{n:02}/level", SEND, 0.0
        yield f"{at}/mix/{n:02}/grpon", SWITCH, 0


def _strip(at: str) -> Told:
    yield f"{at}/config/name", Text(12), ""
    yield f"{at}/config/color", Number(0, 15), 0
    yield f"{at}/grp/dca", Bits(4), 0
    yield f"{at}/grp/mute", Bits(4), 0
    yield f"{at}/mix/on", SWITCH, 1
    yield f"{at}/mix/fader", FADER, 0.0
    yield f"{at}/mix/pan", PAN, 0.5


def _groups(size: Size) -> Told:
    for n in range(1, 5):
        yield f"/dca/{n}/on", SWITCH, 1
        yield f"/dca/{n}/fader", FADER, 0.75
        yield f"/dca/{n}/config/name", Text(12), ""
        yield f"/dca/{n}/config/color", Number(0, 15), 0
        yield f"/config/mute/{n}", SWITCH, 0
    for n in range(1, size.channels, 2):
        yield f"/config/chlink/{n}-{n + 1}", SWITCH, 0
    for n in range(1, size.headamps + 1):
        yield f"/headamp/{n:02}/gain", GAIN, GAIN.wire(30)
        yield f"/headamp/{n:02}/phantom", SWITCH, 0


def _routing(size: Size) -> Told:
    for n in range(1, size.buses + 1):
        yield f"/routing/aux/{n:02}/src", Number(0, 55), 25 + n  # its own bus
        yield f"/routing/aux/{n:02}/pos", Number(0, 10), 10
    yield "/routing/main/01/src", Number(0, 10), 0
    yield "/routing/main/02/src", Number(0, 10), 1


def _rest(size: Size) -> Told:
    yield "/-prefs/name", Text(32), "XR18"
    yield "/-stat/solo", SWITCH, 0
    yield "/-stat/usbmounted", SWITCH, 0
    yield "/-stat/tape/state", Number(0, 6), 0
    yield "/-snap/index", Number(0, 64), 0
    yield "/-snap/name", Text(31), ""
    for n in SNAPSHOTS:
        yield f"/-snap/{n:02}/name", Text(31), ""
        yield f"/-snap/{n:02}/scope", Text(59), "+" * 59


SCOPE = ("/ch/", "/rtn/", "/bus/", "/fxsend/", "/lr/", "/dca/", "/config/mute/", "/headamp/", "/routing/")
"""What a snapshot of full scope keeps."""
