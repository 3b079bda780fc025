"""A PJLink projector that is not there, class 1 or 2. Written from the specification; imports nothing from avctl.

Source: JBMIA, PJLink specification 1.04, 2.00 and 2.10; Sony VPL-EW130 protocol manual p. 29. Worth testing against:

1. It speaks first, lets one in at a time, and hangs up after 30 s without a word. 2. A password is proved once, before
the first command; `strict` models want it before each. 3. In warm-up and cool-down nearly everything is ERR3, a laser
answers LAMP with ERR1, a broken one POWR with ERR4, and to what is malformed it says nothing at all. 4. A class 2
model tells its controller (`notify: host:port`) what changed, over UDP, and nobody checks who says so.
"""

import asyncio
import re
import socket
from collections.abc import Callable, Mapping
from hashlib import md5, sha256
from typing import Any

from simulators import projector
from simulators.device import mishap
from simulators.faces import Say
from simulators.projector import COOLING, FAULT, OFF, ON, WARMING

IDLE = 30.0
"""Seconds without a command after which it hangs up (§2.4)."""
_POWR = {OFF: "0", ON: "1", COOLING: "2", WARMING: "3", FAULT: "ERR4"}
_DIGITS = ("fan", "lamp", "temperature", "cover", "filter", "other")  # ERST, in wire order
_ALARM = {"lamp-on": "lamp", "burn-out": "lamp", "cover": "cover", "fan": "fan", "too-hot": "temperature"}
_WARNING = {"hot": "temperature", "filter": "filter"}
_ONLY_ON = {"INPT", "AVMT", "FREZ", "IRES", "RRES"}
_CLASS_2 = {"SNUM", "SVER", "INNM", "IRES", "RRES", "FILT", "RLMP", "RFIL", "FREZ", "SVOL", "MVOL"}
_LINE = re.compile(r"%([12])([A-Z0-9]{4}) (.{1,128})", re.IGNORECASE | re.DOTALL)
_LONGEST = 200  # bytes kept of a line without an end
_MUTES = {"1": ("mute",), "2": ("sound",), "3": ("mute", "sound")}


class Projector(projector.Projector):
    """How it speaks."""

    stem = "pjlink"
    inputs = ("31", "32", "11")

    def __init__(self, name: str, simulate: Mapping[str, Any] | None = None) -> None:
        self._guest: _Talk | None = None
        self._told: dict[str, str] = {}
        super().__init__(name, simulate)
        told = self.simulate.get
        self.password = str(told("password", ""))
        self.level = int(told("class", 2))
        self.security = str(told("security", "md5"))
        self.strict = bool(told("strict", False))
        self.maker, self.title = str(told("maker", "Sony")), str(told("name", name))
        self.salt = str(told("salt", ""))
        """The random number of every greeting; "" for one that is random."""
        self.notify = str(told("notify", ""))
        self._told = self._notices()

    def talk(self, say: Say) -> "_Talk":
        """Somebody connected."""
        return _Talk(self, say)

    # --- one guest

    def admit(self, talk: "_Talk") -> bool:
        """Whether this one may stay: nobody else is here."""
        if self._guest is None:
            self._guest = talk
        return self._guest is talk

    def leave(self, talk: "_Talk") -> None:
        """That one is gone."""
        if self._guest is talk:
            self._guest = None

    @mishap
    def is_occupied(self) -> None:
        """Another controller holds the only connection, and does not let go."""
        self._guest = _Talk(self, lambda _: None)
        self.wire.drop()

    def heal(self) -> None:
        """The other controller is gone, too."""
        super().heal()
        self._guest = None

    # --- answers

    def answer(self, line: str) -> str | None:
        """What comes back for one line, without its CR; None is silence."""
        found = _LINE.fullmatch(line)
        if not found:
            return None
        level, command, body = found[1], found[2].upper(), found[3]
        return f"%{level}{command}={self._said(level, command, body)}"

    def _said(self, level: str, command: str, body: str) -> str:
        if (command in _CLASS_2) != (level == "2") or int(level) > self.level:
            return "ERR1"
        if command in _ONLY_ON and self.power != ON:
            return "ERR3"
        return self._asked(command, body) if body.startswith("?") else self._obeyed(command, body)

    def _asked(self, command: str, body: str) -> str:
        if command == "INNM":
            return f"Input {body[1:]}" if body[1:] in self.inputs else "ERR2"
        known = self._values()
        return known.get(command, "ERR1") if body == "?" else "ERR2"

    def _values(self) -> Mapping[str, str]:
        lit = int(self.power in (ON, WARMING))
        lamps = " ".join(f"{int(hours)} {lit}" for hours in self.counters())
        return {
            "POWR": _POWR[self.power],
            "INPT": self.source,
            "AVMT": self._avmt(),
            "ERST": self._erst(),
            "LAMP": "ERR1" if self.laser else lamps,
            "INST": " ".join(self.inputs),
            "NAME": self.title,
            "INF1": self.maker,
            "INF2": self.model,
            "INFO": "",
            "CLSS": str(self.level),
            "SNUM": self.serial,
            "SVER": self.firmware,
            "IRES": "1920x1080" if self.signal else "-",
            "RRES": "1920x1200",
            "FILT": str(int(self.filter_hours())),
            "RLMP": "ERR1" if self.laser else "LMP-E221",
            "RFIL": "PSS-H10",
            "FREZ": "1" if self.freeze == "ON" else "0",
        }

    def _avmt(self) -> str:
        return {("ON", "ON"): "31", ("ON", "OFF"): "11", ("OFF", "ON"): "21"}.get((self.mute, self.sound), "30")

    def _erst(self) -> str:
        levels = {_WARNING[word]: "1" for word in self.warnings if word in _WARNING}
        levels |= {_ALARM[word]: "2" for word in self.alarms}
        return "".join(levels.get(part, "0") for part in _DIGITS)

    def _obeyed(self, command: str, body: str) -> str:
        match command, body:
            case "POWR", ("0" | "1"):
                return self._switched(body)
            case "INPT", _:
                return self._put("source", body) if body in self.inputs else "ERR2"
            case "AVMT", _ if len(body) == 2 and body[0] in _MUTES and body[1] in "01":
                for which in _MUTES[body[0]]:
                    self._put(which, "ON" if body[1] == "1" else "OFF")
                return "OK"
            case "FREZ", ("0" | "1"):
                return self._put("freeze", "ON" if body == "1" else "OFF")
            case (("SVOL" | "MVOL"), ("0" | "1")):
                return "OK"
            case (("POWR" | "AVMT" | "FREZ" | "SVOL" | "MVOL"), _):
                return "ERR2"
        return "ERR1"

    def _put(self, name: str, value: str) -> str:
        if not self.lying:
            setattr(self, name, value)
            self.changed()
        return "OK"

    def _switched(self, body: str) -> str:
        if self.power in (WARMING, COOLING):
            return "ERR3"
        if self.power == FAULT or (self.refusing and body == "1"):
            return "ERR4"
        if not self.lying and body == "1" and self.power == OFF:
            self.switch_on()
        elif not self.lying and body == "0" and self.power == ON:
            self.switch_off()
        return "OK"

    # --- notifications

    def _notices(self) -> dict[str, str]:
        return {"POWR": _POWR[self.power], "ERST": self._erst(), "INPT": self.source}

    def changed(self) -> None:
        """Tell the controller what is different from what it was told before."""
        before, self._told = self._told, self._notices()
        for command, value in self._told.items():
            if before and before.get(command) != value:
                self.tells(f"%2{command}={value}")

    def starts(self) -> None:
        """The link is up: it says so."""
        super().starts()
        self.tells("%2LKUP=00:11:22:33:44:55")

    def tells(self, line: str) -> None:
        """One datagram to the controller, if there is one and nothing on the way is broken."""
        if self.notify and self.level > 1 and not (self.wire.dead or self.wire.silent):
            host, _, port = self.notify.rpartition(":")
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                sock.sendto(line.encode() + b"\r", (host, int(port)))


class _Talk:
    """One connection: greets, takes commands, and hangs up on who says nothing."""

    def __init__(self, spoken_to: Projector, say: Say) -> None:
        self._projector, self._say = spoken_to, say
        self._hang_up: Callable[[], None] = lambda: None
        self._rest = b""
        self._salt, self._trusted = "", not spoken_to.password
        self._idle: asyncio.TimerHandle | None = None

    def begin(self, hang_up: Callable[[], None]) -> None:
        """Greet, or show the second guest the door."""
        self._hang_up = hang_up
        if not self._projector.admit(self):
            return hang_up()
        self._salt = self._projector.salt or f"{self._projector.random.getrandbits(32):08x}"
        self._say(f"PJLINK {0 if self._trusted else 1}{'' if self._trusted else ' ' + self._salt}\r".encode())
        self._wait()

    def _wait(self) -> None:
        if self._idle:
            self._idle.cancel()
        self._idle = self._projector.later(IDLE, self._hang_up)

    def hear(self, data: bytes) -> None:
        """Take whole lines out of whatever arrives."""
        self._wait()
        *lines, self._rest = (self._rest + data).split(b"\r")
        self._rest = self._rest[-_LONGEST:]
        for line in lines:
            if (answer := self._answer(line.decode("utf-8", "replace"))) is not None:
                self._say(answer.encode() + b"\r")

    def _answer(self, line: str) -> str | None:
        if line == "PJLINK 2" and self._projector.security != "sha256":
            return "PJLINK ERRA"
        if line == "PJLINK 2":
            self._salt = f"{self._projector.random.getrandbits(128):032x}"
            return f"PJLINK 2 {self._salt}"
        key, percent, rest = line.partition("%")
        if self._projector.password and (key or not self._trusted):
            self._trusted = self._proves(key)
        if not self._trusted:
            return "PJLINK ERRA" if percent else None
        if self._projector.strict and self._projector.password:
            self._trusted = False
        return self._projector.answer(percent + rest)

    def _proves(self, key: str) -> bool:
        """The digest is that of the random number and the password."""
        password = self._projector.password
        if len(self._salt) == 32:
            own, proof = key[:32], key[32:]
            both = int(self._salt, 16) ^ int(own, 16) if re.fullmatch("[0-9a-f]{32}", own) else 0
            return proof == sha256((f"{both:032x}" + password).encode()).hexdigest()
        return key.lower() == md5((self._salt + password).encode()).hexdigest()

    def end(self) -> None:
        """Hung up."""
        if self._idle:
            self._idle.cancel()
        self._projector.leave(self)
