"""Every transcript, said to the simulator: what the manual says it answers, it answers, byte by byte."""

import asyncio
from typing import Any

import pytest

from simulators import adcp, escvpnet, nec, ntcontrol, osc, pjlink
from simulators.building import DATAGRAMS, STREAMS
from simulators.device import Device
from simulators.escvp21 import Projector
from simulators.osc_desk import OscDesk
from simulators.talker import Talker
from simulators.x32 import Desk
from simulators.xair import Mixer
from tests.wire.transcript import Transcript, Turn, transcripts

SOMEBODY = ("127.0.0.1", 9)


async def replay(device: Device, turn: Turn, ask: Any, said: list[bytes]) -> list[bytes]:
    device.put(**turn.state)
    said.clear()
    ask(turn.asked)
    await asyncio.sleep(0)
    return said


@pytest.mark.parametrize("script", transcripts("escvp21"), ids=str)
async def test_the_projector_says_what_the_manual_says(script: Transcript) -> None:
    projector = Projector("projector")
    said: list[bytes] = []
    talk = projector.talk(said.append)
    for turn in script.turns:
        assert b"".join(await replay(projector, turn, talk.hear, said)) == b"".join(turn.said), turn.asked


HOSTS: dict[str, type[Any]] = {
    "adcp": adcp.Projector,
    "escvpnet": escvpnet.Projector,
    "nec": nec.Projector,
    "ntcontrol": ntcontrol.Projector,
    "pjlink": pjlink.Projector,
}


@pytest.mark.parametrize("script", [script for stem in HOSTS for script in transcripts(stem)], ids=str)
async def test_one_that_speaks_first_says_what_its_manual_says(script: Transcript) -> None:
    greets = script.turns[0].asked is None
    projector = HOSTS[script.path.parent.name]("projector")
    projector.put(**(script.turns[0].state if greets else {}))
    said: list[bytes] = []
    talk = projector.talk(said.append)
    talk.begin(lambda: None)
    assert said == (script.turns[0].said if greets else [])
    for turn in script.turns[greets:]:
        assert b"".join(await replay(projector, turn, talk.hear, said)) == b"".join(turn.said), turn.asked
    talk.end()


TALKERS = {stem: device for stem, device in STREAMS.items() if issubclass(device, Talker)}


@pytest.mark.parametrize("script", [script for stem in TALKERS for script in transcripts(stem)], ids=str)
async def test_a_talker_says_what_the_manual_says(script: Transcript) -> None:
    device = TALKERS[script.path.parent.name]("device")
    said: list[bytes] = []
    talk = device.talk(said.append)
    talk.begin(lambda: None)
    for turn in script.turns:
        device.put(**turn.state)
        if turn.asked:
            talk.hear(turn.asked)
        await asyncio.sleep(0)
        assert b"".join(said) == b"".join(turn.said), turn.asked
        said.clear()


DESKS = {"x32": Desk, "xair": Mixer}
SENDERS = {stem: device for stem, (device, _) in DATAGRAMS.items() if stem not in DESKS}


@pytest.mark.parametrize("script", [script for stem in SENDERS for script in transcripts(stem)], ids=str)
async def test_a_sender_of_datagrams_says_what_the_manual_says(script: Transcript) -> None:
    device = SENDERS[script.path.parent.name]("device")
    said: list[bytes] = []
    for turn in script.turns:
        ask = lambda data: device.hear(data, SOMEBODY, said.append)  # noqa: E731
        assert await replay(device, turn, ask, said) == turn.said, turn.asked


@pytest.mark.parametrize("script", [script for stem in DESKS for script in transcripts(stem)], ids=str)
async def test_the_desk_says_what_the_manual_says(script: Transcript) -> None:
    desk = DESKS[script.path.parent.name]("desk")
    said: list[bytes] = []
    for turn in script.turns:
        if turn.asked:
            ask = lambda data: desk.hear(data, SOMEBODY, said.append)  # noqa: E731
            assert await replay(desk, turn, ask, said) == turn.said, turn.asked
        else:
            await pushes(desk, turn, said)


async def pushes(desk: OscDesk, turn: Turn, said: list[bytes]) -> None:
    """What the device says unasked is what it pushes when somebody moves something at it. Meters are not moved."""
    desk.hear(osc.build("/xremote"), SOMEBODY, said.append)
    for datagram in turn.said:
        address, (value, *_) = osc.parse(datagram) or ("", [0])
        if address.startswith("/meters"):
            continue
        desk.put(**{address: -1})
        said.clear()
        desk.touch(address, value)
        assert osc.parse(said[0]) == (address, [pytest.approx(value, abs=0.5 / 1023)])  # a fader snaps to its steps
