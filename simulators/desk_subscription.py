"""Who gets told without asking: `/xremote` clients hear of changes, subscribers get a datagram every so often.

Both live ten seconds and are forgotten without a word, on an X32 and on an X Air alike. Source: X32 OSC document,
chapter on subscriptions; X AIR Remote Control Protocol, p. 1.
"""

import asyncio
from collections.abc import Callable

from simulators.faces import Address, Say

LIFE = 10.0  # s
TICK = 0.05  # s, times the time factor
Make = Callable[[], bytes | None]
"""The next datagram of a subscription; None for none."""


class Remotes:
    """The `/xremote` clients."""

    def __init__(self, most: int) -> None:
        self._most = most  # one more gets nothing and is not told
        self._clients: dict[Address, tuple[Say, float]] = {}
        self._echoed: set[Address] = set()

    def add(self, client: Address, say: Say, echo: bool = False) -> None:
        """Ten seconds for this client, if there is room. `echo`: it wants to hear of its own changes, too."""
        self.count()
        if client in self._clients or len(self._clients) < self._most:
            self._clients[client] = (say, _now() + LIFE)
            (self._echoed.add if echo else self._echoed.discard)(client)

    def count(self) -> int:
        """How many are alive; the others are forgotten."""
        self._clients = {client: (say, until) for client, (say, until) in self._clients.items() if until > _now()}
        return len(self._clients)

    def push(self, datagram: bytes, sender: Address | None) -> None:
        """To everybody, but to the one who caused it only if it wants that."""
        self.count()
        for client, (say, _) in self._clients.items():
            if client != sender or client in self._echoed:
                say(datagram)

    def clear(self) -> None:
        """Forget everybody."""
        self._clients.clear()


class Subscriptions:
    """What is sent regularly, by client and alias."""

    def __init__(self) -> None:
        self._all: dict[tuple[Address, str], _Subscription] = {}

    def add(self, client: Address, say: Say, alias: str, factor: int, make: Make) -> None:
        """Start, or start anew. What makes nothing is no subscription."""
        if make() is None:
            return
        self.stop(client, alias)
        self._all[client, alias] = _Subscription(say, TICK * max(1, factor), make)

    def renew(self, client: Address, alias: str | None) -> None:
        """Ten more seconds for one alias of this client, or for all."""
        for key in self._of(client, alias):
            self._all[key].renew()

    def stop(self, client: Address, alias: str | None) -> None:
        """End one alias of this client, or all; forget who has lapsed."""
        for key in self._of(client, alias):
            self._all.pop(key).stop()
        self._all = {key: subscription for key, subscription in self._all.items() if subscription.alive()}

    def clear(self) -> None:
        """End everything."""
        for subscription in self._all.values():
            subscription.stop()
        self._all.clear()

    def _of(self, client: Address, alias: str | None) -> list[tuple[Address, str]]:
        return [(who, name) for who, name in self._all if who == client and alias in (None, name)]


class _Subscription:
    """One datagram every `period` seconds for ten seconds, longer if renewed in time."""

    def __init__(self, say: Say, period: float, make: Make) -> None:
        self._say, self._period, self._make = say, period, make
        self._until = _now() + LIFE
        self._next: asyncio.TimerHandle | None = None
        self._fire()

    def alive(self) -> bool:
        """Not lapsed, not stopped."""
        return self._next is not None

    def renew(self) -> None:
        """Does nothing once it has lapsed."""
        if self.alive():
            self._until = _now() + LIFE

    def stop(self) -> None:
        """No more."""
        if self._next:
            self._next.cancel()
            self._next = None

    def _fire(self) -> None:
        self._next = None
        if _now() < self._until:
            content = self._make()
            if content is not None:
                self._say(content)
            self._next = asyncio.get_running_loop().call_later(self._period, self._fire)


def _now() -> float:
    return asyncio.get_running_loop().time()
