"""What is kept of a wire: little enough, without secrets, and nothing is changed on the way."""

import asyncio

import pytest

from avctl.transports.memory import Memory, pair
from avctl.transports.tap import LARGEST, MOST, Ring, Tap, struck


async def tapped() -> tuple[Tap, Memory]:
    near, far = pair()
    tap = Tap(near)
    await far.open()
    await tap.open()
    return tap, far


def passed(ring: Ring) -> list[tuple[str, bytes]]:
    return [(entry.way, entry.data) for entry in ring.entries()]


async def test_everything_passes_unchanged_and_is_written_down_with_its_direction() -> None:
    tap, far = await tapped()
    await tap.send(b"PWR?\r")
    assert await far.receive() == b"PWR?\r"
    await far.send(b"PWR=01\r:")
    assert await tap.receive() == b"PWR=01\r:"
    await tap.close()
    await tap.close()
    assert passed(tap.ring) == [("open", b""), ("out", b"PWR?\r"), ("in", b"PWR=01\r:"), ("close", b"")]


async def test_a_secret_never_enters_the_ring_but_reaches_the_device() -> None:
    tap, far = await tapped()
    tap.ring.hide(["s3cret", ""])
    await tap.send(b"login s3cret\r")
    assert await far.receive() == b"login s3cret\r"
    assert passed(tap.ring)[-1] == ("out", b"login ******\r")


async def test_a_digest_made_of_a_password_is_struck_out_too() -> None:
    tap, _ = await tapped()
    await tap.send(b"d41d8cd98f00b204e9800998ecf8427e%1POWR ?\r")
    assert passed(tap.ring)[-1] == ("out", b"0" * 32 + b"%1POWR ?\r")


@pytest.mark.parametrize(("pieces", "kept"), [([b"x"] * (MOST + 50), MOST), ([b"x" * 1000] * 150, LARGEST // 1000)])
async def test_the_ring_is_bounded_in_entries_and_in_bytes(pieces: list[bytes], kept: int) -> None:
    ring = Ring()
    for piece in pieces:
        ring.note("in", piece)
    assert len(ring.entries()) == kept
    assert ring.entries()[-1].number == ring.last == len(pieces)


async def test_whoever_waits_for_more_is_told_at_once_and_does_not_wait_for_ever() -> None:
    ring, loop = Ring(), asyncio.get_running_loop()
    loop.call_later(3, ring.note, "in", b"!")
    began = loop.time()
    await ring.more(0, within=10)
    assert loop.time() - began == pytest.approx(3)
    await ring.more(1, within=10)
    assert loop.time() - began == pytest.approx(13)


def test_serials_are_struck_out_on_request_and_lengths_stay() -> None:
    assert struck(b"SNO=WCQK123\r", [b"WCQK123"]) == b"SNO=0000000\r"
