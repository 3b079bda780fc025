"""Q-SYS Remote Control on the wire: bytes to replies and notices, and back. No I/O, no clock.

Source: q-syshelp.qsc.com, QRC Commands; error codes: infosys.beckhoff.com, TF6310 QRC. JSON-RPC 2.0 objects, each ended
by a NUL. A reply carries the id of its request; what comes without an id was not asked for.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from avctl.codecs.noise import Noise

_LONGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class Reply:
    """`{"jsonrpc":"2.0","id":7,"result":…}`; `code` and `message` are those of an error, 0 and "" without one."""

    id: int
    result: Any = None
    code: int = 0
    message: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """`{"jsonrpc":"2.0","method":"EngineStatus","params":{…}}`."""

    method: str
    params: Mapping[str, Any] = field(default_factory=dict)


Message = Reply | Notice


class Decoder:
    """Feed it whatever arrives, in whatever pieces; take out whole messages."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Message | Noise]:
        """Yield every message completed by `data`; keep the unfinished rest, up to a limit."""
        *objects, self._rest = (self._rest + data).split(b"\0")
        for raw in objects:
            if raw.strip():
                yield from _message(raw)
        if len(self._rest) > _LONGEST:
            lost, self._rest = self._rest, b""
            yield Noise(lost)


def encode(method: str, params: object, id: int) -> bytes:
    """`{"jsonrpc":"2.0","method":"StatusGet","params":0,"id":1}` and a NUL."""
    told = {"jsonrpc": "2.0", "method": method, "params": params, "id": id}
    return json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode() + b"\0"


def _message(raw: bytes) -> Iterator[Message | Noise]:
    start = raw.find(b"{")
    if raw[: max(start, 0)].strip():
        yield Noise(raw[:start])
    try:
        told = json.loads(raw[max(start, 0) :])
    except (ValueError, RecursionError):
        yield Noise(raw)
        return
    yield (_read(told) if isinstance(told, dict) else None) or Noise(raw)


def _read(told: dict[str, Any]) -> Message | None:
    id, method, params, error = (told.get(key) for key in ("id", "method", "params", "error"))
    if isinstance(method, str) and id is None:
        return Notice(method, params if isinstance(params, dict) else {})
    if not isinstance(id, int) or isinstance(id, bool):
        return None
    if isinstance(error, dict):
        code = error.get("code")
        return Reply(id, None, code if isinstance(code, int) else -1, str(error.get("message", "")))
    return Reply(id, told["result"]) if "result" in told else None
