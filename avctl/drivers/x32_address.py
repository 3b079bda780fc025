"""Where an X32 keeps what: point, OSC address, and the translation between them both ways.

Source: P.-G. Maillot, Unofficial X32/M32 OSC Remote Protocol v4.02, tables of parameters. Two senses on one desk:
`mix/on` 1 means *not* muted, `config/mute` 1 means the group *is* muting. DCAs and mute groups have one digit,
channels and buses two. Addresses that shut down, initialise or delete (`/-stat/lock`, `/-action/init…`, `/-prefs/ip`,
`/shutdown`, `/delete`, `/save`) are not here, and nothing else is ever written.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from avctl.codecs import x32
from avctl.codecs.osc import Arg
from avctl.model.point import Point
from avctl.model.reading import Value
from avctl.model.vocabulary import MUTE_WORDS, SILENCE_DB

_MANUAL = "Unofficial X32/M32 OSC Remote Protocol v4.02"
_SWITCH = ("on", "off")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value of the desk. `meaning` gives None for an argument the desk would not send."""

    point: Point
    address: str
    meaning: Callable[[Arg], Value | None]
    wire: Callable[[Value], Arg]


@dataclass(frozen=True, slots=True)
class Strip:
    """A node of text that holds mute and fader of one strip: `ch/01/mix ON -2.1 …` belongs to `channel.01`."""

    path: str
    part: str


def strips(channels: int) -> tuple[Strip, ...]:
    """Every strip that is looked after: so many channels, 16 buses, main, 8 DCAs."""
    return (
        *(Strip(f"ch/{n:02}/mix", f"channel.{n:02}") for n in range(1, channels + 1)),
        *(Strip(f"bus/{n:02}/mix", f"bus.{n:02}") for n in range(1, 17)),
        Strip("main/st/mix", "main"),
        *(Strip(f"dca/{n}", f"dca.{n}") for n in range(1, 9)),
    )


def parameters(channels: int) -> Iterator[Parameter]:
    """Everything that has an address of its own."""
    for strip in strips(channels):
        yield _mute(strip.part, f"/{strip.path}/on")
        yield _fader(strip.part, f"/{strip.path}/fader")
    for n in range(1, channels + 1):
        yield _text(f"channel.{n:02}.name", f"/ch/{n:02}/config/name", "What the desk calls this channel.")
    for n in range(1, 7):
        yield _switch(f"mute-group.{n}", f"/config/mute/{n}", "Whether the mute group is muting.")
    yield from _oscillator()
    yield _scene()


def levels(channels: int) -> Iterator[Point]:
    """The meters: pre-fader for channels, after the fader for buses and main (the louder of left and right)."""
    parts = [f"channel.{n:02}" for n in range(1, channels + 1)] + [f"bus.{n:02}" for n in range(1, 17)] + ["main"]
    for part in parts:
        yield _point(f"{part}.level", "Signal level.", unit="dBFS", low=SILENCE_DB, high=18.1, fleeting=True)


def said() -> Iterator[Point]:
    """What the desk says about itself and cannot be told."""
    yield _point("status", "Whether the desk is at work.", words=("active", "standby"))
    yield _point("scene.name", "The name of the scene recalled last.")
    yield _point("identity.name", "The name the desk was given.")
    yield _point("identity.model", "Its model.")
    yield _point("identity.firmware", "Its firmware.")


def mute_word(unmuted: Arg) -> Value | None:
    """`mix/on` 1 is not muted; on DCAs and text nodes alike."""
    return {1: "off", 0: "on", "ON": "off", "OFF": "on"}.get(unmuted) if isinstance(unmuted, int | str) else None


def decibels(position: Arg) -> Value | None:
    """A fader's place as dB, to the tenth the desk itself shows."""
    return round(x32.fader_db(position), 1) + 0.0 if isinstance(position, float) else None


def _mute(part: str, address: str) -> Parameter:
    point = _point(f"{part}.mute", "on means silent.", words=MUTE_WORDS, writable=True)
    return Parameter(point, address, mute_word, lambda value: int(value == "off"))


def _fader(part: str, address: str) -> Parameter:
    point = _point(f"{part}.fader", "Fader; -120 is closed.", unit="dB", low=SILENCE_DB, high=10.0, writable=True)
    return Parameter(point, address, decibels, lambda value: x32.fader_position(float(value)))


def _switch(name: str, address: str, doc: str) -> Parameter:
    point = _point(name, doc, words=_SWITCH, writable=True)
    return Parameter(point, address, _switched, lambda value: int(value == "on"))


def _switched(arg: Arg) -> Value | None:
    return {1: "on", 0: "off", "ON": "on", "OFF": "off"}.get(arg) if isinstance(arg, int | str) else None


def _text(name: str, address: str, doc: str) -> Parameter:
    return Parameter(_point(name, doc), address, lambda arg: arg if isinstance(arg, str) else None, str)


def _scene() -> Parameter:
    point = _point("scene", "Scene recalled last, -1 for none.", low=-1, high=99, writable=True)
    return Parameter(point, "/-show/prepos/current", _number, int)


def _oscillator() -> Iterator[Parameter]:
    yield _switch("oscillator", "/-stat/osc/on", "The test tone. Who switches it on has to see that it goes off.")
    yield Parameter(
        _point("oscillator.level", "Test tone level.", unit="dBFS", low=SILENCE_DB, high=10.0, writable=True),
        "/config/osc/level",
        decibels,
        lambda value: x32.fader_position(float(value), x32.LEVEL_STEPS),
    )
    yield Parameter(
        _point("oscillator.frequency", "Test tone frequency.", unit="Hz", low=20, high=20000, writable=True),
        "/config/osc/f1",
        lambda arg: round(x32.frequency(arg), 1) if isinstance(arg, float) else None,
        lambda value: x32.frequency_position(float(value)),
    )
    yield Parameter(
        _point("oscillator.destination", "Where the tone goes.", words=x32.DESTINATIONS, writable=True),
        "/config/osc/dest",
        _destination,
        lambda value: x32.DESTINATIONS.index(str(value)),
    )


def _destination(arg: Arg) -> Value | None:
    known = isinstance(arg, int) and 0 <= arg < len(x32.DESTINATIONS)
    return x32.DESTINATIONS[arg] if known and isinstance(arg, int) else None


def _number(arg: Arg) -> Value | None:
    return arg if isinstance(arg, int) else None


def _point(
    name: str,
    doc: str,
    *,
    unit: str = "",
    words: tuple[str, ...] = (),
    low: float | None = None,
    high: float | None = None,
    writable: bool = False,
    fleeting: bool = False,
) -> Point:
    return Point(name, doc, _MANUAL, unit, words, low, high, writable, fleeting)
