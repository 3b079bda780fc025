"""A look around in a rack nobody has drawn: on loopback, where every address of 127.0.0.0/8 can be a device."""

import asyncio
import socket
from collections.abc import AsyncIterator
from ipaddress import IPv4Network
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from avctl import config
from avctl.clock import LoopClock
from avctl.discover import Look, Ports, draft, probed
from avctl.document import Mistakes
from avctl.probe import Access, Probe
from avctl.service import discover
from simulators import pjlink
from simulators.faces import Face, TcpFace, UdpFace
from simulators.pdu import Pdu
from simulators.pjlink_search import Searched
from simulators.x32 import Desk

RACK = IPv4Network("127.41.7.0/28")
SITE = Path(__file__).parents[1] / "config" / "site.yaml"


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@pytest.fixture
async def ports() -> AsyncIterator[Ports]:
    """A rack with a desk, a supply and a projector, each at an address of its own."""
    found = Ports(free_port(), free_port(), (free_port(),))
    pdu = Pdu("pdu")
    pdu.agent.community("hush")
    faces: list[Face] = [
        UdpFace(Desk("desk", {"model": "X32RACK"}), "osc", ("127.41.7.1", found.osc[0])),
        UdpFace(pdu, "snmp", ("127.41.7.2", found.snmp)),
        UdpFace(Searched("00:11:22:33:44:55"), "udp", ("127.41.7.3", found.pjlink)),
        TcpFace(pjlink.Projector("p", {"power": "on"}), "pjlink", ("127.41.7.3", found.pjlink)),
    ]
    for face in faces:
        await face.open()
    yield found
    for face in faces:
        await face.close()


async def test_everything_in_the_rack_is_found_and_given_a_driver(ports: Ports, clock: LoopClock) -> None:
    seen = await Look(200, "hush", ports).around([RACK])
    found = await probed(seen, Probe(clock, {"comm": "hush"}.__getitem__, Access("comm")))
    assert [(s.address, s.best.driver if s.best else "") for s in found] == [
        ("127.41.7.1", "x32"),
        ("127.41.7.2", "apc-rpdu2"),
        ("127.41.7.3", "pjlink"),
    ]
    read = YAML(typ="safe").load(draft(found, {"127.41.7.1": "r301-mixer"}))["devices"]
    assert list(read) == ["apc-rpdu2-127-41-7-2", "pjlink-127-41-7-3"]
    supply = read["apc-rpdu2-127-41-7-2"]
    assert (supply["room"], supply["driver"]) == ("?", "apc-rpdu2")
    assert supply["options"] == {"community": {"secret": "comm"}}
    assert supply["asset"]["serial"]


async def test_the_budget_is_kept(ports: Ports) -> None:
    look, began = Look(20, "hush", ports), asyncio.get_running_loop().time()
    await look.around([RACK])
    took = asyncio.get_running_loop().time() - began - 11.0
    assert look.sent == 14 * 3
    assert look.sent / took <= 20.1


def test_without_declared_subnets_nothing_is_looked_for() -> None:
    with pytest.raises(ValueError, match="declares no subnets"):
        discover(SITE, Access())


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("{subnets: [10.0.0.0/8]}", "16777216 addresses"),
        ("{subnets: [10.20.1.5/24]}", "host bits"),
        ("{subnets: []}", "at least 1"),
        ("{subnets: [10.20.1.0/24], budget: 5000/s}", "1000/s"),
    ],
)
def test_a_search_too_wide_or_too_fast_is_a_mistake_with_its_place(tmp_path: Path, said: str, why: str) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(SITE.read_text() + f"\ndiscover: {said}\n")
    with pytest.raises(Mistakes, match=why):
        config.load(path)


def test_declared_subnets_are_read(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(SITE.read_text() + "\ndiscover: {subnets: [10.20.1.0/24], budget: 100/s}\n")
    form = config.load(path).discover
    assert form is not None
    assert (form.subnets, form.budget) == ([IPv4Network("10.20.1.0/24")], 100.0)
