"""A thermometer and hygrometer in the room that is not there: ENTITY-SENSOR-MIB over SNMP.

Source: RFC 3433. The agent says itself how its figures are to be read: degrees come in tenths (precision 1), the
humidity in thousandths (scale milli). A sensor that is pulled out keeps its last value and says nonoperational (3).
"""

from collections.abc import Mapping
from typing import Any

from pysnmp.proto import rfc1902

from simulators.device import OnDatagrams, State, mishap
from simulators.faces import Address, Say
from simulators.snmp import Agent, oid

ENTITY_SENSOR = oid("1.3.6.1.2.1.99.1.1.1")
CELSIUS, PERCENT_RH = 8, 9
MILLI, UNITS = 8, 9
OK, NONOPERATIONAL = 1, 3


class Sensor(OnDatagrams):
    """Row 1 is the temperature, row 2 the humidity."""

    stem = "sensor"
    boot = 2.0
    draw = 0.01

    def __init__(self, name: str, simulate: Mapping[str, Any] | None = None) -> None:
        super().__init__(name, simulate)
        self.temperature = float(self.simulate.get("temperature", 23.5))
        self.humidity = float(self.simulate.get("humidity", 41))
        self._usual = (self.temperature, self.humidity)
        self._started = self.now
        self.pulled = False
        self.agent = Agent(name)
        self._describe()

    def starts(self) -> None:
        """Uptime from zero."""
        self._started = self.now
        self.agent.boots += 1

    @mishap
    def rack_heats_up(self, degrees: float = 38.0) -> None:
        """The fan of the rack is off."""
        self.temperature = float(degrees)

    @mishap
    def probe_pulled_out(self) -> None:
        """The probe is gone; its last value still stands there."""
        self.pulled = True

    def heal(self) -> None:
        """Cool again, probe in."""
        super().heal()
        self.pulled = False
        self.temperature, self.humidity = self._usual

    def state(self) -> State:
        """What a person would feel."""
        return {"temperature": self.temperature, "humidity": self.humidity}

    def hear(self, data: bytes, sender: Address, say: Say) -> None:
        """One SNMP request."""
        self.agent.hear(data, sender, say)

    def _describe(self) -> None:
        uptime = lambda: self.now - self._started  # noqa: E731
        self.agent.table.system("Room climate probe", oid("1.3.6.1.4.1.8072.3.2.255"), self.name, uptime)
        self._row(1, CELSIUS, UNITS, 1, lambda: round(self.temperature * 10))
        self._row(2, PERCENT_RH, MILLI, 0, lambda: round(self.humidity * 1000))

    def _row(self, index: int, kind: int, scale: int, precision: int, value: Any) -> None:
        fixed = {1: kind, 2: scale, 3: precision}
        for column, number in fixed.items():
            self._column(column, index, lambda number=number: number)
        self._column(4, index, value)
        self._column(5, index, lambda: NONOPERATIONAL if self.pulled else OK)

    def _column(self, column: int, index: int, read: Any) -> None:
        self.agent.table.add((*ENTITY_SENSOR, column, index), lambda: rfc1902.Integer32(read()))
