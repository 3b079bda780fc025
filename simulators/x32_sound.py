"""What flows through a simulated desk: microphones and oscillator to buses and main, as levels in dBFS.

Levels add as powers. Channel meters are before the fader, bus and main meters after it. (The document does not say
where the desk taps its meters; after the fader shows what goes out.) Source: X32 OSC document, section Meters.
"""

import math
import struct
from collections.abc import Callable, Iterable, Mapping
from random import Random

from simulators.x32_address import FADER, GAIN, SEND, TRIM, Linear, Value

SILENCE = -120.0
OPEN_INPUT = -98.0
"""An input with nothing plugged in: the noise of its own preamplifier."""
NOMINAL_GAIN = 30.0
"""dB of head amplifier for which a source states its level."""
LEFT, RIGHT, BOTH, MONO = 16, 17, 18, 19  # /config/osc/dest above the 16 buses
Source = Callable[[bool], float]
"""Level at an input in dBFS at nominal gain; told whether to hear the loudspeakers (True) or the people alone."""


def total(levels: Iterable[float]) -> float:
    """Powers added: two equal levels make 3 dB more."""
    power = sum(math.pow(10, level / 10) for level in levels if level > SILENCE)
    return 10 * math.log10(power) if power > 0 else SILENCE


def linear(level: float) -> float:
    """dBFS to what a meter blob carries; the desk's headroom ends at +18 dBFS = 8.0."""
    return 0.0 if level <= SILENCE else min(8.0, math.pow(10, level / 20))


class Sound:
    """Levels of one desk, worked out anew whenever somebody looks."""

    def __init__(self, values: Mapping[str, Value], chance: Random) -> None:
        self._values, self._chance = values, chance
        self.sources: dict[int, Source] = {}
        self.condensers: set[int] = set()
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

    def main(self) -> float:
        """Left or right of the main output, dBFS."""
        inputs = [self._after_fader(n) for n in range(1, 33) if self._values[f"/ch/{n:02}/mix/st"]]
        buses = [self.bus(n) for n in range(1, 17) if self._values[f"/bus/{n:02}/mix/st"]]
        return self._out("/main/st", [*inputs, *buses, self._oscillator((LEFT, RIGHT, BOTH))])

    def mono(self) -> float:
        """Mono/centre output, dBFS."""
        inputs = [self._after_fader(n) for n in range(1, 33) if self._values[f"/ch/{n:02}/mix/mono"]]
        return self._out("/main/m", [*inputs, self._oscillator((MONO,))])

    def bus(self, n: int) -> float:
        """One of 16 mix buses, dBFS."""
        sends = [self._send(channel, n) for channel in range(1, 33)]
        return self._out(f"/bus/{n:02}", [*sends, self._oscillator((n - 1,))])

    def matrix(self, n: int) -> float:
        """One of 6 matrices, dBFS: the oscillator is all that reaches them here."""
        return self._out(f"/mtx/{n:02}", [self._oscillator((n + 19,))])

    def _send(self, channel: int, bus: int) -> float:
        at = f"/ch/{channel:02}/mix/{bus:02}"
        if not self._values[f"{at}/on"] or not self._values[f"{at}/level"]:
            return SILENCE
        return self._after_fader(channel) + self._real(f"{at}/level", SEND)

    def _after_fader(self, channel: int) -> float:
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

    def _oscillator(self, destinations: tuple[int, ...]) -> float:
        v = self._values
        if not v["/-stat/osc/on"] or v["/config/osc/dest"] not in destinations:
            return SILENCE
        return self._real("/config/osc/level", SEND)

    def _real(self, at: str, kind: Linear) -> float:
        return kind.real(self._values[at])


# --- meter blobs: count (int32, little-endian), then so many little-endian floats


def blob(values: list[float]) -> bytes:
    """The only little-endian thing in this protocol."""
    return struct.pack(f"<i{len(values)}f", len(values), *values)


def meters(sound: Sound, number: int, arguments: list[int]) -> bytes | None:
    """The blob of `/meters/<number>`; None for a number the desk does not have."""
    sizes = {3: 22, 7: 16, 8: 6, 9: 32, 10: 32, 12: 4, 14: 80, 15: 50, 16: 48}
    if number in sizes:
        return blob([0.0] * sizes[number])  # effects, recorder, analyser: silent in this desk
    shown = _METERS.get(number)
    return blob(shown(sound, arguments)) if shown else None


def _channels(sound: Sound) -> list[float]:
    return [linear(sound.channel(n)) for n in range(1, 33)]


def _buses(sound: Sound) -> list[float]:
    return [linear(sound.bus(n)) for n in range(1, 17)] + [linear(sound.matrix(n)) for n in range(1, 7)]


def _all_inputs(sound: Sound, _: list[int]) -> list[float]:
    return _channels(sound) + [0.0] * 16 + _buses(sound)


def _channels_and_dynamics(sound: Sound, _: list[int]) -> list[float]:
    return _channels(sound) + [1.0] * 64  # 1.0: a gate or compressor that does nothing


def _masters(sound: Sound, _: list[int]) -> list[float]:
    main = linear(sound.main())
    return [*_buses(sound), main, main, linear(sound.mono())] + [1.0] * 24


def _everything(sound: Sound, _: list[int]) -> list[float]:
    main = linear(sound.main())
    outputs = [linear(sound.bus(n)) for n in range(1, 15)] + [main, main]
    return _channels(sound) + [0.0] * 8 + outputs + [0.0] * 26


def _surface(sound: Sound, arguments: list[int]) -> list[float]:
    layer, group = (arguments + [0, 0])[:2]
    strips = {0: _channels(sound)[:16], 1: _channels(sound)[16:], 3: _buses(sound)[:16]}.get(layer, [0.0] * 16)
    groups = {1: _buses(sound)[:8], 2: _buses(sound)[8:16]}.get(group, [0.0] * 8)
    return strips + groups + [linear(sound.main())] * 2 + [linear(sound.mono())]


def _strip(sound: Sound, arguments: list[int]) -> list[float]:
    channel = (arguments or [0])[0] + 1
    if not 1 <= channel <= 32:
        return [0.0, 1.0, 1.0, 0.0]
    return [linear(sound.channel(channel)), 1.0, 1.0, linear(sound._after_fader(channel))]


def _monitor(sound: Sound, _: list[int]) -> list[float]:
    tone = sound._oscillator(tuple(range(26)))
    return [0.0, 0.0, 0.0, 1.0, linear(tone)]


def _inputs(sound: Sound, _: list[int]) -> list[float]:
    return _channels(sound) + [0.0] * 16


_METERS: dict[int, Callable[[Sound, list[int]], list[float]]] = {
    0: _all_inputs,
    1: _channels_and_dynamics,
    2: _masters,
    4: _everything,
    5: _surface,
    6: _strip,
    11: _monitor,
    13: _inputs,
}
