"""How answers look in a terminal: tables with rich, each verdict with its sign; nothing is computed here."""

import os
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")
_COLOURS = {"✔": "green", "▲": "yellow", "✖": "red", "?": "magenta", "–": "dim"}
_NOTHING, _NARROW = "–", 6
_WIDE = 160  # columns, where the output is no terminal
_WELL = ("done", "accepted")
_MARKS = {"ok": "✔", "warn": "▲", "notice": "▲", "fail": "✖", "unknown": "?", "none": "–"}


class Shown(Protocol):
    """A table whose cells are words already."""

    @property
    def title(self) -> str: ...

    @property
    def headings(self) -> tuple[str, ...]: ...

    @property
    def rows(self) -> tuple[tuple[str, ...], ...]: ...


def language() -> str:
    """The tongue of this terminal: "zh" when the locale says so, else "en"."""
    spoken = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "zh" if spoken.startswith("zh") else "en"


def show_table(shown: Shown) -> None:
    """One table of the archive, without the columns nobody filled; too wide for the terminal, a block for each row."""
    filled = [i for i, _ in enumerate(shown.headings) if any(row[i] != _NOTHING for row in shown.rows)]
    console = _console()
    needed = sum(3 + max(cell_len(text) for text in _column(shown, i)) for i in filled)
    console.print(Text(shown.title, style="bold"))
    if needed > console.width and len(filled) > _NARROW:
        _blocks(console, shown, filled)
        return
    made = Table(header_style="dim", box=box.SIMPLE_HEAD, pad_edge=False)
    for i in filled:
        made.add_column(shown.headings[i], overflow="fold")
    for row in shown.rows:
        made.add_row(*(coloured(row[i]) for i in filled))
    console.print(made)


def _column(shown: Shown, i: int) -> list[str]:
    return [shown.headings[i], *(row[i] for row in shown.rows)]


def _blocks(console: Console, shown: Shown, filled: Sequence[int]) -> None:
    widest = max(cell_len(shown.headings[i]) for i in filled)
    for row in shown.rows:
        console.print()
        for i in filled:
            if row[i] != _NOTHING:
                gap = " " * (widest - cell_len(shown.headings[i]))
                console.print(Text(f"  {shown.headings[i]}{gap}  ", style="dim"), coloured(row[i]), sep="")
    console.print()


def table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> int:
    """Rows of JSON as a table."""
    made = Table(header_style="dim")
    for column in columns:
        made.add_column(column, overflow="fold")
    for row in rows:
        made.add_row(*(coloured(_plain(row.get(column))) for column in columns))
    _console().print(made)
    return 0


def coloured(cell: str) -> Text:
    """A cell, coloured by the sign it begins with; the sign says it too, so colour is never alone."""
    return Text(cell, style=_COLOURS.get(cell[:1], ""))


def wished(result: Mapping[str, Any]) -> bool:
    """Tell what came of a wish; True when it was done, and done well."""
    said = result.get("said") or {}
    words = said.get(language()) if isinstance(said, Mapping) else said
    state, verdict = str(result.get("state", "")), str(result.get("verdict") or "")
    well = state in _WELL and verdict in ("", "pass", "marginal")
    _console().print(Text(f"{'✔' if well else '✖'} {state}{f' ({verdict})' if verdict else ''} {words or ''}".rstrip()))
    return well


def _plain(found: Any) -> str:
    if isinstance(found, Mapping) and set(found) <= {"zh", "en"}:
        return str(found.get(language(), ""))
    if isinstance(found, str) and _MOMENT.fullmatch(found):
        return datetime.fromisoformat(found).astimezone().strftime("%m-%d %H:%M")
    if isinstance(found, Mapping):
        return ", ".join(f"{k} {v}" for k, v in found.items() if v is not None)
    return "–" if found is None else str(found)


def _console() -> Console:
    made = Console(highlight=False)
    return made if made.is_terminal else Console(highlight=False, width=_WIDE)


def rooms(found: Sequence[Mapping[str, Any]]) -> int:
    """The rooms as the wall ranks them: what each is used for, what of it is not well, what runs or ran last."""
    made = Table(header_style="dim")
    for column in ("room", "used for", "next", "devices", "faults", "test"):
        made.add_column(column, overflow="fold")
    for room in found:
        cells = (_name(room), room["phase"], _next(room), _devices(room), _faults(room), _test(room))
        made.add_row(*(coloured(str(cell)) for cell in cells))
    _console().print(made)
    return 0


def _name(room: Mapping[str, Any]) -> str:
    return str(room["name"].get(language()) or room["room"])


def _next(room: Mapping[str, Any]) -> str:
    meeting = room["meeting"] or room["next"]
    return f"{local(meeting['start'])}–{local(meeting['end'])} #{meeting['short']}" if meeting else "–"


def _devices(room: Mapping[str, Any]) -> str:
    unwell = [
        f"{_MARKS.get(d['mark'], '?')} {d['device']} {d['cause'] or ''}" for d in room["devices"] if d["health"] != "ok"
    ]
    return "\n".join(unwell) or f"✔ {len(room['devices'])}"


def _faults(room: Mapping[str, Any]) -> str:
    return "\n".join(f"{_MARKS.get(f['mark'], '?')} {f['fault']}" for f in room["faults"]) or "–"


def _test(room: Mapping[str, Any]) -> str:
    under_way = [f"… {r['playbook']} {r['done']}/{r['steps']} {r['doing']}" for r in room["runs"]]
    ended = [f"{_MARKS.get(r['mark'], '?')} {r['playbook']} {local(r['since'])}" for r in room["last_runs"][:1]]
    return "\n".join(under_way or ended) or "–"


def local(moment: str) -> str:
    """An ISO time as the hour and minute of this machine."""
    return datetime.fromisoformat(moment).astimezone().strftime("%H:%M")
