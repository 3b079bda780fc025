"""A session keeps its device: what it asks, when it loses faith, how it comes back."""

import asyncio
from itertools import pairwise

import pytest

from avctl.model.command import Command, Urgency
from avctl.model.errors import AuthFailed, Garbled, LinkDown
from avctl.model.event import CommandDone, Event, Occupancy, Phase, PhaseChanged, ReachChanged, Read
from avctl.model.health import Cause, Health, Reach
from avctl.model.outcome import Verdict
from avctl.model.reading import Quality

from .conftest import Stage

DEVICE = "r301-projector"


def reaches(stage: Stage) -> list[tuple[Reach, Cause | None]]:
    return [(e.body.reach, e.body.cause) for e in stage.saw(ReachChanged) if isinstance(e.body, ReachChanged)]


def wish(stage: Stage, value: str, id: str = "w1", within: float = 30.0, **more: object) -> Command:
    return Command(id, DEVICE, "source", value, "engineer", "test", stage.clock.now() + within, **more)  # type: ignore[arg-type]


async def test_a_device_is_up_once_it_has_answered_every_question(stage: Stage) -> None:
    puppet = stage.projector()
    assert stage.site.condition(DEVICE).cause is Cause.NOT_ASKED
    await stage.site.start()
    await asyncio.sleep(1)
    assert reaches(stage) == [(Reach.UP, None)]
    assert stage.site.condition(DEVICE).health is Health.OK
    assert {"read power", "read errors", "read identity"} <= {what for _, what in puppet.log}


async def test_what_has_not_changed_is_not_news_but_stays_fresh(stage: Stage) -> None:
    stage.projector()
    await stage.site.start()
    await asyncio.sleep(100)
    assert len(stage.saw(Read)) == 2  # who it is and whether it is on, then the rest
    reading = stage.site.reading(DEVICE, "power")
    assert reading is not None
    assert reading.quality is Quality.MEASURED
    assert stage.clock.now() - reading.at < 11


async def test_a_device_mute_on_an_open_connection_goes_down_within_its_bound_and_is_never_shown_online(
    stage: Stage,
) -> None:
    puppet = stage.projector()
    await stage.site.start()
    await asyncio.sleep(5)
    puppet.mute = True  # it still takes connections
    await asyncio.sleep(25)  # the idle bound for a serial projector
    assert reaches(stage)[-1] == (Reach.DOWN, Cause.NO_REPLY)
    await asyncio.sleep(600)
    assert reaches(stage) == [(Reach.UP, None), (Reach.SUSPECT, Cause.NO_REPLY), (Reach.DOWN, Cause.NO_REPLY)]
    condition = stage.site.condition(DEVICE)
    assert (condition.health, condition.cause) == (Health.UNKNOWN, Cause.NO_REPLY)
    assert len(puppet.did("open")) > 10  # the connection opens every time; that proves nothing


async def test_in_a_meeting_silence_is_known_within_ten_seconds(stage: Stage) -> None:
    puppet = stage.projector()
    await stage.site.start()
    await asyncio.sleep(2)
    stage.site.publish(PhaseChanged("301", Phase.MEETING, Occupancy.OCCUPIED, None, "test"))
    await asyncio.sleep(4)
    puppet.mute = True
    gone = stage.clock.now()
    await asyncio.sleep(60)
    down = next(e for e in stage.saw(ReachChanged) if isinstance(e.body, ReachChanged) and e.body.reach is Reach.DOWN)
    assert down.at - gone <= 10


async def test_an_unplugged_cable_is_known_within_a_second(stage: Stage) -> None:
    puppet = stage.projector()
    await stage.site.start()
    await asyncio.sleep(5)
    puppet.gone = True
    puppet.unasked.put_nowait(LinkDown("unplugged"))
    await asyncio.sleep(1)
    assert reaches(stage)[-1] == (Reach.DOWN, Cause.REFUSED)


async def test_a_device_that_comes_back_is_asked_everything_again_before_it_counts_as_up(stage: Stage) -> None:
    puppet = stage.projector()
    await stage.site.start()
    await asyncio.sleep(5)
    puppet.gone = True
    await asyncio.sleep(100)
    puppet.gone, puppet.log = False, []
    puppet.says["lamp.hours"] = 200
    await asyncio.sleep(65)
    up = stage.saw(ReachChanged)[-1]
    assert reaches(stage)[-1] == (Reach.UP, None)
    last_read = next(e for e in reversed(stage.saw(Read)) if e.at <= up.at)
    assert last_read.seq < up.seq
    assert stage.site.state("301").value(DEVICE, "lamp.hours") == 200
    assert puppet.did("read identity")


async def test_garbage_makes_the_session_open_the_wire_anew(stage: Stage) -> None:
    puppet = stage.projector()
    await stage.site.start()
    await asyncio.sleep(5)
    puppet.trouble["power"] = Garbled("PWR=zz")
    await asyncio.sleep(10)
    assert len(puppet.did("open")) >= 2
    del puppet.trouble["power"]
    await asyncio.sleep(65)
    assert reaches(stage)[-1] == (Reach.UP, None)


async def test_a_side_question_without_answer_makes_it_doubtful_not_down(stage: Stage) -> None:
    puppet = stage.projector()
    await stage.site.start()
    await asyncio.sleep(5)
    puppet.silent_about = {"errors"}
    await asyncio.sleep(300)
    assert Reach.DOWN not in {reach for reach, _ in reaches(stage)}
    condition = stage.site.condition(DEVICE)
    assert (condition.health, condition.cause) == (Health.DEGRADED, Cause.LOSSY)
    reading = stage.site.reading(DEVICE, "lamp.state")
    assert reading is not None
    assert reading.quality is Quality.STALE


async def test_a_wrong_password_is_tried_three_times_and_then_every_quarter_of_an_hour(stage: Stage) -> None:
    puppet = stage.projector()
    puppet.trouble["open"] = AuthFailed("wrong password")
    await stage.site.start()
    await asyncio.sleep(800)
    assert len(puppet.did("open")) == 3
    assert stage.site.condition(DEVICE).cause is Cause.AUTH_FAILED
    await asyncio.sleep(900)
    assert len(puppet.did("open")) == 4


async def test_a_dead_device_is_tried_for_ever_with_pauses_of_a_minute_at_most(stage: Stage) -> None:
    puppet = stage.projector()
    puppet.gone = True
    await stage.site.start()
    await asyncio.sleep(3600)
    tries = puppet.did("open")
    pauses = [later - earlier for earlier, later in pairwise(tries)]
    assert max(pauses) <= 61
    assert 60 < len(tries) < 300  # full jitter: half a minute on average


async def test_another_device_at_the_address_is_told_nothing(stage: Stage) -> None:
    puppet = stage.projector()
    await stage.site.start()
    await asyncio.sleep(5)
    puppet.says["identity.serial"] = "somebody-else"
    puppet.unasked.put_nowait(LinkDown("swapped"))
    await asyncio.sleep(65)
    assert reaches(stage)[-1] == (Reach.DOWN, Cause.WRONG_DEVICE)
    done = await stage.site.command(wish(stage, "hdmi-2"))
    assert done.verdict is not Verdict.PASS
    assert not [what for _, what in puppet.log if what.startswith("write")]


async def test_one_dead_device_delays_nobody(stage: Stage) -> None:
    dead = stage.projector()
    dead.mute = True
    stage.projector("r301-side")
    await stage.site.start()
    await asyncio.sleep(1)
    assert stage.site.condition("r301-side").health is Health.OK


async def test_a_bug_in_a_driver_is_loud(stage: Stage) -> None:
    puppet = stage.projector()
    await stage.site.start()
    await asyncio.sleep(1)
    puppet.trouble["power"] = ZeroDivisionError("a bug")
    with pytest.raises(ZeroDivisionError):
        await asyncio.wait_for(stage.site.hold(), 60)


async def test_a_newer_wish_takes_the_place_of_a_queued_one(stage: Stage) -> None:
    puppet = stage.projector()
    await stage.site.start()
    await asyncio.sleep(1)
    puppet.takes = 1.0
    wishes = [wish(stage, source, source) for source in ("hdmi-1", "hdmi-2", "computer")]
    done = await asyncio.gather(*(stage.site.command(w) for w in wishes))
    assert [d.ending for d in done] == ["done", "superseded", "done"] or [d.ending for d in done] == [
        "superseded",
        "superseded",
        "done",
    ]
    assert puppet.says["source"] == "computer"


async def test_the_operator_goes_before_the_self_test(stage: Stage) -> None:
    puppet = stage.projector()
    await stage.site.start()
    await asyncio.sleep(1)
    puppet.takes = 0.5
    puppet.log = []
    asks = [asyncio.create_task(stage.site.ask(DEVICE, ["lamp.state"], 10)) for _ in range(3)]
    await asyncio.sleep(0.1)
    await stage.site.command(wish(stage, "hdmi-2"))
    assert [what for _, what in puppet.log].index("write source=hdmi-2") <= 1
    await asyncio.gather(*asks)


async def test_asking_a_mute_device_gives_silence_not_yesterdays_value(stage: Stage) -> None:
    puppet = stage.projector()
    await stage.site.start()
    await asyncio.sleep(1)
    puppet.mute = True
    readings = await stage.site.ask(DEVICE, ["power"], 3)
    assert (readings["power"].value, readings["power"].quality) == (None, Quality.SILENT)


async def test_asking_gives_what_the_device_says_now(stage: Stage) -> None:
    puppet = stage.projector()
    await stage.site.start()
    await asyncio.sleep(1)
    puppet.says["lamp.hours"] = 4711
    readings = await stage.site.ask(DEVICE, ["lamp.hours", "power"], 3, Urgency.OPERATOR)
    assert (readings["lamp.hours"].value, readings["power"].value) == (4711, "on")
    done: list[Event] = stage.saw(CommandDone)
    assert done == []


async def test_what_a_device_says_in_one_breath_is_one_event(stage: Stage) -> None:
    puppet = stage.projector()
    await stage.site.start()
    await asyncio.sleep(1)
    before = len(stage.saw(Read))
    puppet.says |= {"lamp.hours": 101, "lamp.state": "warning"}
    for point in ("lamp.hours", "lamp.state"):
        puppet.unasked.put_nowait(puppet.reading(point))
    await asyncio.sleep(0.1)
    assert len(stage.saw(Read)) - before == 1
    assert stage.site.state("301").value(DEVICE, "lamp.hours") == 101


async def test_the_last_words_of_a_device_count(stage: Stage) -> None:
    puppet = stage.projector()
    await stage.site.start()
    await asyncio.sleep(1)
    puppet.says["lamp.state"] = "error"
    puppet.unasked.put_nowait(puppet.reading("lamp.state"))
    puppet.unasked.put_nowait(LinkDown("gone"))
    puppet.gone = True
    await asyncio.sleep(5)
    assert stage.site.state("301").value(DEVICE, "lamp.state") == "error"
