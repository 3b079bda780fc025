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
_ASKERS = 1000
_DOUBLE = 1.0  # seconds: the same wish twice within them is one press of a nervous finger

Past = Callable[[str], Awaitable[Sequence[Event]]]
"""What the archive holds about a wish, by its key `principal:id`: the asking and what came of it, oldest first."""


async def nothing(key: str) -> Sequence[Event]:
    """The past of a daemon without an archive."""
    return ()


class Memory:
    """Receipts by key, and the last of every asker."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[float, Receipt]] = OrderedDict()
        self._pressed: OrderedDict[str, tuple[float, str, Receipt]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, key: str) -> Receipt | None:
        """The receipt of that wish, if it was heard."""
        found = self._kept.get(key)
        return found[1] if found else None

    def double(self, asker: str, wish: str, now: float) -> Receipt | None:
        """The receipt of the asker's last wish, if it was this one under another id, within the last second."""
        at, last, receipt = self._pressed.get(asker, (now, "", None))
        return receipt if last == wish and now - at <= _DOUBLE else None

    def keep(self, key: str, receipt: Receipt, now: float) -> None:
        """Remember, and forget what is too old."""
        self._kept[key] = (now, receipt)
        while self._kept and (next(iter(self._kept.values()))[0] < now - KEPT or len(self._kept) > _MOST):
            self._kept.popitem(last=False)

    def press(self, asker: str, wish: str, receipt: Receipt, now: float) -> None:
        """Remember what an asker has wished last."""
        self._pressed[asker] = (now, wish, receipt)
        self._pressed.move_to_end(asker)
        while len(self._pressed) > _ASKERS:
            self._pressed.popitem(last=False)

    def open(self) -> list[Receipt]:
        """Wishes that have no final word yet."""
        return [receipt for _, receipt in self._kept.values() if not receipt.last.done()]
