"""The store: takes events in order, keeps them for good, says up to which number they are safe. One thread, no loop.

What it does when the file will not take them (RELIABILITY is the reason for each):
  locked, unwritable   events go to the synced spool beside the file; the file is tried again by and by
  full                 the reserve file is given up first, then as above
  damaged              the file is moved aside with a time stamp, what it still holds is read over into a new one
  nothing works        events stay in memory and are *not* called durable: what must not act before that does not act
Nothing is ever dropped here, and numbers have no holes: one that never reached the archive (the bus merges readings
under pressure) is filled with a `Dropped`, which says so.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from json import dumps
from pathlib import Path

from avctl.archive import database
from avctl.archive import statement as do
from avctl.archive.chain import BEGINNING, Row, link
from avctl.archive.events import to_json
from avctl.archive.fold import changes, place
from avctl.archive.schema import PROJECTIONS
from avctl.archive.spool import Spool
from avctl.model.event import Dropped, Event, PlayEnded, PlayStarted
from avctl.model.house import DeviceSpec
from avctl.model.ports import Clock

RESERVE = 1 << 20  # bytes given up when the disk is full, so that the fault itself can still be written
BATCH = 1000  # events in one transaction at most

_INSERT = "INSERT INTO events (seq, at, cause, kind, room, device, body, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is the matter with the archive: `kind` is "damaged", "full", "locked", "unwritable" or "well" (again)."""

    kind: str
    detail: str


class Store:
    """Opens or makes the archive at `path`. Raises sqlite3.Error when it can neither be opened nor moved aside.

    `devices` is what the site file declares; their rooms are written to the events that name only a device.
    """

    def __init__(self, path: Path, clock: Clock, devices: Iterable[DeviceSpec] = ()) -> None:
        self.path, self._clock = path, clock
        self._devices = {device.id: device for device in devices}
        self._spool = Spool(path.with_name(path.name + ".spool"))
        self._reserve = path.with_name(path.name + ".reserve")
        self._held: list[Event] = []
        self._stored, self._hash = 0, BEGINNING
        self._run_rooms: dict[str, str] = {}
        self.trouble: Trouble | None = None
        self._connection = self._open()
        self._taken = max(self._stored, self._spool.last)
        self.write([], retry=True)

    @property
    def last_seq(self) -> int:
        """Every event up to this number is durable: in the file, or synced to the spool."""
        return max(self._stored, self._spool.last)

    @property
    def behind(self) -> int:
        """How many events wait outside the file."""
        return len(self._spool) + len(self._held)

    def write(self, events: Sequence[Event], upto: int = 0, retry: bool = False) -> None:
        """Make `events` durable, and fill numbers missing up to `upto`; see `last_seq` and `trouble` afterwards.

        While something is wrong with the file, it is tried again only when `retry` says so.
        """
        self._held += self._whole(events, upto)
        if not self.behind:
            return
        if self.trouble is None or self.trouble.kind == "well" or retry:
            self._to_file()
        if self._held:
            self._to_spool()

    def rebuild(self) -> None:
        """Make the tables kept from the events anew, from the events."""
        self._connection.execute("BEGIN IMMEDIATE")
        for table in PROJECTIONS:
            self._connection.execute(f"DELETE FROM {table.name}")  # noqa: S608 - our own table names
        for row in self._connection.execute("SELECT seq, at, cause, kind, room, device, body FROM events ORDER BY seq"):
            if (event := database.to_event(Row(*row))) is not None:
                self._apply(event)
        self._connection.execute("COMMIT")

    def close(self) -> None:
        """Let go of the file. What waits in the spool is taken over at the next start."""
        self._connection.close()

    # --- opening

    def _open(self) -> sqlite3.Connection:
        try:
            self._connection = database.open_file(self.path)
            self._begin()
        except database.Damaged as damage:
            self._replace(str(damage))
        return self._connection

    def _begin(self) -> None:
        """Learn where the file stands, write down what the site file declares, keep a reserve."""
        row = self._connection.execute("SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1").fetchone()
        self._stored, self._hash = row or (0, BEGINNING)
        self._run_rooms = dict(self._connection.execute("SELECT run, room FROM runs WHERE ended IS NULL"))
        with suppress(sqlite3.OperationalError, OSError):  # locked or full: said, and dealt with, at the first event
            self._declare(self._clock.now())
            if not self._reserve.exists():
                self._reserve.write_bytes(bytes(RESERVE))

    def _declare(self, now: float) -> None:
        known = {id for (id,) in self._connection.execute("SELECT id FROM devices WHERE gone IS NULL")}
        self._connection.execute("BEGIN IMMEDIATE")
        for device in self._devices.values():
            self._connection.execute(do.DEVICE, _declared(device, now))
            self._connection.execute(do.LEFT, {"b_device": device.id, "b_room": device.room, "b_at": now})
            here = "SELECT 1 FROM places WHERE device=? AND until IS NULL"
            if not self._connection.execute(here, (device.id,)).fetchone():
                self._connection.execute(do.MOVED, {"device": device.id, "room": device.room, "since": now})
        for id in known - self._devices.keys():
            self._connection.execute(do.GONE, {"b_id": id, "b_at": now})
        self._connection.execute("COMMIT")

    def _replace(self, why: str) -> None:
        """Move the damaged file aside, begin a new one, read over what the old one still holds."""
        upto = self._stored
        aside = database.set_aside(self.path, self._clock.now())
        self._connection = database.open_file(self.path)
        self._begin()
        saved, lost = self._read_over(aside, upto)
        detail = f"{self.path.name}: {why}; kept as {aside.name}; {saved} events read over, {lost} lost"
        self.trouble = Trouble("damaged", detail)

    def _read_over(self, aside: Path, upto: int) -> tuple[int, int]:
        taken, self._taken = getattr(self, "_taken", 0), 0
        saved = lost = 0
        batch: list[Event] = []
        with suppress(sqlite3.DatabaseError):  # the head of the file is gone: nothing can be read over
            for event in database.salvage(aside):
                whole = list(self._whole([event], 0))
                saved, lost, batch = saved + 1, lost + len(whole) - 1, batch + whole
                if len(batch) >= BATCH:
                    self._commit(batch)
                    batch = []
        tail = list(self._whole([], upto))
        self._commit(batch + tail)
        self._taken = max(taken, self._taken)
        return saved, lost + len(tail)

    # --- writing

    def _whole(self, events: Iterable[Event], upto: int) -> Iterator[Event]:
        """`events` that are new, with a `Dropped` in the place of each number that is missing."""
        for event in events:
            if event.seq > self._taken:
                yield from self._gap(event.seq - 1, event.at)
                self._taken = event.seq
                yield event
        if upto > self._taken:
            yield from self._gap(upto, self._clock.now())

    def _gap(self, upto: int, at: float) -> Iterator[Event]:
        while self._taken < upto:
            self._taken += 1
            yield Event(self._taken, at, None, Dropped("archive", 1))

    def _to_file(self) -> None:
        """Commit what waits in the spool, then what is held; on trouble, do what can be done about it."""
        for last_resort in (self._make_room, None):
            try:
                self._commit_all()
                return
            except sqlite3.DatabaseError as error:
                if not (kind := database.trouble(error)):
                    raise  # our own mistake, not the disk's: loud
                if last_resort is None or not last_resort(kind, error):
                    self.trouble = Trouble(kind, f"{self.path.name}: {error}")
                    return

    def _commit_all(self) -> None:
        waiting = [event for row in self._spool.rows() if (event := database.to_event(row)) is not None]
        for batch in (waiting, self._held):
            for start in range(0, len(batch), BATCH):
                self._commit(batch[start : start + BATCH])
        self._held = []
        if len(self._spool):
            self._spool.clear()
        if self.trouble is not None and self.trouble.kind != "damaged":
            self.trouble = Trouble("well", self.path.name)

    def _make_room(self, kind: str, error: sqlite3.Error) -> bool:
        """Whether something was done that makes a second try worth while."""
        if kind == "full" and self._reserve.exists():
            self._reserve.unlink()
            return True
        if kind == "damaged":
            with suppress(sqlite3.Error):  # it is going to be put away, whatever it says to that
                self._connection.close()
            self._replace(str(error))
            return True
        return False

    def _to_spool(self) -> None:
        try:
            self._spool.append([self._row(event) for event in self._held])
        except OSError as error:
            detail = f"{self.path.name}: {error}; {len(self._held)} events are in memory only"
            self.trouble = Trouble("full", detail)
            return
        self._held = []

    def _commit(self, events: Sequence[Event]) -> None:
        """One transaction: the events, and all they change."""
        kept, stored = self._hash, self._stored
        new = [event for event in events if event.seq > stored]
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            self._connection.executemany(_INSERT, self._linked(new))
            for event in new:
                self._apply(event)
            self._connection.execute("COMMIT")
        except BaseException:
            self._hash, self._stored = kept, stored
            with suppress(sqlite3.Error):  # SQLite has rolled back by itself after the graver errors
                self._connection.execute("ROLLBACK")
            raise
        self._forget_rooms_of_ended(new)

    def _linked(self, events: Iterable[Event]) -> Iterator[tuple[object, ...]]:
        """Rows with their hashes, made one at a time, so that the loop's thread gets its turns in between."""
        for event in events:
            row = self._row(event)
            self._hash = link(self._hash, row)
            self._stored = event.seq
            yield (*row, self._hash)

    def _apply(self, event: Event) -> None:
        for text, figures in changes(event):
            self._connection.execute(text, figures)

    def _row(self, event: Event) -> Row:
        body = event.body
        room, device = place(body)
        if not room:
            known = self._devices.get(device)
            room = known.room if known is not None else self._run_rooms.get(getattr(body, "run", ""), "")
        elif isinstance(body, PlayStarted):
            self._run_rooms[body.run] = room
        return Row(event.seq, float(event.at), event.cause, body.kind, room, device, to_json(body))

    def _forget_rooms_of_ended(self, events: Iterable[Event]) -> None:
        for event in events:
            if event.body.__class__ is PlayEnded:
                self._run_rooms.pop(event.body.run, None)


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
