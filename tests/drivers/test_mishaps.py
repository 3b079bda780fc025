"""What befalls devices on a byte stream, and what their drivers make of it: a typed error or the truth, no more."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable

import pytest

from avctl.model.errors import Busy, DeviceError, Garbled, LinkDown, NoAnswer, Refused
from avctl.model.reading import Value
from simulators.device import mishaps
from tests.drivers.conftest import Bench, MakeBench
from tests.drivers.talkers import TALKERS, Talker

Put = Callable[[], Awaitable[Bench]]


@pytest.fixture(params=TALKERS)
def stem(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def talker(stem: str) -> Talker:
    return TALKERS[stem]


@pytest.fixture
def put(bench: MakeBench, stem: str, talker: Talker) -> Put:
    """Put the device up, in the state in which the truth is known."""

    async def up() -> Bench:
        options = talker.options.model_dump(exclude_unset=True) if talker.options else {}
        return await bench(stem, talker.simulate, options)

    return up


async def vital(bench: Bench) -> dict[str, Value | None]:
    """What the vital question is answered with."""
    return await bench.says(next(query.name for query in bench.driver.queries if query.vital))


async def is_true(bench: Bench, talker: Talker) -> bool:
    said = await vital(bench)
    return {point: said[point] for point in talker.truth} == talker.truth


async def test_a_healthy_device_says_the_truth_and_does_what_it_is_told(put: Put, talker: Talker) -> None:
    bench = await put()
    assert await is_true(bench, talker)
    for query in bench.driver.queries:
        for point in await bench.says(query.name):
            assert point in bench.driver.points
    point, value = talker.wish
    assert (await bench.driver.write(point, value)).value == value


async def test_every_reading_is_one_its_point_could_have(put: Put) -> None:
    bench = await put()
    for query in bench.driver.queries:
        for point, value in (await bench.says(query.name)).items():
            assert value is None or bench.driver.points[point].accepts(value), (point, value)


@pytest.mark.parametrize("seconds", [0.2, 30.0])
async def test_a_slow_answer_is_the_truth_and_a_very_slow_one_is_silence(
    put: Put, talker: Talker, seconds: float
) -> None:
    bench = await put()
    bench.sim.gets_slow(seconds)
    if seconds < 1:
        assert await is_true(bench, talker)
    else:
        with pytest.raises(NoAnswer):
            await vital(bench)


async def test_silence_is_told_as_silence(put: Put) -> None:
    bench = await put()
    bench.sim.falls_silent()
    with pytest.raises(NoAnswer):
        await vital(bench)


async def test_a_stuttering_bridge_costs_patience_but_never_the_truth(put: Put, talker: Talker) -> None:
    bench = await put()
    bench.sim.stutters()
    for _ in range(10):
        try:
            assert await is_true(bench, talker)
        except (Garbled, NoAnswer):
            await bench.driver.close()
            await again(bench)


async def again(bench: Bench) -> None:
    """As the session does: once more, and once more."""
    for _ in range(5):
        try:
            return await bench.driver.open()
        except DeviceError:
            continue
    pytest.fail("it cannot be opened any more")


async def test_garbage_is_no_reading(put: Put) -> None:
    bench = await put()
    bench.sim.speaks_garbage()
    with pytest.raises((Garbled, NoAnswer)):
        await vital(bench)
    assert bench.driver.noise > 0  # type: ignore[attr-defined]


async def test_an_endless_line_is_no_reading_and_does_not_hang(put: Put, talker: Talker) -> None:
    bench = await put()
    bench.sim.never_ends()
    try:
        assert await is_true(bench, talker)
    except DeviceError:
        bench.sim.heal()
        await again(bench)
        assert await is_true(bench, talker)


async def test_yesterdays_answer_is_not_believed(put: Put) -> None:
    bench = await put()
    bench.sim.answers_late()
    for _ in range(2):
        with pytest.raises((NoAnswer, Garbled)):
            await vital(bench)
        await bench.driver.close()
        try:
            await bench.driver.open()
        except (NoAnswer, Garbled):
            return


async def test_another_device_at_this_address_is_never_taken_for_this_one(put: Put) -> None:
    bench = await put()
    bench.sim.is_swapped()
    with pytest.raises(DeviceError):
        await opened(bench)


async def opened(bench: Bench) -> dict[str, Value | None]:
    await bench.driver.open()
    return await vital(bench)


async def test_a_dropped_connection_is_a_link_down_and_can_be_opened_again(put: Put, talker: Talker) -> None:
    bench = await put()
    bench.sim.drops_connection()
    with pytest.raises(LinkDown):
        await vital(bench)
    await bench.driver.open()
    assert await is_true(bench, talker)


async def test_a_closed_port_is_a_link_down(put: Put) -> None:
    bench = await put()
    bench.sim.refuses_connections()
    with pytest.raises(LinkDown):
        await bench.driver.open()


async def test_one_that_says_yes_and_does_not_is_read_back_as_it_is(put: Put, talker: Talker) -> None:
    bench = await put()
    await vital(bench)
    bench.sim.lies()
    point, value = talker.wish
    assert (await bench.driver.write(point, value)).value != value


async def test_one_that_says_no_is_told_as_refused(put: Put, talker: Talker) -> None:
    bench = await put()
    await vital(bench)
    bench.sim.refuses()
    with pytest.raises((Refused, Busy)):
        await bench.driver.write(*talker.wish)


async def test_everything_that_can_befall_it_ends_in_a_typed_error_or_a_reading_and_heals(
    put: Put, talker: Talker
) -> None:
    bench = await put()
    for befall in mishaps(bench.sim).values():
        takes = inspect.signature(befall).parameters.values()
        befall(*(1 for taken in takes if taken.default is taken.empty))  # the first bay, the first outlet
        for query in bench.driver.queries:
            try:
                await bench.says(query.name)
            except DeviceError:
                continue
        bench.sim.heal()
        if bench.sim._boots:
            await until_booted(bench)
        await again(bench)
    bench.sim.put(**talker.simulate)
    assert set(await vital(bench)) >= set(talker.truth)


async def until_booted(bench: Bench) -> None:
    await asyncio.sleep(bench.sim.boot + 0.1)
