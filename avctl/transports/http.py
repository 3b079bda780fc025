"""HTTP requests with JSON to one device, and what their failures mean. No meaning of the answers.

An answer is read to at most 1 MB; redirects are not followed (a device that sends us elsewhere is another device).
What a status says about who must act: 401, 403 the configuration; 409, 423, 429, 503 wait; any other from 400 on, no.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from avctl.model.errors import AuthFailed, Busy, Garbled, LinkDown, NoAnswer, Refused

if TYPE_CHECKING:  # it takes 0.2 s to load, and only such devices need it
    import httpx

_LARGEST = 1 << 20
_WAIT = (409, 423, 429, 503)


@dataclass(frozen=True, slots=True)
class Credentials:
    """A bearer token, or a user with a password, or nothing. Neither shows in a repr."""

    user: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)


class Http:
    """One device at `base`. `verify` is whether its certificate must be good."""

    def __init__(self, base: str, who: Credentials, headers: Mapping[str, str], verify: bool = True) -> None:
        self._base, self._who, self._headers, self._verify = base.rstrip("/"), who, dict(headers), verify
        self._client: httpx.AsyncClient | None = None

    def __str__(self) -> str:
        return self._base

    async def open(self) -> None:
        """A client, not connected yet: that somebody is there, only an answer can tell."""
        import httpx

        await self.close()
        headers = dict(self._headers)
        if self._who.token:
            headers["Authorization"] = f"Bearer {self._who.token}"
        auth = httpx.BasicAuth(self._who.user, self._who.password) if self._who.user else None
        self._client = httpx.AsyncClient(headers=headers, auth=auth, verify=self._verify, trust_env=False)

    async def ask(self, method: str, path: str, body: object = None, within: float = 5.0) -> Any:
        """What the device answers, as JSON; None for an empty answer.

        Raises NoAnswer after `within` seconds, LinkDown, AuthFailed, Busy, Refused, and Garbled for what is no JSON.
        """
        import httpx

        if self._client is None:
            raise LinkDown(f"{self}: not open")
        asked = f"{self}: {method} {path}"
        try:
            request = {} if body is None else {"json": body}
            async with asyncio.timeout(within):  # of all together: httpx counts each piece anew
                async with self._client.stream(method, self._base + path, timeout=None, **request) as answer:  # type: ignore[arg-type]
                    _accepted(asked, answer)
                    return _json(asked, await _read(asked, answer))
        except httpx.ConnectError as error:
            raise LinkDown(f"{asked}: {error}") from None
        except TimeoutError:
            raise NoAnswer(f"{asked}: nothing came within {within:g} s") from None
        except httpx.TransportError as error:
            raise LinkDown(f"{asked}: {error or type(error).__name__}") from None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise Garbled(f"{asked}: {error}") from None

    async def close(self) -> None:
        """Let go of its connections; never raises."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()


def _accepted(asked: str, answer: "httpx.Response") -> None:
    said = f"{asked}: {answer.status_code} {answer.reason_phrase}"
    if answer.status_code in (401, 403):
        raise AuthFailed(said)
    if answer.status_code in _WAIT:
        raise Busy(said)
    if answer.status_code >= 400:
        raise Refused(said)
    if not answer.is_success:
        raise Garbled(said)


async def _read(asked: str, answer: "httpx.Response") -> bytes:
    read = b""
    async for piece in answer.aiter_bytes():
        read += piece
        if len(read) > _LARGEST:
            raise Garbled(f"{asked}: more than {_LARGEST} bytes")
    return read


def _json(asked: str, said: bytes) -> Any:
    if not said.strip():
        return None
    try:
        return json.loads(said)
    except (ValueError, RecursionError):
        raise Garbled(f"{asked}: no JSON: {said[:80]!r}") from None
