"""Kinds of X32 parameters: what the desk takes, to which step it rounds, and how it writes a value as text.

Int out of range: ignored. Float out of range: clamped. Floats snap to the nearest step of the parameter.
Source: P.-G. Maillot, Unofficial X32/M32 OSC Remote Protocol, v4.02: types of data, law of the faders.
"""

import math
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
