"""Limits as people write them, and the verdict a value gets by them. Pure.

on                                  this word, or number
[hdmi-1, hdmi-2]                    any of these
">=95"   "<80"   "-21..-19"         numbers (a range includes its ends)
{pass: ">=95", warn: ">=80"}        PASS, then WARN; everything else is FAIL
"""

import re
from dataclasses import dataclass

from avctl.model.outcome import Verdict
from avctl.model.reading import Value

_NUMBER = r"[-+]?\d+(?:\.\d+)?"


@dataclass(frozen=True, slots=True)
class Band:
    """A set of values: `words` (or single numbers), or everything between `low` and `high`."""

    text: str
    words: tuple[Value, ...] = ()
    low: float = float("-inf")
    high: float = float("inf")
    open_low: bool = False
    open_high: bool = False

    def __contains__(self, value: object) -> bool:
        if self.words:
            return any(same(value, word) for word in self.words)
        if not isinstance(value, int | float):
            return False
        above = value > self.low if self.open_low else value >= self.low
        return above and (value < self.high if self.open_high else value <= self.high)


@dataclass(frozen=True, slots=True)
class Limits:
    """What passes, and what passes with a warning."""

    good: Band
    fair: Band | None = None

    def judge(self, value: Value) -> Verdict:
        """PASS, MARGINAL or FAIL; whether the value is to be trusted is not decided here."""
        if value in self.good:
            return Verdict.PASS
        return Verdict.MARGINAL if self.fair is not None and value in self.fair else Verdict.FAIL

    def __str__(self) -> str:
        return self.good.text


def limits(found: object) -> Limits:
    """Raises ValueError with what would be right."""
    if not isinstance(found, dict):
        return Limits(band(found))
    if "pass" not in found or set(found) - {"pass", "warn"}:
        raise ValueError(f"want pass and perhaps warn, found {', '.join(map(str, found)) or 'nothing'}")
    return Limits(band(found["pass"]), band(found["warn"]) if "warn" in found else None)


def band(found: object) -> Band:
    """Raises ValueError with what would be right."""
    if isinstance(found, list) and found and all(isinstance(f, str | int | float) for f in found):
        return Band(" / ".join(map(str, found)), words=tuple(found))
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        raise ValueError(  # noqa: TRY004 - it is the file that is wrong, not the caller
            'want a word, a number, a list of words, or a limit such as ">=95" or "-21..-19"'
        )
    return _numeric(found) or Band(str(found), words=(found,))


def _numeric(found: str | int | float) -> Band | None:
    if match := re.fullmatch(rf"\s*(>=|<=|>|<)\s*({_NUMBER})\s*", str(found)):
        sign, figure = match[1], float(match[2])
        if sign.startswith(">"):
            return Band(f"{_PRETTY[sign]} {match[2]}", low=figure, open_low=sign == ">")
        return Band(f"{_PRETTY[sign]} {match[2]}", high=figure, open_high=sign == "<")
    if match := re.fullmatch(rf"\s*({_NUMBER})\s*\.\.\s*({_NUMBER})\s*", str(found)):
        if float(match[1]) > float(match[2]):
            raise ValueError(f"the range {found} has its ends the wrong way round")
        return Band(f"{match[1]} … {match[2]}", low=float(match[1]), high=float(match[2]))
    if isinstance(found, str) and re.match(r"\s*[<>=]|.*\.\.", found):
        raise ValueError(f'{found!r} is no limit; want ">=95", "<80" or "-21..-19"')
    return None


def same(found: object, wanted: Value) -> bool:
    """Whether a device says what was wanted; numbers agree within a hundredth, or half a percent (steps of faders)."""
    if isinstance(found, str) or isinstance(wanted, str) or not isinstance(found, int | float):
        return found == wanted
    return abs(found - wanted) <= max(0.01, 0.005 * abs(wanted))


_PRETTY = {">=": "≥", "<=": "≤", ">": ">", "<": "<"}
