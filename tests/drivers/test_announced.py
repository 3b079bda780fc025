"""A site of projectors, simulated whole: reached where it was announced, with the secrets that were announced."""

from pathlib import Path

import pytest

from avctl.clock import LoopClock
from avctl.drivers.registry import build
from avctl.model.house import DeviceSpec
from simulators.building import Building
from simulators.site import read

SITE = """
devices:
  r1-pjlink:
    room: "1"
    driver: pjlink
    url: pjlink://10.20.1.21
    options: {password: {secret: projector}, hold: true}
    simulate: {power: "on"}
  r1-epson:
    room: "1"
    driver: escvp21
    url: escvpnet://10.20.1.22
    options: {password: {secret: door}}
    simulate: {power: "on"}
  r1-nec: {room: "1", driver: nec, url: "nec://10.20.1.23", simulate: {power: "on"}}
  r1-nec-serial: {room: "1", driver: nec, url: "serial:///dev/ttyUSB0?baud=38400", simulate: {power: "on"}}
  r1-panasonic:
    room: "1"
    driver: ntcontrol
    url: ntcontrol://10.20.1.24
    options: {password: {secret: projector}}
    simulate: {power: "on"}
  r1-sony:
    room: "1"
    driver: adcp
    url: adcp://10.20.1.25
    options: {password: {secret: projector}, light: laser}
    simulate: {power: "on"}
"""


@pytest.mark.real_time
@pytest.mark.parametrize("lockstep", [False, True])
async def test_every_projector_of_a_simulated_site_lets_in_who_was_told(
    tmp_path: Path, clock: LoopClock, lockstep: bool
) -> None:
    file = tmp_path / "site.yaml"
    file.write_text(SITE, encoding="utf-8")
    plan = read(file)
    building = Building(plan, lockstep)
    await building.open()
    announced = building.announcement()["devices"]
    try:
        for planned in plan.devices:
            place = announced[planned.name]
            spec = DeviceSpec(planned.name, planned.room, planned.driver, place["url"], planned.options)
            driver = build(spec, clock, place["secrets"].__getitem__)
            await driver.open()
            vital = next(query for query in driver.queries if query.vital)
            assert [reading.value for reading in await driver.read(vital)] == ["on"], planned.name
            await driver.close()
    finally:
        await building.close()
    assert announced["r1-epson"]["secrets"] == {"door": "simulated-door"}
    assert announced["r1-nec"]["url"].startswith("nec://") and announced["r1-nec"]["secrets"] == {}
