"""Names as calendars write them: of time zones, and of rooms. Part of the child process; pure."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from avctl.bookings.room import words

_SUFFIX = re.compile(r"\s+\d+$")  # Outlook numbers copies of a zone: "GMT Standard Time 1"
_OFFSET = re.compile(r"(?:UTC|GMT)\s*([+-])\s*(\d{1,2})(?:[:.]?(\d{2}))?", re.IGNORECASE)
_WORD = re.compile(r"[0-9a-z]+|[^0-9a-z\s,;/()（）·-]+")


def known(name: str) -> bool:
    """Whether the zone database has this very name."""
    try:
        return bool(name) and ZoneInfo(name) is not None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


def plain(name: str) -> str | None:
    """The database's name for a zone that is surely meant: its own, Windows', or one behind a producer's path."""
    bare = name.strip()
    for candidate in (bare, WINDOWS_TO_OLSON.get(bare, ""), "/".join(bare.split("/")[-2:])):
        if known(candidate):
            return candidate
    return None


def guess(name: str, home: str) -> str:
    """The likeliest zone for a name without a definition: a numbered copy, an offset, else `home`."""
    if (bare := plain(_SUFFIX.sub("", name))) is not None:
        return bare
    if (found := _OFFSET.search(name)) is None:
        return home
    minutes = (int(found[2]) * 60 + int(found[3] or 0)) * (-1 if found[1] == "-" else 1)
    if datetime(2026, 1, 1, tzinfo=UTC).astimezone(ZoneInfo(home)).utcoffset() == timedelta(minutes=minutes):
        return home
    whole = f"Etc/GMT{-minutes // 60:+d}" if minutes % 60 == 0 else ""  # its signs are the other way round
    return whole if known(whole) else home


def rooms(location: str, names: Mapping[str, str]) -> list[str]:
    """The rooms a location speaks of: by its whole text, by its parts ("301; 302"), or by a name within it."""
    if (whole := names.get(words(location))) is not None:
        return [whole]
    parts = [names.get(words(part)) for part in re.split(r"[;；,，、\n]", location[:500])]
    if found := [room for room in dict.fromkeys(parts) if room is not None]:
        return found
    tokens = {*_WORD.findall(unicodedata.normalize("NFKC", location[:500]).casefold())}
    within = {room for name, room in names.items() if name in tokens}
    return sorted(within) if len(within) == 1 else []
