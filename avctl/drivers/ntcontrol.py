"""Panasonic projectors over a network (NTCONTROL, TCP port 1024). How one wants to be treated:

1. It greets first, and hangs up after one command: every question has a connection of its own, and so an answer, which
does not say what it answers, cannot be mistaken. 2. A password is proved by a digest before the command; a wrong one is
ERRA, and final. 3. Its answer to a set says "read". 4. Q$S tells warming and cooling, but not all models know it: QPW
knows on and standby only. 5. ERR3 and ERR4 mean "not now". 6. 65535 hours are "cannot say". 7. It does not tell errors
this way: a site that wants them asks the same projector by PJLink. Models on which blank toggles show in the read-back.

Source: Panasonic PT-VX42Z manual p. 102, PT-MW630 p. 213, PT-SRQ35KC p. 294, PT-JX200 p. 144, PT-LX26 p. 63.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress

from avctl.codecs import ntcontrol as wire
from avctl.drivers.projector import Projector, ProjectorOptions
from avctl.model.errors import AuthFailed, Busy, Garbled, Refused
from avctl.model.ports import Query
from avctl.model.reading import Reading

_REPLY = 3.0  # s

POWER = Query("power", every=20, timeout=_REPLY, busy=5, vital=True)
PICTURE = Query("picture", every=30, timeout=_REPLY, busy=5)
LAMP = Query("lamp", every=600, timeout=_REPLY, busy=120)

_STATES = {"0": "off", "1": "warming", "2": "on", "3": "cooling"}  # Q$S
_POWER = {"000": "off", "001": "on"}  # QPW
_UNKNOWABLE = 65535


class NtControlOptions(ProjectorOptions):
    """`user` goes with the password: admin1 on older models, dispadmin on newer ones."""

    user: str = "admin1"


class NtControl(Projector[wire.Message]):
    """One projector."""

    decoder = wire.Decoder
    schemes = ("ntcontrol", "tcp")
    settings = NtControlOptions
    queries = (POWER, PICTURE, LAMP)
    manual = "Panasonic PT-VX42Z manual p. 102"
    says = ("power", "source", "av-mute", "hours")
    parts = ()
    options: NtControlOptions
    _used = False
    _digest = ""
    _knows_states = True

    async def listen(self) -> AsyncIterator[Reading]:
        """Ends at once, also where the site file says `hold`: there is no connection to hold."""
        return
        yield

    async def _greet(self) -> None:
        said = await self._next(_REPLY, "for its greeting", lambda m: isinstance(m, wire.Greeting | wire.Error))
        if not isinstance(said, wire.Greeting):
            raise Busy(f"{self.device}: {said} instead of a greeting")
        self._digest = ""
        if said.random:
            self._digest = wire.digest(self.options.user, self._needs_password(), said.random)
        self._used = False

    async def _asked(self, query: Query) -> Sequence[Reading]:
        match query.name:
            case POWER.name:
                return [await self._read_power()]
            case PICTURE.name:
                return [await self._read_back("source"), await self._read_back("av-mute")]
            case _:
                return [self._measured(self._hours, await self._lamp())]

    async def _read_power(self) -> Reading:
        """Q$S, or QPW where that is unknown."""
        if self._knows_states:
            try:
                return self._now(_of(_STATES, "Q$S", await self._ask("Q$S")))
            except Refused:
                self._knows_states = False
        return self._now(_of(_POWER, "QPW", await self._ask("QPW")))

    async def _lamp(self) -> int | None:
        """Of a laser, what the projector itself has run; of lamps, the older one. Not every model has a second."""
        asks = ("QST",) if self.options.light == "laser" else ("Q$L:1", "Q$L:2")
        hours = [await self._number(asks[0])]
        for ask in asks[1:]:
            with suppress(Refused):
                hours.append(await self._number(ask))
        return max((number for number in hours if number is not None), default=None)

    async def _number(self, ask: str) -> int | None:
        said = await self._ask(ask)
        if not said.isdecimal():
            raise Garbled(f"{ask}: {said}")
        return None if int(said) == _UNKNOWABLE else int(said)

    async def _tell(self, point: str, word: str) -> None:
        command = {"power": "PON" if word == "on" else "POF", "source": f"IIS:{word}"}
        await self._ask(command.get(point, f"OSH:{int(word == 'on')}"))

    async def _read_back(self, point: str) -> Reading:
        ask = "QIN" if point == "source" else "QSH"
        try:
            said = await self._ask(ask)
        except Busy:
            self._not_now(ask)
            return self._measured(point, None)
        return self._measured(point, self._word(said) if point == "source" else _of({"1": "on", "0": "off"}, ask, said))

    async def _ask(self, command: str) -> str:
        """One command on a connection of its own."""
        if self._used:
            await self._leave()
            await self._enter()
        self._used = True
        await self._link.send(wire.encode(command, self._digest))
        answer = await self._next(_REPLY, command, lambda m: isinstance(m, wire.Answer | wire.Error))
        if isinstance(answer, wire.Answer):
            return answer.said
        if answer == wire.Error("A"):
            raise AuthFailed(f"{self.device} refused user {self.options.user} and the password")
        said = f"{self.device}: {command}: {answer}"
        raise Busy(said) if answer in (wire.Error("3"), wire.Error("4")) else Refused(said)


def _of(words: Mapping[str, str], command: str, said: str) -> str:
    if said not in words:
        raise Garbled(f"{command}: {said}")
    return words[said]
