"""Who asks and who listens share one wire, and neither takes what belongs to the other."""

import asyncio

import pytest

from avctl.codecs import escvp21 as wire
from avctl.drivers.inbox import Inbox
from avctl.model.errors import Garbled, NoAnswer
from avctl.transports.memory import Memory, pair


@pytest.fixture
async def ends() -> tuple[Inbox[wire.Message], Memory]:
    near, far = pair()
    await near.open()
    await far.open()
    return Inbox(near, wire.Decoder), far


def named(name: str) -> object:
    return lambda message: isinstance(message, wire.Answer) and message.name == name


async def test_an_event_glued_before_an_answer_goes_to_the_listener(ends: tuple[Inbox[wire.Message], Memory]) -> None:
    inbox, far = ends
    listening = asyncio.ensure_future(inbox.unasked())
    asking = asyncio.ensure_future(inbox.answer(named("PWR"), 1, "PWR?"))  # type: ignore[arg-type]
    await asyncio.sleep(0)
    await far.send(b"IMEVENT=0001 03 00000000 00000000 T1 F1\r:PWR=01\r:")
    assert await asking == wire.Answer("PWR", "01")
    assert await listening == wire.ImEvent("03", 0, 0)


async def test_two_answers_in_one_read_reach_both_who_asked(ends: tuple[Inbox[wire.Message], Memory]) -> None:
    inbox, far = ends
    first = asyncio.ensure_future(inbox.answer(named("PWR"), 1, "PWR?"))  # type: ignore[arg-type]
    second = asyncio.ensure_future(inbox.answer(named("LAMP"), 1, "LAMP?"))  # type: ignore[arg-type]
    await asyncio.sleep(0)
    await far.send(b"LAMP=7\r:PWR=01\r:")
    assert await first == wire.Answer("PWR", "01")
    assert await second == wire.Answer("LAMP", "7")


async def test_a_late_answer_answers_nobody_elses_question(ends: tuple[Inbox[wire.Message], Memory]) -> None:
    inbox, far = ends
    with pytest.raises(NoAnswer, match=r"PWR\?, nothing came within 1 s"):
        await inbox.answer(named("PWR"), 1, "PWR?")  # type: ignore[arg-type]
    await far.send(b"PWR=01\r:LAMP=7\r:")
    assert await inbox.answer(named("LAMP"), 1, "LAMP?") == wire.Answer("LAMP", "7")  # type: ignore[arg-type]


async def test_noise_alone_is_garbled_and_shown(ends: tuple[Inbox[wire.Message], Memory]) -> None:
    inbox, far = ends
    await far.send(b"what?:")
    with pytest.raises(Garbled, match="what"):
        await inbox.answer(named("PWR"), 1, "PWR?")  # type: ignore[arg-type]
    assert inbox.noise == 1


async def test_a_question_given_up_does_not_eat_the_next_message(ends: tuple[Inbox[wire.Message], Memory]) -> None:
    inbox, far = ends
    asking = asyncio.ensure_future(inbox.answer(named("PWR"), 9, "PWR?"))  # type: ignore[arg-type]
    await asyncio.sleep(0)
    asking.cancel()
    await far.send(b"PWR=01\r:")
    assert await inbox.answer(named("PWR"), 1, "PWR?") == wire.Answer("PWR", "01")  # type: ignore[arg-type]


async def test_what_nobody_fetches_is_dropped_and_counted(ends: tuple[Inbox[wire.Message], Memory]) -> None:
    inbox, far = ends
    for _ in range(3000):
        await far.send(b"IMEVENT=0001 03 00000000 00000000 T1 F1\r:")
    await far.send(b"PWR=01\r:")
    await inbox.answer(named("PWR"), 1, "PWR?")  # type: ignore[arg-type]
    assert inbox.dropped == 3000 - 2048
