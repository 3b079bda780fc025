"""A Sennheiser EW-DX receiver that is not there: EM 2 with two channels, EM 4 with four.

Source: SSC developer's guide for EW-DX, chapter "EW-DX EM 2".
"""

from collections.abc import Mapping
from typing import Any

from simulators.receiver import Channel, Receiver
from simulators.ssc import ABSENT, NOT_ACCEPTABLE, Path, Ssc, Trouble

_LOWEST, _HIGHEST, _STEP = -3, 42, 3  # dB
_DIVERSITY = {"": 0, "a": 1, "b": 2}
_LOW = 10  # % at which the transmitter warns


class Rack(Ssc, Receiver):
    """How it speaks."""

    stem = "sennheiser-receiver"
    places = 2
    kind = "SKM"

    def __init__(self, name: str, simulate: Mapping[str, Any] | None = None) -> None:
        super().__init__(name, simulate)
        self.model = str(self.simulate.get("model", "EWDXEM2"))
        self.serial = str(self.simulate.get("serial", f"{self.random.randrange(10**10):010d}"))
        self.firmware = str(self.simulate.get("firmware", "1.1.3"))

    def take(self, path: Path, value: Any) -> None:
        """Mute, gain and name. A gain beyond its range, or between two steps, is taken as the nearest."""
        channel = self.channel(int(path[0][2:])) if path[0].startswith("rx") else None
        match path[1:], value:
            case ("mute",), bool() if channel:
                channel.muted = value
            case ("gain",), int() if channel:
                channel.gain = min(_HIGHEST, max(_LOWEST, round(value / _STEP) * _STEP))
            case ("name",), str() if channel and 0 < len(value) <= 8:
                channel.name = value
            case _:
                raise Trouble(NOT_ACCEPTABLE)

    def leaves(self) -> dict[Path, Any]:
        """Identity, then receiver, meters and transmitter of every channel."""
        leaves: dict[Path, Any] = {
            ("device", "identity", "product"): self.model,
            ("device", "identity", "serial"): self.serial,
            ("device", "identity", "version"): self.firmware,
            ("device", "name"): self.name,
        }
        for number in range(1, len(self.channels) + 1):
            channel = self.channel(number)
            leaves |= {(f"rx{number}", name): value for name, value in self._rx(channel).items()}
            leaves |= {("m", f"rx{number}", name): value for name, value in self._meters(channel).items()}
            leaves |= {("mates", f"tx{number}", *name): value for name, value in self._tx(channel).items()}
        return leaves

    def _rx(self, channel: Channel) -> dict[str, Any]:
        warnings = ["LowSignal"] * channel.disturbed + ["Aes256Error"] * channel.scrambled
        return {
            "name": channel.name,
            "frequency": channel.frequency,
            "mute": channel.muted,
            "gain": channel.gain,
            "warnings": warnings if channel.on else ["NoLink"],
        }

    def _meters(self, channel: Channel) -> dict[str, Any]:
        quality = 0 if not channel.on else 20 if channel.disturbed else 95
        return {
            "rssi": self.radio(channel),
            "rsqi": quality,
            "divi": _DIVERSITY[self.antenna(channel)],
            "af": channel.level,
        }

    def _tx(self, channel: Channel) -> dict[Path, Any]:
        said: dict[Path, Any] = {
            ("type",): channel.kind,
            ("battery", "type"): "Primary Cell" if channel.primary else "Battery",
            ("battery", "gauge"): int(channel.charge),
            ("battery", "lifetime"): Trouble(ABSENT) if channel.primary else self.minutes(channel),
            ("warnings",): ["LowBattery"] if channel.charge < _LOW else [],
        }
        return said if channel.on else dict.fromkeys(said, Trouble(ABSENT))
