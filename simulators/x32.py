"""A Behringer X32 or Midas M32 that is not there, over OSC on UDP. What makes it worth testing against:

1. Silence for the unknown, the wrong type, the value out of range. There is no error message in this protocol.
2. A set is not answered and never echoed to its sender; other `/xremote` clients get it, four at most, for 10 s.
3. Floats snap to the parameter's steps. `mix/on` 1 is open, `config/mute` 1 is muting.
4. `/load` answers before the recall is done; the changes follow as a burst, and values change as it goes.
5. Meters follow what the microphones hear and the oscillator plays; subscriptions die after 10 s without a word.
6. After mains or a reboot: a minute of silence, and every subscription is forgotten.

Source: P.-G. Maillot, Unofficial X32/M32 OSC Remote Protocol, v4.02.
"""

import asyncio
import shlex
import struct
from collections.abc import Callable, Mapping
from typing import Any

from simulators import osc
from simulators.device import OnDatagrams, State, mishap
from simulators.faces import Address, Say
from simulators.x32_address import FACTORY, FADER, KINDS, NODES, Value
from simulators.x32_scene import CONDENSERS, Scene, shipped
from simulators.x32_sound import SILENCE, Sound, meters

CLIENTS = 4  # /xremote
LIFE = 10.0  # s a subscription lives
TICK = 0.05  # s, times the time factor
SLICE, PAUSE = 10, 0.005  # a recall moves so many values every so many seconds
FIRMWARE = "4.06"


Make = Callable[[], bytes | None]
"""The next datagram of a subscription; None for none."""


class Desk(OnDatagrams):
    """What it is (values), what befalls it (mishaps), how it speaks (`hear`)."""

    stem = "x32"
    boot = 60.0
    draw = 0.5

    def __init__(self, name: str, simulate: Mapping[str, Any] | None = None) -> None:
        super().__init__(name, simulate)
        self.model = str(self.simulate.get("model", "X32RACK"))
        self.values: dict[str, Value] = dict(FACTORY)
        self.values["/-prefs/name"] = str(self.simulate.get("console", name))[:12]
        self.address = "127.0.0.1"
        self.sound = Sound(self.values, self.random)
        self.sound.condensers = set(CONDENSERS)
        self.scenes: dict[int, Scene] = shipped()
        self.refusing = False
        self._lost: dict[int, Scene] = {}
        self._before: dict[str, Value] = {}
        self._remotes: dict[Address, tuple[Say, float]] = {}
        self._subscriptions: dict[tuple[Address, str], _Subscription] = {}
        self._recall: asyncio.TimerHandle | None = None
        self._name_scenes()
        self._start_in(int(self.simulate.get("scene", 2)))

    def _name_scenes(self) -> None:
        for number in range(100):
            at = f"/-show/showfile/scene/{number:03}"
            self.values[f"{at}/name"] = self.scenes[number].name if number in self.scenes else ""
            self.values[f"{at}/hasdata"] = int(number in self.scenes)

    def _start_in(self, scene: int) -> None:
        if scene in self.scenes:
            self.values |= self.scenes[scene].values
            self.values["/-show/prepos/current"] = scene

    # --- what flows in and out

    def plug(self, channel: int, source: Callable[[bool], float]) -> None:
        """Connect a microphone: `source(loudspeakers)` says its level in dBFS at nominal gain."""
        self.sound.sources[channel] = source

    def output(self, name: str) -> float:
        """What leaves by `main` or `bus.NN`, dBFS. A desk without mains passes nothing."""
        if self.wire.dead:
            return SILENCE
        return self.sound.main() if name == "main" else self.sound.bus(int(name.removeprefix("bus.")))

    def fader(self, channel: int) -> float:
        """dB of a channel's fader; minus infinity when it is muted."""
        strip = f"/ch/{channel:02}"
        return -float("inf") if self.sound.muted(strip) else FADER.real(self.values[f"{strip}/mix/fader"])

    # --- life

    def loses_mains(self) -> None:
        """Nobody is remembered; the oscillator is off. Parameters are kept: the desk saves them all the time."""
        self._remotes.clear()
        for subscription in self._subscriptions.values():
            subscription.stop()
        self._subscriptions.clear()
        if self._recall:
            self._recall.cancel()
        self.values["/-stat/osc/on"] = 0

    def touch(self, at: str, value: Value) -> None:
        """Somebody moved it at the desk: every remote client hears of it. Raises KeyError, ValueError."""
        taken = KINDS[at].take(value)
        if taken is None:
            raise ValueError(f"{at} does not take {value!r}")
        self._change(at, taken, None)

    def _change(self, at: str, value: Value, sender: Address | None) -> None:
        if self.values[at] == value:
            return
        self.values[at] = value
        self._push(at, value, sender)
        neighbour = self._neighbour(at)
        if neighbour and self.values[neighbour] != value:
            self.values[neighbour] = value
            self._push(neighbour, value, None)

    def _neighbour(self, at: str) -> str | None:
        """Linked channels move together, all but their names and pans."""
        parts = at.split("/")
        if parts[1] != "ch" or parts[3] == "config" or parts[-1] == "pan":
            return None
        odd = (int(parts[2]) - 1) // 2 * 2 + 1
        other = odd if int(parts[2]) != odd else odd + 1
        linked = self.values[f"/config/chlink/{odd}-{odd + 1}"]
        return "/".join(["", "ch", f"{other:02}", *parts[3:]]) if linked else None

    def _push(self, at: str, value: Value, sender: Address | None) -> None:
        for client, (say, until) in list(self._remotes.items()):
            if until <= self.now:
                del self._remotes[client]
            elif client != sender:
                say(osc.build(at, value))

    def put(self, **state: Any) -> None:
        """As of every device; a name that begins with `/` is a parameter of the desk."""
        for at in [name for name in state if name.startswith("/")]:
            self.values[at] = state.pop(at)
        super().put(**state)

    # --- mishaps

    def _keep(self, at: str) -> str:
        self._before.setdefault(at, self.values[at])
        return at

    @mishap
    def channel_muted(self, channel: int = 1) -> None:
        """Somebody pressed MUTE at the desk."""
        self.touch(self._keep(f"/ch/{int(channel):02}/mix/on"), 0)

    @mishap
    def fader_moved(self, channel: int = 1, db: float = -20.0) -> None:
        """Somebody moved a fader at the desk, to so many dB."""
        self.touch(self._keep(f"/ch/{int(channel):02}/mix/fader"), float(FADER.wire(float(db))))

    @mishap
    def main_muted(self) -> None:
        """Somebody muted the whole room."""
        self.touch(self._keep("/main/st/mix/on"), 0)

    @mishap
    def gain_drifts(self, channel: int = 1, by: float = -9.0) -> None:
        """A head amplifier loses gain without the desk noticing: it still shows the old value."""
        self.sound.drift[int(channel)] = float(by)

    @mishap
    def phantom_lost(self, channel: int = 1) -> None:
        """Somebody switched phantom power off: condenser microphones are dead."""
        self.touch(self._keep(f"/headamp/{int(channel) - 1:03}/phantom"), 0)

    @mishap
    def mic_dies(self, channel: int = 1) -> None:
        """A cable broke: nothing but the noise of the preamplifier."""
        self.sound.dead.add(int(channel))

    @mishap
    def mic_hums(self, channel: int = 1) -> None:
        """A ground loop: 50 Hz at -38 dBFS."""
        self.sound.humming.add(int(channel))

    @mishap
    def passes_no_audio(self) -> None:
        """Answers everything, and every output is silent."""
        self.sound.blocked = True

    @mishap
    def scene_lost(self, scene: int = 2) -> None:
        """A scene was deleted: recalling it fails."""
        if int(scene) in self.scenes:
            self._lost[int(scene)] = self.scenes.pop(int(scene))
            self._name_scenes()

    @mishap
    def refuses_scenes(self) -> None:
        """A question is open on the desk's screen: no scene loads."""
        self.refusing = True

    @mishap
    def scene_recalled(self, scene: int = 9) -> None:
        """Somebody at the desk recalled a scene."""
        self._load(int(scene))

    def heal(self) -> None:
        """Cables, screen and scenes are whole; what was moved by hand at the desk is moved back."""
        super().heal()
        self.sound.dead.clear()
        self.sound.humming.clear()
        self.sound.drift.clear()
        self.sound.blocked = self.refusing = False
        self.scenes |= self._lost
        self._lost.clear()
        self._name_scenes()
        for at, value in self._before.items():
            self._change(at, value, None)
        self._before.clear()

    def state(self) -> State:
        """What the desk's screen shows first."""
        scene = int(self.values["/-show/prepos/current"])
        closed = [str(n) for n in sorted(self.sound.sources) if self.sound.muted(f"/ch/{n:02}")]
        return {
            "scene": scene,
            "scene.name": self.scenes[scene].name if scene in self.scenes else None,
            "main.muted": "on" if self.sound.muted("/main/st") else "off",
            "microphones.muted": " ".join(closed),
            "oscillator": "on" if self.values["/-stat/osc/on"] else "off",
            "remotes": sum(until > self.now for _, until in self._remotes.values()),
        }

    # --- speech

    def hear(self, data: bytes, sender: Address, say: Say) -> None:
        """One datagram. What is not a message it knows brings silence."""
        message = osc.parse(data)
        if message is None:
            return
        address, arguments = message
        command = _COMMANDS.get(address)
        if command:
            command(self, sender, say, arguments)
        elif arguments:
            self._set(address, arguments, sender)
        elif address in self.values:
            say(osc.build(address, self.values[address]))

    def _set(self, address: str, arguments: list[Any], sender: Address | None) -> None:
        leaves = [address] if address in KINDS else NODES.get(address, [])
        if address not in KINDS and any(isinstance(argument, str) for argument in arguments):
            return  # a string among several values works on X Air only
        for leaf, argument in zip(leaves, arguments, strict=False):
            taken = None if leaf in _READ_ONLY else KINDS[leaf].take(argument)
            if taken is not None:
                self._change(leaf, taken, sender)

    # identity

    def _info(self, _: Address, say: Say, __: list[Any]) -> None:
        say(osc.build("/info", "V2.07", "osc-server", self.model, FIRMWARE))

    def _xinfo(self, _: Address, say: Say, __: list[Any]) -> None:
        say(osc.build("/xinfo", self.address, str(self.values["/-prefs/name"]), self.model, FIRMWARE))

    def _status(self, _: Address, say: Say, __: list[Any]) -> None:
        say(osc.build("/status", "active", self.address, "osc-server"))

    # text

    def _node(self, _: Address, say: Say, arguments: list[Any]) -> None:
        for path in [argument for argument in arguments[:1] if isinstance(argument, str)]:
            node = "/" + path.strip("/")
            leaves = NODES.get(node) or ([node] if node in KINDS else [])
            if leaves:
                say(osc.build("node", self._line(node, leaves)))

    def _line(self, node: str, leaves: list[str]) -> str:
        return " ".join([node, *(KINDS[leaf].text(self.values[leaf]) for leaf in leaves)]) + "\n"

    def _text(self, sender: Address, say: Say, arguments: list[Any]) -> None:
        """`/ ,s "ch/01/mix ON -5.0"`: the only set that is answered, by its own echo."""
        if len(arguments) != 1 or not isinstance(arguments[0], str):
            return
        try:
            path, *words = shlex.split(arguments[0])
        except ValueError:
            return
        address = "/" + path.strip("/")
        leaves = [address] if address in KINDS else NODES.get(address, [])
        for leaf, word in zip(leaves, words, strict=False):
            value = None if leaf in _READ_ONLY else KINDS[leaf].parse(word)
            if value is not None:
                self._change(leaf, value, sender)
        say(osc.build("/", arguments[0]))

    def _showdump(self, _: Address, say: Say, __: list[Any]) -> None:
        for number in sorted(self.scenes):
            node = f"/-show/showfile/scene/{number:03}"
            say(osc.build("node", self._line(node, NODES[node])))

    # scenes

    def _goscene(self, _: Address, __: Say, arguments: list[Any]) -> None:
        if len(arguments) == 1 and type(arguments[0]) is int:
            self._load(arguments[0])

    def _load_command(self, _: Address, say: Say, arguments: list[Any]) -> None:
        match arguments:
            case ["scene", int(number)]:
                say(osc.build("/load", "scene", int(self._load(number))))

    def _load(self, number: int) -> bool:
        if self.refusing or number not in self.scenes:
            return False
        wanted = self.scenes[number].values
        moved = [at for at in wanted if self.values[at] != wanted[at] or at.endswith(("/mix/fader", "/mix/on"))]
        self.values["/-show/prepos/current"] = number
        self._push("/-show/prepos/current", number, None)
        self._move(wanted, moved)
        return True

    def _move(self, wanted: Mapping[str, Value], rest: list[str]) -> None:
        """The recall on its way: values change and are pushed a slice at a time, to every client."""
        for at in rest[:SLICE]:
            self.values[at] = wanted[at]
            self._push(at, wanted[at], None)
        if self._recall:
            self._recall.cancel()
        self._recall = self.later(PAUSE, self._move, wanted, rest[SLICE:]) if rest[SLICE:] else None

    # subscriptions

    def _xremote(self, sender: Address, say: Say, _: list[Any]) -> None:
        self._remotes = {client: (s, until) for client, (s, until) in self._remotes.items() if until > self.now}
        if sender in self._remotes or len(self._remotes) < CLIENTS:
            self._remotes[sender] = (say, self.now + LIFE)

    def _subscribe_as(self, sender: Address, say: Say, alias: str, factor: int, make: Make) -> None:
        if make() is None:
            return
        if old := self._subscriptions.pop((sender, alias), None):
            old.stop()
        self._subscriptions = {key: alive for key, alive in self._subscriptions.items() if alive.alive()}
        self._subscriptions[sender, alias] = _Subscription(self, say, TICK * max(1, factor), make)

    def _meters(self, sender: Address, say: Say, arguments: list[Any]) -> None:
        match arguments:
            case [str(address), *numbers] if all(type(number) is int for number in numbers):
                self._subscribe_meters(sender, say, address, address, numbers)

    def _batchsubscribe(self, sender: Address, say: Say, arguments: list[Any]) -> None:
        match arguments:
            case [str(alias), str(address), int(first), int(second), int(factor)] if address.startswith("/meters/"):
                self._subscribe_meters(sender, say, alias, address, [first, second, factor])

    def _subscribe_meters(self, sender: Address, say: Say, alias: str, address: str, numbers: list[int]) -> None:
        id_ = address.removeprefix("/meters/")
        if not id_.isdecimal():
            return
        *channels, factor = numbers or [1]

        def make() -> bytes | None:
            content = meters(self.sound, int(id_), channels)
            return None if content is None else osc.build(alias, content)

        self._subscribe_as(sender, say, alias, factor, make)

    def _subscribe(self, sender: Address, say: Say, arguments: list[Any]) -> None:
        match arguments:
            case [str(address)] | [str(address), int()] if address in self.values:
                factor = arguments[1] if len(arguments) > 1 else 1
                self._subscribe_as(sender, say, address, factor, lambda: osc.build(address, self.values[address]))

    def _formatsubscribe(self, sender: Address, say: Say, arguments: list[Any]) -> None:
        words = [argument for argument in arguments if isinstance(argument, str)]
        numbers = [argument for argument in arguments if type(argument) is int]
        if len(words) >= 2 and len(numbers) == 3:
            alias, *patterns = words
            first, last, factor = numbers
            addresses = [_filled(pattern, n) for pattern in patterns for n in range(first, last + 1)]
            if all(address in self.values for address in addresses):
                self._subscribe_as(sender, say, alias, factor, lambda: osc.build(alias, self._packed(addresses)))

    def _packed(self, addresses: list[str]) -> bytes:
        """Little-endian: byte count of all, then ints and floats of 4 bytes, strings of 32."""
        packed = b"".join(_little(self.values[address]) for address in addresses)
        return struct.pack("<i", len(packed) + 4) + packed

    def _renew(self, sender: Address, _: Say, arguments: list[Any]) -> None:
        for subscription in self._mine(sender, arguments):
            subscription.renew()

    def _unsubscribe(self, sender: Address, _: Say, arguments: list[Any]) -> None:
        for subscription in self._mine(sender, arguments):
            subscription.stop()

    def _mine(self, sender: Address, arguments: list[Any]) -> "list[_Subscription]":
        alias = arguments[0] if arguments else None
        return [s for (who, name), s in self._subscriptions.items() if who == sender and alias in (None, name)]


class _Subscription:
    """One message every `period` seconds for ten seconds, longer if renewed in time."""

    def __init__(self, desk: Desk, say: Say, period: float, make: Make) -> None:
        self._desk, self._say, self._period, self._make = desk, say, period, make
        self._until = desk.now + LIFE
        self._next: asyncio.TimerHandle | None = None
        self._fire()

    def renew(self) -> None:
        """Ten more seconds; nothing once it has lapsed."""
        if self._next:
            self._until = self._desk.now + LIFE

    def alive(self) -> bool:
        """Not lapsed, not stopped."""
        return self._next is not None

    def stop(self) -> None:
        """No more."""
        if self._next:
            self._next.cancel()
            self._next = None

    def _fire(self) -> None:
        self._next = None
        if self._desk.now < self._until:
            content = self._make()
            if content is not None:
                self._say(content)
            self._next = self._desk.later(self._period, self._fire)


def _filled(pattern: str, n: int) -> str:
    """`/ch/**/mix/on` with 1 is `/ch/01/mix/on`."""
    stars = pattern.count("*")
    return pattern.replace("*" * stars, f"{n:0{stars}}") if stars else pattern


def _little(value: Value) -> bytes:
    if isinstance(value, str):
        return value.encode()[:32].ljust(32, b"\0")
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
    "/load": Desk._load_command,
    "/xremote": Desk._xremote,
    "/meters": Desk._meters,
    "/batchsubscribe": Desk._batchsubscribe,
    "/subscribe": Desk._subscribe,
    "/formatsubscribe": Desk._formatsubscribe,
    "/renew": Desk._renew,
    "/unsubscribe": Desk._unsubscribe,
}
_READ_ONLY = {at for at in KINDS if at.startswith("/-stat/aes50") or at.endswith("/hasdata")}
_READ_ONLY |= {"/-show/prepos/current", "/-stat/usbmounted", "/-stat/xcardtype"}
