"""One observed fact: what a point of a device said, how sure we are, and when."""

from dataclasses import dataclass
from enum import StrEnum

Value = int | float | str
"""What a point can say. A two-state point says its own two words ("on"/"off"), never a bool."""


class Quality(StrEnum):
    """How a value came to be known. Only MEASURED clears a fault or passes a test."""

    MEASURED = "measured"  # the device said so, just now
    ASSUMED = "assumed"  # we asked for it and nobody contradicted
    STALE = "stale"  # it was measured, but longer ago than its limit
    SILENT = "silent"  # the device was asked and did not answer


@dataclass(frozen=True, slots=True)
class Reading:
    """`Reading("r301-projector", "lamp.hours", 2490, MEASURED, at)`; `at` is UTC in seconds since 1970.

    `value` is None when the device answered that it does not know (a sentinel), or did not answer at all.
    """

    device: str
    point: str
    value: Value | None
    quality: Quality
    at: float
