"""Reads the transcripts of this folder. Knows nothing of avctl and nothing of the simulators."""

import ast
import json
import shlex
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
DESKS = ("x32", "xair")
"""Folders of OSC: one datagram a line."""


@dataclass
class Turn:
    """One question (None when the device speaks unasked), what was said to it, what that means.

    `state` is what a simulator has to be before it can say so.
    """

    asked: bytes | None
    said: list[bytes] = field(default_factory=list)
    means: dict[str, tuple[str, float]] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=dict)


@dataclass
class Transcript:
    """One file."""

    path: Path
    source: str
    turns: list[Turn]

    def __str__(self) -> str:
        return f"{self.path.parent.name}/{self.path.stem}"


def transcripts(stem: str) -> list[Transcript]:
    """All transcripts of a device family, in the order of their names."""
    return [read(path) for path in sorted((FOLDER / stem).glob("*.wire"))]


def read(path: Path) -> Transcript:
    """One file. Raises ValueError with the line that is wrong."""
    lines = path.read_text("utf-8").splitlines()
    sources = [line.removeprefix("# source:").strip() for line in lines if line.startswith("# source:")]
    if not sources:
        raise ValueError(f"{path}: no `# source:` line")
    return Transcript(path, "; ".join(sources), list(_turns(path, lines)))


def _turns(path: Path, lines: list[str]) -> Iterator[Turn]:
    turn: Turn | None = None
    state: dict[str, Any] = {}
    for number, line in enumerate(lines, start=1):
        mark, _, text = line.partition(" ")
        match mark:
            case "#" if text.startswith("state:"):
                state |= json.loads(text.removeprefix("state:"))
            case "" | "#":
                continue
            case ">":
                if turn:
                    yield turn
                turn, state = Turn(_bytes(path, text), state=state), {}
            case "<":
                turn = turn or Turn(None, state=state)
                turn.said.append(_bytes(path, text))
            case "=" if turn:
                point, _, value = text.partition(" ")
                value, _, off = value.partition("~")
                turn.means[point] = (value.strip(), float(off or 0))
            case _:
                raise ValueError(f"{path}:{number}: {line!r} is none of > < = #")
    if turn:
        yield turn


def _bytes(path: Path, text: str) -> bytes:
    if text.startswith("hex "):
        return bytes.fromhex(text[4:])
    if path.parent.name in DESKS:
        return _datagram(text)
    literal = text.replace('"', r"\"")
    return bytes(ast.literal_eval(f'b"{literal}"'))


def _datagram(text: str) -> bytes:
    """OSC 1.0 by hand: everything ends on a multiple of four, numbers are big-endian."""
    address, tags, *words = [*shlex.split(text), ","][: max(2, len(shlex.split(text)))]
    return _text(address) + _text(tags) + b"".join(map(_argument, tags[1:], words))


def _argument(tag: str, word: str) -> bytes:
    match tag:
        case "i":
            return struct.pack(">i", int(word))
        case "f":
            return struct.pack(">f", float(word))
        case "b":
            blob = bytes.fromhex(word)
            return struct.pack(">i", len(blob)) + blob + bytes(-len(blob) % 4)
        case _:
            return _text(word)


def _text(text: str) -> bytes:
    raw = text.encode().replace(rb"\n", b"\n") + b"\0"
    return raw + bytes(-len(raw) % 4)
