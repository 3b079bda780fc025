"""A networked charger for microphone packs that is not there: BATTERY-MIB over SNMP, ENTITY-MIB for the bays.

No maker publishes a MIB for such chargers, so this one speaks the neutral standard. Source: RFC 7577 (BATTERY-MIB),
RFC 6933 (ENTITY-MIB). How its rows are numbered: the pack in bay N is physical entity N, the bay itself is entity
100+N, the charger is entity 1000. An empty bay has no row for a pack: the bay stays, the battery is gone.
"""

from collections.abc import Callable, Mapping
from typing import Any

from pysnmp.proto import rfc1902

from simulators.device import OnDatagrams
from simulators.faces import Address, Say
from simulators.pack import Bays, Pack
from simulators.snmp import Agent, Oid, oid

BATTERY = oid("1.3.6.1.2.1.233.1.1.1")
ENTITY = oid("1.3.6.1.2.1.47.1.1.1.1")
CHASSIS, CONTAINER, PACK = 3, 5, 14  # entPhysicalClass; battery(14) since RFC 6933
UNKNOWN, CHARGING, MAINTAINING, IDLE = 1, 2, 3, 4  # batteryChargingOperState
NO_NUMBER, NO_DEGREE = 0xFFFFFFFF, 0x7FFFFFFF  # RFC 7577: "unknown"
STATE, CONNECTED, DISCONNECTED = (f"1.3.6.1.2.1.233.0.{number}" for number in (1, 6, 7))  # RFC 7577 notifications
DESIGN = 2000  # mAh


class Charger(Bays, OnDatagrams):
    """How it speaks."""

    stem = "charger"

    def __init__(self, name: str, simulate: Mapping[str, Any] | None = None) -> None:
        super().__init__(name, simulate)
        self._started = self.now
        self.agent = Agent(name)
        self._packs = sum(pack is not None for pack in self.bays)
        self._describe()

    def starts(self) -> None:
        """Uptime from zero."""
        super().starts()
        self._started = self.now
        self.agent.boots += 1

    def changed(self) -> None:
        """A pack came, went, or is in another state: say so."""
        before, self._packs = self._packs, sum(pack is not None for pack in self.bays)
        grown = self._packs - before
        self.agent.notify(CONNECTED if grown > 0 else DISCONNECTED if grown < 0 else STATE)

    def hear(self, data: bytes, sender: Address, say: Say) -> None:
        """One SNMP request."""
        self.agent.hear(data, sender, say)

    def _describe(self) -> None:
        table = self.agent.table
        descr = f"{self.model} microphone charger, firmware 1.4.2"
        table.system(descr, oid("1.3.6.1.4.1.8072.3.2.255"), self.name, lambda: self.now - self._started)
        self._entity(1000, CHASSIS, 0, -1, descr, self.name, lambda: self.serial)
        for bay in range(1, len(self.bays) + 1):
            self._entity(100 + bay, CONTAINER, 1000, bay, f"Charging bay {bay}", f"Bay {bay}", lambda: "")
            self._battery_row(bay)

    def _entity(self, index: int, kind: int, inside: int, place: int, descr: str, name: str, serial: Any) -> None:
        self._column(ENTITY, 2, index, lambda: rfc1902.OctetString(descr))
        self._column(ENTITY, 4, index, lambda: rfc1902.Integer32(inside))
        self._column(ENTITY, 5, index, lambda: rfc1902.Integer32(kind))
        self._column(ENTITY, 6, index, lambda: rfc1902.Integer32(place))
        self._column(ENTITY, 7, index, lambda: rfc1902.OctetString(name))
        self._column(ENTITY, 9, index, lambda: rfc1902.OctetString("1.4.2" if kind == CHASSIS else ""))
        self._column(ENTITY, 11, index, lambda: rfc1902.OctetString(serial()))
        self._column(ENTITY, 13, index, lambda: rfc1902.OctetString(self.model if kind == CHASSIS else ""))

    def _battery_row(self, bay: int) -> None:
        def entity(column: int, value: Callable[[Pack], Any]) -> None:
            self._column(ENTITY, column, bay, lambda: value(pack) if (pack := self.pack(bay)) else None)

        def battery(column: int, kind: type, value: Callable[[Pack], int], unknown: int = NO_NUMBER) -> None:
            def read() -> Any:
                pack = self.pack(bay)
                return None if pack is None else kind(unknown if pack.fault else value(pack))

            self._column(BATTERY, column, bay, read)

        entity(2, lambda pack: rfc1902.OctetString("Lithium-ion pack"))
        entity(4, lambda pack: rfc1902.Integer32(100 + bay))
        entity(5, lambda pack: rfc1902.Integer32(PACK))
        entity(6, lambda pack: rfc1902.Integer32(1))
        entity(7, lambda pack: rfc1902.OctetString(f"Bay {bay}"))
        entity(11, lambda pack: rfc1902.OctetString(pack.serial))
        unsigned, signed = rfc1902.Unsigned32, rfc1902.Integer32
        battery(7, unsigned, lambda pack: DESIGN)
        battery(10, unsigned, lambda pack: round(DESIGN * pack.health / 100))
        battery(11, unsigned, lambda pack: pack.cycles)
        battery(13, signed, self._doing, UNKNOWN)
        battery(14, signed, lambda pack: 2)
        battery(15, unsigned, lambda pack: round(DESIGN * pack.health / 100 * pack.charge / 100))
        battery(16, unsigned, lambda pack: round(3000 + 12 * pack.charge))
        battery(17, signed, lambda pack: 800 if self._doing(pack) == CHARGING else 0, NO_DEGREE)
        battery(18, signed, self._tenths, NO_DEGREE)

    def _doing(self, pack: Pack) -> int:
        return IDLE if self.hot else CHARGING if self.charging(pack) else MAINTAINING

    def _tenths(self, pack: Pack) -> int:
        return round(10 * self.degrees(pack))

    def _column(self, table: Oid, column: int, index: int, read: Callable[[], Any]) -> None:
        self.agent.table.add((*table, column, index), read)
