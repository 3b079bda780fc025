"""The broker's side, against real brokers: mosquitto where it is, and the one that needs nothing but Python."""

import asyncio
import json
import os
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiomqtt
import pytest

from avctl.edges.broker import Broker, Configured, Embedded, Mosquitto, NoBroker, choose
from avctl.edges.mqtt import Mqtt
from avctl.edges.mqtt_link import Address
from avctl.model.event import Occupancy, Phase, PhaseChanged
from tests.counterparts import require
from tests.edges.conftest import Bench

pytestmark = pytest.mark.real_time
TOP = "avctl/hq"


@pytest.fixture(params=["mosquitto", "embedded"])
async def broker(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Broker]:
    made: Broker = Embedded() if request.param == "embedded" else Mosquitto(require("mosquitto"), tmp_path)
    yield made
    await made.stop()


class Listener:
    """Anybody's MQTT client: what it has heard, by topic, and in order."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self.client = client
        self.heard: list[tuple[str, Any, bool]] = []
        self._changed = asyncio.Condition()

    async def listen(self) -> None:
        async for message in self.client.messages:
            body = json.loads(bytes(message.payload)) if message.payload else None
            async with self._changed:
                self.heard.append((str(message.topic), body, message.retain))
                self._changed.notify_all()

    async def wait(self, topic: str, count: int = 1, **fields: Any) -> Any:
        """The newest body heard on `topic` that has these fields, once there were `count`."""

        def found() -> list[Any]:
            return [b for t, b, _ in self.heard if t == topic and fields.items() <= (b or {}).items()]

        async with self._changed, asyncio.timeout(8):
            await self._changed.wait_for(lambda: len(found()) >= count)
            return found()[-1]


@asynccontextmanager
async def listening(address: Address, v5: bool = False) -> AsyncIterator[Listener]:
    protocol = aiomqtt.ProtocolVersion.V5 if v5 else aiomqtt.ProtocolVersion.V311
    async with aiomqtt.Client(address.host, address.port, protocol=protocol, timeout=5) as client:
        await client.subscribe("avctl/#", qos=1)
        listener = Listener(client)
        task = asyncio.create_task(listener.listen())
        yield listener
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def edge(bench: Bench, address: Address, patience: float = 0.1) -> AsyncIterator[Mqtt]:
    made = Mqtt(bench.site, bench.gate, address, patience=patience)
    task = asyncio.create_task(made.run())
    async with asyncio.timeout(8):
        await made.up.wait()
    yield made
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_listener_finds_the_whole_building_and_a_command_its_result(bench: Bench, broker: Broker) -> None:
    address = await broker.start()
    async with edge(bench, address), listening(address) as listener:
        assert (await listener.wait(f"{TOP}/status"))["state"] == "online"
        assert (await listener.wait(f"{TOP}/302/state/room"))["phase"] == "idle"
        values = await listener.wait(f"{TOP}/302/state/values/r302-display")
        assert values["values"]["lamp.hours"]["value"] == 410
        wish = bench.wish(id="A", args={"point": "main-display.power", "value": "on"})
        await listener.client.publish(f"{TOP}/302/cmd/set/engineer", json.dumps(wish), qos=1)
        result = f"{TOP}/302/result/engineer/A"
        assert (await listener.wait(result, state="accepted"))["event"] > 0
        assert (await listener.wait(result, state="done"))["readings"][0]["value"] == "on"
        states = [body["state"] for topic, body, _ in listener.heard if topic == result]
        assert states == ["accepted", "done"]


async def test_a_retained_command_is_refused_and_its_sender_told(bench: Bench, broker: Broker) -> None:
    address = await broker.start()
    async with listening(address) as listener:
        wish = json.dumps(bench.wish(id="A", args={"point": "main-display.power", "value": "on"}))
        await listener.client.publish(f"{TOP}/302/cmd/set/engineer", wish, qos=1, retain=True)
        async with edge(bench, address):
            refused = await listener.wait(f"{TOP}/302/result/engineer/unreadable")
            assert (refused["state"], refused["code"]) == ("denied", "retained")
            assert bench.display.values["power"] == "off"


async def test_an_id_that_comes_twice_hears_the_first_result_twice(bench: Bench, broker: Broker) -> None:
    address = await broker.start()
    async with edge(bench, address), listening(address) as listener:
        wish = json.dumps(bench.wish(id="A", args={"point": "main-display.power", "value": "on"}))
        for _ in range(2):
            await listener.client.publish(f"{TOP}/302/cmd/set/engineer", wish, qos=1)
        await listener.wait(f"{TOP}/302/result/engineer/A", count=2, state="done")
        asked = [t for t, _, _ in listener.heard if t == f"{TOP}/302/event/command-asked"]
        assert len(asked) == 1


async def test_a_broken_wish_is_answered_where_its_sender_can_find_it(bench: Bench, broker: Broker) -> None:
    address = await broker.start()
    async with edge(bench, address), listening(address) as listener:
        await listener.client.publish(f"{TOP}/302/cmd/set/engineer", '{"v": NaN}', qos=1)
        result = await listener.wait(f"{TOP}/302/result/engineer/unreadable")
        assert (result["code"], result["found"]) == ("invalid", "NaN")


async def test_events_arrive_in_order_without_a_hole(bench: Bench, broker: Broker) -> None:
    address = await broker.start()
    async with edge(bench, address), listening(address) as listener:
        for i in range(200):
            bench.site.publish(PhaseChanged("302", Phase.IDLE, Occupancy.FREE, None, str(i)))
        await listener.wait(f"{TOP}/302/event/phase-changed", count=200)
        whys = [b["body"]["why"] for t, b, _ in listener.heard if t == f"{TOP}/302/event/phase-changed"]
        assert whys == [str(i) for i in range(200)]


async def test_goodbye_says_offline(bench: Bench, broker: Broker) -> None:
    address = await broker.start()
    async with listening(address) as listener:
        async with edge(bench, address):
            await listener.wait(f"{TOP}/status", state="online")
        await listener.wait(f"{TOP}/status", state="offline")


async def test_after_the_broker_has_died_everything_is_shown_again(bench: Bench, tmp_path: Path) -> None:
    broker = Mosquitto(require("mosquitto"), tmp_path)
    address = await broker.start()
    async with edge(bench, address) as made:
        pid = broker.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        async with asyncio.timeout(10):
            while made.link is not None:
                await asyncio.sleep(0.01)
            bench.site.publish(PhaseChanged("302", Phase.MEETING, Occupancy.OCCUPIED, None, "while away"))
            await made.up.wait()
        async with listening(address) as listener:
            assert (await listener.wait(f"{TOP}/302/state/room", phase="meeting"))["occupancy"] == "occupied"
            assert (await listener.wait(f"{TOP}/status"))["state"] == "online"
        async with asyncio.timeout(5):
            while made.waiting:
                await asyncio.sleep(0.01)
    await broker.stop()


async def test_what_happens_while_the_broker_is_away_is_told_afterwards(bench: Bench) -> None:
    broker = Embedded()
    address = await broker.start()
    async with edge(bench, address, patience=3) as made:
        await broker.stop()
        async with asyncio.timeout(10):
            while made.link is not None:
                await asyncio.sleep(0.01)
        for i in range(3):
            bench.site.publish(PhaseChanged("302", Phase.IDLE, Occupancy.FREE, None, f"away {i}"))
        await asyncio.sleep(0.05)
        assert made.waiting >= 3
        again = Embedded(address.port)
        await again.start()
        async with listening(address) as listener:
            await listener.wait(f"{TOP}/302/event/phase-changed", count=3)
            whys = [b["body"]["why"] for t, b, _ in listener.heard if t == f"{TOP}/302/event/phase-changed"]
            assert whys == ["away 0", "away 1", "away 2"]
            await listener.wait(f"{TOP}/all/event/gap")
    await again.stop()


async def test_a_client_of_mqtt_5_is_told_at_once_that_the_embedded_broker_is_older() -> None:
    broker = Embedded()
    address = await broker.start()
    with pytest.raises(aiomqtt.MqttCodeError) as caught:
        async with asyncio.timeout(2), listening(address, v5=True):
            pass
    assert getattr(caught.value.rc, "value", None) == 132
    await broker.stop()


async def test_the_embedded_broker_listens_on_the_loopback_only() -> None:
    broker = Embedded()
    address = await broker.start()
    with socket.socket(socket.AF_INET) as other:
        other.settimeout(1)
        assert address.host == "127.0.0.1"
        assert other.connect_ex(("127.0.0.2", address.port)) != 0
    await broker.stop()


def test_a_configured_broker_is_left_to_those_who_run_it(tmp_path: Path) -> None:
    assert isinstance(choose("mqtt://broker.example:1884", tmp_path), Configured)
    with pytest.raises(ValueError, match="mqtt://host:port"):
        choose("broker.example", tmp_path)


def test_a_broker_that_is_named_must_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda *_: None)
    with pytest.raises(NoBroker, match="not on the PATH"):
        choose("mosquitto", tmp_path)
    assert isinstance(choose("embedded", tmp_path), Embedded)


async def test_mosquitto_keeps_what_it_was_given_across_kill_9(tmp_path: Path) -> None:
    broker = Mosquitto(require("mosquitto"), tmp_path)
    address = await broker.start()
    async with aiomqtt.Client(address.host, address.port) as client:
        await client.publish("kept", "1", qos=1, retain=True)
    await asyncio.sleep(3.5)  # it saves once a second, when it looks
    assert broker.pid is not None
    os.kill(broker.pid, signal.SIGKILL)
    await asyncio.sleep(1.5)
    async with asyncio.timeout(5), aiomqtt.Client(address.host, address.port) as client:
        await client.subscribe("kept")
        async for message in client.messages:
            assert bytes(message.payload) == b"1"
            break
    await broker.stop()
