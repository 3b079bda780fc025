"""One value of a mixing desk on OSC: its point, its address, and the translation between them, as type and as text.

Common to the X32 and X Air families; where they keep what is in `x32_address` and `xair_address`. Two senses on one
desk: `mix/on` 1 means *not* muted, `config/mute` 1 means the group *is* muting.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from avctl.codecs import x32
from avctl.codecs.osc import Arg
from avctl.model.point import Point
from avctl.model.reading import Value
from avctl.model.vocabulary import MUTE_WORDS, SILENCE_DB

SWITCH = ("on", "off")
Meaning = Callable[[Arg], Value | None]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value of the desk. `meaning` and `said` give None for what the desk would not send.

    `meaning` reads an argument, `said` a word of a text node, `wire` makes the argument of a set.
    """

    point: Point
    address: str
    meaning: Meaning
    said: Callable[[str], Value | None]
    wire: Callable[[Value], Arg]


@dataclass(frozen=True, slots=True)
class Describe:
    """Makes points that cite one manual."""

    source: str

    def __call__(
        self,
        name: str,
        doc: str,
        *,
        unit: str = "",
        words: Sequence[str] = (),
        low: float | None = None,
        high: float | None = None,
        writable: bool = False,
        fleeting: bool = False,
    ) -> Point:
        return Point(name, doc, self.source, unit, tuple(words), low, high, writable, fleeting)

    def level(self, name: str, doc: str) -> Point:
        """A meter."""
        return self(name, doc, unit="dBFS", low=SILENCE_DB, high=18.1, fleeting=True)

    def reduction(self, name: str, doc: str) -> Point:
        """What a gate or compressor takes away: 0 nothing, -20 so many dB."""
        return self(name, doc, unit="dB", low=SILENCE_DB, high=18.1, fleeting=True)


def mute(point: Point, address: str) -> Parameter:
    """`mix/on` and `dca/on`: 1 is not muted."""
    return Parameter(point, address, mute_word, mute_word, lambda value: int(value == "off"))


def mute_point(describe: Describe, part: str) -> Point:
    """`part.mute`."""
    return describe(f"{part}.mute", "on means silent.", words=MUTE_WORDS, writable=True)


def fader(point: Point, address: str, steps: int = x32.FADER_STEPS) -> Parameter:
    """A fader or send by its law, kept as the nearest of so many steps."""
    return Parameter(point, address, decibels, x32.node_db, lambda value: x32.fader_position(float(value), steps))


def fader_point(describe: Describe, part: str) -> Point:
    """`part.fader`."""
    doc = "Fader; -120 is closed."
    return describe(f"{part}.fader", doc, unit="dB", low=SILENCE_DB, high=10.0, writable=True)


def switch(point: Point, address: str) -> Parameter:
    """1 is on."""
    return Parameter(point, address, switched, switched, lambda value: int(value == "on"))


def text(point: Point, address: str) -> Parameter:
    """A name. It is read only: nobody renames a desk from afar."""
    return Parameter(point, address, lambda arg: arg if isinstance(arg, str) else None, str, str)


def gain(point: Point, address: str, low: float, high: float) -> Parameter:
    """Head amplifier gain in 145 steps between `low` and `high` dB."""

    def meaning(arg: Arg) -> Value | None:
        return round(x32.linear(arg, low, high), 1) + 0.0 if isinstance(arg, float) else None

    def wire(value: Value) -> Arg:
        return x32.linear_position(float(value), low, high, x32.GAIN_STEPS)

    return Parameter(point, address, meaning, x32.node_db, wire)


def choice(point: Point, address: str, words: Sequence[str]) -> Parameter:
    """One of several words, on the wire its number; a text node says the number, too, or the word itself."""

    def meaning(arg: Arg) -> Value | None:
        return words[arg] if isinstance(arg, int) and 0 <= arg < len(words) else None

    def said(word: str) -> Value | None:
        if word.isascii() and word.isdigit():
            return meaning(int(word))
        return word.lower() if not point.words or word.lower() in point.words else None

    return Parameter(point, address, meaning, said, lambda value: words.index(str(value)))


def number(point: Point, address: str) -> Parameter:
    """A number that counts things."""
    return Parameter(point, address, whole, lambda word: int(word) if word.isdecimal() else None, int)


def mute_word(unmuted: Arg) -> Value | None:
    """`mix/on` 1 is not muted; on DCAs and text nodes alike."""
    return {1: "off", 0: "on", "ON": "off", "OFF": "on"}.get(unmuted) if isinstance(unmuted, int | str) else None


def switched(arg: Arg) -> Value | None:
    """1 is on."""
    return {1: "on", 0: "off", "ON": "on", "OFF": "off"}.get(arg) if isinstance(arg, int | str) else None


def decibels(position: Arg) -> Value | None:
    """A fader's place as dB, to the tenth the desk itself shows."""
    return round(x32.fader_db(position), 1) + 0.0 if isinstance(position, float) else None


def whole(arg: Arg) -> Value | None:
    """An int."""
    return arg if isinstance(arg, int) else None
