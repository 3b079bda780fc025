"""When one device is to be asked what. No loop: `now` is handed in (the loop's seconds).

Each question has its period, a shorter one while a meeting or a test relies on the device. Wake-ups are the cost of
polling, so they fall on a grid that all devices share. A projector that warms up or cools down is asked side questions
less often, and so is whoever did not answer one.
"""

import math
from collections.abc import Iterator, Mapping, Sequence

from avctl.model.ports import Query

GRID = 0.1  # s
NOW = 1e-6  # timers fire a rounding error early
GENTLER = 4.0  # times the period, while a lamp warms up or cools down
IDENTITY = "identity"
"""The question every driver calls so: who are you?"""
_LONGEST_STRIKE = 600.0


class Schedule:
    """The questions of one device. `strikes` counts how often a side one stayed silent, `pace` stretches periods."""

    def __init__(self, queries: Sequence[Query], strikes: Mapping[str, int], pace: float = 1.0) -> None:
        self.queries, self._strikes, self._pace = queries, strikes, pace
        self.busy = self.changing = False
        self.refused: set[str] = set()
        self._asked: dict[str, float] = {}

    def ask(self, query: Query, now: float) -> None:
        """It is being asked."""
        self._asked[query.name] = now

    def due(self, now: float) -> Query | None:
        """What is to be asked now: the vital question before others, then what waits longest."""
        due = [query for query in self.open() if self._when(query) <= now + NOW]
        return min(due, key=lambda query: (not self.is_vital(query), self._when(query)), default=None)

    def next(self) -> float:
        """When there will be something to ask."""
        return min(map(self._when, self.open()), default=math.inf)

    def stock(self) -> tuple[Sequence[Query], Sequence[Query]]:
        """All questions: those that say whether and who it is, then the rest."""
        first = [query for query in self.queries if self.is_vital(query)]
        first += [query for query in self.queries if query.name == IDENTITY and query not in first]
        return first, [query for query in self.queries if query not in first and query.name not in self._strikes]

    def open(self) -> Iterator[Query]:
        """What the device has not refused to answer."""
        return (query for query in self.queries if query.name not in self.refused)

    def period(self, query: Query) -> float:
        """Seconds between two askings, as things stand."""
        period = query.busy if query.busy is not None and self.busy else query.every
        period *= 1.0 if query.busy == query.every else self._pace
        return period * GENTLER if self.changing and not self.is_vital(query) else period

    def is_vital(self, query: Query) -> bool:
        """The question whose silence means that the device is gone; if none is marked, the most frequent one is."""
        if any(other.vital for other in self.queries):
            return query.vital
        return query is min(self.queries, key=lambda other: other.every)

    def _when(self, query: Query) -> float:
        period, strikes = self.period(query), self._strikes.get(query.name, 0)
        if strikes:
            period = min(_LONGEST_STRIKE, period * 2.0**strikes)
        return math.ceil(round((self._asked.get(query.name, 0.0) + period) / GRID, 6)) * GRID
