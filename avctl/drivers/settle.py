"""Accepted is not done: after a write a device is asked until it agrees, or the patience for it ends."""

import asyncio
from collections.abc import Awaitable, Callable

from avctl.model.reading import Reading, Value


async def settled(ask: Callable[[], Awaitable[Reading]], wanted: Value, within: float, every: float) -> Reading:
    """What the device says, as soon as it says `wanted`; else what it said last, at most `within` seconds later."""
    loop = asyncio.get_running_loop()
    end = loop.time() + within
    reading = await ask()
    while reading.value != wanted and loop.time() + every <= end:
        await asyncio.sleep(every)
        reading = await ask()
    return reading
