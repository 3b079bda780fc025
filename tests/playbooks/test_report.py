"""The report says what was tested and what was not, in both tongues, once, under its number."""

import asyncio
import json
from pathlib import Path

import pytest

from avctl.model.booking import Level, Needs
from avctl.model.command import TestClass
from avctl.model.event import Due, Occupancy
from avctl.playbooks.filing import Filing
from avctl.playbooks.report import html, make, plain
from tests.playbooks.conftest import Bench


async def _reported(bench: Bench, folder: Path, needs: Needs, simulated: bool = True) -> Filing:
    filing = Filing(bench.site, bench.library, folder, simulated)
    task = asyncio.create_task(filing.work())
    due = Due("301", bench.book(needs), "pre-meeting", "pre-meeting", TestClass.PERCEPTIBLE, "R1", "T-60")
    bench.site.publish(due)
    await bench.ended()
    while not filing.filed:
        await asyncio.sleep(0.1)
    task.cancel()
    return filing


async def test_a_test_is_filed_as_json_and_as_a_page_under_the_day_at_the_site(bench: Bench, tmp_path: Path) -> None:
    await _reported(bench, tmp_path, Needs(mics=2, wireless=2, projection=True, people=35))
    assert {p.name for p in tmp_path.iterdir()} == {"T20260914-301-01.json", "T20260914-301-01.html"}
    found = json.loads((tmp_path / "T20260914-301-01.json").read_text())
    assert found["verdict"] == "pass" and found["began"].endswith("+08:00")
    assert {r["step"]: r["verdict"] for r in found["rows"]}["packs"] == "pass"
    page = (tmp_path / "T20260914-301-01.html").read_text()
    assert "SIMULATED" in page and "会前检测" in page and "Battery packs and spares" in page and "✔" in page


async def test_a_report_is_never_written_twice_and_the_next_has_the_next_number(bench: Bench, tmp_path: Path) -> None:
    await _reported(bench, tmp_path, Needs())
    (tmp_path / "T20260914-301-07.json").write_text("{}")
    again = [[e for e in bench.said() if hasattr(e.body, "run")]]
    task = asyncio.create_task(Filing(bench.site, bench.library, tmp_path, False).work(again))
    await asyncio.sleep(1)
    assert len(list(tmp_path.iterdir())) == 3, "this run has its report"
    bench.want("pre-meeting")
    await bench.ended(2)
    await asyncio.sleep(1)
    task.cancel()
    assert (tmp_path / "T20260914-301-08.json").exists()
    assert (tmp_path / "T20260914-301-01.json").stat().st_mode & 0o222 == 0


async def test_what_was_not_tested_is_listed_as_such(bench: Bench, tmp_path: Path) -> None:
    bench.people(Occupancy.OCCUPIED)
    filing = await _reported(bench, tmp_path, Needs())
    (report,) = filing.filed.values()
    assert {"picture", "tone-on"} <= {r.step for r in report.untested}
    assert "PARTLY TESTED" in plain(report, "en") and "people are in the room" in plain(report, "en")


async def test_of_a_confidential_meeting_only_room_name_and_time_are_told(bench: Bench, tmp_path: Path) -> None:
    filing = await _reported(bench, tmp_path, Needs(mics=2, people=17, level=Level.SECRET))
    (report,) = filing.filed.values()
    assert "needs" not in report.json()["booking"]
    assert ">17<" not in html(report) and "秘密" not in html(report)


async def test_text_from_outside_is_shown_not_run(bench: Bench, tmp_path: Path) -> None:
    bench.boxes["p"].values["source"] = "<script>alert(1)</script>"
    bench.boxes["p"].values["lamp.state"] = "<b>"
    filing = await _reported(bench, tmp_path, Needs())
    (report,) = filing.filed.values()
    assert "<script>" not in html(report) and "&lt;b&gt;" in html(report)


async def test_a_run_without_an_end_has_no_report(bench: Bench) -> None:
    with pytest.raises(ValueError, match="whole run"):
        make([], bench.site.house, None, "T", False)
