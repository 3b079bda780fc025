"""uvicorn as a guest in our loop: our signals stay ours, it has no clock of its own, and it says which port it got.

Source: uvicorn 0.54, server.py, read. Its own main loop wakes ten times a second only to see whether it should end and
to renew the Date header; on a loop whose time jumps it would never let time rest. Here it waits for one event.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Generator

import uvicorn
from starlette.types import ASGIApp

_CONNECTIONS = 64


class Server(uvicorn.Server):
    """One application on one address, from `start` to `stop`."""

    def __init__(self, app: ASGIApp, host: str, port: int, closing: Callable[[], None]) -> None:
        config = uvicorn.Config(
            app,
            host=host,
            port=port,
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            date_header=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=_CONNECTIONS,
            timeout_keep_alive=15,
            timeout_graceful_shutdown=2,
        )
        super().__init__(config)
        self._closing, self._end = closing, asyncio.Event()
        self._serving: asyncio.Task[None] | None = None
        self._socket: socket.socket | None = None

    async def begin(self) -> int:
        """Listen; returns the port. Raises OSError when the address is taken or not ours."""
        self._socket = _bound(self.config.host, self.config.port)
        self._serving = asyncio.create_task(self.serve([self._socket]), name="web")
        return int(self._socket.getsockname()[1])

    async def end(self) -> None:
        """Let streams end, finish what is under way, close."""
        self._closing()
        self._end.set()
        if self._serving is not None:
            await self._serving

    async def main_loop(self) -> None:
        """Wait until it is over."""
        await self.on_tick(0)
        await self._end.wait()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Signals belong to the daemon."""
        yield


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
    except OSError:
        made.close()
        raise
    made.setblocking(False)
    return made
