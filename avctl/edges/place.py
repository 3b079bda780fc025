"""Where an event belongs: which room it speaks of, or none."""

from collections import OrderedDict

from avctl.model import event as happened
from avctl.model.event import Event
from avctl.model.house import House

_MOST = 5000  # runs and commands remembered


class Place:
    """Remembers which room a run runs in, because its steps do not say so."""

    def __init__(self, house: House) -> None:
        self._rooms = {device.id: device.room for device in house.devices.values()}
        self._seen: OrderedDict[str, str] = OrderedDict()

    def room(self, event: Event) -> str | None:
        """The room of an event; None for what concerns the whole site."""
        match event.body:
            case happened.PlayStarted(run, room):
                self._seen[run] = room
                while len(self._seen) > _MOST:
                    self._seen.popitem(last=False)
                return room
            case happened.StepIntended(run) | happened.StepDone(run) | happened.StepWaits(run) | happened.Answered(run):
                return self._seen.get(run)
            case happened.CommandAsked(command):
                return self._rooms.get(command.device)
            case happened.FaultRaised(_, room) | happened.FaultCleared(_, room):
                return room
            case happened.FaultMitigated(key) | happened.FaultAcknowledged(key):
                return self._rooms.get(key.device)
            case happened.BookingChanged(booking):
                return booking.room
            case (
                happened.Read(device)
                | happened.ReachChanged(device)
                | happened.CommandDone(_, device)
                | happened.Held(device)
                | happened.Released(device)
            ):
                return self._rooms.get(device)
            case body:
                found = getattr(body, "room", None)
                return found if isinstance(found, str) else None
