"""Events are numbered without holes, reach everybody, and the slow harm nobody but their own readings."""

import asyncio

from avctl.clock import LoopClock
from avctl.engine.bus import Bus
from avctl.model.event import DaemonStopped, Event, Read
from avctl.model.reading import Quality, Reading


def level(device: str, value: float) -> Read:
    return Read(device, (Reading(device, "main.level", value, Quality.MEASURED, 0.0),))


def tell(bus: Bus, body: Read | DaemonStopped) -> Event:
    bus.hand_on(event := bus.number(body))
    return event


async def test_numbers_grow_without_holes_from_where_the_archive_ended(clock: LoopClock) -> None:
    bus = Bus(clock, first=42)
    assert [tell(bus, DaemonStopped(str(i))).seq for i in range(3)] == [42, 43, 44]
    assert bus.last == 44


async def test_a_slow_subscriber_loses_old_readings_of_its_own_but_never_an_event(clock: LoopClock) -> None:
    bus = Bus(clock)
    slow, quick = bus.subscribe("slow", capacity=2), bus.subscribe("quick")
    for i in range(5):
        tell(bus, level("a", i))
        tell(bus, DaemonStopped(str(i)))
    kept = slow.take()
    assert [e.body.why for e in kept if isinstance(e.body, DaemonStopped)] == list("01234")
    assert next(e.body.readings[0].value for e in kept if isinstance(e.body, Read)) == 4
    assert len(quick.take()) == 10
    assert [(g.subscriber, g.count) for g in bus.gaps()] == [("slow", 3)]
    assert bus.gaps() == []


async def test_readings_of_different_points_are_merged_and_none_of_them_is_lost(clock: LoopClock) -> None:
    bus = Bus(clock)
    slow = bus.subscribe("slow", capacity=1)
    tell(bus, Read("a", (Reading("a", "x", 1, Quality.MEASURED, 0.0),)))
    tell(bus, Read("a", (Reading("a", "y", 2, Quality.MEASURED, 0.0),)))
    (event,) = slow.take()
    assert isinstance(event.body, Read)
    assert {r.point: r.value for r in event.body.readings} == {"x": 1, "y": 2}
    assert slow.dropped == 0


async def test_who_wants_only_what_cannot_be_lost_hears_it_after_the_archive_has_it(clock: LoopClock) -> None:
    bus = Bus(clock, journaled=True)
    edge = bus.subscribe("edge", settled=True)
    event = tell(bus, DaemonStopped("now"))
    assert edge.take() == []
    waiting = asyncio.ensure_future(bus.durable(event.seq))
    await asyncio.sleep(0)
    assert not waiting.done()
    bus.settle(event.seq)
    await waiting
    assert edge.take() == [event]


async def test_a_command_that_waits_to_be_durable_is_out_before_pages_are_told(clock: LoopClock) -> None:
    bus, order = Bus(clock, journaled=True), list[str]()
    edge = bus.subscribe("edge", settled=True)

    async def page() -> None:
        await edge.batch()
        order.append("page")

    async def command(seq: int) -> None:
        await bus.durable(seq)
        await asyncio.sleep(0)  # past the guards, to the device's session
        order.append("command")

    event = tell(bus, DaemonStopped("now"))
    async with asyncio.TaskGroup() as group:
        group.create_task(page())
        group.create_task(command(event.seq))
        await asyncio.sleep(0)
        bus.settle(event.seq)
    assert order == ["command", "page"]


async def test_a_closed_bus_hands_out_what_is_left_and_ends(clock: LoopClock) -> None:
    bus = Bus(clock, journaled=True)
    edge = bus.subscribe("edge", settled=True)
    tell(bus, DaemonStopped("bye"))
    bus.close()
    assert [e.body async for e in edge] == [DaemonStopped("bye")]
