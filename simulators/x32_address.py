"""Every parameter of an X32 that this desk has: address, kind, and the value it leaves the factory with.

Source: P.-G. Maillot, Unofficial X32/M32 OSC Remote Protocol, v4.02: parameter tables.
"""

from collections.abc import Iterator

from simulators.desk_kind import Bits, Choice, Kind, Linear, Log, Number, Text, Value
from simulators.desk_sound import FADER, GAIN, SEND, TRIM

SWITCH = Choice(("OFF", "ON"))
PAN = Linear(-100, 100, 101, "{:+.0f}")
DESTINATIONS = (*(f"MIX{n}" for n in range(1, 17)), "L", "R", "L+R", "M/C", *(f"MTX{n}" for n in range(1, 7)))
FREQUENCY = Log(20, 20000, 121)


def _blocks(*names: str, of: int = 8) -> tuple[str, ...]:
    """`A48` with 8 is A1-8, A9-16, … A41-48."""
    pairs = [(name.rstrip("0123456789"), name) for name in names]
    ends = [(stem, int(name.removeprefix(stem))) for stem, name in pairs]
    return tuple(f"{stem}{first}-{first + of - 1}" for stem, last in ends for first in range(1, last + 1, of))


_ANY = _blocks("AN32", "A48", "B48", "CARD32")
_USER = _blocks("UIN32")
INPUT = Choice((*_ANY, *_USER))
AUX = Choice(("AUX1-4", *(f"{name}1-{n}" for name in ("AN", "A", "B", "CARD", "UIN") for n in (2, 4, 6))))
_DIGITAL = ("OUT1-8", "OUT9-16", "P161-8", "P169-16", "AUX1-6/Mon", "AuxIN1-6/TB")
OUTPUT = Choice((*_ANY, *_DIGITAL, *_blocks("UOUT48"), *_USER))
_QUARTERS = _blocks("AN32", "A48", "B48", "CARD32", "OUT16", of=4), _blocks("UOUT48", "UIN32", of=4)
_P16 = (("P161-4", "P169-12"), ("P165-8", "P1613-16"))
FOURS = tuple(
    Choice((*_QUARTERS[0][half::2], *_P16[half], "AUX/CR", "AUX/TB", *_QUARTERS[1][half::2])) for half in (0, 1)
)
"""What may feed outputs 1-4 and 9-12; what may feed 5-8 and 13-16."""


def _strip(at: str, sends: int, stereo: bool) -> Iterator[tuple[str, Kind, Value]]:
    yield from _config(at)
    yield f"{at}/grp/dca", Bits(8), 0
    yield f"{at}/grp/mute", Bits(6), 0
    yield f"{at}/mix/on", SWITCH, 1
    yield f"{at}/mix/fader", FADER, 0.0
    if stereo:
        yield f"{at}/mix/st", SWITCH, 1
    yield f"{at}/mix/pan", PAN, 0.5
    if stereo:
        yield f"{at}/mix/mono", SWITCH, 0
        yield f"{at}/mix/mlevel", SEND, 0.0
    for bus in range(1, sends + 1):
        yield f"{at}/mix/{bus:02}/on", SWITCH, 1
        yield f"{at}/mix/{bus:02}/level", SEND, 0.0


def _config(at: str) -> Iterator[tuple[str, Kind, Value]]:
    yield f"{at}/config/name", Text(12), ""
    yield f"{at}/config/icon", Number(1, 74), 1
    yield f"{at}/config/color", Number(0, 15), 0


def _channels() -> Iterator[tuple[str, Kind, Value]]:
    for n in range(1, 33):
        yield from _strip(f"/ch/{n:02}", 16, stereo=True)
        yield f"/ch/{n:02}/config/source", Number(0, 64), n
        yield f"/ch/{n:02}/preamp/trim", TRIM, 0.5
        for part in ("gate", "dyn", "eq", "insert"):
            yield f"/ch/{n:02}/{part}/on", SWITCH, 0
    for n in range(1, 9):
        yield from _strip(f"/auxin/{n:02}", 16, stereo=True)
        yield from _strip(f"/fxrtn/{n:02}", 16, stereo=True)


def _outputs() -> Iterator[tuple[str, Kind, Value]]:
    for n in range(1, 17):
        yield from _strip(f"/bus/{n:02}", 6, stereo=True)
    for n in range(1, 7):
        yield from _strip(f"/mtx/{n:02}", 0, stereo=False)
    for name in ("st", "m"):
        yield from _strip(f"/main/{name}", 6, stereo=False)
    for n in range(1, 9):
        yield f"/dca/{n}/on", SWITCH, 1
        yield f"/dca/{n}/fader", FADER, 0.75
        yield from _config(f"/dca/{n}")
    for n in range(1, 17):
        yield f"/outputs/main/{n:02}/src", Number(0, 76), n + 3
        yield f"/outputs/main/{n:02}/pos", Number(0, 8), 4


def _routing() -> Iterator[tuple[str, Kind, Value]]:
    eights = [f"{n}-{n + 7}" for n in range(1, 49, 8)]
    for page, first in (("IN", 0), ("PLAY", 16)):
        for n, block in enumerate(eights[:4]):
            yield f"/config/routing/{page}/{block}", INPUT, first + n
        yield f"/config/routing/{page}/AUX", AUX, 0
    for page, blocks in (("AES50A", eights), ("AES50B", eights), ("CARD", eights[:4])):
        for n, block in enumerate(blocks):
            yield f"/config/routing/{page}/{block}", OUTPUT, 20 + n % 4
    for n, block in enumerate(("1-4", "5-8", "9-12", "13-16")):
        yield f"/config/routing/OUT/{block}", FOURS[n % 2], 20 + n // 2
    yield "/config/routing/routswitch", Choice(("REC", "PLAY")), 0


def _desk() -> Iterator[tuple[str, Kind, Value]]:
    for n in range(1, 7):
        yield f"/config/mute/{n}", SWITCH, 0
    for n in range(1, 32, 2):
        yield f"/config/chlink/{n}-{n + 1}", SWITCH, 0
    yield "/config/osc/level", SEND, SEND.wire(-20)
    yield "/config/osc/f1", FREQUENCY, FREQUENCY.wire(1000)
    yield "/config/osc/f2", FREQUENCY, FREQUENCY.wire(10000)
    yield "/config/osc/fsel", Choice(("F1", "F2")), 0
    yield "/config/osc/type", Choice(("SINE", "PINK", "WHITE")), 0
    yield "/config/osc/dest", Choice(DESTINATIONS), 18
    for n in range(128):
        yield f"/headamp/{n:03}/gain", GAIN, GAIN.wire(30)
        yield f"/headamp/{n:03}/phantom", SWITCH, 0
    for n in range(40):
        yield f"/-ha/{n:02}/index", Number(-1, 127), n if n < 32 else -1


def _status() -> Iterator[tuple[str, Kind, Value]]:
    yield "/-stat/osc/on", SWITCH, 0
    yield "/-stat/selidx", Number(0, 71), 0
    yield "/-stat/solo", SWITCH, 0
    for n in range(1, 81):
        yield f"/-stat/solosw/{n:02}", SWITCH, 0
    yield "/-stat/talk/A", SWITCH, 0
    yield "/-stat/talk/B", SWITCH, 0
    yield "/-stat/usbmounted", SWITCH, 0
    yield "/-stat/xcardtype", Number(0, 10), 0
    yield "/-stat/tape/state", Number(0, 6), 0
    yield "/-stat/aes50/state", Bits(5), 16
    yield "/-prefs/name", Text(12), "X32"
    yield "/-prefs/show_control", Choice(("CUES", "SCENES", "SNIPPETS")), 1
    yield "/-show/prepos/current", Number(-1, 99), -1
    for n in range(100):
        at = f"/-show/showfile/scene/{n:03}"
        yield f"{at}/name", Text(32), ""
        yield f"{at}/notes", Text(64), ""
        yield f"{at}/safes", Bits(9), 0
        yield f"{at}/hasdata", SWITCH, 0


KINDS: dict[str, Kind] = {}
FACTORY: dict[str, Value] = {}
NODES: dict[str, list[str]] = {}
"""Group address to the addresses right below it, in the order `/node` writes them."""
for _tell in (_channels, _outputs, _routing, _desk, _status):
    for _at, _kind, _value in _tell():
        KINDS[_at] = _kind
        FACTORY[_at] = taken if (taken := _kind.take(_value)) is not None else _value
        NODES.setdefault(_at.rpartition("/")[0], []).append(_at)

SCENE_SCOPE = ("/ch/", "/auxin/", "/fxrtn/", "/bus/", "/mtx/", "/main/", "/dca/", "/config/mute/", "/headamp/")
"""What a scene keeps. The oscillator and the show itself are not part of one."""
