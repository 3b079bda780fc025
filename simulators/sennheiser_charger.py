"""A Sennheiser network charger that is not there: CHG 4N (and 2N), or CHG 70N.

Source: Sennheiser TI 1094 v2.2, chapter "CHG 2N/CHG 4N"; SSC developer's guide for EW-DX, chapter "CHG 70N". The two
say the same things in two ways: device types 0 1 2 or "NONE" "BA70", zeros or nulls, bits or words.
"""

from collections.abc import Callable, Mapping
from typing import Any

from simulators.device import mishap
from simulators.pack import Pack, StoringBays
from simulators.ssc import NOT_ACCEPTABLE, Path, Ssc, Trouble

HANDHELD, COMMUNICATION = 1, 1
NORMAL, ERROR = 0, 2


class Charger(Ssc, StoringBays):
    """How it speaks. `model` is CHG4N or CHG70N; what stands in a 4N is a whole transmitter."""

    stem = "sennheiser-charger"

    def __init__(self, name: str, simulate: Mapping[str, Any] | None = None) -> None:
        self.supply_lost: set[int] = set()
        told = dict(simulate or {})
        self.places = 2 if "70" in str(told.get("model", "")) else 4
        super().__init__(name, {"model": "CHG4N"} | told)
        self.firmware = str(self.simulate.get("firmware", "3.0.4"))

    @property
    def late(self) -> bool:
        """Of the newer kind."""
        return "70" in self.model

    @mishap
    def supply_missing(self, bay: int) -> None:
        """No charging voltage at that bay, whatever stands in it."""
        self.supply_lost.add(int(bay))
        self.changed()

    def heal(self) -> None:
        """Every bay has its voltage."""
        self.supply_lost.clear()
        super().heal()

    def take(self, path: Path, value: Any) -> None:
        """Storage mode, and its name."""
        if path == ("device", "storage_mode") and isinstance(value, bool):
            self.stored = value
        else:
            raise Trouble(NOT_ACCEPTABLE)

    def leaves(self) -> dict[Path, Any]:
        """Identity, then one list for all bays per address."""
        device: dict[Path, Any] = {
            ("device", "identity", "product"): self.model,
            ("device", "identity", "serial"): self.serial,
            ("device", "identity", "version"): self.firmware,
            ("device", "name"): self.name,
        }
        if self.late:
            device["device", "storage_mode"] = self.stored
        return device | {("bays", name): value for name, value in (self._new() if self.late else self._old()).items()}

    def _list(self, nothing: Any, value: Callable[[Pack], Any], unreadable: Any = None) -> list[Any]:
        """One item per bay; a pack that cannot be read has no figures either."""
        packs = [self.pack(bay) for bay in range(1, len(self.bays) + 1)]
        broken = nothing if unreadable is None else unreadable
        return [nothing if pack is None else broken if pack.fault else value(pack) for pack in packs]

    def _figures(self, nothing: Any) -> dict[str, Any]:
        return {
            "bat_gauge": self._list(nothing, lambda pack: int(pack.charge)),
            "bat_health": self._list(nothing, lambda pack: round(pack.health)),
            "bat_cycles": self._list(nothing, lambda pack: pack.cycles),
            "bat_timetofull": self._list(nothing, lambda pack: round(self.minutes(pack)) if self.charging(pack) else 0),
        }

    def _old(self) -> dict[str, Any]:
        faults = [bool(pack and pack.fault) for pack in self.bays]
        bits = [fault * COMMUNICATION | (bay in self.supply_lost) << 3 for bay, fault in enumerate(faults, start=1)]
        return self._figures(0) | {
            "active": self._list(False, lambda _: False),
            "charging": self._list(False, self.charging),
            "device_type": self._list(0, lambda _: HANDHELD, HANDHELD),
            "serial": self._list("", lambda pack: pack.serial),
            "bat_bars": self._list(0, lambda pack: int(pack.charge * 6 / 100)),
            "state": [[ERROR if bit else NORMAL for bit in bits], bits],
        }

    def _new(self) -> dict[str, Any]:
        return self._figures(None) | {
            "device_type": self._list("NONE", lambda _: "BA70", "BA70"),
            "serial": self._list("", lambda pack: pack.serial),
            "state": ["NORMAL" for _ in self.bays],
            "warnings": self._list("", lambda _: "", "BatteryComError"),
        }
