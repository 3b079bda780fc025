"""The human hand: bookings made, moved and cancelled by command, over whatever the sources say.

The last word counts: a meeting of a source that was moved or cancelled by hand stays so until the source itself
changes it again. Everything is on disk before it is in force.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from avctl.bookings.shelf import Shelf, key_of, packed, unpacked
from avctl.model.booking import Booking, BookingKey, Status
from avctl.model.ports import Clock

NAME: Final = "manual"
_KEPT: Final = 2 * 86_400.0  # s after its end that a booking or a word about one is kept


@dataclass(frozen=True, slots=True)
class Word:
    """What somebody said about a source's meeting: where it stood then, where it shall stand; `to` None: nowhere."""

    key: BookingKey
    seen: tuple[str, float, float]
    to: tuple[str, float, float] | None
    by: str


class Manual:
    """Bookings of our own, and words about those of others."""

    def __init__(self, folder: Path | None, clock: Clock) -> None:
        self._shelf, self._clock = Shelf(folder, NAME), clock
        kept = self._shelf.get()
        self._own = {b.key: b for b in unpacked(kept.get("own", ()))}
        self._words = {w.key: w for w in map(_word, kept.get("words", ()))}

    def put(self, booking: Booking) -> None:
        """Make a booking of our own, or replace it. Raises OSError; then nothing has changed."""
        self._save(self._own | {booking.key: booking}, self._words)

    def shift(self, current: Booking, room: str, start: float, end: float, by: str) -> None:
        """Move a meeting, ours or a source's. Raises OSError."""
        if current.key in self._own:
            self.put(replace(current, room=room, start=start, end=end))
        else:
            self._say(current, (room, start, end), by)

    def cancel(self, current: Booking, by: str) -> None:
        """Cancel a meeting, ours or a source's. Raises OSError."""
        if current.key in self._own:
            self._save({key: b for key, b in self._own.items() if key != current.key}, self._words)
        else:
            self._say(current, None, by)

    def over(self, bookings: Iterable[Booking]) -> list[Booking]:
        """Our own bookings, then those of the sources as people changed them."""
        found = list(self._own.values())
        for booking in bookings:
            word = self._words.get(booking.key)
            if word is None or _place(booking) not in (word.seen, word.to):
                found.append(booking)  # nothing was said, or the source has spoken since
            elif word.to is not None:
                room, start, end = word.to
                found.append(replace(booking, room=room, start=start, end=end))
        return [b for b in found if b.status is not Status.CANCELLED]

    def _say(self, current: Booking, to: tuple[str, float, float] | None, by: str) -> None:
        before = self._words.get(current.key)
        seen = before.seen if before and before.to == _place(current) else _place(current)
        self._save(self._own, self._words | {current.key: Word(current.key, seen, to, by)})

    def _save(self, own: dict[BookingKey, Booking], words: dict[BookingKey, Word]) -> None:
        oldest = self._clock.now() - _KEPT
        own = {key: b for key, b in own.items() if b.end > oldest}
        words = {key: w for key, w in words.items() if max(w.seen[2], w.to[2] if w.to else 0.0) > oldest}
        self._shelf.put({"own": packed(own.values()), "words": [asdict(w) for w in words.values()]})
        self._own, self._words = own, words


def _place(booking: Booking) -> tuple[str, float, float]:
    return booking.room, booking.start, booking.end


def _word(row: dict[str, Any]) -> Word:
    return Word(key_of(row["key"]), tuple(row["seen"]), tuple(row["to"]) if row["to"] else None, row["by"])
