"""The uninterruptible supply and the air of the rack, as the rules see them."""

from pathlib import Path

import pytest

from avctl.config import load
from avctl.engine.rulebook import rules_for
from avctl.engine.rules import Watchman
from avctl.model.event import Phase
from avctl.model.fault import Severity
from avctl.model.house import DeviceSpec, House
from avctl.model.reading import Quality, Reading, Value

SPEC = DeviceSpec("r301-ups", "301", "ups-rfc1628", "snmp://10.20.1.16")


@pytest.fixture(scope="module")
def house() -> House:
    return load(Path(__file__).parents[2] / "config/site.yaml").house


def faults(house: House, *told: tuple[float, dict[str, Value | None]]) -> dict[str, Severity]:
    """What stands after readings at those times, and a minute of silence."""
    watchman, known = Watchman("r301-ups", rules_for(SPEC, house)), {}
    for at, said in told:
        known |= {point: value for point, value in said.items() if value is not None}
        readings = [Reading("r301-ups", point, value, Quality.MEASURED, at) for point, value in said.items()]
        watchman.hear(readings, known.get, Phase.MEETING, 1, at)
    watchman.tick(lambda _: True, lambda _: False, told[-1][0] + 61)
    return {str(key): finding.severity for key, finding in watchman.findings().items()}


def test_a_supply_on_battery_is_told_and_its_last_minutes_are_grave(house: House) -> None:
    on_battery: dict[str, Value | None] = {"output.source": "battery", "battery.runtime": 40}
    assert faults(house, (0, on_battery)) == {"r301-ups.power": Severity.WARNING}
    assert faults(house, (0, on_battery), (60, {"battery.runtime": 4})) == {"r301-ups.power": Severity.CRITICAL}


def test_mains_again_is_well_again(house: House) -> None:
    assert faults(house, (0, {"output.source": "battery"}), (60, {"output.source": "mains"})) == {}


def test_a_short_runtime_on_mains_is_no_loss_of_power(house: House) -> None:
    assert faults(house, (0, {"output.source": "mains", "battery.runtime": 3})) == {}


def test_no_output_is_the_end(house: House) -> None:
    assert faults(house, (0, {"output.source": "none"})) == {"r301-ups.power": Severity.CRITICAL}


def test_a_battery_that_wants_to_be_replaced_is_weak(house: House) -> None:
    assert faults(house, (0, {"battery.replace": "yes"})) == {"r301-ups.battery": Severity.WARNING}


def test_an_unknown_source_is_no_evidence(house: House) -> None:
    assert faults(house, (0, {"output.source": None, "battery.runtime": None})) == {}


def test_a_hot_rack_is_told(house: House) -> None:
    assert faults(house, (0, {"temperature": 36.0})) == {"r301-ups.temperature": Severity.WARNING}
    assert faults(house, (0, {"temperature": 36.0}), (60, {"temperature": 29.0})) == {}
