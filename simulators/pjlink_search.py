"""The ear of a PJLink class 2 projector that a search finds: it answers with its address, a while later.

Source: JBMIA, PJLink specification class 2, search procedure: `%2SRCH` on UDP 4352, `%2ACKN=<MAC>` within 10 s.
"""

import asyncio
import random

from simulators.faces import Address, Say
from simulators.wire import Wire

SLOWEST = 10.0  # s


class Searched:
    """One projector's; `mac` is what it answers."""

    def __init__(self, mac: str) -> None:
        self.mac = mac
        self._chance = random.Random(mac)
        self.wire = Wire(self._chance)

    def hear(self, data: bytes, sender: Address, say: Say) -> None:
        if data.upper() == b"%2SRCH\r":
            after = self._chance.uniform(0, SLOWEST)
            asyncio.get_running_loop().call_later(after, say, f"%2ACKN={self.mac}\r".encode())
