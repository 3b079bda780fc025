"""What every test has: a loop whose time jumps, and a clock that follows it.

A test that talks to a process outside this one (mosquitto, net-snmp, a browser, a pty) says
`@pytest.mark.real_time`: its loop waits like any other.
"""

import asyncio
from collections.abc import Callable

import pytest

from avctl.clock import JumpingLoop, LoopClock

MONDAY = 1_789_354_800.0  # 2026-09-14 03:00 UTC, a Monday, 11:00 in Shanghai


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    real = item.get_closest_marker("real_time") is not None
    return {"real": asyncio.SelectorEventLoop} if real else {"jumping": JumpingLoop}


@pytest.fixture
async def clock() -> LoopClock:
    """Wall time that follows the test's loop, from a Monday morning on."""
    return LoopClock(asyncio.get_running_loop(), MONDAY)
