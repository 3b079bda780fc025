"""A Behringer X Air or Midas MR that is not there, over OSC on UDP. What makes it unlike an X32:

1. Eight `/xremote` clients. They hear of their own changes, too; those that said `/xremotenfb` do not. (Seen on an XR16
with firmware 1.17; the maker's document leaves it open.) 2. `/info` begins with V0.04 and the mixer's name.
3. `/-snap/load` 1 to 64 is not answered: the index changes, the changes follow as a burst. An empty one does nothing.
4. Meters in words of 16 bits; what follows a meter's address is a channel, no time. 5. Boots in 45 s.

Source: X AIR Mixer Series Remote Control Protocol (firmware 1.11 or higher).
"""

from collections.abc import Mapping
from typing import Any

from simulators import osc
from simulators.desk_kind import Value
from simulators.desk_scene import CONDENSERS, NAMES, WISHES, Scene, Wish, db
from simulators.faces import Address, Say
from simulators.osc_desk import SUBSCRIBING, OscDesk
from simulators.xair_address import SCOPE, SIZES, SNAPSHOTS, Table, table
from simulators.xair_sound import AirSound, meters

SERVER, FIRMWARE = "V0.04", "1.12"


class Mixer(OscDesk):
    """One mixer. `simulate` may say its model and, as `console`, its name."""

    stem, usual = "xair", "XR18"
    boot = 45.0
    draw = 0.2
    scene_number, clients = "/-snap/index", 8
    read_only = frozenset(("/-snap/index", "/-stat/usbmounted"))
    sound: AirSound

    def __init__(self, name: str, simulate: Mapping[str, Any] | None = None) -> None:
        model = str((simulate or {}).get("model", self.usual))
        self._table: Table = table(model if model in SIZES else self.usual)
        self._size = SIZES.get(model, SIZES[self.usual])
        self.kinds, self.factory = self._table.kinds, self._table.factory
        super().__init__(name, simulate)

    def ears(self) -> AirSound:
        return AirSound(self.values, self.random, self._size)

    def shipped(self) -> dict[int, Scene]:
        return {number: self._scene(wish) for number, wish in enumerate(WISHES) if number}

    def blob(self, address: str, numbers: list[int]) -> bytes | None:
        return meters(self.sound, address, numbers)

    def _name_scenes(self) -> None:
        for number in SNAPSHOTS:
            name = self.scenes[number].name if number in self.scenes else ""
            self.values[f"/-snap/{number:02}/name"] = name
        self._show_name()

    def _start_in(self, scene: int) -> None:
        super()._start_in(scene)
        self._show_name()

    def _show_name(self) -> None:
        current = int(self.values[self.scene_number])
        self.values["/-snap/name"] = self.scenes[current].name if current in self.scenes else ""

    def _scene(self, wish: Wish) -> Scene:
        values: dict[str, Value] = {at: value for at, value in self.factory.items() if at.startswith(SCOPE)}
        for channel in range(1, self._size.channels + 1):
            at = f"/ch/{channel:02}"
            values[f"{at}/config/name"] = NAMES.get(channel, "")
            values[f"{at}/mix/on"] = int(channel in wish.open_at)
            values[f"{at}/mix/fader"] = db(wish.open_at.get(channel, -120.0))
        amplified = [f"/headamp/{channel:02}/phantom" for channel in CONDENSERS]
        values |= {at: 1 for at in amplified if at in values}
        values |= {f"/bus/{n}/mix/fader": db(0) for n in range(1, self._size.buses + 1)}
        values |= {"/lr/mix/fader": db(wish.main), "/lr/mix/on": int(wish.main_on)}
        return Scene(wish.name, values)

    def load(self, number: int) -> bool:
        """As every desk; the name of the snapshot is shown, too."""
        begun = super().load(number)
        if begun:
            self._show_name()
        return begun

    # --- how it speaks

    def _info(self, _: Address, say: Say, __: list[Any]) -> None:
        say(osc.build("/info", SERVER, str(self.values["/-prefs/name"]), self.model, FIRMWARE))

    def _xinfo(self, _: Address, say: Say, __: list[Any]) -> None:
        say(osc.build("/xinfo", self.address, str(self.values["/-prefs/name"]), self.model, FIRMWARE))

    def _status(self, _: Address, say: Say, __: list[Any]) -> None:
        say(osc.build("/status", "active", self.address, str(self.values["/-prefs/name"])))

    def _xremote(self, sender: Address, say: Say, _: list[Any]) -> None:
        self.remotes.add(sender, say, echo=True)

    def _xremotenfb(self, sender: Address, say: Say, _: list[Any]) -> None:
        self.remotes.add(sender, say)

    def _meters(self, sender: Address, say: Say, arguments: list[Any]) -> None:
        """`,s` or `,si` with a channel from 0; a blob every 50 ms."""
        match arguments:
            case [str(address)] | [str(address), int()]:
                numbers = arguments[1:]
                make = lambda: None if (b := self.blob(address, numbers)) is None else osc.build(address, b)  # noqa: E731
                self.subscriptions.add(sender, say, address, 1, make)

    def _snap_load(self, _: Address, __: Say, arguments: list[Any]) -> None:
        """A number, or a number in letters: so behringer-mixer sends it."""
        match arguments:
            case [int() | str() as number] if str(number).isdecimal():
                self.load(int(number))

    def _snap_delete(self, _: Address, __: Say, arguments: list[Any]) -> None:
        match arguments:
            case [int(number)] if self.scenes.pop(number, None):
                self._name_scenes()


Mixer.commands = {
    **SUBSCRIBING,
    "/info": Mixer._info,
    "/xinfo": Mixer._xinfo,
    "/status": Mixer._status,
    "/xremote": Mixer._xremote,
    "/xremotenfb": Mixer._xremotenfb,
    "/meters": Mixer._meters,
    "/-snap/load": Mixer._snap_load,
    "/-snap/delete": Mixer._snap_delete,
}
