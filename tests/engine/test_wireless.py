"""Wireless microphones and their packs, as the rules see them."""

from pathlib import Path

import pytest

from avctl.config import load
from avctl.engine.rulebook import rules_for
from avctl.engine.rules import Watchman
from avctl.model.event import Phase
from avctl.model.house import DeviceSpec, House
from avctl.model.reading import Quality, Reading, Value

SPEC = DeviceSpec("rx", "301", "shure-receiver", "tcp://10.20.1.17:2202")
Told = dict[str, Value | None]


@pytest.fixture(scope="module")
def house() -> House:
    return load(Path(__file__).parents[2] / "config/site.yaml").house


class Watch:
    """A watchman, the newest good values, and the time."""

    def __init__(self, house: House) -> None:
        self.watchman = Watchman("rx", rules_for(SPEC, house))
        self.known: Told = {}
        self.now = 0.0

    def faults(self, said: Told, phase: Phase = Phase.MEETING) -> set[str]:
        """What stands a minute after these readings."""
        self.known |= {point: value for point, value in said.items() if value is not None}
        readings = [Reading("rx", point, value, Quality.MEASURED, self.now) for point, value in said.items()]
        self.watchman.hear(readings, self.known.get, phase, 1, self.now)
        self.now += 61
        self.watchman.tick(lambda _: True, lambda _: False, self.now)
        return {str(key) for key in self.watchman.findings()}


def test_a_weak_microphone_in_a_meeting_is_a_fault_of_its_channel(house: House) -> None:
    assert Watch(house).faults({"receiver.1.battery": 19, "receiver.2.battery": 60}) == {"rx.receiver.1.battery"}
    assert Watch(house).faults({"receiver.1.battery": 19}, Phase.IDLE) == set()


def test_primary_cells_are_judged_by_their_bars(house: House) -> None:
    assert Watch(house).faults({"receiver.3.battery": None, "receiver.3.bars": 1}) == {"rx.receiver.3.battery"}


def test_a_fresh_pack_ends_it_and_one_per_cent_more_does_not(house: House) -> None:
    watch = Watch(house)
    watch.faults({"receiver.1.battery": 19})
    assert watch.faults({"receiver.1.battery": 21}) == {"rx.receiver.1.battery"}
    assert watch.faults({"receiver.1.battery": 98}) == set()


def test_a_microphone_that_died_stays_a_fault_until_the_meeting_is_over(house: House) -> None:
    watch = Watch(house)
    watch.faults({"receiver.1.battery": 5})
    assert watch.faults({"receiver.1.battery": None, "receiver.1.transmitter": "off"}) == {"rx.receiver.1.battery"}
    assert watch.faults({"receiver.1.battery": None}, Phase.IDLE) == set()


def test_interference_is_a_fault_at_any_time_and_ends_after_half_a_minute(house: House) -> None:
    watch = Watch(house)
    assert watch.faults({"receiver.2.interference": "critical"}, Phase.IDLE) == {"rx.receiver.2.interference"}
    assert watch.faults({"receiver.2.interference": "none"}, Phase.IDLE) == set()


def test_a_worn_pack_that_is_taken_out_is_no_fault_of_the_empty_bay(house: House) -> None:
    watch = Watch(house)
    assert watch.faults({"bay.3.present": "yes", "bay.3.health": 61}) == {"rx.bay.3.battery"}
    assert watch.faults({"bay.3.present": "yes", "bay.3.health": None}) == {"rx.bay.3.battery"}
    assert watch.faults({"bay.3.present": "no", "bay.3.health": None}) == set()


def test_a_charger_in_storage_mode_is_no_fault(house: House) -> None:
    assert Watch(house).faults({"storage": "on", "bay.1.present": "yes", "bay.1.charge": 40}) == set()
