"""Work in the rack: a device that somebody works on is left alone, and nothing is made of its silence."""

import asyncio
import random

from avctl.engine.bus import Bus
from avctl.engine.site import Site
from avctl.model.command import Command
from avctl.model.errors import AuthFailed
from avctl.model.event import FaultRaised, Held, Notice, ReachChanged, Released
from avctl.model.health import Cause, Health, Reach
from avctl.model.outcome import Verdict

from .conftest import Stage, a_house
from .puppet import Puppet

DEVICE = "r301-projector"


async def up(stage: Stage) -> Puppet:
    puppet = stage.projector()
    await stage.site.start()
    await asyncio.sleep(5)
    assert stage.site.device(DEVICE).reach is Reach.UP
    return puppet


def hold(stage: Stage, minutes: float = 30) -> None:
    stage.site.hold_device(DEVICE, stage.clock.now() + 60 * minutes, "li.na", "new lamp")


async def test_a_held_device_is_asked_nothing_at_once_and_shown_as_being_worked_on(stage: Stage) -> None:
    puppet = await up(stage)
    hold(stage)
    await asyncio.sleep(0.1)
    assert not puppet.opened
    before = len(puppet.log)
    await asyncio.sleep(20 * 60)
    assert len(puppet.log) == before
    condition = stage.site.condition(DEVICE)
    assert (condition.health, condition.cause) == (Health.UNKNOWN, Cause.MAINTENANCE)
    assert condition.detail == "new lamp (li.na)"


async def test_nothing_is_made_of_the_silence_of_a_held_device(stage: Stage) -> None:
    puppet = await up(stage)
    hold(stage)
    puppet.gone = True  # it is on the bench, in pieces
    await asyncio.sleep(29 * 60)
    assert stage.saw(FaultRaised) == []
    assert [e.body.reach for e in stage.saw(ReachChanged) if isinstance(e.body, ReachChanged)] == [Reach.UP]


async def test_a_hold_ends_by_itself_and_the_device_is_asked_everything_anew(stage: Stage) -> None:
    puppet = await up(stage)
    hold(stage, minutes=10)
    puppet.says["lamp.hours"] = 0
    await asyncio.sleep(10 * 60 + 5)
    (ended,) = stage.saw(Released)
    assert isinstance(ended.body, Released)
    assert ended.body.by == ""
    assert stage.site.condition(DEVICE).health is Health.OK
    reading = stage.site.reading(DEVICE, "lamp.hours")
    assert reading is not None
    assert reading.value == 0


async def test_a_device_that_comes_back_broken_is_told_when_it_is_released(stage: Stage) -> None:
    puppet = await up(stage)
    hold(stage)
    puppet.gone = True
    await asyncio.sleep(60)
    stage.site.release(DEVICE, "li.na")
    await asyncio.sleep(30)
    assert [str(e.body.fault.key) for e in stage.saw(FaultRaised) if isinstance(e.body, FaultRaised)] == [
        "r301-projector.link"
    ]


async def test_a_wish_for_a_held_device_is_denied_with_the_reason_and_never_sent(stage: Stage) -> None:
    puppet = await up(stage)
    hold(stage)
    until = stage.clock.now() + 30
    done = await stage.site.command(Command("w1", DEVICE, "source", "hdmi-2", "engineer", "test", until))
    assert (done.verdict, done.ending) == (Verdict.SKIPPED, "denied")
    assert "li.na" in done.said
    assert "new lamp" in done.said
    assert puppet.did("write source=hdmi-2") == []


async def test_a_hold_reaches_a_device_whose_password_is_locked_out_and_its_release_tries_it_at_once(
    stage: Stage,
) -> None:
    puppet = stage.projector()
    puppet.trouble["open"] = AuthFailed("wrong password")
    await stage.site.start()
    await asyncio.sleep(60)
    assert len(puppet.did("open")) == 3  # then a quarter of an hour of rest
    hold(stage)
    puppet.trouble.clear()  # the password has been set right
    stage.site.release(DEVICE, "li.na")
    await asyncio.sleep(5)
    assert stage.site.device(DEVICE).reach is Reach.UP


async def test_a_hold_survives_a_restart_and_still_ends_in_time(stage: Stage) -> None:
    await up(stage)
    hold(stage, minutes=10)
    events = stage.saw(Held)
    await stage.site.stop()

    again = Stage(stage.clock, a_house())
    puppet = again.projector()
    again.site.remember(events)
    await again.site.start()
    await asyncio.sleep(5 * 60)
    assert puppet.log == []
    assert again.site.condition(DEVICE).cause is Cause.MAINTENANCE
    await asyncio.sleep(5 * 60 + 5)
    assert again.site.device(DEVICE).reach is Reach.UP
    await again.site.stop()


async def test_a_hold_that_ended_while_the_daemon_was_away_is_released_at_the_start(stage: Stage) -> None:
    await up(stage)
    hold(stage, minutes=1)
    events = stage.saw(Held)
    await stage.site.stop()
    await asyncio.sleep(3600)
    site = Site(a_house(), Bus(stage.clock), stage.clock, random.Random(1))
    puppet = Puppet(DEVICE, stage.clock, {"power": "on", "lamp.state": "none-reported", "lamp.hours": 1, "source": "x"})
    puppet.says["identity.serial"] = "sn"
    site.attach(DEVICE, puppet)
    site.remember(events)
    await site.start()
    await asyncio.sleep(5)
    assert site.device(DEVICE).reach is Reach.UP
    await site.stop()


async def flap(puppet: Puppet, times: int) -> None:
    for _ in range(times):
        puppet.gone = True
        await asyncio.sleep(25)
        puppet.gone = False
        await asyncio.sleep(65)


async def test_a_device_that_comes_and_goes_is_told_once_and_shown_as_such_until_it_has_stayed(stage: Stage) -> None:
    puppet = await up(stage)
    await flap(puppet, 4)
    told = [e.body for e in stage.saw(Notice) if isinstance(e.body, Notice)]
    assert [(n.to, n.severity, n.incident) for n in told] == [("engineer", "warning", "r301-projector.flapping")]
    assert stage.site.condition(DEVICE).cause is Cause.FLAPPING
    await asyncio.sleep(15 * 60)
    assert stage.site.condition(DEVICE).cause is None
    await flap(puppet, 2)
    assert len(stage.saw(Notice)) == 2


async def test_a_device_that_stays_away_is_absent_and_not_flapping(stage: Stage) -> None:
    puppet = await up(stage)
    puppet.gone = True
    await asyncio.sleep(3600)
    assert stage.saw(Notice) == []
    assert stage.site.condition(DEVICE).cause is Cause.REFUSED
