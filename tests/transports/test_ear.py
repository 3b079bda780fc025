"""One port for the notifications of many devices: each is heard by who listens for its address, and by nobody else."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from avctl.model.errors import LinkDown
from avctl.transports.ear import Ear


def say(data: bytes, port: int, source: str = "127.0.0.1") -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((source, 0))
        sock.sendto(data, ("127.0.0.1", port))


async def some(heard: AsyncIterator[bytes], within: float = 0.2) -> list[bytes]:
    found: list[bytes] = []
    try:
        async with asyncio.timeout(within):
            async for datagram in heard:
                found.append(datagram)
    except TimeoutError:
        pass
    return found


async def test_each_device_is_heard_by_who_listens_for_it() -> None:
    async with Ear.at(0) as ear, Ear.at(0) as same:
        assert ear is same
        first = asyncio.create_task(some(ear.heard("127.0.0.1")))
        second = asyncio.create_task(some(ear.heard("127.0.0.2")))
        await asyncio.sleep(0.05)
        say(b"one", ear.port)
        say(b"two", ear.port, "127.0.0.2")
        say(b"stranger", ear.port, "127.0.0.3")
        assert (await first, await second) == ([b"one"], [b"two"])


async def test_the_last_who_leaves_lets_go_of_the_port() -> None:
    async with Ear.at(0):
        async with Ear.at(0) as ear:
            pass
        assert ear.port
    await asyncio.sleep(0)
    assert Ear.at(0) is not ear
    Ear._open.clear()


async def test_a_port_that_is_taken_is_told() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("0.0.0.0", 0))
        with pytest.raises(LinkDown, match="udp port"):
            async with Ear.at(sock.getsockname()[1]):
                raise AssertionError("bound twice")


async def test_an_unknown_host_is_told() -> None:
    async with Ear.at(0) as ear:
        with pytest.raises(LinkDown):
            await anext(ear.heard("no.such.host.invalid"))
