"""An Extron matrix switcher that is not there. Speaks SIS over a serial line or TCP.

Source: Extron DXP DVI Pro and DXP HDMI Series user guide, pp. 54-60; MAV Plus manual p. 4-9 (0LS).

1. It greets whoever connects, and may want a password. 2. Commands are taken as they come, without an end; only those
after ESC end in CR. 3. Answers are bare in mode 0, tagged in mode 2; in 1 and 3 it says unasked what is done at its
front panel. 4. Numbers in answers have two digits. 5. It hangs up on who says nothing for five minutes.
"""

import re
from collections.abc import Mapping
from typing import Any

from simulators.device import State, mishap
from simulators.talker import Talk, Talker

_COMMAND = re.compile(rb"\x1b[^\r\x1b]*\r|\d*\*?\d*\*?(?:0LS|[!&%$BZVQNIS.,]|LS)|\d+[A-Za-z]|[A-Z]", re.IGNORECASE)
_IDLE = 300.0  # s
_LOCAL, _TAGGED = (1, 3), (2, 3)  # modes


class Switcher(Talker):
    """What is tied to what, and what is muted."""

    stem = "extron-sis"

    def __init__(self, name: str, simulate: Mapping[str, Any] | None = None) -> None:
        super().__init__(name, simulate)
        told = self.simulate.get
        self.inputs, self.outputs = int(told("inputs", 8)), int(told("outputs", 4))
        self.password = str(told("password", ""))
        self.model, self.firmware, self.part = "DXP 84 HDMI", "1.02", "60-882-01"
        self.ties = dict.fromkeys(range(1, self.outputs + 1), 1)
        self.blanked: set[int] = set()
        self.muted: set[int] = set()
        self.presets: dict[int, dict[int, int]] = {1: dict(self.ties), 3: dict.fromkeys(self.ties, 3)}
        self.plugged = set(told("plugged", range(1, self.inputs + 1)))
        self._whole()

    def _whole(self) -> None:
        self.lying = self.refusing = self.occupied = False
        self.unplugged: set[int] = set()

    # --- callers

    def greet(self, talk: Talk) -> bytes:
        """Name, date, and perhaps a question."""
        self._watch(talk)
        talk.memory["mode"] = 0
        name = f"\r\n(c) Copyright 2012, Extron Electronics, {self.model}, V{self.firmware}, {self.part}\r\n"
        date = "Fri, 13 Nov 2026 12:00:00\r\n"
        return (name + date + ("\r\nPassword:" if self.password else "")).encode()

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
        """A command ends where it makes sense; a password at its CR."""
        if self.password and re.fullmatch(rb"[^\x1b\r]+\r", data):
            return [data], b""
        commands, at = [], 0
        for found in _COMMAND.finditer(data):
            commands.append(found[0])
            at = found.end()
        return commands, data[at:].lstrip(b"\r\n ")

    def say_locally(self, text: str) -> None:
        """Something was done at the front panel: to all who want to hear of it."""
        for talk in () if self.frozen or self.stranger else self.talks:
            if talk.memory.get("mode") in _LOCAL:
                talk.say(text.encode() + b"\r\n")

    def answer(self, request: bytes, talk: Talk) -> bytes:
        """One command to one line."""
        self._watch(talk)
        if self.password and not talk.memory.get("in"):
            talk.memory["in"] = request == self.password.encode() + b"\r"
            return b"\r\nLogin Administrator\r\n" if talk.memory["in"] else b"\r\nPassword:"
        return self._line(request.decode("latin-1"), talk).encode() + b"\r\n"

    def _line(self, command: str, talk: Talk) -> str:
        if mode := re.fullmatch(r"\x1b([0-3])CV\r", command):
            talk.memory["mode"] = int(mode[1])
            return f"Vrb{mode[1]}"
        if self.occupied:
            return "E22"
        tagged = talk.memory.get("mode", 3) in _TAGGED
        if command in ("Q", "q"):
            return f"Ver01*{self.firmware}" if tagged else self.firmware
        if command in ("N", "n"):
            return f"Pno{self.part}" if tagged else self.part
        if command.upper() == "0LS":
            return ",".join(str(int(n in self.plugged - self.unplugged)) for n in range(1, self.inputs + 1))
        return self._tying(command, tagged) or self._muting(command, tagged) or self._preset(command) or "E10"

    def _tying(self, command: str, tagged: bool) -> str:
        if found := re.fullmatch(r"(\d{1,3})\*(\d{1,3})[!&%]", command):
            input, output = int(found[1]), int(found[2])
            if self.refusing or input > self.inputs:
                return "E01"
            if output not in self.ties:
                return "E12"
            if not self.lying:
                self.ties[output] = input
            return f"Out{output:02} In{input:02} All"
        if found := re.fullmatch(r"(\d{1,3})[!&%]", command):
            output = int(found[1])
            if output not in self.ties:
                return "E12"
            bare = f"{self.ties[output]:02}"
            return f"Out{output:02} In{bare} All" if tagged else bare
        return ""

    def _muting(self, command: str, tagged: bool) -> str:
        found = re.fullmatch(r"(\d{1,3})(?:\*([01]))?([BZ])", command, re.IGNORECASE)
        if not found:
            return ""
        output, which = int(found[1]), self.muted if found[3] in "Zz" else self.blanked
        if output not in self.ties:
            return "E12"
        if found[2] and self.refusing:
            return "E14"
        if found[2] and not self.lying:
            (which.add if found[2] == "1" else which.discard)(output)
        state = found[2] or str(int(output in which))
        return f"{'Amt' if found[3] in 'Zz' else 'Vmt'}{output:02}*{state}" if tagged or found[2] else state

    def _preset(self, command: str) -> str:
        found = re.fullmatch(r"(\d{1,2})([.,])", command)
        if not found:
            return ""
        number = int(found[1])
        if self.refusing or number not in range(1, 33) or (found[2] == "." and number not in self.presets):
            return "E11"
        if found[2] == ",":
            self.presets[number] = dict(self.ties)
            return f"Spr{number:02}"
        if not self.lying:
            self.ties = dict(self.presets[number])
        return f"Rpr{number:02}"

    # --- mishaps

    @mishap
    def wrong_tie(self, output: int = 1, input: int = 2) -> None:
        """Somebody pressed two buttons at the front panel."""
        self.ties[int(output)] = int(input)
        self.say_locally(f"Out{int(output):02} In{int(input):02} All")

    @mishap
    def loses_signal(self, input: int = 1) -> None:
        """The laptop at that input was unplugged."""
        self.unplugged.add(int(input))

    @mishap
    def is_busy(self) -> None:
        """It reads its configuration, and will not be disturbed."""
        self.occupied = True

    @mishap
    def refuses(self) -> None:
        """Says no to every command that would change something."""
        self.refusing = True

    @mishap
    def lies(self) -> None:
        """Says yes to every command and does none of them."""
        self.lying = True

    def heal(self) -> None:
        """Repaired, and plugged in again; ties stay as they are."""
        super().heal()
        self._whole()

    def state(self) -> State:
        """What its lamps show."""
        ties = {f"output {output}": input for output, input in self.ties.items()}
        signals = {f"input {n}": "present" if n in self.plugged - self.unplugged else "absent" for n in self.plugged}
        return {**ties, **signals, "muted": " ".join(map(str, sorted(self.muted | self.blanked)))}
