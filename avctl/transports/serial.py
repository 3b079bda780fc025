"""A serial port: 8N1, no flow control, opened exclusively, read by its descriptor.

A pulled USB adapter is an EIO at once and becomes LinkDown; a cut RS-232 line gives no event at all and is found by
a reply deadline upstairs. `/dev/serial/by-id/…` is resolved anew at every opening, so an adapter may come back under
another number.
"""

import asyncio
import contextlib
import os
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import serial

from avctl.model.errors import LinkDown
from avctl.transports.arrival import Arrivals

_PIECE = 4096
_UNFETCHED = 1024


class Serial:
    """One port. Raises LinkDown, and names who holds the port when it is taken."""

    def __init__(self, path: str, baud: int = 9600) -> None:
        self._path, self._baud = path, baud
        self._port: serial.Serial | None = None
        self._arrivals = Arrivals(_UNFETCHED)

    @classmethod
    def at(cls, url: str) -> "Serial":
        """`serial:///dev/ttyUSB0?baud=9600`. Raises ValueError for anything else."""
        parts = urlsplit(url)
        query = parse_qs(parts.query, keep_blank_values=True)
        baud = query.pop("baud", ["9600"])[-1]
        if parts.netloc or not parts.path.startswith("/") or query or not baud.isdecimal() or not int(baud):
            raise ValueError(f"{url}: want serial:///dev/serial/by-id/…?baud=9600")
        return cls(parts.path, int(baud))

    def __str__(self) -> str:
        return f"serial://{self._path}"

    async def open(self) -> None:
        """Take the port for ourselves; what it had received before is thrown away."""
        await self.close()
        try:
            self._port = serial.Serial(self._path, self._baud, timeout=0, write_timeout=0, exclusive=True)
        except (OSError, ValueError) as error:  # SerialException is an OSError; ValueError: a rate it cannot have
            raise LinkDown(f"{self}: {_reason(self._path, error)}") from None
        self._arrivals = Arrivals(_UNFETCHED)
        fd = self._port.fileno()
        asyncio.get_running_loop().add_reader(fd, self._fetch, fd, self._arrivals)

    async def send(self, data: bytes) -> None:
        """Write all of `data`, waiting while the port is full."""
        while data:
            if self._port is None:
                raise LinkDown(f"{self}: not open")
            try:
                data = data[os.write(self._port.fileno(), data) :]
            except BlockingIOError:
                await asyncio.sleep(0.005)  # 5 bytes at 9600 baud
            except OSError as error:
                raise LinkDown(f"{self}: {error.strerror}") from None

    async def receive(self) -> bytes:
        """Whatever has come. Raises LinkDown when the adapter is gone."""
        return await self._arrivals.take()

    async def close(self) -> None:
        """Let go of the port; whoever waits is told."""
        port, self._port = self._port, None
        if port is not None:
            asyncio.get_running_loop().remove_reader(port.fileno())
            with contextlib.suppress(OSError):  # the adapter was pulled: there is nothing left to restore
                port.close()
        self._arrivals.end(f"{self}: closed")

    def _fetch(self, fd: int, arrivals: Arrivals) -> None:
        try:
            data = os.read(fd, _PIECE)
        except BlockingIOError:
            return
        except OSError as error:
            data, why = b"", error.strerror
        else:
            why = "hung up"
        if data:
            arrivals.put(data)
            return
        asyncio.get_running_loop().remove_reader(fd)
        arrivals.end(f"{self}: {why}")


def _reason(path: str, error: Exception) -> str:
    if "lock" in str(error) and (holder := _holder(path)):
        return f"held by {holder}"
    return getattr(error, "strerror", None) or str(error)


def _holder(path: str) -> str:
    """Another process that has this device open, as "name (process 4711)"; "" when none can be seen."""
    device = os.path.realpath(path)
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            open_files = [os.readlink(f"/proc/{process}/fd/{fd}") for fd in os.listdir(f"/proc/{process}/fd")]
            if device in open_files:
                return f"{Path('/proc', process, 'comm').read_text().strip()} (process {process})"
        except OSError:
            continue  # not ours to look at, or gone meanwhile
    return ""
