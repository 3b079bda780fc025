"""iCalendar as it is in the wild, to plain entries. Runs in the child process of `ics_child`, never in the daemon.

Strangers send invitations, so this is remote input. How such a feed wants to be treated:

1. A page of HTML with status 200 is a login page, not an empty calendar: the whole feed is refused.
2. One broken event must not cost the others: each series is read and unfolded by itself, the broken ones are named.
3. Only the lines that say when are given to the library; subject, organiser and attendees are never looked at
   (but for the tag line of needs, and for whether an all-day entry closes the room), and never leave this file.
4. A time zone with a name nobody knows reads as local time without any error: known names are put in its place.
5. Of two versions of one event the library keeps the first: the newest is chosen here.
6. A rule that repeats every minute, or with an interval of zero, burns the processor for ever: refused by name.

Source: RFC 5545; behaviour of icalendar 7.3 and recurring-ical-events 3.8 as tried.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events

from avctl.bookings import icszone
from avctl.bookings.icstext import Feed, Raw, Unreadable, feed, out_of_sight, screen
from avctl.bookings.needs import Said, field_of, merged, tag

MOST: Final = 5_000
"""Occurrences in one window; more than that is no calendar of rooms."""

_WHEN: Final = ("DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID")
_TIMES: Final = ("DTSTART", "DTEND", "RDATE", "EXDATE", "RECURRENCE-ID")
_TZID: Final = re.compile(r";TZID=(\"[^\"]*\"|[^:;]*)", re.IGNORECASE)
_BUSY: Final = "X-MICROSOFT-CDO-BUSYSTATUS"
_CLOSED: Final = re.compile(r"维护|封闭|停用|检修|maintenance|closed|out of (order|service)", re.IGNORECASE)
_WILD: Final = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
_DEFAULT_LENGTH: Final = timedelta(hours=1)
_LONG: Final = timedelta(hours=20)  # a timed meeting longer than this is several days, each tested by itself (R11)


@dataclass(frozen=True, slots=True)
class Ask:
    """What to read a feed for: a window (UTC seconds), the site's zone and hours, and how rooms are called.

    `room` is set for a feed that belongs to one room; `names` maps words for rooms, casefolded, to room ids.
    """

    low: float
    high: float
    zone: str
    names: Mapping[str, str]
    room: str = ""
    opens: float = 8.0
    closes: float = 18.0


@dataclass(slots=True)
class Found:
    """What was read: entries, what people should know, and how many events were passed over, by reason."""

    entries: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    passed_over: dict[str, int] = field(default_factory=dict)

    def drop(self, why: str, uid: str = "", detail: str = "") -> None:
        self.passed_over[why] = self.passed_over.get(why, 0) + 1
        if detail:
            self.warn(f"{uid[:60]}: {detail}")

    def warn(self, text: str) -> None:
        if len(self.warnings) < 50 and text not in self.warnings:
            self.warnings.append("".join(c if c.isprintable() else " " for c in text)[:200])


def read(data: bytes, ask: Ask, reading: Callable[[str], None] = lambda uid: None) -> Found:
    """Every occurrence within the window; `reading` is told the uid of each series before it is unfolded.

    Raises Unreadable for what is no calendar, or holds more than MOST occurrences.
    """
    found = Found()
    whole = feed(data)
    for uid in whole.broken:
        found.drop("broken", uid, "has no DTSTART")
    if whole.older:
        found.passed_over["older version"] = whole.older
    for uid, versions in whole.series.items():
        reading(uid)
        if out_of_sight(versions, ask.low, ask.high):
            found.drop("outside")
            continue
        try:
            _unfold(uid, versions, whole, ask, found)
        except Unreadable:
            raise
        except _WILD as error:
            found.drop("broken", uid, f"cannot be read: {_line(error)}")
    return found


def _unfold(uid: str, versions: list[Raw], whole: Feed, ask: Ask, found: Found) -> None:
    calendar = icalendar.Calendar()
    zones = _Zones(whole, icszone.plain(whole.own) or ask.zone)
    for number, raw in enumerate(versions):
        screen(raw)
        event = _event(raw, number, zones)
        if _sound(event, uid, found):
            calendar.add_component(event)
    for name, guess in zones.guessed.items():
        found.warn(f"{uid[:60]}: unknown time zone {name[:40]!r} is taken for {guess}")
    several = len(versions) > 1 or versions[0].repeats or "RECURRENCE-ID" in versions[0].lines
    low, high = (datetime.fromtimestamp(at, UTC) for at in (ask.low, ask.high))
    for occurrence in recurring_ical_events.of(calendar).between(low, high):
        raw = versions[int(occurrence["X-AVCTL-N"])]
        for entry in _entries(raw, occurrence, uid, several, ask, found):
            if len(found.entries) >= MOST:
                raise Unreadable(f"more than {MOST} meetings in the window; the last one read is {uid[:60]}")
            found.entries.append(entry)


class _Zones:
    """Time zones for the library: names it knows, the feed's own definitions, and what had to be guessed."""

    def __init__(self, whole: Feed, floating: str) -> None:
        self._defined, self._floating = whole.zones, floating
        self._used: set[str] = set()
        self.guessed: dict[str, str] = {}

    def mended(self, params: str, value: str) -> str:
        """The parameters of a time, with a zone that is known; a time without one gets the calendar's."""
        if "T" not in value.upper() or value.strip().upper().endswith("Z"):
            return _TZID.sub("", params)
        given = _TZID.search(params)
        name = given[1].strip('"') if given else ""
        if name in self._defined and not icszone.plain(name):
            self._used.add(name)
            return params
        return f"{_TZID.sub('', params)};TZID={self._known(name)}"

    def definitions(self) -> str:
        return "".join(f"BEGIN:VTIMEZONE\r\n{self._defined[n]}\r\nEND:VTIMEZONE\r\n" for n in self._used)

    def _known(self, name: str) -> str:
        if not name:
            return self._floating
        if (plain := icszone.plain(name)) is not None:
            return plain
        return self.guessed.setdefault(name, icszone.guess(name, self._floating))


def _event(raw: Raw, number: int, zones: _Zones) -> Any:
    """An event for the library: when, and nothing else, every time in a zone that is known."""
    lines = [f"X-AVCTL-N:{number}", "UID:x", "DTSTAMP:20000101T000000Z"]
    for name in _WHEN:
        for params, value in raw.lines.get(name, ()):
            lines.append(f"{name}{zones.mended(params, value) if name in _TIMES else params}:{value}")
    body = "\r\n".join(lines)
    text = f"BEGIN:VCALENDAR\r\n{zones.definitions()}BEGIN:VEVENT\r\n{body}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    return icalendar.Calendar.from_ical(text).walk("VEVENT")[0]


def _sound(event: Any, uid: str, found: Found) -> bool:
    """Whether its times can be read and lie in order."""
    if event.errors:
        found.drop("broken", uid, "; ".join(f"{name}: {_line(why)}" for name, why in event.errors))
        return False
    if "DTEND" in event and _order(event["DTEND"].dt) < _order(event["DTSTART"].dt):
        found.drop("broken", uid, "ends before it starts")
        return False
    return True


def _order(moment: date) -> datetime:
    whole = moment if isinstance(moment, datetime) else datetime(moment.year, moment.month, moment.day)
    return whole if whole.tzinfo else whole.replace(tzinfo=UTC)


def _entries(raw: Raw, occurrence: Any, uid: str, several: bool, ask: Ask, found: Found) -> Iterator[dict[str, Any]]:
    """One entry per room and day: nothing that names a person or a subject."""
    if why := _no_meeting(raw):
        found.drop(why)
        return
    rooms = [ask.room] if ask.room else icszone.rooms(raw.text("X-AVCTL-ROOM") or raw.text("LOCATION"), ask.names)
    if not rooms:
        found.drop("unknown room", uid, f"no room of ours is called {raw.text('LOCATION')[:60]!r}")
        return
    recurrence = _stamp(occurrence["RECURRENCE-ID"].dt) if several and "RECURRENCE-ID" in occurrence else ""
    said = _said(raw, uid, found)
    for place, room in enumerate(rooms):
        for day, start, end, all_day in _days(occurrence, uid, several or "DURATION" in raw.lines, ask, found):
            yield {
                "uid": uid[:200] + (f"@{room}" if place else ""),
                "recurrence": recurrence + day,
                "room": room,
                "start": start,
                "end": end,
                "status": "tentative" if "TENTATIVE" in (raw.value("STATUS"), raw.value(_BUSY)) else "confirmed",
                "wish": said,
                "all_day": all_day,
                "closed": all_day and bool(_CLOSED.search(raw.text("SUMMARY"))),
            }


def _no_meeting(raw: Raw) -> str:
    if raw.value("STATUS").upper() == "CANCELLED":
        return "cancelled"
    if raw.value("TRANSP").upper() == "TRANSPARENT" or raw.value(_BUSY).upper() == "FREE":
        return "transparent"
    return ""


def _said(raw: Raw, uid: str, found: Found) -> dict[str, Said]:
    """Needs: fields of the source's own first, then the tag line in the description."""
    fields: dict[str, Said] = {}
    for name in raw.lines:
        if name.startswith(("X-MRBS-", "X-AVCTL-")) and name not in ("X-AVCTL-ROOM", "X-AVCTL-N"):
            told = field_of(name.split("-", 2)[2], raw.text(name))
            fields.update(told.wish)
            if name.startswith("X-AVCTL-") or "is not known" not in "".join(told.mistakes):
                for mistake in told.mistakes:
                    found.warn(f"{uid[:60]}: {mistake}")
    line = tag(raw.text("DESCRIPTION"))
    for mistake in line.mistakes:
        found.warn(f"{uid[:60]}: {mistake}")
    return dict(merged(fields, line.wish, tag(raw.text("SUMMARY")).wish))


def _days(
    occurrence: Any, uid: str, by_length: bool, ask: Ask, found: Found
) -> Iterator[tuple[str, float, float, bool]]:
    """Start and end in UTC seconds; whole days and very long meetings day by day, within opening hours (R11)."""
    first: date = occurrence["DTSTART"].dt
    last: date = occurrence["DTEND"].dt
    if isinstance(first, datetime) and isinstance(last, datetime):
        start, end = _span(first, last, uid, by_length, found)
        yield from _parts(start, end, ask)
        return
    for n in range(max(1, min((last - first).days, 60))):
        day = first + timedelta(days=n)
        yield f"{day:%Y%m%d}" if (last - first).days > 1 else "", *_opening(day, ask), True


def _span(start: datetime, end: datetime, uid: str, by_length: bool, found: Found) -> tuple[datetime, datetime]:
    """In UTC. `by_length`: it lasts what its clock face says, also across a change of clocks."""
    shifted = start.astimezone(UTC).astimezone(start.tzinfo).replace(tzinfo=None) != start.replace(tzinfo=None)
    if shifted:
        found.warn(f"{uid[:60]}: begins at a time the change of clocks leaves out; taken as an hour later")
    lasts = end.astimezone(UTC) - start.astimezone(UTC)
    if start.tzinfo == end.tzinfo and (shifted or by_length):
        lasts = end.replace(tzinfo=None) - start.replace(tzinfo=None)
    if lasts <= timedelta():
        found.warn(f"{uid[:60]}: has no length; taken as {_DEFAULT_LENGTH.seconds // 60} minutes")
        lasts = _DEFAULT_LENGTH
    return start.astimezone(UTC), start.astimezone(UTC) + lasts


def _parts(start: datetime, end: datetime, ask: Ask) -> Iterator[tuple[str, float, float, bool]]:
    """The whole of it, or its days when it is longer than a day's work."""
    if end - start <= _LONG:
        yield "", start.timestamp(), end.timestamp(), False
        return
    day = start.astimezone(ZoneInfo(ask.zone)).date()
    while day <= end.astimezone(ZoneInfo(ask.zone)).date():
        opens, closes = _opening(day, ask)
        low, high = max(opens, start.timestamp()), min(closes, end.timestamp())
        if low < high:
            yield f"{day:%Y%m%d}", low, high, False
        day += timedelta(days=1)


def _opening(day: date, ask: Ask) -> tuple[float, float]:
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(ask.zone))
    return (midnight + timedelta(hours=ask.opens)).timestamp(), (midnight + timedelta(hours=ask.closes)).timestamp()


def _stamp(moment: date) -> str:
    """A recurrence-id that does not depend on how the zone is written."""
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}" if isinstance(moment, datetime) else f"{moment:%Y%m%d}"


def _line(error: object) -> str:
    return str(error).replace("\n", " ")[:120] or type(error).__name__
