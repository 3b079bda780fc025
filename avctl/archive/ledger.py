"""One file of the archive, open for writing: events in order, each linked to the one before, with all they change.

A commit happens whole or not at all. Numbers have no holes: one that never came is filled with a `Dropped`, which
says so. What to do when the file refuses is not decided here but in `store`.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from json import dumps
from pathlib import Path

from avctl.archive import database
from avctl.archive import statement as do
from avctl.archive.chain import BEGINNING, Row, link
from avctl.archive.events import to_json
from avctl.archive.fold import Change, changes, place
from avctl.archive.schema import PROJECTIONS
from avctl.model.event import Dropped, Event, PlayEnded, PlayStarted
from avctl.model.house import DeviceSpec

_INSERT = "INSERT INTO events (seq, at, cause, kind, room, device, body, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_EVENTS = "SELECT seq, at, cause, kind, room, device, body FROM events ORDER BY seq"


class Ledger:
    """Opens the file at `path`, or makes it. Raises Damaged, or sqlite3.Error when it cannot be opened at all."""

    def __init__(self, path: Path, devices: Mapping[str, DeviceSpec]) -> None:
        self._devices = devices
        self._connection = database.open_file(path)
        newest = self._connection.execute("SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1").fetchone()
        self.last: int = newest[0] if newest else 0
        self._hash: bytes = newest[1] if newest else BEGINNING
        self.closed = False
        self._run_rooms = dict(self._connection.execute("SELECT run, room FROM runs WHERE ended IS NULL"))

    def commit(self, events: Sequence[Event]) -> None:
        """One transaction, durable when this returns; events that are there already are passed over."""
        kept, last = self._hash, self.last
        try:
            with self._transaction():
                new = list(_filled(events, last))
                self._connection.executemany(_INSERT, self._linked(new))
                for event in new:
                    self._apply(changes(event))
        except BaseException:
            self._hash, self.last = kept, last
            raise
        self._forget_ended(new)

    def declare(self, now: float) -> None:
        """Write down what the site file says of its devices, where each stands, and which have gone."""
        known = {id for (id,) in self._connection.execute("SELECT id FROM devices WHERE gone IS NULL")}
        with self._transaction():
            for device in self._devices.values():
                self._connection.execute(do.DEVICE, _declared(device, now))
                self._connection.execute(do.LEFT, {"b_device": device.id, "b_room": device.room, "b_at": now})
                self._connection.execute(do.MOVED, {"b_device": device.id, "b_room": device.room, "b_at": now})
            for id in known - self._devices.keys():
                self._connection.execute(do.GONE, {"b_id": id, "b_at": now})

    def rebuild(self) -> None:
        """Make the tables kept from the events anew, from the events."""
        with self._transaction():
            for table in PROJECTIONS:
                self._connection.execute(f"DELETE FROM {table.name}")  # noqa: S608 - our own table names
            for row in self._connection.execute(_EVENTS):
                if (event := database.to_event(Row(*row))) is not None:
                    self._apply(changes(event))

    def row(self, event: Event) -> Row:
        """The event as it is stored; one that names no room stands in that of its device or run."""
        body = event.body
        room, device = place(body)
        if not room:
            known = self._devices.get(device)
            room = known.room if known is not None else self._run_rooms.get(getattr(body, "run", ""), "")
        elif isinstance(body, PlayStarted):
            self._run_rooms[body.run] = room
        return Row(event.seq, float(event.at), event.cause, body.kind, room, device, to_json(body))

    def close(self) -> None:
        """Let go of the file, with all that stood in its log; `last` and `row` still answer."""
        self.closed = True
        with suppress(sqlite3.Error):  # a file that cannot be tidied can still be left
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        with suppress(sqlite3.Error):
            self._connection.close()

    def _linked(self, events: Iterable[Event]) -> Iterator[tuple[object, ...]]:
        """Rows with their hashes, made one at a time, so that the loop's thread gets its turns in between."""
        for event in events:
            row = self.row(event)
            self._hash = link(self._hash, row)
            self.last = event.seq
            yield (*row, self._hash)

    def _apply(self, found: Iterable[Change]) -> None:
        for text, figures in found:
            self._connection.execute(text, figures)

    def _forget_ended(self, events: Iterable[Event]) -> None:
        for event in events:
            if isinstance(event.body, PlayEnded):
                self._run_rooms.pop(event.body.run, None)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):  # SQLite has rolled back by itself after the graver errors
                self._connection.execute("ROLLBACK")
            raise


def _filled(events: Iterable[Event], last: int) -> Iterator[Event]:
    """The events after `last`, with a `Dropped` in the place of each number that is missing."""
    for event in events:
        for missing in range(last + 1, event.seq):
            yield Event(missing, event.at, None, Dropped("archive", 1))
        if event.seq > last:
            yield event
            last = event.seq


def _declared(device: DeviceSpec, now: float) -> Mapping[str, object]:
    asset, options = device.asset, device.options
    return {
        "id": device.id,
        "room": device.room,
        "driver": device.driver,
        "tag": str(asset.get("tag", "")),
        "asset": dumps(dict(asset), ensure_ascii=False, default=str),
        "lamp_hours": asset.get("rated_lamp_hours", options.get("rated_lamp_hours")),
        "light_hours": asset.get("rated_light_hours", options.get("rated_light_hours")),
        "since": now,
        "gone": None,
    }
