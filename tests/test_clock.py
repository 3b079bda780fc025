"""Virtual time: an hour costs nothing, a deadlock is an error, threads and sockets come before a jump."""

import asyncio
import socket
import threading

import pytest

from avctl.clock import Deadlock, JumpingLoop, LoopClock


async def test_an_hour_passes_at_once_and_the_wall_clock_with_it(clock: LoopClock) -> None:
    before = clock.now()
    await asyncio.sleep(3600)
    assert clock.now() - before == pytest.approx(3600)


def test_waiting_for_nothing_is_an_error_and_not_a_hang() -> None:
    loop = JumpingLoop()
    try:
        with pytest.raises(Deadlock):
            loop.run_until_complete(loop.create_future())
    finally:
        loop.close()


async def test_time_stands_still_while_a_thread_works() -> None:
    loop = asyncio.get_running_loop()
    gate = threading.Event()
    work = loop.run_in_executor(None, gate.wait, 5)
    ringing = asyncio.ensure_future(asyncio.sleep(1000))
    threading.Timer(0.05, gate.set).start()
    await work
    assert loop.time() < 1000
    ringing.cancel()


async def test_what_lies_in_a_socket_comes_before_a_jump() -> None:
    loop = asyncio.get_running_loop()
    here, there = socket.socketpair()
    with here, there:
        here.setblocking(False)
        there.send(b"now")
        async with asyncio.timeout(1):
            assert await loop.sock_recv(here, 10) == b"now"
        assert loop.time() < 1


def test_two_processes_jump_together_to_whoever_is_due_first() -> None:
    ours, theirs = socket.socketpair()
    heard: list[bytes] = []

    def simulators() -> None:
        with theirs.makefile("rwb", buffering=0) as file:
            for line in file:
                heard.append(line)
                if line == b"ask\n":
                    file.write(b"next 2.5\n" if len(heard) == 1 else b"next inf\n")

    thread = threading.Thread(target=simulators)
    thread.start()
    loop = JumpingLoop(ours)
    loop.run_until_complete(asyncio.sleep(10))
    assert loop.time() == pytest.approx(10)
    loop.close()
    ours.shutdown(socket.SHUT_RDWR)
    ours.close()
    thread.join(5)
    theirs.close()
    assert heard[:2] == [b"ask\n", b"go 2.5\n"]
