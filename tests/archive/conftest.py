"""A small archive and a short way to tell it things."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from avctl.archive.reader import Reader
from avctl.archive.store import Store
from avctl.model.event import Body, Event, Read
from avctl.model.house import DeviceSpec
from avctl.model.reading import Quality, Reading, Value

MORNING = 1_789_000_000.0


@dataclass
class Watch:
    """A clock that is set by hand."""

    at: float = MORNING

    def now(self) -> float:
        return self.at


DEVICES = (
    DeviceSpec("r301-mixer", "301", "x32", "osc://10.20.1.11:10023", asset={"tag": "AV-301-01"}),
    DeviceSpec(
        "r301-projector", "301", "escvp21", "serial:///dev/null", {"rated_lamp_hours": 5000}, {"tag": "AV-301-02"}
    ),
    DeviceSpec("r301-side", "301", "escvp21", "tcp://10.20.1.13:4001"),
    DeviceSpec("r303-charger", "303", "battery-mib", "snmp://10.20.3.14"),
)


@dataclass
class History:
    """Tells a store what happened, event by event, at whatever time its watch shows."""

    store: Store
    watch: Watch
    told: list[Event] = field(default_factory=list)

    def say(self, body: Body, cause: int | None = None, later: float = 1.0) -> int:
        self.watch.at += later
        event = Event(self.store.last_seq + 1, self.watch.at, cause, body)
        self.store.write([event])
        self.told.append(event)
        return event.seq

    def read(self, device: str, later: float = 1.0, **points: Value) -> int:
        self.watch.at += later
        return self.say(read(device, self.watch.at, **points), later=0.0)


def read(device: str, at: float, **points: Value) -> Read:
    """`read("r301-projector", now, lamp__hours=12)`: two underscores stand for the dot."""
    named = {name.replace("__", ".").replace("_", "-"): value for name, value in points.items()}
    return Read(device, tuple(Reading(device, name, value, Quality.MEASURED, at) for name, value in named.items()))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "avctl.db"


@pytest.fixture
def open_store(path: Path) -> Iterator[Callable[[], Store]]:
    opened: list[Store] = []

    def make() -> Store:
        opened.append(Store(path, Watch(), DEVICES))
        return opened[-1]

    yield make
    for store in opened:
        store.close()


@pytest.fixture
def history(path: Path) -> Iterator[History]:
    watch = Watch()
    store = Store(path, watch, DEVICES)
    yield History(store, watch)
    store.close()


@pytest.fixture
def reader(path: Path) -> Iterator[Reader]:
    reader = Reader(path)
    yield reader
    reader.close()
