"""Sony projectors over a network (ADCP, TCP port 53595). How one wants to be treated:

1. It greets first: NOKEY, or a random number whose digest with the password is the first thing it wants to hear.
A wrong one is err_auth, and final. 2. One controller at a time, and answers that do not say what they answer: after
silence the connection is given up. 3. Its `ok` says "read". 4. err_inactive means "not now". 5. Idle connections are
closed after about a minute (general knowledge): so it is visited. 6. Blank is all the mute it has. 7. What it says of
its light source and of the signal differs by model: unknown names are left aside.

Source: Sony, ADCP protocol manual; lists of errors and warnings as in ucr-integration-sonyADCP.
"""

from collections.abc import Mapping, Sequence

from avctl.codecs import adcp as wire
from avctl.drivers.projector import Projector, ProjectorOptions
from avctl.model.errors import AuthFailed, Busy, Garbled, Refused
from avctl.model.ports import Query
from avctl.model.reading import Reading, Value

_REPLY = 3.0  # s

POWER = Query("power", every=20, timeout=_REPLY, busy=5, vital=True)
ERRORS = Query("errors", every=30, timeout=_REPLY, busy=5)
PICTURE = Query("picture", every=30, timeout=_REPLY, busy=5)
LAMP = Query("lamp", every=600, timeout=_REPLY, busy=120)
IDENTITY = Query("identity", every=3600, timeout=_REPLY)

_POWER = {"standby": "off", "saving_standby": "off", "startup": "warming", "startup_lamp": "warming", "on": "on"}
_ERRORS: Mapping[str, str] = {  # word: part
    "err_cover": "cover",
    "err_lens_cover": "cover",
    "err_light_src": "lamp",
    "err_light_over": "lamp",
    "err_ballast_update": "lamp",
    "err_temp": "temperature",
    "err_fan": "fan",
}
_WARNINGS: Mapping[str, str] = {"warn_light_src_life": "lamp", "warn_temp": "temperature", "warn_highland": "fan"}
_OF_SIGNAL = {"warn_signal_freq", "warn_signal_sel"}  # about what comes in, not about the projector
_NONE = {"no_err", "no_warn"}
_NO_SIGNAL = {"", "invalid", "no_signal", "nosignal", "-"}
_TELLS = {"power": "power", "source": "input", "av-mute": "blank", "freeze": "freeze"}


class Adcp(Projector[wire.Message]):
    """One projector."""

    decoder = wire.Decoder
    schemes = ("adcp", "tcp")
    settings = ProjectorOptions
    queries = (POWER, ERRORS, PICTURE, LAMP, IDENTITY)
    manual = "Sony ADCP protocol manual"
    says = ("power", "source", "av-mute", "signal", "hours", "error", "identity.model", "identity.serial")

    async def _greet(self) -> None:
        greeting = await self._next(_REPLY, "for its greeting", _greets)
        word = greeting.word if isinstance(greeting, wire.Text) else str(getattr(greeting, "value", ""))
        if word == "NOKEY":
            return
        await self._link.send(wire.encode(wire.digest(word, self._needs_password())))
        answer = await self._next(_REPLY, "to be let in", lambda m: isinstance(m, wire.Ok | wire.Error))
        if isinstance(answer, wire.Error):
            raise AuthFailed(f"{self.device} refused the password: {answer.word}")

    async def _asked(self, query: Query) -> Sequence[Reading]:
        match query.name:
            case POWER.name:
                return [await self._read_power()]
            case ERRORS.name:
                return await self._errors()
            case PICTURE.name:
                return [await self._source(), await self._blank(), await self._signal()]
            case LAMP.name:
                return [self._measured(self._hours, await self._light())]
            case _:
                asks = {"identity.model": "modelname", "identity.serial": "serialnum"}
                return [self._measured(point, _plain(await self._value(ask))) for point, ask in asks.items()]

    async def _read_power(self) -> Reading:
        """`cooling1`, `cooling2`, `saving_cooling1` … all cool down."""
        said = await self._value("power_status")
        if not isinstance(said, str) or not (said in _POWER or "cooling" in said):
            raise Garbled(f"{self.device}: power_status {said!r}")
        return self._now(_POWER.get(said, "cooling"))

    async def _errors(self) -> Sequence[Reading]:
        """Errors before warnings; a word nobody knows blames "other"."""
        errors, warnings = _names(await self._value("error")), _names(await self._value("warning"))
        levels = {_WARNINGS.get(word, "other"): "warning" for word in warnings if word not in _OF_SIGNAL}
        levels |= {_ERRORS.get(word, "other"): "error" for word in errors}
        return list(self._states(levels))

    async def _source(self) -> Reading:
        said = await self._unless_off("input")
        return self._measured("source", self._word(said) if isinstance(said, str) else None)

    async def _blank(self) -> Reading:
        said = await self._unless_off("blank")
        return self._measured("av-mute", {"on": "on", "off": "off"}.get(str(said)))

    async def _signal(self) -> Reading:
        """Not every model knows this: then it is None."""
        try:
            said = await self._unless_off("signal")
        except Refused:
            said = None
        if not isinstance(said, str):
            return self._measured("signal", None)
        return self._measured("signal", "absent" if said.lower() in _NO_SIGNAL else "present")

    async def _light(self) -> Value | None:
        """`[{"light_src": 12}, …]`, in hours."""
        said = await self._value("timer")
        counters = [item for item in said if isinstance(item, dict)] if isinstance(said, list) else []
        hours = [item["light_src"] for item in counters if isinstance(item.get("light_src"), int)]
        if not counters:
            raise Garbled(f"{self.device}: timer {said!r}")
        return max((hour for hour in hours if isinstance(hour, int)), default=None)

    async def _tell(self, point: str, word: str) -> None:
        await self._exchange(f'{_TELLS[point]} "{word}"', wire.Ok)

    async def _read_back(self, point: str) -> Reading:
        return await (self._source() if point == "source" else self._blank())

    async def _unless_off(self, name: str) -> wire.Json:
        """None where it cannot say because it is off."""
        try:
            return await self._value(name)
        except Busy:
            self._not_now(name)
            return None

    async def _value(self, name: str) -> wire.Json:
        answer = await self._exchange(f"{name} ?", wire.Said)
        return answer.value if isinstance(answer, wire.Said) else None

    async def _exchange(self, command: str, wanted: type[wire.Message]) -> wire.Message:
        await self._link.send(wire.encode(command))
        answer = await self._next(_REPLY, command, lambda m: isinstance(m, wanted | wire.Error))
        if not isinstance(answer, wire.Error):
            return answer
        said = f"{self.device}: {command}: {answer.word}"
        if answer.word == "err_auth":
            raise AuthFailed(said)
        raise Busy(said) if answer.word == "err_inactive" else Refused(said)


def _greets(message: wire.Message) -> bool:
    """A random number of digits only looks like a number."""
    return isinstance(message, wire.Text) or (isinstance(message, wire.Said) and isinstance(message.value, int))


def _names(said: wire.Json) -> set[str]:
    return {str(word) for word in (said if isinstance(said, list) else [said])} - _NONE


def _plain(said: wire.Json) -> str | None:
    return None if said is None else str(said)
