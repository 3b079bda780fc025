"""The page and the HTTP interface, over a real socket."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import httpx
import pytest

from avctl.edges.metrics import Metrics
from avctl.edges.web.asked import Asked, Item
from avctl.edges.web.board import Web
from avctl.model.booking import Booking, BookingKey, Level, Needs
from avctl.model.command import TestClass
from avctl.model.event import (
    BookingChanged,
    Event,
    FaultRaised,
    Occupancy,
    Phase,
    PhaseChanged,
    PlayStarted,
    Started,
    StepDone,
    StepIntended,
    StepWaits,
)
from avctl.model.fault import Fault, FaultKey, Severity
from avctl.model.outcome import Outcome, Verdict
from tests.edges.conftest import Bench

pytestmark = pytest.mark.real_time

MENU = (
    Item("pre-meeting", {"zh": "会前检测", "en": "Pre-meeting test"}, fallback=False),
    Item("lamp-failure", {"zh": "灯泡故障", "en": "Lamp failure"}),
)


@pytest.fixture
async def web(bench: Bench, tmp_path: Path) -> AsyncIterator[Web]:
    async def events(since: int, limit: int) -> list[Event]:
        return [Event(since + 1, 0.0, None, PhaseChanged("302", Phase.IDLE, Occupancy.FREE, None, ""))]

    asked = Asked(menu=lambda room: MENU, reports=tmp_path, events=events)
    made = Web(bench.site, bench.gate, Metrics(), asked=asked)
    await made.start()
    following = asyncio.create_task(made.run())
    yield made
    following.cancel()
    await made.stop()


@pytest.fixture
async def client(web: Web) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=web.url, trust_env=False, timeout=8) as made:
        yield made


async def test_the_wall_is_complete_without_a_script(client: httpx.AsyncClient) -> None:
    page = (await client.get("/?lang=en")).text
    assert "Room 301" in page and "Room 302" in page and "Main display" in page
    assert "<script>" not in page and "style=" not in page and "http" not in page.split("<body")[1]


async def test_the_browsers_language_counts_and_the_switch_beats_it(client: httpx.AsyncClient) -> None:
    assert "301会议室" in (await client.get("/", headers={"accept-language": "fr"})).text
    assert "Room 301" in (await client.get("/", headers={"accept-language": "en-GB,en;q=0.8"})).text
    assert "301会议室" in (await client.get("/?lang=zh", headers={"accept-language": "en"})).text


async def test_the_room_that_needs_a_human_comes_first(bench: Bench, client: httpx.AsyncClient) -> None:
    await asyncio.sleep(0.1)
    key = FaultKey("r301-display", "lamp")
    bench.site.publish(FaultRaised(Fault(key, Severity.CRITICAL, bench.site.clock.now(), 0), "301"))
    bench.site.publish(PhaseChanged("301", Phase.MEETING, Occupancy.OCCUPIED, None, ""))
    rooms = (await client.get("/api/v1/rooms")).json()["rooms"]
    assert [room["room"] for room in rooms] == ["301", "302"]
    assert rooms[0]["faults"][0]["fault"] == "r301-display.lamp" and rooms[0]["mark"] == "fail"


async def test_a_running_test_is_shown_step_by_step_and_asks_its_question(
    bench: Bench, client: httpx.AsyncClient
) -> None:
    publish, now = bench.site.publish, bench.site.clock.now()
    publish(PlayStarted("R1", "302", "pre-meeting", "1", Started.SCHEDULE, "plan", 5))
    publish(StepIntended("R1", "answers", "expect", "Devices answer", TestClass.PASSIVE))
    publish(StepDone("R1", "answers", Outcome("answers", Verdict.FAIL, "the mixer is silent")))
    publish(StepIntended("R1", "mic 3", "ask", "Microphone 3", TestClass.PASSIVE))
    publish(StepWaits("R1", "mic 3", "Is <b>the level</b> seen?", now + 60, ("yes", "no")))
    await asyncio.sleep(0.1)
    page = (await client.get("/?lang=en")).text
    assert "Devices answer" in page and "the mixer is silent" in page and 'value="1">1/5' in page
    assert "Is &lt;b&gt;the level&lt;/b&gt; seen?" in page and ">Yes</button>" in page
    body = {"args": {"run": "R1", "step": "mic 3", "answer": "yes"}}
    answer = await client.post("/api/v1/rooms/302/answer?wait=true", json=body)
    assert (answer.status_code, answer.json()["state"]) == (200, "done")


async def test_a_confidential_meeting_shows_its_times_and_nothing_else(bench: Bench, client: httpx.AsyncClient) -> None:
    now = bench.site.clock.now()
    needs = Needs(mics=7, people=77, level=Level.SECRET)
    bench.site.publish(BookingChanged(Booking(BookingKey("desk", "m1"), "302", now + 3600, now + 7200, needs)))
    shown = (await client.get("/api/v1/rooms/302")).json()["next"]
    assert shown["level"] == "secret" and shown["needs"] == {}
    assert "77" not in (await client.get("/room/302")).text.split("<article")[1].split("</article>")[0]
    assert (await client.get("/api/v1/bookings?room=302")).json()["bookings"][0]["key"] == "desk/m1"


async def test_a_wish_over_http_goes_through_the_same_gate(bench: Bench, client: httpx.AsyncClient) -> None:
    body = bench.wish(id="A", args={"point": "main-display.power", "value": "on"})
    first = await client.post("/api/v1/rooms/302/set?principal=engineer&wait=true", json=body)
    again = await client.post("/api/v1/rooms/302/set?principal=engineer&wait=true", json=body)
    assert (first.status_code, first.json()["state"], again.json()) == (200, "done", first.json())
    assert (await client.get("/api/v1/results/engineer/A")).json() == first.json()
    accepted = await client.post("/api/v1/rooms/302/test", json={}, headers={"idempotency-key": "k1"})
    assert (accepted.status_code, accepted.json()["id"]) == (202, "k1")


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/api/v1/rooms/999/test", {}, 404),
        ("/api/v1/rooms/302/explode", {}, 404),
        ("/api/v1/rooms/302/fallback", {"args": {"playbook": "nope"}}, 404),
        ("/api/v1/rooms/302/set", {"args": {"point": "main-display.power"}}, 400),
        ("/api/v1/rooms/302/set", {"extra": 1}, 400),
        ("/api/v1/rooms/302/test", {"if": {"rev": 1}}, 409),
        ("/api/v1/rooms/302/test", {"ts": "2020-01-01T00:00:00Z"}, 410),
        ("/api/v1/rooms/302/test", {"x": "y" * 20_000}, 413),
        ("/api/v1/rooms/302/test", {"x": "y" * 70_000}, 413),
    ],
)
async def test_every_refusal_has_its_status_and_a_sentence(
    client: httpx.AsyncClient, path: str, body: dict[str, Any], status: int
) -> None:
    answer = await client.post(path, json=body)
    assert answer.status_code == status and len(answer.json()["detail"]) > 5


async def test_what_is_not_there_is_404_with_a_sentence(client: httpx.AsyncClient) -> None:
    for path in ("/nothing", "/api/v1/rooms/999", "/api/v1/devices/x", "/api/v1/why/9", "/api/v1/archive/x"):
        answer = await client.get(path)
        assert answer.status_code == 404 and answer.json()["detail"], path
    assert (await client.get("/api/v1/events?since=x")).status_code == 400
    assert (await client.get("/api/v1/events?since=41")).json()["events"][0]["seq"] == 42


async def test_a_strange_page_in_the_same_browser_can_do_nothing(client: httpx.AsyncClient) -> None:
    path, body = "/api/v1/rooms/302/test", "{}"
    plain = {"content-type": "text/plain"}
    strange = {"content-type": "application/json", "origin": "https://evil.example"}
    renamed = {"content-type": "application/json", "host": "evil.example"}
    assert (await client.post(path, content=body, headers=plain)).status_code == 415
    assert (await client.post(path, content=body, headers=strange)).status_code == 403
    assert (await client.post(path, content=body, headers=renamed)).status_code == 421
    assert (await client.put(path, content=body)).status_code == 405


async def test_pages_allow_no_inline_script_and_documentation_loads_nothing(client: httpx.AsyncClient) -> None:
    policy = (await client.get("/")).headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert (await client.get("/docs")).status_code == 404
    assert "/api/v1/rooms/{room}/{action}" in (await client.get("/api/v1/openapi.json")).json()["paths"]


async def test_metrics_are_at_their_exact_path(client: httpx.AsyncClient) -> None:
    answer = await client.get("/metrics", follow_redirects=False)
    assert answer.status_code == 200 and "avctl_series_overflow_total 0.0" in answer.text
    assert (await client.get("/healthz")).text == "ok"


async def test_reports_are_served_and_nothing_beside_them(client: httpx.AsyncClient, tmp_path: Path) -> None:
    (tmp_path / "R1.html").write_text("<h1>report</h1>")
    (tmp_path.parent / "secret.html").write_text("no")
    report = await client.get("/reports/R1.html")
    assert report.text == "<h1>report</h1>" and "sandbox" in report.headers["content-security-policy"]
    for path in ("/reports/../secret.html", "/reports/..%2fsecret.html", "/static/..%2fboard.py", "/reports/R2.html"):
        assert (await client.get(path)).status_code == 404


async def _next(lines: AsyncIterator[str], kind: str) -> Any:
    """The body of the next message of that kind on a stream."""
    async with asyncio.timeout(8):
        seen = False
        async for line in lines:
            if seen and line.startswith("data: "):
                return json.loads(line.removeprefix("data: "))
            seen = line == f"event: {kind}"
    raise AssertionError("the stream has ended")


async def test_those_who_watch_see_what_changes(bench: Bench, web: Web, client: httpx.AsyncClient) -> None:
    stream = client.stream("GET", "/api/v1/stream?lang=en&room=302")
    async with stream as answer, aclosing(answer.aiter_lines()) as lines:
        assert (await _next(lines, "room"))["room"] == "302"
        bench.site.publish(PhaseChanged("302", Phase.MEETING, Occupancy.OCCUPIED, None, ""))
        card = await _next(lines, "room")
        assert "in meeting" in card["html"]


async def test_the_stream_ends_when_the_daemon_does(web: Web, client: httpx.AsyncClient) -> None:
    async with client.stream("GET", "/api/v1/stream") as answer, aclosing(answer.aiter_lines()) as lines:
        await _next(lines, "room")
        stopping = asyncio.create_task(web.stop())
        async with asyncio.timeout(5):
            async for _ in lines:
                pass
            await stopping


async def test_a_port_that_is_taken_is_told(bench: Bench, web: Web) -> None:
    other = Web(bench.site, bench.gate, Metrics(), listen=web.url.removeprefix("http://"))
    with pytest.raises(OSError, match="in use"):
        await other.start()
