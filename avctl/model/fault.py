"""A fault is a level, not an edge: it stands from its raising until its clearing, whoever looks and whenever.

raised (seen) -> confirmed (it persisted) -> mitigated (a fallback restored the service) -> cleared (gone);
acknowledged (a person has it) is a flag beside them.
"""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much it matters. A CRITICAL fault takes away what the device is for."""

    NOTICE = "notice"  # worth a look this week
    WARNING = "warning"  # usable; tell somebody
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class FaultKey:
    """Which fault it is: at most one of each stands at a time. `part` is a sub-unit such as "bay.3", or ""."""

    device: str
    name: str
    part: str = ""

    def __str__(self) -> str:
        return f"{self.device}.{self.part}.{self.name}" if self.part else f"{self.device}.{self.name}"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault and its times (UTC seconds; None while it has not come to that).

    `seen` is the value that raised it, `limit` what it was held against, `by` the event that caused it, `event` the
    number of its own raising (0 before it has one).
    """

    key: FaultKey
    severity: Severity
    since: float
    by: int
    seen: str = ""
    limit: str = ""
    confirmed: float | None = None
    mitigated: float | None = None
    acknowledged: float | None = None
    acknowledged_by: str = ""
    event: int = 0
