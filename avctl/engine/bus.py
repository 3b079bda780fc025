"""Numbers events and hands them on. It knows neither what they mean nor who listens.

Numbering is the only truth about order. A subscriber has a bounded queue of its own, so a slow one harms nobody:
readings are merged, then the oldest dropped and counted (`Dropped`); faults, commands and steps always get through.
An event is *durable* once the archive has committed it (`settle`); whoever must not act before that awaits `durable`.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import replace

from avctl.model.event import Body, Dropped, Event, Read
from avctl.model.ports import Clock

Wants = Callable[[Body], bool]
_FIRST = 3  # turns of the loop by which who acts on what is durable is ahead of who shows it: a command is out by then


class Subscription:
    """A queue of events, taken out by `async for`. Ends when the bus closes it, after the last event."""

    def __init__(self, name: str, wants: Wants, capacity: int, settled: bool) -> None:
        self.name, self.wants, self.capacity, self.settled = name, wants, capacity, settled
        self.dropped = 0
        self._queue: deque[Event] = deque()
        self._readings = 0
        self._watermark = 0
        self._open = True
        self._wake: asyncio.Future[None] | None = None

    def __len__(self) -> int:
        return len(self._queue)

    def put(self, event: Event) -> None:
        """Take an event in; when readings fill the queue, merge or let the oldest reading go."""
        if isinstance(event.body, Read):
            if self._readings >= self.capacity and self._merged(event):
                return
            self._readings += 1
        self._queue.append(event)
        self.ring()

    def settle(self, seq: int) -> None:
        """Everything up to `seq` is durable now, and may be taken; who waits for it is woken by `ring`."""
        self._watermark = seq

    def ring(self) -> None:
        """Wake whoever waits for the next event."""
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    def close(self) -> None:
        """No more events will come; what is queued is still handed out."""
        self._open = False
        self.ring()

    def take(self) -> list[Event]:
        """Everything that may be handed out now, oldest first."""
        taken = []
        while self._queue and (not self.settled or not self._open or self._queue[0].seq <= self._watermark):
            taken.append(event := self._queue.popleft())
            self._readings -= isinstance(event.body, Read)
        return taken

    async def batch(self) -> list[Event]:
        """Wait until there is something; [] means closed and empty."""
        while not (taken := self.take()) and self._open:
            self._wake = asyncio.get_running_loop().create_future()
            await self._wake
        return taken

    async def __aiter__(self) -> AsyncIterator[Event]:
        while batch := await self.batch():
            for event in batch:
                yield event

    def _merged(self, event: Event) -> bool:
        """Fold `event` into a queued reading of the same device, or make room by dropping the oldest."""
        assert isinstance(event.body, Read)
        for i, old in enumerate(self._queue):
            if isinstance(old.body, Read) and old.body.device == event.body.device:
                latest = {r.point: r for r in (*old.body.readings, *event.body.readings)}
                self._queue[i] = replace(old, body=Read(event.body.device, tuple(latest.values())))
                self.dropped += len(old.body.readings) + len(event.body.readings) - len(latest)
                return True
        self._drop_oldest()
        return False

    def _drop_oldest(self) -> None:
        i = next(i for i, old in enumerate(self._queue) if isinstance(old.body, Read))
        body = self._queue[i].body
        assert isinstance(body, Read)
        self.dropped += len(body.readings)
        self._readings -= 1
        del self._queue[i]


class Bus:
    """One per daemon. `journaled`: an archive will call `settle`; without one, everything counts as durable."""

    def __init__(self, clock: Clock, first: int = 1, journaled: bool = False) -> None:
        self._clock, self._next, self._journaled = clock, first, journaled
        self._subscriptions: list[Subscription] = []
        self._settled = first - 1
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @property
    def last(self) -> int:
        """The number of the newest event."""
        return self._next - 1

    @property
    def settled(self) -> int:
        """Everything up to this number is durable."""
        return self._settled if self._journaled else self.last

    @property
    def subscriptions(self) -> Iterable[Subscription]:
        return tuple(self._subscriptions)

    def subscribe(
        self, name: str, wants: Wants = lambda _: True, capacity: int = 1000, settled: bool = False
    ) -> Subscription:
        """Listen from now on. `capacity` bounds queued readings; `settled` holds events back until they are durable."""
        subscription = Subscription(name, wants, capacity, settled and self._journaled)
        subscription.settle(self._settled)
        self._subscriptions.append(subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        self._subscriptions.remove(subscription)
        subscription.close()

    def number(self, body: Body, cause: int | None = None) -> Event:
        """Give `body` its number and time."""
        event = Event(self._next, self._clock.now(), cause, body)
        self._next += 1
        return event

    def hand_on(self, event: Event) -> None:
        """Give a numbered event to everybody who wants it."""
        for subscription in self._subscriptions:
            if subscription.wants(event.body):
                subscription.put(event)

    def settle(self, seq: int) -> None:
        """The archive has committed everything up to `seq`. Who waits to act goes before those who only tell of it."""
        self._settled = max(self._settled, seq)
        for subscription in self._subscriptions:
            subscription.settle(self._settled)
        while self._waiting and self._waiting[0][0] <= self._settled:
            _, future = self._waiting.popleft()
            if not future.done():
                future.set_result(None)
        self._tell(_FIRST)

    def _tell(self, turns: int) -> None:
        if turns:
            asyncio.get_running_loop().call_soon(self._tell, turns - 1)
            return
        for subscription in self._subscriptions:
            subscription.ring()

    @property
    def awaited(self) -> bool:
        """Whether somebody waits for an event to become durable."""
        return bool(self._waiting)

    async def durable(self, seq: int) -> None:
        """Wait until event `seq` cannot be lost any more."""
        if seq <= self.settled:
            return
        future = asyncio.get_running_loop().create_future()
        self._waiting.append((seq, future))
        await future

    def gaps(self) -> list[Dropped]:
        """What subscribers have missed since the last call."""
        found = [Dropped(s.name, s.dropped) for s in self._subscriptions if s.dropped]
        for subscription in self._subscriptions:
            subscription.dropped = 0
        return found

    def close(self) -> None:
        for subscription in self._subscriptions:
            subscription.close()
