"""What Prometheus scrapes, judged by Prometheus' own tool and by its own client library."""

import asyncio
import subprocess
import time

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from avctl.edges import gauge
from avctl.edges.metrics import Lag, Metrics, counter
from avctl.edges.metrics import gauge as gauge_of
from avctl.model.event import FaultRaised, PlayEnded
from avctl.model.fault import Fault, FaultKey, Severity
from avctl.model.outcome import Verdict
from tests.counterparts import require
from tests.edges.conftest import Bench


async def _written(metrics: Metrics) -> str:
    return b"".join([page async for page in metrics.pages()]).decode()


def _all(bench: Bench) -> Metrics:
    site = bench.site
    own = gauge.own(site, gauge.Tally(site), Lag(), site.clock.now())
    return Metrics([*gauge.Rooms(site).families(), *own, *gauge.wishes(bench.gate)])


async def _something_happens(bench: Bench) -> None:
    await asyncio.sleep(1)
    now = bench.site.clock.now()
    bench.site.publish(
        FaultRaised(Fault(FaultKey("r302-display", "battery", "bay.1"), Severity.WARNING, now, 0), "302")
    )
    bench.site.publish(PlayEnded("R1", "302", "pre-meeting", Verdict.MARGINAL, "finished", True, "", 2.0))


async def test_promtool_finds_nothing_to_say(bench: Bench) -> None:
    promtool = require("promtool")
    await _something_happens(bench)
    text = await _written(_all(bench))
    checked = await asyncio.to_thread(
        subprocess.run, [promtool, "check", "metrics"], input=text, capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")


async def test_a_room_is_seen_in_its_figures(bench: Bench) -> None:
    await _something_happens(bench)
    text = await _written(_all(bench))
    assert 'avctl_device_up{room="302",device="r302-display"} 1.0\n' in text
    assert 'avctl_device_up{room="301",device="r301-display"} 0.0\n' in text
    assert 'avctl_lamp_used_seconds{room="302",device="r302-display",source="lamp"} 1476000.0\n' in text
    assert 'avctl_battery_charge_ratio{room="302",device="r302-display",part="bay.1"} 0.97\n' in text
    standing = (
        'avctl_fault_standing{room="302",device="r302-display",part="bay.1",fault="battery",severity="warning"} 1'
    )
    assert standing in text
    assert 'avctl_selftest_verdict{room="302",playbook="pre-meeting",verdict="marginal"} 1.0\n' in text


async def test_what_is_written_in_slices_is_what_the_library_would_write(bench: Bench) -> None:
    await _something_happens(bench)
    metrics = Metrics(gauge.Rooms(bench.site).families())
    registry = CollectorRegistry()
    registry.register(metrics)
    ours = {f.name: f.samples for f in text_string_to_metric_families(await _written(metrics))}
    theirs = {f.name: f.samples for f in text_string_to_metric_families(generate_latest(registry).decode())}
    assert ours == theirs


async def test_a_family_that_grows_too_large_is_cut_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("avctl.edges.metrics._MOST", 10)
    metrics = Metrics([counter("avctl_test", "too many", lambda: [((str(i),), 1.0) for i in range(25)], "n")])
    text = await _written(metrics)
    assert text.count("avctl_test_total{") == 10 and "avctl_series_overflow_total 15.0" in text


async def test_labels_are_escaped() -> None:
    metrics = Metrics([gauge_of("avctl_test", "odd", lambda: [(('a"b\\c\nd',), 1.5)], "n")])
    assert 'avctl_test{n="a\\"b\\\\c\\nd"} 1.5\n' in await _written(metrics)


@pytest.mark.real_time
async def test_ten_thousand_series_leave_the_loop_to_others() -> None:
    """Many slices, each small: no single one may hold the loop long (bench/ has the figures)."""
    many = [((str(i),), float(i)) for i in range(10_000)]
    metrics = Metrics([gauge_of("avctl_test", "many", lambda: many, "n")])
    await _written(metrics)
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(others())
    began = time.perf_counter()
    await _written(metrics)
    assert time.perf_counter() - began < 5
    task.cancel()
    assert turns >= 40


async def test_lag_is_measured_on_the_loops_own_time() -> None:
    lag = Lag()
    task = asyncio.create_task(lag.run())
    await asyncio.sleep(5)
    task.cancel()
    assert (lag.worst, lag.late) == (0.0, 0)
