"""A calendar as lines of text: its events, its zones, which version of each counts, what is refused unread. Pure.

This much is done before any library sees the feed, so that one bad line costs one event at most.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2s
from typing import Final

_LINE: Final = re.compile(
    r"([A-Za-z0-9-]+)((?:;[A-Za-z0-9-]+=(?:\"[^\"]*\"|[^:;\",]*)(?:,(?:\"[^\"]*\"|[^:;\",]*))*)*):(.*)", re.DOTALL
)


class Unreadable(ValueError):
    """The feed as a whole is no calendar; the last good one stays in force."""


@dataclass(slots=True)
class Raw:
    """One VEVENT as lines: of each property its parameters and its values, in order."""

    lines: dict[str, list[tuple[str, str]]]

    def value(self, name: str) -> str:
        return self.lines[name][0][1].strip() if name in self.lines else ""

    def text(self, name: str) -> str:
        return re.sub(r"\\([\\;,nN])", lambda m: "\n" if m[1] in "nN" else m[1], self.value(name))

    @property
    def uid(self) -> str:
        said = self.value("UID")
        return said or blake2s(repr(sorted(self.lines.items())).encode(), digest_size=8).hexdigest()

    @property
    def version(self) -> tuple[int, str, str]:
        sequence = self.value("SEQUENCE")
        return (int(sequence[:9]) if sequence.isdecimal() else 0, self.value("LAST-MODIFIED"), self.value("DTSTAMP"))

    @property
    def repeats(self) -> bool:
        return "RRULE" in self.lines or "RDATE" in self.lines


@dataclass(frozen=True, slots=True)
class Feed:
    """A whole calendar: events by uid (the newest version of each), time zones by id, the calendar's own zone.

    `broken` are uids of events that say no start, `older` counts versions that a newer one replaces.
    """

    series: dict[str, list[Raw]]
    zones: dict[str, str]
    own: str
    broken: tuple[str, ...]
    older: int


def feed(data: bytes) -> Feed:
    """Raises Unreadable for what is no whole calendar."""
    zones, events, own = _blocks(_text(data))
    series, older = _series(e for e in events if e.value("DTSTART"))
    return Feed(series, zones, own, tuple(e.uid for e in events if not e.value("DTSTART")), older)


def out_of_sight(versions: list[Raw], low: float, high: float) -> bool:
    """A single event days away from the window: most of a long feed, and not worth a library's time."""
    only = versions[0]
    if len(versions) > 1 or only.repeats:
        return False
    first = f"{datetime.fromtimestamp(low, UTC) - timedelta(days=2):%Y%m%d}"
    last = f"{datetime.fromtimestamp(high, UTC) + timedelta(days=2):%Y%m%d}"
    start, end = only.value("DTSTART")[:8], only.value("DTEND")[:8] or only.value("DTSTART")[:8]
    if not (start.isdecimal() and end.isdecimal()):
        return False
    return start > last or ("DURATION" not in only.lines and max(start, end) < first)


def screen(raw: Raw) -> None:
    """Refuse rules no meeting has, before anything is computed from them. Raises ValueError."""
    for _, rule in raw.lines.get("RRULE", ()):
        parts = dict(p.split("=", 1) for p in rule.upper().replace(" ", "").split(";") if "=" in p)
        if parts.get("FREQ") in ("SECONDLY", "MINUTELY"):
            raise ValueError(f"repeats {parts['FREQ'].lower()}, which no meeting does")
        if not parts.get("INTERVAL", "1").strip("0"):
            raise ValueError("repeats with an INTERVAL of 0, which never ends")
        if "BYSECOND" in parts or parts.get("BYMINUTE", "").count(",") > 3:
            raise ValueError("repeats more often than meetings do")


def _text(data: bytes) -> str:
    text = data.decode("utf-8-sig", errors="replace").strip()
    head = text[:200].lower()
    if not text:
        raise Unreadable("empty, not even an empty calendar")
    if "<html" in head or "<!doctype" in head:
        raise Unreadable("a web page, not a calendar: does the address ask for a login?")
    if not head.startswith("begin:vcalendar"):
        raise Unreadable("does not begin with BEGIN:VCALENDAR")
    if "end:vcalendar" not in text[-200:].lower():
        raise Unreadable("cut off: END:VCALENDAR is missing")
    return text


def _blocks(text: str) -> tuple[dict[str, str], list[Raw], str]:
    """Time zones by their id, events, and the calendar's own zone (X-WR-TIMEZONE)."""
    zones: dict[str, str] = {}
    events: list[Raw] = []
    own = inside = ""
    kept: list[str] = []
    for line in re.split(r"\r?\n", re.sub(r"\r?\n[ \t]", "", text)):
        upper = line[:40].upper().strip()
        if not inside and upper in ("BEGIN:VEVENT", "BEGIN:VTIMEZONE"):
            inside, kept = upper[6:], []
        elif inside and upper == f"END:{inside}":
            if inside == "VEVENT":
                events.append(_raw(kept))
            else:
                zones[next((k[5:].strip() for k in kept if k.upper().startswith("TZID:")), "")] = "\r\n".join(kept)
            inside = ""
        elif inside:
            kept.append(line)
        elif upper.startswith("X-WR-TIMEZONE:"):
            own = line.partition(":")[2].strip()
    return zones, events, own


def _raw(lines: Iterable[str]) -> Raw:
    """An event's own properties; what lies in a VALARM within it is left out, as are lines that are none."""
    kept: dict[str, list[tuple[str, str]]] = {}
    depth = 0
    for line in lines:
        upper = line[:12].upper()
        depth += upper.startswith("BEGIN:") - upper.startswith("END:")
        if depth == 0 and (m := _LINE.fullmatch(line)):
            kept.setdefault(m[1].upper(), []).append((m[2], m[3]))
    return Raw(kept)


def _series(events: Iterable[Raw]) -> tuple[dict[str, list[Raw]], int]:
    """Events by uid; of two with the same uid and recurrence-id the newest, and how many were older."""
    newest: dict[tuple[str, str], Raw] = {}
    older = 0
    for event in events:
        key = (event.uid, event.value("RECURRENCE-ID"))
        older += key in newest
        if key not in newest or event.version >= newest[key].version:
            newest[key] = event
    series: dict[str, list[Raw]] = {}
    for (uid, _), event in newest.items():
        series.setdefault(uid, []).append(event)
    return series, older
