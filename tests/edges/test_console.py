"""What a person in front of the terminal reads, in either language."""

import asyncio
import io

import pytest
from structlog.testing import capture_logs

from avctl.edges.console import Console
from avctl.edges.notify import Notify
from avctl.edges.words import Words
from avctl.model import event as e
from avctl.model.booking import Booking, BookingKey
from avctl.model.command import Command, TestClass
from avctl.model.fault import Fault, FaultKey, Severity
from avctl.model.health import Cause, Reach
from avctl.model.outcome import Outcome, Verdict
from avctl.model.reading import Quality, Reading
from tests.conftest import MONDAY
from tests.edges.conftest import Bench

KEY = FaultKey("r302-display", "lamp")
BOOKING = Booking(BookingKey("desk", "m1"), "302", MONDAY + 3600, MONDAY + 7200)
STORY: tuple[e.Body, ...] = (
    e.DaemonStarted("0.1", "", True),
    e.Read("r302-display", (Reading("r302-display", "power", "on", Quality.MEASURED, MONDAY),)),
    e.ReachChanged("r302-display", Reach.DOWN, Cause.NO_REPLY),
    e.ReachChanged("r302-display", Reach.UP),
    e.FaultRaised(Fault(KEY, Severity.CRITICAL, MONDAY, 1), "302"),
    e.FaultAcknowledged(KEY, "engineer"),
    e.FaultMitigated(KEY, "R1"),
    e.FaultCleared(KEY, "302", MONDAY),
    e.CommandAsked(Command("c", "r302-display", "power", "on", "engineer", "", MONDAY)),
    e.CommandDone("c", "r302-display", "power", Verdict.FAIL, "it did not"),
    e.BookingChanged(BOOKING),
    e.SourceTrouble("desk", "404"),
    e.SourceTrouble("desk", ""),
    e.Due("302", BOOKING, "pre-meeting", "pre-meeting", TestClass.SILENT, "R1", "an hour before"),
    e.Missed("302", BOOKING.key, "pre-meeting", "the room was never free"),
    e.PhaseChanged("302", e.Phase.PREPARING, e.Occupancy.FREE, BOOKING.key, "60 min before"),
    e.PlayWanted("w", "302", "pre-meeting", "engineer", ""),
    e.PlayRefused("w", "302", "pre-meeting", "another is under way"),
    e.PlayStarted("R1", "302", "pre-meeting", "1", e.Started.SCHEDULE, "plan", 3),
    e.StepIntended("R1", "s1", "expect", "devices answer", TestClass.PASSIVE),
    e.StepDone("R1", "s1", Outcome("s1", Verdict.MARGINAL, "slow", saw="2 of 3")),
    e.StepWaits("R1", "s2", "Is the level seen?", MONDAY + 60, ("yes", "no")),
    e.Answered("R1", "s2", "yes", "engineer"),
    e.PlayEnded("R1", "302", "pre-meeting", Verdict.MARGINAL, "finished", True, "one notice", 12.0),
    e.Notice("302", "engineer", "warning", (("zh", "请查看"), ("en", "please look"))),
    e.Held("r302-display", MONDAY + 600, "engineer", "new lamp"),
    e.Released("r302-display", "engineer"),
    e.Dropped("web", 7),
    e.DaemonStopped("asked to"),
)


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_a_story_is_told_in_plain_words(bench: Bench, language: str) -> None:
    out = io.StringIO()
    console = Console(bench.site, language, file=out, where=lambda ev: "report" if ev.body.kind == "play-ended" else "")
    task = asyncio.create_task(console.run())
    for body in STORY:
        bench.site.publish(body)
    await asyncio.sleep(0.1)
    task.cancel()
    told = out.getvalue()
    assert ("302会议室 主显示 灯泡故障" if language == "zh" else "Room 302 Main display lamp failure") in told
    assert "▲" in told and "2 of 3" in told and "→ report" in told
    assert "power on" not in told and "WARN  devices answer  slow  (2 of 3)" in told.replace("注意", "WARN")


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_everything_that_can_happen_has_words(bench: Bench, language: str) -> None:
    words = Words(bench.site, language)
    told = {body.kind: words.detailed(e.Event(1, MONDAY, None, body)) for body in STORY}
    assert set(told) == {body.kind for body in e.Body.__args__}
    assert all(sentence and sentence.isprintable() for sentence in told.values())


async def test_notices_are_in_the_log_in_the_sites_language(bench: Bench) -> None:
    with capture_logs() as logged:
        task = asyncio.create_task(Notify(bench.site).run())
        for body in STORY:
            bench.site.publish(body)
        await asyncio.sleep(0.1)
        task.cancel()
    notice = next(line for line in logged if line["log_level"] == "warning")
    assert "请查看" in notice["event"] and notice["to"] == "engineer"


async def test_a_terminal_has_a_bar_while_a_test_runs(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    out = io.StringIO()
    task = asyncio.create_task(Console(bench.site, "en", file=out).run())
    for body in STORY[18:20]:
        bench.site.publish(body)
    await asyncio.sleep(1)
    assert "0/3" in out.getvalue() and "Pre-meeting test" in out.getvalue() and "devices answer" in out.getvalue()
    for body in STORY[20:]:
        bench.site.publish(body)
    await asyncio.sleep(1)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
