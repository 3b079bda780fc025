"""The page beside the control interface, in a real browser; and the conditions of a network it can put a device in."""

import asyncio
import os
from pathlib import Path

import pytest

from avctl.transports.tcp import Tcp
from simulators.building import Building
from simulators.escvp21 import Projector
from simulators.faces import TcpFace
from simulators.site import read
from tests.edges.browser import browser as browsing

SITE = Path(__file__).parents[2] / "config" / "site.yaml"


@pytest.mark.real_time
async def test_a_click_lets_a_mishap_befall_a_device_and_heal_undoes_it(tmp_path: Path) -> None:
    building = Building(read(SITE, ["303"]), lockstep=True)
    await building.open()
    projector = building.places["r303-projector"].device
    try:
        async with browsing(tmp_path) as tab:
            await tab.go(building.control.url)
            await tab.until("document.querySelectorAll('article').length >= 4")
            await tab.see("[...document.querySelectorAll('article')].find(a => a.textContent.includes("
                                   "'r303-projector')).querySelector('[data-verb=lamp-fails]').click()")  # fmt: skip
            await tab.until("document.getElementById('said').textContent.includes('lamp fails')")
            assert projector.state()["error"] == "lamp"
            await tab.see("document.querySelector('[data-verb=pack-taken]').click()")
            await tab.until("document.getElementById('said').textContent.includes('pack taken')")
            await tab.see("document.querySelector('.befallen .heal').click()")
            await tab.until("document.getElementById('said').textContent.includes('healed')")
            assert projector.state()["error"] == "none"
            await tab.see("[...document.querySelectorAll('h2 button')].find(b => b.textContent == 'speak').click()")
            await tab.until("document.getElementById('said').textContent.includes('speak')")
            if folder := os.environ.get("AVCTL_PICTURES"):
                await tab.picture(Path(folder) / "simulators.png")
            assert tab.errors == []
            assert all(url.startswith(building.control.url) for url in tab.requests)
    finally:
        await building.close()


async def test_a_half_open_connection_is_mute_for_ever_and_the_next_one_is_answered() -> None:
    projector = Projector("p", {"power": "on"})
    face = TcpFace(projector)
    await face.open()
    port = int(face.url.rpartition(":")[2])
    first, second = Tcp("127.0.0.1", port), Tcp("127.0.0.1", port)
    await first.open()
    await first.send(b"PWR?\r")
    assert b"PWR=" in await first.receive()
    projector.goes_half_open()
    await first.send(b"PWR?\r")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(60):
            await first.receive()
    await second.open()
    await second.send(b"PWR?\r")
    assert b"PWR=" in await second.receive()
    await first.close()
    await second.close()
    await face.close()


async def test_jitter_makes_answers_late_by_different_times() -> None:
    projector = Projector("p", {"power": "on"})
    projector.jitters(2)
    said: list[float] = []
    loop = asyncio.get_running_loop()
    talk = projector.talk(lambda data: projector.wire.says(data, lambda _: said.append(loop.time())))
    times = []
    for _ in range(5):
        began, count = loop.time(), len(said)
        talk.hear(b"PWR?\r")
        await asyncio.sleep(2.1)
        assert len(said) > count
        times.append(round(said[-1] - began, 3))
    assert len(set(times)) > 3
    assert max(times) <= 2
