"""Every parameter of an X32 that this desk has: address, kind, range, steps, and the way it is written as text.

Source: P.-G. Maillot, Unofficial X32/M32 OSC Remote Protocol, v4.02: parameter tables and the law of the faders.
Int out of range: ignored. Float out of range: clamped. Floats snap to the nearest step of the parameter.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

Value = int | float | str


@dataclass(frozen=True)
class Kind:
    """One kind of parameter."""

    tag = ""

    def take(self, value: object) -> Value | None:
        """The value as the desk keeps it; None for what it ignores."""
        raise NotImplementedError

    def text(self, value: Value) -> str:
        """As `/node` writes it."""
        return str(value)

    def parse(self, text: str) -> Value | None:
        """The other way round; None for what it does not understand."""
        raise NotImplementedError


@dataclass(frozen=True)
class Number(Kind):
    """An int from `low` to `high`."""

    low: int
    high: int
    tag = "i"

    def take(self, value: object) -> Value | None:
        return value if type(value) is int and self.low <= value <= self.high else None

    def parse(self, text: str) -> Value | None:
        return self.take(int(text)) if text.lstrip("+-").isdecimal() else None


@dataclass(frozen=True)
class Choice(Kind):
    """One of several words, on the wire as its number; a set may also give the word."""

    words: tuple[str, ...]
    tag = "i"

    def take(self, value: object) -> Value | None:
        if isinstance(value, str):
            return self.parse(value)
        return value if type(value) is int and 0 <= value < len(self.words) else None

    def text(self, value: Value) -> str:
        return self.words[int(value)]

    def parse(self, text: str) -> Value | None:
        return self.words.index(text.upper()) if text.upper() in self.words else None


@dataclass(frozen=True)
class Bits(Kind):
    """Membership of groups, lowest bit first group, shown as `%00000101`."""

    count: int
    tag = "i"

    def take(self, value: object) -> Value | None:
        return value if type(value) is int and 0 <= value < 1 << self.count else None

    def text(self, value: Value) -> str:
        return f"%{int(value):0{self.count}b}"

    def parse(self, text: str) -> Value | None:
        digits = text.removeprefix("%")
        return self.take(int(digits, 2)) if digits and not digits.strip("01") else None


@dataclass(frozen=True)
class Text(Kind):
    """A name; what is too long is cut."""

    longest: int
    tag = "s"

    def take(self, value: object) -> Value | None:
        return value[: self.longest] if isinstance(value, str) else None

    def text(self, value: Value) -> str:
        return f'"{value}"'

    def parse(self, text: str) -> Value | None:
        return self.take(text)


@dataclass(frozen=True)
class Linear(Kind):
    """A float 0...1 standing for `low`...`high`."""

    low: float
    high: float
    steps: int
    form: str = "{:.1f}"
    tag = "f"

    def take(self, value: object) -> Value | None:
        if type(value) is not float or math.isnan(value):
            return None
        step = round(min(1.0, max(0.0, value)) * (self.steps - 1))
        return step / (self.steps - 1)

    def real(self, value: Value) -> float:
        """In the unit of the parameter."""
        return self.low + float(value) * (self.high - self.low)

    def wire(self, real: float) -> float:
        """0...1 for a value in the unit of the parameter."""
        return (real - self.low) / (self.high - self.low)

    def text(self, value: Value) -> str:
        return self.form.format(self.real(value))

    def parse(self, text: str) -> Value | None:
        try:
            return self.take(self.wire(float(text.replace("-oo", "-inf"))))
        except (ValueError, OverflowError):
            return None


@dataclass(frozen=True)
class Log(Linear):
    """A float 0...1 standing for frequencies, equal steps for equal ratios; `1k02` is 1020 Hz."""

    def real(self, value: Value) -> float:
        return self.low * math.pow(self.high / self.low, float(value))

    def wire(self, real: float) -> float:
        return math.log(real / self.low) / math.log(self.high / self.low)

    def text(self, value: Value) -> str:
        hertz = self.real(value)
        return f"{hertz:.1f}" if hertz < 1000 else f"{hertz / 1000:.2f}".replace(".", "k")

    def parse(self, text: str) -> Value | None:
        thousands, k, rest = text.partition("k")
        return super().parse(str(float(f"{thousands}.{rest or 0}") * 1000) if k else text)


@dataclass(frozen=True)
class Level(Linear):
    """A fader (1024 steps) or a send (161): four straight pieces from -oo over -60, -30, -10 to +10 dB."""

    def real(self, value: Value) -> float:
        f = float(value)
        if f <= 0:
            return -math.inf
        return 40 * f - 30 if f >= 0.5 else 80 * f - 50 if f >= 0.25 else 160 * f - 70 if f >= 0.0625 else 480 * f - 90

    def wire(self, real: float) -> float:
        if real <= -90:
            return 0.0
        if real < -60:
            return (real + 90) / 480
        return (real + 70) / 160 if real < -30 else (real + 50) / 80 if real < -10 else (real + 30) / 40

    def text(self, value: Value) -> str:
        return "  -oo" if float(value) <= 0 else f"{self.real(value):+6.1f}".replace("+", " ")


SWITCH = Choice(("OFF", "ON"))
FADER, SEND = Level(-90, 10, 1024), Level(-90, 10, 161)
PAN = Linear(-100, 100, 101, "{:+.0f}")
GAIN = Linear(-12, 60, 145, "{:+.1f}")
TRIM = Linear(-18, 18, 145, "{:+.1f}")
DESTINATIONS = (*(f"MIX{n}" for n in range(1, 17)), "L", "R", "L+R", "M/C", *(f"MTX{n}" for n in range(1, 7)))
FREQUENCY = Log(20, 20000, 121)


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
for _tell in (_channels, _outputs, _desk, _status):
    for _at, _kind, _value in _tell():
        KINDS[_at] = _kind
        FACTORY[_at] = taken if (taken := _kind.take(_value)) is not None else _value
        NODES.setdefault(_at.rpartition("/")[0], []).append(_at)

SCENE_SCOPE = ("/ch/", "/auxin/", "/fxrtn/", "/bus/", "/mtx/", "/main/", "/dca/", "/config/mute/", "/headamp/")
"""What a scene keeps. The oscillator and the show itself are not part of one."""
