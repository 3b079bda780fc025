"""How the desks of both families speak OSC over UDP, as far as they speak alike.

1. Silence for the unknown, the wrong type, the value out of range. There is no error message in this protocol.
2. A get is the address alone. A set is not answered; `/xremote` clients hear of it, a few at most, for 10 s.
3. Floats snap to the parameter's steps. `mix/on` 1 is open, `config/mute` 1 is muting.
4. Meters follow what the microphones hear; subscriptions die after 10 s without a word.
5. After mains or a reboot: a minute of silence, and every subscription is forgotten.

Source: P.-G. Maillot, Unofficial X32/M32 OSC Remote Protocol, v4.02; X AIR Mixer Series Remote Control Protocol.
"""

import struct
from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from simulators import osc
from simulators.console import Console
from simulators.desk_kind import Value
from simulators.faces import Address, Say

_SUBSCRIBED_STRING = 32  # bytes a string takes in a formatted subscription


class OscDesk(Console):
    """How it speaks: `hear` one datagram, answer through `say` or not at all."""

    commands: ClassVar[Mapping[str, "Command"]]
    read_only: ClassVar[frozenset[str]]

    @abstractmethod
    def blob(self, address: str, numbers: list[int]) -> bytes | None:
        """The meters of an address now; None for one the desk does not have."""

    def hear(self, data: bytes, sender: Address, say: Say) -> None:
        """One datagram. What is not a message it knows brings silence."""
        message = osc.parse(data)
        if message is None:
            return
        address, arguments = message
        if command := self.commands.get(address):
            command(self, sender, say, arguments)
        elif arguments:
            self._set(address, arguments, sender)
        elif address in self.values:
            say(osc.build(address, self.values[address]))

    def _set(self, address: str, arguments: list[Any], sender: Address) -> None:
        for leaf, argument in zip([address] if address in self.kinds else [], arguments, strict=False):
            self._take(leaf, self.kinds[leaf].take(argument), sender)

    def _take(self, leaf: str, value: Value | None, sender: Address) -> None:
        if value is not None and leaf not in self.read_only:
            self.change(leaf, value, sender)

    def _status(self, _: Address, say: Say, __: list[Any]) -> None:
        say(osc.build("/status", "active", self.address, self.server))

    server = ""
    """What it calls itself beside its name."""

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
            content = self.blob(address, channels)
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


def _filled(pattern: str, n: int) -> str:
    """`/ch/**/mix/on` with 1 is `/ch/01/mix/on`."""
    stars = pattern.count("*")
    return pattern.replace("*" * stars, f"{n:0{stars}}") if stars else pattern


def _little(value: Value) -> bytes:
    if isinstance(value, str):
        return value.encode()[:_SUBSCRIBED_STRING].ljust(_SUBSCRIBED_STRING, b"\0")
    return struct.pack("<f" if isinstance(value, float) else "<i", value)


Command = Callable[[Any, Address, Say, list[Any]], None]
SUBSCRIBING: Mapping[str, Command] = {
    "/status": OscDesk._status,
    "/xremote": OscDesk._xremote,
    "/meters": OscDesk._meters,
    "/batchsubscribe": OscDesk._batchsubscribe,
    "/subscribe": OscDesk._subscribe,
    "/formatsubscribe": OscDesk._formatsubscribe,
    "/renew": OscDesk._renew,
    "/unsubscribe": OscDesk._unsubscribe,
}
"""What both families understand."""
