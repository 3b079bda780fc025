"""A networked charger for microphone packs that is not there: BATTERY-MIB over SNMP, ENTITY-MIB for the bays.

No maker publishes a MIB for such chargers, so this one speaks the neutral standard. Source: RFC 7577 (BATTERY-MIB),
RFC 6933 (ENTITY-MIB). How its rows are numbered: the pack in bay N is physical entity N, the bay itself is entity
100+N, the charger is entity 1000. An empty bay has no row for a pack: the bay stays, the battery is gone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pysnmp.proto import rfc1902

from simulators.device import OnDatagrams, State, mishap
from simulators.faces import Address, Say
from simulators.snmp import Agent, Oid, oid

BATTERY = oid("1.3.6.1.2.1.233.1.1.1")
ENTITY = oid("1.3.6.1.2.1.47.1.1.1.1")
CHASSIS, CONTAINER, PACK = 3, 5, 14  # entPhysicalClass; battery(14) since RFC 6933
UNKNOWN, CHARGING, MAINTAINING, IDLE = 1, 2, 3, 4  # batteryChargingOperState
NO_NUMBER, NO_DEGREE = 0xFFFFFFFF, 0x7FFFFFFF  # RFC 7577: "unknown"
DESIGN = 2000  # mAh
HOURS_TO_FULL = 2.5
WEAR = 0.04  # % of health per cycle


@dataclass
class Pack:
    """One battery pack. `charge` in % of what it still holds, `health` in % of what it held when new."""

    charge: float
    health: float
    cycles: int
    serial: str
    since: float
    """Loop time up to which its charge has been counted."""
    fault: bool = False


class Charger(OnDatagrams):
    """Bays numbered from 1, each empty (None) or with a pack."""

    stem = "charger"
    boot = 3.0
    draw = 0.3

    def __init__(self, name: str, simulate: Mapping[str, Any] | None = None) -> None:
        super().__init__(name, simulate)
        packs = list(self.simulate.get("packs", []))
        self.model = str(self.simulate.get("model", "MBC-8"))
        self.serial = str(self.simulate.get("serial", f"CH{self.random.randrange(10**6):06d}"))
        self.hours_to_full = float(self.simulate.get("hours_to_full", HOURS_TO_FULL))
        count = int(self.simulate.get("bays", max(8, len(packs))))
        self.bays: list[Pack | None] = [self._pack(told) for told in (packs + [None] * count)[:count]]
        self.hot = False
        self._removed: dict[int, Pack] = {}
        self._aged: dict[int, float] = {}
        self._started = self.now
        self.agent = Agent(name)
        self._describe()

    def _pack(self, told: Mapping[str, Any] | None) -> Pack | None:
        if told is None:
            return None
        health = float(told.get("health", 100))
        cycles = int(told.get("cycles", (100 - health) / WEAR))
        serial = str(told.get("serial", f"P{self.random.randrange(10**6):06d}"))
        return Pack(float(told.get("charge", 100)), health, cycles, serial, self.now)

    # --- life

    def pack(self, bay: int) -> Pack | None:
        """The pack in a bay, with its charge as of now. Raises ValueError for a bay that does not exist."""
        if not 1 <= bay <= len(self.bays):
            raise ValueError(f"bay {bay}: this charger has bays 1 to {len(self.bays)}")
        pack = self.bays[bay - 1]
        if pack and not self.hot and not pack.fault:
            hours = (self.now - pack.since) / 3600
            pack.charge = min(100.0, pack.charge + 100 * hours / self.hours_to_full)
        if pack:
            pack.since = self.now
        return pack

    def loses_mains(self) -> None:
        """Nothing charges without mains: count what was charged so far."""
        for bay in range(1, len(self.bays) + 1):
            self.pack(bay)

    def starts(self) -> None:
        """Uptime from zero; the hours in the dark have charged nothing."""
        self._started = self.now
        self.agent.boots += 1
        for pack in filter(None, self.bays):
            pack.since = self.now

    # --- mishaps

    @mishap
    def pack_ages(self, bay: int, health: float = 62) -> None:
        """That pack has seen too many meetings."""
        if pack := self.pack(bay):
            self._aged.setdefault(bay, pack.health)
            pack.health, pack.cycles = float(health), int((100 - health) / WEAR)

    @mishap
    def pack_drained(self, bay: int, charge: float = 20) -> None:
        """Put back empty after a long meeting; it charges from here."""
        if pack := self.pack(bay):
            pack.charge = float(charge)

    @mishap
    def pack_taken(self, bay: int) -> None:
        """Somebody took it along."""
        if pack := self.pack(bay):
            self._removed[bay] = pack
            self.bays[bay - 1] = None

    @mishap
    def pack_put(self, bay: int, charge: float = 40, health: float = 90) -> None:
        """Somebody put a pack in: the one that was taken from here, or one never seen before."""
        if self.pack(bay):
            return
        pack = self._removed.pop(bay, None) or self._pack({"health": health})
        assert pack
        pack.charge, pack.since = float(charge), self.now
        pack.cycles, pack.health = pack.cycles + 1, pack.health - WEAR
        self.bays[bay - 1] = pack

    @mishap
    def packs_swapped(self, bay: int, other: int) -> None:
        """Two packs change places."""
        here, there = self.pack(bay), self.pack(other)
        self.bays[bay - 1], self.bays[other - 1] = there, here

    @mishap
    def bay_error(self, bay: int) -> None:
        """The charger cannot read the pack in that bay: every number is unknown."""
        if pack := self.pack(bay):
            pack.fault = True

    @mishap
    def charger_overheats(self) -> None:
        """Its fan is blocked: 55 °C at every bay, charging stops."""
        self.loses_mains()  # settle what was charged until now
        self.hot = True

    def heal(self) -> None:
        """Readable, cool, packs back where they were, and as fit as before they were made to age."""
        super().heal()
        self.loses_mains()
        self.hot = False
        for bay, health in self._aged.items():
            if pack := self.bays[bay - 1]:
                pack.health = health
        for bay, pack in self._removed.items():
            self.bays[bay - 1] = self.bays[bay - 1] or pack
        self._aged.clear()
        self._removed.clear()
        for pack in filter(None, self.bays):
            pack.fault, pack.since = False, self.now

    def state(self) -> State:
        """Charge and health of every bay, as its lamps would show."""
        shown: dict[str, int | float | str | None] = {}
        for bay in range(1, len(self.bays) + 1):
            pack = self.pack(bay)
            shown[f"bay.{bay}.charge"] = round(pack.charge, 1) if pack else None
            shown[f"bay.{bay}.health"] = round(pack.health, 1) if pack else None
        return shown

    # --- speech

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
        return IDLE if self.hot else CHARGING if pack.charge < 100 else MAINTAINING

    def _tenths(self, pack: Pack) -> int:
        return 550 if self.hot else 310 if pack.charge < 100 else 245

    def _column(self, table: Oid, column: int, index: int, read: Callable[[], Any]) -> None:
        self.agent.table.add((*table, column, index), read)
