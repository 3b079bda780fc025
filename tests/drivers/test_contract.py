"""What every driver owes the session, whatever comes over the wire: an answer, or one of the typed errors, in time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from avctl.clock import LoopClock
from avctl.drivers.adcp import Adcp
from avctl.drivers.base import Conversation
from avctl.drivers.escvp21 import EscVp21
from avctl.drivers.nec import Nec
from avctl.drivers.ntcontrol import NtControl
from avctl.drivers.pjlink import PjLink
from avctl.drivers.x32 import X32
from avctl.drivers.xair import XAir
from avctl.model.errors import Busy, DeviceError, Garbled, LinkDown, NoAnswer, Refused
from avctl.model.ports import Query
from avctl.model.reading import Reading
from avctl.transports.memory import Memory
from tests.drivers.conftest import greeted
from tests.drivers.datagrams import DATAGRAMS
from tests.drivers.talkers import TALKERS

STEMS: dict[str, type[Any]] = {
    "escvp21": EscVp21,
    "pjlink": PjLink,
    "nec": Nec,
    "ntcontrol": NtControl,
    "adcp": Adcp,
    "x32": X32,
    "xair": XAir,
}
NETS = 5.0  # the session waits this long at least before it gives up on a driver
Far = Callable[[Memory], Awaitable[None]]

# One true answer to anything, for each stem: what a question about something else must not take for its own.
OTHER = {
    "escvp21": b"KEYSTONE=7\r:",
    "pjlink": b"%2SVOL=OK\r",
    "nec": b"\x23\x10\x01\x2a\x02\x00\x00\x60",
    "ntcontrol": b"00VOL:1\r",
    "adcp": b"7\r\n",
    "x32": b"/ch/01/eq/on\0\0\0\0,i\0\0\0\0\0\1",
    "xair": b"/ch/01/eq/on\0\0\0\0,i\0\0\0\0\0\1",
}
STEMS |= {stem: talker.driver for stem, talker in (TALKERS | DATAGRAMS).items()}
OTHER |= {stem: talker.other for stem, talker in (TALKERS | DATAGRAMS).items()}
GARBAGE = bytes(range(256))
GREETING = {  # what a device of that stem says first, on every connection
    "pjlink": b"PJLINK 0\r",
    "ntcontrol": b"NTCONTROL 0\r",
    "adcp": b"NOKEY\r\n",
}
VISITED = {
    "pjlink",
    "nec",
    "ntcontrol",
    "adcp",
}  # the connection is made for a question and let go after it: nobody listens between


async def silent(_: Memory) -> None:
    """Connected, mute."""


async def garbage(far: Memory) -> None:
    while await far.receive():
        await far.send(GARBAGE)


async def half_a_line(far: Memory) -> None:
    while await far.receive():
        await far.send(b"PWR=0")


async def endless(far: Memory) -> None:
    """No end of line, ever; other tasks get their turn, as with any socket."""
    for _ in range(3000):
        await far.send(b"x" * 512)
        await asyncio.sleep(0.001)


async def cut(far: Memory) -> None:
    await far.receive()
    far.cut()


async def empty(far: Memory) -> None:
    while await far.receive():
        await far.send(b"\0")


HOSTILE = (silent, garbage, half_a_line, endless, cut, empty)


@pytest.fixture(params=STEMS)
def stem(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def ends(stem: str, clock: LoopClock) -> AsyncIterator[tuple[Conversation[object], Memory]]:
    near, far = greeted(GREETING.get(stem, b""))
    driver: object = STEMS[stem]("device", near, clock)
    assert isinstance(driver, Conversation)
    await near.open()
    await far.open()
    yield driver, far
    await driver.close()


def queries(stem: str) -> list[str]:
    return [query.name for query in STEMS[stem].queries]


@pytest.mark.parametrize("far_end", HOSTILE, ids=lambda far: far.__name__)
async def test_a_hostile_wire_ends_in_a_typed_error_in_time(
    ends: tuple[Conversation[object], Memory], far_end: Far
) -> None:
    driver, far = ends
    for query in driver.queries:
        far.mend()
        await far.open()
        await driver._connect()
        await _typed(driver, query, far, far_end)


async def _typed(driver: Conversation[object], query: Query, far: Memory, far_end: Far) -> None:
    device = asyncio.ensure_future(far_end(far))
    began = asyncio.get_running_loop().time()
    with pytest.raises(DeviceError) if query.name != "remote" else _anything():
        await driver.read(query)
    took = asyncio.get_running_loop().time() - began
    assert took <= max(NETS, 4 * query.timeout), f"{query.name} took {took:.1f} s"
    device.cancel()
    await asyncio.gather(device, return_exceptions=True)


class _anything:
    """`/xremote` is never answered: no error need come of it."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        return kind is not None and issubclass(kind, DeviceError)


async def test_silence_and_nonsense_are_told_apart(ends: tuple[Conversation[object], Memory]) -> None:
    driver, far = ends
    vital = next(query for query in driver.queries if query.vital)
    with pytest.raises(NoAnswer):
        await driver.read(vital)
    device = asyncio.ensure_future(garbage(far))
    with pytest.raises((Garbled, NoAnswer)):
        await driver.read(vital)
    assert driver.noise > 0
    device.cancel()


async def test_a_cut_wire_is_told_to_the_one_who_asks_and_the_one_who_listens(
    stem: str, ends: tuple[Conversation[object], Memory]
) -> None:
    driver, far = ends
    listening = asyncio.ensure_future(_first(driver.listen()))
    asking = asyncio.ensure_future(driver.read(driver.queries[0]))
    await asyncio.sleep(0.01)
    far.cut()
    with pytest.raises(LinkDown):
        await asking
    if stem in VISITED:
        assert await listening is None
    else:
        with pytest.raises(LinkDown):
            await listening


async def _first(readings: AsyncIterator[Reading]) -> Reading | None:
    return await anext(readings, None)


async def test_an_answer_to_something_else_is_nobodys_answer(
    stem: str, ends: tuple[Conversation[object], Memory]
) -> None:
    driver, far = ends
    for query in driver.queries:
        if query.name != "remote":
            await far.send(OTHER[stem])
            with pytest.raises((NoAnswer, Busy)):
                await driver.read(query)


async def test_every_point_describes_itself(stem: str, ends: tuple[Conversation[object], Memory]) -> None:
    driver, _ = ends
    assert driver.points
    for name, point in driver.points.items():
        assert point.name == name and point.doc and point.source
        assert not (point.words and point.unit)


async def test_what_cannot_be_set_is_refused_before_anything_is_sent(
    ends: tuple[Conversation[object], Memory],
) -> None:
    driver, _ = ends
    for point in [name for name, p in driver.points.items() if not p.writable] + ["no.such.point"]:
        with pytest.raises(Refused):
            await driver.write(point, "on")
    assert not driver._link.sent  # type: ignore[attr-defined]


async def test_one_question_is_vital_and_every_name_is_its_own(stem: str) -> None:
    assert sum(query.vital for query in STEMS[stem].queries) == 1
    assert len(set(queries(stem))) == len(queries(stem))


async def test_closing_twice_hurts_nobody(ends: tuple[Conversation[object], Memory]) -> None:
    driver, _ = ends
    await driver.close()
    await driver.close()
