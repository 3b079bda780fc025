"""The X Air, spoken to over UDP in bytes laid out by hand (tests/wire) as its maker's document has them."""

import asyncio
import struct
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.faces import UdpFace
from simulators.xair import Mixer
from tests.simulators.conftest import Caller, Dial
from tests.wire.transcript import _datagram as message


class MixerAt(Mixer):
    """A mixer that knows where it can be reached."""

    url = ""


@pytest.fixture
async def mixer() -> AsyncIterator[MixerAt]:
    """An XR18 in snapshot 2."""
    sim = MixerAt("mixer", {"scene": 2})
    face = UdpFace(sim, "osc")
    await face.open()
    sim.url = face.url
    yield sim
    await face.close()


def words(datagram: bytes | None, address: str) -> list[int]:
    """The words of a meter datagram: address, tag, big-endian length, then everything little-endian."""
    assert datagram
    head = message(f"{address} ,")[:-4] + b",b\0\0"
    assert datagram.startswith(head)
    length, count = (
        struct.unpack(">i", datagram[len(head) :][:4])[0],
        struct.unpack_from("<i", datagram, len(head) + 4)[0],
    )
    assert length == 4 + 2 * count
    return list(struct.unpack_from(f"<{count}h", datagram, len(head) + 8))


async def meters(caller: Caller, number: int, channel: str = "") -> list[int]:
    asked = message(f'/meters ,si "/meters/{number}" {channel}' if channel else f'/meters ,s "/meters/{number}"')
    return words(await caller.ask(asked), f"/meters/{number}")


SIZES = [(0, 8), (1, 40), (2, 36), (3, 56), (4, 100), (5, 44), (6, 39), (7, 16), (8, 4), (9, 4)]


@pytest.mark.parametrize(("number", "count"), SIZES)
async def test_meters_come_in_their_documented_size(mixer: MixerAt, dial: Dial, number: int, count: int) -> None:
    assert len(await meters(await dial(mixer.url), number)) == count


async def test_the_argument_of_meters_is_a_channel(mixer: MixerAt, dial: Dial) -> None:
    mixer.plug(9, lambda _: -20.0)
    caller = await dial(mixer.url)
    assert (await meters(caller, 0, "8"))[0] / 256 == pytest.approx(-20, abs=3)
    assert (await meters(caller, 1))[8] / 256 == pytest.approx(-20, abs=3)


async def test_the_unknown_is_silence_and_so_is_the_tongue_of_an_x32(mixer: MixerAt, dial: Dial) -> None:
    caller = await dial(mixer.url)
    for said in ("/ch/17/mix/on ,", "/bus/01/mix/on ,", "/main/st/mix/on ,", "/-stat/osc/on ,", "/ch/01/mix/on ,i 7"):
        assert await caller.ask(message(said)) is None
    assert await caller.ask(message('/node ,s "ch/01/mix"')) is None
    assert await caller.ask(message("/lr/mix/on ,")) == message("/lr/mix/on ,i 1")


async def test_eight_are_told_and_a_ninth_is_not(mixer: MixerAt, dial: Dial) -> None:
    callers = [await dial(mixer.url) for _ in range(9)]
    for caller in callers:
        await caller.ask(message("/xremote ,"), within=0.01)
    mixer.channel_muted(1)
    heard = [await caller.next(0.1) for caller in callers]
    assert [bool(datagram) for datagram in heard] == [True] * 8 + [False]


async def test_who_wants_no_feedback_does_not_hear_of_its_own_changes(mixer: MixerAt, dial: Dial) -> None:
    plain, quiet = await dial(mixer.url), await dial(mixer.url)
    plain.tell(message("/xremote ,"))
    quiet.tell(message("/xremotenfb ,"))
    assert await plain.ask(message("/ch/01/mix/on ,i 0")) == message("/ch/01/mix/on ,i 0")
    assert await quiet.next() == message("/ch/01/mix/on ,i 0")
    assert await quiet.ask(message("/ch/01/mix/on ,i 1"), within=0.1) is None


async def test_a_snapshot_is_loaded_without_a_word_and_an_empty_one_does_nothing(mixer: MixerAt, dial: Dial) -> None:
    caller, other = await dial(mixer.url), await dial(mixer.url)
    other.tell(message("/xremote ,"))
    assert await caller.ask(message("/-snap/load ,i 64")) is None
    assert await caller.ask(message("/-snap/index ,")) == message("/-snap/index ,i 2")
    assert await caller.ask(message("/-snap/load ,i 5")) is None
    assert message("/ch/05/mix/on ,i 0") in await other.all(within=0.2)
    assert await caller.ask(message("/-snap/index ,")) == message("/-snap/index ,i 5")
    assert await caller.ask(message("/-snap/name ,")) == message('/-snap/name ,s "speech-only"')
    assert await caller.ask(message("/-snap/05/name ,")) == message('/-snap/05/name ,s "speech-only"')


async def test_it_is_back_after_45_seconds_and_remembers_nobody(mixer: MixerAt, dial: Dial) -> None:
    caller = await dial(mixer.url)
    caller.tell(message("/xremote ,"))
    await asyncio.sleep(0)
    mixer.reboots()
    await asyncio.sleep(44)
    assert await caller.ask(message("/status ,")) is None
    await asyncio.sleep(1)
    assert await caller.ask(message("/status ,"))
    mixer.channel_muted(1)
    assert await caller.next() is None


@pytest.mark.parametrize(("model", "channels", "buses"), [("XR12", 12, 2), ("XR16", 16, 4), ("MR18", 16, 6)])
async def test_a_model_has_as_many_strips_as_on_its_front(model: str, channels: int, buses: int) -> None:
    sim = Mixer("mixer", {"model": model})
    assert [f"/ch/{n:02}/mix/on" in sim.values for n in (channels, channels + 1)] == [True, False]
    assert [f"/bus/{n}/mix/on" in sim.values for n in (buses, buses + 1)] == [True, False]
    assert sim.output("main") < -50 and sim.current() == 0.2


HEADS = [
    b"",
    b"/meters\0,si\0\0\0\0",
    b"/-snap/load\0,i\0\0",
    b"/-snap/delete\0\0\0,i\0\0",
    b"/batchsubscribe\0,ssiii\0\0",
]


@given(st.binary(max_size=80), st.sampled_from(HEADS))
def test_no_bytes_on_earth_upset_the_mixer(data: bytes, head: bytes) -> None:
    async def talk() -> None:
        said: list[bytes] = []
        sim = Mixer("mixer")
        sim.hear(head + data, ("127.0.0.1", 9), said.append)
        said.clear()
        sim.hear(message("/status ,"), ("127.0.0.1", 9), said.append)
        assert len(said) == 1
        sim.loses_mains()

    asyncio.run(talk())
