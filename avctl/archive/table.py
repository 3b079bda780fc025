"""What an answer is: a title, columns that say what they hold, rows. How it looks is decided by whoever shows it."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "number", "hours", "percent", "seconds", "time", "date", "verdict", "word"]
"""`time` and `date` are UTC seconds; `seconds` a duration; `verdict` and `word` are looked up in the catalogues."""

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Column:
    """`name` is the column's key in JSON; its title for people is the text `archive.column.<name>`."""

    name: str
    kind: Kind = "text"


@dataclass(frozen=True, slots=True)
class Table:
    """`title` is the text `archive.<title>`; `about` what it was asked of (a room, a device, a run)."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    about: str = ""


def columns(text: str) -> tuple[Column, ...]:
    """`columns("room began:time")`: names, each with its kind unless it is text."""
    parts = (word.partition(":") for word in text.split())
    return tuple(Column(name, kind or "text") for name, _, kind in parts)  # type: ignore[arg-type]
