"""Getting the bytes of a feed, from a file or over HTTP, only when they have changed.

Source: RFC 9110 §8.8 (ETag, Last-Modified) and §13.1 (If-None-Match, If-Modified-Since).
"""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from avctl.bookings.ics_child import LARGEST

if TYPE_CHECKING:
    import httpx

_PATIENCE: Final = 10.0  # s for an answer to begin, and between two pieces of it
_WHOLE: Final = 30.0  # s for all of it


class Unreachable(Exception):
    """Nobody there, or not what was asked for. The message names no address."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """The bytes, or None when they are what they were."""

    body: bytes | None


class FileFetch:
    """A file, perhaps on somebody else's disk, so it is read in a thread."""

    soonest = 5.0  # s: looking at a file costs nothing

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None

    async def __call__(self) -> Fetched:
        return await asyncio.get_running_loop().run_in_executor(None, self._read)

    def _read(self) -> Fetched:
        try:
            stat = self._path.stat()
            seen = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            if seen == self._seen:
                return Fetched(None)
            with self._path.open("rb") as file:
                body = file.read(LARGEST + 1)
        except OSError as error:
            raise Unreachable(error.strerror or type(error).__name__) from None
        self._seen = seen
        return Fetched(body)


class UrlFetch:
    """An address; asks whether anything is new before taking the whole."""

    soonest = float("inf")

    def __init__(self, url: str) -> None:
        self._url = url
        self._known: dict[str, str] = {}

    async def __call__(self) -> Fetched:
        import httpx  # not for those who only want --help

        try:
            async with asyncio.timeout(_WHOLE):
                async with httpx.AsyncClient(timeout=_PATIENCE, follow_redirects=True, max_redirects=3) as client:
                    async with client.stream("GET", self._url, headers=self._known) as answer:
                        return await self._taken(answer)
        except TimeoutError:
            raise Unreachable(f"no whole answer in {_WHOLE:.0f} s") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unreachable(type(error).__name__) from None

    async def _taken(self, answer: "httpx.Response") -> Fetched:
        if answer.status_code == 304:
            return Fetched(None)
        if answer.status_code != 200:
            raise Unreachable(f"HTTP {answer.status_code}")
        body = bytearray()
        async for piece in answer.aiter_bytes():
            body += piece
            if len(body) > LARGEST:
                break  # the reader refuses it, by size
        marks = {"If-None-Match": answer.headers.get("ETag"), "If-Modified-Since": answer.headers.get("Last-Modified")}
        self._known = {name: value for name, value in marks.items() if value}
        return Fetched(bytes(body))
