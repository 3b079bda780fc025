"""How an answer looks: words for a terminal, JSON for programs, CSV for Excel. Nothing is computed here.

CSV is what Excel opens without asking: UTF-8 with its mark, CRLF, local time, and no cell that it could take for a
formula. JSON keeps names in English, times in ISO 8601 with their zone, and figures as figures.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import StringIO
from json import dumps
from zoneinfo import ZoneInfo

from avctl.archive.table import Cell, Column, Table
from avctl.archive.telling import telling
from avctl.locale import has, text

__all__ = ["FORMATS", "Shown", "heading", "render", "show", "telling", "title", "word"]

FORMATS = ("json", "csv")

_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet takes for the beginning of one


@dataclass(frozen=True, slots=True)
class Shown:
    """A table in the words of one language, every cell a text."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def render(tables: Sequence[Table], format: str, language: str, timezone: str) -> bytes:
    """The answer as a file. Raises ValueError for a format there is not."""
    if format not in FORMATS:
        raise ValueError(f"format {format!r}: there are {' and '.join(FORMATS)}")
    zone = ZoneInfo(timezone)
    return _json(tables, zone) if format == "json" else _csv(tables, language, zone)


def show(table: Table, language: str, timezone: str) -> Shown:
    """The answer for people: short times, units, words of their language; an empty cell says "–"."""
    zone = ZoneInfo(timezone)
    rows = tuple(
        tuple(_words(cell, column, language, zone) for cell, column in zip(row, table.columns, strict=True))
        for row in table.rows
    )
    return Shown(title(table, language), tuple(heading(column, language) for column in table.columns), rows)


def title(table: Table, language: str) -> str:
    """What the table is called, and what it is about."""
    name = text(f"archive.title.{table.title}", language)
    return f"{name} · {table.about}" if table.about else name


def heading(column: Column, language: str) -> str:
    return text(f"archive.column.{column.name}", language)


def word(value: Cell, language: str) -> str:
    """A word of the archive in a language; one that the catalogues do not know stays as it is."""
    return text(f"archive.word.{value}", language) if has(f"archive.word.{value}", language) else str(value)


def _json(tables: Sequence[Table], zone: ZoneInfo) -> bytes:
    """`{"open-faults": [{"event": 4712, …}, …]}`: the rows of each table under its name."""
    whole = {
        table.title: [
            {c.name: _plain(cell, c, zone) for cell, c in zip(row, table.columns, strict=True)} for row in table.rows
        ]
        for table in tables
    }
    return dumps(whole, ensure_ascii=False, indent=2).encode("utf-8", "backslashreplace") + b"\n"


def _plain(cell: Cell, column: Column, zone: ZoneInfo) -> Cell:
    if cell is None or column.kind not in ("time", "date"):
        return cell
    moment = datetime.fromtimestamp(float(cell), zone)
    return moment.date().isoformat() if column.kind == "date" else moment.isoformat(timespec="milliseconds")


def _csv(tables: Sequence[Table], language: str, zone: ZoneInfo) -> bytes:
    file = StringIO()
    sheet = csv.writer(file, lineterminator="\r\n")
    for n, table in enumerate(tables):
        if len(tables) > 1:
            sheet.writerows([[]] * (n > 0) + [[title(table, language)]])
        sheet.writerow([_timed(heading(c, language), c, zone) for c in table.columns])
        for row in table.rows:
            sheet.writerow([_cell(v, c, language, zone) for v, c in zip(row, table.columns, strict=True)])
    return file.getvalue().encode("utf-8-sig", "backslashreplace")


def _timed(heading: str, column: Column, zone: ZoneInfo) -> str:
    return f"{heading} ({zone.key})" if column.kind == "time" else heading


def _cell(cell: Cell, column: Column, language: str, zone: ZoneInfo) -> Cell:
    if cell is None or (isinstance(cell, int | float) and column.kind not in ("time", "date")):
        return cell
    if column.kind in ("time", "date"):
        moment = datetime.fromtimestamp(float(cell), zone)
        return moment.strftime("%Y-%m-%d" if column.kind == "date" else "%Y-%m-%d %H:%M:%S")
    said = _said(str(cell), column, language)
    return f"'{said}" if said.startswith(_FORMULA) else said


def _words(cell: Cell, column: Column, language: str, zone: ZoneInfo) -> str:
    if cell is None or cell == "":
        return "–"
    match column.kind:
        case "time" | "date":
            moment = datetime.fromtimestamp(float(cell), zone)
            return moment.strftime("%Y-%m-%d" if column.kind == "date" else "%m-%d %H:%M:%S")
        case "hours":
            return f"{float(cell):.4g} h" if float(cell) < 100 else f"{float(cell):.0f} h"
        case "percent":
            return f"{float(cell):.0f} %"
        case "seconds":
            return _lasting(float(cell))
        case "number":
            return f"{float(cell):g}" if isinstance(cell, float) else str(cell)
        case _:
            return _said(str(cell), column, language)


def _said(cell: str, column: Column, language: str) -> str:
    if column.kind == "verdict":
        return text(f"verdict.{cell}", language)
    return word(cell, language) if column.kind == "word" else cell


def _lasting(seconds: float) -> str:
    """`1 d 4 h`, `2 h 05 min`, `3 min 20 s`, `4.2 s`: two figures are enough."""
    if seconds < 60:
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes_left = divmod(minutes, 60)
    days, hours_left = divmod(hours, 24)
    if days:
        return f"{days} d {hours_left} h"
    return f"{hours} h {minutes_left:02d} min" if hours else f"{minutes} min {rest:02d} s"
