"""What stands before every page: who may call at all, how much he may send, and what his browser may do with it.

The page has no cookies. A strange page in the same browser can still send requests here, so every change must be JSON
(which a strange page may only send after asking, and nobody answers it) and must come from our own origin; a strange
name that points to this machine is refused by the Host header.
"""

import asyncio
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST = 64 * 1024  # bytes of a body; the gate takes less
_BODY = 10.0  # seconds a body may take
_LOCAL = ("localhost", "127.0.0.1", "::1")
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


class Guard:
    """ASGI middleware. `hosts` are names, beside the loopback's, under which this page may be called."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str] = ()) -> None:
        self._app, self._hosts = app, {*_LOCAL, *hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        if refused := self._refused(scope["method"], headers):
            return await _answer(send, *refused)
        return await self._app(scope, _Bounded(receive), _headed(send))

    def _refused(self, method: str, headers: dict[bytes, str]) -> tuple[int, str] | None:
        host = headers.get(b"host", "")
        if urlsplit(f"//{host}").hostname not in self._hosts:
            return 421, "this daemon is not known under that name; name it under web.hosts in the site file"
        if method in ("GET", "HEAD"):
            return None
        if method != "POST":
            return 405, "want GET or POST"
        origin = headers.get(b"origin")
        if origin is not None and urlsplit(origin).netloc != host:
            return 403, "a request from another page"
        if headers.get(b"content-type", "").partition(";")[0].strip() != "application/json":
            return 415, "want content-type: application/json"
        if int(length) > LARGEST if (length := headers.get(b"content-length", "0")).isdigit() else True:
            return 413, f"want at most {LARGEST} bytes"
        return None


class _Bounded:
    """A body that must be short and come soon."""

    def __init__(self, receive: Receive) -> None:
        self._receive, self._left, self._whole = receive, LARGEST, False

    async def __call__(self) -> Message:
        if self._whole:
            return await self._receive()  # only the end of the connection comes now, whenever that is
        async with asyncio.timeout(_BODY):
            message = await self._receive()
        self._whole = not message.get("more_body", False)
        self._left -= len(message.get("body", b""))
        return {"type": "http.disconnect"} if self._left < 0 else message


def _headed(send: Send) -> Send:
    """Every answer carries the headers that keep a browser from doing more than show it."""

    async def headed(message: Message) -> None:
        if message["type"] == "http.response.start":
            given = {name for name, _ in message["headers"]}
            extra: list[tuple[bytes, bytes]] = [h for h in _HEADERS if h[0] not in given]
            if b"content-security-policy" not in given:
                extra.append((b"content-security-policy", _POLICY.encode()))
            if b"cache-control" not in given:
                extra.append((b"cache-control", b"no-store"))
            message = {**message, "headers": [*message["headers"], *extra]}
        await send(message)

    return headed


async def _answer(send: Send, status: int, detail: str) -> None:
    import json

    headers: list[Any] = [(b"content-type", b"application/json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps({"detail": detail}).encode()})
