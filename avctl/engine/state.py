"""What is known of a room: a pure fold of its events. Same events, same state; no clock, no loop, no I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from avctl.model.booking import Booking, BookingKey
from avctl.model.event import Occupancy, Phase, StepWaits
from avctl.model.fault import Fault, FaultKey
from avctl.model.health import Cause, Reach
from avctl.model.outcome import Verdict
from avctl.model.reading import Reading


@dataclass(frozen=True, slots=True)
class DeviceState:
    """One device: how we reach it, since when (UTC seconds), when it last answered, and its newest readings."""

    id: str
    reach: Reach = Reach.UNASKED
    since: float = 0.0
    cause: Cause | None = None
    detail: str = ""
    last_answer: float | None = None
    readings: Mapping[str, Reading] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunState:
    """One playbook run as it stands: for progress displays, and for the rule that a room has one automatic actor."""

    run: str
    playbook: str
    steps: int
    since: float
    done: int = 0
    doing: str = ""
    verdict: Verdict | None = None
    waits: StepWaits | None = None
    ending: str = ""
    said: str = ""
    booking: BookingKey | None = None


@dataclass(frozen=True, slots=True)
class RoomState:
    """One room. `runs` holds those under way; `last_runs` the latest ended one of each playbook."""

    room: str
    devices: Mapping[str, DeviceState] = field(default_factory=dict)
    faults: Mapping[FaultKey, Fault] = field(default_factory=dict)
    bookings: Mapping[BookingKey, Booking] = field(default_factory=dict)
    phase: Phase = Phase.IDLE
    occupancy: Occupancy = Occupancy.UNKNOWN
    booking: BookingKey | None = None
    runs: Mapping[str, RunState] = field(default_factory=dict)
    last_runs: Mapping[str, RunState] = field(default_factory=dict)
    frozen: bool = False
