"""The life of a sound processor, whatever it speaks: channels with faders, mutes and a little sound, presets, faults.

How it speaks is another file's story (`tesira`, `qsys_qrc`).
"""

import math
from collections.abc import Mapping
from typing import Any

from simulators.device import State, mishap
from simulators.talker import Talker

LOWEST, HIGHEST = -100.0, 12.0


class Processor(Talker):
    """What it is (attributes) and what befalls it (mishaps)."""

    def __init__(self, name: str, simulate: Mapping[str, Any] | None = None) -> None:
        super().__init__(name, simulate)
        told = self.simulate.get
        self.channels = int(told("channels", 4))
        self.serial = str(told("serial", f"{self.random.randrange(10**8):08d}"))
        self.faders = dict.fromkeys(range(1, self.channels + 1), 0.0)
        self.mutes = dict.fromkeys(self.faders, False)
        self.preset = 0
        self.sound = float(told("sound", -30.0))
        """dBFS of the room's murmur before the faders."""
        self._whole()

    def _whole(self) -> None:
        self.lying = self.refusing = self.standby = False
        self.fault = "none"

    def changed(self, channel: int, what: str) -> None:
        """`what` ("fader" or "mute") of a channel was moved. Subclasses tell it."""

    def level(self, channel: int) -> float:
        """dBFS after the fader, this very moment; murmurs go up and down."""
        if self.mutes[channel]:
            return LOWEST
        return max(LOWEST, self.sound + self.faders[channel] + 3 * math.sin(self.now + channel))

    def move(self, channel: int, fader: float) -> None:
        """Set a fader, dB."""
        self.faders[channel] = max(LOWEST, min(HIGHEST, fader))
        self.changed(channel, "fader")

    def hush(self, channel: int, mute: bool) -> None:
        """Mute or unmute."""
        self.mutes[channel] = mute
        self.changed(channel, "mute")

    def recall(self, preset: int) -> None:
        """A preset brings the faders back to 0 dB and opens all channels."""
        self.preset = preset
        for channel in self.faders:
            self.move(channel, 0.0)
            self.hush(channel, False)

    # --- mishaps

    @mishap
    def somebody_mutes(self, channel: int = 1) -> None:
        """At the wall panel, by hand."""
        self.hush(int(channel), True)

    @mishap
    def network_audio_fails(self) -> None:
        """It reports a major fault: the clock of its audio network is lost."""
        self.fault = "major"

    @mishap
    def refuses(self) -> None:
        """Says no to every command that would change something."""
        self.refusing = True

    @mishap
    def lies(self) -> None:
        """Says yes to every command and does none of them."""
        self.lying = True

    def heal(self) -> None:
        """Repaired; faders stay where they are."""
        super().heal()
        self._whole()

    def state(self) -> State:
        """What its software shows."""
        faders = {f"fader {n}": round(level, 1) for n, level in self.faders.items()}
        muted = " ".join(str(n) for n, mute in self.mutes.items() if mute)
        return {**faders, "muted": muted, "preset": self.preset, "fault": self.fault}
