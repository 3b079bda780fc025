"""The benches run and fill their tables. How good the figures are is for who reads them: nothing here is timed."""

import re
from pathlib import Path

import pytest

from bench import memory, reaction

pytestmark = pytest.mark.real_time


async def test_five_lost_lamps_fill_the_table_of_reactions() -> None:
    found = await reaction.measure(rooms=5, rounds=1, pace=20)
    assert len(found.daemon) == len(found.relay) == len(found.commit) == 5
    lines = [line for line in reaction.table(found).splitlines() if re.search(r"(\s+\d+\.\d\d){3}$", line)]
    assert len(lines) == 3, reaction.table(found)


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from Linux' /proc")
def test_the_table_of_memory_tells_the_daemon_its_floors_and_the_cost_of_its_libraries() -> None:
    found = memory.measure(rest=0.5)
    assert found["bare"] < found["libraries"] and found["bare"] < found["rested"]
    assert "pydantic" in memory.table(found, 0.5)
