"""Two ends of a wire within one process, for tests and rehearsals: what one sends the other receives.

It keeps pieces as they were sent, so a test decides where the cuts are. `cut` is the cable pulled out.
"""

from avctl.model.errors import LinkDown
from avctl.transports.arrival import Arrivals

_UNFETCHED = 65536


class Memory:
    """One end. It can be opened again after it was closed, like any other wire."""

    def __init__(self) -> None:
        self._arrivals = Arrivals(_UNFETCHED)
        self._other = self
        self._open = self._cut = False
        self.sent: list[bytes] = []

    async def open(self) -> None:
        """Raises LinkDown when the wire is cut."""
        if self._cut:
            raise LinkDown("memory: nobody there")
        self._arrivals = Arrivals(_UNFETCHED)
        self._open = True

    async def send(self, data: bytes) -> None:
        if not self._open or self._cut:
            raise LinkDown("memory: not open")
        self.sent.append(data)
        self._other._arrivals.put(data)

    async def receive(self) -> bytes:
        return await self._arrivals.take()

    async def close(self) -> None:
        self._open = False
        self._arrivals.end("memory: closed")

    def cut(self) -> None:
        """Pull the cable: both ends are told at once, and neither can be opened until it is mended."""
        for end in (self, self._other):
            end._cut = True
            end._arrivals.end("memory: cut")

    def mend(self) -> None:
        """Put the cable back; both ends have to be opened again."""
        self._cut = self._other._cut = False


def pair() -> tuple[Memory, Memory]:
    """Both ends of a new wire: ours, and the device's."""
    near, far = Memory(), Memory()
    near._other, far._other = far, near
    return near, far
