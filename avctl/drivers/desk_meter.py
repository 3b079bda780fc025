"""Which needles moved: meter blobs come many times a second, and most of a blob says nothing new.

A level is told when it moved by a decibel or more, and every tenth blob whether it moved or not, so that who watches
it can tell a quiet channel from a dead desk.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

_MOVED = 1.0  # dB
_FLOOR = -80.0  # dBFS; what moves beneath is the noise of the preamplifiers
_REFRESH = 10  # blobs


@dataclass(frozen=True, slots=True)
class Needle:
    """A point and the places of a blob it shows: the loudest of them. A `lazy` one is told with all others only."""

    point: str
    first: int
    count: int = 1
    lazy: bool = False


Banks = Mapping[int, tuple[Needle, ...]]


class Needles:
    """The levels told last, per point. `db` makes decibels of what stands in a blob."""

    def __init__(self, banks: Banks, db: Callable[[float], float | None]) -> None:
        self._banks, self._db = banks, db
        self.rest()

    def rest(self) -> None:
        """Forget everything: the desk has been opened anew."""
        self._told: dict[str, float | None] = {}
        self._blobs = dict.fromkeys(self._banks, 0)

    def all(self, bank: int, levels: Sequence[float]) -> Iterator[tuple[str, float | None]]:
        """Every level of a blob, in dB."""
        for needle, db in self._of(bank, levels):
            self._told[needle.point] = db
            yield needle.point, _shown(db)

    def moved(self, bank: int, levels: Sequence[float]) -> Iterator[tuple[str, float | None]]:
        """The levels worth telling."""
        if bank not in self._blobs:
            return
        self._blobs[bank] += 1
        if self._blobs[bank] % _REFRESH == 0:
            yield from self.all(bank, levels)
            return
        for needle, db in self._of(bank, levels):
            if not needle.lazy and _differ(self._told.get(needle.point), db):
                self._told[needle.point] = db
                yield needle.point, _shown(db)

    def _of(self, bank: int, levels: Sequence[float]) -> Iterator[tuple[Needle, float | None]]:
        for needle in self._banks.get(bank, ()):
            if shown := levels[needle.first : needle.first + needle.count]:
                yield needle, self._db(max(shown))


def row(points: Sequence[str], first: int, lazy: bool = False) -> tuple[Needle, ...]:
    """Needles that stand side by side in a blob."""
    return tuple(Needle(point, first + n, lazy=lazy) for n, point in enumerate(points))


def _shown(db: float | None) -> float | None:
    return None if db is None else round(db, 1) + 0.0


def _differ(told: float | None, db: float | None) -> bool:
    return told is not db if told is None or db is None else abs(max(told, _FLOOR) - max(db, _FLOOR)) >= _MOVED
