"""What all Shure devices on TCP port 2202 have in common. How such a device wants to be treated:

1. Ask for everything once, then listen: it reports every change unasked, also between a question and its answer, so
an answer is known by its name, never by its order. 2. A bad command brings `REP ERR`, which does not say what was bad:
one question at a time. 3. `GET 0 ALL` brings as many reports as the model has, and nothing that ends them: what is
wanted has come, or it is quiet. What a model did not tell once is not waited for again, but taken when it comes.
4. Quiet is normal, so a half-open connection is only found by asking.

Source: Shure command strings (pubs.shure.com/command-strings).
"""

import asyncio
from collections.abc import Collection, Iterable, Iterator, Sequence

from avctl.codecs import shure as wire
from avctl.drivers.base import Conversation, Options
from avctl.model.errors import Garbled, NoAnswer, Refused, WrongDevice
from avctl.model.ports import Clock, Wire
from avctl.model.reading import Reading, Value

Key = tuple[str, str]
"""Index and name of a report; the index is "" for what belongs to the whole device."""

REPLY = 1.0  # s
_QUIET = 0.3  # s without a report: the device has said what it had to say


class Shure(Conversation[wire.Message]):
    """One device. A kind of device says what its reports mean (`_meant`) and what proves its kind (`proof`)."""

    decoder = wire.Decoder
    schemes = ("tcp",)
    proof: Key
    """A report only this kind of device can give."""

    def __init__(
        self, device: str, link: Wire, clock: Clock, options: Options | None, names: Iterable[str], parts: int
    ) -> None:
        super().__init__(device, link, clock, options)
        every = tuple(names)
        self._wanted: frozenset[Key] = frozenset((str(n), name) for n in range(1, parts + 1) for name in every)
        self._untold: frozenset[Key] = frozenset()

    async def open(self) -> None:
        """Connect, and see that it is this kind of device. Raises WrongDevice."""
        await self._connect()
        self._untold = frozenset()
        index, name = self.proof
        try:
            await self._collect(wire.get(name, index), (self.proof,), REPLY)
        except Refused:
            raise WrongDevice(f"{self.device} speaks Shure, but knows no {name}: another kind of device") from None

    def _meant(self, key: Key, value: str) -> Iterator[tuple[str, Value | None]]:
        """The points a report fills, and with what."""
        raise NotImplementedError

    def _heard(self, message: wire.Message) -> Sequence[Reading]:
        """Reports of changes, and late answers: no less true."""
        return self._readings((message.index, message.name), message.value) if isinstance(message, wire.Report) else ()

    def _readings(self, key: Key, value: str) -> Sequence[Reading]:
        return [self._measured(point, meant) for point, meant in self._meant(key, value)]

    async def _all(self, within: float) -> Sequence[Reading]:
        """Everything wanted, by one question. What a model never tells of a part that it has is unknown."""
        said = await self._collect(wire.get("ALL", 0), self._wanted, within, self._untold)
        self._untold = self._wanted - said.keys()
        for key, value in said.items():
            list(self._meant(key, value))  # what one report means may depend on another that comes after it
        readings = {reading.point: reading for key, value in said.items() for reading in self._readings(key, value)}
        parts = {index for index, _ in said}
        for key in (key for key in self._untold if key[0] in parts):
            for point, _ in self._meant(key, ""):
                readings.setdefault(point, self._measured(point, None))
        return list(readings.values())

    async def _asked(self, names: Sequence[Key]) -> Sequence[Reading]:
        """One question after the other; what the model does not know is left out. Raises NoAnswer."""
        said: list[Reading] = []
        for index, name in names:
            try:
                said += await self._told(wire.get(name, index), (index, name))
            except Refused:
                continue
        return said

    async def _told(self, request: bytes, key: Key) -> Sequence[Reading]:
        """What the report that answers `request` means."""
        return self._readings(key, (await self._collect(request, (key,), REPLY))[key])

    async def _put(self, name: str, index: str, value: str) -> Reading:
        """Set, and ask afterwards: the report that answers a SET says what was understood, not what was done."""
        await self._collect(wire.put(name, value, index), ((index, name),), REPLY)
        return (await self._told(wire.get(name, index), (index, name)))[0]

    async def _collect(
        self, request: bytes, wanted: Collection[Key], within: float, untold: Collection[Key] = ()
    ) -> dict[Key, str]:
        """What comes of `wanted` until all but the `untold` has come, or it is quiet, or `within` seconds are over.

        Raises NoAnswer when nothing comes, Garbled when only noise does, Refused when the device says so.
        """
        loop, heard, awaited = asyncio.get_running_loop(), dict[Key, str](), set(wanted) - set(untold)
        end = loop.time() + within

        def fits(message: wire.Message) -> bool:
            if isinstance(message, wire.Report) and (key := (message.index, message.name)) in wanted:
                heard[key] = message.value
                return awaited <= heard.keys()
            return isinstance(message, wire.Refusal)

        await self._link.send(request)
        while True:
            before = len(heard)
            try:
                last = await self._next(min(_QUIET, max(0.0, end - loop.time())), request.decode(), fits)
            except (NoAnswer, Garbled):
                if heard and (len(heard) == before or loop.time() >= end):
                    return heard
                if loop.time() >= end:
                    raise
            else:
                if isinstance(last, wire.Refusal) and not heard:
                    raise Refused(f"{self.device}: {request.decode()} was refused")
                return heard
