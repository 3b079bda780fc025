"""A room of puppets: the engine with real sessions over drivers whose answers the test decides."""

import random
from collections.abc import AsyncIterator, Callable

import pytest

from avctl.clock import LoopClock
from avctl.engine.bus import Bus, Subscription
from avctl.engine.site import Site
from avctl.model.event import Body, Event
from avctl.model.house import DeviceSpec, Fixture, House, Link, RoomSpec, Tie

from .puppet import Puppet


def a_house(**limits: float) -> House:
    """Room 301 with a projector, a side display, a mixer, a charger and a switched outlet for each."""
    ids = ("projector", "side", "mixer", "charger", "pdu")
    links = [
        Link("r301-pdu.outlet.1", Tie.FEEDS, "r301-mixer"),
        Link("r301-pdu.outlet.3", Tie.FEEDS, "r301-projector"),
        Link("r301-pdu.outlet.5", Tie.FEEDS, "r301-amp"),
        Link("r301-lectern", Tie.REACHES, "r301-mixer.channel.01"),
        Link("r301-mixer.main", Tie.REACHES, "r301-zone-a"),
    ]
    return House(
        name="hq",
        timezone="Asia/Shanghai",
        language="en",
        rooms={
            "301": RoomSpec(
                "301",
                {"en": "Room 301"},
                40,
                {
                    "main-display": "r301-projector",
                    "side-display": "r301-side",
                    "mixer": "r301-mixer",
                    "presenter-mic": "r301-mixer.channel.01",
                },
            )
        },
        devices={f"r301-{id}": DeviceSpec(f"r301-{id}", "301", id, f"tcp://10.0.0.{n}") for n, id in enumerate(ids)},
        fixtures={
            "r301-zone-a": Fixture("r301-zone-a", "301", "loudspeaker"),
            "r301-lectern": Fixture("r301-lectern", "301", "microphone"),
            "r301-amp": Fixture("r301-amp", "301", "amplifier"),
        },
        links=tuple(links),
        limits=limits,
    )


class Stage:
    """A site, what it has published, and its puppets."""

    def __init__(self, clock: LoopClock, house: House) -> None:
        self.clock, self.bus = clock, Bus(clock)
        self.site = Site(house, self.bus, clock, random.Random(7))
        self._listener: Subscription = self.bus.subscribe("test")
        self.events: list[Event] = []

    def projector(self, device: str = "r301-projector", **says: str | int | float) -> Puppet:
        truth = {"power": "on", "lamp.state": "none-reported", "lamp.hours": 100, "source": "hdmi-1"}
        puppet = Puppet(device, self.clock, {**truth, "identity.serial": f"sn-{device}", **_dotted(says)})
        self.site.attach(device, puppet)
        return puppet

    def saw(self, kind: type[Body]) -> list[Event]:
        """All events of a kind so far, oldest first."""
        self.events += self._listener.take()
        return [event for event in self.events if isinstance(event.body, kind)]


def _dotted(says: dict[str, str | int | float]) -> dict[str, str | int | float]:
    return {name.replace("_", "."): value for name, value in says.items()}


@pytest.fixture
async def stage(clock: LoopClock) -> AsyncIterator[Stage]:
    stage = Stage(clock, a_house())
    yield stage
    await stage.site.stop()


@pytest.fixture
async def build(clock: LoopClock) -> AsyncIterator[Callable[..., Stage]]:
    built: list[Stage] = []

    def make(house: House | None = None, **limits: float) -> Stage:
        built.append(Stage(clock, house or a_house(**limits)))
        return built[-1]

    yield make
    for stage in built:
        await stage.site.stop()
