"""What befalls devices that answer in datagrams, and what their drivers make of it: a typed error or the truth."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable

import pytest

from avctl.model.errors import DeviceError, NoAnswer, Refused
from avctl.model.reading import Value
from simulators.device import mishaps
from tests.drivers.conftest import Bench, MakeBench
from tests.drivers.datagrams import DATAGRAMS
from tests.drivers.talkers import Talker

Put = Callable[..., Awaitable[Bench]]
OPTIONS = {"sennheiser-charger": {"model": "chg-70n", "bays": 4}}
MODELS = {"sennheiser-charger": {"model": "CHG 70N-C"}}  # the one that can be told something


@pytest.fixture(params=DATAGRAMS)
def stem(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def talker(stem: str) -> Talker:
    return DATAGRAMS[stem]


@pytest.fixture
def put(bench: MakeBench, stem: str, talker: Talker) -> Put:
    """Put the device up, in the state in which the truth is known."""

    async def up(**options: object) -> Bench:
        return await bench(stem, talker.simulate | MODELS.get(stem, {}), OPTIONS.get(stem, {}) | options)

    return up


async def vital(bench: Bench) -> dict[str, Value | None]:
    return await bench.says(next(query.name for query in bench.driver.queries if query.vital))


async def is_true(bench: Bench, talker: Talker) -> bool:
    said = await vital(bench)
    return {point: said[point] for point in talker.truth} == talker.truth


async def test_every_reading_is_one_its_point_could_have(put: Put, talker: Talker) -> None:
    bench = await put()
    assert await is_true(bench, talker)
    for query in bench.driver.queries:
        for point, value in (await bench.says(query.name)).items():
            assert value is None or bench.driver.points[point].accepts(value), (point, value)


async def test_a_lost_datagram_costs_patience_but_never_the_truth(put: Put, talker: Talker) -> None:
    bench = await put()
    bench.sim.loses_datagrams(share=0.2)
    told = 0
    for _ in range(20):
        try:
            said = await vital(bench)
        except NoAnswer:
            continue
        told += 1
        assert all(said.get(point, value) == value for point, value in talker.truth.items())
    assert told > 10


async def test_a_datagram_that_comes_twice_says_nothing_new(put: Put, talker: Talker) -> None:
    bench = await put()
    bench.sim.stutters(share=1)
    assert await is_true(bench, talker)
    assert await is_true(bench, talker)


async def test_a_slow_answer_is_no_answer_to_the_next_question(put: Put, talker: Talker) -> None:
    bench = await put()
    bench.sim.gets_slow(0.3)
    assert await is_true(bench, talker)
    bench.sim.gets_slow(30)
    with pytest.raises(NoAnswer):
        await vital(bench)


async def test_silence_is_told_as_silence(put: Put) -> None:
    bench = await put()
    bench.sim.falls_silent()
    with pytest.raises(NoAnswer):
        await vital(bench)


async def test_one_that_repeats_every_value_and_takes_none_is_read_back_as_it_is(put: Put, talker: Talker) -> None:
    bench = await put()
    point, value = talker.wish
    bench.sim.lies()
    assert (await bench.driver.write(point, value)).value != value
    bench.sim.heal()
    assert (await bench.driver.write(point, value)).value == value


async def test_one_that_accepts_nothing_is_told_as_refused(put: Put, talker: Talker) -> None:
    bench = await put()
    bench.sim.refuses()
    with pytest.raises(Refused, match="406"):
        await bench.driver.write(*talker.wish)


async def test_an_answer_that_would_be_too_long_is_asked_for_in_parts(put: Put, talker: Talker) -> None:
    bench = await put()
    bench.sim.answers_briefly(longest=120)
    assert await is_true(bench, talker)


async def test_a_subscription_is_renewed_before_it_ends_and_told_when_it_has(put: Put) -> None:
    bench = await put(lifetime=60)
    renewal = next(query for query in bench.driver.queries if query.name == "subscription")
    assert renewal.every == 48
    await bench.says("subscription")
    for _ in range(5):
        await asyncio.sleep(renewal.every)
        await bench.says("subscription")
    assert len(bench.sim.subscribers) == 1
    await asyncio.sleep(61)
    assert not bench.sim.subscribers
    await vital(bench)  # the device has said that it is over, so the next question brings a new one
    assert len(bench.sim.subscribers) == 1


async def test_a_device_that_forgot_its_subscribers_is_found_out_by_asking(put: Put, talker: Talker) -> None:
    bench = await put()
    await bench.says("subscription")
    bench.sim.forgets_subscribers()
    assert await is_true(bench, talker)


async def test_who_leaves_ends_the_subscription(put: Put) -> None:
    bench = await put()
    await bench.says("subscription")
    await bench.driver.close()
    await asyncio.sleep(0.1)
    assert not bench.sim.subscribers


async def test_a_ninth_subscriber_is_refused_and_asks_all_the_same(put: Put, talker: Talker) -> None:
    bench = await put()
    for port in range(8):
        said: list[bytes] = []
        asks = b'{"osc":{"state":{"subscribe":[{"#":{"lifetime":600},"device":{"name":null}}]}}}'
        bench.sim.hear(asks, ("127.0.0.1", port), said.append)
    with pytest.raises(Refused, match="no subscription"):
        await bench.says("subscription")
    assert await is_true(bench, talker)


async def test_everything_that_can_befall_it_ends_in_a_typed_error_or_a_reading_and_heals(
    put: Put, talker: Talker
) -> None:
    bench = await put()
    for befall in mishaps(bench.sim).values():
        takes = inspect.signature(befall).parameters.values()
        befall(*(1 for taken in takes if taken.default is taken.empty))
        for query in bench.driver.queries:
            try:
                await bench.says(query.name)
            except DeviceError:
                continue
        bench.sim.heal()
        await asyncio.sleep(bench.sim.boot + 0.1)
    bench.sim.put(**talker.simulate)
    assert await is_true(bench, talker)
