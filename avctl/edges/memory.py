"""Which wishes were heard already: the same id from the same asker is done once, and answered with what came of it.

Kept in memory for seven days (longer than any broker keeps a session), bounded; what fell out, or was before a restart,
is asked of the archive through `past`.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence

from avctl.edges.result import Receipt
from avctl.model.event import Event

KEPT = 7 * 86400.0  # seconds
_MOST = 20_000  # receipts
_DOUBLE = 1.0  # seconds: the same wish twice within them is one press of a nervous finger

Past = Callable[[str], Awaitable[Sequence[Event]]]
"""What the archive holds about a wish, by its key `principal:id`: the asking and what came of it, oldest first."""


async def nothing(key: str) -> Sequence[Event]:
    """The past of a daemon without an archive."""
    return ()


class Memory:
    """Receipts by key, and by what was wished."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[float, Receipt]] = OrderedDict()
        self._pressed: OrderedDict[str, tuple[float, Receipt]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, key: str) -> Receipt | None:
        """The receipt of that wish, if it was heard."""
        found = self._kept.get(key)
        return found[1] if found else None

    def double(self, wish: str, now: float) -> Receipt | None:
        """The receipt of the same wish under another id, if it came within the last second."""
        found = self._pressed.get(wish)
        return found[1] if found and now - found[0] <= _DOUBLE else None

    def keep(self, key: str, wish: str, receipt: Receipt, now: float) -> None:
        """Remember, and forget what is too old."""
        self._kept[key] = (now, receipt)
        self._pressed[wish] = (now, receipt)
        _forget(self._kept, now - KEPT)
        _forget(self._pressed, now - _DOUBLE)

    def open(self) -> list[Receipt]:
        """Wishes that have no final word yet."""
        return [receipt for _, receipt in self._kept.values() if not receipt.last.done()]


def _forget(kept: OrderedDict[str, tuple[float, Receipt]], before: float) -> None:
    while kept and (next(iter(kept.values()))[0] < before or len(kept) > _MOST):
        kept.popitem(last=False)
