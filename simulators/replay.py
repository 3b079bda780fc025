"""A device that says again what was recorded of it, byte for byte: `python -m simulators --replay FILE`.

It understands nothing. What it hears is held against what was asked in the transcript, from where it stands onward
and then from the beginning; what follows there is what it says, after as long as it took then. What was struck out of
a recording (`***`, or a digest of noughts) fits anything of that length. Source: tests/wire/README.md for the format.
"""

import ast
import asyncio
import random
import re
import shlex
import struct
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from simulators.faces import Address, Face, PtyFace, Say, TcpFace, UdpFace
from simulators.wire import Wire

DATAGRAMS = ("osc", "udp", "ssc")
_DESKS = ("x32", "xair")  # folders whose transcripts are OSC in words
_TIME = re.compile(r"\+(\d+(?:\.\d+)?) s.*")
_STRUCK = re.compile(rb"\*+|0{32,}")


class Unreadable(Exception):
    """`file:line: what was found; what would be right`."""


@dataclass
class Turn:
    """What was asked (b"": nobody asked), and each thing said then with the seconds it took."""

    asked: bytes
    said: list[tuple[float, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        runs = _STRUCK.finditer(self.asked)
        self._struck = frozenset(at for run in runs for at in range(run.start(), run.end()))

    def begins(self, heard: bytes) -> bool:
        """Whether what was heard is this question, or its beginning, or has it at its beginning."""
        pairs = enumerate(zip(self.asked, heard, strict=False))
        return all(at in self._struck or one == other for at, (one, other) in pairs)


@dataclass(frozen=True)
class Transcript:
    """A recording: the scheme it was made on ("" where it does not say), and its turns."""

    scheme: str
    turns: tuple[Turn, ...]


def read(path: Path) -> Transcript:
    """Raises Unreadable."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Unreadable(f"{path}: {error}") from None
    scheme = next((line[10:].strip() for line in lines if line.startswith("# scheme:")), "")
    scheme = scheme or ("osc" if path.parent.name in _DESKS else "tcp")
    turns = tuple(_turns(path, lines, scheme))
    if not turns:
        raise Unreadable(f"{path}: nothing in it; want lines such as `> PWR?\\r` and `< PWR=01\\r:`")
    return Transcript(scheme, turns)


def _turns(path: Path, lines: Sequence[str], scheme: str) -> Iterator[Turn]:
    turn, at, began = Turn(b""), 0.0, 0.0
    for number, line in enumerate(lines, 1):
        mark, _, text = line.partition(" ")
        match mark:
            case "#" if time := _TIME.fullmatch(text):
                at = float(time[1])
            case "#" | "" | "=":
                continue
            case ">":
                if turn.asked or turn.said:
                    yield turn
                turn, began = Turn(_bytes(path, number, text, scheme)), at
            case "<":
                began = began if turn.asked or turn.said else at  # what comes first, comes at once
                turn.said.append((max(0.0, at - began), _bytes(path, number, text, scheme)))
            case _:
                raise Unreadable(f"{path}:{number}: {line!r}; a line begins with `>`, `<`, `=` or `#`")
    if turn.asked or turn.said:
        yield turn


def _bytes(path: Path, number: int, text: str, scheme: str) -> bytes:
    try:
        if text.startswith("hex "):
            return bytes.fromhex(text[4:])
        if scheme == "osc":
            return _datagram(text)
        literal = text.replace('"', r"\"")
        return bytes(ast.literal_eval(f'b"{literal}"'))
    except (ValueError, SyntaxError, struct.error, IndexError):
        raise Unreadable(f"{path}:{number}: {text!r} is neither a Python literal nor `hex …`") from None


def _datagram(text: str) -> bytes:
    """`/ch/01/mix/fader ,f 0.75` as OSC 1.0."""
    address, tags, *words = [*shlex.split(text), ","][: max(2, len(shlex.split(text)))]
    return _padded(address) + _padded(tags) + b"".join(map(_argument, tags[1:], words))


def _argument(tag: str, word: str) -> bytes:
    match tag:
        case "i":
            return struct.pack(">i", int(word))
        case "f":
            return struct.pack(">f", float(word))
        case "b":
            blob = bytes.fromhex(word)
            return struct.pack(">i", len(blob)) + blob + bytes(-len(blob) % 4)
    return _padded(word)


def _padded(text: str) -> bytes:
    raw = text.encode().replace(rb"\n", b"\n") + b"\0"
    return raw + bytes(-len(raw) % 4)


class Echo:
    """The device of a recording: on a stream, or on datagrams. `strange` hears of what was never asked then."""

    def __init__(self, transcript: Transcript, strange: Callable[[bytes], None] = lambda _: None) -> None:
        self.wire = Wire(random.Random(transcript.scheme))
        self._turns, self._strange = transcript.turns, strange
        self._next = 0

    def talk(self, say: Say) -> "Talk":
        """Somebody connected: from the beginning."""
        self._next = 0
        return Talk(self, say)

    def hear(self, data: bytes, sender: Address, say: Say) -> None:
        """One datagram."""
        if self.answer(data, say) != len(data):
            self._strange(data)

    def greet(self, say: Say) -> None:
        """What was said before anything was asked."""
        if not self._turns[0].asked:
            _utter(self._turns[0], say)

    def answer(self, heard: bytes, say: Say) -> int:
        """Say what follows the question at the beginning of `heard`: how many bytes that was; 0 for none."""
        count = len(self._turns)
        for step in range(count):
            turn = self._turns[(self._next + step) % count]
            if turn.asked and len(heard) >= len(turn.asked) and turn.begins(heard):
                self._next = (self._next + step + 1) % count
                _utter(turn, say)
                return len(turn.asked)
        return 0

    def may_become(self, heard: bytes) -> bool:
        """Whether more bytes could still make a question of it."""
        return any(len(heard) < len(turn.asked) and turn.begins(heard) for turn in self._turns)

    def strange(self, heard: bytes) -> None:
        self._strange(heard)


class Talk:
    """One conversation on a stream."""

    def __init__(self, echo: Echo, say: Say) -> None:
        self._echo, self._say = echo, say
        self._heard = b""

    def begin(self, hang_up: Callable[[], None]) -> None:
        self._echo.greet(self._say)

    def hear(self, data: bytes) -> None:
        self._heard += data
        while self._heard:
            if length := self._echo.answer(self._heard, self._say):
                self._heard = self._heard[length:]
            elif self._echo.may_become(self._heard):
                return
            else:
                self._echo.strange(self._heard)
                self._heard = b""

    def end(self) -> None:
        """Gone: nothing to remember."""


def _utter(turn: Turn, say: Say) -> None:
    loop = asyncio.get_running_loop()
    for after, said in turn.said:
        if after:
            loop.call_later(after, say, said)
        else:
            say(said)


def face(transcript: Transcript, listen: str = "") -> Face:
    """Where the recording is played: `host:port`, or a serial line for one that was made on a serial line."""
    echo = Echo(transcript, _tell)
    host, _, port = (listen or "127.0.0.1:0").rpartition(":")
    if transcript.scheme == "serial" and not listen:
        return PtyFace(echo)
    at = (host, int(port))
    if transcript.scheme in DATAGRAMS:
        return UdpFace(echo, transcript.scheme, at)
    return TcpFace(echo, "tcp" if transcript.scheme == "serial" else transcript.scheme, at)


def _tell(heard: bytes) -> None:
    print(f"never asked in the recording: {heard!r}", file=sys.stderr, flush=True)
