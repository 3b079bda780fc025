"""A damaged file: what can be read of it goes into a new one, the old one is moved aside whole, never deleted.

The new file is finished before it takes the old one's place, so that a power cut in between loses nothing: either
the damaged file is still there and is rescued again, or the new one is complete and only has to be given its name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from avctl.archive import database
from avctl.archive.ledger import Ledger
from avctl.model.event import Dropped, Event
from avctl.model.house import DeviceSpec

_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Rescue:
    """Where the damaged file is now, how many of its events were read over and how many not."""

    aside: Path
    saved: int
    lost: int


def rescue(path: Path, now: float, upto: int, devices: Mapping[str, DeviceSpec]) -> Rescue:
    """Put a sound file in the place of the one at `path`, its numbers going on after `upto` at least."""
    new = _beside(path)
    database.remove(new)
    try:
        saved, lost = _read_over(path, new, now, upto, devices)
    except BaseException:
        database.remove(new)  # half a file only takes up the room that the spool needs now
        raise
    aside = database.set_aside(path, now)
    new.rename(path)
    return Rescue(aside, saved, lost)


def finish(path: Path) -> None:
    """Give a finished file its name, if the power went before that was done."""
    if not path.exists() and _beside(path).exists():
        _beside(path).rename(path)


def _beside(path: Path) -> Path:
    return path.with_name(path.name + ".new")


def _read_over(path: Path, new: Path, now: float, upto: int, devices: Mapping[str, DeviceSpec]) -> tuple[int, int]:
    found, saved = database.salvage(path), 0
    ledger = Ledger(new, devices)
    try:
        while batch := list(islice(found, _AT_ONCE)):
            ledger.commit(batch)
            saved += len(batch)
        if upto > ledger.last:
            ledger.commit([Event(upto, now, None, Dropped("archive", 1))])
        return saved, ledger.last - saved
    finally:
        ledger.close()
