"""The three rooms of the demo, each with its story, from the booking to the archive."""

import asyncio
import json

import pytest

from avctl.archive.memory import why
from avctl.demo import Meeting
from avctl.model.booking import Booking
from avctl.model.event import (
    CommandDone,
    Due,
    FaultCleared,
    FaultRaised,
    Missed,
    Notice,
    PlayEnded,
    PlayStarted,
    StepDone,
)
from avctl.model.outcome import Verdict
from tests.conftest import MONDAY
from tests.stories.conftest import HOUR, Play, Stage, said

FULL = "[av mics=2 wireless=2 proj=1 people=20]"


async def test_a_booked_room_is_tested_an_hour_before_and_left_as_the_meeting_wants_it(stage: Stage) -> None:
    async with stage(Meeting("301", HOUR + 90, 2 * HOUR, FULL)) as play:
        due = await play.until(Due)
        assert due.at == pytest.approx(MONDAY + 90, abs=5)
        ended = await play.until(PlayEnded)
        assert (ended.body.verdict, ended.body.ending, ended.body.restored) == (Verdict.MARGINAL, "finished", True)
        assert play.device("r301-projector").state()["power"] == "on"  # struck once, and lit for the meeting
        assert play.device("r301-mixer").state()["oscillator"] == "off"
        tone = play.bodies(StepDone, lambda s: s.step == "tone")[0].outcome
        assert tone.verdict is Verdict.PASS
        lamp = play.bodies(StepDone, lambda s: s.step == "lamp")[0].outcome
        assert (lamp.verdict, "83" in lamp.saw) == (Verdict.MARGINAL, True)
        ready = [said(n) for n in play.bodies(Notice) if n.to == "service"]
        assert any("【就绪】" in words and "[READY]" in words for words in ready)


async def test_the_report_is_numbered_and_says_that_the_devices_were_simulated(stage: Stage) -> None:
    async with stage(Meeting("301", HOUR + 30, 2 * HOUR, FULL)) as play:
        run = (await play.until(PlayEnded)).body.run
        while not (filed := play.daemon.filing.filed.get(run)):
            await play.until(PlayStarted)
        assert filed.number == "T20260914-301-01"
        report = json.loads((play.folder / "reports" / f"{filed.number}.json").read_text())
        assert report["simulated"] is True
        assert report["verdict"] == "marginal"
        page = (play.folder / "reports" / f"{filed.number}.html").read_text()
        assert "301会议室" in page and "SIMULATED" in page.upper()


async def test_a_lamp_that_dies_in_a_meeting_is_answered_within_seconds(stage: Stage) -> None:
    async with stage(Meeting("302", -20 * 60, 40 * 60, FULL), rooms=("301", "302")) as play:
        play.device("r302-projector").lamp_fails()
        raised = await play.until(FaultRaised, lambda f: str(f.fault.key) == "r302-projector.lamp", within=15)
        switched = await play.until(CommandDone, lambda c: (c.device, c.point) == ("r302-side", "power"), within=15)
        assert switched.at - raised.at < 10
        ended = await play.until(PlayEnded, lambda p: p.playbook == "lamp-failure", within=60)
        assert ended.body.verdict is Verdict.PASS
        assert play.device("r302-side").state()["power"] == "on"
        chain = await play.daemon.reader.asked(why, ended.seq)
        assert [e.body.kind for e in chain] == ["play-ended", "play-started", "fault-raised", "read"]
        told = [said(n) for n in play.bodies(Notice) if n.to == "engineer"]
        assert any("r302-projector" in words for words in told)
        assert not play.bodies(FaultCleared, lambda c: c.key.name == "lamp")


async def test_a_pack_too_weak_for_the_meeting_is_named_by_its_bay(stage: Stage) -> None:
    async with stage(Meeting("303", HOUR + 30, 2 * HOUR, "话筒:3 无线:3 投影:是 人数:16"), rooms=("303",)) as play:
        ended = await play.until(PlayEnded)
        assert ended.body.verdict is Verdict.FAIL
        packs = play.bodies(StepDone, lambda s: s.step == "packs")[0].outcome
        assert (packs.verdict, "bay.3" in packs.said) == (Verdict.FAIL, True)
        assert play.first(FaultRaised, lambda f: str(f.fault.key) == "r303-charger.bay.3.battery")


@pytest.mark.parametrize("early", [3000.0, 1200.0, 700.0])
async def test_a_meeting_booked_inside_the_last_hour_is_tested_at_once(stage: Stage, early: float) -> None:
    async with stage(rooms=("303",)) as play:
        now = play.clock.now()
        play.daemon.diary.book("late", "303", now + early, now + early + HOUR, FULL)
        due = await play.until(Due, within=30)
        assert (due.at - now, due.body.rule) == (pytest.approx(0, abs=5), "R8")
        assert (await play.until(PlayEnded)).body.ending == "finished"


async def test_a_meeting_moved_and_then_cancelled_is_never_tested_at_its_old_time(stage: Stage) -> None:
    async with stage(Meeting("303", HOUR + 600, 2 * HOUR, FULL), rooms=("303",)) as play:
        booking = (await _booked(play)).key
        play.daemon.diary.move(booking, MONDAY + 3 * HOUR)
        play.daemon.diary.cancel(booking, "engineer")
        await asyncio.sleep(4 * HOUR)
        assert not play.bodies(Due) and not play.bodies(Missed)


async def test_after_the_meeting_the_room_is_put_away_in_safe_order(stage: Stage) -> None:
    async with stage(Meeting("303", -20 * 60, 10 * 60, FULL), rooms=("303",)) as play:
        play.device("r303-projector").put(power="on")
        await play.until(PlayEnded, lambda p: p.playbook == "shutdown", within=2 * HOUR)
        done = [(c.device, c.point) for c in play.bodies(CommandDone)]
        assert done.index(("r303-projector", "power")) < done.index(("r303-pdu", "outlet.3.state"))
        off = next(e for e in play.events if isinstance(e.body, CommandDone) and e.body.point == "outlet.3.state")
        standby = next(e for e in play.events if isinstance(e.body, CommandDone) and e.body.point == "power")
        assert off.at - standby.at >= 300  # the lamp has cooled


async def _booked(play: Play) -> Booking:
    async with asyncio.timeout(30):
        while not (found := play.daemon.diary.bookings()):
            await asyncio.sleep(0.5)
    return found[0]
