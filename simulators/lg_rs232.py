"""An LG display that is not there. Speaks LG's RS-232C protocol over a serial line or TCP.

Source: LG 49SH7DB owner's manual p. 40; 32SE3D p. 107; M4225C p. A19.

1. A command ends in CR, an answer in `x`; a set with another number is mute. 2. Off, it takes the power only.
3. `ke 00` mutes.
"""

import re

from simulators.screen import Screen
from simulators.talker import Talk

_COMMAND = re.compile(r"([a-z])([a-z]) ([0-9a-f]{2}) ([0-9a-f]{2})(?: (ff))?", re.IGNORECASE)


class Display(Screen):
    """How it speaks."""

    stem = "lg-rs232"
    first_source, other_source = "90", "91"

    def answer(self, request: bytes, talk: Talk) -> bytes:
        """One line to one answer."""
        found = _COMMAND.fullmatch(request.decode("ascii", "replace").strip())
        if not found or int(found[3], 16) != int(self.simulate.get("id", 1)):
            return b""
        name, data = (found[1] + found[2]).lower(), found[4].lower()
        said = self._asked(name, data) if "ff" in (data, found[5]) else self._set(name, data)
        return f"{found[2].lower()} {found[3]} {'NG' + data if said is None else 'OK' + said}x".encode()

    def _asked(self, name: str, data: str) -> str | None:
        if name == "ka":
            return "01" if self.power == "on" else "00"
        if self.power == "off":
            return None
        answers = {
            "xb": self.source.lower(),
            "kf": f"{self.volume:02x}",
            "ke": "00" if self.mute else "01",
            "sv": f"{data}{int(self.signal):02}",
            "dn": f"{int(self.degrees):02x}",
            "dp": "00" if self.panel_broken else "01",
            "fy": self.serial,
        }
        return answers.get(name)

    def _set(self, name: str, data: str) -> str | None:
        if self.refusing or (self.power == "off" and name != "ka") or name not in ("ka", "xb", "kf", "ke"):
            return None
        value = int(data, 16)
        if (name == "kf" and value > 100) or (name in ("ka", "ke") and value > 1):
            return None
        if not self.lying:
            self._do(name, data, value)
        return data

    def _do(self, name: str, data: str, value: int) -> None:
        match name:
            case "ka":
                self.switch(value == 1)
            case "xb":
                self.choose(data)
            case "kf":
                self.turn(value)
            case _:
                self.hush(value == 0)
