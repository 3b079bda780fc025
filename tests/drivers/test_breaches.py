"""The contract as whoever writes a driver tries it: those of profiles keep it, and what breaks it is named."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from avctl.clock import LoopClock
from avctl.codecs import lines
from avctl.drivers import profile_line, profile_mqtt, profile_osc
from avctl.drivers.base import Conversation
from avctl.drivers.contract import breaches
from avctl.drivers.line import LineDevice
from avctl.drivers.mqtt import MqttDevice
from avctl.drivers.osc import OscDevice
from avctl.drivers.profile import Profile
from avctl.drivers.profile_start import new_device
from avctl.model.point import Point
from avctl.model.ports import Query
from avctl.model.reading import Reading, Value

MADE = {
    "line": (profile_line.plan, LineDevice),
    "osc": (profile_osc.plan, OscDevice),
    "mqtt": (profile_mqtt.plan, MqttDevice),
}


@pytest.mark.parametrize("dialect", MADE)
async def test_a_device_by_profile_keeps_the_contract(dialect: str, tmp_path: Path, clock: LoopClock) -> None:
    (tmp_path / "acme.yaml").write_text(new_device("acme", dialect))
    plan, device = MADE[dialect]
    read = Profile.load(tmp_path / "acme.yaml").read
    assert await breaches(lambda wire: device("r301-acme", wire, clock, plan(read, {}))) == []  # type: ignore[operator]


class Sloppy(Conversation[lines.Line]):
    """What it must not do, it does."""

    decoder = lines.Decoder
    queries = (Query("numbers", every=10, timeout=0.1), Query("silence", every=10, timeout=0.1))
    points = {"number": Point("number", "A number", "", unit="x")}  # noqa: RUF012

    async def open(self) -> None:
        await self._connect()

    async def read(self, query: Query) -> Sequence[Reading]:
        if query.name == "silence":
            await self._link.receive()
        return [self._measured("number", int((await self._link.receive())[:1]))]

    async def write(self, point: str, value: Value) -> Reading:
        await self._link.send(b"SET")
        return self._measured(point, value)


async def test_what_breaks_it_is_named(clock: LoopClock) -> None:
    found = await breaches(lambda wire: Sloppy("r301-sloppy", wire, clock))
    assert any("raises ValueError" in one or "still waits" in one for one in found)
    for said in (
        "number: a point says its own name, what it means, and the manual it is from",
        "one query is vital: the one whose silence means that the device is gone",
        "asked silence on a wire that is silent: still waits after 10 s",
        "number cannot be set, and setting it is not refused",
        "sends b'SET' for a point that cannot be set",
    ):
        assert said in found
