"""A Panasonic projector that is not there, on a network (NTCONTROL). Written from the manuals; knows nothing of avctl.

Source: Panasonic PT-VX42Z manual p. 102, PT-MW630 p. 213, PT-JX200 p. 144. Worth testing against: one command per
connection, then it hangs up; a digest of user, password and a random number before the command; answers that do not
say what they answer; a model that does not know `Q$S` (`plain`).
"""

from collections.abc import Callable, Mapping
from hashlib import md5
from typing import Any

from simulators import projector
from simulators.faces import Say
from simulators.projector import COOLING, FAULT, OFF, ON, WARMING

_STATES = {OFF: "0", FAULT: "0", WARMING: "1", ON: "2", COOLING: "3"}
_LONGEST = 200  # bytes kept of a line without an end


class Projector(projector.Projector):
    """How it speaks."""

    stem = "ntcontrol"
    inputs = ("HD1", "HD2", "RG1", "DP1", "DL1")

    def __init__(self, name: str, simulate: Mapping[str, Any] | None = None) -> None:
        super().__init__(name, simulate)
        told = self.simulate.get
        self.user, self.password = str(told("user", "admin1")), str(told("password", ""))
        self.plain = bool(told("plain", False))
        self.salt = str(told("salt", ""))
        """The random number of every greeting; "" for one that is random."""

    def talk(self, say: Say) -> "_Talk":
        """Somebody connected."""
        return _Talk(self, say)

    def answer(self, command: str) -> str:
        """One command to one answer, without `00` and CR."""
        name, _, value = command.partition(":")
        if name.startswith("Q"):
            return self._asked(name, value)
        return self._told(name, value)

    def _asked(self, name: str, value: str) -> str:
        on = self.power == ON
        match name:
            case "QPW":
                return "001" if self.power in (ON, WARMING) else "000"
            case "Q$S" if not self.plain:
                return _STATES[self.power]
            case "QIN":
                return self.source if on else "ERR3"
            case "QSH":
                return str(int(self.mute == "ON")) if on else "ERR3"
            case "QST":
                return f"{int(self.lamp_hours()):05d}"
            case "Q$L" if value.isdecimal() and not self.laser:
                lamps = self.counters()
                return f"{int(lamps[int(value) - 1]):04d}" if 1 <= int(value) <= len(lamps) else "ERR2"
        return "ERR1"

    def _told(self, name: str, value: str) -> str:
        match name:
            case "PON" | "POF":
                return self._switched(name)
            case "IIS" | "OSH" if self.power != ON:
                return "ERR3"
            case "IIS":
                return self._put("source", value, f"IIS:{value}") if value in self.inputs else "ERR2"
            case "OSH" if value in ("0", "1"):
                return self._put("mute", "ON" if value == "1" else "OFF", f"OSH:{value}")
        return "ERR1"

    def _put(self, name: str, value: str, said: str) -> str:
        if not self.lying:
            setattr(self, name, value)
        return said

    def _switched(self, name: str) -> str:
        if self.power in (WARMING, COOLING):
            return "ERR3"
        if name == "PON" and (self.refusing or self.power == FAULT):
            return "ERR4"
        if not self.lying and name == "PON" and self.power == OFF:
            self.switch_on()
        elif not self.lying and name == "POF" and self.power == ON:
            self.switch_off()
        return name


class _Talk:
    """One connection for one command."""

    def __init__(self, spoken_to: Projector, say: Say) -> None:
        self._projector, self._say = spoken_to, say
        self._hang_up: Callable[[], None] = lambda: None
        self._rest = b""
        self._salt = ""

    def begin(self, hang_up: Callable[[], None]) -> None:
        """Greet."""
        self._hang_up = hang_up
        if self._projector.password:
            self._salt = self._projector.salt or f"{self._projector.random.getrandbits(32):08x}"
        self._say(b"NTCONTROL " + (f"1 {self._salt}" if self._salt else "0").encode() + b"\r")

    def hear(self, data: bytes) -> None:
        """The first whole line is answered, and that was it."""
        line, end, _ = (self._rest + data).partition(b"\r")
        self._rest = line[-_LONGEST:]
        if end:
            self._rest = b""
            self._answer(line.decode("ascii", "replace").strip())

    def _answer(self, line: str) -> None:
        proof = self._proof()
        if not line.startswith(proof):
            said = "ERRA"
        elif not line.removeprefix(proof).startswith("00"):
            said = "ERR1"
        else:
            said = self._projector.answer(line.removeprefix(proof)[2:])
        self._say((said if said.startswith("ERR") else f"00{said}").encode() + b"\r")
        self._hang_up()

    def _proof(self) -> str:
        told = f"{self._projector.user}:{self._projector.password}:{self._salt}"
        return md5(told.encode()).hexdigest() if self._salt else ""

    def end(self) -> None:
        """Hung up."""
