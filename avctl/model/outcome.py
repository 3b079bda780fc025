"""What came of a step: a verdict, and beside it what was said, what was seen and what was wanted."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """FAIL says that the room is broken, ERROR that we could not find out; what was not tested is SKIPPED."""

    PASS = "pass"
    MARGINAL = "marginal"  # usable; somebody should know (WARN in the reports)
    FAIL = "fail"
    ERROR = "error"
    SKIPPED = "skipped"
    UNCONFIRMED = "unconfirmed"  # a person was asked and did not answer


_WORST_LAST = (Verdict.PASS, Verdict.SKIPPED, Verdict.MARGINAL, Verdict.UNCONFIRMED, Verdict.ERROR, Verdict.FAIL)


def worst(verdicts: "list[Verdict]") -> Verdict:
    """The verdict that decides; SKIPPED when nothing was tested (nothing untested is ever green)."""
    return max(verdicts, key=_WORST_LAST.index, default=Verdict.SKIPPED)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One step's result. `said` is the sentence, `saw` the measured value, `limit` the wanted one, `took` seconds."""

    step: str
    verdict: Verdict
    said: str = ""
    saw: str = ""
    limit: str = ""
    took: float = 0.0
