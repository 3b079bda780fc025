"""Where an X Air or MR mixer keeps what: points and OSC addresses. It has no oscillator, and no text nodes are used.

Source: X AIR Mixer Series Remote Control Protocol (firmware 1.11 or higher), its Parameters.txt, and xair-api for the
sizes of the models. Channels and head amplifiers have two digits, buses one. What no source settles: the range of
the gain (Parameters.txt has it end at +20 dB, which fits the line inputs; xair-api at +60), hence an option; and how
`/ch/NN/config/insrc` numbers inputs, hence head amplifier NN is taken to feed channel NN, as it does from the factory.

`WRITABLE` is all that is ever written: not `/-snap/save`, `/-snap/delete`, `/-action/…` or `/-prefs/…`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from avctl.drivers import desk_parameter as kind
from avctl.drivers.desk_meter import Banks, Needle, row
from avctl.drivers.desk_parameter import SWITCH, Parameter
from avctl.model.point import Point

WRITABLE = re.compile(
    r"/(ch/\d\d|bus/\d|rtn/aux)/mix/(on|fader|lr)"
    r"|/lr/mix/(on|fader)"
    r"|/dca/\d/(on|fader)"
    r"|/config/mute/\d"
    r"|/headamp/\d\d/(gain|phantom)"
    r"|/-snap/load"
)
WATCHED = (1,)
VISITED = (5, 6, 9)
LOW_GAIN = -12.0  # dB
AUX_SOURCES = (
    *(f"channel.{n:02}" for n in range(1, 17)),
    *(f"aux-in.1.{side}" for side in ("left", "right")),
    *(f"fx.{n}.{side}" for n in range(1, 5) for side in ("left", "right")),
    *(f"bus.{n:02}" for n in range(1, 7)),
    *(f"fx-send.{n}" for n in range(1, 5)),
    "main.left",
    "main.right",
    *(f"usb.{n:02}" for n in range(1, 19)),
)
"""What may feed an auxiliary output, by its number."""
MAIN_SOURCES = ("main", "monitor", *(f"usb.{n:02}-{n + 1:02}" for n in range(1, 18, 2)))
"""What may feed the main outputs, and the phones."""
_describe = kind.Describe("X AIR Mixer Series Remote Control Protocol, firmware 1.11")


@dataclass(frozen=True, slots=True)
class Size:
    """How many of each a model has."""

    channels: int
    buses: int
    amplifiers: int


SIZES = {
    "XR18": Size(16, 6, 16),
    "MR18": Size(16, 6, 16),
    "X18": Size(16, 6, 16),
    "XR16": Size(16, 4, 8),
    "XR12": Size(12, 2, 4),
    "MR12": Size(12, 2, 4),
}


def parameters(size: Size, high_gain: float) -> Iterator[Parameter]:
    """Everything there is."""
    for part, path, named in _strips(size):
        yield kind.mute(kind.mute_point(_describe, part), f"{path}/mix/on")
        yield kind.fader(kind.fader_point(_describe, part), f"{path}/mix/fader")
        yield kind.text(_describe(f"{part}.name", "What the desk calls it."), f"{path}/config/name")
        if named:
            point = _describe(f"{part}.to-main", "Whether it goes to the main mix.", words=SWITCH, writable=True)
            yield kind.switch(point, f"{path}/mix/lr")
    yield from _groups()
    yield from _amplifiers(size, high_gain)
    yield from _outputs(size)
    scene = _describe("scene", "Snapshot loaded last, 0 for none.", low=0, high=64, writable=True)
    yield kind.number(scene, "/-snap/index")
    yield kind.text(_describe("scene.name", "The name of the snapshot loaded last."), "/-snap/name")


def said() -> Iterator[Point]:
    """What the mixer says about itself and cannot be told."""
    yield _describe("status", "Whether the mixer is at work.", words=("active", "standby"))
    yield _describe("identity.name", "The name the mixer was given.")
    yield _describe("identity.model", "Its model.")
    yield _describe("identity.firmware", "Its firmware.")


def banks(size: Size) -> Banks:
    """The needles: 1 is watched; 5 (outputs), 6 (what gates and compressors take) and 9 (recorder) are visited."""
    channels = [f"channel.{n:02}" for n in range(1, size.channels + 1)]
    return {
        1: (
            *row([f"{part}.level" for part in channels], 0),
            Needle("aux-in.1.level", 16, 2),
            *row([f"bus.{n:02}.level" for n in range(1, size.buses + 1)], 26),
            Needle("main.left.level", 36),
            Needle("main.right.level", 37),
            Needle("main.level", 36, 2),
            Needle("monitor.level", 38, 2),
        ),
        5: (*row([f"output.{n:02}.level" for n in range(1, size.buses + 1)], 0), Needle("phones.level", 42, 2)),
        6: (
            *row([f"{part}.gate" for part in channels], 0),
            *row([f"{part}.compression" for part in channels], 16),
        ),
        9: (Needle("recorder.in.level", 0, 2), Needle("recorder.out.level", 2, 2)),
    }


def levels(size: Size) -> Iterator[Point]:
    """One point per needle: before the fader for channels and buses, after it for main."""
    for needles in banks(size).values():
        for needle in needles:
            if needle.point.endswith(("gate", "compression")):
                yield _describe.reduction(needle.point, "What the gate or the compressor takes away.")
            else:
                yield _describe.level(needle.point, "Signal level.")


def _strips(size: Size) -> Iterator[tuple[str, str, bool]]:
    """Part, path, and whether it can go to the main mix."""
    for n in range(1, size.channels + 1):
        yield f"channel.{n:02}", f"/ch/{n:02}", True
    for n in range(1, size.buses + 1):
        yield f"bus.{n:02}", f"/bus/{n}", True
    yield "aux-in.1", "/rtn/aux", True
    yield "main", "/lr", False


def _groups() -> Iterator[Parameter]:
    for n in range(1, 5):
        yield kind.mute(kind.mute_point(_describe, f"dca.{n}"), f"/dca/{n}/on")
        yield kind.fader(kind.fader_point(_describe, f"dca.{n}"), f"/dca/{n}/fader")
        yield kind.text(_describe(f"dca.{n}.name", "What the desk calls it."), f"/dca/{n}/config/name")
        point = _describe(f"mute-group.{n}", "Whether the mute group is muting.", words=SWITCH, writable=True)
        yield kind.switch(point, f"/config/mute/{n}")


def _amplifiers(size: Size, high: float) -> Iterator[Parameter]:
    for n in range(1, size.amplifiers + 1):
        part, at = f"channel.{n:02}", f"/headamp/{n:02}"
        gain = _describe(f"{part}.gain", "Head amplifier gain.", unit="dB", low=LOW_GAIN, high=high, writable=True)
        yield kind.gain(gain, f"{at}/gain", LOW_GAIN, high)
        phantom = _describe(f"{part}.phantom", "Phantom power of the input.", words=SWITCH, writable=True)
        yield kind.switch(phantom, f"{at}/phantom")


def _outputs(size: Size) -> Iterator[Parameter]:
    for n in range(1, size.buses + 1):
        point = _describe(f"output.{n:02}.source", "What feeds the auxiliary output.", words=AUX_SOURCES)
        yield kind.choice(point, f"/routing/aux/{n:02}/src", AUX_SOURCES)
    for n, name in ((1, "main"), (2, "phones")):
        point = _describe(f"routing.{name}", "What feeds it.", words=MAIN_SOURCES)
        yield kind.choice(point, f"/routing/main/{n:02}/src", MAIN_SOURCES)
