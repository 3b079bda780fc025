"""The fold: same events, same state; and what it knows afterwards."""

from hypothesis import given
from hypothesis import strategies as st

from avctl.engine.state import RoomState, fold
from avctl.model.booking import Booking, BookingKey, Status
from avctl.model.command import TestClass
from avctl.model.event import (
    Answered,
    Body,
    BookingChanged,
    Event,
    FaultAcknowledged,
    FaultCleared,
    FaultMitigated,
    FaultRaised,
    Occupancy,
    Phase,
    PhaseChanged,
    PlayEnded,
    PlayStarted,
    ReachChanged,
    Read,
    Started,
    StepDone,
    StepIntended,
    StepWaits,
)
from avctl.model.fault import Fault, FaultKey, Severity
from avctl.model.health import Cause, Reach
from avctl.model.outcome import Outcome, Verdict
from avctl.model.reading import Quality, Reading

LAMP = FaultKey("p", "lamp")
BOOKING = Booking(BookingKey("desk", "a"), "301", 1000, 2000)


def after(*bodies: Body) -> RoomState:
    state = RoomState("301")
    for seq, body in enumerate(bodies, 1):
        state = fold(state, Event(seq, float(seq), None, body))
    return state


def read(point: str, value: str) -> Read:
    return Read("p", (Reading("p", point, value, Quality.MEASURED, 0.0),))


def test_readings_of_a_device_add_up() -> None:
    state = after(read("power", "on"), read("source", "hdmi-1"), read("power", "off"))
    assert (state.value("p", "power"), state.value("p", "source"), state.value("q", "power")) == ("off", "hdmi-1", None)
    assert state.device("p").last_answer == 3.0


def test_since_is_when_the_reach_changed_last_not_when_it_was_said_last() -> None:
    state = after(
        ReachChanged("p", Reach.UP),
        ReachChanged("p", Reach.DOWN, Cause.NO_REPLY, "x"),
        ReachChanged("p", Reach.DOWN, Cause.REFUSED, "y"),
    )
    device = state.device("p")
    assert (device.since, device.last_answer, device.cause) == (2.0, 1.0, Cause.REFUSED)


def test_a_fault_goes_its_way() -> None:
    raised = FaultRaised(Fault(LAMP, Severity.CRITICAL, 1.0, 1), "301")
    state = after(raised, FaultMitigated(LAMP, "run"), FaultAcknowledged(LAMP, "engineer"))
    fault = state.faults[LAMP]
    assert (fault.mitigated, fault.acknowledged, fault.acknowledged_by) == (2.0, 3.0, "engineer")
    assert state.faults_of("p") == (fault,)
    assert after(raised, FaultCleared(LAMP, "301", 1.0)).faults == {}
    assert after(FaultAcknowledged(LAMP, "engineer")).faults == {}


def test_a_fire_freezes_the_room_until_it_is_cleared() -> None:
    fire = FaultKey("alarm", "fire")
    raised = FaultRaised(Fault(fire, Severity.CRITICAL, 1.0, 1), "301")
    assert after(raised).frozen
    assert not after(raised, FaultCleared(fire, "301", 1.0)).frozen


def test_a_booking_that_moves_away_or_is_cancelled_is_gone() -> None:
    assert set(after(BookingChanged(BOOKING)).bookings) == {BOOKING.key}
    moved = Booking(BOOKING.key, "302", 1000, 2000)
    assert after(BookingChanged(BOOKING), BookingChanged(moved, BOOKING)).bookings == {}
    cancelled = Booking(BOOKING.key, "301", 1000, 2000, status=Status.CANCELLED)
    assert after(BookingChanged(BOOKING), BookingChanged(cancelled, BOOKING)).bookings == {}


def test_a_phase_is_as_it_was_said() -> None:
    state = after(PhaseChanged("301", Phase.ENDING, Occupancy.OCCUPIED, BOOKING.key, ""))
    assert (state.phase, state.occupancy, state.booking, state.in_use) == (
        Phase.ENDING,
        Occupancy.OCCUPIED,
        BOOKING.key,
        True,
    )


def test_a_run_is_followed_from_its_start_to_its_end() -> None:
    start = PlayStarted("r1", "301", "pre-meeting", "v1", Started.SCHEDULE, "plan", 5, BOOKING)
    intent = StepIntended("r1", "s1", "expect", "reads the lamp", TestClass.PASSIVE)
    waits = StepWaits("r1", "s2", "Is there sound?", 99.0, ("yes", "no"))
    state = after(start, intent)
    assert (state.runs["r1"].doing, state.runs["r1"].booking) == ("reads the lamp", BOOKING.key)
    state = after(start, intent, StepDone("r1", "s1", Outcome("s1", Verdict.MARGINAL)), waits)
    assert (state.runs["r1"].done, state.runs["r1"].verdict, state.runs["r1"].waits) == (1, Verdict.MARGINAL, waits)
    state = after(start, intent, waits, Answered("r1", "s2", "yes", "engineer"))
    assert state.runs["r1"].waits is None
    end = PlayEnded("r1", "301", "pre-meeting", Verdict.PASS, "finished", True, "fine", 3.0)
    state = after(start, intent, end)
    assert state.runs == {}
    last = state.last_runs["pre-meeting"]
    assert (last.verdict, last.ending, last.said, last.doing) == (Verdict.PASS, "finished", "fine", "")


_BODIES = st.sampled_from(
    [
        read("power", "on"),
        read("power", "off"),
        ReachChanged("p", Reach.UP),
        ReachChanged("p", Reach.DOWN, Cause.NO_REPLY),
        FaultRaised(Fault(LAMP, Severity.CRITICAL, 1.0, 1), "301"),
        FaultCleared(LAMP, "301", 1.0),
        FaultAcknowledged(LAMP, "x"),
        BookingChanged(BOOKING),
        PlayStarted("r1", "301", "p", "v", Started.FAULT, "x", 1),
        StepDone("r1", "s", Outcome("s", Verdict.PASS)),
        PlayEnded("r1", "301", "p", Verdict.PASS, "finished", False, "", 0.0),
    ]
)


@given(st.lists(_BODIES))
def test_the_same_events_give_the_same_state_and_no_state_is_changed_in_place(bodies: list[Body]) -> None:
    whole = after(*bodies)
    assert whole == after(*bodies)
    state = RoomState("301")
    for seq, body in enumerate(bodies, 1):
        kept = repr(state)
        new = fold(state, Event(seq, float(seq), None, body))
        assert repr(state) == kept
        state = new
