"""The plan kept at hand, room by room: asked for again only where something has changed or come due. Pure."""

from collections.abc import Callable, Collection, Iterable
from typing import Final

from avctl.bookings.rule import Act, Decision

_FRESH: Final = 3600.0  # s a room's plan is good for: meetings move into its horizon


class Agenda:
    """`ask` gives the plan of some rooms at a time. `together`: rooms wait for each other, so all are asked at once."""

    def __init__(
        self, rooms: Iterable[str], ask: Callable[[Collection[str], float], list[Decision]], together: bool = False
    ) -> None:
        self._rooms, self._ask, self._together = tuple(rooms), ask, together
        self._plans: dict[str, list[Decision]] = {}
        self._due: dict[str, float] = {}

    def touch(self, *rooms: str) -> None:
        """Something has changed there; everywhere, if no room is named."""
        for room in rooms or self._rooms:
            self._due.pop(room, None)
        if self._together:
            self._due.clear()

    def due(self, now: float) -> list[Decision]:
        """Everything that is to be done now, soonest first."""
        if asked := [room for room in self._rooms if self._due.get(room, now) <= now]:
            self._renew(asked, now)
        found = [d for plan in self._plans.values() for d in plan if d.when <= now and d.act is not Act.HOLD]
        return sorted(found, key=lambda d: (d.when, -d.booking.priority, d.room))

    def next(self) -> float:
        """When there is something to be done or looked at again."""
        return min(self._due.values(), default=float("inf"))

    def _renew(self, rooms: Collection[str], now: float) -> None:
        self._plans.update((room, []) for room in rooms)
        for decision in self._ask(rooms, now):
            self._plans[decision.room].append(decision)
        for room in rooms:
            self._due[room] = min((d.when for d in self._plans[room] if d.when > now), default=now + _FRESH)
            self._due[room] = min(self._due[room], now + _FRESH)
