"""Every transcript, through codec and driver: what the controller sends, and what the answers mean.

A query is found by the first bytes it sends; from there on the driver has to ask in the words of the transcript. What
no query asks in this way is told unasked, and has to be understood by listening.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

import pytest

from avctl.clock import LoopClock
from avctl.drivers.adcp import Adcp
from avctl.drivers.base import Conversation
from avctl.drivers.escvp21 import EscVp21, EscVp21Options
from avctl.drivers.nec import Nec
from avctl.drivers.ntcontrol import NtControl, NtControlOptions
from avctl.drivers.pjlink import PjLink, PjLinkOptions
from avctl.drivers.projector import Projector, ProjectorOptions
from avctl.drivers.x32 import X32
from avctl.drivers.xair import XAir
from avctl.model.errors import DeviceError
from avctl.model.ports import Query
from avctl.model.reading import Value
from avctl.transports.memory import Memory
from tests.drivers.conftest import greeted
from tests.drivers.datagrams import DATAGRAMS
from tests.drivers.talkers import TALKERS
from tests.wire.transcript import Transcript, Turn, transcripts

PJLINK = PjLinkOptions(sources={"hdmi-1": "31"}, hold=True, level="2")
PANASONIC = NtControlOptions(sources={"hdmi-1": "HD1"}, hold=True)


def held(hdmi: str) -> ProjectorOptions:
    """A projector that keeps the connection, as a transcript does."""
    return ProjectorOptions(sources={"hdmi-1": hdmi}, hold=True, light="laser" if hdmi == "hdmi1" else "lamp")


MAKERS: Mapping[str, Callable[[Memory, LoopClock], object]] = {
    "x32": lambda near, clock: X32("desk", near, clock),
    "xair": lambda near, clock: XAir("desk", near, clock),
    "escvp21": lambda near, clock: EscVp21("projector", near, clock, EscVp21Options(sources={"hdmi-1": "30"})),
    "pjlink": lambda near, clock: PjLink("projector", near, clock, PJLINK, "JBMIAProjectorLink"),
    "nec": lambda near, clock: Nec("projector", near, clock, held("1A")),
    "ntcontrol": lambda near, clock: NtControl("projector", near, clock, PANASONIC, "panasonic"),
    "adcp": lambda near, clock: Adcp(
        "projector", near, clock, held("hdmi1"), "efghfghighijhijkijkljklmklmnlmnomnopnopq"
    ),
}
GREET = {"pjlink", "ntcontrol", "adcp"}  # stems whose devices speak first


class Replay:
    """A driver on one end of a wire, the device of a transcript on the other."""

    def __init__(self, script: Transcript, clock: LoopClock) -> None:
        self.turns, greeting = opened(script)
        self.near, self.far = greeted(greeting)
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

    async def step(self, queries: Mapping[bytes, Sequence[Query]]) -> list[Turn]:
        """One query's worth of turns, or one that no query begins with."""
        first = self.at
        for query in queries.get(self.turns[first].asked or b"", ()):
            try:
                self.heard.update({r.point: r.value for r in await self.driver.read(query)})
                return self.turns[first : self.at]
            except DeviceError:
                self.at = first  # it asks for more than the transcript has
        self.at = first + 1
        await self.tell(self.turns[first])
        await asyncio.sleep(0.01)
        return self.turns[first : self.at]


def opened(script: Transcript) -> tuple[list[Turn], bytes]:
    """The turns, and what the device says first where it does: then that is the transcript's beginning."""
    first = script.turns[0]
    greets = first.asked is None and script.path.parent.name in GREET
    return (script.turns[1:], b"".join(first.said)) if greets else (script.turns, b"")


def make(stem: str, near: Memory, clock: LoopClock) -> Conversation[object]:
    if talker := (TALKERS | DATAGRAMS).get(stem):
        made: object = talker.driver("device", near, clock, talker.options)
    else:
        made = MAKERS[stem](near, clock)
    assert isinstance(made, Conversation)
    return made


async def first_words(script: Transcript, clock: LoopClock) -> dict[bytes, list[Query]]:
    """What each query says first; on a wire it was greeted on, or has just opened."""
    found: dict[bytes, list[Query]] = {}
    stem, (_, greeting) = script.path.parent.name, opened(script)
    near, _ = greeted(greeting)
    for query in make(stem, near, clock).queries:
        for before in (False, True) if greeting else (False,):
            await near.open()
            mute = make(stem, near, clock)
            with suppress(DeviceError):
                await met(mute, before)
                near.sent.clear()
                await mute.read(query)
            found.setdefault(near.sent[0], []).append(query)
    return found


async def met(driver: Conversation[object], before: bool) -> None:
    """As it is in the middle of a connection: greeted, and its password known to be right."""
    if before and isinstance(driver, Projector):
        await driver._enter()
        driver.__dict__["_next_prefix"] = ""


STEMS = (*MAKERS, *TALKERS, *DATAGRAMS)


@pytest.mark.parametrize("script", [script for stem in STEMS for script in transcripts(stem)], ids=str)
async def test_what_was_said_is_understood_as_the_manual_means_it(script: Transcript, clock: LoopClock) -> None:
    queries = await first_words(script, clock)
    replay = Replay(script, clock)
    await replay.far.open()
    await replay.near.open()
    tasks = [asyncio.create_task(replay.device()), asyncio.create_task(replay.listener())]
    while replay.at < len(replay.turns):
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
