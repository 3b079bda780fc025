"""Every transcript, through codec and driver: what the controller sends, and what the answers mean.

A query is found by the first bytes it sends; from there on the driver has to ask in the words of the transcript. What
no query asks in this way is told unasked, and has to be understood by listening.
"""

import asyncio
from collections.abc import Mapping

import pytest

from avctl.clock import LoopClock
from avctl.drivers.base import Conversation
from avctl.drivers.escvp21 import EscVp21, EscVp21Options
from avctl.drivers.x32 import X32
from avctl.model.errors import DeviceError
from avctl.model.ports import Query
from avctl.model.reading import Value
from avctl.transports.memory import Memory, pair
from tests.wire.transcript import Transcript, Turn, transcripts

OPTIONS = EscVp21Options(sources={"hdmi-1": "30"})


class Replay:
    """A driver on one end of a wire, the device of a transcript on the other."""

    def __init__(self, script: Transcript, clock: LoopClock) -> None:
        self.near, self.far = pair()
        self.turns = script.turns
        self.at = 0
        self.heard: dict[str, Value | None] = {}
        self.driver: Conversation[object] = make(script.path.parent.name, self.near, clock)

    async def device(self) -> None:
        """Answer the next question of the transcript; be mute to any other."""
        while True:
            asked = await self.far.receive()
            if self.at < len(self.turns) and asked == self.turns[self.at].asked:
                self.at += 1
                await self.tell(self.turns[self.at - 1])

    async def tell(self, turn: Turn) -> None:
        for piece in turn.said:
            await self.far.send(piece)

    async def listener(self) -> None:
        async for reading in self.driver.listen():
            self.heard[reading.point] = reading.value

    async def step(self, queries: Mapping[bytes, Query]) -> list[Turn]:
        """One query's worth of turns, or one that no query begins with."""
        first = self.at
        if query := queries.get(self.turns[first].asked or b""):
            try:
                self.heard.update({r.point: r.value for r in await self.driver.read(query)})
                return self.turns[first : self.at]
            except DeviceError:
                self.at = first  # it asks for more than the transcript has
        self.at = first + 1
        await self.tell(self.turns[first])
        await asyncio.sleep(0.01)
        return self.turns[first : self.at]


def make(stem: str, near: Memory, clock: LoopClock) -> Conversation[object]:
    made: object = X32("desk", near, clock) if stem == "x32" else EscVp21("projector", near, clock, OPTIONS)
    assert isinstance(made, Conversation)
    return made


async def first_words(stem: str, clock: LoopClock) -> dict[bytes, Query]:
    """What each query says first."""
    found = {}
    near, _ = pair()
    await near.open()
    mute = make(stem, near, clock)
    for query in mute.queries:
        near.sent.clear()
        try:
            await mute.read(query)
        except DeviceError:
            found[near.sent[0]] = query
    return found


@pytest.mark.parametrize("script", [*transcripts("escvp21"), *transcripts("x32")], ids=str)
async def test_what_was_said_is_understood_as_the_manual_means_it(script: Transcript, clock: LoopClock) -> None:
    queries = await first_words(script.path.parent.name, clock)
    replay = Replay(script, clock)
    await replay.far.open()
    await replay.near.open()
    tasks = [asyncio.create_task(replay.device()), asyncio.create_task(replay.listener())]
    while replay.at < len(script.turns):
        for turn in await replay.step(queries):
            compare(turn, replay.heard)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def compare(turn: Turn, heard: dict[str, Value | None]) -> None:
    for point, (wanted, off) in turn.means.items():
        assert point in heard, f"{point} was not understood, only {heard}"
        value = heard[point]
        if isinstance(value, float | int):
            assert value == pytest.approx(float(wanted), abs=off), point
        else:
            assert str(value) == wanted, point
