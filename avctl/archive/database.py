"""The file itself: opened, brought up to date, examined, moved aside when it is damaged, and what can be saved saved.

Committed means durable: WAL with synchronous=FULL loses nothing at kill -9 or power cut, NORMAL does.
Source: sqlite.org/pragma.html#pragma_synchronous, sqlite.org/wal.html §4 and §8.
"""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from avctl.archive.chain import Row
from avctl.archive.events import from_json
from avctl.archive.schema import REVISION
from avctl.model.event import Event

PATIENCE = 1.0  # seconds that a write waits for somebody else's lock before events go to the spool

_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_FULL = frozenset({sqlite3.SQLITE_FULL})
_LOCKED = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_UNWRITABLE = frozenset(
    {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_NOMEM}
)


class Damaged(Exception):
    """The file's structure is broken; the message says how."""


def trouble(error: Exception) -> str:
    """What is wrong with the file: "damaged", "full", "locked", "unwritable"; "" when it is our own mistake."""
    if isinstance(error, OSError):
        return "full" if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) else "unwritable"
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    names = {"damaged": _DAMAGED, "full": _FULL, "locked": _LOCKED, "unwritable": _UNWRITABLE}
    return next((name for name, codes in names.items() if code in codes), "")


def connect(path: Path) -> sqlite3.Connection:
    """A connection to write with. Transactions are ours to begin and end; one thread at a time may use it."""
    connection = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(f"PRAGMA journal_size_limit={64 << 20}")
    return connection


def connect_to_read(path: Path) -> sqlite3.Connection:
    """A connection that cannot change anything. Raises FileNotFoundError when there is no archive."""
    if not path.exists():
        raise FileNotFoundError(f"{path}: no archive here; it is made by the first `avctl run`")
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5, check_same_thread=False)


def open_file(path: Path) -> sqlite3.Connection:
    """Open or make the archive's file and bring it to the newest revision. Raises Damaged, or sqlite3.Error."""
    connection = None
    try:
        known = path.exists()
        connection = connect(path)
        if known:
            examine(connection)
        if revision(connection) != REVISION:
            migrate(path)
        return connection
    except sqlite3.DatabaseError as error:
        if connection is not None:
            connection.close()
        if trouble(error) == "damaged":
            raise Damaged(str(error)) from error
        raise
    except Damaged:
        assert connection is not None
        connection.close()
        raise


def examine(connection: sqlite3.Connection) -> None:
    """SQLite's own check of pages and rows (0.6 s for a million events). Raises Damaged."""
    found = [line for (line,) in connection.execute("PRAGMA quick_check(3)")]
    if found != ["ok"]:
        raise Damaged("; ".join(found))


def revision(connection: sqlite3.Connection) -> str:
    """Which migration the file has seen last; "" for a new one."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name='alembic_version'").fetchone():
        return ""
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else ""


def migrate(path: Path) -> None:
    """Bring the file to the newest revision, whole or not at all. Raises sqlite3.Error."""
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine, event
    from sqlalchemy.exc import DBAPIError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    # sqlite3 would leave tables out of its transactions, and a kill in between would leave half a schema
    engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(path, timeout=PATIENCE, isolation_level=None))
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except DBAPIError as error:
        raise error.orig if isinstance(error.orig, sqlite3.Error) else error from None
    finally:
        engine.dispose()


def set_aside(path: Path, now: float) -> Path:
    """Move a damaged file, with its log, out of the way; give its new name. Nothing of it is deleted."""
    stamp = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
    names = (f"{path.name}.damaged-{stamp}{'' if n == 0 else f'-{n}'}" for n in range(1000))
    aside = next(path.with_name(name) for name in names if not path.with_name(name).exists())
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    return aside


def remove(path: Path) -> None:
    """Delete a file that was never finished, with its log."""
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def salvage(damaged: Path) -> Iterator[Event]:
    """Every event of a damaged file that can still be read and understood, in order."""
    with closing(sqlite3.connect(f"{damaged.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        at, missing = 1, 0
        while missing < 100:  # so many empty stretches of 100 numbers, and we believe that this was the end
            rows = list(_stretch(connection, at))
            yield from rows
            missing = 0 if rows else missing + 1
            at += 100


def _stretch(connection: sqlite3.Connection, first: int) -> Iterator[Event]:
    """The readable ones of a hundred events: at one go, or number by number where a page is broken."""
    query = "SELECT seq, at, cause, kind, room, device, body FROM events WHERE seq "
    try:
        rows = connection.execute(query + "BETWEEN ? AND ? ORDER BY seq", (first, first + 99)).fetchall()
    except sqlite3.DatabaseError:
        rows = [row for seq in range(first, first + 100) for row in _single(connection, query, seq)]
    yield from (event for row in rows if (event := to_event(Row(*row))) is not None)


def _single(connection: sqlite3.Connection, query: str, seq: int) -> list[tuple[object, ...]]:
    try:
        return connection.execute(query + "= ?", (seq,)).fetchall()
    except sqlite3.DatabaseError:
        return []  # what cannot be read is counted by who asked: the number is missing


def to_event(row: Row) -> Event | None:
    """The event a row holds; None when damage has made nonsense of it."""
    try:
        return Event(int(row.seq), float(row.at), row.cause, from_json(row.kind, row.body))
    except (ValueError, TypeError, AttributeError):
        return None
