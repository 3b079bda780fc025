"""The page in a real browser: live, clickable, quiet in its console, and asking nobody outside for anything."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from avctl.edges.metrics import Metrics
from avctl.edges.web.asked import Asked, Item
from avctl.edges.web.board import Web
from avctl.model.event import (
    Occupancy,
    Phase,
    PhaseChanged,
    PlayEnded,
    PlayStarted,
    PlayWanted,
    Started,
    StepWaits,
)
from avctl.model.fault import FaultKey
from avctl.model.outcome import Verdict
from tests.edges.browser import Browser, browser
from tests.edges.conftest import Bench

pytestmark = pytest.mark.real_time
LIVE = "document.getElementById('pulse').dataset.state === 'live'"
FIRST = "document.querySelector('#wall > .room').dataset.room"


@pytest.fixture
async def web(bench: Bench) -> AsyncIterator[Web]:
    menu = (Item("pre-meeting", {"en": "Test"}, fallback=False), Item("lamp-failure", {"en": "Lamp failure"}))
    made = Web(bench.site, bench.gate, Metrics(), asked=Asked(menu=lambda room: menu))
    await made.start()
    following = asyncio.create_task(made.run())
    yield made
    following.cancel()
    await made.stop()


@pytest.fixture
async def tab(web: Web, tmp_path: Path) -> AsyncIterator[Browser]:
    """A tab that must have nothing to complain of, and must have asked nobody but us."""
    async with browser(tmp_path) as made:
        await made.go(f"{web.url}/?lang=en")
        await made.until(LIVE)
        yield made
        assert made.errors == []
        assert [url for url in made.requests if not url.startswith((web.url, "data:"))] == []


async def test_the_room_in_trouble_comes_to_the_top_and_somebody_takes_it(bench: Bench, tab: Browser) -> None:
    assert await tab.see(FIRST) == "301"
    bench.display.values["lamp.state"] = "error"
    await tab.until(f"{FIRST} === '302'")
    await tab.until("document.querySelector('#room-302 .faults')?.textContent.includes('lamp failure')")
    await tab.click("#room-302 button[data-action=ack]")
    await tab.until("document.querySelector('#room-302 .taken')?.textContent.includes('board')")
    assert bench.site.state("302").faults[FaultKey("r302-display", "lamp")].acknowledged_by == "board"


async def test_a_test_is_started_followed_and_its_question_answered(bench: Bench, tab: Browser) -> None:
    asked = bench.site.bus.subscribe("listener", lambda body: isinstance(body, PlayWanted))
    await tab.click("#room-301 button[data-action=test]")
    await tab.until("document.querySelector('.toast')?.textContent.startsWith('Accepted')")
    wanted = asked.take()[0]
    bench.site.publish(PlayStarted("R1", "301", "pre-meeting", "1", Started.OPERATOR, "board", 3), wanted.seq)
    bench.site.publish(StepWaits("R1", "mic", "Is the level seen?", bench.site.clock.now() + 60, ("yes", "no")))
    await tab.until("document.querySelector('#room-301 .question')?.textContent.includes('Is the level seen?')")
    await tab.click("#room-301 .question button")
    await tab.until("!document.querySelector('#room-301 .question')")
    bench.site.publish(PlayEnded("R1", "301", "pre-meeting", Verdict.PASS, "finished", True, "", 2.0))
    await tab.until("document.querySelector('#room-301 .last')?.textContent.includes('PASS')")


async def test_a_fallback_is_asked_about_before_it_runs(bench: Bench, tab: Browser) -> None:
    asked = bench.site.bus.subscribe("listener", lambda body: isinstance(body, PlayWanted))
    await tab.click("#room-302 .menu summary")
    await tab.click("#room-302 button[data-action=fallback]")
    await tab.until("document.getElementById('confirm').open")
    assert "Lamp failure" in await tab.see("document.getElementById('confirm-text').textContent")
    assert asked.take() == []
    await tab.click("#confirm button[value=yes]")
    await tab.until("document.querySelector('.toast')?.textContent.startsWith('Accepted')")
    assert len(asked.take()) == 1


async def test_what_somebody_is_at_stays_under_his_hand_while_the_page_changes(bench: Bench, tab: Browser) -> None:
    await tab.see("document.querySelector('#room-301 button[data-action=test]').focus()")
    await tab.see("document.querySelector('#room-301 .menu').open = true")
    bench.site.publish(PhaseChanged("301", Phase.PREPARING, Occupancy.SOON, None, ""))
    await tab.until("document.querySelector('#room-301 .phase').textContent === 'preparing'")
    assert await tab.see("document.activeElement.dataset.action") == "test"
    assert await tab.see("document.querySelector('#room-301 .menu').open") is True


async def test_a_page_without_its_daemon_says_so(web: Web, tab: Browser) -> None:
    await web.stop()
    await tab.until("document.getElementById('pulse').textContent.startsWith('Connection lost')")
    assert await tab.see("document.querySelectorAll('#wall .room').length") == 2
    tab.errors.clear()  # the refused connection


@pytest.mark.parametrize(("language", "width"), [("zh", 1440), ("en", 390)])
async def test_nothing_sticks_out_on_a_wall_or_a_phone(
    web: Web, tab: Browser, tmp_path: Path, language: str, width: int
) -> None:
    await tab.go(f"{web.url}/?lang={language}", width=width)
    await tab.until(LIVE)
    assert await tab.see("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    await tab.picture(tmp_path / "wall.png")
    assert (tmp_path / "wall.png").stat().st_size > 10_000


async def test_every_control_has_a_name_and_can_be_reached_by_keyboard(tab: Browser) -> None:
    every = "[...document.querySelectorAll('button, a, summary')]"
    assert await tab.see(f"{every}.filter(e => !(e.textContent.trim() || e.ariaLabel)).length") == 0
    assert await tab.see("[...document.querySelectorAll('button, summary')].every(e => e.tabIndex >= 0)")
    assert await tab.see("document.documentElement.lang") == "en"
