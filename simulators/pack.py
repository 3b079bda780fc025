"""The life of the packs in a charger, whatever it speaks: they charge, wear, are taken along and put back.

How a charger speaks is another file's story (`charger` SNMP, `shure_charger`, `sennheiser_charger`).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from simulators.device import Device, State, mishap

HOURS_TO_FULL = 2.5
STORED = 40.0
"""% at which a charger in storage mode keeps its packs."""
HOURS_TO_STORED = 20.0
"""From full down to that: slowly, it is only heat."""
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


class Bays(Device):
    """Bays numbered from 1, each empty (None) or with a pack."""

    boot = 3.0
    draw = 0.3
    places = 8

    def __init__(self, name: str, simulate: Mapping[str, Any] | None = None) -> None:
        super().__init__(name, simulate)
        self.model = str(self.simulate.get("model", "MBC-8"))
        self.serial = str(self.simulate.get("serial", f"CH{self.random.randrange(10**6):06d}"))
        self.hours_to_full = float(self.simulate.get("hours_to_full", HOURS_TO_FULL))
        packs = list(self.simulate.get("packs", []))
        count = int(self.simulate.get("bays", max(self.places, len(packs))))
        self.bays: list[Pack | None] = []
        self.packs = (packs + [None] * count)[:count]
        self.hot = False
        self._stored = False
        self._removed: dict[int, Pack] = {}
        self._aged: dict[int, float] = {}

    @property
    def packs(self) -> list[Mapping[str, Any] | None]:
        """The packs bay by bay as a site file tells them."""
        return [asdict(pack) if pack else None for pack in self.bays]

    @packs.setter
    def packs(self, told: list[Mapping[str, Any] | None]) -> None:
        self.bays = [self._pack(pack) for pack in told]

    def _pack(self, told: Mapping[str, Any] | None) -> Pack | None:
        if told is None:
            return None
        health = float(told.get("health", 100))
        cycles = int(told.get("cycles", (100 - health) / WEAR))
        serial = str(told.get("serial", f"P{self.random.randrange(10**6):06d}"))
        fault = bool(told.get("fault", False))
        return Pack(float(told.get("charge", 100)), health, cycles, serial, self.now, fault)

    # --- life

    def changed(self) -> None:
        """Something happened that a charger may tell unasked. Subclasses say it."""

    def pack(self, bay: int) -> Pack | None:
        """The pack in a bay, with its charge as of now. Raises ValueError for a bay that does not exist."""
        if not 1 <= bay <= len(self.bays):
            raise ValueError(f"bay {bay}: this charger has bays 1 to {len(self.bays)}")
        pack = self.bays[bay - 1]
        if pack and not self.hot and not pack.fault and not self.wire.dead:
            pack.charge = self._charged(pack.charge, (self.now - pack.since) / 3600)
        if pack:
            pack.since = self.now
        return pack

    def _charged(self, charge: float, hours: float) -> float:
        """A charge after so many hours in the bay."""
        if self._stored and charge > STORED:
            return max(STORED, charge - (100 - STORED) * hours / HOURS_TO_STORED)
        return min(self.target, charge + 100 * hours / self.hours_to_full)

    @property
    def target(self) -> float:
        """% up to which it charges."""
        return STORED if self._stored else 100.0

    @property
    def stored(self) -> bool:
        """Storage mode."""
        return self._stored

    @stored.setter
    def stored(self, stored: bool) -> None:
        self._settle()
        self._stored = bool(stored)

    def charging(self, pack: Pack) -> bool:
        """Whether current flows into that pack."""
        return not self.hot and not pack.fault and pack.charge < self.target

    def minutes(self, pack: Pack) -> float:
        """Until it is as full as it will get."""
        return max(0.0, self.target - pack.charge) / 100 * self.hours_to_full * 60

    def degrees(self, pack: Pack) -> float:
        """°C at the pack."""
        return 55.0 if self.hot else 31.0 if pack.charge < self.target else 24.5

    def _settle(self) -> None:
        """Count what was charged until now."""
        for bay in range(1, len(self.bays) + 1):
            self.pack(bay)

    def loses_mains(self) -> None:
        """Nothing charges without mains."""
        self._settle()

    def starts(self) -> None:
        """The hours in the dark have charged nothing."""
        for pack in filter(None, self.bays):
            pack.since = self.now

    # --- mishaps

    @mishap
    def pack_ages(self, bay: int, health: float = 62) -> None:
        """That pack has seen too many meetings."""
        if pack := self.pack(bay):
            self._aged.setdefault(bay, pack.health)
            pack.health, pack.cycles = float(health), int((100 - health) / WEAR)
            self.changed()

    @mishap
    def pack_drained(self, bay: int, charge: float = 20) -> None:
        """Put back empty after a long meeting; it charges from here."""
        if pack := self.pack(bay):
            pack.charge = float(charge)
            self.changed()

    @mishap
    def pack_taken(self, bay: int) -> None:
        """Somebody took it along."""
        if pack := self.pack(bay):
            self._removed[bay] = pack
            self.bays[bay - 1] = None
            self.changed()

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
        self.changed()

    @mishap
    def packs_swapped(self, bay: int, other: int) -> None:
        """Two packs change places."""
        here, there = self.pack(bay), self.pack(other)
        self.bays[bay - 1], self.bays[other - 1] = there, here
        self.changed()

    @mishap
    def bay_error(self, bay: int) -> None:
        """The charger cannot read the pack in that bay: every number is unknown."""
        if pack := self.pack(bay):
            pack.fault = True
            self.changed()

    @mishap
    def charger_overheats(self) -> None:
        """Its fan is blocked: 55 °C at every bay, charging stops."""
        self._settle()
        self.hot = True
        self.changed()

    def heal(self) -> None:
        """Readable, cool, packs back where they were, and as fit as before they were made to age."""
        super().heal()
        self._settle()
        self.hot = self._stored = False
        for bay, health in self._aged.items():
            if pack := self.bays[bay - 1]:
                pack.health = health
        for bay, pack in self._removed.items():
            self.bays[bay - 1] = self.bays[bay - 1] or pack
        self._aged.clear()
        self._removed.clear()
        for pack in filter(None, self.bays):
            pack.fault, pack.since = False, self.now
        self.changed()

    def state(self) -> State:
        """Charge and health of every bay, as its lamps would show."""
        shown: dict[str, int | float | str | None] = {}
        for bay in range(1, len(self.bays) + 1):
            pack = self.pack(bay)
            shown[f"bay.{bay}.charge"] = round(pack.charge, 1) if pack else None
            shown[f"bay.{bay}.health"] = round(pack.health, 1) if pack else None
        return shown


class StoringBays(Bays):
    """Bays of a charger that has a storage mode."""

    @mishap
    def goes_into_storage(self) -> None:
        """Somebody pressed the storage button: charging stops at 40 %, and no microphone will be ready."""
        self.stored = True
        self.changed()

    def state(self) -> State:
        """The lamps, and the storage light."""
        return {"storage": "on" if self.stored else "off"} | dict(super().state())
