"""The projector, spoken to in bytes from the manual over TCP."""

import asyncio
from collections.abc import Awaitable, Callable

from hypothesis import given
from hypothesis import strategies as st

from simulators.device import mishaps
from simulators.escvp21 import Projector
from tests.simulators.conftest import Room

Stand = Callable[..., Awaitable[Room]]


async def test_a_lone_return_brings_a_lone_prompt(stand: Stand) -> None:
    line = await (await stand()).call()
    assert await line.ask(b"\r") == b":"


async def test_it_warms_up_before_it_is_on_and_is_deaf_at_first(stand: Stand) -> None:
    line = await (await stand(warm_up=20, deaf=4)).call()
    assert await line.ask(b"PWR ON\r") == b"IMEVENT=0001 02 00000000 00000000 T1 F1\r::"
    assert await line.ask(b"PWR?\r") == b""  # deaf: lost, not refused
    await asyncio.sleep(5)
    assert await line.ask(b"PWR?\r") == b"PWR=02\r:"
    assert await line.ask(b"SOURCE?\r") == b"ERR\r:"
    assert await line.rest(16) == b"IMEVENT=0001 03 00000000 00000000 T1 F1\r:"
    assert await line.ask(b"PWR?\r") == b"PWR=01\r:"


async def test_it_cools_down_before_it_is_off_and_takes_nothing_meanwhile(stand: Stand) -> None:
    line = await (await stand(power="on", cool_down=30, imevent=False)).call()
    assert await line.ask(b"PWR OFF\r") == b":"
    assert await line.ask(b"PWR?\rPWR ON\r") == b"PWR=03\r:ERR\r:"
    await asyncio.sleep(30)
    assert await line.ask(b"PWR?\r") == b"PWR=04\r:"


async def test_its_lamp_ages_only_while_it_is_lit(stand: Stand) -> None:
    room = await stand(lamp_hours=100, warm_up=20, imevent=False)
    line = await room.call()
    await asyncio.sleep(10 * 3600)
    assert await line.ask(b"LAMP?\r") == b"LAMP=100\r:"
    await line.ask(b"PWR ON\r")
    await asyncio.sleep(3 * 3600)
    assert await line.ask(b"LAMP?\r") == b"LAMP=103\r:"
    room.projector.lamp_replaced()
    assert await line.ask(b"LAMP?\r") == b"LAMP=0\r:"


async def test_a_strike_wears_a_lamp_until_one_fails(stand: Stand) -> None:
    room = await stand(lamp_hours=4999.8, lamp_life=5000, warm_up=1, cool_down=1, deaf=0, imevent=False)
    line = await room.call()
    assert await line.ask(b"PWR ON\r", within=2) == b":"
    assert await line.ask(b"PWR?\rERR?\r") == b"PWR=05\r:ERR=03\r:"


async def test_a_lamp_that_fails_leaves_it_dark_and_reachable(stand: Stand) -> None:
    room = await stand(power="on", lamp_hours=3720)
    line = await room.call()
    room.projector.lamp_fails()
    assert await line.rest() == b"IMEVENT=0001 FF 00000000 00000004 T1 F1\r:"
    assert await line.ask(b"PWR?\rERR?\rPWR ON\r") == b"PWR=05\r:ERR=06\r:ERR\r:"
    room.projector.heal()
    assert (await line.ask(b"ERR?\rPWR?\r")).endswith(b"ERR=00\r:PWR=04\r:")


async def test_what_it_says_unasked_travels_glued_before_an_answer(stand: Stand) -> None:
    room = await stand(power="on")
    line = await room.call()
    room.projector.loses_signal()
    answer = await line.ask(b"SIGNAL?\r")
    assert answer == b"IMEVENT=0001 03 00000002 00000000 T1 F1\r:SIGNAL=00\r:"


async def test_it_warns_that_it_is_hot_before_it_shuts_down(stand: Stand) -> None:
    room = await stand(power="on", imevent=False)
    line = await room.call()
    room.projector.overheats(after=10)
    assert await line.ask(b"PWR?\rERR?\r") == b"PWR=01\r:ERR=04\r:"
    await asyncio.sleep(10)
    assert await line.ask(b"PWR?\r") == b"PWR=05\r:"


async def test_one_that_lies_says_yes_and_does_nothing(stand: Stand) -> None:
    room = await stand(imevent=False)
    line = await room.call()
    room.projector.lies()
    assert await line.ask(b"PWR ON\r") == b":"
    assert await line.ask(b"PWR?\r") == b"PWR=04\r:"


async def test_an_input_switched_by_hand_is_switched_back_by_healing(stand: Stand) -> None:
    room = await stand(power="on", source="30", imevent=False)
    line = await room.call()
    room.projector.wrong_source("20")
    assert await line.ask(b"SOURCE?\r") == b"SOURCE=20\r:"
    room.projector.heal()
    assert await line.ask(b"SOURCE?\r") == b"SOURCE=30\r:"


async def test_a_silent_one_keeps_the_connection_and_says_nothing(stand: Stand) -> None:
    room = await stand(power="on")
    line = await room.call()
    room.projector.falls_silent()
    assert await line.ask(b"PWR?\r", within=60) == b""
    room.projector.heal()
    assert await line.ask(b"PWR?\r") == b"PWR=01\r:"


async def test_a_slow_one_answers_late_and_in_order(stand: Stand) -> None:
    room = await stand(power="on", imevent=False)
    line = await room.call()
    room.projector.gets_slow(2)
    assert await line.ask(b"PWR?\rERR?\r", within=1.9) == b""
    assert await line.rest(0.2) == b"PWR=01\r:ERR=00\r:"


async def test_a_stuttering_one_says_everything_in_pieces_with_stray_bytes(stand: Stand) -> None:
    room = await stand(power="on", imevent=False)
    line = await room.call()
    room.projector.stutters(share=1)
    assert await line.ask(b"PWR?\r") == b"\xff\x00PWR=01\r:"


async def test_a_dropped_connection_can_be_made_again(stand: Stand) -> None:
    room = await stand(power="on")
    line = await room.call()
    room.projector.drops_connection()
    await asyncio.sleep(0.1)
    assert line.reader.exception() or line.reader.at_eof()
    assert await (await room.call()).ask(b"\r") == b":"


async def test_a_closed_port_refuses_and_opens_under_the_same_number(stand: Stand) -> None:
    room = await stand()
    room.projector.refuses_connections()
    await asyncio.sleep(0.1)
    try:
        await room.call()
        raise AssertionError("somebody listens")
    except ConnectionRefusedError:
        room.projector.heal()
    await asyncio.sleep(0.1)
    assert await (await room.call()).ask(b"\r") == b":"


async def test_without_mains_it_is_gone_and_then_in_standby(stand: Stand) -> None:
    room = await stand(power="on", boot=5, imevent=False)
    room.projector.mains(on=False)
    room.projector.mains(on=True)
    await asyncio.sleep(5.1)
    assert await (await room.call()).ask(b"PWR?\r") == b"PWR=04\r:"


async def test_every_mishap_can_be_healed(stand: Stand) -> None:
    room = await stand(power="on", boot=5, imevent=False)
    for befall in mishaps(room.projector).values():
        befall()
        room.projector.heal()
        await asyncio.sleep(20)
        assert await (await room.call()).ask(b"ERR?\r") == b"ERR=00\r:", befall


@given(st.lists(st.binary(max_size=40)))
def test_no_bytes_on_earth_upset_it(pieces: list[bytes]) -> None:
    async def talk() -> None:
        said: list[bytes] = []
        line = Projector("projector", {"power": "on"}).talk(said.append)
        for piece in pieces:
            line.hear(piece)
        line.hear(b"\rPWR?\r")
        assert b"PWR=" in b"".join(said)

    asyncio.run(talk())
