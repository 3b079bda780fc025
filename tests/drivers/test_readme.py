"""What drivers/README.md shows to newcomers is executed, in the order of the page."""

import doctest
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib import import_module
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
    assert [path.stem for path in shown] == ["acme-cam", "acme-hx", "acme-mixer", "acme-plug", "acme-sensor"]
    assert [prove(path) for path in shown] == [[]] * 5


def test_what_the_page_types_gives_what_the_page_says(desk: Path) -> None:
    typed = "\n".join(text for language, text in BLOCKS if language == "pycon")
    session = doctest.DocTestParser().get_doctest(typed, {}, "README.md", None, 0)
    assert len(session.examples) > 5
    told: list[str] = []
    assert doctest.DocTestRunner(verbose=False).run(session, out=told.append).failed == 0, "".join(told)


def test_every_device_of_the_page_becomes_a_driver(desk: Path) -> None:
    parts = [text for language, text in BLOCKS if language == "yaml" and text.startswith("# config/site.yaml")]
    devices = {name: told for part in parts for name, told in YAML(typ="safe").load(part)["devices"].items()}
    assert len(devices) == 6
    for name, told in devices.items():
        spec = DeviceSpec(name, told["room"], told["driver"], told["url"], told.get("options", {}))
        driver = build(spec, SystemClock(), lambda _: "x", desk / "config" / "profiles")
        assert driver.points and (driver.queries or told["driver"] == "wake-on-lan")


def test_nothing_of_the_page_is_left_unexecuted() -> None:
    assert {language for language, _ in BLOCKS} == {"yaml", "pycon", "python", "toml"}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The Python half of the page, as a package that pip has installed."""
    for text in (text for language, text in BLOCKS if language == "python"):
        (tmp_path / text.splitlines()[0].removeprefix("# ")).write_text(text)
    [toml] = [text for language, text in BLOCKS if language == "toml"]
    info = tmp_path / "acme_hx-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-hx\nVersion: 1.0\n")
    entries = tomllib.loads(toml)["project"]["entry-points"]["avctl.drivers"]
    lines = [f"{name} = {at}" for name, at in entries.items()]
    (info / "entry_points.txt").write_text("\n".join(["[avctl.drivers]", *lines, ""]))
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    for name in ("acme_hx", "test_acme_hx"):
        sys.modules.pop(name, None)


@pytest.mark.usefixtures("package")
def test_the_python_half_of_the_page_keeps_its_contract() -> None:
    import_module("test_acme_hx").test_acme_hx()


@pytest.mark.usefixtures("package")
def test_the_driver_of_the_page_is_found_by_its_entry_point() -> None:
    spec = DeviceSpec("r301-hx", "301", "acme-hx2", "tcp://10.20.1.31:4001", {"zone": 2})
    assert list(build(spec, SystemClock(), str).points) == ["power", "lamp.hours"]


def test_a_part_of_a_profile_fits_into_the_profile_of_the_page(desk: Path) -> None:
    [traps] = [text for language, text in BLOCKS if language == "yaml" and text.startswith("traps:")]
    path = desk / "config" / "profiles" / "acme-sensor.yaml"
    path.write_text(path.read_text() + traps)
    assert prove(path) == []
