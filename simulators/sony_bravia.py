"""A Sony BRAVIA display that is not there. Speaks Simple IP control over TCP.

Source: pro-bravia.sony.net, Simple IP control, overview and command list.

1. Frames of 24 bytes. 2. What is changed, by whomever, is told to all. 3. Off, it takes and tells the power only.
4. It hangs up on who says nothing for 30 s.
"""

import re

from simulators.screen import Screen
from simulators.talker import Talk

_FRAME = re.compile(r"\*S([CE])([A-Z]{4})(.{16})")
_IDLE = 30.0
_TOLD = {"power": "POWR", "source": "INPT", "volume": "VOLU", "mute": "AMUT", "blank": "PMUT"}
_DONE, _ERROR, _NOTHING = "0" * 16, "F" * 16, "N" * 16


class Display(Screen):
    """How it speaks."""

    stem = "sony-bravia"
    first_source, other_source = "1-1", "1-2"
    blank = False

    def greet(self, talk: Talk) -> bytes:
        """Nothing; but the clock begins to run."""
        self._watch(talk)
        return b""

    def _watch(self, talk: Talk) -> None:
        if timer := talk.memory.get("idle"):
            timer.cancel()
        talk.memory["idle"] = self.later(_IDLE, talk.hang_up)

    def leave(self, talk: Talk) -> None:
        """Nobody to hang up on any more."""
        super().leave(talk)
        if timer := talk.memory.get("idle"):
            timer.cancel()

    def cut(self, data: bytes) -> tuple[list[bytes], bytes]:
        """Frames end in LF."""
        *frames, rest = data.split(b"\n")
        return frames, rest

    def answer(self, request: bytes, talk: Talk) -> bytes:
        """One frame to one frame; what was changed is told before, to everybody."""
        self._watch(talk)
        found = _FRAME.fullmatch(request.decode("ascii", "replace"))
        if not found:
            return b""
        said = self._asked(found[2], found[3]) if found[1] == "E" else self._set(found[2], found[3])
        return f"*SA{found[2]}{said}\n".encode()

    def _asked(self, name: str, parameters: str) -> str:
        if name == "MACA":
            return "045D4B012345####" if parameters.startswith("eth0#") else _ERROR
        values = self._values()
        if name not in values:
            return _NOTHING
        return _ERROR if self.power == "off" and name != "POWR" else values[name]

    def _values(self) -> dict[str, str]:
        kind, _, number = self.source.partition("-")
        return {
            "POWR": f"{int(self.power == 'on'):016}",
            "INPT": f"{kind:0>8}{number:0>8}",
            "VOLU": f"{self.volume:016}",
            "AMUT": f"{int(self.mute):016}",
            "PMUT": f"{int(self.blank):016}",
        }

    def _set(self, name: str, parameters: str) -> str:
        if name not in self._values():
            return _NOTHING
        if self.refusing or not parameters.isdecimal() or (self.power == "off" and name != "POWR"):
            return _ERROR
        if name == "VOLU" and int(parameters) > 100:
            return _ERROR
        if not self.lying:
            self._do(name, parameters)
        return _DONE

    def _do(self, name: str, parameters: str) -> None:
        match name:
            case "POWR":
                self.switch(int(parameters) == 1)
            case "INPT":
                self.choose(f"{int(parameters[:8])}-{int(parameters[8:])}")
            case "VOLU":
                self.turn(int(parameters))
            case "AMUT":
                self.hush(int(parameters) == 1)
            case _:
                self.blank = int(parameters) == 1
                self.changed("blank")

    def changed(self, what: str) -> None:
        """Notify everybody."""
        if what in _TOLD:
            self.tell(f"*SN{_TOLD[what]}{self._values()[_TOLD[what]]}\n".encode())
