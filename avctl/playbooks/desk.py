"""What playbooks need of the site, and nothing more: the engine's Site is one of these."""

from collections.abc import Collection, Mapping
from typing import Protocol

from avctl.engine.bus import Bus
from avctl.engine.state import RoomState
from avctl.model.command import Command, Urgency
from avctl.model.event import Body, CommandDone, Event
from avctl.model.house import House
from avctl.model.point import Point
from avctl.model.ports import Clock
from avctl.model.reading import Reading


class Desk(Protocol):
    """Facts are looked up and asked for, wishes are commanded, events come into being by `publish`."""

    @property
    def house(self) -> House: ...

    @property
    def bus(self) -> Bus: ...

    @property
    def clock(self) -> Clock: ...

    def publish(self, body: Body, cause: int | None = None) -> Event: ...

    def state(self, room_id: str) -> RoomState: ...

    def points(self, device_id: str) -> Mapping[str, Point]: ...

    def reading(self, device: str, point: str) -> Reading | None: ...

    async def command(self, command: Command) -> CommandDone: ...

    async def ask(
        self, device: str, points: Collection[str], within: float, urgency: Urgency = Urgency.SELF_TEST
    ) -> Mapping[str, Reading]: ...
