"""An Epson projector that is not there. Speaks ESC/VP21 over a serial line or a serial device server.

Source: Epson ESC/VP21 command guide. What makes it worth testing against:

1. Every answer ends in `:`; a refusal is `ERR\\r:`; a lone CR brings a lone `:`.
2. Warm-up and cool-down are states that take their time; nearly everything asked in them is `ERR`.
3. Right after `PWR ON` it is deaf for a while: what is sent then is lost, not refused.
4. It speaks unasked (`IMEVENT=…`) when its state changes, often glued before an answer, with a `:` of its own.
5. A lamp wears while it is lit, and is struck only so often.
"""

from collections.abc import Callable, Mapping
from typing import Any

from simulators.device import OnStream, State, mishap
from simulators.faces import Say

OFF, ON, WARMING, COOLING, ABNORMAL = "off", "on", "warming", "cooling", "fault"
_PWR = {ON: "01", WARMING: "02", COOLING: "03", ABNORMAL: "05"}
_STATUS = {OFF: "01", WARMING: "02", ON: "03", COOLING: "04", ABNORMAL: "FF"}  # IMEVENT, second field
NO_SIGNAL, FILTER, HOT = 0x02, 0x08, 0x10  # IMEVENT warning bits
LAMP_ON_FAILURE, LID, BURN_OUT, FAN, TOO_HOT = 0x01, 0x02, 0x04, 0x08, 0x20  # IMEVENT alarm bits
_ALWAYS = {"PWR?", "ERR?", "SNO?", ""}  # answered in every state
_STANDBY = _ALWAYS | {"LAMP?", "PWR ON", "PWR OFF"}
STRIKE_WEAR = 0.5  # h of life a strike costs; the counter does not show it
_GLUE = 0.02  # s a notice waits for an answer to travel with


class Projector(OnStream):
    """What it is (attributes), what befalls it (mishaps), how it speaks (`talk`)."""

    stem = "escvp21"

    def __init__(self, name: str, simulate: Mapping[str, Any] | None = None) -> None:
        super().__init__(name, simulate)
        told = self.simulate.get
        self.model = str(told("model", "EB-2250U"))
        self.serial = str(told("serial", f"X{self.random.randrange(10**8):08d}"))
        self.laser = told("light", "lamp") == "laser"
        self.warm_up, self.cool_down = float(told("warm_up", 30)), float(told("cool_down", 60))
        self.deaf = float(told("deaf", self.warm_up * 0.2))
        self.standby = str(told("standby", "04"))
        self.imevent = bool(told("imevent", True))
        self.hours = float(told("light_hours" if self.laser else "lamp_hours", 0))
        self.second = float(told("second_lamp_hours", -1))
        """Hours of the other lamp of a two-lamp model; -1 for a model with one."""
        self.life = float(told("lamp_life", 0))
        """Hours after which a strike fails; 0 for a lamp that never does."""
        self.strikes = int(told("strikes", 0))
        self.source = str(told("source", "30"))
        self.power = ON if told("power") in ("on", True) else OFF
        self.mute = self.freeze = "OFF"
        self.signal = True
        self.volume = 12
        self._lit_since: float | None = None
        self._deaf_until = -1.0
        self._talks: set[_Talk] = set()
        self._turn: Callable[[], None] = lambda: None
        self._meltdown: Callable[[], None] = lambda: None
        self._healthy()

    def _healthy(self) -> None:
        self.error = "00"
        self.warnings = self.alarms = 0
        self.broken = self.refusing = self.lying = False
        self.intruded: str | None = None
        self._meltdown()

    # --- life

    def lamp_hours(self) -> float:
        """Hours on the counter, this very moment."""
        if self.power in (ON, WARMING) and self._lit_since is None:
            self._lit_since = self.now  # lit since before the loop ran
        lit = 0.0 if self._lit_since is None else self.now - self._lit_since
        return self.hours + lit / 3600

    def _counters(self) -> list[float]:
        """One number per lamp; the lamps of a two-lamp model burn together."""
        burnt = self.lamp_hours()
        return [burnt] if self.second < 0 else [burnt, self.second + burnt - self.hours]

    def _counted(self) -> None:
        self.hours, self.second = (self._counters() + [-1.0])[:2]

    def _goes(self, power: str) -> None:
        self._counted()
        self.power = power
        self._lit_since = self.now if power in (ON, WARMING) else None
        self._notify()

    def _then(self, delay: float, call: Callable[[], None]) -> None:
        self._turn()
        self._turn = self.later(delay, call).cancel

    def switch_on(self) -> None:
        """Strike the lamp. A worn or broken one does not light."""
        self.strikes += 1
        if self.broken or (0 < self.life < self.lamp_hours() + self.strikes * STRIKE_WEAR):
            self._fails("03", LAMP_ON_FAILURE)
            return
        self._deaf_until = self.now + self.deaf
        self._goes(WARMING)
        self._then(self.warm_up, lambda: self._goes(ON))

    def switch_off(self) -> None:
        """Dark at once, cool after a while."""
        self.mute = self.freeze = "OFF"
        self._goes(COOLING)
        self._then(self.cool_down, lambda: self._goes(OFF))

    def _fails(self, error: str, alarm: int) -> None:
        self._turn()
        self.error, self.alarms = error, self.alarms | alarm
        self._goes(ABNORMAL)

    def loses_mains(self) -> None:
        """Dark without cooling; after that, standby."""
        self._turn()
        self._counted()
        self._lit_since = None
        self.power = OFF

    def starts(self) -> None:
        """Standby, mute forgotten."""
        self.mute = self.freeze = "OFF"

    def current(self) -> float:
        """Amperes: lit 1.5, fan 0.3, standby 0.02."""
        return 0.0 if self.wire.dead else {ON: 1.5, WARMING: 1.3, COOLING: 0.3}.get(self.power, 0.02)

    # --- mishaps

    @mishap
    def lamp_fails(self) -> None:
        """A bang, then dark; still reachable."""
        self.broken = True
        self._fails("06", BURN_OUT)

    @mishap
    def overheats(self, after: float = 10.0) -> None:
        """Warns that it is hot, and shuts down `after` seconds later."""
        self.error, self.warnings = "04", self.warnings | HOT
        self._notify()
        self._meltdown = self.later(float(after), self._fails, "04", TOO_HOT).cancel

    @mishap
    def fan_fails(self) -> None:
        """A fan stands still: it shuts down to save the lamp."""
        self._fails("01", FAN)

    @mishap
    def cover_opens(self) -> None:
        """The lamp cover is off: it will not light."""
        self._fails("07", LID)

    @mishap
    def filter_clogs(self) -> None:
        """Less and less air: it warns and goes on."""
        self.error, self.warnings = "0C", self.warnings | FILTER
        self._notify()

    @mishap
    def loses_signal(self) -> None:
        """The laptop was unplugged: blue screen."""
        self.signal, self.warnings = False, self.warnings | NO_SIGNAL
        self._notify()

    @mishap
    def wrong_source(self, code: str = "A0") -> None:
        """Somebody took the remote control and switched the input."""
        self.intruded = self.intruded or self.source
        self.source = str(code)
        self._notify()

    @mishap
    def refuses_power_on(self) -> None:
        """Answers PWR ON with ERR and stays dark."""
        self.refusing = True

    @mishap
    def lies(self) -> None:
        """Says yes to every command and does none of them."""
        self.lying = True

    @mishap
    def lamp_replaced(self) -> None:
        """A new lamp, and somebody remembered to reset the counter."""
        self.hours, self.strikes, self.broken = 0.0, 0, False
        if self._lit_since is not None:
            self._lit_since = self.now

    def heal(self) -> None:
        """Repaired: a projector that had shut down is found in standby, an input switched by hand is switched back."""
        super().heal()
        self.source = self.intruded or self.source
        self._healthy()
        self.signal = True
        if self.power == ABNORMAL:
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

    # --- speech

    def talk(self, say: Say) -> "_Talk":
        """A new line to the outside."""
        talk = _Talk(self, say)
        self._talks.add(talk)
        return talk

    def leave(self, talk: "_Talk") -> None:
        """That line is gone."""
        self._talks.discard(talk)

    def listening(self) -> bool:
        """Deaf for a while after power on."""
        return self.now >= self._deaf_until

    def notice(self) -> bytes:
        """`IMEVENT=0001 03 00000002 00000000 T1 F1`: status, warnings, alarms."""
        return f"IMEVENT=0001 {_STATUS[self.power]} {self.warnings:08X} {self.alarms:08X} T1 F1\r:".encode()

    def _notify(self) -> None:
        if self.imevent:
            for talk in self._talks:
                talk.tell(self.notice())

    def answer(self, line: str) -> str | None:
        """One command to one answer; None is the bare prompt. Anything not possible now is `ERR`."""
        known = {WARMING: _ALWAYS, COOLING: _ALWAYS, OFF: _STANDBY, ABNORMAL: _STANDBY}
        if self.power in known and line not in known[self.power]:
            return "ERR"
        if line == "":
            return None
        if line.endswith("?"):
            return self._asked(line[:-1])
        return self._told(*line.split(" ", 1)) if " " in line else "ERR"

    def _asked(self, name: str) -> str:
        answers = {
            "PWR": _PWR.get(self.power, self.standby),
            "SOURCE": self.source,
            "MUTE": self.mute,
            "FREEZE": self.freeze,
            "VOL": str(self.volume),
            "LAMP": " ".join(str(int(hours)) for hours in self._counters()),
            "ERR": self.error,
            "SNO": self.serial,
            "SIGNAL": "01" if self.signal else "00",
        }
        return f"{name}={answers[name]}" if name in answers else "ERR"

    def _told(self, name: str, value: str) -> str | None:
        if name == "PWR" and value in ("ON", "OFF"):
            return self._told_power(value)
        fits = {"SOURCE": _hex, "MUTE": _switch, "FREEZE": _switch, "VOL": _level}.get(name)
        if not fits or not fits(value):
            return "ERR"
        if not self.lying:
            setattr(self, "volume" if name == "VOL" else name.lower(), int(value) if name == "VOL" else value)
        return None

    def _told_power(self, value: str) -> str | None:
        if value == "ON" and (self.refusing or self.power == ABNORMAL):
            return "ERR"
        if self.lying:
            return None
        if value == "ON" and self.power == OFF:
            self.switch_on()
        elif value == "OFF" and self.power == ON:
            self.switch_off()
        return None


class _Talk:
    """One line to the projector: commands end in CR, one at a time."""

    def __init__(self, projector: Projector, say: Say) -> None:
        self._projector, self._say = projector, say
        self._rest = b""
        self._waiting = b""

    def hear(self, data: bytes) -> None:
        """Take whole lines out of whatever arrives; a deaf projector loses them."""
        if not self._projector.listening():
            self._rest = b""
            return
        *lines, self._rest = (self._rest + data).split(b"\r")
        self._rest = self._rest[-64:]  # no command is longer
        for line in lines:
            answer = self._projector.answer(line.decode("ascii", "replace").strip().upper())
            self._speak(b":" if answer is None else answer.encode() + b"\r:")

    def tell(self, notice: bytes) -> None:
        """Something unasked: travels before the next answer, or alone if none comes soon."""
        if not self._waiting:
            self._projector.later(_GLUE, self._speak, b"")
        self._waiting += notice

    def _speak(self, data: bytes) -> None:
        data, self._waiting = self._waiting + data, b""
        if data:
            self._say(data)

    def end(self) -> None:
        """Hung up."""
        self._projector.leave(self)


def _hex(value: str) -> bool:
    return len(value) == 2 and all(digit in "0123456789ABCDEF" for digit in value)


def _switch(value: str) -> bool:
    return value in ("ON", "OFF")


def _level(value: str) -> bool:
    return value.isdecimal() and int(value) <= 255
