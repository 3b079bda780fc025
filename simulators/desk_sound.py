"""What flows through a simulated desk: microphones and oscillator to buses and main, as levels in dBFS.

Levels add as powers. Nothing here knows the wire: what a meter shows of it is the family's business, as is where a
desk keeps its gains and switches.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from random import Random

from simulators.desk_kind import Level, Linear, Value

SILENCE = -120.0
OPEN_INPUT = -98.0
"""An input with nothing plugged in: the noise of its own preamplifier."""
NOMINAL_GAIN = 30.0
"""dB of head amplifier for which a source states its level."""
FADER, SEND = Level(-90, 10, 1024), Level(-90, 10, 161)
GAIN = Linear(-12, 60, 145, "{:+.1f}")
TRIM = Linear(-18, 18, 145, "{:+.1f}")
Source = Callable[[bool], float]
"""Level at an input in dBFS at nominal gain; told whether to hear the loudspeakers (True) or the people alone."""
Send = tuple[int, str, str]
"""Channel, switch and level of a send to a bus; the switch is "" where there is none."""


def total(levels: Iterable[float]) -> float:
    """Powers added: two equal levels make 3 dB more."""
    power = sum(math.pow(10, level / 10) for level in levels if level > SILENCE)
    return 10 * math.log10(power) if power > 0 else SILENCE


class Sound(ABC):
    """Levels of one desk, worked out anew whenever somebody looks."""

    channels = buses = dcas = groups = 0
    main_strip = ""
    to_main = ""
    """The switch under `mix` that sends a strip to the main mix."""

    def __init__(self, values: Mapping[str, Value], chance: Random) -> None:
        self._values, self._chance = values, chance
        self.sources: dict[int, Source] = {}
        self.condensers: set[int] = set()
        self.heal()

    @abstractmethod
    def headamp(self, channel: int) -> str:
        """Where the head amplifier of a channel is kept."""

    @abstractmethod
    def bus_strip(self, n: int) -> str:
        """Where a bus is kept."""

    @abstractmethod
    def sends(self, bus: int) -> Sequence[Send]:
        """Everything that may reach a bus."""

    def tone(self, bus: int) -> float:
        """The test tone on a bus, dBFS: none, unless the desk has an oscillator."""
        return SILENCE

    def tones(self) -> tuple[float, float]:
        """The test tone on main left and right, dBFS."""
        return SILENCE, SILENCE

    def heal(self) -> None:
        """Every microphone whole, every output open."""
        self.dead: set[int] = set()
        self.humming: set[int] = set()
        self.drift: dict[int, float] = {}
        self.blocked = False
        """Answers, and passes no audio."""

    def channel(self, n: int, loudspeakers: bool = True) -> float:
        """Before the fader, dBFS, with a little of the unrest every meter has."""
        at = f"{self.headamp(n)}/gain"
        gain = self._real(at, GAIN) - NOMINAL_GAIN if at in self._values else 0.0
        trim = f"/ch/{n:02}/preamp/trim"
        level = self._microphone(n, loudspeakers) + gain + (self._real(trim, TRIM) if trim in self._values else 0.0)
        return max(SILENCE, level + self.drift.get(n, 0.0) + self._chance.gauss(0, 0.5))

    def _microphone(self, n: int, loudspeakers: bool) -> float:
        unpowered = n in self.condensers and not self._values.get(f"{self.headamp(n)}/phantom")
        if n not in self.sources or n in self.dead or unpowered:
            return OPEN_INPUT
        return total([self.sources[n](loudspeakers), -38.0 if n in self.humming else SILENCE])

    def sides(self) -> tuple[float, float]:
        """Main left and right, dBFS: they differ only by where the oscillator goes."""
        v, to = self._values, self.to_main
        inputs = [self.after_fader(n) for n in range(1, self.channels + 1) if v[f"/ch/{n:02}/mix/{to}"]]
        buses = [self.bus(n) for n in range(1, self.buses + 1) if v[f"{self.bus_strip(n)}/mix/{to}"]]
        left, right = (self._out(self.main_strip, [*inputs, *buses, tone]) for tone in self.tones())
        return left, right

    def bus(self, n: int) -> float:
        """One of the mix buses, dBFS."""
        v = self._values
        sends = [self._send(channel, level) for channel, on, level in self.sends(n) if v[level] and v.get(on, 1)]
        return self._out(self.bus_strip(n), [*sends, self.tone(n)])

    def _send(self, channel: int, level: str) -> float:
        return self.after_fader(channel) + self._real(level, SEND)

    def after_fader(self, channel: int) -> float:
        """What a channel gives to the buses, dBFS, without what it hears of the loudspeakers."""
        if not self._values[f"/ch/{channel:02}/mix/fader"]:
            return SILENCE
        return self._through(f"/ch/{channel:02}", self.channel(channel, loudspeakers=False))

    def _through(self, strip: str, level: float) -> float:
        """`level` after mute, mute groups, DCAs and fader of a strip."""
        if self.muted(strip):
            return SILENCE
        members = int(self._values.get(f"{strip}/grp/dca", 0))
        dcas = [self._real(f"/dca/{n}/fader", FADER) for n in range(1, self.dcas + 1) if members >> n - 1 & 1]
        return max(SILENCE, level + self._real(f"{strip}/mix/fader", FADER) + sum(dcas))

    def muted(self, strip: str) -> bool:
        """By its own switch (1 is open), by a mute group (1 is muting), or by a DCA (1 is open)."""
        v = self._values
        groups, dcas = int(v.get(f"{strip}/grp/mute", 0)), int(v.get(f"{strip}/grp/dca", 0))
        by_group = any(groups >> n - 1 & 1 and v[f"/config/mute/{n}"] for n in range(1, self.groups + 1))
        by_dca = any(dcas >> n - 1 & 1 and not v[f"/dca/{n}/on"] for n in range(1, self.dcas + 1))
        return not v[f"{strip}/mix/on"] or by_group or by_dca

    def _out(self, strip: str, parts: list[float]) -> float:
        return SILENCE if self.blocked else self._through(strip, total(parts))

    def _real(self, at: str, kind: Linear) -> float:
        return kind.real(self._values[at])
