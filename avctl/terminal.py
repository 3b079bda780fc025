"""How answers look in a terminal: tables with rich, each verdict with its sign; nothing is computed here."""

import os
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from rich.console import Console
from rich.table import Table
from rich.text import Text

_COLOURS = {"✔": "green", "▲": "yellow", "✖": "red", "?": "magenta", "–": "dim"}
_WELL = ("done", "accepted")


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
    """One table of the archive."""
    made = Table(title=shown.title, title_justify="left", title_style="bold", header_style="dim")
    for heading in shown.headings:
        made.add_column(heading, overflow="fold")
    for row in shown.rows:
        made.add_row(*(coloured(cell) for cell in row))
    _console().print(made)


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
    if isinstance(found, Mapping):
        return ", ".join(f"{k} {v}" for k, v in found.items() if v is not None)
    return "–" if found is None else str(found)


def _console() -> Console:
    return Console(highlight=False)


def rooms(found: Sequence[Mapping[str, Any]]) -> int:
    """The rooms, as the wall ranks them."""
    made = Table(header_style="dim")
    for column in ("room", "phase", "next", "devices", "faults", "test"):
        made.add_column(column, overflow="fold")
    for room in found:
        made.add_row(*(coloured(_plain(room.get(column))) for column in ("id", "phase", "next", "devices", "faults", "test")))
    _console().print(made)
    return 0
