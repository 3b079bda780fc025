"""What every driver owes the session, tried on one: whatever comes over the wire, an answer or a typed error, in time.

For whoever writes a driver, in this package or another: `assert await breaches(make) == []`, where `make` gives the
driver at the near end of a wire. It takes minutes of a loop's time and no time of yours on a loop that jumps
(`avctl.clock.JumpingLoop`). What only this device says (its states, its refusals) is for tests of your own.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress

from avctl.drivers.base import Conversation
from avctl.model.errors import DeviceError, Refused
from avctl.model.ports import Query
from avctl.transports.memory import Memory, pair

Make = Callable[[Memory], Conversation[object]]
Far = Callable[[Memory], Awaitable[None]]
PATIENCE = 5.0  # s; the session waits this long at least
_GARBAGE = bytes(range(256))


async def silent(_: Memory) -> None:
    """Connected, mute."""


async def garbage(far: Memory) -> None:
    """Every byte there is, to every question."""
    while await far.receive():
        await far.send(_GARBAGE)


async def half(far: Memory) -> None:
    """The beginning of something, and never its end."""
    while await far.receive():
        await far.send(b"A")


async def endless(far: Memory) -> None:
    """No end of line, ever."""
    for _ in range(3000):
        await far.send(b"x" * 512)
        await asyncio.sleep(0.001)


async def cut(far: Memory) -> None:
    """Gone in the middle of a question."""
    await far.receive()
    far.cut()


HOSTILE: tuple[Far, ...] = (silent, garbage, half, endless, cut)


async def breaches(make: Make) -> list[str]:
    """Every way in which the driver breaks its contract, as a sentence. None is a pass."""
    found = list(_words(make(pair()[0])))
    for hostile in HOSTILE:
        found += [f"opened on a wire that is {hostile.__name__}: {said}" for said in await _trial(make, hostile, None)]
        for query in make(pair()[0]).queries:
            said = await _trial(make, hostile, query)
            found += [f"asked {query.name} on a wire that is {hostile.__name__}: {one}" for one in said]
    return found + await _refusals(make)


def _words(driver: Conversation[object]) -> Iterator[str]:
    """What a driver says about itself before it is opened."""
    if not driver.points:
        yield "has no points"
    for name, point in driver.points.items():
        if point.name != name or not point.doc or not point.source:
            yield f"{name}: a point says its own name, what it means, and the manual it is from"
        if point.words and point.unit:
            yield f"{name}: words have no unit"
    names = [query.name for query in driver.queries]
    if len(set(names)) != len(names):
        yield "two queries of one name"
    if driver.queries and sum(query.vital for query in driver.queries) != 1:
        yield "one query is vital: the one whose silence means that the device is gone"


async def _trial(make: Make, hostile: Far, query: Query | None) -> list[str]:
    near, far = pair()
    driver = make(near)
    await far.open()
    device = asyncio.ensure_future(hostile(far))
    bound = max(PATIENCE, 4 * (query.timeout if query else 0))
    try:
        async with asyncio.timeout(bound * 2):
            return await _asked(driver, query, bound)
    except TimeoutError:
        return [f"still waits after {bound * 2:g} s"]
    finally:
        device.cancel()
        await asyncio.gather(device, return_exceptions=True)
        await driver.close()
        await driver.close()


async def _asked(driver: Conversation[object], query: Query | None, bound: float) -> list[str]:
    loop = asyncio.get_running_loop()
    began = loop.time()
    try:
        if query is None:
            await driver.open()
        else:
            await driver._connect()
            await driver.read(query)
    except DeviceError:
        pass
    except Exception as error:  # noqa: BLE001  exactly what must not come out of a driver
        return [f"raises {error!r}, which is none of avctl.model.errors"]
    took = loop.time() - began
    return [f"takes {took:.1f} s, more than {bound:g}"] if took > bound else []


async def _refusals(make: Make) -> list[str]:
    """What cannot be set is refused before anything is sent."""
    near, far = pair()
    driver = make(near)
    await far.open()
    await near.open()
    found = []
    for name in [*(name for name, point in driver.points.items() if not point.writable), "no.such.point"]:
        with suppress(Refused):
            await driver.write(name, "on")
            found.append(f"{name} cannot be set, and setting it is not refused")
    if near.sent:
        found.append(f"sends {near.sent[0]!r} for a point that cannot be set")
    await driver.close()
    return found
