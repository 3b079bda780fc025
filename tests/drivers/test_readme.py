"""What drivers/README.md shows to newcomers is executed, in the order of the page."""

import doctest
import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

import avctl.drivers
from avctl.clock import SystemClock
from avctl.drivers.profile import prove
from avctl.drivers.registry import build
from avctl.model.house import DeviceSpec

PAGE = Path(avctl.drivers.__file__).with_name("README.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A newcomer's folder, with every profile of the page written down."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config" / "profiles").mkdir(parents=True)
    for text in (text for language, text in BLOCKS if language == "yaml"):
        name = text.splitlines()[0].removeprefix("# ")
        if name.startswith("config/profiles/"):
            (tmp_path / name).write_text(text)
    return tmp_path


def test_every_profile_of_the_page_proves_itself(desk: Path) -> None:
    shown = sorted((desk / "config" / "profiles").glob("*.yaml"))
    assert [path.stem for path in shown] == ["acme-hx", "acme-sensor"]
    assert [prove(path) for path in shown] == [[], []]


def test_what_the_page_types_gives_what_the_page_says(desk: Path) -> None:
    typed = "\n".join(text for language, text in BLOCKS if language == "pycon")
    session = doctest.DocTestParser().get_doctest(typed, {}, "README.md", None, 0)
    assert len(session.examples) > 5
    told: list[str] = []
    assert doctest.DocTestRunner(verbose=False).run(session, out=told.append).failed == 0, "".join(told)


def test_every_device_of_the_page_becomes_a_driver(desk: Path) -> None:
    parts = [text for language, text in BLOCKS if language == "yaml" and text.startswith("# config/site.yaml")]
    devices = {name: told for part in parts for name, told in YAML(typ="safe").load(part)["devices"].items()}
    assert set(devices) == {"r301-sensor", "r301-hx"}
    for name, told in devices.items():
        spec = DeviceSpec(name, told["room"], told["driver"], told["url"], told.get("options", {}))
        driver = build(spec, SystemClock(), {"snmp-community": "x"}.__getitem__, desk / "config" / "profiles")
        assert driver.points and driver.queries


def test_nothing_of_the_page_is_left_unexecuted() -> None:
    assert {language for language, _ in BLOCKS} == {"yaml", "pycon"}
