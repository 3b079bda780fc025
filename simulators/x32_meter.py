"""The meters of a simulated desk as blobs: a count (int32), then so many floats, all of it little-endian.

Channel meters are before the fader, bus and main meters after it. (The document does not say where the desk taps them;
after the fader shows what goes out.) 1.0 is 0 dBFS. Source: X32 OSC document, section Meters.
"""

import math
import struct
from collections.abc import Callable

from simulators.desk_sound import SILENCE
from simulators.x32_sound import X32Sound as Sound

_HEADROOM = 8.0  # +18 dBFS
_SIZES = {3: 22, 7: 16, 8: 6, 9: 32, 10: 32, 12: 4, 14: 80, 15: 50, 16: 48}
_SILENT = {f"/meters/{number}": size for number, size in _SIZES.items()}
"""Effects, recorder, analyser, gains: nothing moves there in this desk."""


def linear(level: float) -> float:
    """dBFS to what a blob carries."""
    return 0.0 if level <= SILENCE else min(_HEADROOM, math.pow(10, level / 20))


def blob(values: list[float]) -> bytes:
    """The only little-endian thing in this protocol."""
    return struct.pack(f"<i{len(values)}f", len(values), *values)


def meters(sound: Sound, address: str, arguments: list[int]) -> bytes | None:
    """The blob of `/meters/<number>`; None for an address the desk does not have."""
    if address in _SILENT:
        return blob([0.0] * _SILENT[address])
    shown = _METERS.get(address)
    return blob(shown(sound, arguments)) if shown else None


def _channels(sound: Sound) -> list[float]:
    return [linear(sound.channel(n)) for n in range(1, 33)]


def _buses(sound: Sound) -> list[float]:
    return [linear(sound.bus(n)) for n in range(1, 17)] + [linear(sound.matrix(n)) for n in range(1, 7)]


def _main(sound: Sound) -> list[float]:
    return [linear(side) for side in sound.sides()]


def _all_inputs(sound: Sound, _: list[int]) -> list[float]:
    return _channels(sound) + [0.0] * 16 + _buses(sound)


def _channels_and_dynamics(sound: Sound, _: list[int]) -> list[float]:
    return _channels(sound) + [1.0] * 64  # 1.0: a gate or compressor that does nothing


def _masters(sound: Sound, _: list[int]) -> list[float]:
    return [*_buses(sound), *_main(sound), linear(sound.mono())] + [1.0] * 24


def _everything(sound: Sound, _: list[int]) -> list[float]:
    outputs = [linear(sound.output(n)) for n in range(1, 17)]
    return _channels(sound) + [0.0] * 8 + outputs + [0.0] * 26


def _surface(sound: Sound, arguments: list[int]) -> list[float]:
    layer, group = (arguments + [0, 0])[:2]
    strips = {0: _channels(sound)[:16], 1: _channels(sound)[16:], 3: _buses(sound)[:16]}.get(layer, [0.0] * 16)
    groups = {1: _buses(sound)[:8], 2: _buses(sound)[8:16]}.get(group, [0.0] * 8)
    return strips + groups + _main(sound) + [linear(sound.mono())]


def _strip(sound: Sound, arguments: list[int]) -> list[float]:
    channel = (arguments or [0])[0] + 1
    if not 1 <= channel <= 32:
        return [0.0, 1.0, 1.0, 0.0]
    return [linear(sound.channel(channel)), 1.0, 1.0, linear(sound.after_fader(channel))]


def _monitor(sound: Sound, _: list[int]) -> list[float]:
    tone = sound.oscillator(range(26))
    return [0.0, 0.0, 0.0, 1.0, linear(tone)]


def _inputs(sound: Sound, _: list[int]) -> list[float]:
    return _channels(sound) + [0.0] * 16


_METERS: dict[str, Callable[[Sound, list[int]], list[float]]] = {
    "/meters/0": _all_inputs,
    "/meters/1": _channels_and_dynamics,
    "/meters/2": _masters,
    "/meters/4": _everything,
    "/meters/5": _surface,
    "/meters/6": _strip,
    "/meters/11": _monitor,
    "/meters/13": _inputs,
}
