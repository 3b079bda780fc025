"""The shapes that let floors meet without knowing each other: a driver, a wire, a clock."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from avctl.model.point import Point
from avctl.model.reading import Reading, Value


@dataclass(frozen=True, slots=True)
class Query:
    """One question a driver can ask. All figures are seconds.

    `every` is the period while the room is idle, `busy` the period in a meeting or a test, `timeout` the longest
    the manual lets the device take. `vital` marks the question whose silence means that the device is gone. A `busy`
    equal to `every` marks a renewal, whose period nobody may stretch.
    """

    name: str
    every: float
    timeout: float
    busy: float | None = None
    vital: bool = False


class Driver(Protocol):
    """A device can be opened, read, written and listened to. It never loops, sleeps, retries or logs.

    Every method may raise any error of `avctl.model.errors` and no other.
    """

    points: Mapping[str, Point]
    queries: Sequence[Query]

    async def open(self) -> None:
        """Connect, greet, log in, identify."""

    async def read(self, query: Query) -> Sequence[Reading]:
        """Ask one question; give everything its answer says."""

    async def write(self, point: str, value: Value) -> Reading:
        """Set `point`; return what the device says afterwards (read-back), MEASURED only if it said so."""

    def listen(self) -> AsyncIterator[Reading]:
        """Everything the device says unasked, for as long as it is open."""

    async def close(self) -> None:
        """Let go of the wire; never raises."""


class Wire(Protocol):
    """Bytes or datagrams out and in, no meaning. A stream gives whatever arrived; a datagram wire one datagram."""

    async def open(self) -> None:
        """Raises LinkDown when there is nobody at the other end."""

    async def send(self, data: bytes) -> None:
        """Raises LinkDown when the wire is gone."""

    async def receive(self) -> bytes:
        """Wait for the next bytes. Raises LinkDown when the wire is gone; never returns b""."""

    async def close(self) -> None:
        """Let go; never raises."""


class Clock(Protocol):
    """Wall time, injected. Durations belong to the event loop, never to this."""

    def now(self) -> float:
        """UTC, seconds since 1970-01-01."""
