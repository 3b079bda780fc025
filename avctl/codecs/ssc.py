"""Sennheiser Sound Control (SSC v1): one JSON object per datagram, to messages and back. No I/O, no clock.

Source: Sennheiser TI 1094 v2.2, SSC developer's guide for SpeechLine (CHG 2N/4N), and SSC developer's guide for EW-DX.
A question is the tree of addresses with null at its leaves; the answer is the same tree with values. `/osc/xid` is
echoed. Errors come as trees, too, whose leaves are `[code]` or `[code, {"desc": …}]`. An answer may hold the key
"osc" twice (TI 1094, /osc/state/subscribe): both are meant.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from avctl.codecs.noise import Noise

Path = tuple[str, ...]
"""An address: `/bays/bat_gauge` is ("bays", "bat_gauge")."""
Leaf = bool | int | float | str | list[Any] | None

ENDED = 310
"""The subscription is over."""
ABSENT = 424
"""What the address speaks of (a transmitter) is not there."""
TOO_LONG = 450
"""The answer does not fit into a datagram."""

_XID: Path = ("osc", "xid")
_LONGEST = 65_507  # bytes
_DEEPEST = 16


@dataclass(frozen=True, slots=True)
class Message:
    """What one datagram says: values and error codes by address, and the tag of the question it answers, if any."""

    values: Mapping[Path, Leaf] = field(default_factory=dict)
    errors: Mapping[Path, int] = field(default_factory=dict)
    xid: int | None = None

    def error(self, path: Path) -> int | None:
        """The error that befell an address: its own, or that of a branch it hangs on."""
        return next((code for at, code in self.errors.items() if path[: len(at)] == at), None)


class Decoder:
    """One datagram, one message."""

    def feed(self, datagram: bytes) -> Iterator[Message | Noise]:
        """Yield the one message of `datagram`. Never raises."""
        tree = _tree(datagram)
        if tree is None:
            yield Noise(datagram)
            return
        values = dict(_leaves(tree))
        xid = values.pop(_XID, None)
        errors = dict(_errors(values.pop(("osc", "error"), None)))
        values.pop(("osc", "state", "subscribe"), None)
        yield Message(values, errors, xid if isinstance(xid, int) and not isinstance(xid, bool) else None)


def question(paths: Iterable[Path], xid: int) -> bytes:
    """`{"osc":{"xid":7},"bays":{"bat_gauge":null}}`."""
    return _bytes(_grown({_XID: xid} | dict.fromkeys(paths)))


def wish(path: Path, value: Leaf, xid: int) -> bytes:
    """`{"osc":{"xid":7},"rx1":{"mute":true}}`."""
    return _bytes(_grown({_XID: xid, path: value}))


def subscription(paths: Iterable[Path], lifetime: float, xid: int) -> bytes:
    """Be told of changes for `lifetime` seconds; 0 ends it."""
    terms = {"lifetime": round(lifetime)} if lifetime else {"cancel": True}
    tree = {"#": terms} | _grown(dict.fromkeys(paths))
    return _bytes({"osc": {"xid": xid, "state": {"subscribe": [tree]}}})


def _bytes(tree: Mapping[str, Any]) -> bytes:
    return json.dumps(tree, separators=(",", ":"), ensure_ascii=False).encode()


def _grown(leaves: Mapping[Path, Leaf]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for path, value in leaves.items():
        branch = tree
        for name in path[:-1]:
            branch = branch.setdefault(name, {})
        branch[path[-1]] = value
    return tree


def _tree(datagram: bytes) -> dict[str, Any] | None:
    """The object a datagram holds; None when it holds none, or one no device would send."""
    if len(datagram) > _LONGEST or not 0 < _depth(datagram) <= _DEEPEST:
        return None
    try:
        found = json.loads(datagram.rstrip(b"\0"), object_pairs_hook=_merged, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _depth(datagram: bytes) -> int:
    """How deep it nests at most; brackets within texts count, which only makes this stricter."""
    depth = deepest = 0
    for sign in datagram.translate(None, _NO_BRACKETS):
        depth += 1 if sign in b"{[" else -1
        deepest = max(deepest, depth)
    return deepest


_NO_BRACKETS = bytes(set(range(256)) - set(b"{}[]"))


def _merged(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; of two members of one name that are objects, both count."""
    tree: dict[str, Any] = {}
    for name, value in pairs:
        before = tree.get(name)
        both = isinstance(before, dict) and isinstance(value, dict)
        tree[name] = _merged([*before.items(), *value.items()]) if both and before else value
    return tree


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _leaves(tree: Mapping[str, Any], at: Path = ()) -> Iterator[tuple[Path, Leaf]]:
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*at, name))
        else:
            yield (*at, name), value


def _errors(told: object) -> Iterator[tuple[Path, int]]:
    """`[{"bays": {"active": [310]}}]`, or `[400, {…}]` where no address is to blame."""
    if not isinstance(told, list):
        return
    if _is_code(told):
        yield (), told[0]
    for tree in told:
        if isinstance(tree, dict):
            yield from ((path, leaf[0]) for path, leaf in _leaves(tree) if isinstance(leaf, list) and _is_code(leaf))


def _is_code(leaf: list[Any]) -> bool:
    return bool(leaf) and isinstance(leaf[0], int) and not isinstance(leaf[0], bool)
