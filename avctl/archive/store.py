"""The store: takes events in order, keeps them for good, says up to which number they are safe. One thread, no loop.

What it does when the file will not take them:
  locked, unwritable   events go to the synced spool beside the file; the file is tried again by and by
  full                 the reserve is given up first, then as above
  damaged              what the file still holds is read over into a new one, the old one is kept under another name
  nothing works        events stay in memory and are *not* called durable: what must not act before that does not act
Nothing that was handed in is ever dropped.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from avctl.archive import database
from avctl.archive.ledger import Ledger
from avctl.archive.rescue import finish, rescue
from avctl.archive.spool import Spool
from avctl.model.event import Dropped, Event
from avctl.model.house import DeviceSpec
from avctl.model.ports import Clock

RESERVE = 1 << 20  # bytes given up when the disk is full, so that the fault itself can still be written
BATCH = 1000  # events in one transaction at most


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is the matter with the archive: `kind` is "damaged", "full", "locked", "unwritable" or "well" (again)."""

    kind: str
    detail: str


class Store:
    """Opens or makes the archive at `path`. Raises sqlite3.Error when it can neither be opened nor put right.

    `devices` is what the site file declares; their rooms are written to the events that name only a device.
    """

    def __init__(self, path: Path, clock: Clock, devices: Iterable[DeviceSpec] = ()) -> None:
        self.path, self._clock = path, clock
        self._devices = {device.id: device for device in devices}
        self._spool = Spool(path.with_name(path.name + ".spool"))
        self._reserve = path.with_name(path.name + ".reserve")
        self._held: list[Event] = []
        self._failing = self._declared = False
        self._damage = ""
        self.trouble: Trouble | None = None
        self._ledger = self._open()
        self._taken = self.last_seq
        self._to_file()

    @property
    def last_seq(self) -> int:
        """Every event up to this number is durable: in the file, or synced to the spool."""
        return max(self._ledger.last, self._spool.last)

    @property
    def behind(self) -> int:
        """How many events wait outside the file."""
        return len(self._spool) + len(self._held)

    def write(self, events: Sequence[Event], upto: int = 0, retry: bool = False) -> None:
        """Make `events` durable, and all numbers up to `upto` used; see `last_seq` and `trouble` afterwards.

        While something is wrong with the file, it is tried again only when `retry` says so.
        """
        self._take(events, upto)
        if self.behind and (retry or not self._failing):
            self._to_file()
        if self._held:
            self._to_spool()

    def rebuild(self) -> None:
        """Make the tables kept from the events anew, from the events."""
        self._ledger.rebuild()

    def close(self) -> None:
        """Let go of the file. What waits in the spool is taken over at the next start."""
        self._ledger.close()

    def _open(self) -> Ledger:
        finish(self.path)
        try:
            return Ledger(self.path, self._devices)
        except database.Damaged as damage:
            return self._rescued(str(damage), upto=0)

    def _rescued(self, why: str, upto: int) -> Ledger:
        done = rescue(self.path, self._clock.now(), upto, self._devices)
        kept = f"kept as {done.aside.name}; {done.saved} events read over, {done.lost} lost"
        self.trouble = Trouble("damaged", f"{self.path.name}: {why}; {kept}")
        self._declared = False
        return Ledger(self.path, self._devices)

    def _take(self, events: Sequence[Event], upto: int) -> None:
        new = [event for event in events if event.seq > self._taken]
        self._held += new
        self._taken = new[-1].seq if new else self._taken
        if upto > self._taken:  # numbers at the end that never came: readings merged on the way here
            self._held.append(Event(upto, self._clock.now(), None, Dropped("archive", 1)))
            self._taken = upto

    def _to_file(self) -> None:
        """Commit what waits in the spool, then what is held; on trouble, do what can be done about it, once."""
        remedy: Callable[[str, Exception], bool]
        for remedy in (self._remedied, lambda kind, error: False):
            try:
                self._commit()
                return
            except (sqlite3.DatabaseError, OSError) as error:
                if not (kind := database.trouble(error)):
                    raise  # our own mistake, not the disk's: loud
                if not remedy(kind, error):
                    self._fail(kind, error)
                    return

    def _commit(self) -> None:
        if self._ledger.closed:
            self._ledger = self._rescued(self._damage, upto=self._ledger.last)
        waiting = [event for row in self._spool.rows() if (event := database.to_event(row)) is not None]
        for batch in (waiting, self._held):
            for start in range(0, len(batch), BATCH):
                self._ledger.commit(batch[start : start + BATCH])
        self._held = []
        if len(self._spool):
            self._spool.clear()
        if not self._declared:
            self._settle_in()
        if self._failing:
            self._failing, self.trouble = False, Trouble("well", self.path.name)

    def _settle_in(self) -> None:
        """What is to be done once the file takes what it is given."""
        self._ledger.declare(self._clock.now())
        self._declared = True
        with suppress(OSError):  # too full for a reserve: the disk will say so itself soon
            if not self._reserve.exists():
                self._reserve.write_bytes(bytes(RESERVE))

    def _remedied(self, kind: str, error: Exception) -> bool:
        """Whether something was done that makes a second try worth while."""
        if kind == "full" and self._reserve.exists():
            self._reserve.unlink()
            return True
        if kind == "damaged":
            self._ledger.close()  # the next try begins with the rescue, and so does every later one until it succeeds
            self._damage = str(error)
            return True
        return False

    def _fail(self, kind: str, error: Exception) -> None:
        self._failing, self.trouble = True, Trouble(kind, f"{self.path.name}: {error}")

    def _to_spool(self) -> None:
        try:
            self._spool.append([self._ledger.row(event) for event in self._held])
        except OSError as error:
            self._fail(database.trouble(error), error)
            return
        self._held = []
