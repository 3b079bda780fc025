"""The desk, spoken to over UDP in bytes laid out by hand (tests/wire) as the OSC document has them."""

import asyncio
import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.x32 import Desk
from tests.simulators.conftest import Caller, DeskAt, Dial
from tests.wire.transcript import _datagram as message


def blob(datagram: bytes | None, address: str) -> list[float]:
    """The floats of a meter datagram: address, tag, big-endian length, then everything little-endian."""
    assert datagram
    head = message(f"{address} ,")[:-4] + b",b\0\0"
    assert datagram.startswith(head)
    length, count = (
        struct.unpack(">i", datagram[len(head) :][:4])[0],
        struct.unpack("<i", datagram[len(head) + 4 :][:4])[0],
    )
    assert length == 4 + 4 * count == len(datagram) - len(head) - 4
    return list(struct.unpack(f"<{count}f", datagram[len(head) + 8 :]))


def db(level: float) -> float:
    return 20 * math.log10(level) if level else -120.0


async def meters(caller: Caller, number: int) -> list[float]:
    return blob(await caller.ask(message(f'/meters ,si "/meters/{number}" 99')), f"/meters/{number}")


async def test_the_unknown_the_wrong_and_the_out_of_range_are_all_silence(desk: DeskAt, dial: Dial) -> None:
    caller = await dial(desk.url)
    for said in (
        "/nope ,",
        "/ch/33/mix/on ,",
        "/ch/01/mix/on ,i 7",
        '/ch/01/mix/fader ,s "loud"',
        "/ch/01/mix/on ,f 0.0",
    ):
        assert await caller.ask(message(said)) is None
    assert await caller.ask(message("/ch/01/mix/on ,")) == message("/ch/01/mix/on ,i 1")


async def test_a_bundle_is_dropped(desk: DeskAt, dial: Dial) -> None:
    caller = await dial(desk.url)
    inner = message("/info ,")
    assert await caller.ask(b"#bundle\0" + bytes(7) + b"\1" + struct.pack(">i", len(inner)) + inner) is None


async def test_a_set_is_told_to_others_and_never_to_its_sender(desk: DeskAt, dial: Dial) -> None:
    mine, other = await dial(desk.url), await dial(desk.url)
    for caller in (mine, other):
        caller.tell(b"/xremote\0\0\0\0")  # without a type tag, as real clients send it
    assert await mine.ask(message("/ch/01/mix/on ,i 0")) is None
    assert await other.next() == message("/ch/01/mix/on ,i 0")


async def test_a_fifth_client_gets_nothing_and_is_not_told(desk: DeskAt, dial: Dial) -> None:
    callers = [await dial(desk.url) for _ in range(5)]
    for caller in callers:
        assert await caller.ask(message("/xremote ,"), within=0.01) is None
    desk.channel_muted(1)
    heard = [await caller.next() for caller in callers]
    assert [bool(datagram) for datagram in heard] == [True, True, True, True, False]


async def test_pushes_end_after_ten_seconds(desk: DeskAt, dial: Dial) -> None:
    caller = await dial(desk.url)
    caller.tell(message("/xremote ,"))
    await asyncio.sleep(9.9)
    desk.channel_muted(1)
    assert await caller.next(0.05)
    await asyncio.sleep(0.1)
    desk.heal()
    assert await caller.next() is None


async def test_a_fader_snaps_to_its_steps_and_stops_at_its_end(desk: DeskAt, dial: Dial) -> None:
    caller = await dial(desk.url)
    await caller.ask(message("/ch/01/mix/fader ,f 0.75"))
    assert await caller.ask(message("/ch/01/mix/fader ,")) == message(f"/ch/01/mix/fader ,f {767 / 1023}")
    await caller.ask(message("/ch/01/mix/fader ,f 1.7"))
    assert await caller.ask(message("/ch/01/mix/fader ,")) == message("/ch/01/mix/fader ,f 1.0")


async def test_text_is_read_by_node_and_written_with_an_echo(desk: DeskAt, dial: Dial) -> None:
    caller = await dial(desk.url)
    said = message('/ ,s "ch/01/mix OFF -oo"')
    assert await caller.ask(said) == said
    assert await caller.ask(message('/node ,s "ch/01/mix"')) == message(
        'node ,s "/ch/01/mix OFF   -oo ON +0 OFF   -oo\\n"'
    )
    assert await caller.ask(message('/node ,s "config/mute"')) == message(
        'node ,s "/config/mute OFF OFF OFF OFF OFF OFF\\n"'
    )
    await caller.ask(message('/ ,s "config/osc/f1 1k02"'))
    assert await caller.ask(message('/node ,s "config/osc"')) == message(
        'node ,s "/config/osc  -20.0 1k00 10k02 F1 SINE L+R\\n"'
    )


async def test_several_values_may_follow_a_group_address(desk: DeskAt, dial: Dial) -> None:
    caller = await dial(desk.url)
    await caller.ask(message("/ch/02/mix ,if 1 0.5"), within=0.01)
    assert await caller.ask(message("/ch/02/mix/on ,")) == message("/ch/02/mix/on ,i 1")


async def test_linked_channels_move_together(desk: DeskAt, dial: Dial) -> None:
    caller = await dial(desk.url)
    desk.touch("/config/chlink/1-2", 1)
    await caller.ask(message("/ch/02/mix/on ,i 1"), within=0.01)
    await caller.ask(message("/ch/01/mix/on ,i 0"), within=0.01)
    assert await caller.ask(message("/ch/02/mix/on ,")) == message("/ch/02/mix/on ,i 0")


async def test_load_answers_before_the_recall_is_done_and_the_rest_comes_as_a_burst(desk: DeskAt, dial: Dial) -> None:
    caller, other = await dial(desk.url), await dial(desk.url)
    other.tell(message("/xremote ,"))
    assert await caller.ask(message('/load ,si "scene" 5')) == message('/load ,si "scene" 1')
    pushed = await other.all(within=0.2)
    assert len(pushed) > 100
    assert message("/ch/05/mix/on ,i 0") in pushed
    assert await caller.ask(message("/-show/prepos/current ,")) == message("/-show/prepos/current ,i 5")
    assert await caller.ask(message("/-show/showfile/scene/005/name ,")) == message(
        '/-show/showfile/scene/005/name ,s "speech-only"'
    )


async def test_right_after_load_not_everything_has_changed_yet(desk: DeskAt) -> None:
    said: list[bytes] = []
    desk.hear(message('/load ,si "scene" 5'), ("127.0.0.1", 9), said.append)
    assert said == [message('/load ,si "scene" 1')]
    assert desk.values["/ch/09/mix/on"] == 1
    await asyncio.sleep(0.1)
    assert desk.values["/ch/09/mix/on"] == 0


async def test_a_scene_that_is_not_there_is_not_recalled(desk: DeskAt, dial: Dial) -> None:
    caller = await dial(desk.url)
    desk.scene_lost(5)
    for number in (5, 50):
        assert await caller.ask(message(f'/load ,si "scene" {number}')) == message('/load ,si "scene" 0')
    assert await caller.ask(message("/-show/prepos/current ,")) == message("/-show/prepos/current ,i 2")


async def test_goscene_recalls_without_a_word(desk: DeskAt, dial: Dial) -> None:
    caller = await dial(desk.url)
    assert await caller.ask(message("/-action/goscene ,i 5")) is None
    assert await caller.ask(message("/-show/prepos/current ,")) == message("/-show/prepos/current ,i 5")


@pytest.mark.parametrize(("number", "count"), [(0, 70), (1, 96), (2, 49), (4, 82), (5, 27), (6, 4), (11, 5), (13, 48)])
async def test_meters_come_in_their_documented_size(desk: DeskAt, dial: Dial, number: int, count: int) -> None:
    assert len(await meters(await dial(desk.url), number)) == count


async def test_a_meter_subscription_lives_ten_seconds_and_longer_if_renewed(desk: DeskAt, dial: Dial) -> None:
    caller = await dial(desk.url)
    caller.tell(message('/meters ,si "/meters/1" 40'))
    assert len(await caller.all(within=30)) == 5  # tf 40: every 2 s
    caller.tell(message('/batchsubscribe ,ssiii "mine" "/meters/2" 0 0 40'))
    await asyncio.sleep(9)
    caller.tell(message('/renew ,s "mine"'))
    assert len(await caller.all(within=30)) == 10
    caller.tell(message('/renew ,s "mine"'))  # lapsed: does nothing
    assert await caller.all(within=30) == []


async def test_the_oscillator_reaches_the_bus_it_is_sent_to_and_no_other(desk: DeskAt, dial: Dial) -> None:
    caller = await dial(desk.url)
    for said in ("/config/osc/dest ,i 15", "/config/osc/level ,f 0.375", "/-stat/osc/on ,i 1"):
        await caller.ask(message(said), within=0.01)
    buses = await meters(caller, 2)
    assert db(buses[15]) == pytest.approx(-20, abs=0.1)
    assert max(db(buses[14]), db(buses[22])) < -90


async def test_a_mute_group_mutes_and_a_dca_switched_off_mutes(desk: DeskAt) -> None:
    assert not desk.sound.muted("/ch/01")
    desk.touch("/ch/01/grp/mute", 0b000100)
    desk.touch("/config/mute/3", 1)
    assert desk.sound.muted("/ch/01")
    desk.touch("/config/mute/3", 0)
    desk.touch("/ch/01/grp/dca", 0b1)
    desk.touch("/dca/1/on", 0)
    assert desk.sound.muted("/ch/01")


async def test_condensers_are_dead_without_phantom_power(desk: DeskAt) -> None:
    desk.plug(1, lambda _: -20.0)
    assert desk.sound.channel(1) == pytest.approx(-20, abs=3)
    desk.phantom_lost(1)
    assert desk.sound.channel(1) < -90


async def test_after_a_reboot_a_minute_is_silent_and_nobody_is_remembered(desk: DeskAt, dial: Dial) -> None:
    caller = await dial(desk.url)
    caller.tell(message("/xremote ,"))
    await asyncio.sleep(0)
    desk.reboots()
    await asyncio.sleep(59)
    assert await caller.ask(message("/status ,")) is None
    await asyncio.sleep(1)
    assert await caller.ask(message("/status ,"))
    desk.channel_muted(1)
    assert await caller.next() is None


async def test_lost_and_doubled_datagrams(desk: DeskAt, dial: Dial) -> None:
    caller = await dial(desk.url)
    desk.loses_datagrams(share=1)
    assert await caller.ask(message("/status ,")) is None
    desk.heal()
    desk.stutters(share=1)
    caller.tell(message("/status ,"))
    assert len(await caller.all(within=0.1)) == 2


HEADS = [b"", b"/node\0\0\0,s\0\0", b"/meters\0,sii\0\0\0\0", b"/\0\0\0,s\0\0", b"/load\0\0\0,si\0"]


@given(st.binary(max_size=80), st.sampled_from(HEADS))
def test_no_bytes_on_earth_upset_the_desk(data: bytes, head: bytes) -> None:
    async def talk() -> None:
        said: list[bytes] = []
        desk = Desk("desk")
        desk.hear(head + data, ("127.0.0.1", 9), said.append)
        said.clear()
        desk.hear(message("/status ,"), ("127.0.0.1", 9), said.append)
        assert len(said) == 1
        desk.loses_mains()

    asyncio.run(talk())


async def test_a_desk_draws_its_amperes_from_the_outlet(desk: DeskAt) -> None:
    assert desk.current() == 0.5


async def test_outputs_carry_what_they_are_patched_to(desk: DeskAt, dial: Dial) -> None:
    caller = await dial(desk.url)
    for said in (
        "/config/osc/dest ,i 17",
        "/config/osc/level ,f 0.375",
        "/-stat/osc/on ,i 1",
        "/outputs/main/16/src ,i 2",
    ):
        await caller.ask(message(said), within=0.01)
    out = (await meters(caller, 4))[40:56]
    assert db(out[15]) == pytest.approx(-20, abs=0.1)
    assert db(out[0]) < -90


async def test_the_patch_bay_is_told_in_words(desk: DeskAt, dial: Dial) -> None:
    caller = await dial(desk.url)
    await caller.ask(message("/config/routing/OUT/5-8 ,i 24"), within=0.01)
    assert await caller.ask(message('/node ,s "config/routing/OUT"')) == message(
        'node ,s "/config/routing/OUT OUT1-4 AUX/CR OUT9-12 OUT13-16\\n"'
    )
