"""Any device that answers on a byte stream: the talks it has, and the mishaps every such device can meet.

A subclass says how requests are told apart (`cut`) and what is answered (`answer`); it may greet a caller (`greet`)
and tell everybody something unasked (`tell`). Each caller has a `Talk` of its own, with what belongs to the session:
what was logged in, what was registered for.
"""

from collections.abc import Callable, Mapping
from typing import Any

from simulators.device import OnStream, mishap
from simulators.faces import Say

STRANGER = b"SSH-2.0-dropbear_2019.78\r\n"
_CHATTER, _PIECES, _APART = b"x" * 512, 200, 0.05  # bytes, pieces, s: an endless line of 100 kB
_LONGEST = 4096  # bytes of a request, generously


class Talk:
    """One caller: what has come of an unfinished request, and what this session was told."""

    def __init__(self, talker: "Talker", say: Say) -> None:
        self._talker, self._say = talker, say
        self.rest = b""
        self.memory: dict[str, Any] = {}
        self.hang_up: Callable[[], None] = lambda: None
        self._before = b""

    def begin(self, hang_up: Callable[[], None]) -> None:
        """Connected: greet, if this device greets. `hang_up` ends the connection."""
        self.hang_up = hang_up
        if greeting := self._talker.greeting(self):
            self.say(greeting)

    def hear(self, data: bytes) -> None:
        """Take whole requests out of whatever arrives, and answer each."""
        requests, rest = self._talker.cut(self.rest + data)
        self.rest = rest[-_LONGEST:]
        for request in requests:
            self.reply(self._talker.reply(request, self))

    def reply(self, answer: bytes) -> None:
        """Say it, unless yesterday's answer is still to be said."""
        if self._talker.lagging:
            answer, self._before = self._before, answer
        if answer:
            self.say(answer)

    def say(self, data: bytes) -> None:
        """Bytes to this caller."""
        self._say(data)

    def end(self) -> None:
        """Hung up."""
        self._talker.leave(self)


class Talker(OnStream):
    """A device with callers."""

    def __init__(self, name: str, simulate: Mapping[str, Any] | None = None) -> None:
        super().__init__(name, simulate)
        self.talks: set[Talk] = set()
        self.lagging = self.frozen = self.stranger = self.raving = False
        self._chatting = 0
        self._given: dict[bytes, bytes] = {}

    # --- what a subclass says

    def cut(self, data: bytes) -> tuple[list[bytes], bytes]:
        """Whole requests, and what is left. Here: lines that end in CR."""
        *lines, rest = data.replace(b"\n", b"").split(b"\r")
        return lines, rest

    def answer(self, request: bytes, talk: Talk) -> bytes:
        """What is said to one request; b"" for nothing."""
        raise NotImplementedError

    def greet(self, talk: Talk) -> bytes:
        """What is said to a new caller."""
        return b""

    # --- talking

    def talk(self, say: Say) -> Talk:
        """Somebody connected."""
        talk = Talk(self, say)
        self.talks.add(talk)
        return talk

    def greeting(self, talk: Talk) -> bytes:
        """The greeting, unless another device stands here."""
        return STRANGER if self.stranger else self.greet(talk)

    def leave(self, talk: Talk) -> None:
        """That caller is gone, and everything it had registered for."""
        self.talks.discard(talk)

    def tell(self, data: bytes) -> None:
        """Something unasked, to everybody."""
        for talk in () if self.stranger or self.frozen else self.talks:
            talk.say(data)

    def reply(self, request: bytes, talk: Talk) -> bytes:
        """The answer, as far as nothing has befallen the device."""
        if self.stranger:
            return b""
        if self.raving:
            return self.random.randbytes(40) + b"\r\n\0x"  # every end a line may have
        if self.frozen and request in self._given:
            return self._given[request]
        answer = self.answer(request, talk)
        self._given[request] = answer
        return answer

    # --- mishaps

    @mishap
    def speaks_garbage(self) -> None:
        """Wrong baud rate, loose earth: something comes back, and means nothing."""
        self.raving = True

    @mishap
    def never_ends(self) -> None:
        """A line without an end: it sends and sends."""
        self._chatting = _PIECES
        self._chatter()

    @mishap
    def answers_late(self) -> None:
        """Every answer comes only when the next thing is asked: yesterday's answer to today's question."""
        self.lagging = True

    @mishap
    def freezes(self) -> None:
        """Its control board hangs: it repeats what it once said, whatever happens to the device."""
        self.frozen = True

    @mishap
    def is_swapped(self) -> None:
        """Somebody gave its address to another device."""
        self.stranger = True
        self.wire.drop()

    def _chatter(self) -> None:
        if self._chatting > 0:
            self._chatting -= 1
            for talk in self.talks:
                talk.say(_CHATTER)
            self.later(_APART, self._chatter)

    def heal(self) -> None:
        """Itself again."""
        super().heal()
        if self.stranger:
            self.wire.drop()
        self.lagging = self.frozen = self.stranger = self.raving = False
        self._chatting = 0
        self._given.clear()
