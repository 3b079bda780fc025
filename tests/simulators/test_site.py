"""Mistakes in a site file are told with file and line, and what would be right."""

from pathlib import Path

import pytest

from simulators.site import SiteMistake, read

SITE = Path(__file__).parents[2] / "config" / "site.yaml"


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "site.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_the_shipped_site_can_be_simulated_whole_and_room_by_room() -> None:
    assert len(read(SITE).devices) == 14
    room = read(SITE, ["303"])
    assert {device.room for device in room.devices} == {"303"}
    assert all("r303" in link.source for link in room.links)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("devices:\n  a:\n    driver: lantern\n", r"site.yaml:3: no simulator for driver 'lantern'; .*escvp21"),
        ("devices:\n  a: {}\n", r"site.yaml:2: device a has no driver"),
        ("devices:\n  a: {driver: x32}\nlinks:\n  - a touches a\n", r"site.yaml:4: link 'a touches a'; .*feeds"),
        ("devices:\n  a: {driver: x32}\nlinks: [b feeds a]\n", r"site.yaml:3: link names 'b'"),
        ("devices:\n  a: [\n", r"site.yaml:\d: not YAML"),
        ("site: hq\n", r"site.yaml:1: no devices"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SiteMistake, match=said):
        read(written(tmp_path, text))


def test_a_room_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(SiteMistake, match="301, 302, 303"):
        read(SITE, ["404"])
