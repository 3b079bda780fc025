"""A Shure ULX-D or QLX-D receiver that is not there.

Source: Shure command strings ULXD. Meters are told at the rate that was asked for, to everybody who is connected.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from simulators.receiver import Channel, Receiver
from simulators.shure import CommandStrings, Table, framed, padded
from simulators.talker import Talk

UNKNOWN, CALCULATING = "65535", "65534"
_QUIETEST = -18  # dB at AUDIO_GAIN 000
_ANTENNA = {"a": "AX", "b": "XB", "": "XX"}


class Rack(CommandStrings, Receiver):
    """How it speaks. `family` is ulxd or qlxd."""

    stem = "shure-receiver"
    kind = "ULXD2"

    def __init__(self, name: str, simulate: Mapping[str, Any] | None = None) -> None:
        self.rate = 0  # ms between two samples, 0 is off
        self._meters: asyncio.TimerHandle | None = None
        super().__init__(name, simulate)
        self.family = str(self.simulate.get("family", "ulxd"))
        self.device_id = str(self.simulate.get("device_id", "ULXD4Q"))[:8]
        self.firmware = str(self.simulate.get("firmware", "2.7.6.0"))

    def take(self, index: str, name: str, value: str, talk: Talk) -> bool:
        """Mute, gain, name and meters can be set."""
        if not index.isdecimal() or not 1 <= int(index) <= len(self.channels):
            return False
        channel = self.channel(int(index))
        match name:
            case "AUDIO_MUTE" if self.family == "ulxd" and value in ("ON", "OFF", "TOGGLE"):
                channel.muted = not channel.muted if value == "TOGGLE" else value == "ON"
            case "AUDIO_GAIN" if value.isdecimal() and int(value) <= 60:
                channel.gain = int(value) + _QUIETEST
            case "CHAN_NAME" if 0 < len(value) <= 8:
                channel.name = value
            case "METER_RATE" if value.isdecimal() and (int(value) == 0 or 100 <= int(value) <= 99999):
                self.rate = int(value)
                self._rewind()
            case _:
                return False
        return True

    def table(self) -> Table:
        """The device first, then channel after channel."""
        table: Table = {("", "DEVICE_ID"): padded(self.device_id, 8), ("", "FW_VER"): padded(self.firmware, 18)}
        for number in range(1, len(self.channels) + 1):
            channel = self.channel(number)
            table |= {(str(number), name): value for name, value in self._channel(channel).items()}
        return table

    def _channel(self, channel: Channel) -> dict[str, str]:
        said = {
            "CHAN_NAME": padded(channel.name, 8),
            "METER_RATE": f"{self.rate:05}",
            "AUDIO_GAIN": f"{channel.gain - _QUIETEST:03}",
            "AUDIO_MUTE": "ON" if channel.muted else "OFF",
            "FREQUENCY": f"{channel.frequency:06}",
            "ENCRYPTION_WARNING": "ON" if channel.scrambled else "OFF",
            "RF_INT_DET": "CRITICAL" if channel.disturbed else "NONE",
            "TX_TYPE": channel.kind if channel.on else "UNKN",
        }
        if self.family == "qlxd":
            del said["AUDIO_MUTE"], said["RF_INT_DET"]
        return said | self._battery(channel)

    def _battery(self, channel: Channel) -> dict[str, str]:
        known = channel.on and not channel.primary
        return {
            "BATT_BARS": f"{channel.bars:03}" if channel.on else "255",
            "BATT_CHARGE": f"{int(channel.charge):03}" if known else "255",
            "BATT_RUN_TIME": f"{self.minutes(channel):05}" if known else UNKNOWN,
        }

    # --- meters

    def _rewind(self) -> None:
        if self._meters:
            self._meters.cancel()
        self._meters = self.later(self.rate / 1000, self._sample) if self.rate else None

    def _sample(self) -> None:
        samples = [self._needles(number) for number in range(1, len(self.channels) + 1)]
        if self.talks:
            self.tell(framed(*samples))
            self._rewind()

    def _needles(self, number: int) -> str:
        channel = self.channel(number)
        radio, sound = self.radio(channel) + 120, max(0, channel.level + 50)
        return f"SAMPLE {number} ALL {_ANTENNA[self.antenna(channel)]} {radio:03} {sound:03}"

    def loses_mains(self) -> None:
        """It forgets that somebody wanted meters."""
        super().loses_mains()
        self.rate = 0
        self._rewind()
