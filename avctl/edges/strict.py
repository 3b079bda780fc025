"""JSON from strangers, strictly: what the standard library waves through (NaN, doubled keys, 1e999) is refused here.

Everything is bounded before it is parsed: bytes, nesting, digits. A refusal says where, what was found and what
would be right; it never repeats more than a little of what came. Plain `json` takes NaN, 1e999 and doubled keys, and
raises RecursionError for a thousand nested lists.
"""

import json
import math
from typing import Any

LARGEST = 16 * 1024  # bytes
DEEPEST = 8  # levels of {} and []
_DIGITS = 15  # what a double holds exactly
_SHOWN = 60  # characters of a foreign text that a refusal repeats


class Refusal(Exception):
    """A wish that is not carried out. `code` is from a closed list; the rest tells the asker how to mend it."""

    def __init__(self, code: str, where: str, found: str, wanted: str) -> None:
        super().__init__(f"{where}: found {found}; want {wanted}")
        self.code, self.where, self.found, self.wanted = code, where, found, wanted


def parse(payload: bytes) -> dict[str, Any]:
    """One JSON object. Raises Refusal for anything else."""
    if len(payload) > LARGEST:
        raise Refusal("too-large", "body", f"{len(payload)} bytes", f"at most {LARGEST} bytes")
    try:
        text = payload.decode()
    except UnicodeDecodeError as error:
        raise Refusal("invalid", f"byte {error.start}", "bytes that are not UTF-8", "UTF-8") from None
    _shallow(text)
    found = _load(text)
    if not isinstance(found, dict):
        raise Refusal("invalid", "body", shown(found), "a JSON object {…}")
    return found


def shown(found: object) -> str:
    """A little of what was found, safe to print: no control or direction characters, never long."""
    text = found if isinstance(found, str) else repr(found)
    clean = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[: _SHOWN + 1])
    return clean if len(clean) <= _SHOWN else clean[:_SHOWN] + "…"


def _load(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_constant, parse_float=_float, parse_int=_int, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        found = shown(text[error.pos : error.pos + 10]) or "the end"
        raise Refusal("invalid", f"line {error.lineno} column {error.colno}", found, "JSON") from None


def _shallow(text: str) -> None:
    """Refuse deep nesting before the recursive parser sees it."""
    depth, quoted, escaped = 0, False, False
    for c in text:
        if quoted:
            quoted, escaped = escaped or c != '"', c == "\\" and not escaped
        elif c == '"':
            quoted = True
        elif c in "{[":
            depth += 1
            if depth > DEEPEST:
                raise Refusal("invalid", "body", f"more than {DEEPEST} levels", f"at most {DEEPEST} levels of nesting")
        elif c in "}]":
            depth -= 1


def _constant(found: str) -> float:
    raise Refusal("invalid", "body", found, "a finite number")


def _float(found: str) -> float:
    if not math.isfinite(value := float(found)):
        raise Refusal("invalid", "body", shown(found), "a finite number")
    return value


def _int(found: str) -> int:
    if len(found.lstrip("-")) > _DIGITS:
        raise Refusal("invalid", "body", f"a number of {len(found)} digits", f"at most {_DIGITS} digits")
    return int(found)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Refusal("invalid", shown(twice), "the same key twice", "each key once")
    return found
