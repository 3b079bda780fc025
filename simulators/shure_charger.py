"""A Shure network charger that is not there: SBC220 and its like, one or several linked behind one address.

Source: Shure command strings SBC220-240 and SBC840; the order of a dump, the markers and the faulted bay are those of
a real SBC220 (DETECTED, TIME_TO_FULL, STATE, CHARGE, CYCLE, TEMP, HEALTH and only then ERROR).
"""

from collections.abc import Mapping
from typing import Any

from simulators.device import State, mishap
from simulators.pack import Pack, StoringBays
from simulators.shure import CommandStrings, Table, padded
from simulators.talker import Talk

FULL, NOT_CHARGING, ERROR, NOTHING = "65529", "65533", "65534", "65535"  # BATT_TIME_TO_FULL
_FAULTED = {"TIME_TO_FULL": ERROR, "STATE": "ERROR", "CHARGE": "254", "CYCLE": "65534", "HEALTH": "254"}
_EMPTY = {"TIME_TO_FULL": NOTHING, "STATE": "UNKNOWN", "CHARGE": "255", "CYCLE": "65535", "HEALTH": "255"}
_RAW = 40  # what a temperature on the wire has too much


class Charger(CommandStrings, StoringBays):
    """How it speaks. `firmware`, `device_id` and `flash` are as the front shows them."""

    stem = "shure-charger"
    places = 2

    def __init__(self, name: str, simulate: Mapping[str, Any] | None = None) -> None:
        self.codes: dict[int, int] = {}
        self.flash = "OFF"
        super().__init__(name, simulate)
        self.model = str(self.simulate.get("model", "SBC220"))
        self.device_id = str(self.simulate.get("device_id", name))[:31]
        self.firmware = str(self.simulate.get("firmware", "1.4.53"))

    @mishap
    def bay_warns(self, bay: int, code: int = 3) -> None:
        """An error code on a bay whose state word stays what it is."""
        if self.pack(bay):
            self.codes[bay] = int(code)
            self.changed()

    def heal(self) -> None:
        """No codes any more."""
        self.codes.clear()
        super().heal()

    def state(self) -> State:
        """And whether its lights flash."""
        return dict(super().state()) | {"flash": self.flash}

    # --- speech

    def take(self, index: str, name: str, value: str, talk: Talk) -> bool:
        """Storage mode and the lights can be switched."""
        if index or value not in ("ON", "OFF"):
            return False
        if name == "STORAGE_MODE":
            self.stored = value == "ON"
        elif name == "FLASH":
            self.flash = value
        return name in ("STORAGE_MODE", "FLASH")

    def table(self) -> Table:
        """The device first, then bay after bay."""
        device = {
            "MODEL": padded(self.model, 32),
            "DEVICE_ID": padded(self.device_id, 31),
            "FW_VER": padded(self.firmware, 24),
            "STORAGE_MODE": "ON" if self.stored else "OFF",
            "FLASH": self.flash,
        }
        table: Table = {("", name): value for name, value in device.items()}
        for bay in range(1, len(self.bays) + 1):
            pack = self.pack(bay)
            table[str(bay), "BATT_DETECTED"] = "YES" if pack else "NO"
            table |= {(str(bay), f"BATT_{name}"): value for name, value in self._bay(bay, pack).items()}
        return table

    def _bay(self, bay: int, pack: Pack | None) -> dict[str, str]:
        said = _EMPTY if pack is None else _FAULTED if pack.fault else self._figures(pack)
        celsius = None if pack is None or pack.fault else self.degrees(pack)
        unknown = "255" if pack is None else "254"
        code = 0 if pack is None else 7 if pack.fault else self.codes.get(bay, 0)
        temperature = {
            "TEMP_F": unknown if celsius is None else f"{round(celsius * 1.8 + 32 + _RAW):03}",
            "TEMP_C": unknown if celsius is None else f"{round(celsius + _RAW):03}",
        }
        health = {"HEALTH": said["HEALTH"]}
        return {name: said[name] for name in said if name != "HEALTH"} | temperature | health | {"ERROR": f"{code:03}"}

    def _figures(self, pack: Pack) -> dict[str, str]:
        charging, done = self.charging(pack), pack.charge >= self.target
        return {
            "TIME_TO_FULL": f"{round(self.minutes(pack)):05}" if charging else FULL if done else NOT_CHARGING,
            "STATE": "CHARGING" if charging else "FULL" if done else "HOT",
            "CHARGE": f"{int(pack.charge):03}",
            "CYCLE": f"{pack.cycles:05}",
            "HEALTH": f"{round(pack.health):03}",
        }
