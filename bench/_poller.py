"""`python -m bench._poller PORTS.json SECONDS [uvloop]`: the daemon's rooms, polling every agent every 10 s.

Rooms, sessions, drivers by profile, rules and state as in the daemon; nobody subscribes. Prints what it took as JSON:
share of one core, polls asked for and polls heard, the largest stall of the loop.
"""

import asyncio
import json
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from avctl.drivers.registry import build
from avctl.engine.bus import Bus
from avctl.engine.site import Site
from avctl.model.house import DeviceSpec, House, RoomSpec
from avctl.model.ports import Driver, Query
from avctl.model.reading import Reading

POINTS, EVERY, WARM = 20, 10, 14.0
_ROOMS = 50


class Wall:
    """The clock on the wall."""

    def now(self) -> float:
        return time.time()


def profile() -> str:
    """A profile of twenty numbers and words, asked together."""
    points = [
        f"  value.{n}: {{kind: number, oid: 1.3.6.1.4.1.99999.1.{n}.0, scale: 0.1, doc: x}}" for n in range(1, 16)
    ]
    points += [
        f'  state.{n}: {{kind: words, oid: 1.3.6.1.4.1.99999.2.{n}.0, words: {{42: "on"}}, doc: x}}'
        for n in range(1, 6)
    ]
    names = [line.strip().partition(":")[0] for line in points]
    head = ["profile: bench-agent", "dialect: snmp", "source: bench", "points:", *points]
    queries = ["queries:", f"  all: {{every: {EVERY}, timeout: 1, vital: true, points: [{', '.join(names)}]}}"]
    example = [
        "examples:",
        "  - source: bench",
        "    heard: {1.3.6.1.4.1.99999.1.1.0: 42}",
        "    means: {value.1: 4.2}",
    ]
    return "\n".join([*head, *queries, *example, ""])


def house(ports: list[int]) -> House:
    """A device for each port, spread over the rooms."""
    rooms = {str(n): RoomSpec(str(n), {"en": str(n)}) for n in range(_ROOMS)}
    options = {"version": "2c", "community": {"secret": "bench"}, "at_once": POINTS}
    devices = [
        DeviceSpec(f"d{n}", str(n % _ROOMS), "bench-agent", f"snmp://127.0.0.1:{port}", options)
        for n, port in enumerate(ports)
    ]
    return House("bench", "UTC", "en", rooms, {device.id: device for device in devices})


async def poll(ports: list[int], seconds: float) -> dict[str, float]:
    """Run the rooms; count from when they have all been met."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "bench-agent.yaml").write_text(profile())
        heard = [0]
        site = await _started(house(ports), Path(folder), heard)
    await asyncio.sleep(WARM)
    before, cpu, began = heard[0], _cpu(), time.perf_counter()
    stall = await _stall(seconds)
    took = time.perf_counter() - began
    result = {
        "share": (_cpu() - cpu) / took,
        "asked": len(ports) * (took // EVERY),
        "heard": heard[0] - before,
        "stall_ms": stall * 1000,
        "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    await site.stop()
    return result


async def _started(told: House, folder: Path, heard: list[int]) -> Site:
    bus = Bus(Wall(), 1)
    site = Site(told, bus, Wall())
    for device in told.devices.values():
        site.attach(device.id, _counting(build(device, Wall(), lambda _: "bench", folder), heard))
    await site.start()
    return site


def _counting(driver: Driver, heard: list[int]) -> Driver:
    """Counts the polls that were answered."""
    read = driver.read

    async def counted(query: Query) -> Sequence[Reading]:
        said = await read(query)
        heard[0] += all(reading.value is not None for reading in said)
        return said

    driver.read = counted  # type: ignore[method-assign]
    return driver


async def _stall(seconds: float) -> float:
    """The longest the loop was late, looked at twenty times a second: oftener would be a load of its own."""
    loop = asyncio.get_running_loop()
    end, worst = loop.time() + seconds, 0.0
    while (now := loop.time()) < end:
        await asyncio.sleep(0.05)
        worst = max(worst, loop.time() - now - 0.05)
    return worst


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    run = asyncio.run
    if sys.argv[3:] == ["uvloop"]:
        import uvloop

        run = uvloop.run
    print(json.dumps(run(poll(json.loads(Path(sys.argv[1]).read_text()), float(sys.argv[2])))))
