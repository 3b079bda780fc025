"""What the processes of a bench share: lines on a connection, and commands on standard input."""

import asyncio
import sys


class Lines(asyncio.Protocol):
    """A connection cut into lines at `end`, by asyncio's cheapest way."""

    def __init__(self, end: bytes) -> None:
        self._end, self._rest = end, b""
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport, self._rest = transport, b""

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(self._end)
        for line in lines:
            self.line(line)

    def line(self, line: bytes) -> None:
        """One whole line, without its end."""

    def write(self, data: bytes) -> None:
        assert self._transport is not None, "connect first"
        self._transport.write(data)


async def stdin() -> asyncio.StreamReader:
    """Standard input, line by line; empty at its end."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader
