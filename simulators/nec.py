"""A NEC projector that is not there, on RS-232 or TCP. Written from the manual; imports nothing from avctl.

Source: NEC, Projector Control Command Reference Manual BDT140013, rev. 7.1. Worth testing against: binary frames with a
checksum; a switched-off input or mute query is error 02 0D; at power-off it drops the connection and takes none for a
while (`deaf`); usage counters are in seconds and move once a minute.
"""

from collections.abc import Callable, Mapping
from typing import Any

from simulators import projector
from simulators.faces import Say
from simulators.projector import COOLING, FAULT, ON, WARMING

_STATE = {ON: 0x04, WARMING: 0x04, COOLING: 0x05, FAULT: 0x06}  # 078-2 DATA06; 00 is standby
_SHOWN = {"1A": (1, 0x21), "1B": (2, 0x21), "01": (1, 0x01), "A6": (1, 0x22), "20": (2, 0x07)}  # code: number, type
_UNKNOWN, _NOT_ON, _FAILED = b"\x00\x00", b"\x02\x0d", b"\x02\x0e"
_ID = b"\x01\x2a"  # of the projector, and of its model
_BITS = {"cover": (0, 0x01), "too-hot": (0, 0x02), "fan": (0, 0x08), "lamp-on": (0, 0x40), "burn-out": (0, 0x40)}
_WARNING_BITS = {"filter": (3, 0x04), "hot": (2, 0x04)}
_SHORTEST = 6


class Projector(projector.Projector):
    """How it speaks."""

    stem = "nec"
    inputs = ("1A", "1B", "01", "A6", "20")

    def __init__(self, name: str, simulate: Mapping[str, Any] | None = None) -> None:
        self._deaf_until = -1.0
        super().__init__(name, simulate)
        self.deaf = float(self.simulate.get("deaf", 5))

    def talk(self, say: Say) -> "_Talk":
        """A new line to the outside."""
        return _Talk(self, say)

    def listening(self) -> bool:
        """Not for a while after power off."""
        return self.now >= self._deaf_until

    def heal(self) -> None:
        """It hears again, too."""
        super().heal()
        self._deaf_until = -1.0

    def answer(self, kind: int, command: int, data: bytes) -> bytes:
        """One command to one frame."""
        said = self._said(kind, command, data)
        head = (0xA0 if isinstance(said, _No) else 0x20) | kind
        frame = bytes((head, command)) + _ID + bytes((len(said),)) + said
        return frame + bytes((sum(frame) & 0xFF,))

    def _said(self, kind: int, command: int, data: bytes) -> bytes:
        match kind, command, data:
            case 0x00, 0x85, b"\x01":
                return self._running()
            case 0x00, 0x85, (b"\x02" | b"\x03"):
                return _No(_NOT_ON) if self.power != ON else self._input() if data == b"\x02" else self._muted()
            case 0x00, 0x88, b"":
                return self._errors()
            case 0x00, 0xBF, b"\x01\x06":
                return data + self.serial.encode()[:15].ljust(16, b"\0")
            case 0x00, 0xBF, b"\x00":
                return b"\x00\x0c\x00" + self.model.encode()[:8].ljust(9, b"\0") + bytes(4)
            case 0x03, _, _:
                return self._usage(command, data)
            case 0x02, _, _:
                return self._obeyed(command, data)
        return _No(_UNKNOWN)

    def _running(self) -> bytes:
        on, moving = self.power in (ON, WARMING), self.power in (WARMING, COOLING)
        return bytes((0, 0, on, self.power == COOLING, moving, _STATE.get(self.power, 0x00))) + bytes(10)

    def _input(self) -> bytes:
        number, kind = _SHOWN.get(self.source, (1, 0xFF))
        return bytes((0, 0, number, kind, 0, 0, 0, 0, 0x00 if self.signal else 0x01)) + bytes(7)

    def _muted(self) -> bytes:
        return bytes((self.mute == "ON", self.sound == "ON", 0)) + bytes(13)

    def _errors(self) -> bytes:
        bits = bytearray(12)
        for table, words in ((_BITS, self.alarms), (_WARNING_BITS, self.warnings)):
            for at, bit in (table[word] for word in words if word in table):
                bits[at] |= bit
        return bytes(bits)

    def _usage(self, command: int, data: bytes) -> bytes:
        match command, data:
            case 0x96, (b"\x00\x01" | b"\x01\x01") if data[0] < len(self.counters()):
                return data + _seconds(self.counters()[data[0]])
            case 0x95, b"":
                return _seconds(self.filter_hours()) + _seconds(5000)
            case 0x8A, b"":
                return self.name.encode()[:48].ljust(82, b"\0") + _seconds(self.lamp_hours()) + bytes(12)
        return _No(_UNKNOWN)

    def _obeyed(self, command: int, data: bytes) -> bytes:
        if command in (0x00, 0x01):
            return self._switched(on=command == 0x00)
        if self.power != ON:
            return _No(_NOT_ON)
        if command == 0x03:
            code = data[1:].hex().upper()
            return b"\x00" if code in self.inputs and self._put("source", code) else b"\xff"
        which = {0x10: "mute", 0x11: "mute", 0x12: "sound", 0x13: "sound"}.get(command)
        if not which:
            return _No(_UNKNOWN)
        self._put(which, "OFF" if command % 2 else "ON")
        return b""

    def _put(self, name: str, value: str) -> bool:
        if not self.lying:
            setattr(self, name, value)
        return True

    def _switched(self, on: bool) -> bytes:
        if self.power in (WARMING, COOLING) or (on and (self.refusing or self.power == FAULT)):
            return _No(_FAILED)
        if self.lying:
            return b""
        if on and self.power != ON:
            self.switch_on()
        elif not on and self.power == ON:
            self.switch_off()
            self._deaf_until = self.now + self.deaf
            self.later(0.001, self.wire.drop)
        return b""


class _No(bytes):
    """Two bytes of error."""


class _Talk:
    """One line to the projector: frames, one at a time. What does not add up is not answered."""

    def __init__(self, spoken_to: Projector, say: Say) -> None:
        self._projector, self._say = spoken_to, say
        self._rest = b""

    def begin(self, hang_up: Callable[[], None]) -> None:
        """It takes nobody for a while after it was switched off."""
        if not self._projector.listening():
            hang_up()

    def hear(self, data: bytes) -> None:
        """Take whole frames out of whatever arrives."""
        self._rest = (self._rest + data) if self._projector.listening() else b""
        while len(self._rest) >= _SHORTEST:
            whole = _SHORTEST + self._rest[4]
            if self._rest[0] > 0x03 or self._rest[2:4] != b"\0\0":
                self._rest = self._rest[1:]
            elif len(self._rest) < whole:
                return
            else:
                self._frame(self._rest[:whole])
                self._rest = self._rest[whole:]

    def _frame(self, frame: bytes) -> None:
        if sum(frame[:-1]) & 0xFF == frame[-1]:
            self._say(self._projector.answer(frame[0], frame[1], frame[5:-1]))

    def end(self) -> None:
        """Hung up."""


def _seconds(hours: float) -> bytes:
    """Little-endian, renewed once a minute."""
    return (int(hours * 60) * 60).to_bytes(4, "little")
