"""A point describes itself: what it is called, what it means, its unit, its words, its range.

Names are dotted, from the part to the quality: `lamp.hours`, `bay.3.charge`, `channel.01.mute`. All but the last
word name the sub-unit (`part_of`), so that a fault can blame one bay and not the whole charger.
"""

from dataclasses import dataclass

from avctl.model.reading import Value


@dataclass(frozen=True, slots=True)
class Point:
    """One thing a device can say about itself, and perhaps be told.

    `unit` is the unit of a number ("h", "%", "dB", "dBFS", "°C", "A", "s" or ""); `words` are all the words a
    worded point may say; `low` and `high` bound a number (outside them it is implausible); `source` is the manual
    and page it is taken from. `fleeting` values (meter levels) are neither archived nor announced one by one.
    """

    name: str
    doc: str
    source: str
    unit: str = ""
    words: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    writable: bool = False
    fleeting: bool = False

    def accepts(self, value: Value) -> bool:
        """Say whether `value` is one this point could have: a known word, or a number within its range."""
        if self.words:
            return value in self.words
        if isinstance(value, str):
            return self.low is None and self.high is None
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


def part_of(point: str) -> str:
    """The sub-unit a point belongs to: `part_of("bay.3.charge") == "bay.3"`, and "" for `power`."""
    return point.rpartition(".")[0]
