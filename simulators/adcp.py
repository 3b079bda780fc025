"""A Sony projector on a network that is not there (ADCP). Written from the manual; imports nothing from avctl.

Source: Sony, ADCP protocol manual. Worth testing against: a greeting that wants a digest back (`password`), one client,
answers that do not say what they answer, err_inactive in every state but on, and a hang-up after a silent minute.
"""

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

from simulators import projector
from simulators.faces import Say
from simulators.projector import COOLING, FAULT, OFF, ON, WARMING

IDLE = 60.0
"""Seconds without a command after which it hangs up."""
_STATUS = {OFF: "standby", WARMING: "startup", ON: "on", COOLING: "cooling1", FAULT: "standby"}
_ALARM = {
    "lamp-on": "err_light_src",
    "burn-out": "err_light_src",
    "cover": "err_cover",
    "fan": "err_fan",
    "too-hot": "err_temp",
}
_WARNING = {"hot": "warn_temp", "filter": "warn_highland", "no-signal": "warn_signal_sel"}
_COMMAND = re.compile(r'([a-z0-9_]+) (\?|"([^"]*)")')
_ONLY_ON = {"input", "blank", "signal"}
_LONGEST = 300  # bytes kept of a line without an end


class Projector(projector.Projector):
    """How it speaks."""

    stem = "adcp"
    inputs = ("hdmi1", "hdmi2", "rgb1")

    def __init__(self, name: str, simulate: Mapping[str, Any] | None = None) -> None:
        super().__init__(name, {"light": "laser"} | dict(simulate or {}))
        self.password = str(self.simulate.get("password", ""))
        self.salt = str(self.simulate.get("salt", ""))
        """The greeting; "" for one that is random."""
        self.guest: _Talk | None = None

    def talk(self, say: Say) -> "_Talk":
        """Somebody connected."""
        return _Talk(self, say)

    def answer(self, line: str) -> str:
        """One command to one answer."""
        found = _COMMAND.fullmatch(line)
        if not found:
            return "err_cmd"
        name = found[1]
        if name in _ONLY_ON and self.power != ON:
            return "err_inactive"
        return self._asked(name) if found[2] == "?" else self._told(name, found[3])

    def _asked(self, name: str) -> str:
        values: dict[str, Any] = {
            "power_status": _STATUS[self.power],
            "input": self.source,
            "blank": self.mute.lower(),
            "signal": "1920x1080/60p" if self.signal else "Invalid",
            "timer": [{"light_src": int(self.lamp_hours())}, {"operation": int(self.lamp_hours()) + 5}],
            "error": sorted({_ALARM[word] for word in self.alarms}) or ["no_err"],
            "warning": sorted({_WARNING[word] for word in self.warnings if word in _WARNING}) or ["no_warn"],
            "modelname": self.model,
            "serialnum": self.serial,
        }
        return json.dumps(values[name], separators=(",", ":")) if name in values else "err_cmd"

    def _told(self, name: str, value: str) -> str:
        match name, value:
            case "power", ("on" | "off"):
                return self._switched(value)
            case "input", _ if value in self.inputs:
                return self._put("source", value)
            case "blank", ("on" | "off"):
                return self._put("mute", value.upper())
            case (("power" | "input" | "blank"), _):
                return "err_val"
        return "err_cmd"

    def _put(self, name: str, value: str) -> str:
        if not self.lying:
            setattr(self, name, value)
        return "ok"

    def _switched(self, value: str) -> str:
        if self.power in (WARMING, COOLING) or (value == "on" and (self.refusing or self.power == FAULT)):
            return "err_inactive"
        if not self.lying and value == "on" and self.power == OFF:
            self.switch_on()
        elif not self.lying and value == "off" and self.power == ON:
            self.switch_off()
        return "ok"


class _Talk:
    """One connection: greets, wants its digest, takes commands."""

    def __init__(self, spoken_to: Projector, say: Say) -> None:
        self._projector, self._say = spoken_to, say
        self._hang_up: Callable[[], None] = lambda: None
        self._rest = b""
        self._salt, self._trusted = "", not spoken_to.password
        self._idle: asyncio.TimerHandle | None = None

    def begin(self, hang_up: Callable[[], None]) -> None:
        """Greet, or show the second guest the door."""
        self._hang_up = hang_up
        if self._projector.guest is not None:
            return hang_up()
        self._projector.guest = self
        if not self._trusted:
            self._salt = self._projector.salt or f"{self._projector.random.getrandbits(64):016x}"
        self._speak("NOKEY" if self._trusted else self._salt)
        self._wait()

    def hear(self, data: bytes) -> None:
        """Take whole lines out of whatever arrives."""
        self._wait()
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._rest = self._rest[-_LONGEST:]
        for line in lines:
            self._line(line.decode("ascii", "replace").strip())

    def _line(self, line: str) -> None:
        if self._trusted:
            return self._speak(self._projector.answer(line))
        self._trusted = line == sha256((self._salt + self._projector.password).encode()).hexdigest()
        self._speak("OK" if self._trusted else "err_auth")
        if not self._trusted:
            self._hang_up()

    def _speak(self, text: str) -> None:
        self._say(text.encode() + b"\r\n")

    def _wait(self) -> None:
        if self._idle:
            self._idle.cancel()
        self._idle = self._projector.later(IDLE, self._hang_up)

    def end(self) -> None:
        """Hung up."""
        if self._idle:
            self._idle.cancel()
        if self._projector.guest is self:
            self._projector.guest = None
