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
import struct
from collections.abc import Callable
from typing import Any

from simulators import osc
from simulators.faces import Address, Say
from simulators.x32_address import KINDS, NODES
from simulators.x32_desk import Console
from simulators.x32_kind import Value
from simulators.x32_meter import meters

SERVER, NAME, FIRMWARE = "V2.07", "osc-server", "4.06"
_SUBSCRIBED_STRING = 32  # bytes a string takes in a formatted subscription
_READ_ONLY = {at for at in KINDS if at.startswith("/-stat/aes50") or at.endswith("/hasdata")}
_READ_ONLY |= {"/-show/prepos/current", "/-stat/usbmounted", "/-stat/xcardtype"}


class Desk(Console):
    """How it speaks: `hear` one datagram, answer through `say` or not at all."""

    stem = "x32"

    def hear(self, data: bytes, sender: Address, say: Say) -> None:
        """One datagram. What is not a message it knows brings silence."""
        message = osc.parse(data)
        if message is None:
            return
        address, arguments = message
        if command := _COMMANDS.get(address):
            command(self, sender, say, arguments)
        elif arguments:
            self._set(address, arguments, sender)
        elif address in self.values:
            say(osc.build(address, self.values[address]))

    def _set(self, address: str, arguments: list[Any], sender: Address) -> None:
        if address not in KINDS and any(isinstance(argument, str) for argument in arguments):
            return  # a string among several values works on X Air only
        for leaf, argument in zip(_leaves(address), arguments, strict=False):
            self._take(leaf, KINDS[leaf].take(argument), sender)

    def _take(self, leaf: str, value: Value | None, sender: Address) -> None:
        if value is not None and leaf not in _READ_ONLY:
            self.change(leaf, value, sender)

    # --- identity

    def _info(self, _: Address, say: Say, __: list[Any]) -> None:
        say(osc.build("/info", SERVER, NAME, self.model, FIRMWARE))

    def _xinfo(self, _: Address, say: Say, __: list[Any]) -> None:
        say(osc.build("/xinfo", self.address, str(self.values["/-prefs/name"]), self.model, FIRMWARE))

    def _status(self, _: Address, say: Say, __: list[Any]) -> None:
        say(osc.build("/status", "active", self.address, NAME))

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
        match arguments:
            case [int(number)]:
                self.load(number)

    def _load(self, _: Address, say: Say, arguments: list[Any]) -> None:
        match arguments:
            case ["scene", int(number)]:
                say(osc.build("/load", "scene", int(self.load(number))))

    # --- subscriptions

    def _xremote(self, sender: Address, say: Say, _: list[Any]) -> None:
        self.remotes.add(sender, say)

    def _meters(self, sender: Address, say: Say, arguments: list[Any]) -> None:
        match arguments:
            case [str(address), *numbers] if all(type(number) is int for number in numbers):
                self._send_meters(sender, say, address, address, numbers)

    def _batchsubscribe(self, sender: Address, say: Say, arguments: list[Any]) -> None:
        match arguments:
            case [str(alias), str(address), int(first), int(second), int(factor)] if alias:
                self._send_meters(sender, say, alias, address, [first, second, factor])

    def _send_meters(self, sender: Address, say: Say, alias: str, address: str, numbers: list[int]) -> None:
        *channels, factor = numbers or [1]

        def make() -> bytes | None:
            content = meters(self.sound, address, channels)
            return None if content is None else osc.build(alias, content)

        self.subscriptions.add(sender, say, alias, factor, make)

    def _subscribe(self, sender: Address, say: Say, arguments: list[Any]) -> None:
        match arguments:
            case [str(at)] | [str(at), int()] if at in self.values:
                factor = arguments[1] if len(arguments) > 1 else 1
                self.subscriptions.add(sender, say, at, factor, lambda: osc.build(at, self.values[at]))

    def _formatsubscribe(self, sender: Address, say: Say, arguments: list[Any]) -> None:
        words = [argument for argument in arguments if isinstance(argument, str)]
        numbers = [argument for argument in arguments if type(argument) is int]
        if len(words) < 2 or not words[0] or len(numbers) != 3 or not 0 <= numbers[1] - numbers[0] < 100:
            return
        (alias, *patterns), (first, last, factor) = words, numbers
        addresses = [_filled(pattern, n) for pattern in patterns for n in range(first, last + 1)]
        if all(address in self.values for address in addresses):
            self.subscriptions.add(sender, say, alias, factor, lambda: osc.build(alias, self._packed(addresses)))

    def _packed(self, addresses: list[str]) -> bytes:
        packed = b"".join(_little(self.values[address]) for address in addresses)
        return struct.pack("<i", len(packed) + 4) + packed

    def _renew(self, sender: Address, _: Say, arguments: list[Any]) -> None:
        self.subscriptions.renew(sender, arguments[0] if arguments else None)

    def _unsubscribe(self, sender: Address, _: Say, arguments: list[Any]) -> None:
        self.subscriptions.stop(sender, arguments[0] if arguments else None)


def _leaves(address: str) -> list[str]:
    """The parameter at an address, or those right below it."""
    return [address] if address in KINDS else NODES.get(address, [])


def _words(text: str) -> list[str]:
    """Split at blanks, quotes respected; one empty word for text that is none."""
    try:
        return shlex.split(text) or [""]
    except ValueError:
        return [""]


def _filled(pattern: str, n: int) -> str:
    """`/ch/**/mix/on` with 1 is `/ch/01/mix/on`."""
    stars = pattern.count("*")
    return pattern.replace("*" * stars, f"{n:0{stars}}") if stars else pattern


def _little(value: Value) -> bytes:
    if isinstance(value, str):
        return value.encode()[:_SUBSCRIBED_STRING].ljust(_SUBSCRIBED_STRING, b"\0")
    return struct.pack("<f" if isinstance(value, float) else "<i", value)


Command = Callable[[Desk, Address, Say, list[Any]], None]
_COMMANDS: dict[str, Command] = {
    "/info": Desk._info,
    "/xinfo": Desk._xinfo,
    "/status": Desk._status,
    "/node": Desk._node,
    "/": Desk._text,
    "/showdump": Desk._showdump,
    "/-action/goscene": Desk._goscene,
    "/load": Desk._load,
    "/xremote": Desk._xremote,
    "/meters": Desk._meters,
    "/batchsubscribe": Desk._batchsubscribe,
    "/subscribe": Desk._subscribe,
    "/formatsubscribe": Desk._formatsubscribe,
    "/renew": Desk._renew,
    "/unsubscribe": Desk._unsubscribe,
}
