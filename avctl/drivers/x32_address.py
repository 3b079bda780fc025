"""Where an X32 keeps what: points, OSC addresses, and the text nodes that hold many of them in one datagram.

Source: P.-G. Maillot, Unofficial X32/M32 OSC Remote Protocol v4.02, tables of parameters. DCAs and mute groups have one
digit, channels, buses and matrices two, head amplifiers three. `WRITABLE` is all that is ever written: addresses that
shut down, initialise, delete or move to another network (`/-stat/lock`, `/-action/init…`, `/-prefs/ip`, `/shutdown`,
`/delete`, `/save`) are not in it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from avctl.codecs import x32
from avctl.drivers import desk_parameter as kind
from avctl.drivers import x32_routing as routing
from avctl.drivers.desk_parameter import SWITCH, Parameter
from avctl.model.point import Point
from avctl.model.vocabulary import SILENCE_DB

WRITABLE = re.compile(
    r"/(ch|bus|auxin)/\d\d/mix/(on|fader|st)"
    r"|/(mtx/\d\d|main/(st|m))/mix/(on|fader)"
    r"|/dca/\d/(on|fader)"
    r"|/config/mute/\d"
    r"|/config/osc/(level|f1|fsel|dest)"
    r"|/-stat/osc/on"
    r"|/headamp/\d\d\d/(gain|phantom)"
    r"|/load"  # only ever with "scene"
)
GAIN = (-12.0, 60.0)  # dB
_describe = kind.Describe("Unofficial X32/M32 OSC Remote Protocol v4.02")


@dataclass(frozen=True, slots=True)
class Node:
    """A line of text the desk says at once, and the points its words stand for, in order; "" for those left out."""

    path: str
    points: tuple[str, ...]


def strips(channels: int) -> tuple[Node, ...]:
    """Mute and fader of every strip, with its way to the main mix where it has one; all mute groups in one."""
    mix, routed = ("mute", "fader"), ("mute", "fader", "to-main")
    return (
        *(_node(f"ch/{n:02}/mix", f"channel.{n:02}", routed) for n in range(1, channels + 1)),
        *(_node(f"bus/{n:02}/mix", f"bus.{n:02}", routed) for n in range(1, 17)),
        _node("main/st/mix", "main", mix),
        *(_node(f"dca/{n}", f"dca.{n}", mix) for n in range(1, 9)),
        _node("main/m/mix", "mono", mix),
        *(_node(f"mtx/{n:02}/mix", f"matrix.{n}", mix) for n in range(1, 7)),
        *(_node(f"auxin/{n:02}/mix", f"aux-in.{n}", routed) for n in range(1, 9)),
        Node("config/mute", tuple(f"mute-group.{n}" for n in range(1, 7))),
    )


def names(channels: int) -> tuple[Node, ...]:
    """What strips are called; of a channel also where its signal comes from (behind icon and colour)."""
    return (
        *(_node(f"ch/{n:02}/config", f"channel.{n:02}", ("name", "", "", "source")) for n in range(1, channels + 1)),
        *(_node(f"bus/{n:02}/config", f"bus.{n:02}", ("name",)) for n in range(1, 17)),
        *(_node(f"dca/{n}/config", f"dca.{n}", ("name",)) for n in range(1, 9)),
    )


def ways() -> tuple[Node, ...]:
    """How inputs and outputs are patched: blocks of the routing page, then what feeds each of 16 outputs."""
    blocks = (Node(f"config/routing/{page.path}", tuple(f"{page.part}.{b}" for b in page.blocks)) for page in _PAGES)
    return (*blocks, *(_node(f"outputs/main/{n:02}", f"output.{n:02}", ("source",)) for n in range(1, 17)))


def parameters(channels: int) -> Iterator[Parameter]:
    """Everything that has an address of its own. Head amplifiers belong to channels by `headamp`."""
    for node in strips(channels)[:-1]:
        yield from _strip(node)
    for n in range(1, 7):
        point = _describe(f"mute-group.{n}", "Whether the mute group is muting.", words=SWITCH, writable=True)
        yield kind.switch(point, f"/config/mute/{n}")
    for node in names(channels):
        part = node.points[0].removesuffix(".name")
        yield kind.text(_describe(f"{part}.name", "What the desk calls it."), f"/{node.path}/name")
        if "source" in node.points[-1]:
            point = _describe(f"{part}.source", "What feeds the channel.", words=routing.CHANNEL_SOURCES)
            yield kind.choice(point, f"/{node.path}/source", routing.CHANNEL_SOURCES)
    yield from _routing()
    yield from _oscillator()
    yield kind.number(
        _describe("scene", "Scene recalled last, -1 for none.", low=-1, high=99, writable=True),
        "/-show/prepos/current",
    )


def headamp(channel: int, index: int = 0) -> tuple[Parameter, Parameter]:
    """Gain and phantom power of the head amplifier that feeds a channel. `index` is 0 to 127: 32 local, 48 by AES50."""
    part, at = f"channel.{channel:02}", f"/headamp/{index:03}"
    low, high = GAIN
    gain = _describe(f"{part}.gain", "Head amplifier gain.", unit="dB", low=low, high=high, writable=True)
    phantom = _describe(f"{part}.phantom", "Phantom power of the channel's input.", words=SWITCH, writable=True)
    return kind.gain(gain, f"{at}/gain", low, high), kind.switch(phantom, f"{at}/phantom")


def said() -> Iterator[Point]:
    """What the desk says about itself and cannot be told."""
    yield _describe("status", "Whether the desk is at work.", words=("active", "standby"))
    yield _describe("scene.name", "The name of the scene recalled last.")
    yield _describe("identity.name", "The name the desk was given.")
    yield _describe("identity.model", "Its model.")
    yield _describe("identity.firmware", "Its firmware.")


def _strip(node: Node) -> Iterator[Parameter]:
    part = node.points[0].removesuffix(".mute")
    yield kind.mute(kind.mute_point(_describe, part), f"/{node.path}/on")
    yield kind.fader(kind.fader_point(_describe, part), f"/{node.path}/fader")
    if len(node.points) > 2:
        point = _describe(f"{part}.to-main", "Whether it goes to the main mix.", words=SWITCH, writable=True)
        yield kind.switch(point, f"/{node.path}/st")


@dataclass(frozen=True, slots=True)
class _Page:
    """One page of block routing: its blocks, and the words for what may feed each."""

    path: str
    blocks: tuple[str, ...]
    words: tuple[tuple[str, ...], ...]

    @property
    def part(self) -> str:
        return f"routing.{self.path.lower()}"


_EIGHTS = ("1-8", "9-16", "17-24", "25-32", "33-40", "41-48")
_INPUTS = ((*_EIGHTS[:4], "aux"), (*(routing.INPUTS,) * 4, routing.AUX))
_PAGES = (
    _Page("IN", *_INPUTS),
    _Page("AES50A", _EIGHTS, (routing.OUTPUTS,) * 6),
    _Page("AES50B", _EIGHTS, (routing.OUTPUTS,) * 6),
    _Page("CARD", _EIGHTS[:4], (routing.OUTPUTS,) * 4),
    _Page("OUT", ("1-4", "5-8", "9-12", "13-16"), (routing.FIRST_FOURS, routing.LAST_FOURS) * 2),
    _Page("PLAY", *_INPUTS),
)


def _routing() -> Iterator[Parameter]:
    for page in _PAGES:
        for block, words in zip(page.blocks, page.words, strict=True):
            point = _describe(f"{page.part}.{block}", "What feeds this block, in the desk's own words.")
            yield kind.choice(point, f"/config/routing/{page.path}/{block.replace('aux', 'AUX')}", words)
    point = _describe("routing.switch", "Which input page is in use.", words=routing.SWITCH)
    yield kind.choice(point, "/config/routing/routswitch", routing.SWITCH)
    for n in range(1, 17):
        point = _describe(f"output.{n:02}.source", "What feeds the output.", words=routing.OUTPUT_SOURCES)
        yield kind.choice(point, f"/outputs/main/{n:02}/src", routing.OUTPUT_SOURCES)


def _oscillator() -> Iterator[Parameter]:
    doc = "The test tone. Who switches it on has to see that it goes off."
    yield kind.switch(_describe("oscillator", doc, words=SWITCH, writable=True), "/-stat/osc/on")
    level = _describe("oscillator.level", "Test tone.", unit="dBFS", low=SILENCE_DB, high=10.0, writable=True)
    yield kind.fader(level, "/config/osc/level", x32.LEVEL_STEPS)
    yield Parameter(
        _describe("oscillator.frequency", "Test tone.", unit="Hz", low=20, high=20000, writable=True),
        "/config/osc/f1",
        lambda arg: round(x32.frequency(arg), 1) if isinstance(arg, float) else None,
        lambda word: None,  # `1k02`: asked for by its address, never read as text
        lambda value: x32.frequency_position(float(value)),
    )
    point = _describe("oscillator.destination", "Where the tone goes.", words=x32.DESTINATIONS, writable=True)
    yield kind.choice(point, "/config/osc/dest", x32.DESTINATIONS)


def _node(path: str, part: str, qualities: tuple[str, ...]) -> Node:
    return Node(path, tuple(quality and f"{part}.{quality}" for quality in qualities))
