"""The benches run and fill their tables. How good the figures are is for who reads them: nothing here is timed."""

import re

import pytest

from bench import reaction

pytestmark = pytest.mark.real_time


async def test_five_lost_lamps_fill_the_table_of_reactions() -> None:
    found = await reaction.measure(rooms=5, rounds=1, pace=20)
    assert len(found.daemon) == len(found.relay) == len(found.commit) == 5
    lines = [line for line in reaction.table(found).splitlines() if re.search(r"(\s+\d+\.\d\d){3}$", line)]
    assert len(lines) == 3, reaction.table(found)
