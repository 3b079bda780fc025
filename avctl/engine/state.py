"""What is known of a room: a pure fold of its events. Same events, same state; no clock, no loop, no I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from avctl.model import event as happened
from avctl.model.booking import Booking, BookingKey, Status
from avctl.model.event import Event, Occupancy, Phase, StepWaits
from avctl.model.fault import Fault, FaultKey
from avctl.model.health import Cause, Reach
from avctl.model.outcome import Verdict, worst
from avctl.model.reading import Reading, Value

K = TypeVar("K")
V = TypeVar("V")

FIRE = "fire"
"""The fault that freezes a room: every playbook stands still until a person has released it."""
_FORGET = 24 * 3600.0  # an ended booking is of no more use to the room after a day


@dataclass(frozen=True, slots=True)
class Hold:
    """A person works on a device: since and until when (UTC seconds), who, and what for."""

    since: float
    until: float
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class DeviceState:
    """One device: how we reach it, since when (UTC seconds), when it last answered, and its newest readings.

    While it is held, nothing is asked of it and it counts as not asked.
    """

    id: str
    reach: Reach = Reach.UNASKED
    since: float = 0.0
    cause: Cause | None = None
    detail: str = ""
    last_answer: float | None = None
    readings: Mapping[str, Reading] = field(default_factory=dict)
    held: Hold | None = None


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

    def device(self, id: str) -> DeviceState:
        """What is known of a device; nothing yet is a state too."""
        return self.devices.get(id) or DeviceState(id)

    def value(self, device: str, point: str) -> Value | None:
        """The last value a point is known to have had, however old."""
        reading = self.device(device).readings.get(point)
        return reading.value if reading else None

    def faults_of(self, device: str) -> tuple[Fault, ...]:
        return tuple(fault for key, fault in self.faults.items() if key.device == device)

    @property
    def in_use(self) -> bool:
        """Whether people may be relying on the room now: booked as a meeting, or seen to be occupied."""
        return self.phase is Phase.MEETING or self.occupancy is Occupancy.OCCUPIED


def fold(state: RoomState, event: Event) -> RoomState:
    """The room after `event`. Events that say nothing about a room's state leave it as it is."""
    match event.body:
        case happened.Read() | happened.ReachChanged() | happened.Held() | happened.Released() as body:
            device = _device(state.device(body.device), body, event.at)
            return replace(state, devices=_with(state.devices, device.id, device))
        case (
            happened.FaultRaised()
            | happened.FaultMitigated()
            | happened.FaultAcknowledged()
            | happened.FaultCleared() as body
        ):
            faults = _faults(state.faults, body, event)
            return replace(state, faults=faults, frozen=any(key.name == FIRE for key in faults))
        case happened.BookingChanged(booking):
            return replace(state, bookings=_bookings(state, booking, event.at))
        case happened.PhaseChanged(_, phase, occupancy, key, _):
            return replace(state, phase=phase, occupancy=occupancy, booking=key)
        case happened.PlayStarted() as body:
            return replace(state, runs=_with(state.runs, body.run, _started(body, event.at)))
        case happened.PlayEnded() as body:
            return _ended(state, body, event.at)
        case happened.StepIntended() | happened.StepDone() | StepWaits() | happened.Answered() as body:
            run = state.runs.get(body.run)
            return state if run is None else replace(state, runs=_with(state.runs, body.run, _stepped(run, body)))
        case _:
            return state


def _device(
    device: DeviceState, body: happened.Read | happened.ReachChanged | happened.Held | happened.Released, at: float
) -> DeviceState:
    match body:
        case happened.Read():
            readings = {**device.readings, **{reading.point: reading for reading in body.readings}}
            return replace(device, readings=readings, last_answer=at)
        case happened.ReachChanged():
            since = at if body.reach is not device.reach else device.since
            last = at if body.reach is Reach.UP else device.last_answer
            return replace(
                device, reach=body.reach, since=since, cause=body.cause, detail=body.detail, last_answer=last
            )
        case happened.Held():
            hold = Hold(device.held.since if device.held else at, body.until, body.by, body.why)
            return replace(device, reach=Reach.UNASKED, since=hold.since, cause=None, detail="", held=hold)
        case happened.Released():
            return replace(device, reach=Reach.UNASKED, since=at, cause=None, detail="", held=None)


def _faults(
    faults: Mapping[FaultKey, Fault],
    body: happened.FaultRaised | happened.FaultMitigated | happened.FaultAcknowledged | happened.FaultCleared,
    event: Event,
) -> Mapping[FaultKey, Fault]:
    if isinstance(body, happened.FaultRaised):
        return _with(faults, body.fault.key, replace(body.fault, event=event.seq))
    if (fault := faults.get(body.key)) is None:
        return faults
    match body:
        case happened.FaultMitigated():
            return _with(faults, body.key, replace(fault, mitigated=event.at))
        case happened.FaultAcknowledged(_, by):
            return _with(faults, body.key, replace(fault, acknowledged=event.at, acknowledged_by=by))
        case happened.FaultCleared():
            return {key: other for key, other in faults.items() if key != body.key}


def _bookings(state: RoomState, booking: Booking, at: float) -> Mapping[BookingKey, Booking]:
    """A booking that went to another room, or was cancelled, is no booking of this one."""
    kept = {key: b for key, b in state.bookings.items() if key != booking.key and b.end > at - _FORGET}
    if booking.room == state.room and booking.status is not Status.CANCELLED:
        kept[booking.key] = booking
    return kept


def _started(body: happened.PlayStarted, at: float) -> RunState:
    return RunState(body.run, body.playbook, body.steps, at, booking=body.booking.key if body.booking else None)


def _ended(state: RoomState, body: happened.PlayEnded, at: float) -> RoomState:
    known = state.runs.get(body.run) or RunState(body.run, body.playbook, 0, at)
    run = replace(known, verdict=body.verdict, ending=body.ending, said=body.said, doing="", waits=None)
    left = {id: other for id, other in state.runs.items() if id != body.run}
    return replace(state, runs=left, last_runs=_with(state.last_runs, body.playbook, run))


def _stepped(
    run: RunState, body: happened.StepIntended | happened.StepDone | StepWaits | happened.Answered
) -> RunState:
    match body:
        case happened.StepIntended():
            return replace(run, doing=body.doing)
        case happened.StepDone():
            verdicts = [body.outcome.verdict] if run.verdict is None else [run.verdict, body.outcome.verdict]
            return replace(run, done=run.done + 1, verdict=worst(verdicts), waits=None)
        case StepWaits():
            return replace(run, waits=body)
        case happened.Answered():
            return replace(run, waits=None)


def _with(known: Mapping[K, V], key: K, value: V) -> Mapping[K, V]:
    return {**known, key: value}
