"""The fast day, shortened: daemon and simulators as two processes in one virtual time."""

import json
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from avctl import demo, stage


def test_a_morning_is_played_in_seconds_and_every_room_gets_its_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = demo.long_day()
    monkeypatch.setattr(demo, "long_day", lambda: replace(whole, lasts=700.0))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert stage.play_day() == 0
    told = capsys.readouterr().out
    assert "08:00:00" in told and "305" in told
    reports = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(tmp_path.glob("*/reports/*.json"))]
    assert [report["room"]["id"] if isinstance(report["room"], dict) else report["room"] for report in reports] == [
        "301", "302", "303", "304", "305",
    ]  # fmt: skip
    assert {report["simulated"] for report in reports} == {True}
