"""What a question may be asked of, and how that narrows a query. Every question heeds some of it (`Question.heeds`)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement

from avctl.archive.table import Table, columns


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question is asked of; "" and None leave it open. Times are UTC seconds, `now` is the asker's."""

    now: float = 0.0
    room: str = ""
    device: str = ""
    model: str = ""
    run: str = ""
    since: float | None = None
    until: float | None = None
    above: float | None = None
    below: float | None = None
    limit: int = 200


def is_(column: ColumnElement[Any], wanted: str) -> list[ColumnElement[bool]]:
    """The condition that a column says `wanted`; none when it is left open."""
    return [column == wanted] if wanted else []


def within(column: ColumnElement[Any], asked: Asked) -> list[ColumnElement[bool]]:
    """The conditions that a time lies in the period asked of: from `since` on, before `until`."""
    begins = [] if asked.since is None else [column >= asked.since]
    ends = [] if asked.until is None else [column < asked.until]
    return [*begins, *ends]


def table(title: str, shape: str, rows: Iterable[Iterable[Any]], about: str = "") -> Table:
    """`table("moves", "room since:time", rows)`: rows as they come from a query or a list."""
    return Table(title, columns(shape), tuple(tuple(row) for row in rows), about)
