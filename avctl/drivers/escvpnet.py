"""An Epson projector on the network (TCP 3629): a wire whose door has to be knocked at, and then speaks ESC/VP21.

1. It says nothing until it is greeted, and after standby may take 20 s to answer. 2. One client at a time: the second
is told "busy". 3. It closes after about a minute without a command: the driver's questions come more often. 4. A
password travels as it is: a network of its own is what protects it. 5. Some units append a prompt to their answer.

Source: Epson ESC/VP.net protocol.
"""

import asyncio

from avctl.codecs import escvpnet as wire
from avctl.model.errors import AuthFailed, Busy, DeviceError, Garbled, NoAnswer, WrongDevice
from avctl.model.ports import Wire
from avctl.transports.tap import Ring

_PATIENCE = 18.0  # s; the session's own net under `open` is 20 s
_REFUSED = {
    wire.BAD: (Garbled, "did not understand the greeting"),
    wire.UNAUTHORISED: (AuthFailed, "wants another password"),
    wire.FORBIDDEN: (AuthFailed, "forbids control over the network"),
    wire.NOT_ALLOWED: (Busy, "does not allow it now"),
    wire.BUSY: (Busy, "has another controller"),
    wire.OTHER_VERSION: (WrongDevice, "speaks another version of ESC/VP.net"),
}


class EscVpNet:
    """A wire to the projector behind the door."""

    def __init__(self, link: Wire, password: str = "") -> None:
        self._link, self._knock = link, wire.connect(password)
        self._rest = b""
        self.ring: Ring | None = getattr(link, "ring", None)

    def __str__(self) -> str:
        return f"ESC/VP.net over {self._link}"

    async def open(self) -> None:
        """Connect and be let in. Raises LinkDown, Busy, AuthFailed, WrongDevice, Garbled, NoAnswer."""
        await self._link.open()
        self._rest = b""
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._link.send(self._knock)
                door = await self._answer()
        except TimeoutError:
            await self._link.close()
            raise NoAnswer(f"{self}: nobody opened within {_PATIENCE:g} s") from None
        except DeviceError:
            await self._link.close()
            raise
        self._rest = door.rest

    async def send(self, data: bytes) -> None:
        """Raises LinkDown when the connection is gone."""
        await self._link.send(data)

    async def receive(self) -> bytes:
        """Whatever has come. Raises LinkDown at the end."""
        if rest := self._rest:
            self._rest = b""
            return rest
        return await self._link.receive()

    async def close(self) -> None:
        """Let go."""
        await self._link.close()

    async def _answer(self) -> wire.Door:
        heard = b""
        while True:
            try:
                heard += await self._link.receive()
                door = wire.answered(heard)
            except ValueError as error:
                raise WrongDevice(f"{self}: {error}") from None
            if door and door.status == wire.OK:
                return door
            if door:
                kind, said = _REFUSED.get(door.status, (Garbled, f"answered with status {door.status:02X}"))
                raise kind(f"{self}: the projector {said}")
