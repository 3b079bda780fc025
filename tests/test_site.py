"""A broken site never starts: every mistake is told at its line, with what was found and what would be right."""

from pathlib import Path

import pytest

from avctl import config
from avctl.document import Mistakes
from avctl.service import check

SITE = Path(__file__).parent.parent / "config" / "site.yaml"

BROKEN = {
    "a role of nobody": (
        "mixer: r301-mixer",
        "mixer: r301-mixr",
        'there is no device "r301-mixr". Did you mean "r301-mixer"?',
    ),
    "a part of nothing": (
        "r301-mixer.channel.01",
        "r301-mixer.channel.99",
        'no part of r301-mixer called "channel.99"',
    ),
    "a driver of nobody": ("driver: escvp21", "driver: escvp22", 'no driver "escvp22". Did you mean "escvp21"?'),
    "a room of nobody": ('room: "303"', 'room: "333"', 'there is no room "333"'),
    "another address": (
        "url: osc://10.20.1.11:10023",
        "url: tcp://10.20.1.11:10023",
        "x32 is reached by osc:// or udp://",
    ),
    "an option of nobody": ("rated_lamp_hours: 5000", "rated_lamp_hour: 5000", 'Did you mean "rated_lamp_hours"?'),
    "a secret in clear": (
        "community: {secret: snmp-community}",
        "community: public",
        "a secret never stands in the site file",
    ),
    "a link of two words": (
        "r301-pdu.outlet.1 feeds r301-mixer",
        "r301-pdu.outlet.1 r301-mixer",
        'want "<from> feeds <to>"',
    ),
    "a link to nowhere": ("feeds r302-charger", "feeds r302-chargr", 'Did you mean "r302-charger"?'),
    "a zone of nobody": ("Asia/Shanghai", "Asia/Shangai", "there is no time zone 'Asia/Shangai'. Did you mean"),
    "no duration": ("lead: 60 min", "lead: soon", 'want a duration such as "60 min"'),
    "no address to listen at": ("127.0.0.1:8080", "localhost", 'want "host:port"'),
    "an unknown key": ("seats: 40", "chairs: 40", "is not known here"),
    "a key twice": ('  "302":\n    name', '  "301":\n    name', "found duplicate key"),
}


def test_the_shipped_site_is_sound() -> None:
    assert "3 rooms, 14 devices" in check(SITE)


@pytest.mark.parametrize("name", BROKEN)
def test_a_mistake_is_told_where_it_stands(name: str, tmp_path: Path) -> None:
    right, wrong, told = BROKEN[name]
    text = SITE.read_text(encoding="utf-8")
    assert right in text
    path = tmp_path / "site.yaml"
    path.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(Mistakes) as caught:
        config.load(path)
    lines = str(caught.value).splitlines()
    assert any(told in line for line in lines), lines
    expected = text[: text.index(right)].count("\n") + 1
    assert any(abs(mistake.line - expected) <= 1 for mistake in caught.value.mistakes)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = SITE.read_text(encoding="utf-8")
    for right, wrong, _ in (BROKEN["a role of nobody"], BROKEN["a driver of nobody"], BROKEN["a link to nowhere"]):
        text = text.replace(right, wrong, 1)
    (path := tmp_path / "site.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(Mistakes) as caught:
        config.load(path)
    assert len(caught.value.mistakes) >= 3


def test_a_profile_without_proof_is_told_even_when_no_device_uses_it(tmp_path: Path) -> None:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "site.yaml").write_text(SITE.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "profiles" / "mine.yaml").write_text("profile: mine\ndialect: line\n", encoding="utf-8")
    with pytest.raises(Mistakes, match=r"mine\.yaml:1:1"):
        check(tmp_path / "site.yaml")
