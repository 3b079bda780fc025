"""Health with its cause, and the one sentence that says it to people."""

import pytest

from avctl.engine.condition import condition, sentence
from avctl.engine.ranking import rank
from avctl.engine.state import DeviceState, RoomState
from avctl.model.booking import Booking, BookingKey
from avctl.model.event import Phase
from avctl.model.fault import Fault, FaultKey, Severity
from avctl.model.health import Cause, Condition, Health, Reach
from avctl.model.house import DeviceSpec

SPEC = DeviceSpec("r301-projector", "301", "x", "tcp://10.0.0.1")
UP = DeviceState("r301-projector", Reach.UP, 5.0, last_answer=9.0)
DOWN = DeviceState("r301-projector", Reach.DOWN, 5.0, Cause.REFUSED, "reset", 4.0)


def fault(name: str, severity: Severity, since: float = 7.0) -> Fault:
    return Fault(FaultKey("r301-projector", name), severity, since, 1)


@pytest.mark.parametrize(
    ("device", "faults", "unfed", "ours", "wanted"),
    [
        (DeviceState("d"), [], "", False, (Health.UNKNOWN, Cause.NOT_ASKED)),
        (UP, [], "", False, (Health.OK, None)),
        (UP, [fault("wear", Severity.NOTICE)], "", False, (Health.OK, None)),
        (UP, [fault("filter", Severity.WARNING)], "", False, (Health.DEGRADED, Cause.FAULT)),
        (
            UP,
            [fault("filter", Severity.WARNING), fault("lamp", Severity.CRITICAL)],
            "",
            False,
            (Health.FAILED, Cause.FAULT),
        ),
        (UP, [fault("not-obeying", Severity.WARNING)], "", False, (Health.DEGRADED, Cause.NOT_OBEYING)),
        (DOWN, [fault("link", Severity.CRITICAL)], "", False, (Health.UNKNOWN, Cause.REFUSED)),
        (DOWN, [], "r301-pdu.outlet.3", False, (Health.UNKNOWN, Cause.UPSTREAM_DOWN)),
        (DOWN, [], "r301-pdu.outlet.3", True, (Health.UNKNOWN, Cause.EXPECTED_OFF)),
        (DeviceState("d", Reach.SUSPECT), [], "", False, (Health.DEGRADED, Cause.NO_REPLY)),
        (DeviceState("d", Reach.UP, 0.0, Cause.LOSSY, "now and then"), [], "", False, (Health.DEGRADED, Cause.LOSSY)),
    ],
)
def test_health_names_its_cause(
    device: DeviceState, faults: list[Fault], unfed: str, ours: bool, wanted: tuple[Health, Cause | None]
) -> None:
    found = condition(device, faults, unfed, ours)
    assert (found.health, found.cause) == wanted


@pytest.mark.parametrize("cause", [*Cause, None])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_cause_has_a_sentence_with_address_since_last_answer_and_what_to_do(
    cause: Cause | None, language: str
) -> None:
    shown = {5.0: "10:12", 4.0: "10:11"}
    said = sentence(Condition(Health.UNKNOWN, cause, 5.0, 4.0, "detail"), SPEC, language, shown.__getitem__)
    assert "r301-projector" in said
    if cause is not None:
        assert "tcp://10.0.0.1" in said
        assert "10:11" in said
        assert ("10:12" in said) or cause is Cause.NOT_ASKED
        assert len([part for part in said.replace("。", ".").split(".") if part.strip()]) >= 2  # and what to do


def test_a_device_that_never_answered_is_said_to_have_never_answered() -> None:
    assert "never" in sentence(Condition(Health.UNKNOWN, Cause.NO_REPLY, 5.0, None), SPEC, "en", lambda _: "10:12")


def test_the_room_in_a_meeting_comes_before_the_one_tomorrow_and_a_lamp_before_a_filter() -> None:
    def room(id: str, severity: Severity, phase: Phase = Phase.IDLE, start: float | None = None) -> RoomState:
        found = fault("x", severity)
        bookings = {}
        if start is not None:
            key = BookingKey("s", id)
            bookings[key] = Booking(key, id, start, start + 1)
        return RoomState(id, faults={found.key: found}, phase=phase, bookings=bookings)

    rooms = [
        room("tomorrow", Severity.CRITICAL, start=24 * 3600.0),
        room("soon", Severity.CRITICAL, start=600.0),
        room("meeting", Severity.CRITICAL, Phase.MEETING),
        room("filter", Severity.WARNING, Phase.MEETING),
        RoomState("well"),
    ]
    assert [call.room for call in rank(rooms, 0.0)] == ["meeting", "soon", "filter", "tomorrow"]
