"""How much of its life a part has used, and when it will be used up: from readings of a meter, and nothing else. Pure.

A meter that falls by more than MARGIN began anew: another lamp hangs there now, and what the old one did no longer
counts. A forecast needs two readings of the same part; it says how many it stands on.
"""

from collections.abc import Sequence
from dataclasses import dataclass

MARGIN = 10.0  # hours a reading may fall back before it means a new part
WINDOW = 90 * 86_400.0  # seconds back from the newest reading that the rate is taken from

Sample = tuple[float, float]
"""When (UTC seconds), and what the meter said."""


@dataclass(frozen=True, slots=True)
class Wear:
    """`used` (of the meter's unit) at `read`, growing by `per_day`; None where that cannot be said."""

    used: float
    read: float
    since: float
    per_day: float | None
    readings: int

    def share(self, rated: float | None) -> float | None:
        """Percent of the rated life."""
        return 100 * self.used / rated if rated else None

    def end(self, rated: float | None) -> float | None:
        """When the rated life is used up (UTC seconds), if it goes on like this."""
        if not rated or not self.per_day:
            return None
        return self.read + (rated - self.used) / self.per_day * 86_400


def current(samples: Sequence[Sample]) -> Sequence[Sample]:
    """The readings of the part that is in there now."""
    fresh = [i for i in range(1, len(samples)) if samples[i][1] < samples[i - 1][1] - MARGIN]
    return samples[fresh[-1] :] if fresh else samples


def wear(samples: Sequence[Sample]) -> Wear | None:
    """The wear that readings, oldest first, show; None without any."""
    own = current(samples)
    if not own:
        return None
    at, used = own[-1]
    recent = [sample for sample in own if sample[0] >= at - WINDOW]
    began, first = recent[0]
    per_day = (used - first) / (at - began) * 86_400 if at > began and used > first else None
    return Wear(used, at, own[0][0], per_day, len(recent))
