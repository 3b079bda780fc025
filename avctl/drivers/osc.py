"""A device that speaks OSC over UDP, driven by a plan. How such a device wants to be treated:

1. An address without arguments asks, the same address with arguments answers; what it does not know it does not answer.
2. Datagrams get lost: what was not answered is asked once more, and a write is read back, for nothing acknowledges it.
3. Whoever wants to hear of changes says so again and again: such a query expects no answer.
4. It answers to the socket that asked, and pushes there what others change.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from avctl.codecs import osc as wire
from avctl.codecs.noise import Noise
from avctl.drivers.base import Conversation, Options
from avctl.drivers.profile_value import Mean
from avctl.drivers.settle import settled
from avctl.model.errors import NoAnswer, WrongDevice
from avctl.model.point import Point
from avctl.model.ports import Clock, Query, Wire
from avctl.model.reading import Reading, Value

_AGAIN = 2  # how often what was not answered is asked anew
_AT_ONCE = 16  # questions under way: a device's own buffer is small


@dataclass(frozen=True, slots=True)
class Ask:
    """One point: its address, which argument it is, and what that means."""

    point: Point
    address: str
    argument: int
    mean: Mean

    def read(self, arguments: Sequence[object]) -> Value | None:
        """What an answer's arguments say."""
        return self.mean(arguments[self.argument]) if self.argument < len(arguments) else None


@dataclass(frozen=True, slots=True)
class Wish:
    """How a point is set: the message for a value, and how long and often it is asked afterwards."""

    message: Callable[[Value], tuple[str, tuple[wire.Arg, ...]]]
    within: float
    every: float


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a profile says, for one device with its options."""

    asks: Mapping[str, Ask]
    queries: Mapping[str, tuple[Query, tuple[str, ...]]]
    said: Mapping[str, str] = field(default_factory=dict)
    """Queries that only say something, and what: they keep the pushes coming."""
    wishes: Mapping[str, Wish] = field(default_factory=dict)
    recognition: tuple[str, int, Callable[[object], bool], str] | None = None
    """An address, which argument, whether it fits, and what was wanted."""


class _Decoder:
    """A datagram is a message, or it is not."""

    def feed(self, data: bytes) -> Iterable[wire.Message | Noise]:
        return (wire.decode(data),)


class OscDevice(Conversation[wire.Message]):
    """One device behind one socket."""

    schemes = ("osc", "udp")
    decoder = _Decoder

    def __init__(self, device: str, link: Wire, clock: Clock, plan: Plan, options: Options | None = None) -> None:
        super().__init__(device, link, clock, options)
        self._plan = plan
        self.points = {name: ask.point for name, ask in plan.asks.items()}
        self.queries = tuple(query for query, _ in plan.queries.values())
        self._at: dict[str, list[Ask]] = {}
        for ask in plan.asks.values():
            self._at.setdefault(ask.address, []).append(ask)

    async def open(self) -> None:
        """Take a socket, and make sure that it is this kind of device. Raises WrongDevice."""
        await self._connect()
        if self._plan.recognition is not None:
            address, argument, fits, wanted = self._plan.recognition
            said = (await self._answer(address, 0.5)).args
            if argument >= len(said) or not fits(said[argument]):
                raise WrongDevice(f"{self.device}: {address} says {said}, wanted {wanted}")

    async def read(self, query: Query) -> Sequence[Reading]:
        """Every point of `query`; nothing for a query that only says something.

        A point that is not answered, among others that are, is unknown. Raises NoAnswer when none is.
        """
        if (said := self._plan.said.get(query.name)) is not None:
            await self._link.send(wire.encode(said))
            return ()
        asks = [self._plan.asks[name] for name in self._plan.queries[query.name][1]]
        heard = await self._all([ask.address for ask in asks], query.timeout)
        if not heard:
            raise NoAnswer(f"{self.device}: asked {asks[0].address}, nothing came within {query.timeout:g} s")
        return [self._measured(ask.point.name, ask.read(heard.get(ask.address, ()))) for ask in asks]

    async def _set(self, point: str, value: Value) -> Reading:
        wish, ask = self._plan.wishes[point], self._plan.asks[point]
        address, arguments = wish.message(value)
        await self._link.send(wire.encode(address, *arguments))

        async def status() -> Reading:
            return self._measured(point, ask.read((await self._answer(ask.address, 0.5)).args))

        return await settled(status, value, wish.within, wish.every)

    def _heard(self, message: wire.Message) -> Iterable[Reading]:
        asks = self._at.get(message.address, ()) if message.args else ()
        return [self._measured(ask.point.name, ask.read(message.args)) for ask in asks]

    async def _all(self, addresses: Sequence[str], within: float) -> Mapping[str, tuple[wire.Arg, ...]]:
        """What came, by address, when each was asked as often as `_AGAIN` allows. `within` is for all of them."""
        heard: dict[str, tuple[wire.Arg, ...]] = {}
        wanted = list(dict.fromkeys(addresses))
        for _ in range(_AGAIN):
            rest = [address for address in wanted if address not in heard]
            for start in range(0, len(rest), _AT_ONCE):
                some = rest[start : start + _AT_ONCE]
                answers = await asyncio.gather(
                    *(self._once(address, within / _AGAIN) for address in some), return_exceptions=True
                )
                for address, answer in zip(some, answers, strict=True):
                    if isinstance(answer, wire.Message):
                        heard[address] = answer.args
                    elif not isinstance(answer, NoAnswer):
                        raise answer
        return heard

    async def _answer(self, address: str, within: float) -> wire.Message:
        for _ in range(_AGAIN - 1):
            try:
                return await self._once(address, within)
            except NoAnswer:
                continue
        return await self._once(address, within)

    async def _once(self, address: str, within: float) -> wire.Message:
        await self._link.send(wire.encode(address))
        return await self._next(within, address, lambda message: message.address == address and bool(message.args))
