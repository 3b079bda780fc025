"""NEC and Sharp-NEC projectors, over TCP port 7142 or RS-232 (38400 8N1 unless its menu says otherwise). How one wants
to be treated:

1. Answers name the command, but not always what was asked with it: three questions share command 85. So after silence
or nonsense the first question is one whose answer cannot be mistaken, and what comes before that is yesterday's.
2. It drops the connection when it is switched off and is deaf for some seconds: that is cooling, not a fault. 3. Its
yes means "read". An input has two codes, one to set it and one (type and number) to say it. 4. Usage is in seconds and
renewed once a minute; -1 is "not defined". FF is "this model cannot say". 5. Codes of inputs belong to the model.

Source: NEC, Projector Control Command Reference Manual BDT140013, rev. 7.1 (numbers in comments are its headings);
input codes and error bits as PlaceOS np_series has them.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress

from avctl.codecs import nec as wire
from avctl.drivers.nec_error import blamed
from avctl.drivers.projector import Projector, ProjectorOptions
from avctl.model.errors import Busy, Garbled, Refused
from avctl.model.ports import Query
from avctl.model.reading import Reading

_REPLY = 2.0  # s

POWER = Query("power", every=10, timeout=_REPLY, busy=5, vital=True)
ERRORS = Query("errors", every=15, timeout=_REPLY, busy=5)
PICTURE = Query("picture", every=30, timeout=_REPLY, busy=5)
LAMP = Query("lamp", every=600, timeout=_REPLY, busy=120)
IDENTITY = Query("identity", every=3600, timeout=_REPLY)

_RUNNING, _INPUT, _MUTED = b"\x01", b"\x02", b"\x03"  # 078-2, 078-3, 078-4: what is asked with command 85
_OFF_NOW = "020D"  # "the power is off"
_UNKNOWN = {"0000", "0001"}  # no such command, not this model
_COMMANDS: Mapping[tuple[str, str], Sequence[int]] = {
    ("power", "on"): (0x00,),  # 015
    ("power", "off"): (0x01,),  # 016
    ("av-mute", "on"): (0x10, 0x12),  # 020, 022: picture, sound
    ("av-mute", "off"): (0x11, 0x13),
}
_MUTES = {(1, 1): "on", (1, 0): "picture", (0, 1): "sound", (0, 0): "off"}
_SIGNALS = {0: "present", 1: "absent", 2: "present", 4: "present"}  # video, none, viewer, LAN
_INPUTS: Mapping[tuple[int, int], tuple[str, ...]] = {  # (type, number) of 078-3: the codes that set it
    (0x01, 1): ("01",),  # computer
    (0x01, 2): ("02",),
    (0x02, 1): ("06",),  # video
    (0x03, 1): ("0B",),  # S-video
    (0x04, 2): ("11",),  # component
    (0x04, 3): ("10",),
    (0x06, 1): ("1A",),
    (0x06, 2): ("1B",),
    (0x07, 1): ("1F",),  # viewer
    (0x07, 2): ("20",),  # LAN
    (0x20, 1): ("1A",),  # DVI-D
    (0x21, 1): ("1A", "A1"),  # HDMI
    (0x21, 2): ("1B", "A2"),
    (0x22, 1): ("A6",),  # DisplayPort
}


class Nec(Projector[wire.Message]):
    """One projector."""

    decoder = wire.Decoder
    schemes = ("nec", "tcp", "serial")
    settings = ProjectorOptions
    queries = (POWER, ERRORS, PICTURE, LAMP, IDENTITY)
    manual = "NEC control command reference BDT140013"
    says = ("power", "source", "av-mute", "signal", "hours", "filter.hours", "error") + tuple(
        f"identity.{name}" for name in ("serial", "model", "name")
    )

    async def _greet(self) -> None:
        """It says nothing first. After trouble, wait for the one answer that nothing else looks like (rule 1)."""
        if self._doubted:
            await self._ask(0x00, 0x88)

    async def _asked(self, query: Query) -> Sequence[Reading]:
        match query.name:
            case POWER.name:
                power = await self._read_power()
                return (power, *await self._errors()) if power.value == "fault" else (power,)
            case ERRORS.name:
                return await self._errors()
            case PICTURE.name:
                return [*await self._input(), await self._av_mute()]
            case LAMP.name:
                return await self._usage()
            case _:
                return await self._identity()

    async def _read_power(self) -> Reading:
        """078-2: power, cooling, on its way, state."""
        said = await self._fields(_RUNNING)
        if said is None or len(said) < 6:
            raise Garbled(f"{self.device}: running status {said!r}")
        on, cooling, moving, state = said[2:6]
        if state == 0x06:
            return self._now("fault")
        if cooling == 1 or state == 0x05:
            return self._now("cooling")
        if moving == 1:
            return self._now("cooling" if self._heading == "off" else "warming")
        return self._now("on" if on == 1 or state == 0x04 else "off")

    async def _errors(self) -> Sequence[Reading]:
        return list(self._states(blamed(await self._ask(0x00, 0x88))))  # 009

    async def _input(self) -> Sequence[Reading]:
        """078-3: which input, and what is shown of it."""
        said = await self._fields(_INPUT)
        if said is None or len(said) < 9 or said[3] == 0xFF:
            return [self._measured("source", None), self._measured("signal", None)]
        return [
            self._measured("source", self._named(said[3], said[2])),
            self._measured("signal", _SIGNALS.get(said[8])),
        ]

    def _named(self, kind: int, number: int) -> str:
        """The site's word for an input, by any of the codes that set it."""
        codes = _INPUTS.get((kind, number), (f"{kind:02X}{number:02X}",))
        return self._word(next((code for code in codes if code in self._words), codes[0]))

    async def _av_mute(self) -> Reading:
        """078-4."""
        said = await self._fields(_MUTED)
        return self._measured("av-mute", _MUTES.get((said[0], said[1])) if said and len(said) > 1 else None)

    async def _usage(self) -> Sequence[Reading]:
        """037-4 and 037-3, in seconds. Not every model has a filter."""
        lamp = await self._ask(0x03, 0x96, b"\x00\x01")
        readings = [self._measured(self._hours, _hours(lamp[2:6]))]
        with suppress(Refused):
            readings.append(self._measured("filter.hours", _hours((await self._ask(0x03, 0x95))[:4])))
        return readings

    async def _identity(self) -> Sequence[Reading]:
        """305-2 serial number, 305-1 model, 037 name; what a model does not have, it does not say."""
        asks = (
            ("serial", 0x00, 0xBF, b"\x01\x06", slice(2, 18)),
            ("model", 0x00, 0xBF, b"\x00", slice(3, 12)),
            ("name", 0x03, 0x8A, b"", slice(0, 49)),
        )
        readings = []
        for name, kind, command, data, where in asks:
            try:
                readings.append(
                    self._measured(f"identity.{name}", _text((await self._ask(kind, command, data))[where]))
                )
            except Refused:
                continue
        return readings

    async def _tell(self, point: str, word: str) -> None:
        if point == "source":
            said = await self._ask(0x02, 0x03, b"\x01" + self._input_code(word))  # 018
            if said[:1] == b"\xff":
                raise Refused(f"{self.device} did not switch to input {word}")
            return
        for command in _COMMANDS[point, word]:
            await self._ask(0x02, command)

    def _input_code(self, code: str) -> bytes:
        try:
            (byte,) = bytes.fromhex(code)
        except ValueError:
            raise Refused(f'{self.device}: "{code}" is no input; want two hexadecimal digits, such as "1A"') from None
        return bytes((byte,))

    async def _read_back(self, point: str) -> Reading:
        return (await self._input())[0] if point == "source" else await self._av_mute()

    async def _fields(self, what: bytes) -> bytes | None:
        """What command 85 says; None where it cannot say because it is off."""
        try:
            return await self._ask(0x00, 0x85, what)
        except Busy:
            self._not_now(f"status {what.hex()}")
            return None

    async def _ask(self, kind: int, command: int, data: bytes = b"") -> bytes:
        """One command, and the data of its answer. Raises Busy, Refused, NoAnswer, Garbled."""

        def fits(message: wire.Message) -> bool:
            return (message.kind, message.command) == (kind, command) and not self._of_another(message, data)

        await self._link.send(wire.encode(kind, command, data))
        answer = await self._next(_REPLY, f"{kind:02X} {command:02X} {data.hex()}".rstrip(), fits)
        self._doubted = False
        if isinstance(answer, wire.Answer):
            return answer.data
        said = f"{self.device}: {kind:02X} {command:02X}: error {answer.error}"
        if answer.error == _OFF_NOW or (self._power in ("warming", "cooling") and answer.error not in _UNKNOWN):
            raise Busy(said)
        raise Refused(said)

    @staticmethod
    def _of_another(message: wire.Message, asked: bytes) -> bool:
        """BF, 95 and 96 repeat what was asked: an answer that repeats something else is not ours."""
        named = isinstance(message, wire.Answer) and message.command in (0xBF, 0x96)
        return named and isinstance(message, wire.Answer) and not message.data.startswith(asked)


def _hours(seconds: bytes) -> int | None:
    """Little-endian, signed: -1 is "not defined"."""
    if len(seconds) < 4:
        raise Garbled(f"usage of {len(seconds)} bytes; want 4")
    count = int.from_bytes(seconds, "little", signed=True)
    return None if count < 0 else count // 3600


def _text(data: bytes) -> str | None:
    return data.split(b"\0")[0].decode("ascii", "replace").strip() or None
