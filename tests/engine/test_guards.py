"""May this be done now? Every guard with a yes and a no, and a lamp that no order of commands can harm."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from avctl.engine import guards
from avctl.engine.case import ALLOWED, Answer, Case, Denied, NeedsConfirm, Past
from avctl.engine.guards import GUARDS, check
from avctl.engine.state import DeviceState, RoomState
from avctl.locale import has
from avctl.model.command import Command, Urgency
from avctl.model.event import Occupancy, Phase
from avctl.model.fault import Fault, FaultKey, Severity
from avctl.model.house import DeviceSpec, House
from avctl.model.point import Point
from avctl.model.reading import Quality, Reading, Value

from .conftest import a_house

NOW = 1_000_000.0
SWITCH = ("on", "off")
POINTS: Mapping[str, Mapping[str, Point]] = {
    "r301-projector": {
        "power": Point("power", "", "", words=("on", "off", "warming", "cooling"), writable=True),
        "av-mute": Point("av-mute", "", "", words=SWITCH, writable=True),
        "lamp.hours": Point("lamp.hours", "", "", low=0, high=9999),
    },
    "r301-mixer": {
        "main.mute": Point("main.mute", "", "", words=SWITCH, writable=True),
        "channel.01.mute": Point("channel.01.mute", "", "", words=SWITCH, writable=True),
        "bus.16.mute": Point("bus.16.mute", "", "", words=SWITCH, writable=True),
        "dca.1.mute": Point("dca.1.mute", "", "", words=SWITCH, writable=True),
        "mute-group.1": Point("mute-group.1", "", "", words=SWITCH, writable=True),
        "main.fader": Point("main.fader", "", "", unit="dB", low=-120, high=10, writable=True),
        "scene": Point("scene", "", "", low=1, high=100, writable=True),
        "oscillator": Point("oscillator", "", "", words=SWITCH, writable=True),
        "oscillator.destination": Point("oscillator.destination", "", "", writable=True),
    },
    "r301-pdu": {f"outlet.{n}.state": Point("", "", "", words=SWITCH, writable=True) for n in (1, 3, 5, 7)},
}


def room(phase: Phase = Phase.IDLE, occupancy: Occupancy = Occupancy.FREE, **values: Value) -> RoomState:
    """A room whose values are given as projector__power="on"."""
    devices: dict[str, DeviceState] = {}
    for name, value in values.items():
        device, point = f"r301-{name.split('__')[0]}", name.split("__")[1].replace("_", ".")
        reading = Reading(device, point, value, Quality.MEASURED, NOW - 1000)
        known = devices.get(device, DeviceState(device))
        devices[device] = replace(known, readings={**known.readings, point: reading})
    return RoomState("301", devices, phase=phase, occupancy=occupancy)


def case(
    point: str,
    value: Value,
    state: RoomState | None = None,
    past: Past | None = None,
    device: str = "",
    by: str = "engineer",
    urgency: Urgency = Urgency.OPERATOR,
    confirmed: bool = False,
    stale: bool = False,
    house: House | None = None,
) -> Case:
    device = device or next((d for d, points in POINTS.items() if point in points), "r301-mixer")
    command = Command("c", device, point, value, by, "test", NOW + 30, urgency, confirmed=confirmed)
    pasts = {"r301-projector": past or Past()}
    state = state or room()
    house = house or a_house()
    known = lambda d, p: not stale and state.value(d, p) is not None  # noqa: E731
    return Case(command, state, house, POINTS[device], pasts, ["r301-projector"], NOW, known)


def word(answer: Answer) -> str:
    match answer:
        case Denied(reason):
            return f"denied {reason}"
        case NeedsConfirm(reason):
            return f"confirm {reason}"
        case _:
            return "allowed"


MEETING = {"phase": Phase.MEETING, "occupancy": Occupancy.OCCUPIED}
FALLBACK = {"by": "playbook:lamp-failure", "urgency": Urgency.FALLBACK}
STRUCK = tuple(NOW - s for s in (3500.0, 2000.0, 1500.0, 900.0))

TABLE: list[tuple[str, Case, str]] = [
    # a command must make sense
    ("nothing of the name", case("main.mut", "on", device="r301-mixer"), "denied no-point"),
    ("read only", case("lamp.hours", 0), "denied not-writable"),
    ("a word it does not know", case("power", "blue"), "denied bad-value"),
    ("a number out of range", case("main.fader", 20.0), "denied bad-value"),
    # projector on
    ("cold", case("power", "on", room(projector__power="off")), "allowed"),
    ("already on", case("power", "on", room(projector__power="on"), Past(STRUCK)), "allowed"),
    ("cooling", case("power", "on", room(projector__power="cooling"), confirmed=True), "denied cooling"),
    ("not read yet", case("power", "on"), "denied power-unknown"),
    ("not read lately", case("power", "on", room(projector__power="off"), stale=True), "denied power-unknown"),
    ("just off", case("power", "on", room(projector__power="off"), Past(went_off=NOW - 299)), "denied min-off"),
    ("rested", case("power", "on", room(projector__power="off"), Past(went_off=NOW - 301)), "allowed"),
    ("struck four times", case("power", "on", room(projector__power="off"), Past(STRUCK)), "denied strikes"),
    ("struck thrice", case("power", "on", room(projector__power="off"), Past(STRUCK[1:])), "allowed"),
    # projector off
    ("long on", case("power", "off", room(projector__power="on"), Past((NOW - 301,))), "allowed"),
    ("just struck", case("power", "off", room(projector__power="on"), Past((NOW - 299,))), "confirm min-on"),
    (
        "just struck, sure",
        case("power", "off", room(projector__power="on"), Past((NOW - 9,)), confirmed=True),
        "allowed",
    ),
    ("in a meeting", case("power", "off", room(**MEETING, projector__power="on")), "confirm picture"),
    ("in a meeting, sure", case("power", "off", room(**MEETING, projector__power="on"), confirmed=True), "allowed"),
    ("dark already", case("power", "off", room(**MEETING, projector__power="off")), "allowed"),
    ("shutter by a person", case("av-mute", "on", room(**MEETING)), "allowed"),
    ("shutter by a playbook", case("av-mute", "on", room(**MEETING), by="playbook:x"), "confirm picture"),
    # outlets
    ("feeds nothing", case("outlet.7.state", "off"), "allowed"),
    ("lamp on", case("outlet.3.state", "off", room(projector__power="on")), "denied lamp-hot"),
    ("lamp unknown", case("outlet.3.state", "off", confirmed=True), "denied lamp-hot"),
    ("standby unseen", case("outlet.3.state", "off", room(projector__power="off")), "denied lamp-hot"),
    (
        "cooling on",
        case("outlet.3.state", "off", room(projector__power="off"), Past(standby=NOW - 299)),
        "denied lamp-hot",
    ),
    ("cold lamp", case("outlet.3.state", "off", room(projector__power="off"), Past(standby=NOW - 301)), "allowed"),
    ("mixer before amplifier", case("outlet.1.state", "off", room(pdu__outlet_5_state="on")), "denied amplifier-first"),
    ("mixer after amplifier", case("outlet.1.state", "off", room(pdu__outlet_5_state="off")), "allowed"),
    ("mixer in a meeting", case("outlet.1.state", "off", room(**MEETING, pdu__outlet_5_state="off")), "confirm outlet"),
    ("amplifier off", case("outlet.5.state", "off"), "allowed"),
    ("amplifier before mixer", case("outlet.5.state", "on", room(pdu__outlet_1_state="off")), "denied amplifier-last"),
    ("amplifier last", case("outlet.5.state", "on", room(pdu__outlet_1_state="on")), "allowed"),
    ("mixer on", case("outlet.1.state", "on"), "allowed"),
    # the sound of a meeting
    ("main, empty room", case("main.mute", "on"), "allowed"),
    ("main", case("main.mute", "on", room(**MEETING)), "confirm main-sound"),
    ("main by a fallback", case("main.mute", "on", room(**MEETING), **FALLBACK), "confirm main-sound"),
    ("main, sure", case("main.mute", "on", room(**MEETING), confirmed=True), "allowed"),
    ("main down", case("main.fader", -120.0, room(**MEETING)), "confirm main-sound"),
    ("main lower", case("main.fader", -15.0, room(**MEETING)), "allowed"),
    ("main open", case("main.mute", "off", room(**MEETING)), "allowed"),
    ("one channel", case("channel.01.mute", "on", room(**MEETING)), "allowed"),
    ("a bus to nowhere", case("bus.16.mute", "on", room(**MEETING)), "allowed"),
    ("a dca", case("dca.1.mute", "on", room(**MEETING)), "confirm main-sound"),
    ("a mute group", case("mute-group.1", "on", room(**MEETING), **FALLBACK), "confirm main-sound"),
    ("a voice without booking", case("main.mute", "on", room(occupancy=Occupancy.OCCUPIED)), "confirm main-sound"),
    ("scene", case("scene", 2, room(**MEETING)), "confirm scene"),
    ("scene by a fallback", case("scene", 2, room(**MEETING), **FALLBACK), "allowed"),
    ("scene before", case("scene", 2, room(Phase.PREPARING)), "allowed"),
    # tones
    ("tone", case("oscillator", "on"), "allowed"),
    ("tone, people", case("oscillator", "on", room(**MEETING), confirmed=True), "denied tone-occupied"),
    ("tone, unknown", case("oscillator", "on", room(occupancy=Occupancy.UNKNOWN)), "denied tone-unknown"),
    ("tone, soon", case("oscillator", "on", room(occupancy=Occupancy.SOON)), "confirm tone-soon"),
    ("tone, soon, sure", case("oscillator", "on", room(occupancy=Occupancy.SOON), confirmed=True), "allowed"),
    (
        "tone to nobody",
        case("oscillator", "on", room(occupancy=Occupancy.UNKNOWN, mixer__oscillator_destination="bus.16")),
        "allowed",
    ),
    (
        "tone led to the room",
        case("oscillator.destination", "main", room(occupancy=Occupancy.UNKNOWN, mixer__oscillator="on")),
        "denied tone-unknown",
    ),
    (
        "no tone led to the room",
        case("oscillator.destination", "main", room(**MEETING, mixer__oscillator="off")),
        "allowed",
    ),
    ("tone off", case("oscillator", "off", room(**MEETING)), "allowed"),
    # the alarm
    ("fire, playbook", case("main.mute", "off", replace(room(), frozen=True), by="playbook:x"), "denied fire"),
    ("fire, person", case("main.mute", "off", replace(room(), frozen=True)), "confirm fire"),
    ("fire, person, sure", case("main.mute", "off", replace(room(), frozen=True), confirmed=True), "allowed"),
    ("fire, playbook, sure", case("scene", 2, replace(room(), frozen=True), confirmed=True, **FALLBACK), "denied fire"),
]


@pytest.mark.parametrize(("asked", "wanted"), [pytest.param(c, w, id=name) for name, c, w in TABLE])
def test_the_guards_answer(asked: Case, wanted: str) -> None:
    assert word(check(asked)) == wanted


def test_every_guard_objects_somewhere_and_every_objection_has_words_in_both_tongues() -> None:
    reasons = {word(check(c)).split()[-1] for _, c, _ in TABLE} - {"allowed"} | {
        "wrong-device",
        "rate",
        "broken",
        "held",
    }
    assert all(has(f"guard.{reason}", language) for reason in reasons for language in ("zh", "en"))
    objecting = {guard.__name__ for _, c, _ in TABLE for guard in GUARDS if guard(c) is not None}
    assert {guard.__name__ for guard in GUARDS} - objecting == {"_stranger", "_rate", "_held"}  # below, and test_hold


def test_a_wrong_value_is_told_what_would_be_right() -> None:
    answer = check(case("main.fader", 20.0))
    assert isinstance(answer, Denied)
    assert answer.figures["right"] == "-120…10 dB"
    answer = check(case("main.mut", "on", device="r301-mixer"))
    assert isinstance(answer, Denied)
    assert "main.mute" in str(answer.figures["right"])


def test_another_device_at_the_address_is_told_nothing() -> None:
    key = FaultKey("r301-mixer", "wrong-device")
    state = replace(room(), faults={key: Fault(key, Severity.CRITICAL, NOW, 1)})
    assert word(check(case("main.mute", "off", state, confirmed=True))) == "denied wrong-device"


def test_a_laser_may_be_switched_as_often_as_one_likes_but_not_while_it_cools() -> None:
    laser = replace(a_house().devices["r301-projector"], options={"light": "laser"})
    house = replace(a_house(), devices={**a_house().devices, "r301-projector": laser})
    cold = case("power", "on", room(projector__power="off"), Past(STRUCK, went_off=NOW - 1), house=house)
    assert word(check(cold)) == "allowed"
    hot = case("power", "on", room(projector__power="cooling"), house=house)
    assert word(check(hot)) == "denied cooling"
    assert word(check(case("outlet.3.state", "off", room(projector__power="on"), house=house))) == "denied fed-on"
    assert word(check(case("outlet.3.state", "off", room(projector__power="off"), house=house))) == "allowed"


def test_a_device_may_have_figures_of_its_own() -> None:
    spec = DeviceSpec("r301-projector", "301", "x", "tcp://x", {"min_off": 60})
    house = replace(a_house(), devices={**a_house().devices, "r301-projector": spec})
    asked = case("power", "on", room(projector__power="off"), Past(went_off=NOW - 61), house=house)
    assert check(asked) is ALLOWED


def test_a_sixth_set_within_a_second_and_a_second_recall_within_five_must_wait() -> None:
    asked = case("main.mute", "off")
    hurried = Past(sets=tuple(NOW - 0.1 * n for n in range(5, 0, -1)))
    answer = check(replace(asked, pasts={"r301-mixer": hurried}))
    assert answer == Denied("rate", NOW - 0.5 + 1.0)
    answer = check(replace(case("scene", 3), pasts={"r301-mixer": Past().told("scene", NOW - 2)}))
    assert answer == Denied("rate", NOW + 3)
    answer = check(replace(asked, pasts={"r301-mixer": Past().told("scene", NOW - 0.1)}))
    assert answer == Denied("rate", NOW - 0.1 + 0.5)  # what is set while a scene still loads is lost


def test_a_guard_that_breaks_denies(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(_: Case) -> Answer | None:
        raise ZeroDivisionError

    monkeypatch.setattr(guards, "GUARDS", [breaks])
    assert word(check(case("main.mute", "off"))) == "denied broken"


class Lamp(RuleBasedStateMachine):
    """A projector and its outlet, commanded at random through the guards: the lamp must live."""

    def __init__(self) -> None:
        super().__init__()
        self.now, self.power, self.fed = NOW, "off", True
        self.changed = NOW - 1000
        self.past = Past()
        self.left_on: float | None = None
        self.strikes: list[float] = []
        self.seen: str | None = None

    @rule(seconds=st.sampled_from([1.0, 30.0, 120.0, 400.0, 1000.0]))
    def time_passes(self, seconds: float) -> None:
        end = self.now + seconds
        for after, then in (("warming", "on"), ("cooling", "off")):
            if self.power == after and end - self.changed >= 60:
                self.now = self.changed + 60
                self._becomes(then)
        self.now = end

    @rule()
    def the_daemon_restarts(self) -> None:
        """What it saw before is remembered from the archive; what happens meanwhile is not seen."""
        self.seen = None

    @rule()
    def the_device_is_read(self) -> None:
        if self.fed:
            reading = Reading("r301-projector", "power", self.power, Quality.MEASURED, self.now)
            self.past, self.seen = self.past.heard(reading, self.seen), self.power

    @rule(
        value=st.sampled_from(["on", "off"]),
        by=st.sampled_from(["engineer", "playbook:x"]),
        phase=st.sampled_from(Phase),
        confirmed=st.booleans(),
    )
    def somebody_switches_the_projector(self, value: str, by: str, phase: Phase, confirmed: bool) -> None:
        state = room(phase, projector__power=self.seen) if self.seen else room(phase)
        if self.fed and check(case("power", value, state, self.past, by=by, confirmed=confirmed)) is ALLOWED:
            if value == "on" and self.power == "off":
                assert self.left_on is None or self.now - self.left_on >= 300
                self.strikes = [at for at in self.strikes if at > self.now - 3600] + [self.now]
                self._becomes("warming")
            elif value == "on":
                assert self.power != "cooling"
            elif value == "off" and self.power in ("on", "warming"):
                self.left_on = self.now
                self._becomes("cooling")

    @rule(confirmed=st.booleans(), phase=st.sampled_from(Phase))
    def somebody_cuts_the_mains(self, confirmed: bool, phase: Phase) -> None:
        state = room(phase, projector__power=self.seen) if self.seen else room(phase)
        if check(case("outlet.3.state", "off", state, self.past, confirmed=confirmed)) is ALLOWED:
            assert self.power == "off"
            assert self.left_on is None or self.now - self.left_on >= 300
            self.fed = False

    @rule()
    def somebody_gives_mains(self) -> None:
        self.fed = True

    @invariant()
    def it_is_not_struck_more_than_four_times_an_hour(self) -> None:
        assert len([at for at in self.strikes if at > self.now - 3600]) <= 4

    def _becomes(self, power: str) -> None:
        """The projector changes, and as it is read every few seconds the change is seen."""
        self.power, self.changed = power, self.now
        self.the_device_is_read()


TestLamp = Lamp.TestCase
TestLamp.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
