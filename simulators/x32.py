"""A Behringer X32 or Midas M32 that is not there, over OSC on UDP. What makes it worth testing against:

1. Silence for the unknown, the wrong type, the value out of range. There is no error message in this protocol.
2. A set is not answered and never echoed to its sender; other `/xremote` clients get it, four at most, for 10 s.
3. Floats snap to the parameter's steps. `mix/on` 1 is open, `config/mute` 1 is muting.
4. `/load` answers before the recall is done; the changes follow as a burst, and values change as it goes.
5. Meters follow what the microphones hear and the oscillator plays; subscriptions die after 10 s without a word.
6. After mains or a reboot: a minute of silence, and every subscription is forgotten.

Source: P.-G. Maillot, Unofficial X32/M32 OSC Remote Protocol, v4.02.
"""

import shlex
from typing import Any

from simulators import osc
from simulators.desk_scene import Scene
from simulators.faces import Address, Say
from simulators.osc_desk import SUBSCRIBING, OscDesk
from simulators.x32_address import FACTORY, KINDS, NODES
from simulators.x32_meter import meters
from simulators.x32_scene import shipped
from simulators.x32_sound import X32Sound

SERVER, FIRMWARE = "V2.07", "4.06"
_READ_ONLY = {at for at in KINDS if at.startswith("/-stat/aes50") or at.endswith("/hasdata")}
_READ_ONLY |= {"/-show/prepos/current", "/-stat/usbmounted", "/-stat/xcardtype"}


class Desk(OscDesk):
    """One desk."""

    stem, usual, server = "x32", "X32RACK", "osc-server"
    boot = 60.0
    kinds, factory, read_only = KINDS, FACTORY, frozenset(_READ_ONLY)
    scene_number, clients = "/-show/prepos/current", 4
    sound: X32Sound

    def ears(self) -> X32Sound:
        return X32Sound(self.values, self.random)

    def shipped(self) -> dict[int, Scene]:
        return shipped()

    def blob(self, address: str, numbers: list[int]) -> bytes | None:
        return meters(self.sound, address, numbers)

    def _name_scenes(self) -> None:
        for number in range(100):
            at = f"/-show/showfile/scene/{number:03}"
            self.values[f"{at}/name"] = self.scenes[number].name if number in self.scenes else ""
            self.values[f"{at}/hasdata"] = int(number in self.scenes)

    def _set(self, address: str, arguments: list[Any], sender: Address) -> None:
        """A parameter, or several below a group address: those of no texts, for a text among them is X Air's way."""
        if address not in KINDS and any(isinstance(argument, str) for argument in arguments):
            return
        for leaf, argument in zip(_leaves(address), arguments, strict=False):
            self._take(leaf, KINDS[leaf].take(argument), sender)

    # --- identity

    def _info(self, _: Address, say: Say, __: list[Any]) -> None:
        say(osc.build("/info", SERVER, self.server, self.model, FIRMWARE))

    def _xinfo(self, _: Address, say: Say, __: list[Any]) -> None:
        say(osc.build("/xinfo", self.address, str(self.values["/-prefs/name"]), self.model, FIRMWARE))

    # --- text

    def _node(self, _: Address, say: Say, arguments: list[Any]) -> None:
        for path in [argument for argument in arguments[:1] if isinstance(argument, str)]:
            node = "/" + path.strip("/")
            if leaves := _leaves(node):
                say(osc.build("node", self._line(node, leaves)))

    def _line(self, node: str, leaves: list[str]) -> str:
        return " ".join([node, *(KINDS[leaf].text(self.values[leaf]) for leaf in leaves)]) + "\n"

    def _text(self, sender: Address, say: Say, arguments: list[Any]) -> None:
        """`/ ,s "ch/01/mix ON -5.0"`: the only set that is answered, by its own echo."""
        match arguments:
            case [str(text)]:
                path, *words = _words(text)
                for leaf, word in zip(_leaves("/" + path.strip("/")), words, strict=False):
                    self._take(leaf, KINDS[leaf].parse(word), sender)
                say(osc.build("/", text))

    def _showdump(self, _: Address, say: Say, __: list[Any]) -> None:
        for number in sorted(self.scenes):
            node = f"/-show/showfile/scene/{number:03}"
            say(osc.build("node", self._line(node, NODES[node])))

    # --- scenes

    def _goscene(self, _: Address, __: Say, arguments: list[Any]) -> None:
        """A number, or a number in letters: so behringer-mixer sends it, to real desks."""
        match arguments:
            case [int() | str() as number] if str(number).isdecimal():
                self.load(int(number))

    def _load(self, _: Address, say: Say, arguments: list[Any]) -> None:
        match arguments:
            case ["scene", int(number)]:
                say(osc.build("/load", "scene", int(self.load(number))))


def _leaves(address: str) -> list[str]:
    """The parameter at an address, or those right below it."""
    return [address] if address in KINDS else NODES.get(address, [])


def _words(text: str) -> list[str]:
    """Split at blanks, quotes respected; one empty word for text that is none."""
    try:
        return shlex.split(text) or [""]
    except ValueError:
        return [""]


Desk.commands = {
    **SUBSCRIBING,
    "/info": Desk._info,
    "/xinfo": Desk._xinfo,
    "/node": Desk._node,
    "/": Desk._text,
    "/showdump": Desk._showdump,
    "/-action/goscene": Desk._goscene,
    "/load": Desk._load,
}
