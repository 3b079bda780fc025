"""What flows through a simulated X Air, and its meters: words of 16 bits, 1/256 dB, counted little-endian.

Source: X AIR Mixer Series Remote Control Protocol, firmware 1.11, p. 2 to 4.
"""

import struct
from collections.abc import Callable, Mapping, Sequence
from random import Random

from simulators.desk_kind import Value
from simulators.desk_sound import SILENCE, Send, Sound
from simulators.xair_address import Size

_LOWEST = -32768  # -128 dB: nothing at all


class AirSound(Sound):
    """Levels of one mixer."""

    dcas = groups = 4
    main_strip, to_main = "/lr", "lr"

    def __init__(self, values: Mapping[str, Value], chance: Random, size: Size) -> None:
        self.channels, self.buses = size.channels, size.buses
        self._sends = {
            bus: [(n, "", f"/ch/{n:02}/mix/{bus:02}/level") for n in range(1, size.channels + 1)]
            for bus in range(1, size.buses + 1)
        }
        super().__init__(values, chance)

    def headamp(self, channel: int) -> str:
        return f"/headamp/{channel:02}"

    def bus_strip(self, n: int) -> str:
        return f"/bus/{n}"

    def sends(self, bus: int) -> Sequence[Send]:
        return self._sends[bus]


def word(level: float) -> int:
    """dBFS as a meter says it."""
    return _LOWEST if level <= SILENCE else max(_LOWEST, min(32767, round(level * 256)))


def meters(sound: AirSound, address: str, numbers: list[int]) -> bytes | None:
    """The blob of `/meters/<number>`; None for an address the mixer does not have."""
    shown = _METERS.get(address)
    if shown is None:
        return None
    words = [word(level) for level in shown(sound, numbers)]
    return struct.pack(f"<i{len(words)}h", len(words), *words)


def _silent(count: int) -> Callable[[AirSound, list[int]], list[float]]:
    return lambda _, __: [SILENCE] * count


def _channels(sound: AirSound) -> list[float]:
    return _filled([sound.channel(n) for n in range(1, sound.channels + 1)], 16)


def _buses(sound: AirSound) -> list[float]:
    return _filled([sound.bus(n) for n in range(1, sound.buses + 1)], 6)


def _filled(levels: list[float], count: int) -> list[float]:
    return levels + [SILENCE] * (count - len(levels))


def _strip(sound: AirSound, numbers: list[int]) -> list[float]:
    channel = (numbers or [0])[0] + 1
    if not 1 <= channel <= sound.channels:
        return [SILENCE] * 8
    before, after = sound.channel(channel), sound.after_fader(channel)
    return [before, before, 0.0, 0.0, after, after, before, before]


def _all_channels(sound: AirSound, _: list[int]) -> list[float]:
    return [*_channels(sound), *[SILENCE] * 10, *_buses(sound), *[SILENCE] * 4, *sound.sides(), *sound.sides()]


def _inputs(sound: AirSound, _: list[int]) -> list[float]:
    return [*_channels(sound), *[SILENCE] * 20]


def _outputs(sound: AirSound, _: list[int]) -> list[float]:
    return [*_buses(sound), *sound.sides(), *[SILENCE] * 34, *sound.sides()]


_METERS: dict[str, Callable[[AirSound, list[int]], list[float]]] = {
    "/meters/0": _strip,
    "/meters/1": _all_channels,
    "/meters/2": _inputs,
    "/meters/3": _silent(56),
    "/meters/4": _silent(100),
    "/meters/5": _outputs,
    "/meters/6": lambda _, __: [0.0] * 39,  # nothing is taken away
    "/meters/7": lambda _, __: [0.0] * 16,
    "/meters/8": _silent(4),
    "/meters/9": lambda sound, _: [*sound.sides(), SILENCE, SILENCE],
}
