"""The life of a projector, whatever it speaks: a lamp is struck, warms, burns, cools and ages; and what befalls it.

How it speaks is another file's story (`escvp21`). Trouble has words here; the codes for them belong to the protocol.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from simulators.device import OnStream, State, mishap

OFF, ON, WARMING, COOLING, FAULT = "off", "on", "warming", "cooling", "fault"
STRIKE_WEAR = 0.5  # h of life a strike costs; the counter does not show it
_AMPERES = {ON: 1.5, WARMING: 1.3, COOLING: 0.3}
_STANDBY_AMPERES = 0.02


class Projector(OnStream):
    """What it is (attributes) and what befalls it (mishaps). Hours and times come from the event loop."""

    inputs: Sequence[str] = ("30", "A0")
    """Codes of its inputs, as its protocol counts them: the one it shows first, and one somebody may switch to."""

    def __init__(self, name: str, simulate: Mapping[str, Any] | None = None) -> None:
        super().__init__(name, simulate)
        told = self.simulate.get
        self.model = str(told("model", "EB-2250U"))
        self.serial = str(told("serial", f"X{self.random.randrange(10**8):08d}"))
        self.laser = told("light", "lamp") == "laser"
        self.warm_up, self.cool_down = float(told("warm_up", 30)), float(told("cool_down", 60))
        self.hours = float(told("light_hours" if self.laser else "lamp_hours", 0))
        self.second = float(told("second_lamp_hours", -1))
        """Hours of the other lamp of a two-lamp model; -1 for a model with one."""
        self.life = float(told("lamp_life", 0))
        """Hours after which a strike fails; 0 for a lamp that never does."""
        self.strikes = int(told("strikes", 0))
        self.filter = float(told("filter_hours", 0))
        self.firmware = str(told("firmware", "1.02"))
        self.source = str(told("source", self.inputs[0]))
        self.power = ON if told("power") in ("on", True) else OFF
        self._unmutes()
        self.volume = 12
        self._lit_since = self.now if self.power == ON else None
        self._turn: Callable[[], None] = lambda: None
        self._meltdown: Callable[[], None] = lambda: None
        self._whole()

    def _whole(self) -> None:
        self.error = "none"
        self.warnings: set[str] = set()
        self.alarms: set[str] = set()
        self.signal = True
        self.broken = self.refusing = self.lying = False
        self.intruded: str | None = None
        self._meltdown()

    def changed(self) -> None:
        """Something happened that a projector may tell unasked. Subclasses say it."""

    # --- life

    def lamp_hours(self) -> float:
        """Hours on the counter, this very moment."""
        return self.hours + self._burnt()

    def filter_hours(self) -> float:
        """Hours since the filter was changed: the fans run while there is light."""
        return self.filter + self._burnt()

    def counters(self) -> list[float]:
        """One number per lamp; the lamps of a two-lamp model burn together."""
        burnt = self.lamp_hours()
        return [burnt] if self.second < 0 else [burnt, self.second + burnt - self.hours]

    def switch_on(self) -> None:
        """Strike the lamp. A worn or broken one does not light."""
        self.strikes += 1
        if self.broken or 0 < self.life < self.lamp_hours() + self.strikes * STRIKE_WEAR:
            self._fails("lamp-on", "lamp-on")
            return
        self._goes(WARMING)
        self._then(self.warm_up, lambda: self._goes(ON))

    def switch_off(self) -> None:
        """Dark at once, cool after a while."""
        self._unmutes()
        self._goes(COOLING)
        self._then(self.cool_down, lambda: self._goes(OFF))

    def _goes(self, power: str) -> None:
        self._count()
        self.power = power
        self._lit_since = self.now if power in (ON, WARMING) else None
        self.changed()

    def _count(self) -> None:
        self.filter = self.filter_hours()
        self.hours, self.second = (self.counters() + [-1.0])[:2]

    def _burnt(self) -> float:
        return 0.0 if self._lit_since is None else (self.now - self._lit_since) / 3600

    def _unmutes(self) -> None:
        self.mute = self.sound = self.freeze = "OFF"

    def _then(self, delay: float, call: Callable[[], None]) -> None:
        self._turn()
        self._turn = self.later(delay, call).cancel

    def _fails(self, error: str, alarm: str) -> None:
        self._turn()
        self.error = error
        self.alarms.add(alarm)
        self._goes(FAULT)

    def _warns(self, warning: str) -> None:
        self.warnings.add(warning)
        self.changed()

    def loses_mains(self) -> None:
        """Dark without cooling; after that, standby."""
        self._turn()
        self._count()
        self._lit_since = None
        self.power = OFF

    def starts(self) -> None:
        """Standby, mute forgotten."""
        self._unmutes()

    def current(self) -> float:
        """Amperes: most of them are light."""
        return 0.0 if self.wire.dead else _AMPERES.get(self.power, _STANDBY_AMPERES)

    # --- mishaps

    @mishap
    def lamp_fails(self) -> None:
        """A bang, then dark; still reachable."""
        self.broken = True
        self._fails("lamp", "burn-out")

    @mishap
    def overheats(self, after: float = 10.0) -> None:
        """Warns that it is hot, and shuts down `after` seconds later."""
        self.error = "temperature"
        self._warns("hot")
        self._meltdown = self.later(float(after), self._fails, "temperature", "too-hot").cancel

    @mishap
    def fan_fails(self) -> None:
        """A fan stands still: it shuts down to save the lamp."""
        self._fails("fan", "fan")

    @mishap
    def cover_opens(self) -> None:
        """The lamp cover is off: it will not light."""
        self._fails("cover", "cover")

    @mishap
    def filter_clogs(self) -> None:
        """Less and less air: it warns and goes on."""
        self.error = "air-flow"
        self._warns("filter")

    @mishap
    def loses_signal(self) -> None:
        """The laptop was unplugged: blue screen."""
        self.signal = False
        self._warns("no-signal")

    @mishap
    def wrong_source(self, code: str = "") -> None:
        """Somebody took the remote control and switched the input."""
        self.intruded = self.intruded or self.source
        self.source = str(code) or self.inputs[-1]
        self.changed()

    @mishap
    def refuses_power_on(self) -> None:
        """Will not be switched on, and says so."""
        self.refusing = True

    @mishap
    def lies(self) -> None:
        """Says yes to every command and does none of them."""
        self.lying = True

    @mishap
    def lamp_replaced(self) -> None:
        """A new lamp, and somebody remembered to reset the counter."""
        self._count()
        self.hours, self.strikes, self.broken = 0.0, 0, False
        self._lit_since = self.now if self._lit_since is not None else None

    def heal(self) -> None:
        """Repaired: one that had shut down is found in standby, an input switched by hand is switched back."""
        super().heal()
        self.source = self.intruded or self.source
        self._whole()
        if self.power == FAULT:
            self._goes(OFF)

    def state(self) -> State:
        """What stands on its panel."""
        return {
            "power": self.power,
            "source": self.source,
            "mute": self.mute,
            "hours": round(self.lamp_hours(), 3),
            "strikes": self.strikes,
            "error": self.error,
            "signal": "present" if self.signal else "absent",
        }
