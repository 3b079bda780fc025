"""What all devices speaking Sennheiser Sound Control have in common. How such a device wants to be treated:

1. UDP: a question is asked with a tag (`/osc/xid`), and once more for what stayed unanswered; an answer with another
tag is no answer, but no less true. 2. An answer repeats the value really taken: what is out of range is clamped
without an error, so a set is read back. 3. It pushes changes while a subscription lives; that is renewed at 80 % of
its life, which is a query like any other. A push is news, its absence is not: everything is asked for, too, in case
the device forgot us. 4. Code 424 is no failure: what the address speaks of is not there. 5. Code 450: the answer did
not fit, so less is asked at once.

Source: Sennheiser TI 1094 v2.2, SSC developer's guides for SpeechLine and EW-DX.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import count

from pydantic import Field

from avctl.codecs import ssc as wire
from avctl.drivers.base import Conversation, Options
from avctl.model.errors import DeviceError, NoAnswer, Refused, WrongDevice
from avctl.model.ports import Clock, Query, Wire
from avctl.model.reading import Reading, Value

REPLY = 0.5  # s
IDENTITY = Query("identity", every=3600, timeout=REPLY)

_RENEWED = 0.8  # of a subscription's life
_WHO: Mapping[wire.Path, str] = {
    ("device", "identity", "product"): "identity.model",
    ("device", "identity", "serial"): "identity.serial",
    ("device", "identity", "version"): "identity.firmware",
    ("device", "name"): "identity.name",
}
_PRODUCT: wire.Path = ("device", "identity", "product")
WHO = tuple(_WHO.values())


class SscOptions(Options):
    """`lifetime` of a subscription in seconds; the device's own default is 10."""

    lifetime: float = Field(default=60, ge=10, le=3600)


class Ssc(Conversation[wire.Message]):
    """One device. A kind of device says what its values mean (`_meant`) and what it wants to be told (`_pushed`)."""

    decoder = wire.Decoder
    schemes = ("ssc", "udp")
    settings = SscOptions
    queries: Sequence[Query] = ()
    down_after = 3
    products: tuple[str, ...]
    """How the products of this kind are called, in capitals and without blanks and hyphens; a beginning is enough."""

    def __init__(self, device: str, link: Wire, clock: Clock, options: Options | None = None) -> None:
        super().__init__(device, link, clock, options)
        self.options: SscOptions
        self._tags = count(1)
        self._subscribed = self._lapsed = False
        every = self.options.lifetime * _RENEWED
        self.renewal = Query("subscription", every=every, timeout=REPLY, busy=every)

    async def open(self) -> None:
        """Take a socket, see that it is this kind of device, and ask for its pushes. Raises WrongDevice."""
        await self._connect()
        self._subscribed = self._lapsed = False
        values, _ = await self._ask((_PRODUCT,))
        product = str(values.get(_PRODUCT, ""))
        if not product.upper().replace(" ", "").replace("-", "").startswith(self.products):
            raise WrongDevice(f"{self.device}: {product or 'a nameless device'} answers, wanted {self.products[0]}")
        self._is(product)

    async def close(self) -> None:
        """End the subscription, if there is one, and let go of the wire."""
        if self._subscribed:
            self._subscribed = False
            with suppress(DeviceError):
                await self._link.send(wire.subscription(self._pushed(), 0, next(self._tags)))
        await super().close()

    def _is(self, product: str) -> None:
        """The device has said which product it is. Subclasses that care say more; they may raise WrongDevice."""

    def _pushed(self) -> Sequence[wire.Path]:
        """The addresses whose changes it shall tell."""
        raise NotImplementedError

    def _meant(self, message: wire.Message) -> Iterator[tuple[str, Value | None]]:
        """The points a message fills, and with what."""
        raise NotImplementedError

    def _heard(self, message: wire.Message) -> Sequence[Reading]:
        """Changes, and late answers. The end of a subscription is remembered, for a driver does nothing by itself."""
        self._lapsed |= wire.ENDED in message.errors.values()
        return self._readings(message)

    def _readings(self, message: wire.Message) -> Sequence[Reading]:
        return [self._measured(point, value) for point, value in self._meant(message)]

    async def _renew(self) -> Sequence[Reading]:
        """Subscribe, or subscribe on. Raises Refused when it takes no more subscribers."""
        tag, paths = next(self._tags), self._pushed()
        answer = await self._twice(wire.subscription(paths, self.options.lifetime, tag), tag, "a subscription")
        if all(answer.error(path) not in (None, wire.ABSENT) for path in paths):
            raise Refused(f"{self.device}: no subscription: {_codes(answer.errors)}")
        self._subscribed, self._lapsed = True, False
        return ()

    async def _renew_lapsed(self) -> None:
        """With the next question, subscribe anew if the device has said that the subscription is over."""
        if self._lapsed:
            with suppress(NoAnswer, Refused):  # what was asked has been answered; this can wait for its turn
                await self._renew()

    async def _all(self, paths: Sequence[wire.Path]) -> Sequence[Reading]:
        """Everything these addresses say. Raises Refused when it knows none of them."""
        values, errors = await self._ask(paths)
        if not values and not any(code == wire.ABSENT for code in errors.values()):
            raise Refused(f"{self.device}: none of {_spoken(paths)} is known: {_codes(errors)}")
        return self._readings(wire.Message(values, errors))

    async def _identity(self) -> Sequence[Reading]:
        """Who it is; what this device does not tell is left out."""
        values, _ = await self._ask(tuple(_WHO))
        return [self._measured(_WHO[path], str(value)) for path, value in values.items() if path in _WHO]

    async def _put(self, path: wire.Path, value: wire.Leaf) -> wire.Leaf:
        """Set an address, and ask for it afterwards. Raises Refused as the device says."""
        tag = next(self._tags)
        answer = await self._twice(wire.wish(path, value, tag), tag, _spoken((path,)))
        if (code := answer.error(path)) is not None:
            raise Refused(f"{self.device}: {_spoken((path,))} = {value!r}: error {code}")
        values, errors = await self._ask((path,))
        if path not in values:
            raise Refused(f"{self.device}: {_spoken((path,))} cannot be read: {_codes(errors)}")
        return values[path]

    async def _ask(self, paths: Sequence[wire.Path]) -> tuple[dict[wire.Path, wire.Leaf], dict[wire.Path, int]]:
        """Values and errors of these addresses; an answer may come in parts, and a part may be lost.

        Raises NoAnswer when nothing comes at all.
        """
        values, errors = dict[wire.Path, wire.Leaf](), dict[wire.Path, int]()
        for _ in range(2):
            if open_ := [path for path in paths if path not in values and path not in errors]:
                await self._answers(open_, values, errors)
        if not values and not errors:
            raise NoAnswer(f"{self.device}: asked {_spoken(paths)}, nothing came")
        if wire.TOO_LONG in errors.values() and len(paths) > 1:
            for half in (paths[: len(paths) // 2], paths[len(paths) // 2 :]):
                said, wrong = await self._ask(half)
                values, errors = values | said, {p: c for p, c in errors.items() if p not in half} | wrong
        return values, errors

    async def _answers(
        self, paths: Sequence[wire.Path], values: dict[wire.Path, wire.Leaf], errors: dict[wire.Path, int]
    ) -> None:
        tag = next(self._tags)
        await self._link.send(wire.question(paths, tag))
        with suppress(NoAnswer):
            while any(path not in values and path not in errors for path in paths):
                answer = await self._next(REPLY, _spoken(paths), _tagged(tag))
                values.update((path, value) for path, value in answer.values.items() if path in paths)
                errors.update((path, code) for path in paths if (code := answer.error(path)) is not None)

    async def _twice(self, request: bytes, tag: int, asked: str) -> wire.Message:
        """Ask, and once more when nothing comes: of datagrams, one may be lost."""
        await self._link.send(request)
        try:
            return await self._next(REPLY, asked, _tagged(tag))
        except NoAnswer:
            await self._link.send(request)
            return await self._next(REPLY, asked, _tagged(tag))


def _tagged(tag: int) -> Callable[[wire.Message], bool]:
    """An answer to this very question."""
    return lambda message: message.xid == tag


def _spoken(paths: Iterable[wire.Path]) -> str:
    """`/bays/bat_gauge, /bays/state`."""
    return ", ".join("/" + "/".join(path) for path in paths)


def _codes(errors: Mapping[wire.Path, int]) -> str:
    return "error " + ", ".join(map(str, sorted(set(errors.values())))) if errors else "no answer"
