"""Reading the archive, beside the writer and never in its way: WAL gives every question one consistent picture.

A question is a plain function of a connection; `answer` asks it, `asked` asks it from a coroutine, in a thread.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, NullPool, create_engine

from avctl.archive import chain, database
from avctl.archive.chain import Finding, Row

P = ParamSpec("P")
T = TypeVar("T")


class Reader:
    """Asks the archive at `path`. The file need not exist before the first question is asked."""

    def __init__(self, path: Path) -> None:
        # a connection for each question: one kept open would go on reading a file that was moved aside
        self._engine = create_engine("sqlite://", creator=lambda: database.connect_to_read(path), poolclass=NullPool)
        self._thread = ThreadPoolExecutor(1, "archive-reader")

    def answer(self, question: Callable[Concatenate[Connection, P], T], *args: P.args, **named: P.kwargs) -> T:
        """Ask now. Raises FileNotFoundError when there is no archive yet."""
        with self._engine.connect() as connection:
            return question(connection, *args, **named)

    async def asked(self, question: Callable[Concatenate[Connection, P], T], *args: P.args, **named: P.kwargs) -> T:
        """Ask without holding up the loop."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, lambda: self.answer(question, *args, **named))

    def close(self) -> None:
        self._thread.shutdown()
        self._engine.dispose()


def verify(connection: sqlite3.Connection) -> Finding:
    """Walk the hash chain of an archive from end to end (about a second for each million events)."""
    query = "SELECT seq, at, cause, kind, room, device, body, hash FROM events ORDER BY seq"
    return chain.verify((Row(*row[:7]), row[7]) for row in connection.execute(query))
