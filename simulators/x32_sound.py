"""What flows through a simulated X32 beside what flows through every desk: oscillator, matrices, mono, 16 outputs."""

from collections.abc import Container, Sequence

from simulators.desk_sound import SEND, SILENCE, Send, Sound

LEFT, RIGHT, BOTH, MONO = 16, 17, 18, 19  # /config/osc/dest above the 16 buses
_SENDS = {
    bus: [(n, f"/ch/{n:02}/mix/{bus:02}/on", f"/ch/{n:02}/mix/{bus:02}/level") for n in range(1, 33)]
    for bus in range(1, 17)
}
"""Channel, switch and level of every send to a bus; written once, for meters ask twenty times a second."""


class X32Sound(Sound):
    """Levels of one X32."""

    channels, buses, dcas, groups = 32, 16, 8, 6
    main_strip, to_main = "/main/st", "st"

    def headamp(self, channel: int) -> str:
        """By the map of inputs."""
        return f"/headamp/{int(self._values[f'/-ha/{channel - 1:02}/index']):03}"

    def bus_strip(self, n: int) -> str:
        return f"/bus/{n:02}"

    def sends(self, bus: int) -> Sequence[Send]:
        return _SENDS[bus]

    def tone(self, bus: int) -> float:
        return self.oscillator((bus - 1,))

    def tones(self) -> tuple[float, float]:
        return self.oscillator((LEFT, BOTH)), self.oscillator((RIGHT, BOTH))

    def mono(self) -> float:
        """Mono/centre output, dBFS."""
        inputs = [self.after_fader(n) for n in range(1, 33) if self._values[f"/ch/{n:02}/mix/mono"]]
        return self._out("/main/m", [*inputs, self.oscillator((MONO,))])

    def matrix(self, n: int) -> float:
        """One of 6 matrices, dBFS: the oscillator is all that reaches them here."""
        return self._out(f"/mtx/{n:02}", [self.oscillator((n + 19,))])

    def output(self, n: int) -> float:
        """What leaves by one of 16 outputs, dBFS: main 1-3, buses 4-19, matrices 20-25, channels 26-57."""
        source = int(self._values[f"/outputs/main/{n:02}/src"])
        if source in (1, 2):
            return self.sides()[source - 1]
        if source == 3:
            return self.mono()
        if 4 <= source < 20:
            return self.bus(source - 3)
        if 20 <= source < 26:
            return self.matrix(source - 19)
        direct = 26 <= source < 58 and not self.blocked
        return self.after_fader(source - 25) if direct else SILENCE

    def oscillator(self, destinations: Container[int]) -> float:
        """The tone, dBFS, if it goes to one of these destinations."""
        v = self._values
        if not v["/-stat/osc/on"] or v["/config/osc/dest"] not in destinations:
            return SILENCE
        return self._real("/config/osc/level", SEND)
