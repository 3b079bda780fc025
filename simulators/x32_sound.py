"""What flows through a simulated desk: microphones and oscillator to buses and main, as levels in dBFS.

Levels add as powers. Nothing here knows the wire: what a meter shows of it is in `x32_meter`.
"""

import math
from collections.abc import Callable, Container, Iterable, Mapping
from random import Random

from simulators.x32_address import FADER, GAIN, SEND, TRIM
from simulators.x32_kind import Linear, Value

SILENCE = -120.0
OPEN_INPUT = -98.0
"""An input with nothing plugged in: the noise of its own preamplifier."""
NOMINAL_GAIN = 30.0
"""dB of head amplifier for which a source states its level."""
LEFT, RIGHT, BOTH, MONO = 16, 17, 18, 19  # /config/osc/dest above the 16 buses
Source = Callable[[bool], float]
"""Level at an input in dBFS at nominal gain; told whether to hear the loudspeakers (True) or the people alone."""

_SENDS = {
    bus: [(n, f"/ch/{n:02}/mix/{bus:02}/on", f"/ch/{n:02}/mix/{bus:02}/level") for n in range(1, 33)]
    for bus in range(1, 17)
}
"""Channel, switch and level of every send to a bus; written once, for meters ask twenty times a second."""


def total(levels: Iterable[float]) -> float:
    """Powers added: two equal levels make 3 dB more."""
    power = sum(math.pow(10, level / 10) for level in levels if level > SILENCE)
    return 10 * math.log10(power) if power > 0 else SILENCE


class Sound:
    """Levels of one desk, worked out anew whenever somebody looks."""

    def __init__(self, values: Mapping[str, Value], chance: Random) -> None:
        self._values, self._chance = values, chance
        self.sources: dict[int, Source] = {}
        self.condensers: set[int] = set()
        self.heal()

    def heal(self) -> None:
        """Every microphone whole, every output open."""
        self.dead: set[int] = set()
        self.humming: set[int] = set()
        self.drift: dict[int, float] = {}
        self.blocked = False
        """Answers, and passes no audio."""

    def channel(self, n: int, loudspeakers: bool = True) -> float:
        """Before the fader, dBFS, with a little of the unrest every meter has."""
        gain = self._real(f"/headamp/{n - 1:03}/gain", GAIN) - NOMINAL_GAIN
        level = self._microphone(n, loudspeakers) + gain + self._real(f"/ch/{n:02}/preamp/trim", TRIM)
        return max(SILENCE, level + self.drift.get(n, 0.0) + self._chance.gauss(0, 0.5))

    def _microphone(self, n: int, loudspeakers: bool) -> float:
        unpowered = n in self.condensers and not self._values[f"/headamp/{n - 1:03}/phantom"]
        if n not in self.sources or n in self.dead or unpowered:
            return OPEN_INPUT
        return total([self.sources[n](loudspeakers), -38.0 if n in self.humming else SILENCE])

    def main(self, side: int = LEFT) -> float:
        """One side of the main output, dBFS: they differ only by where the oscillator goes."""
        inputs = [self.after_fader(n) for n in range(1, 33) if self._values[f"/ch/{n:02}/mix/st"]]
        buses = [self.bus(n) for n in range(1, 17) if self._values[f"/bus/{n:02}/mix/st"]]
        return self._out("/main/st", [*inputs, *buses, self.oscillator((side, BOTH))])

    def mono(self) -> float:
        """Mono/centre output, dBFS."""
        inputs = [self.after_fader(n) for n in range(1, 33) if self._values[f"/ch/{n:02}/mix/mono"]]
        return self._out("/main/m", [*inputs, self.oscillator((MONO,))])

    def bus(self, n: int) -> float:
        """One of 16 mix buses, dBFS."""
        v = self._values
        sends = [self._send(channel, level) for channel, on, level in _SENDS[n] if v[level] and v[on]]
        return self._out(f"/bus/{n:02}", [*sends, self.oscillator((n - 1,))])

    def matrix(self, n: int) -> float:
        """One of 6 matrices, dBFS: the oscillator is all that reaches them here."""
        return self._out(f"/mtx/{n:02}", [self.oscillator((n + 19,))])

    def output(self, n: int) -> float:
        """What leaves by one of 16 outputs, dBFS: main 1-3, buses 4-19, matrices 20-25, channels 26-57."""
        source = int(self._values[f"/outputs/main/{n:02}/src"])
        if source in (1, 2):
            return self.main(LEFT if source == 1 else RIGHT)
        if source == 3:
            return self.mono()
        if 4 <= source < 20:
            return self.bus(source - 3)
        if 20 <= source < 26:
            return self.matrix(source - 19)
        direct = 26 <= source < 58 and not self.blocked
        return self.after_fader(source - 25) if direct else SILENCE

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
        dcas = [self._real(f"/dca/{n}/fader", FADER) for n in range(1, 9) if members >> n - 1 & 1]
        return max(SILENCE, level + self._real(f"{strip}/mix/fader", FADER) + sum(dcas))

    def muted(self, strip: str) -> bool:
        """By its own switch (1 is open), by a mute group (1 is muting), or by a DCA (1 is open)."""
        v = self._values
        groups, dcas = int(v.get(f"{strip}/grp/mute", 0)), int(v.get(f"{strip}/grp/dca", 0))
        by_group = any(groups >> n - 1 & 1 and v[f"/config/mute/{n}"] for n in range(1, 7))
        by_dca = any(dcas >> n - 1 & 1 and not v[f"/dca/{n}/on"] for n in range(1, 9))
        return not v[f"{strip}/mix/on"] or by_group or by_dca

    def _out(self, strip: str, parts: list[float]) -> float:
        return SILENCE if self.blocked else self._through(strip, total(parts))

    def oscillator(self, destinations: Container[int]) -> float:
        """The tone, dBFS, if it goes to one of these destinations."""
        v = self._values
        if not v["/-stat/osc/on"] or v["/config/osc/dest"] not in destinations:
            return SILENCE
        return self._real("/config/osc/level", SEND)

    def _real(self, at: str, kind: Linear) -> float:
        return kind.real(self._values[at])
