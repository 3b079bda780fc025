"""Every talker stands in the registry, in the simulators' building and in both catalogues."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from avctl.clock import LoopClock
from avctl.drivers.registry import build, schemes
from avctl.locale import point_name
from avctl.model.house import DeviceSpec
from simulators.building import Building
from simulators.site import read
from tests.drivers.talkers import TALKERS

OURS = ("cisco-xapi", "extron-sis", "lg-rs232", "poly", "qsys-qrc", "samsung-mdc", "sony-bravia", "tesira")
LOCKED = ("cisco-xapi", "extron-sis", "poly", "qsys-qrc")  # those that may want a password


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A site file with one of each, those with a door locked."""
    path = tmp_path / "site.yaml"
    devices = {}
    for stem in OURS:
        options = {"password": {"secret": f"door-{stem}"}} if stem in LOCKED else {}
        devices[stem] = {"room": "301", "driver": stem, "url": "tcp://10.0.0.1:1", "options": options}
    with path.open("w") as file:
        YAML().dump({"devices": devices}, file)
    return path


async def test_one_of_each_is_built_simulated_let_in_and_asked(site: Path, clock: LoopClock) -> None:
    building = Building(read(site))
    await building.open()
    try:
        for name, told in building.announcement()["devices"].items():
            options = {"password": {"secret": f"door-{name}"}} if name in LOCKED else {}
            spec = DeviceSpec(name, "301", name, told["url"], options)
            driver = build(spec, clock, told["secrets"].__getitem__)
            await driver.open()
            assert await driver.read(next(query for query in driver.queries if query.vital))
            await driver.close()
    finally:
        await building.close()


@pytest.mark.parametrize("stem", OURS)
def test_every_point_has_a_name_for_people(stem: str, clock: LoopClock) -> None:
    options = TALKERS[stem].options
    told = options.model_dump(exclude_unset=True) if options else {}
    url = "tcp://127.0.0.1:9" if "tcp" in schemes(stem) else "serial:///dev/null"
    driver = build(DeviceSpec("device", "301", stem, url, told), clock, str)
    assert [name for name in driver.points if point_name(name, "zh") == name] == []
    assert [name for name in driver.points if "." in name and point_name(name, "en") == name] == []
