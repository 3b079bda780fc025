"""A Samsung display that is not there. Speaks MDC over a serial line or TCP.

Source: Samsung, Multiple Display Control protocol, v13.7c 2016-02-23 (frames, 0x00, 0x0B, 0x0D, 0x0E, 0x11–0x14, 0x8A).

1. A request is AA, command, id, length, data, sum; a wrong sum or another id is not answered. Id FE means everybody,
   and is obeyed without an answer. 2. Answers are AA FF id length 'A' command values sum, refusals 'N' command error.
3. In standby it answers power, serial number and model, and refuses the rest. 4. HDMI 1 set as 21 may be asked and
   come back as 22 when a computer is plugged in (`simulate: {computer: true}`).
"""

from simulators.screen import TOO_HOT, Screen
from simulators.talker import Talk

_ALWAYS = {0x0B, 0x0E, 0x11, 0x8A}
_COMPUTER = {"21": "22", "23": "24"}
_ACK, _NAK = 0x41, 0x4E


class Display(Screen):
    """How it speaks."""

    stem = "samsung-mdc"
    first_source, other_source = "21", "23"

    @property
    def id(self) -> int:
        """Its number on a chain of displays."""
        return int(self.simulate.get("id", 1))

    def cut(self, data: bytes) -> tuple[list[bytes], bytes]:
        """Frames by their length byte; what is no beginning is skipped."""
        frames: list[bytes] = []
        while (start := data.find(b"\xaa")) >= 0:
            data = data[start:]
            if len(data) < 5 or len(data) < 5 + data[3]:
                return frames, data
            frames.append(data[: 5 + data[3]])
            data = data[5 + data[3] :]
        return frames, b""

    def answer(self, request: bytes, talk: Talk) -> bytes:
        """One frame to one frame."""
        command, to, values = request[1], request[2], request[4:-1]
        if sum(request[1:-1]) & 0xFF != request[-1] or to not in (self.id, 0xFE):
            return b""
        said = self._set(command, values) if values else self._asked(command)
        return b"" if to == 0xFE else self._frame(command, said)

    def _frame(self, command: int, said: bytes | None) -> bytes:
        body = bytes((_NAK, command, 0)) if said is None else bytes((_ACK, command)) + said
        head = bytes((0xFF, self.id, len(body))) + body
        return b"\xaa" + head + bytes((sum(head) & 0xFF,))

    def _asked(self, command: int) -> bytes | None:
        if self.power == "off" and command not in _ALWAYS:
            return None
        source = bytes.fromhex(_COMPUTER.get(self.source, self.source) if self._computer else self.source)
        on, mute = bytes((self.power == "on",)), bytes((self.mute,))
        answers = {
            0x00: on + bytes((self.volume,)) + mute + source + b"\x10\x00\x00",
            0x0B: self.serial.encode().ljust(15, b"\0"),
            0x0D: self._health(),
            0x0E: self.firmware.encode(),
            0x11: on,
            0x12: bytes((self.volume,)),
            0x13: mute,
            0x14: source,
            0x8A: self.model.encode(),
        }
        return answers.get(command)

    @property
    def _computer(self) -> bool:
        return bool(self.simulate.get("computer"))

    def _health(self) -> bytes:
        hot = self.degrees >= TOO_HOT
        return bytes((self.panel_broken, hot, 2, not self.signal, int(self.degrees), 1 if self.fan_broken else 0))

    def _set(self, command: int, values: bytes) -> bytes | None:
        possible = self.power == "on" or command == 0x11
        if len(values) != 1 or self.refusing or not possible or not self._fits(command, values[0]):
            return None
        if not self.lying:
            self._do(command, values[0])
        return values

    @staticmethod
    def _fits(command: int, value: int) -> bool:
        return {0x11: value <= 1, 0x12: value <= 100, 0x13: value <= 1, 0x14: value >= 4}.get(command, False)

    def _do(self, command: int, value: int) -> None:
        match command:
            case 0x11:
                self.switch(value == 1)
            case 0x12:
                self.turn(value)
            case 0x13:
                self.hush(value == 1)
            case _:
                self.choose(f"{value:02X}")
