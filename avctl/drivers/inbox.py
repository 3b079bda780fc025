"""Where the messages of one wire are sorted: answers to whoever asked, the rest to whoever listens.

There is no reader task. Whoever waits first reads the wire for all: it hands each message to the first question it
fits (by what the message says, never by its order), and everything nobody asked for to the listener. So a poll and
`listen()` share a wire without knowing of each other, and a wire nobody waits on is not read.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from typing import Generic, Protocol, TypeVar

from avctl.codecs.noise import Noise
from avctl.model.errors import Garbled, NoAnswer
from avctl.model.ports import Wire

M = TypeVar("M")
M_co = TypeVar("M_co", covariant=True)
_KEPT = 2048  # messages nobody asked for; an X32 scene recall pushes some hundreds at once


class Decoder(Protocol[M_co]):
    """What a codec offers for one wire: feed it whatever arrives, take out whole messages and Noise."""

    def feed(self, data: bytes) -> Iterable[M_co]:
        """Every message completed by `data`. Never raises."""


class _Question(Generic[M]):
    """Somebody who waits for a message that fits."""

    def __init__(self, fits: Callable[[M], bool]) -> None:
        self.fits = fits
        self.answer: list[M] = []


class Inbox(Generic[M]):
    """The sorted messages of `link`. `noise` counts what could not be understood, `dropped` what nobody fetched."""

    def __init__(self, link: Wire, decoder: Callable[[], Decoder[M | Noise]]) -> None:
        self._link, self._make, self._decoder = link, decoder, decoder()
        self._questions: list[_Question[M]] = []
        self._unasked: deque[M] = deque(maxlen=_KEPT)
        self._turn = asyncio.Lock()
        self._last_noise: Noise | None = None
        self.noise = self.dropped = 0

    def clear(self) -> None:
        """Forget half a line and everything unread: the wire has been opened anew."""
        self._decoder = self._make()
        self._unasked.clear()

    async def answer(self, fits: Callable[[M], bool], within: float, asked: str) -> M:
        """The first message that fits. Raises NoAnswer after `within` seconds, Garbled when only noise came."""
        question, noise = _Question(fits), self.noise
        self._questions.append(question)
        try:
            async with asyncio.timeout(within):
                while not question.answer:
                    await self._pump(question.answer)
        except TimeoutError:
            if not question.answer:
                raise self._silence(asked, within, self.noise > noise) from None
        finally:
            self._questions.remove(question)
        return question.answer[0]

    async def unasked(self) -> M:
        """The next message nobody asked for, however long it takes."""
        while not self._unasked:
            await self._pump(self._unasked)
        return self._unasked.popleft()

    def leave(self, message: M) -> None:
        """Put a message where the listener finds it: it was asked for, but says more than the asker needs."""
        self.dropped += len(self._unasked) == _KEPT
        self._unasked.append(message)

    async def _pump(self, satisfied: Iterable[M]) -> None:
        async with self._turn:
            if not satisfied:  # else somebody read it for us while we waited for our turn
                for message in self._decoder.feed(await self._link.receive()):
                    self._sort(message)

    def _sort(self, message: M | Noise) -> None:
        if isinstance(message, Noise):
            self.noise += 1
            self._last_noise = message
            return
        for question in self._questions:
            if not question.answer and question.fits(message):
                question.answer.append(message)
                return
        self.leave(message)

    def _silence(self, asked: str, within: float, noisy: bool) -> NoAnswer | Garbled:
        if noisy:
            return Garbled(f"asked {asked}, got {self._last_noise}")
        return NoAnswer(f"asked {asked}, nothing came within {within:g} s")
