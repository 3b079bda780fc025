"""Which needles moved: meter blobs come many times a second, and most of a blob says nothing new.

A level is told when it moved by a decibel or more, and every tenth blob whether it moved or not, so that who watches
it can tell a quiet channel from a dead desk.
"""

from collections.abc import Iterator, Sequence

from avctl.codecs.x32 import meter_db

_MOVED = 1.0  # dB
_FLOOR = -80.0  # dBFS; what moves beneath is the noise of the preamplifiers
_REFRESH = 10  # blobs
_MAIN = slice(22, 24)  # left and right in bank 2, behind 16 buses and 6 matrices


class Needles:
    """The levels told last, per point."""

    def __init__(self, channels: int) -> None:
        self._channels = [f"channel.{n:02}.level" for n in range(1, channels + 1)]
        self._buses = [f"bus.{n:02}.level" for n in range(1, 17)]
        self.rest()

    def rest(self) -> None:
        """Forget everything: the desk has been opened anew."""
        self._told: dict[str, float | None] = {}
        self._blobs = {1: 0, 2: 0}

    def all(self, bank: int, levels: Sequence[float]) -> Iterator[tuple[str, float | None]]:
        """Every level of a blob, in dBFS."""
        for point, level in self._of(bank, levels):
            db = meter_db(level)
            self._told[point] = db
            yield point, None if db is None else round(db, 1)

    def moved(self, bank: int, levels: Sequence[float]) -> Iterator[tuple[str, float | None]]:
        """The levels worth telling."""
        if bank not in self._blobs:
            return
        self._blobs[bank] += 1
        if self._blobs[bank] % _REFRESH == 0:
            yield from self.all(bank, levels)
            return
        for point, level in self._of(bank, levels):
            db = meter_db(level)
            if _differ(self._told.get(point), db):
                self._told[point] = db
                yield point, None if db is None else round(db, 1)

    def _of(self, bank: int, levels: Sequence[float]) -> Iterator[tuple[str, float]]:
        if bank == 1:
            yield from zip(self._channels, levels, strict=False)
        if bank == 2:
            yield from zip(self._buses, levels, strict=False)
            if main := levels[_MAIN]:
                yield "main.level", max(main)


def _differ(told: float | None, db: float | None) -> bool:
    return told is not db if told is None or db is None else abs(max(told, _FLOOR) - max(db, _FLOOR)) >= _MOVED
