"""The life of a desk: its parameters, its scenes, who touches it, what befalls it. Its family says what it has.

A change is told to every `/xremote` client but the one who made it. A recall takes a while: values move a slice at a
time, as on the real desk, where an answer to `/load` does not mean that all is done.
"""

import asyncio
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from simulators import osc
from simulators.desk_kind import Kind, Value
from simulators.desk_scene import CONDENSERS, Scene
from simulators.desk_sound import FADER, SILENCE, Sound, Source
from simulators.desk_subscription import Remotes, Subscriptions
from simulators.device import OnDatagrams, State, mishap
from simulators.faces import Address

SLICE, PAUSE = 10, 0.005  # a recall moves so many values every so many seconds


class Console(OnDatagrams):
    """What it is (values by address) and what befalls it (mishaps)."""

    draw = 0.5
    usual = ""
    """Its model, where the site file does not say."""
    kinds: Mapping[str, Kind]
    factory: Mapping[str, Value]
    scene_number: ClassVar[str]
    """Where the number of the scene recalled last is kept."""
    clients: ClassVar[int]
    """How many are told of changes."""

    def __init__(self, name: str, simulate: Mapping[str, Any] | None = None) -> None:
        super().__init__(name, simulate)
        self.model = str(self.simulate.get("model", self.usual))
        self.address = "127.0.0.1"
        self.values: dict[str, Value] = dict(self.factory)
        self.values["/-prefs/name"] = str(self.simulate.get("console", name))[:12]
        self.sound = self.ears()
        self.sound.condensers = set(CONDENSERS)
        self.scenes: dict[int, Scene] = self.shipped()
        self.refusing = False
        self.remotes, self.subscriptions = Remotes(self.clients), Subscriptions()
        self._lost: dict[int, Scene] = {}
        self._before: dict[str, Value] = {}
        self._recall: asyncio.TimerHandle | None = None
        self._name_scenes()
        self._start_in(int(self.simulate.get("scene", 2)))

    @abstractmethod
    def ears(self) -> Sound:
        """What flows through a desk of this family."""

    @abstractmethod
    def shipped(self) -> dict[int, Scene]:
        """The scenes an installer left in it."""

    @abstractmethod
    def _name_scenes(self) -> None:
        """Show the names of all scenes where the family keeps them."""

    def _start_in(self, scene: int) -> None:
        if scene in self.scenes:
            self.values |= self.scenes[scene].values
            self.values[self.scene_number] = scene

    # --- what flows in and out

    def plug(self, channel: int, source: Source) -> None:
        """Connect a microphone: `source(loudspeakers)` says its level in dBFS at nominal gain."""
        self.sound.sources[channel] = source

    def output(self, name: str) -> float:
        """What leaves by `main` or `bus.NN`, dBFS. A desk without mains passes nothing."""
        if self.wire.dead:
            return SILENCE
        if name == "main":
            return max(self.sound.sides())
        return self.sound.bus(int(name.removeprefix("bus.")))

    def fader(self, channel: int) -> float:
        """dB of a channel's fader; minus infinity when it is muted."""
        strip = f"/ch/{channel:02}"
        return -float("inf") if self.sound.muted(strip) else FADER.real(self.values[f"{strip}/mix/fader"])

    # --- life

    def loses_mains(self) -> None:
        """Nobody is remembered; the oscillator is off. Parameters are kept: the desk saves them all the time."""
        self.remotes.clear()
        self.subscriptions.clear()
        if self._recall:
            self._recall.cancel()
        self.values |= {at: 0 for at in self.values if at == "/-stat/osc/on"}

    def touch(self, at: str, value: Value) -> None:
        """Somebody moved it at the desk. Raises KeyError for an address, ValueError for a value it does not have."""
        taken = self.kinds[at].take(value)
        if taken is None:
            raise ValueError(f"{at} does not take {value!r}")
        self.change(at, taken, None)

    def change(self, at: str, value: Value, sender: Address | None) -> None:
        """A new value, told to everybody but its sender; a linked neighbour moves along and is told to all."""
        if self.values[at] == value:
            return
        self._now_is(at, value, sender)
        neighbour = self._neighbour(at)
        if neighbour and self.values[neighbour] != value:
            self._now_is(neighbour, value, None)

    def _now_is(self, at: str, value: Value, sender: Address | None) -> None:
        self.values[at] = value
        self.remotes.push(osc.build(at, value), sender)

    def _neighbour(self, at: str) -> str | None:
        """Linked channels move together, all but their names and pans."""
        parts = at.split("/")
        if parts[1] != "ch" or parts[3] == "config" or parts[-1] == "pan":
            return None
        odd = (int(parts[2]) - 1) // 2 * 2 + 1
        other = odd if int(parts[2]) != odd else odd + 1
        linked = self.values.get(f"/config/chlink/{odd}-{odd + 1}")
        return "/".join(["", "ch", f"{other:02}", *parts[3:]]) if linked else None

    def load(self, number: int) -> bool:
        """Begin to recall a scene; False when there is none, or when the desk will not."""
        if self.refusing or number not in self.scenes:
            return False
        wanted = self.scenes[number].values
        moved = [at for at in wanted if self.values[at] != wanted[at] or at.endswith(("/mix/fader", "/mix/on"))]
        self._now_is(self.scene_number, number, None)
        self._move(wanted, moved)
        return True

    def _move(self, wanted: Mapping[str, Value], rest: list[str]) -> None:
        for at in rest[:SLICE]:
            self._now_is(at, wanted[at], None)
        if self._recall:
            self._recall.cancel()
        self._recall = self.later(PAUSE, self._move, wanted, rest[SLICE:]) if rest[SLICE:] else None

    def put(self, **state: Any) -> None:
        """As of every device; a name that begins with `/` is a parameter of the desk."""
        for at in [name for name in state if name.startswith("/")]:
            self.values[at] = state.pop(at)
        super().put(**state)

    # --- mishaps

    def _by_hand(self, at: str, value: Value) -> None:
        self._before.setdefault(at, self.values[at])
        self.touch(at, value)

    @mishap
    def channel_muted(self, channel: int = 1) -> None:
        """Somebody pressed MUTE at the desk."""
        self._by_hand(f"/ch/{self._channel(channel):02}/mix/on", 0)

    @mishap
    def fader_moved(self, channel: int = 1, db: float = -20.0) -> None:
        """Somebody moved a fader at the desk, to so many dB."""
        self._by_hand(f"/ch/{self._channel(channel):02}/mix/fader", float(FADER.wire(float(db))))

    @mishap
    def main_muted(self) -> None:
        """Somebody muted the whole room."""
        self._by_hand(f"{self.sound.main_strip}/mix/on", 0)

    @mishap
    def gain_drifts(self, channel: int = 1, by: float = -9.0) -> None:
        """A head amplifier loses gain without the desk noticing: it still shows the old value."""
        self.sound.drift[self._channel(channel)] = float(by)

    @mishap
    def phantom_lost(self, channel: int = 1) -> None:
        """Somebody switched phantom power off: condenser microphones are dead."""
        self._by_hand(f"{self.sound.headamp(self._channel(channel))}/phantom", 0)

    @mishap
    def mic_dies(self, channel: int = 1) -> None:
        """A cable broke: nothing but the noise of the preamplifier."""
        self.sound.dead.add(self._channel(channel))

    @mishap
    def mic_hums(self, channel: int = 1) -> None:
        """A ground loop: 50 Hz at -38 dBFS."""
        self.sound.humming.add(self._channel(channel))

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
        """Somebody at the desk recalled a scene. Healing does not recall the old one: that is the engineer's to say."""
        self.load(int(scene))

    def heal(self) -> None:
        """Cables, screen and scenes are whole; what was moved by hand at the desk is moved back."""
        super().heal()
        self.sound.heal()
        self.refusing = False
        self.scenes |= self._lost
        self._lost.clear()
        self._name_scenes()
        for at, value in self._before.items():
            self.change(at, value, None)
        self._before.clear()

    def state(self) -> State:
        """What the desk's screen shows first."""
        scene = int(self.values[self.scene_number])
        closed = [str(n) for n in sorted(self.sound.sources) if self.sound.muted(f"/ch/{n:02}")]
        return {
            "scene": scene,
            "scene.name": self.scenes[scene].name if scene in self.scenes else None,
            "main.muted": "on" if self.sound.muted(self.sound.main_strip) else "off",
            "microphones.muted": " ".join(closed),
            "oscillator": "on" if self.values.get("/-stat/osc/on") else "off",
            "remotes": self.remotes.count(),
        }

    def _channel(self, number: int) -> int:
        if not 1 <= int(number) <= self.sound.channels:
            raise ValueError(f"channel {number}: this desk has channels 1 to {self.sound.channels}")
        return int(number)
