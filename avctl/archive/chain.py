"""The hash chain over the events: each row's hash covers its own bytes and the hash before it.

One changed byte anywhere breaks the chain from there on, whether a disk or a hand did it. What the chain alone cannot
see is a tail cut off whole; compare the newest hash with one written down elsewhere (a backup's, a report's) for that.
Sixteen bytes of SHA-256 are kept: nobody finds a second text for them, and the archive stays a third smaller.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from struct import Struct
from typing import NamedTuple

BEGINNING = b""
_FIGURES = Struct(">qdq").pack


class Row(NamedTuple):
    """One event as it is stored."""

    seq: int
    at: float
    cause: int | None
    kind: str
    room: str
    device: str
    body: str


def link(before: bytes, row: Row) -> bytes:
    """The hash of `row`, after the row whose hash is `before`."""
    seq, at, cause, *words = row
    text = "\x1f".join(words).encode("utf-8", "surrogatepass")
    return sha256(before + _FIGURES(seq, at, cause or 0) + text).digest()[:16]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a walk along the chain found: how many events, which numbers are missing, which do not fit."""

    events: int
    last: int
    hash: str
    holes: tuple[int, ...]
    broken: tuple[int, ...]

    @property
    def sound(self) -> bool:
        return not self.holes and not self.broken


def verify(rows: Iterable[tuple[Row, bytes]]) -> Finding:
    """Walk the whole chain. A broken link is counted once: the walk goes on from the hash that is there."""
    events, last, before, holes, broken = 0, 0, BEGINNING, list[int](), list[int]()
    for row, kept in rows:
        events += 1
        holes += _between(last, row.seq)
        if link(before, row) != kept:
            broken.append(row.seq)
        last, before = row.seq, kept
    return Finding(events, last, before.hex(), tuple(holes), tuple(broken))


def _between(last: int, seq: int) -> Iterator[int]:
    yield from range(last + 1, min(seq, last + 1001))  # a thousand missing numbers say enough
