"""The archive on the command line: questions, the chain of causes, and the words a person types for times and needs."""

import re
import sys
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from avctl.archive import questions, sheets
from avctl.archive.asked import Asked
from avctl.archive.memory import why
from avctl.archive.reader import Reader
from avctl.archive.table import Table, columns
from avctl.bookings.needs import EXTRAS, tag
from avctl.terminal import show_table

ARCHIVE = "avctl.db"


def ask(folder: Path, name: str, asked: Mapping[str, str], limit: int, format: str, lang: str) -> int:
    """Ask one question and show its tables; with no name, tell the names. Exit code 2 for what is not understood."""
    try:
        fields: dict[str, Any] = {key: asked[key] for key in ("room", "device", "model")}
        fields |= {key: moment(asked[key]) for key in ("since", "until") if asked[key]}
        now = datetime.now().astimezone().timestamp()
        return _show(folder, name, Asked(now=now, limit=limit, **fields), format, lang)
    except (LookupError, ValueError, FileNotFoundError) as error:
        print(error.args[-1] if isinstance(error, LookupError) else error, file=sys.stderr)
        return 2


def chain(folder: Path, seq: int, format: str, lang: str) -> int:
    """The causes of an event, itself first."""
    reader = Reader(folder / ARCHIVE)
    try:
        found = reader.answer(why, seq)
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 2
    finally:
        reader.close()
    if not found:
        print(f"there is no event {seq}", file=sys.stderr)
        return 1
    rows = tuple((e.seq, e.at, e.body.kind, sheets.telling(e.body), e.cause) for e in found)
    _out([Table("why", columns("event:number at:time kind what cause:number"), rows, f"#{seq}")], format, lang)
    return 0


def moment(found: str) -> float:
    """`2026-09-14`, `2026-09-14T10:00`, `7d` (ago) as UTC seconds. Raises ValueError."""
    if ago := re.fullmatch(r"(\d+)([hdwm])", found):
        spans = {"h": 3600, "d": 86400, "w": 7 * 86400, "m": 30 * 86400}
        return datetime.now().astimezone().timestamp() - int(ago[1]) * spans[ago[2]]
    try:
        return datetime.fromisoformat(found).astimezone().timestamp()
    except ValueError:
        raise ValueError(
            f'{found!r} is no time: want "2026-09-14", "2026-09-14T10:00" or "90d" for 90 days ago'
        ) from None


def times(start: str, end: str) -> tuple[str, str]:
    """`14:00` (today, or tomorrow once it has passed) or a date and time, as ISO 8601 with the zone of this machine."""
    begin = _time(start, datetime.now().astimezone())
    return begin.isoformat(), _time(end, begin).isoformat()


def needs_of(words: str) -> dict[str, Any]:
    """`"话筒:2 投影:是"` or `"mics=2 proj=1"` as the API wants it. Raises ValueError naming what is not understood."""
    if not words:
        return {}
    said = tag(words if words.startswith("[") or ":" in words or "：" in words else f"[av {words}]")
    if said.mistakes:
        raise ValueError("; ".join(said.mistakes))
    return {name: value for name, value in said.wish.items() if name not in EXTRAS}


def _time(found: str, after: datetime) -> datetime:
    if not (clock := re.fullmatch(r"(\d{1,2}):(\d{2})", found)):
        return datetime.fromisoformat(found).astimezone()
    at = after.replace(hour=int(clock[1]), minute=int(clock[2]), second=0, microsecond=0)
    return at if at > after else at + timedelta(days=1)


def _show(folder: Path, name: str, asked: Asked, format: str, lang: str) -> int:
    reader = Reader(folder / ARCHIVE)
    try:
        _out(reader.answer(questions.ask, name, asked), format, lang)
    finally:
        reader.close()
    return 0


def _out(tables: Any, format: str, lang: str) -> None:
    language, zone = lang or _language(), str(_zone())
    if format != "table":
        sys.stdout.buffer.write(sheets.render(tables, format, language, zone))
        return
    for table in tables:
        show_table(sheets.show(table, language, zone))


def _language() -> str:
    import os

    spoken = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "zh" if spoken.startswith("zh") else "en"


def _zone() -> ZoneInfo | str:
    zone = datetime.now().astimezone().tzinfo
    return getattr(zone, "key", None) or _machine_zone()


def _machine_zone() -> str:
    place = Path("/etc/localtime").resolve()
    return "/".join(place.parts[place.parts.index("zoneinfo") + 1 :]) if "zoneinfo" in place.parts else "UTC"
