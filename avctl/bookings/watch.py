"""What is seen of the rooms, out of events: who is in, and when people were last seen to leave. Pure."""

from dataclasses import replace

from avctl.bookings.rule import Sight
from avctl.model.event import Event, Occupancy, PhaseChanged


class Watch:
    """One sight per room. People have left when a room that was seen occupied is seen empty."""

    def __init__(self) -> None:
        self.sights: dict[str, Sight] = {}
        self._within: set[str] = set()

    def take(self, event: Event) -> None:
        if not isinstance(event.body, PhaseChanged):
            return
        room, occupancy = event.body.room, event.body.occupancy
        sight = self.sights.get(room, Sight())
        left = sight.left
        if occupancy is Occupancy.OCCUPIED:
            self._within.add(room)
            left = None
        elif occupancy is not Occupancy.UNKNOWN and room in self._within:
            self._within.discard(room)
            left = event.at
        self.sights[room] = replace(sight, occupancy=occupancy, left=left)

    def awake(self, room: str, occupancy: Occupancy, now: float) -> None:
        """A new life begins: what was seen in an earlier one is not seen any more, but who left has left."""
        left = self.sights[room].left if room in self.sights else None
        self.sights[room] = Sight(occupancy, left, now)

    def witness(self, room: str, item: str, at: float) -> None:
        """People were seen to use `item` of `room` (R5)."""
        sight = self.sights.get(room, Sight())
        self.sights[room] = replace(sight, used={**sight.used, item: at})
