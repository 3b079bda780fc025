"""The life of a flat display, whatever it speaks: it starts, shows a source, gets warm, and what befalls it.

How it speaks is another file's story (`samsung_mdc`, `lg_rs232`, `sony_bravia`). A panel has no lamp to cool: off is
off at once, but on takes some seconds, in which its control board is deaf.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

from simulators.device import State, mishap
from simulators.talker import Talker

ROOM, WORKING, WARMS = 24.0, 45.0, 600.0  # °C off, °C on, s to get two thirds of the way
TOO_HOT = 85.0
_AMPERES, _STANDBY_AMPERES = 0.9, 0.01


class Screen(Talker):
    """What it is (attributes) and what befalls it (mishaps)."""

    def __init__(self, name: str, simulate: Mapping[str, Any] | None = None) -> None:
        super().__init__(name, simulate)
        told = self.simulate.get
        self.model = str(told("model", "PANEL55"))
        self.serial = str(told("serial", f"P{self.random.randrange(10**9):09d}"))
        self.firmware = str(told("firmware", "T-1011.0"))
        self.start_up = float(told("start_up", 8))
        """Seconds from the command to a picture; deaf meanwhile for `deaf` of them."""
        self.deaf = float(told("deaf", 0))
        self.deep = bool(told("deep_standby", False))
        """Off means that even the network is off."""
        self.source = str(told("source", self.first_source))
        self.volume = int(told("volume", 20))
        self.power = "on" if told("power") in ("on", True) else "off"
        self.mute = False
        self._deaf_until = -1.0
        self._turn: Callable[[], None] = lambda: None
        self._warm = WORKING if self.power == "on" else ROOM
        self._warm_since = self.now
        self._whole()

    first_source = ""

    def _whole(self) -> None:
        self.signal = True
        self.panel_broken = self.fan_broken = self.lying = self.refusing = False
        self.intruded: str | None = None
        self.fever = 0.0

    def changed(self, what: str) -> None:
        """`what` ("power", "source", …) changed by hand or by itself. Subclasses may tell it."""

    # --- life

    @property
    def degrees(self) -> float:
        """°C inside, this very moment."""
        goal = WORKING if self.power == "on" else ROOM
        part = 1 - math.exp(-(self.now - self._warm_since) / WARMS)
        return self._warm + (goal - self._warm) * part + self.fever

    @property
    def listening(self) -> bool:
        """Not while its board starts, and not in deep standby."""
        return self.now >= self._deaf_until and not (self.deep and self.power == "off")

    def reply(self, request: bytes, talk: Any) -> bytes:
        """Nothing while it is deaf."""
        return super().reply(request, talk) if self.listening else b""

    def switch(self, on: bool) -> None:
        """By wire or by hand."""
        self._turn()
        if on and self.power == "off":
            self._deaf_until = self.now + self.deaf
            self._turn = self.later(self.start_up, self._goes, "on").cancel
        elif not on:
            self._goes("off")

    def _goes(self, power: str) -> None:
        self._warm, self._warm_since = self.degrees - self.fever, self.now
        self.power = power
        self.changed("power")

    def choose(self, source: str) -> None:
        """Show another input."""
        self.source = source
        self.changed("source")

    def turn(self, volume: int) -> None:
        """Louder or softer, 0 to 100."""
        self.volume = volume
        self.changed("volume")

    def hush(self, mute: bool) -> None:
        """Sound off or on."""
        self.mute = mute
        self.changed("mute")

    def loses_mains(self) -> None:
        """Dark; after that, standby."""
        self._turn()
        if self.power == "on":
            self._goes("off")

    def current(self) -> float:
        """Amperes: most of them are light."""
        return 0.0 if self.wire.dead else _AMPERES if self.power == "on" else _STANDBY_AMPERES

    # --- mishaps

    @mishap
    def loses_signal(self) -> None:
        """The cable was pulled: "no signal" floats over the screen."""
        self.signal = False
        self.changed("signal")

    @mishap
    def wrong_source(self, code: str = "") -> None:
        """Somebody took the remote control and switched the input."""
        self.intruded = self.intruded or self.source
        self.choose(str(code) or self.other_source)

    other_source = ""

    @mishap
    def is_switched_off(self) -> None:
        """Somebody took the remote control and switched it off."""
        self.switch(False)

    @mishap
    def panel_fails(self) -> None:
        """The backlight is dead, the board lives."""
        self.panel_broken = True

    @mishap
    def overheats(self) -> None:
        """The vents are covered: over its limit at once."""
        self.fever = TOO_HOT - ROOM

    @mishap
    def fan_fails(self) -> None:
        """A fan stands still."""
        self.fan_broken = True

    @mishap
    def refuses(self) -> None:
        """Says no to every command that would change something."""
        self.refusing = True

    @mishap
    def lies(self) -> None:
        """Says yes to every command and does none of them."""
        self.lying = True

    def heal(self) -> None:
        """Repaired; an input switched by hand is switched back."""
        super().heal()
        self.source = self.intruded or self.source
        self._whole()

    def state(self) -> State:
        """What a person in front of it sees."""
        return {
            "power": self.power,
            "source": self.source,
            "volume": self.volume,
            "mute": "on" if self.mute else "off",
            "signal": "present" if self.signal else "absent",
            "temperature": round(self.degrees, 1),
        }
