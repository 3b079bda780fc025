"""A room: facts in at one door, wishes at the other, and what follows from them."""

import asyncio
from collections.abc import Callable

from avctl.model.booking import Booking, BookingKey, Status
from avctl.model.command import Command, Urgency
from avctl.model.errors import Busy, Refused
from avctl.model.event import (
    BookingChanged,
    CommandAsked,
    CommandDone,
    Event,
    FaultCleared,
    FaultRaised,
    Occupancy,
    Phase,
    PhaseChanged,
    PlayEnded,
    Read,
    SourceTrouble,
)
from avctl.model.fault import FaultKey, Severity
from avctl.model.health import Cause, Health
from avctl.model.outcome import Verdict
from avctl.model.point import Point
from avctl.model.ports import Query
from avctl.model.reading import Quality, Reading, Value
from tests.conftest import MONDAY

from .conftest import Stage, a_house
from .puppet import Puppet

PROJECTOR, CHARGER, MIXER, PDU = "r301-projector", "r301-charger", "r301-mixer", "r301-pdu"
BAYS = Query("bays", every=10, timeout=1, busy=10, vital=True)
STATUS = Query("status", every=5, timeout=0.3, busy=1, vital=True)
OUTLETS = Query("outlets", every=10, timeout=1, busy=10, vital=True)


def wish(stage: Stage, point: str, value: Value, id: str = "w1", within: float = 30.0, **more: object) -> Command:
    device = str(more.pop("device", PROJECTOR))
    by = str(more.pop("by", "engineer"))
    return Command(id, device, point, value, by, "test", stage.clock.now() + within, **more)  # type: ignore[arg-type]


def raised(stage: Stage) -> list[tuple[FaultKey, Severity, bool]]:
    bodies = [event.body for event in stage.saw(FaultRaised)]
    return [(b.fault.key, b.fault.severity, b.standing) for b in bodies if isinstance(b, FaultRaised)]


def charger(stage: Stage, health: float = 95.0, present: str = "yes") -> Puppet:
    points = {
        "bay.3.present": Point("bay.3.present", "", "", words=("yes", "no")),
        "bay.3.health": Point("bay.3.health", "", "", unit="%", low=0, high=100),
    }
    puppet = Puppet(
        CHARGER, stage.clock, {"bay.3.present": present, "bay.3.health": health}, points, {BAYS: tuple(points)}
    )
    stage.site.attach(CHARGER, puppet)
    return puppet


def mixer(stage: Stage) -> Puppet:
    says: dict[str, Value] = {
        "main.mute": "off",
        "channel.01.mute": "off",
        "channel.01.level": -60.0,
        "main.level": -60.0,
        "scene": 2,
    }
    says |= {"oscillator": "off", "oscillator.destination": "main", "main.fader": -10.0}
    switch = ("on", "off")
    points = {
        "main.mute": Point("main.mute", "", "", words=switch, writable=True),
        "channel.01.mute": Point("channel.01.mute", "", "", words=switch, writable=True),
        "channel.01.level": Point("channel.01.level", "", "", unit="dBFS", low=-120, high=0, fleeting=True),
        "main.level": Point("main.level", "", "", unit="dBFS", low=-120, high=0, fleeting=True),
        "main.fader": Point("main.fader", "", "", unit="dB", low=-120, high=10, writable=True),
        "scene": Point("scene", "", "", low=1, high=100, writable=True),
        "oscillator": Point("oscillator", "", "", words=switch, writable=True),
        "oscillator.destination": Point("oscillator.destination", "", "", writable=True),
    }
    puppet = Puppet(MIXER, stage.clock, says, points, {STATUS: tuple(says)})
    stage.site.attach(MIXER, puppet)
    return puppet


def pdu(stage: Stage) -> Puppet:
    outlets = [f"outlet.{n}.state" for n in (1, 3, 5)]
    points = {name: Point(name, "", "", words=("on", "off"), writable=True) for name in outlets}
    puppet = Puppet(PDU, stage.clock, dict.fromkeys(outlets, "on"), points, {OUTLETS: outlets})
    stage.site.attach(PDU, puppet)
    return puppet


def level(stage: Stage, value: float, point: str = "channel.01.level") -> Reading:
    return Reading(MIXER, point, value, Quality.MEASURED, stage.clock.now())


# --- faults


async def test_a_lamp_error_is_a_fault_within_one_poll_and_names_the_reading_as_its_cause(stage: Stage) -> None:
    puppet = stage.projector()
    await stage.site.start()
    await asyncio.sleep(20)
    puppet.says["lamp.state"] = "error"
    await asyncio.sleep(15.2)
    fault = next(e for e in stage.saw(FaultRaised))
    assert raised(stage) == [(FaultKey(PROJECTOR, "lamp"), Severity.CRITICAL, False)]
    read = next(e for e in stage.saw(Read) if e.seq == fault.cause)
    assert isinstance(read.body, Read)
    assert [(r.point, r.value) for r in read.body.readings] == [("lamp.state", "error")]
    assert stage.site.condition(PROJECTOR).health is Health.FAILED


async def test_a_fault_that_stands_at_the_start_is_raised_although_another_device_is_unreachable(stage: Stage) -> None:
    gone = stage.projector("r301-side")
    gone.gone = True
    stage.projector(lamp_state="error")
    await stage.site.start()
    await asyncio.sleep(5)
    assert (FaultKey(PROJECTOR, "lamp"), Severity.CRITICAL, True) in raised(stage)
    assert (FaultKey("r301-side", "link"), Severity.CRITICAL, True) in raised(stage)


async def test_a_warning_that_turns_into_an_error_is_raised_again_graver(stage: Stage) -> None:
    puppet = stage.projector(lamp_state="warning")
    await stage.site.start()
    await asyncio.sleep(20)
    puppet.says["lamp.state"] = "error"
    await asyncio.sleep(20)
    assert [severity for _, severity, _ in raised(stage)] == [Severity.WARNING, Severity.CRITICAL]


async def test_silence_neither_raises_nor_clears(stage: Stage) -> None:
    puppet = stage.projector(lamp_state="error")
    await stage.site.start()
    await asyncio.sleep(20)
    puppet.mute = True
    puppet.says["lamp.state"] = "none-reported"
    await asyncio.sleep(3600)
    assert FaultKey(PROJECTOR, "lamp") in stage.site.state("301").faults
    assert FaultKey(PROJECTOR, "link") in stage.site.state("301").faults
    puppet.mute = False
    await asyncio.sleep(90)
    assert stage.site.state("301").faults == {}


async def test_a_weak_pack_is_a_fault_of_its_bay_with_hysteresis(stage: Stage) -> None:
    puppet = charger(stage, health=79)
    await stage.site.start()
    await asyncio.sleep(1)
    key = FaultKey(CHARGER, "battery", "bay.3")
    assert raised(stage) == [(key, Severity.WARNING, True)]
    puppet.says["bay.3.health"] = 81.0  # above the limit, not yet well
    await asyncio.sleep(15)
    assert key in stage.site.state("301").faults
    puppet.says["bay.3.health"] = 83.0
    await asyncio.sleep(15)
    assert key not in stage.site.state("301").faults


async def test_a_weak_pack_that_is_taken_out_takes_its_fault_with_it_and_brings_it_back(stage: Stage) -> None:
    puppet = charger(stage, health=64)
    await stage.site.start()
    await asyncio.sleep(1)
    puppet.says["bay.3.present"] = "no"
    await asyncio.sleep(15)
    assert stage.site.state("301").faults == {}
    puppet.says["bay.3.present"] = "yes"
    await asyncio.sleep(15)
    assert FaultKey(CHARGER, "battery", "bay.3") in stage.site.state("301").faults


async def test_the_site_sets_the_limits(build: Callable[..., Stage]) -> None:
    stage = build(**{"battery.health.warn": 60.0})
    charger(stage, health=64)
    await stage.site.start()
    await asyncio.sleep(1)
    assert raised(stage) == []


async def test_what_has_no_power_is_not_to_blame_for_its_silence(stage: Stage) -> None:
    puppet, power = stage.projector(), pdu(stage)
    await stage.site.start()
    await asyncio.sleep(5)
    power.says["outlet.3.state"] = "off"
    puppet.gone = True
    await asyncio.sleep(60)
    assert FaultKey(PROJECTOR, "link") not in stage.site.state("301").faults
    condition = stage.site.condition(PROJECTOR)
    assert (condition.health, condition.cause, condition.detail) == (
        Health.UNKNOWN,
        Cause.UPSTREAM_DOWN,
        "r301-pdu.outlet.3",
    )
    power.says["outlet.3.state"] = "on"
    await asyncio.sleep(15)
    assert FaultKey(PROJECTOR, "link") in stage.site.state("301").faults


async def test_a_lost_device_is_one_fault_and_its_return_clears_it(stage: Stage) -> None:
    puppet = stage.projector()
    await stage.site.start()
    await asyncio.sleep(5)
    puppet.gone = True
    await asyncio.sleep(900)
    puppet.gone = False
    await asyncio.sleep(65)
    assert len(stage.saw(FaultRaised)) == 1
    assert len(stage.saw(FaultCleared)) == 1


async def test_an_open_microphone_without_even_the_noise_of_the_room_is_silence(stage: Stage) -> None:
    puppet = mixer(stage)
    await stage.site.start()
    stage.site.flag("301", Occupancy.OCCUPIED)
    await asyncio.sleep(5)
    puppet.says["channel.01.level"] = -110.0
    await asyncio.sleep(100)
    assert raised(stage) == []
    await asyncio.sleep(30)
    assert raised(stage) == [(FaultKey(MIXER, "silence", "channel.01"), Severity.WARNING, False)]
    puppet.says["channel.01.mute"] = "on"
    await asyncio.sleep(10)
    assert stage.site.state("301").faults == {}


# --- wishes


async def test_a_wish_passes_only_when_the_device_says_so(stage: Stage) -> None:
    puppet = stage.projector()
    await stage.site.start()
    await asyncio.sleep(1)
    done = await stage.site.command(wish(stage, "source", "hdmi-2"))
    assert (done.verdict, done.ending, puppet.says["source"]) == (Verdict.PASS, "done", "hdmi-2")
    assert done.reading is not None
    assert done.reading.value == "hdmi-2"
    asked, ended = stage.saw(CommandAsked)[0], stage.saw(CommandDone)[0]
    read = next(e for e in stage.saw(Read) if e.cause == asked.seq)
    assert asked.seq < read.seq < ended.seq
    assert ended.cause == asked.seq


async def test_warming_up_is_the_way_to_on(stage: Stage) -> None:
    puppet = stage.projector(power="off")
    await stage.site.start()
    await asyncio.sleep(1)

    async def write(point: str, value: Value) -> Reading:
        puppet.says["power"] = "warming"
        return puppet.reading("power")

    puppet.write = write  # type: ignore[method-assign]
    done = await stage.site.command(wish(stage, "power", "on"))
    assert done.verdict is Verdict.PASS
    assert "warming" in done.said


async def test_a_restart_does_not_forget_that_the_lamp_has_only_just_gone_out(stage: Stage) -> None:
    stage.projector(power="off")
    now = stage.clock.now()
    for ago, power in ((100, "on"), (90, "cooling"), (30, "off")):
        reading = Reading(PROJECTOR, "power", power, Quality.MEASURED, now - ago)
        stage.site.remember([Event(1, now - ago, None, Read(PROJECTOR, (reading,)))])
    assert stage.saw(Read) == []
    await stage.site.start()
    await asyncio.sleep(1)
    done = await stage.site.command(wish(stage, "power", "on"))
    assert (done.verdict, done.ending) == (Verdict.SKIPPED, "denied")
    assert "209 s" in done.said
    await asyncio.sleep(210)
    assert (await stage.site.command(wish(stage, "power", "on", "w2"))).verdict is Verdict.PASS


async def test_a_liar_is_told_twice_and_then_called_one_until_it_obeys(stage: Stage) -> None:
    puppet = stage.projector()
    await stage.site.start()
    await asyncio.sleep(1)
    puppet.liar = True
    begun = stage.clock.now()
    done = await stage.site.command(wish(stage, "source", "hdmi-2"))
    assert (done.verdict, done.ending) == (Verdict.FAIL, "not-obeyed")
    assert stage.clock.now() - begun <= 3
    assert len(puppet.did("write source=hdmi-2")) == 2
    assert stage.site.condition(PROJECTOR).cause is Cause.NOT_OBEYING
    puppet.liar = False
    await stage.site.command(wish(stage, "source", "hdmi-2", "w2"))
    assert stage.site.state("301").faults == {}


async def test_the_same_id_is_done_once(stage: Stage) -> None:
    puppet = stage.projector()
    await stage.site.start()
    await asyncio.sleep(1)
    same = wish(stage, "source", "hdmi-2")
    first, second = await asyncio.gather(stage.site.command(same), stage.site.command(same))
    third = await stage.site.command(same)
    assert first is second is third
    assert len(puppet.did("write source=hdmi-2")) == 1
    assert len(stage.saw(CommandDone)) == 1


async def test_a_wish_that_comes_too_late_is_not_sent(stage: Stage) -> None:
    puppet = stage.projector()
    await stage.site.start()
    await asyncio.sleep(1)
    done = await stage.site.command(wish(stage, "source", "hdmi-2", within=-1))
    assert (done.verdict, done.ending) == (Verdict.SKIPPED, "expired")
    puppet.takes = 5.0
    slow = asyncio.create_task(stage.site.command(wish(stage, "source", "hdmi-1", "slow")))
    await asyncio.sleep(0.1)
    queued = await stage.site.command(wish(stage, "power", "off", "queued", within=2, confirmed=True))
    assert (queued.verdict, queued.ending) == (Verdict.SKIPPED, "expired")
    await slow
    await asyncio.sleep(10)
    assert not puppet.did("write power=off")


async def test_when_time_runs_out_under_way_we_say_that_we_do_not_know(stage: Stage) -> None:
    puppet = stage.projector()
    await stage.site.start()
    await asyncio.sleep(1)
    puppet.takes = 5.0
    done = await stage.site.command(wish(stage, "source", "hdmi-2", within=2))
    assert (done.verdict, done.ending) == (Verdict.ERROR, "no-answer")


async def test_a_mute_device_gives_an_error_not_a_failure(stage: Stage) -> None:
    puppet = stage.projector()
    await stage.site.start()
    await asyncio.sleep(1)
    puppet.mute = True
    done = await stage.site.command(wish(stage, "source", "hdmi-2"))
    assert (done.verdict, done.ending) == (Verdict.ERROR, "no-answer")


async def test_a_device_that_says_not_now_is_asked_again(stage: Stage) -> None:
    puppet = stage.projector()
    await stage.site.start()
    await asyncio.sleep(1)
    puppet.trouble["source"] = Busy("warming up")
    asyncio.get_running_loop().call_later(4, puppet.trouble.clear)
    done = await stage.site.command(wish(stage, "source", "hdmi-2"))
    assert done.verdict is Verdict.PASS
    assert 3 <= len(puppet.did("write source=hdmi-2")) <= 6


async def test_an_old_wish_said_again_does_not_undo_a_newer_one(stage: Stage) -> None:
    puppet = stage.projector()
    await stage.site.start()
    await asyncio.sleep(1)
    puppet.silent_about = {"source"}
    old = asyncio.create_task(stage.site.command(wish(stage, "source", "hdmi-2", "old")))
    await asyncio.sleep(0.5)
    new = asyncio.create_task(stage.site.command(wish(stage, "source", "computer", "new")))
    await asyncio.sleep(0.3)
    puppet.silent_about = set()
    assert ((await old).ending, (await new).ending) == ("superseded", "done")
    assert puppet.says["source"] == "computer"


async def test_a_refusal_is_told_and_not_repeated(stage: Stage) -> None:
    puppet = stage.projector()
    await stage.site.start()
    await asyncio.sleep(1)
    puppet.trouble["source"] = Refused("ERR")
    done = await stage.site.command(wish(stage, "source", "hdmi-2"))
    assert (done.verdict, done.ending) == (Verdict.FAIL, "refused")
    assert len(puppet.did("write source=hdmi-2")) == 1


async def test_nothing_is_sent_before_the_wish_is_durable(stage: Stage) -> None:
    puppet = stage.projector()
    await stage.site.start()
    await asyncio.sleep(1)
    stage.bus._journaled, stage.bus._settled = True, stage.bus.last
    doing = asyncio.create_task(stage.site.command(wish(stage, "source", "hdmi-2")))
    await asyncio.sleep(5)
    assert not puppet.did("write source=hdmi-2")
    stage.bus.settle(stage.bus.last)
    assert (await doing).verdict is Verdict.PASS


async def test_too_many_wishes_at_once_wait_for_their_turn(stage: Stage) -> None:
    desk = mixer(stage)
    await stage.site.start()
    await asyncio.sleep(1)
    sets = [wish(stage, "main.fader", -10.0 - n, f"f{n}", device=MIXER) for n in range(12)]
    for one in sets:
        assert (await stage.site.command(one)).ending == "done"
    times = [at for at, what in desk.log if what.startswith("write main.fader")]
    assert max(sum(1 for other in times if at <= other < at + 0.99) for at in times) <= 5


async def test_a_meeting_keeps_its_sound_unless_somebody_confirms(stage: Stage) -> None:
    desk = mixer(stage)
    await stage.site.start()
    stage.site.flag("301", Occupancy.OCCUPIED)
    await asyncio.sleep(1)
    done = await stage.site.command(wish(stage, "main.mute", "on", device=MIXER, urgency=Urgency.FALLBACK))
    assert (done.verdict, done.ending, desk.says["main.mute"]) == (Verdict.UNCONFIRMED, "confirm-required", "off")
    done = await stage.site.command(wish(stage, "main.mute", "on", "w2", device=MIXER, confirmed=True))
    assert done.verdict is Verdict.PASS
    recall = wish(stage, "scene", 5, "w3", device=MIXER, urgency=Urgency.FALLBACK, by="playbook:lamp-failure")
    assert (await stage.site.command(recall)).verdict is Verdict.PASS


# --- what the room is used for


def meeting(start: float, end: float, uid: str = "m1", **more: object) -> Booking:
    return Booking(BookingKey("desk", uid), "301", start, end, **more)  # type: ignore[arg-type]


def phases(stage: Stage) -> list[tuple[float, Phase, Occupancy]]:
    bodies = [(e.at - MONDAY, e.body) for e in stage.saw(PhaseChanged)]
    return [(round(at), b.phase, b.occupancy) for at, b in bodies if isinstance(b, PhaseChanged)]


async def test_a_room_lives_through_its_booking_by_the_clock_alone(stage: Stage) -> None:
    await stage.site.start()
    now = stage.clock.now()
    stage.site.publish(BookingChanged(meeting(now + 7200, now + 9000)))
    await asyncio.sleep(4 * 3600)
    assert phases(stage) == [
        (0, Phase.IDLE, Occupancy.FREE),
        (3600, Phase.PREPARING, Occupancy.FREE),
        (6600, Phase.PREPARING, Occupancy.SOON),
        (7200, Phase.MEETING, Occupancy.OCCUPIED),
        (9000, Phase.ENDING, Occupancy.FREE),
        (12600, Phase.IDLE, Occupancy.FREE),
    ]


async def test_a_room_put_away_is_idle_at_once(stage: Stage) -> None:
    await stage.site.start()
    now = stage.clock.now()
    stage.site.publish(BookingChanged(meeting(now - 60, now + 60)))
    await asyncio.sleep(600)
    assert stage.site.state("301").phase is Phase.ENDING
    stage.site.publish(PlayEnded("r1", "301", "shutdown", Verdict.PASS, "finished", False, "", 1.0))
    assert stage.site.state("301").phase is Phase.IDLE


async def test_a_cancelled_meeting_lets_go_of_the_room(stage: Stage) -> None:
    await stage.site.start()
    now = stage.clock.now()
    booking = meeting(now + 600, now + 1200)
    stage.site.publish(BookingChanged(booking))
    assert stage.site.state("301").phase is Phase.PREPARING
    stage.site.publish(BookingChanged(meeting(now + 600, now + 1200, status=Status.CANCELLED), booking))
    assert stage.site.state("301").phase is Phase.IDLE


async def test_before_the_plan_is_read_nobody_knows_whether_the_room_is_free(stage: Stage) -> None:
    await stage.site.start()
    assert stage.site.state("301").occupancy is Occupancy.UNKNOWN
    await asyncio.sleep(11)
    assert stage.site.state("301").occupancy is Occupancy.FREE
    stage.site.publish(SourceTrouble("desk", "gone"))
    await asyncio.sleep(24 * 3600 + 60)
    assert stage.site.state("301").occupancy is Occupancy.UNKNOWN


async def test_a_voice_occupies_a_room_that_nobody_has_booked_and_a_knock_does_not(stage: Stage) -> None:
    mixer(stage)
    await stage.site.start()
    await asyncio.sleep(15)
    room = stage.site.rooms["301"]
    room.heard(MIXER, [level(stage, -12)])
    await asyncio.sleep(1)
    room.heard(MIXER, [level(stage, -60)])
    assert stage.site.state("301").occupancy is Occupancy.FREE
    for _ in range(10):
        room.heard(MIXER, [level(stage, -25)])
        await asyncio.sleep(0.2)
    assert stage.site.state("301").occupancy is Occupancy.OCCUPIED
    await asyncio.sleep(301)
    assert stage.site.state("301").occupancy is Occupancy.FREE


async def test_our_own_test_tone_is_nobodys_voice(stage: Stage) -> None:
    desk = mixer(stage)
    await stage.site.start()
    await asyncio.sleep(15)
    assert (await stage.site.command(wish(stage, "oscillator", "on", device=MIXER))).verdict is Verdict.PASS
    desk.says["channel.01.level"] = -20.0
    await asyncio.sleep(60)
    assert stage.site.state("301").occupancy is Occupancy.FREE


async def test_needles_move_all_day_without_an_event_and_are_known_all_the_same(stage: Stage) -> None:
    mixer(stage)
    await stage.site.start()
    await asyncio.sleep(15)
    before = len(stage.saw(Read))
    for n in range(50):
        stage.site.rooms["301"].heard(MIXER, [level(stage, -60.0 - n % 2 * 5), level(stage, -40.0 + n, "main.level")])
    assert len(stage.saw(Read)) == before
    assert stage.site.device(MIXER).readings["main.level"].value == 9.0


async def test_a_fault_that_only_a_needle_shows_brings_the_needle_as_its_cause(stage: Stage) -> None:
    puppet = mixer(stage)
    await stage.site.start()
    stage.site.flag("301", Occupancy.OCCUPIED)
    await asyncio.sleep(5)
    puppet.says["channel.01.level"] = -110.0
    await asyncio.sleep(140)
    fault = stage.saw(FaultRaised)[-1]
    cause = next(e for e in stage.saw(Read) if e.seq == fault.cause)
    assert isinstance(cause.body, Read)
    assert ("channel.01.level", -110.0) in [(r.point, r.value) for r in cause.body.readings]


async def test_the_ranking_puts_the_room_with_the_nearest_meeting_first(build: Callable[..., Stage]) -> None:
    stage = build(a_house())
    stage.projector(lamp_state="error")
    await stage.site.start()
    await asyncio.sleep(2)
    assert [call.room for call in stage.site.ranking()] == ["301"]
