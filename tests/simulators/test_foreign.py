"""Programs of other people, which never heard of us, understand the projectors that are not there."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiopjlink import PJLink, PJLinkERR3, PJLinkPassword
from pypjlink import Projector as Pypjlink

from simulators.faces import TcpFace
from simulators.pjlink import Projector

PASSWORD = "JBMIAProjectorLink"
pytestmark = pytest.mark.real_time


class Stand:
    """A projector and where it is."""

    def __init__(self, sim: Projector, face: TcpFace) -> None:
        self.sim, self.host = sim, "127.0.0.1"
        self.port = int(face.url.rpartition(":")[2])

    def link(self, password: str | None = None) -> PJLink:
        return PJLink(self.host, self.port, password)


@pytest.fixture
async def stand() -> AsyncIterator[Stand]:
    sim = Projector("projector", {"power": "on", "lamp_hours": 1234, "filter_hours": 310, "name": "三楼"})
    face = TcpFace(sim, "pjlink")
    await face.open()
    yield Stand(sim, face)
    await face.close()
    await asyncio.sleep(0.05)  # aiopjlink does not wait for its connections to end


async def test_aiopjlink_reads_everything_of_class_2(stand: Stand) -> None:
    async with stand.link() as link:
        assert await link.power.get() == link.power.ON
        assert [(lamp, state.name) for lamp, state in await link.lamps.status()] == [(1234, "ON")]
        assert await link.filter.hours() == 310
        assert (await link.sources.get())[1] == "1"
        assert await link.sources.resolution() == (1920, 1080)
        assert await link.freeze.get() is False
        assert await link.info.projector_name() == "三楼"
        assert await link.info.serial_number() == stand.sim.serial
        assert {level.name for level in (await link.errors.query()).values()} == {"OK"}


async def test_aiopjlink_sets_what_it_reads(stand: Stand) -> None:
    async with stand.link() as link:
        await link.sources.set("3", "2")
        await link.mute.both(True)
        await link.freeze.set(True)
        assert (stand.sim.source, stand.sim.mute, stand.sim.sound, stand.sim.freeze) == ("32", "ON", "ON", "ON")
        await link.power.turn_off()
        with pytest.raises(PJLinkERR3):
            await link.sources.get()


async def test_aiopjlink_proves_its_password(stand: Stand) -> None:
    stand.sim.password = PASSWORD
    async with stand.link(PASSWORD) as link:
        assert await link.power.get() == link.power.ON
    await asyncio.sleep(0.1)
    refused = stand.link("opensesame")
    with pytest.raises(PJLinkPassword):
        await refused.__aenter__()
    refused._writer.close()  # which it forgets
    await refused._writer.wait_closed()


def asked(stand: Stand, password: str | None) -> dict[str, object]:
    """What pypjlink makes of it, in a thread of its own: it blocks."""
    with Pypjlink.from_address(stand.host, stand.port, timeout=5) as projector:
        proved = projector.authenticate(password)
        return {
            "proved": proved,
            "power": projector.get_power(),
            "lamps": projector.get_lamps(),
            "errors": set(projector.get_errors().values()),
            "maker": projector.get_manufacturer(),
            "input": projector.get_input(),
        }


@pytest.mark.parametrize("password", [None, PASSWORD])
async def test_pypjlink_reads_everything_of_class_1(stand: Stand, password: str | None) -> None:
    stand.sim.password = password or ""
    said = await asyncio.to_thread(asked, stand, password)
    assert said == {
        "proved": True if password else None,
        "power": "on",
        "lamps": [(1234, True)],
        "errors": {"ok"},
        "maker": "Sony",
        "input": ("DIGITAL", 1),
    }
