"""An Epson projector that is not there. Speaks ESC/VP21 over a serial line or a serial device server.

Source: Epson ESC/VP21 command guide. What makes it worth testing against:

1. Every answer ends in `:`; a refusal is `ERR\\r:`; a lone CR brings a lone `:`.
2. Warm-up and cool-down are states that take their time; nearly everything asked in them is `ERR`.
3. Right after `PWR ON` it is deaf for a while: what is sent then is lost, not refused.
4. It speaks unasked (`IMEVENT=…`) when its state changes, often glued before an answer, with a `:` of its own.
5. A lamp wears while it is lit, and is struck only so often (`projector`).
"""

from collections.abc import Mapping
from typing import Any

from simulators import projector
from simulators.faces import Say
from simulators.projector import COOLING, FAULT, OFF, ON, WARMING

_PWR = {ON: "01", WARMING: "02", COOLING: "03", FAULT: "05"}
_STATUS = {OFF: "01", WARMING: "02", ON: "03", COOLING: "04", FAULT: "FF"}  # IMEVENT, second field
_WARNING = {"no-signal": 0x02, "filter": 0x08, "hot": 0x10}  # IMEVENT, third field
_ALARM = {"lamp-on": 0x01, "cover": 0x02, "burn-out": 0x04, "fan": 0x08, "too-hot": 0x20}  # IMEVENT, fourth field
_ERR = {"none": "00", "fan": "01", "lamp-on": "03", "temperature": "04", "lamp": "06", "cover": "07", "air-flow": "0C"}
_ALWAYS = {"PWR?", "ERR?", "SNO?", ""}  # answered in every state
_STANDBY = _ALWAYS | {"LAMP?", "PWR ON", "PWR OFF"}
_TAKEN = {WARMING: _ALWAYS, COOLING: _ALWAYS, OFF: _STANDBY, FAULT: _STANDBY}
_DEAF = 0.2  # of the warm-up
_GLUE = 0.02  # s a notice waits for an answer to travel with
_LONGEST = 64  # bytes of a command, generously


class Projector(projector.Projector):
    """How it speaks."""

    stem = "escvp21"

    def __init__(self, name: str, simulate: Mapping[str, Any] | None = None) -> None:
        self._talks: set[_Talk] = set()
        self._deaf_until = -1.0
        super().__init__(name, simulate)
        self.deaf = float(self.simulate.get("deaf", self.warm_up * _DEAF))
        self.standby = str(self.simulate.get("standby", "04"))
        self.imevent = bool(self.simulate.get("imevent", True))

    def talk(self, say: Say) -> "_Talk":
        """A new line to the outside."""
        talk = _Talk(self, say)
        self._talks.add(talk)
        return talk

    def leave(self, talk: "_Talk") -> None:
        """That line is gone."""
        self._talks.discard(talk)

    def listening(self) -> bool:
        """Not for a while after power on."""
        return self.now >= self._deaf_until

    def changed(self) -> None:
        """Tell everybody who is connected."""
        for talk in self._talks if self.imevent else ():
            talk.tell(self.notice())

    def notice(self) -> bytes:
        """`IMEVENT=0001 03 00000002 00000000 T1 F1`: status, warnings, alarms."""
        warnings = sum(_WARNING[word] for word in self.warnings)
        alarms = sum(_ALARM[word] for word in self.alarms)
        return f"IMEVENT=0001 {_STATUS[self.power]} {warnings:08X} {alarms:08X} T1 F1\r:".encode()

    def answer(self, line: str) -> str | None:
        """One command to one answer; None is the bare prompt. Anything not possible now is `ERR`."""
        if line not in _TAKEN.get(self.power, {line}):
            return "ERR"
        if not line:
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
            "LAMP": " ".join(str(int(hours)) for hours in self.counters()),
            "ERR": _ERR[self.error],
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
        if value == "ON" and (self.refusing or self.power == FAULT):
            return "ERR"
        if self.lying:
            return None
        if value == "ON" and self.power == OFF:
            self._deaf_until = self.now + self.deaf
            self.switch_on()
        elif value == "OFF" and self.power == ON:
            self.switch_off()
        return None


class _Talk:
    """One line to the projector: commands end in CR, one at a time."""

    def __init__(self, spoken_to: Projector, say: Say) -> None:
        self._projector, self._say = spoken_to, say
        self._rest = b""
        self._waiting = b""

    def hear(self, data: bytes) -> None:
        """Take whole lines out of whatever arrives; a deaf projector loses them."""
        if not self._projector.listening():
            self._rest = b""
            return
        *lines, self._rest = (self._rest + data).split(b"\r")
        self._rest = self._rest[-_LONGEST:]
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
