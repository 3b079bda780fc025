"""What a room sees of its playbooks: tests before meetings, fallbacks in them, and who gives way to whom."""

import asyncio
from dataclasses import replace

from avctl.clock import LoopClock
from avctl.model.booking import Level, Needs, Status
from avctl.model.command import TestClass
from avctl.model.event import (
    Answered,
    BookingChanged,
    CommandAsked,
    Due,
    FaultMitigated,
    FaultRaised,
    Missed,
    Notice,
    Occupancy,
    PlayEnded,
    PlayRefused,
    PlayStarted,
    StepDone,
    StepIntended,
)
from avctl.model.fault import FaultKey
from avctl.model.outcome import Verdict
from tests.playbooks.conftest import Bench, boxes

FULL = Needs(mics=2, wireless=2, projection=True)


async def test_a_good_room_is_ready_and_left_as_it_was_but_for_the_lit_lamp(bench: Bench) -> None:
    booking = bench.book(FULL)
    bench.site.publish(Due("301", booking, "pre-meeting", "pre-meeting", TestClass.PERCEPTIBLE, "R1", "T-60"))
    ended = await bench.ended()
    assert (ended.verdict, ended.ending, ended.restored) == (Verdict.PASS, "finished", True), bench.outcomes()
    assert bench.boxes["p"].values["power"] == "on"
    assert bench.boxes["m"].values["oscillator"] == "off"
    assert bench.boxes["m"].values["oscillator.level"] == -60.0
    assert bench.boxes["m"].values["oscillator.destination"] == "main"
    assert any("[READY]" in dict(n.text)["en"] for n in bench.bodies(Notice))


def due(bench: Bench, most: TestClass = TestClass.PERCEPTIBLE, needs: Needs = FULL, **more: object) -> None:
    bench.site.publish(Due("301", bench.book(needs), "pre-meeting", "pre-meeting", most, "R1", "T-60", **more))  # type: ignore[arg-type]


async def lamp_dies(bench: Bench) -> None:
    bench.boxes["p"].values["lamp.state"] = "error"
    while not bench.bodies(FaultRaised):
        await asyncio.sleep(0.1)


async def test_every_act_is_written_down_before_it_is_done(bench: Bench) -> None:
    due(bench)
    await bench.ended()
    intended = {f"{e.body.run}/{e.body.step}": e.seq for e in bench.said() if isinstance(e.body, StepIntended)}
    asked = {e.body.command.id: e for e in bench.said() if isinstance(e.body, CommandAsked)}
    assert asked
    assert all(intended[id] < event.seq and event.cause == intended[id] for id, event in asked.items())


async def test_people_in_the_room_get_silent_checks_only_and_never_a_green_report(bench: Bench) -> None:
    bench.people(Occupancy.OCCUPIED)
    due(bench)
    ended = await bench.ended()
    assert ended.verdict is Verdict.SKIPPED
    assert not any(box.log for box in bench.boxes.values())
    assert bench.outcomes()["packs"] == "pass"
    assert any("[PARTIAL]" in dict(n.text)["en"] for n in bench.bodies(Notice))


async def test_a_room_nobody_knows_about_is_tested_in_silence(bench: Bench) -> None:
    bench.people(Occupancy.UNKNOWN)
    due(bench)
    await bench.ended()
    assert bench.outcomes()["tone"] == "pass"
    assert bench.outcomes()["picture"] == "skipped"


async def test_the_plan_may_allow_less_than_the_room(bench: Bench) -> None:
    due(bench, TestClass.PASSIVE)
    assert (await bench.ended()).verdict is Verdict.SKIPPED
    assert not any(box.log for box in bench.boxes.values())


async def test_short_time_is_for_the_must_haves(bench: Bench) -> None:
    due(bench, short=True)
    await bench.ended()
    assert (bench.outcomes()["scene"], bench.outcomes()["tone-on"]) == ("pass", "skipped")


async def test_people_who_come_early_end_what_they_would_notice_at_once(bench: Bench) -> None:
    due(bench)
    while bench.boxes["p"].values["power"] != "warming":
        await asyncio.sleep(0.05)
    bench.people(Occupancy.OCCUPIED)
    began = asyncio.get_running_loop().time()
    while "picture" not in bench.outcomes():
        await asyncio.sleep(0.01)
    assert asyncio.get_running_loop().time() - began <= 0.5
    ended = await bench.ended()
    assert (bench.outcomes()["picture"], bench.outcomes()["input"]) == ("skipped", "skipped")
    assert ended.verdict is Verdict.SKIPPED and ended.restored


async def test_one_weak_pack_beside_enough_good_ones_is_a_warning_that_names_the_bay(bench: Bench) -> None:
    bench.boxes["c"].values |= {"bay.3.charge": 31, "bay.3.health": 64, "bay.4.present": "no", "bay.4.charge": None}
    due(bench)
    ended = await bench.ended()
    packs = next(d for d in bench.bodies(StepDone) if d.step == "packs")
    assert ended.verdict is Verdict.MARGINAL
    assert "bay.3 31/64 %" in packs.outcome.said and packs.outcome.saw == "2 / 3"


async def test_fewer_packs_than_speakers_is_told_at_once(bench: Bench) -> None:
    for bay in (2, 3, 4):
        bench.boxes["c"].values[f"bay.{bay}.charge"] = 20
    due(bench)
    ended = await bench.ended()
    assert ended.verdict is Verdict.FAIL
    first = next(i for i, e in enumerate(bench.said()) if isinstance(e.body, Notice))
    assert first < next(i for i, e in enumerate(bench.said()) if isinstance(e.body, PlayEnded)) - 2


async def test_what_is_broken_and_not_needed_is_a_warning(bench: Bench) -> None:
    bench.boxes["p"].values["lamp.state"] = "error"
    due(bench, needs=Needs(mics=2, wireless=0, projection=False))
    ended = await bench.ended()
    assert ended.verdict is Verdict.MARGINAL
    assert bench.boxes["p"].values["power"] == "off", "the lamp is not struck for nobody"


async def test_a_silent_charger_is_no_pass(bench: Bench) -> None:
    bench.boxes["c"].silent = True
    due(bench)
    ended = await bench.ended()
    assert ended.verdict is Verdict.FAIL
    assert bench.outcomes()["packs"] == "error"


async def test_the_wrong_scene_is_recalled_in_an_empty_room_and_told(bench: Bench) -> None:
    bench.boxes["m"].values["scene"] = 5
    due(bench)
    ended = await bench.ended()
    assert bench.boxes["m"].values["scene"] == 2
    assert ended.verdict is Verdict.MARGINAL


async def test_a_display_that_says_yes_and_does_nothing_fails(bench: Bench) -> None:
    bench.boxes["p"].deaf = True
    due(bench)
    assert (await bench.ended()).verdict is Verdict.FAIL
    assert bench.outcomes()["picture"] == "fail"


async def test_a_dead_lamp_brings_the_side_display_and_tells_people(bench: Bench) -> None:
    bench.meeting(FULL)
    bench.boxes["m"].values["scene"] = 5
    await lamp_dies(bench)
    ended = await bench.ended()
    assert (ended.verdict, ended.ending) == (Verdict.PASS, "finished")
    assert bench.boxes["s"].log == [("power", "on"), ("source", "hdmi-1")]
    assert bench.boxes["m"].log == [("scene", 2)]
    assert [m.key for m in bench.bodies(FaultMitigated)] == [FaultKey("p", "lamp")]
    assert {n.to for n in bench.bodies(Notice)} == {"engineer", "service"}


async def test_without_a_second_picture_the_engineer_hears_of_it(bench: Bench) -> None:
    bench.meeting()
    bench.boxes["s"].silent = True
    await lamp_dies(bench)
    ended = await bench.ended()
    assert ended.verdict is Verdict.ERROR and not bench.bodies(FaultMitigated)
    assert bench.outcomes()["no-picture"] == "pass"


async def test_a_lamp_that_dies_before_the_meeting_calls_when_the_meeting_begins(bench: Bench) -> None:
    await lamp_dies(bench)
    await asyncio.sleep(5)
    assert not bench.bodies(PlayStarted)
    bench.meeting()
    assert (await bench.ended()).playbook == "lamp-failure"


async def test_a_warning_calls_no_fallback(bench: Bench) -> None:
    bench.meeting()
    bench.boxes["p"].values["lamp.state"] = "warning"
    await asyncio.sleep(60)
    assert bench.bodies(FaultRaised) and not bench.bodies(PlayStarted)


async def test_the_same_fallback_runs_twice_an_hour_at_most(bench: Bench) -> None:
    bench.meeting()
    for _ in range(3):
        bench.boxes["p"].values["lamp.state"] = "error"
        await asyncio.sleep(60)
        bench.boxes["p"].values["lamp.state"] = "none-reported"
        await asyncio.sleep(60)
    assert len(bench.bodies(PlayStarted)) == 2
    assert "2 times" in bench.bodies(PlayRefused)[0].why


async def test_a_fallback_goes_before_a_test_which_is_put_back_first(bench: Bench) -> None:
    due(bench)
    while bench.boxes["m"].values["oscillator"] != "on":
        await asyncio.sleep(0.01)
    bench.meeting()
    await lamp_dies(bench)
    first, second = await bench.ended(1), await bench.ended(2)
    assert (first.playbook, first.ending, first.restored) == ("pre-meeting", "stopped", True)
    assert (second.playbook, second.verdict) == ("lamp-failure", Verdict.PASS)
    started = [e.seq for e in bench.said() if isinstance(e.body, PlayStarted)]
    ended = [e.seq for e in bench.said() if isinstance(e.body, PlayEnded)]
    assert ended[0] < started[1]
    assert bench.boxes["m"].values["oscillator"] == "off"


async def test_a_lost_mixer_is_left_alone(bench: Bench) -> None:
    bench.meeting()
    bench.boxes["m"].silent = True
    assert (await bench.ended()).playbook == "link-loss"
    assert not bench.boxes["m"].log and not bench.bodies(FaultMitigated)
    assert "Mixer (m)" in dict(bench.bodies(Notice)[0].text)["en"]


async def test_a_weak_pack_in_a_meeting_is_told_and_nothing_is_switched(bench: Bench) -> None:
    bench.meeting(FULL)
    bench.boxes["c"].values["bay.3.health"] = 60
    assert (await bench.ended()).playbook == "mic-battery"
    assert {n.to for n in bench.bodies(Notice)} == {"engineer", "service"}
    assert not any(box.log for box in bench.boxes.values())


async def test_a_confidential_meeting_hears_nothing_of_wireless_microphones(bench: Bench) -> None:
    bench.meeting(Needs(wireless=2, level=Level.SECRET))
    bench.boxes["c"].values["bay.3.health"] = 60
    await asyncio.sleep(60)
    assert bench.bodies(FaultRaised) and not bench.bodies(PlayStarted), "wireless microphones are not used"


async def test_a_test_by_hand_is_for_the_next_meeting(bench: Bench) -> None:
    booking = bench.book(FULL)
    bench.want("pre-meeting")
    await bench.ended()
    started = bench.bodies(PlayStarted)[0]
    assert started.booking == booking and started.by == "engineer"


async def test_an_unknown_playbook_is_refused_with_the_nearest_name(bench: Bench) -> None:
    bench.want("lamp-failur")
    await asyncio.sleep(1)
    assert 'Did you mean "lamp-failure"?' in bench.bodies(PlayRefused)[0].why


async def test_a_second_test_of_the_same_room_is_refused(bench: Bench) -> None:
    due(bench)
    due(bench)
    await bench.ended()
    assert len(bench.bodies(PlayStarted)) == 1
    assert len(bench.bodies(Missed)) == 1


async def test_a_cancelled_meeting_ends_its_test_which_is_put_back(bench: Bench) -> None:
    due(bench)
    while bench.boxes["m"].values["oscillator"] != "on":
        await asyncio.sleep(0.01)
    booking = bench.bodies(PlayStarted)[0].booking
    assert booking is not None
    bench.site.publish(BookingChanged(replace(booking, status=Status.CANCELLED), booking))
    ended = await bench.ended()
    assert (ended.ending, ended.restored, bench.boxes["m"].values["oscillator"]) == ("aborted", True, "off")


async def test_an_engineer_aborts_and_the_room_is_put_back(bench: Bench) -> None:
    due(bench)
    while bench.boxes["m"].values["oscillator"] != "on":
        await asyncio.sleep(0.01)
    bench.site.publish(Answered(bench.bodies(PlayStarted)[0].run, "*", "abort", "engineer"))
    ended = await bench.ended()
    assert (ended.ending, bench.boxes["m"].values["oscillator"]) == ("aborted", "off")
    assert "engineer" in ended.said


async def test_an_engineer_takes_over_and_nothing_is_touched_any_more(bench: Bench) -> None:
    due(bench)
    while bench.boxes["m"].values["oscillator"] != "on":
        await asyncio.sleep(0.01)
    bench.site.publish(Answered(bench.bodies(PlayStarted)[0].run, "*", "take-over", "engineer"))
    before = len(bench.boxes["m"].log)
    assert (await bench.ended()).ending == "aborted"
    assert len(bench.boxes["m"].log) <= before + 1  # a command that was on its way already


async def test_what_a_hand_moved_in_the_meantime_stays_so(bench: Bench) -> None:
    due(bench)
    while bench.boxes["m"].values["oscillator.level"] != -20:
        await asyncio.sleep(0.01)
    bench.boxes["m"].values["oscillator.level"] = -33.0
    await bench.ended()
    assert bench.boxes["m"].values["oscillator.level"] == -33.0


async def test_the_room_is_put_away_in_order_and_mains_go_last_and_cold(bench: Bench) -> None:
    bench.boxes["p"].values["power"] = "on"
    await asyncio.sleep(6)
    bench.site.publish(Due("301", bench.book(), "shutdown", "shutdown", TestClass.DISRUPTIVE, "R22", "empty"))
    began = bench.clock.now()
    ended = await bench.ended()
    assert (ended.verdict, bench.boxes["u"].values["outlet.3.state"]) == (Verdict.PASS, "off"), bench.outcomes()
    assert bench.clock.now() - began > 320
    assert [box for box in "mpu" if bench.boxes[box].log] == ["m", "p", "u"]


async def test_with_the_next_meeting_near_it_is_standby_only(bench: Bench) -> None:
    bench.boxes["p"].values["power"] = "on"
    await asyncio.sleep(6)
    bench.site.publish(
        Due("301", bench.book(), "shutdown", "shutdown", TestClass.DISRUPTIVE, "R22", "empty", short=True)
    )
    await bench.ended()
    assert bench.boxes["p"].values["power"] == "off"
    assert bench.boxes["u"].values["outlet.3.state"] == "on"


async def test_a_daemon_that_stops_puts_the_test_back(clock: LoopClock) -> None:
    bench = await Bench(clock, boxes(clock)).start()
    bench.people(Occupancy.FREE)
    due(bench)
    while bench.boxes["m"].values["oscillator"] != "on":
        await asyncio.sleep(0.01)
    await bench.stop()
    ended = bench.bodies(PlayEnded)[0]
    assert (ended.ending, ended.restored, bench.boxes["m"].values["oscillator"]) == ("interrupted", True, "off")
