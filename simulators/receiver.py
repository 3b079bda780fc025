"""The life of a receiver for wireless microphones, whatever it speaks: transmitters come, go, and run empty.

How it speaks is another file's story (`shure_receiver`, `sennheiser_receiver`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simulators.device import Device, State, mishap

HOURS = 8.0
"""A full battery lasts so long in a transmitter that is on."""
NEAR, NOTHING = -45, -120  # dBm


@dataclass
class Channel:
    """One channel and the transmitter that may be heard on it. `charge` in %, `frequency` in kHz, `gain` in dB."""

    name: str
    frequency: int
    kind: str
    on: bool
    charge: float
    since: float
    """Loop time up to which the battery has been counted."""
    primary: bool = False
    """Cells that cannot be charged: nobody knows how full they are."""
    gain: int = 0
    muted: bool = False
    disturbed: bool = False
    scrambled: bool = False
    """Transmitter and receiver do not agree on encryption."""
    voice: int = -30
    """dBFS of what is spoken into it."""

    @property
    def bars(self) -> int:
        """0 to 5."""
        return min(5, int(self.charge / 20 + 0.999))

    @property
    def level(self) -> int:
        """dBFS at the output."""
        return self.voice if self.on and not self.muted and not self.scrambled else -120


class Receiver(Device):
    """Channels from 1. `simulate: {microphones: [{name: …, charge: 80}, null]}`; null: no transmitter is on."""

    boot = 10.0
    draw = 0.1
    places = 4
    kind = ""
    """What a transmitter of this make is called."""

    def __init__(self, name: str, simulate: Mapping[str, Any] | None = None) -> None:
        super().__init__(name, simulate)
        self.hours = float(self.simulate.get("hours", HOURS))
        self.channels: list[Channel] = []
        self.microphones = list(self.simulate.get("microphones", [{}] * self.places))
        self.antennas = {"a", "b"}

    @property
    def microphones(self) -> list[Mapping[str, Any] | None]:
        """The channels as a site file tells them."""
        return [{"name": c.name, "charge": c.charge} if c.on else None for c in self.channels]

    @microphones.setter
    def microphones(self, told: list[Mapping[str, Any] | None]) -> None:
        self.channels = [self._made(number, channel) for number, channel in enumerate(told, start=1)]

    def _made(self, number: int, told: Mapping[str, Any] | None) -> Channel:
        words: dict[str, Any] = {
            "name": f"Mic {number}", "frequency": 578350 + 600 * number, "kind": self.kind, "charge": 100.0,
            "on": told is not None,
        }  # fmt: skip
        return Channel(**(words | dict(told or {})), since=self.now)

    # --- life

    def changed(self) -> None:
        """Something happened that a receiver may tell unasked. Subclasses say it."""

    def channel(self, number: int) -> Channel:
        """A channel, with its battery as of now. Raises ValueError for one that does not exist."""
        if not 1 <= number <= len(self.channels):
            raise ValueError(f"channel {number}: this receiver has channels 1 to {len(self.channels)}")
        channel = self.channels[number - 1]
        if channel.on:
            channel.charge = max(0.0, channel.charge - 100 * (self.now - channel.since) / 3600 / self.hours)
            channel.on = channel.charge > 0
        channel.since = self.now
        return channel

    def minutes(self, channel: Channel) -> int:
        """Until the transmitter is empty."""
        return int(channel.charge / 100 * self.hours * 60)

    def radio(self, channel: Channel) -> int:
        """dBm at the better antenna."""
        return NEAR if channel.on and self.antennas else NOTHING

    def antenna(self, channel: Channel) -> str:
        """The antenna it listens to."""
        return min(self.antennas) if channel.on and self.antennas else ""

    # --- mishaps

    @mishap
    def battery_drains(self, channel: int, charge: float = 8) -> None:
        """It was not full when the meeting began."""
        self.channel(channel).charge = float(charge)
        self.changed()

    @mishap
    def primary_cells(self, channel: int) -> None:
        """Somebody put alkaline cells in: bars are all there is."""
        self.channel(channel).primary = True
        self.changed()

    @mishap
    def transmitter_off(self, channel: int) -> None:
        """Switched off, or out of reach."""
        self.channel(channel).on = False
        self.changed()

    @mishap
    def transmitter_on(self, channel: int, charge: float = 100) -> None:
        """Switched on, with a battery so full."""
        found = self.channel(channel)
        found.on, found.charge = True, float(charge)
        self.changed()

    @mishap
    def interference(self, channel: int) -> None:
        """A stranger transmits on this frequency."""
        self.channel(channel).disturbed = True
        self.changed()

    @mishap
    def antenna_pulled(self) -> None:
        """The cable of antenna A is out."""
        self.antennas.discard("a")
        self.changed()

    @mishap
    def encryption_differs(self, channel: int) -> None:
        """The transmitter was paired with another receiver: nothing is heard."""
        self.channel(channel).scrambled = True
        self.changed()

    @mishap
    def muted_by_hand(self, channel: int) -> None:
        """Somebody muted the channel at the receiver's front."""
        self.channel(channel).muted = True
        self.changed()

    def heal(self) -> None:
        """On, full, undisturbed and heard."""
        super().heal()
        self.antennas = {"a", "b"}
        for channel in self.channels:
            channel.on, channel.charge, channel.since = True, 100.0, self.now
            channel.primary = channel.disturbed = channel.scrambled = channel.muted = False
        self.changed()

    def state(self) -> State:
        """What its front shows."""
        shown: dict[str, int | float | str | None] = {}
        for number in range(1, len(self.channels) + 1):
            channel = self.channel(number)
            shown[f"channel.{number}.battery"] = round(channel.charge, 1) if channel.on else None
            shown[f"channel.{number}.muted"] = "yes" if channel.muted else "no"
        return shown
