"""Where events wait, on disk, while the archive's file cannot be written: one JSON line each, synced before it counts.

A line without its end is what a power cut leaves of an event nobody was told of: it is cut off when the file is
opened. Lines that the archive has taken over meanwhile are recognised by their numbers.
"""

import os
from collections.abc import Iterator, Sequence
from json import dumps, loads
from pathlib import Path

from avctl.archive.chain import Row


class Spool:
    """An append-only file that mostly does not exist."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self.last = 0
        self._mend()

    def __len__(self) -> int:
        return self.count

    def append(self, rows: Sequence[Row]) -> None:
        """Write all of `rows` and sync, or raise OSError and leave the file as it was."""
        with self.path.open("ab") as file:
            before = file.tell()
            try:
                file.write("".join(dumps(row) + "\n" for row in rows).encode())
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                os.ftruncate(file.fileno(), before)
                raise
        self._sync_folder(before == 0)
        self.count += len(rows)
        self.last = rows[-1].seq if rows else self.last

    def rows(self) -> Iterator[Row]:
        """Everything that waits, oldest first; a line that damage has made unreadable is passed over."""
        if self.path.exists():
            with self.path.open(encoding="utf-8", errors="replace") as lines:
                yield from (row for line in lines if (row := _row(line)) is not None)

    def clear(self) -> None:
        """The archive has it all."""
        self.path.unlink(missing_ok=True)
        self.count = 0

    def _mend(self) -> None:
        if not self.path.exists():
            return
        data = self.path.read_bytes()
        os.truncate(self.path, data.rfind(b"\n") + 1)
        for row in self.rows():
            self.count, self.last = self.count + 1, row.seq

    def _sync_folder(self, new: bool) -> None:
        """A new file survives a power cut only once its folder is synced as well."""
        if new:
            folder = os.open(self.path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)


def _row(line: str) -> Row | None:
    try:
        return Row(*loads(line))
    except (ValueError, TypeError):
        return None
