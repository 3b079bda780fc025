"""The points every receiver of wireless microphones has, whoever made it: `receiver.2.battery` is the same everywhere.

A transmitter that is off says nothing of its battery: that is unknown, not empty.
"""

from collections.abc import Collection, Iterator

from avctl.model.point import Point

_DOCS: dict[str, tuple[str, str, tuple[str, ...], float | None, float | None]] = {
    "transmitter": ("Kind of transmitter heard on channel {n}, in the maker's word, or off", "", (), None, None),
    "battery": ("Charge of the battery in the transmitter on channel {n}", "%", (), 0, 100),
    "bars": ("Bars of the battery in the transmitter on channel {n}; all that primary cells tell", "", (), 0, 5),
    "runtime": ("Time until the transmitter on channel {n} is empty", "min", (), 0, 6000),
    "frequency": ("Carrier frequency of channel {n}", "MHz", (), 40, 6000),
    "name": ("Name of channel {n}, given by people", "", (), None, None),
    "interference": ("Whether foreign signals disturb channel {n}", "", ("none", "critical"), None, None),
    "encryption": ("Whether both ends of channel {n} agree on encryption", "", ("ok", "warning"), None, None),
    "warnings": ("What the maker warns of on channel {n}: words, or none", "", (), None, None),
    "rf": ("Radio level of channel {n}", "dBm", (), -140, 20),
    "quality": ("Radio quality of channel {n}", "%", (), 0, 100),
    "antenna": ("The antenna channel {n} listens to: a, b, or none", "", ("a", "b", "none"), None, None),
    "level": ("Sound level of channel {n}", "dBFS", (), -120, 20),
}
_METERS = frozenset(("rf", "quality", "antenna", "level"))


def points(channels: int, source: str, has: Collection[str]) -> Iterator[Point]:
    """Of every channel, the points the receiver `has`; meters are fleeting."""
    for n in range(1, channels + 1):
        for name in has:
            doc, unit, words, low, high = _DOCS[name]
            text = doc.format(n=n)
            yield Point(f"receiver.{n}.{name}", text, source, unit, words, low, high, fleeting=name in _METERS)


def gain(channels: int, source: str, low: float, high: float) -> Iterator[Point]:
    """`receiver.N.gain`: how loud the receiver gives the channel out."""
    for n in range(1, channels + 1):
        yield Point(f"receiver.{n}.gain", f"Gain of channel {n}", source, "dB", (), low, high, writable=True)


def mute(channels: int, source: str) -> Iterator[Point]:
    """`receiver.N.mute`: on is silent, at the receiver's output."""
    for n in range(1, channels + 1):
        doc = f"Channel {n} muted at the output"
        yield Point(f"receiver.{n}.mute", doc, source, words=("on", "off"), writable=True)
