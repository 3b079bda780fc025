"""A recording is played back byte for byte; what was never asked then gets no answer."""

import asyncio
from pathlib import Path

import pytest

from avctl.clock import LoopClock
from avctl.drivers import registry
from avctl.drivers.registry import ring_of
from avctl.model.house import DeviceSpec
from avctl.overheard import literal
from avctl.transcript import header, lines
from avctl.transports.udp import Udp
from simulators.escvp21 import Projector
from simulators.faces import TcpFace
from simulators.replay import Echo, Turn, Unreadable, face, read
from tests.wire.transcript import FOLDER
from tests.wire.transcript import read as witness


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*/*.wire")), ids=lambda p: f"{p.parent.name}/{p.stem}")
async def test_every_transcript_of_the_house_is_played_as_it_is_written(path: Path) -> None:
    recorded, echo = witness(path).turns, Echo(read(path))
    said: list[bytes] = []
    talk = echo.talk(said.append)
    talk.begin(lambda: None)
    for turn in recorded:
        if turn.asked is not None:
            said.clear()
            talk.hear(turn.asked)
        assert said == turn.said


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "d.wire"
    path.write_text(text)
    return path


async def test_a_driver_cannot_tell_a_recording_from_the_device_it_was_made_of(
    tmp_path: Path, clock: LoopClock
) -> None:
    simulated = TcpFace(Projector("r301-projector", {"model": "EB-2250U", "power": "on"}))
    await simulated.open()
    first = await answers(simulated.url, clock)
    await simulated.close()
    told, said = first
    path = written(tmp_path, "\n".join([*header(told, "a test"), *lines(told, 0.0)]))
    played = face(read(path))
    await played.open()
    _, again = await answers(played.url, clock)
    assert again == said
    await played.close()


async def answers(url: str, clock: LoopClock) -> tuple[dict[str, object], dict[str, object]]:
    """Ask a projector everything once: what passed on the wire, and what it said."""
    driver = registry.build(DeviceSpec("r301-projector", "301", "escvp21", url), clock, {}.__getitem__)
    await driver.open()
    said = {r.point: r.value for query in driver.queries for r in await driver.read(query)}
    await driver.close()
    ring = ring_of(driver)
    assert ring
    entries = [{"way": e.way, "at": e.at, "data": literal(e.data), "hex": e.data.hex()} for e in ring.entries()]
    about = {"device": "r301-projector", "driver": "escvp21", "scheme": "tcp", "worded": False, "lost": 0}
    return {**about, "entries": entries}, said


async def test_datagrams_are_played_too(tmp_path: Path) -> None:
    path = written(tmp_path, "# source: t\n# scheme: osc\n> hex 2f696e666f000000\n< hex 0102\n< hex 03\n")
    played = face(read(path))
    await played.open()
    wire = Udp("127.0.0.1", int(played.url.rpartition(":")[2]))
    await wire.open()
    await wire.send(b"/info\0\0\0")
    assert [await wire.receive(), await wire.receive()] == [b"\x01\x02", b"\x03"]
    await wire.close()
    await played.close()


async def test_what_was_never_asked_is_told_and_not_answered(tmp_path: Path) -> None:
    strange: list[bytes] = []
    echo = Echo(read(written(tmp_path, "# source: t\n> PWR?\\r\n< PWR=01\\r:\n")), strange.append)
    said: list[bytes] = []
    talk = echo.talk(said.append)
    for piece in (b"LAMP?\r", b"PW", b"R?\rPWR?\r"):
        talk.hear(piece)
    assert (strange, said) == ([b"LAMP?\r"], [b"PWR=01\r:"] * 2)


async def test_an_answer_takes_as_long_as_it_took_then(tmp_path: Path) -> None:
    text = "# source: t\n# +1.000 s\n> ?\n# +3.500 s\n< !\n"
    said: list[bytes] = []
    talk = Echo(read(written(tmp_path, text))).talk(said.append)
    talk.hear(b"?")
    await asyncio.sleep(2.4)
    assert said == []
    await asyncio.sleep(0.2)
    assert said == [b"!"]


def test_what_was_struck_out_fits_anything_of_its_length() -> None:
    assert Turn(b"login ****\r").begins(b"login abcd\r")
    assert not Turn(b"login ****\r").begins(b"login abcde\r")
    assert Turn(b"0" * 32 + b"%1POWR ?\r").begins(b"d41d8cd98f00b204e9800998ecf8427e%1POWR ?\r")


@pytest.mark.parametrize(("text", "where"), [("", "nothing in it"), ("x PWR\n", ":1:"), ("> \\x0\n", ":1:")])
def test_a_file_that_is_no_transcript_is_refused_with_its_line(tmp_path: Path, text: str, where: str) -> None:
    with pytest.raises(Unreadable, match=where):
        read(written(tmp_path, text))
