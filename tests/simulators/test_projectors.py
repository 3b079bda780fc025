"""Projectors that are not there, whatever somebody sends them: they go on living."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators import adcp, escvpnet, nec, ntcontrol, pjlink

KINDS: dict[str, tuple[Any, bytes, bytes]] = {  # kind, something it understands, how its answer begins
    "adcp": (adcp.Projector, b"\r\npower_status ?\r\n", b'"on"'),
    "escvpnet": (escvpnet.Projector, b"", b""),
    "nec": (nec.Projector, bytes(300) + bytes.fromhex("008800000088"), bytes.fromhex("2088")),
    "ntcontrol": (ntcontrol.Projector, b"\r", b""),
    "pjlink": (pjlink.Projector, b"\r%1POWR ?\r", b"%1POWR=1"),
}


@pytest.mark.parametrize("stem", KINDS)
@given(pieces=st.lists(st.binary(max_size=40)))
def test_no_bytes_on_earth_upset_it(stem: str, pieces: list[bytes]) -> None:
    kind, asked, begins = KINDS[stem]

    async def talk() -> None:
        said: list[bytes] = []
        line = kind("projector", {"power": "on"}).talk(said.append)
        line.begin(lambda: None)
        for piece in (*pieces, asked):
            line.hear(piece)
        assert begins in b"".join(said)
        line.end()

    asyncio.run(talk())


@pytest.mark.parametrize("stem", KINDS)
async def test_what_was_put_into_words_by_somebody_else_fits_on_its_panel(stem: str) -> None:
    projector = KINDS[stem][0]("projector", {"power": "on"})
    projector.switch_off()
    assert projector.state()["power"] == "cooling"
    await asyncio.sleep(61)
    assert projector.state()["power"] == "off"
