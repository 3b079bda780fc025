"""What all drivers have in common: they know their device's name, and they speak about it in readings.

`Device` is the least a driver is; `Conversation` joins a wire and a decoder to it. A driver written on top says only
what to ask and what the answer means: the session upstairs has the loop, the patience, the schedule and the log.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from typing import ClassVar, Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from avctl.codecs.noise import Noise
from avctl.drivers.inbox import Decoder, Inbox
from avctl.model.errors import Refused
from avctl.model.house import DeviceSpec
from avctl.model.point import Point
from avctl.model.ports import Clock, Query, Wire
from avctl.model.reading import Quality, Reading, Value
from avctl.transports.tap import Ring

M = TypeVar("M")
Secrets = Callable[[str], str]
"""Gives the secret of a name; raises LookupError when the site has none of that name."""


class Options(BaseModel):
    """What a site may say about a device beside its address. Unknown keys are mistakes, not wishes."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Secret(Options):
    """A password or community by name: `{secret: snmp-auth}`. The secret itself never stands in the site file."""

    secret: str = Field(min_length=1)


def told(named: Secret | None, secrets: Secrets) -> str:
    """The secret of that name, "" where none is named. Raises LookupError for one the site does not have."""
    return secrets(named.secret) if named else ""


class Device(ABC):
    """A device with a name, points and queries. Set through `write`, which lets nothing pass that no point accepts."""

    points: Mapping[str, Point] = {}
    queries: Sequence[Query] = ()

    def __init__(self, device: str, clock: Clock) -> None:
        self.device, self._clock = device, clock

    @abstractmethod
    async def open(self) -> None:
        """Connect, greet, log in, identify."""

    @abstractmethod
    async def read(self, query: Query) -> Sequence[Reading]:
        """Ask one question; give everything its answer says."""

    async def write(self, point: str, value: Value) -> Reading:
        """Set `point`; return what the device says afterwards. Raises Refused for what this device cannot be told."""
        known = self.points.get(point)
        if known is None or not known.writable:
            raise Refused(f"{self.device} has no {point} that can be set")
        if not known.accepts(value):
            raise Refused(f"{self.device}.{point} cannot be {value!r}: {_choice(known)}")
        return await self._set(point, value)

    async def listen(self) -> AsyncIterator[Reading]:
        """Ends at once: such a device says nothing unasked."""
        return
        yield

    async def close(self) -> None:  # noqa: B027  a device without a wire has nothing to close
        """Nothing to let go of."""

    async def _set(self, point: str, value: Value) -> Reading:
        raise Refused(f"{self.device}.{point} cannot be set by this driver")

    def _measured(self, point: str, value: Value | None) -> Reading:
        """The device said so just now; None when it said that it does not know."""
        return Reading(self.device, point, value, Quality.MEASURED, self._clock.now())


class Conversation(Device, Generic[M]):
    """A device at the other end of one wire, which answers in messages M.

    A driver names its `decoder`, the URL `schemes` it can be reached by and the pydantic model of its `settings`.
    """

    decoder: Callable[[], Decoder[M | Noise]]
    schemes: ClassVar[tuple[str, ...]] = ()
    port: ClassVar[int | None] = None
    """Where it listens when the address does not say and the scheme's own port is not it."""
    settings: ClassVar[type[Options]] = Options

    def __init__(self, device: str, link: Wire, clock: Clock, options: Options | None = None) -> None:
        super().__init__(device, clock)
        self._link, self.options = link, options or self.settings()
        self.ring: Ring | None = getattr(link, "ring", None)  # of a wire with a tap on it
        self._inbox: Inbox[M] = Inbox(link, self.decoder)

    @classmethod
    def made(cls, spec: DeviceSpec, link: Wire, clock: Clock, options: Options, secrets: Secrets) -> Self:
        """The driver of a device at the other end of `link`, not opened. Raises LookupError for a missing secret.

        A driver that needs more than its wire (a password, the address, a door to be greeted) takes it here.
        """
        return cls(spec.id, link, clock, options)

    @property
    def noise(self) -> int:
        """Messages not understood since the driver was built: ten in a minute are a fault of the protocol."""
        return self._inbox.noise

    @property
    def dropped(self) -> int:
        """Unasked messages lost because nobody listened."""
        return self._inbox.dropped

    async def listen(self) -> AsyncIterator[Reading]:
        """Read the wire for as long as it is open, and say what unasked messages mean. Ends with LinkDown."""
        while True:
            for reading in self._heard(await self._inbox.unasked()):
                yield reading

    async def close(self) -> None:
        """Let go of the wire; whoever listens or waits is told by LinkDown."""
        await self._link.close()

    async def _connect(self) -> None:
        await self._link.open()
        self._inbox.clear()

    async def _next(self, within: float, asked: str = "", fits: Callable[[M], bool] | None = None) -> M:
        """The next message, or the next that fits. Raises NoAnswer after `within` s, Garbled if only noise came."""
        return await self._inbox.answer(fits or _anything, within, asked or self.device)

    def _heard(self, message: M) -> Iterable[Reading]:
        """What a message nobody asked for means. Nothing, unless the driver knows better."""
        return ()


def _anything(message: object) -> bool:
    return True


def _choice(point: Point) -> str:
    if point.words:
        return "one of " + ", ".join(point.words)
    if point.low is None and point.high is None:
        return "a number" if point.unit else "a text"
    return f"{point.low} to {point.high} {point.unit}".rstrip()
