"""Cisco's xAPI in terminal mode on the wire: bytes to blocks and back. No I/O, no clock.

Source: Cisco SX20 API reference guide TC6.2 pp. 117-123 (xStatus), Codec C40/C60 TC7.0 p. 109 (results), CE9.2 p. 32
(feedback). What is said comes in blocks of lines that end with `** end`; feedback has the form of an answer. A block
says which question it answers (`** resultId: "…"`) when the question asked it to. Prompts come without an end.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from avctl.codecs.noise import Noise

_LONGEST = 4096  # bytes of a line, and lines of a block, that are still waited for
_PROMPT = re.compile(rb"(login|password):\s*$", re.IGNORECASE)
_STATUS = re.compile(r"\*s ([A-Za-z0-9][\w/ -]*?): ?(.*)")
_GONE = re.compile(r"\*s ([A-Za-z0-9][\w/ -]*?) \(ghost=True\):?", re.IGNORECASE)
_RESULT = re.compile(r"\*r (\w+) \(status=(\w+)\):?")
_DETAIL = re.compile(r"(?:\*r )?([A-Za-z][\w ]*): ?(.*)")
_ID = re.compile(r'\*\* resultId: "(.*)"')
_STRAY = bytes((*range(0x20), *range(0x7F, 0x100)))  # what no line begins with


@dataclass(frozen=True, slots=True)
class Status:
    """`*s Call 27 Status: Connected`; `gone` for `*s Call 27 (ghost=True):`, which is no more."""

    path: str
    value: str
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """`*r DialResult (status=OK):`."""

    name: str
    ok: bool


@dataclass(frozen=True, slots=True)
class Detail:
    """`CallId: 2` behind a result."""

    name: str
    value: str


Said = Status | Result | Detail


@dataclass(frozen=True, slots=True)
class Block:
    """Everything up to `** end`. `id` is that of the question it answers, or "" for feedback.

    `doubtful` when something else came among its lines: then some of them may be lost, and nothing is no answer.
    """

    said: tuple[Said, ...]
    id: str = ""
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Prompt:
    """`login:` or `Password:`; `word` in lower case."""

    word: str


@dataclass(frozen=True, slots=True)
class Text:
    """Any other line: OK, a greeting, our own words echoed, "Command not recognized."."""

    text: str


Message = Block | Prompt | Text


class Decoder:
    """Feed it whatever arrives, in whatever pieces; take out whole blocks."""

    def __init__(self) -> None:
        self._rest = b""
        self._forget()

    def _forget(self) -> None:
        self._said: list[Said] = []
        self._id, self._doubtful = "", False

    def feed(self, data: bytes) -> Iterator[Message | Noise]:
        """Yield everything completed by `data`; keep the unfinished rest, up to a limit."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            yield from self._line(line)
        if found := _PROMPT.search(self._rest):
            self._rest = b""
            yield Prompt(found[1].decode().lower())
        if len(self._rest) > _LONGEST:
            lost, self._rest = self._rest, b""
            self._doubtful = True
            yield Noise(lost)

    def _line(self, line: bytes) -> Iterator[Message | Noise]:
        clean = line.strip().lstrip(_STRAY)
        if clean != line.strip():
            yield Noise(line)
        text = clean.decode("utf-8", "replace").rstrip()
        if text == "** end":
            block = Block(tuple(self._said), self._id, self._doubtful)
            self._forget()
            yield block
        elif found := _ID.fullmatch(text):
            self._id = found[1]
        elif (said := _said(text, bool(self._said))) is None:
            self._doubtful = self._doubtful or _strange(text)
            if text == "OK":
                self._forget()
            yield from [Text(text)] if text else []
        elif len(self._said) < _LONGEST:
            self._said.append(said)
        else:
            self._forget()
            self._doubtful = True
            yield Noise(line)


def encode(command: str, id: str = "") -> bytes:
    """`encode("xStatus Standby", "a") == b'xStatus Standby | resultId="a"\\r\\n'`."""
    return (f'{command} | resultId="{id}"\r\n' if id else f"{command}\r\n").encode()


def _said(text: str, within: bool) -> Said | None:
    if found := _GONE.fullmatch(text):
        return Status(found[1], "", gone=True)
    if found := _STATUS.fullmatch(text):
        return Status(found[1], _plain(found[2]))
    if found := _RESULT.fullmatch(text):
        return Result(found[1], found[2] == "OK")
    if (found := _DETAIL.fullmatch(text)) and within:
        return Detail(found[1], _plain(found[2]))
    return None


def _strange(text: str) -> bool:
    """Whether a line has no business among those of a block; our own words may be echoed there."""
    return bool(text) and not text.lower().startswith(("xstatus", "xcommand", "xfeedback", "xpreferences", "echo"))


def _plain(value: str) -> str:
    """Without the quotes, which some manuals print as typographers do."""
    return value.strip().strip('"“”')
