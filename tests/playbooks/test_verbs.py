"""The verbs, one at a time, in playbooks of a site's own."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from avctl.clock import LoopClock
from avctl.model.event import (
    Answered,
    Notice,
    Occupancy,
    PlayEnded,
    PlayRefused,
    PlayStarted,
    StepDone,
    StepWaits,
)
from avctl.model.outcome import Verdict
from avctl.playbooks.load import read
from tests.playbooks.conftest import Bench, boxes, house

CLOSING = "when: {due: shutdown}\n"  # a kind that restores nothing, so that one sees what a verb did


async def _performed(bench: Bench, text: str, name: str = "mine", **arguments: str) -> PlayEnded:
    _add(bench, text, name)
    bench.want(name, **arguments)
    return await bench.ended(len(bench.bodies(PlayEnded)) + 1)


def _add(bench: Bench, text: str, name: str = "mine") -> None:
    bench.library[name] = read(f"playbook: {name}\ntitle: t\nwhy: w\n{text}", f"{name}.yaml", house())


@pytest.fixture
async def bench(clock: LoopClock) -> AsyncIterator[Bench]:
    made = await Bench(clock, boxes(clock)).start()
    made.book(start=20_000)
    made.people(Occupancy.FREE)
    yield made
    await made.kill()


async def test_a_set_passes_when_the_device_says_so_and_not_before(bench: Bench) -> None:
    began = bench.clock.now()
    ended = await _performed(bench, CLOSING + "steps:\n  - set: {main-display.power: on}\n    within: 60\n")
    assert ended.verdict is Verdict.PASS
    assert bench.clock.now() - began >= 20, "the lamp warms up"


async def test_a_set_that_takes_long_is_a_warning(bench: Bench) -> None:
    text = CLOSING + "steps:\n  - set: {main-display.power: on}\n    within: 60\n    slow: 10\n"
    assert (await _performed(bench, text)).verdict is Verdict.MARGINAL


async def test_a_set_that_takes_too_long_fails(bench: Bench) -> None:
    text = CLOSING + "steps:\n  - set: {main-display.power: on}\n    within: 10\n"
    assert (await _performed(bench, text)).verdict is Verdict.FAIL


async def test_what_is_so_already_is_not_sent(bench: Bench) -> None:
    text = CLOSING + "steps:\n  - set: {mixer.scene: standard}\n    within: 10\n"
    assert (await _performed(bench, text)).verdict is Verdict.PASS
    assert bench.boxes["m"].log == []


async def test_who_starts_a_playbook_may_choose_what_it_leaves_open(bench: Bench) -> None:
    text = CLOSING + "with: {scene: standard}\nsteps:\n  - set: {mixer.scene: {with: scene}}\n    within: 10\n"
    await _performed(bench, text, scene="speech-only")
    assert bench.boxes["m"].log == [("scene", 5)]
    bench.want("mine", colour="red")
    await asyncio.sleep(1)
    assert "colour" in bench.bodies(PlayRefused)[0].why


async def test_expect_names_the_worst_part(bench: Bench) -> None:
    bench.boxes["c"].values["bay.2.charge"] = 60
    text = 'steps:\n  - expect: {charger.bay.*.charge: {pass: ">=95", warn: ">=80"}}\n    within: 10\n'
    assert (await _performed(bench, text)).verdict is Verdict.FAIL
    (done,) = bench.bodies(StepDone)
    assert "c.bay.2.charge is 60" in done.outcome.said and done.outcome.limit == "≥ 95"


async def test_wait_ends_when_the_point_says_so(bench: Bench) -> None:
    asyncio.get_running_loop().call_later(7, bench.boxes["p"].values.__setitem__, "source", "hdmi-2")
    text = "steps:\n  - wait: {main-display.source: hdmi-2}\n    within: 30\n"
    assert (await _performed(bench, text)).verdict is Verdict.PASS


async def test_wait_gives_up_at_its_deadline(bench: Bench) -> None:
    began = bench.clock.now()
    text = "steps:\n  - wait: {main-display.source: hdmi-2}\n    within: 30\n"
    assert (await _performed(bench, text)).verdict is Verdict.FAIL
    assert bench.clock.now() - began < 32


async def test_say_names_devices_by_role_and_room(bench: Bench) -> None:
    await _performed(
        bench, "steps:\n  - say: {to: service, zh: '{room} {main-display}', en: '{room}: {main-display}.'}\n"
    )
    notice = next(n for n in bench.bodies(Notice) if n.to == "service")
    assert dict(notice.text)["en"] == "Room 301: Main display (p)."


ASK = "steps:\n  - id: look\n    ask: Is it there?\n    answers: [seen, not-seen]\n    within: 60\n"


@pytest.mark.parametrize(("answer", "verdict"), [("seen", Verdict.PASS), ("not-seen", Verdict.FAIL)])
async def test_a_person_answers(bench: Bench, answer: str, verdict: Verdict) -> None:
    _add(bench, ASK)
    bench.want("mine")
    while not bench.bodies(StepWaits):
        await asyncio.sleep(0.1)
    waits = bench.bodies(StepWaits)[0]
    assert waits.answers == ("seen", "not-seen") and waits.asks == "Is it there?"
    bench.site.publish(Answered(waits.run, "look", answer, "engineer"))
    assert (await bench.ended()).verdict is verdict


async def test_nobody_answers_and_nothing_is_confirmed(bench: Bench) -> None:
    began = bench.clock.now()
    assert (await _performed(bench, ASK)).verdict is Verdict.UNCONFIRMED
    assert 59 <= bench.clock.now() - began <= 62


async def test_a_step_is_skipped_by_hand(bench: Bench) -> None:
    _add(bench, "otherwise: go-on\n" + ASK + "  - say: after\n")
    bench.want("mine")
    while not bench.bodies(StepWaits):
        await asyncio.sleep(0.1)
    bench.site.publish(Answered(bench.bodies(PlayStarted)[0].run, "*", "skip", "engineer"))
    ended = await bench.ended()
    assert (ended.verdict, bench.outcomes()["look"], bench.outcomes()["2"]) == (Verdict.SKIPPED, "skipped", "pass")


async def test_together_takes_as_long_as_its_longest(bench: Bench) -> None:
    began = bench.clock.now()
    text = CLOSING + (
        "steps:\n  - together:\n"
        "      - set: {main-display.power: on}\n        within: 60\n"
        "      - set: {side-display.power: on}\n        within: 60\n"
    )
    assert (await _performed(bench, text)).verdict is Verdict.PASS
    assert 20 <= bench.clock.now() - began < 25
    assert set(bench.outcomes()) == {"1-1", "1-2"}


async def test_one_that_fails_together_stops_the_playbook_when_the_others_are_done(bench: Bench) -> None:
    bench.boxes["s"].deaf = True
    text = CLOSING + (
        "steps:\n  - together:\n"
        "      - set: {main-display.power: on}\n        within: 60\n"
        "      - set: {side-display.power: on}\n        within: 5\n"
        "  - say: never\nalways:\n  - say: always\n"
    )
    ended = await _performed(bench, text)
    assert (ended.ending, ended.verdict) == ("stopped", Verdict.FAIL)
    assert bench.outcomes() == {"1-1": "pass", "1-2": "fail", "always-1": "pass"}


async def test_run_does_the_steps_of_another_playbook(bench: Bench) -> None:
    _add(bench, CLOSING + "steps:\n  - id: a\n    set: {side-display.source: hdmi-1}\n    within: 10\n", "inner")
    await _performed(bench, CLOSING + "steps:\n  - {run: inner, id: first}\n  - {run: inner, id: second}\n")
    assert bench.outcomes() == {"first-a": "pass", "second-a": "pass"}
    assert bench.boxes["s"].log == [("source", "hdmi-1")]


async def test_what_is_done_otherwise_makes_up_for_a_failure_only_if_it_is_seen_to_work(bench: Bench) -> None:
    bench.boxes["p"].deaf = True
    failing = CLOSING + "steps:\n  - set: {main-display.source: hdmi-2}\n    within: 5\n    otherwise:\n"
    told = await _performed(bench, failing + "      - say: sorry\n")
    mended = await _performed(
        bench, failing + "      - set: {side-display.source: hdmi-1}\n        within: 10\n", "other"
    )
    assert (told.verdict, mended.verdict) == (Verdict.FAIL, Verdict.MARGINAL)


async def test_a_test_restores_what_it_set_also_when_it_is_stopped_by_a_failure(bench: Bench) -> None:
    text = (
        "steps:\n  - set: {side-display.source: hdmi-1}\n    within: 10\n"
        "  - expect: {main-display.lamp.state: error}\n    within: 5\n"
    )
    ended = await _performed(bench, text)
    assert (ended.ending, ended.restored) == ("stopped", True)
    assert bench.boxes["s"].log == [("source", "hdmi-1"), ("source", "hdmi-2")]


async def test_what_cannot_be_put_back_is_said(bench: Bench) -> None:
    text = "steps:\n  - set: {side-display.source: hdmi-1}\n    within: 10\n  - wait: 5\n"
    _add(bench, text)
    bench.want("mine")
    while not bench.boxes["s"].log:
        await asyncio.sleep(0.1)
    bench.boxes["s"].silent = True
    ended = await bench.ended()
    assert not ended.restored and "Not everything could be put back" in ended.said


@pytest.mark.parametrize(("mode", "runs"), [("single", 1), ("queued", 2), ("restart", 2)])
async def test_a_playbook_that_is_wanted_while_it_runs(bench: Bench, mode: str, runs: int) -> None:
    _add(bench, f"mode: {mode}\nsteps:\n  - wait: 20\n")
    bench.want("mine")
    await asyncio.sleep(5)
    bench.want("mine")
    await asyncio.sleep(60)
    assert len(bench.bodies(PlayEnded)) == runs
    assert bench.bodies(PlayEnded)[0].ending == ("stopped" if mode == "restart" else "finished")


async def test_the_other_room_has_an_actor_of_its_own(bench: Bench) -> None:
    _add(bench, "steps:\n  - wait: 20\n")
    bench.want("mine", "301")
    bench.want("mine", "302")
    await asyncio.sleep(22)
    assert {e.room for e in bench.bodies(PlayEnded)} == {"301", "302"}


async def test_in_a_fire_nothing_runs(bench: Bench) -> None:
    from avctl.engine.state import FIRE
    from avctl.model.event import FaultRaised
    from avctl.model.fault import Fault, FaultKey, Severity

    bench.site.publish(FaultRaised(Fault(FaultKey("m", FIRE), Severity.CRITICAL, bench.clock.now(), 1), "301"))
    bench.want("pre-meeting")
    await asyncio.sleep(5)
    assert not bench.bodies(PlayStarted) and "fire" in bench.bodies(PlayRefused)[0].why
