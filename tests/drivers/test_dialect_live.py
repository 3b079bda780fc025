"""Devices of the dialects http, osc and mqtt, over real sockets: what they answer, and what goes wrong on the way."""

import asyncio
import json
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from pythonosc.dispatcher import Dispatcher
from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.osc_server import AsyncIOOSCUDPServer
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from avctl.clock import LoopClock
from avctl.drivers.base import Device
from avctl.drivers.registry import build
from avctl.model.errors import AuthFailed, Busy, Garbled, LinkDown, NoAnswer, Refused, WrongDevice
from avctl.model.house import DeviceSpec
from avctl.model.reading import Quality, Value
from avctl.transports.mqtt import Mqtt
from avctl.transports.mqtt_message import Message, packed
from simulators.control import _Server
from tests.counterparts import require
from tests.drivers.test_dialect import PROFILES

SECRETS = {"cam-password": "open sesame", "cam-token": "tok-1", "plug-password": "pw"}
Make = Callable[..., Any]


@pytest.fixture
async def driver(tmp_path: Path, clock: LoopClock) -> AsyncIterator[Make]:
    """`driver("acme-cam", url, options)`: not opened."""
    for name, text in PROFILES.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    async with AsyncExitStack() as stack:

        def make(name: str, url: str, options: dict[str, Any] | None = None) -> Any:
            spec = DeviceSpec(f"r301-{name}", "301", name, url, options or {})
            made = build(spec, clock, SECRETS.__getitem__, tmp_path)
            stack.push_async_callback(made.close)
            return made

        yield make


async def says(driver: Device, query: str) -> dict[str, Value | None]:
    named = next(q for q in driver.queries if q.name == query)
    return {reading.point: reading.value for reading in await driver.read(named)}


# --- http


class Cam:
    """A camera with an HTTP interface: an application of its own, behind a real socket."""

    def __init__(self) -> None:
        self.on, self.obeys, self.sensor = False, True, True
        self.wanted = ""
        self.instead: Response | None = None
        self.asked: list[tuple[str, Any]] = []
        paths = {"/api/info": self._info, "/api/cam/1": self._status, "/api/cam/1/power": self._power}
        self.app = Starlette(routes=[Route(p, self._let_in(do), methods=["GET", "POST"]) for p, do in paths.items()])

    def _let_in(self, do: Callable[[Request], Any]) -> Callable[[Request], Any]:
        async def behind(request: Request) -> Response:
            if self.wanted and request.headers.get("Authorization") != self.wanted:
                return Response(status_code=401)
            return self.instead or await do(request)

        return behind

    async def _info(self, _: Request) -> Response:
        return JSONResponse({"product": "ACME Cam 3"})

    async def _status(self, request: Request) -> Response:
        sensors = [{"celsius": 41.5}] if self.sensor else []
        return JSONResponse({"power": {"on": self.on}, "sensors": sensors, "client": request.headers.get("X-Client")})

    async def _power(self, request: Request) -> Response:
        told = await request.json()
        self.asked.append((request.method, told))
        if self.obeys:
            asyncio.get_running_loop().call_later(0.2, setattr, self, "on", told["on"])
        return Response(status_code=204)


@pytest.fixture
async def cam() -> AsyncIterator[tuple[Cam, str]]:
    cam = Cam()
    sock = socket.create_server(("127.0.0.1", 0))
    server = _Server(uvicorn.Config(cam.app, lifespan="off", log_level="warning", access_log=False, ws="none"))
    serving = asyncio.create_task(server.serve(sockets=[sock]))
    yield cam, f"http://127.0.0.1:{sock.getsockname()[1]}"
    server.end.set()
    await serving


@pytest.mark.real_time
async def test_an_answer_fills_its_points(driver: Make, cam: tuple[Cam, str]) -> None:
    made = driver("acme-cam", cam[1])
    await made.open()
    assert await says(made, "status") == {"power": "off", "temperature": 41.5}
    assert await says(made, "identity") == {"identity.model": "ACME Cam 3"}
    cam[0].sensor = False
    assert await says(made, "status") == {"power": "off", "temperature": None}


@pytest.mark.real_time
async def test_on_is_on_when_the_camera_says_so(driver: Make, cam: tuple[Cam, str]) -> None:
    made = driver("acme-cam", cam[1])
    await made.open()
    reading = await made.write("power", "on")
    assert (reading.value, reading.quality) == ("on", Quality.MEASURED)
    assert cam[0].asked == [("POST", {"on": True, "by": "cam 1"})]
    cam[0].obeys = False
    assert (await made.write("power", "off")).value == "on"


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({"user": "av", "password": {"secret": "cam-password"}}, "Basic YXY6b3BlbiBzZXNhbWU="),
        ({"token": {"secret": "cam-token"}}, "Bearer tok-1"),
    ],
    ids=["basic", "bearer"],
)
@pytest.mark.real_time
async def test_it_is_let_in_by_its_secret_and_told_when_it_is_not(
    driver: Make, cam: tuple[Cam, str], options: dict[str, Any], wanted: str
) -> None:
    cam[0].wanted = wanted
    made = driver("acme-cam", cam[1], options)
    await made.open()
    assert (await says(made, "status"))["power"] == "off"
    stranger = driver("acme-cam", cam[1])
    with pytest.raises(AuthFailed):
        await stranger.open()


@pytest.mark.parametrize(
    ("instead", "error"),
    [
        (Response("<html>", 200), Garbled),
        (Response("[" * 5000, 200), Garbled),
        (Response(b"x" * 2_000_000, 200), Garbled),
        (Response(status_code=404), Refused),
        (Response(status_code=500), Refused),
        (Response(status_code=503), Busy),
        (Response(status_code=403), AuthFailed),
        (RedirectResponse("http://127.0.0.1:1/"), Garbled),
        (JSONResponse({"something": "else"}), Refused),
        (Response(status_code=200), Refused),
    ],
    ids=["html", "deep", "endless", "404", "500", "503", "403", "elsewhere", "other", "empty"],
)
@pytest.mark.real_time
async def test_what_is_no_answer_has_a_name(
    driver: Make, cam: tuple[Cam, str], instead: Response, error: type[Exception]
) -> None:
    made = driver("acme-cam", cam[1])
    await made.open()
    cam[0].instead = instead
    with pytest.raises(error):
        await says(made, "status")


@pytest.mark.real_time
async def test_another_device_at_its_address_is_the_wrong_one(driver: Make, cam: tuple[Cam, str]) -> None:
    cam[0].instead = JSONResponse({"product": "Other"})
    with pytest.raises(WrongDevice, match="'Other', wanted ACME…"):
        await driver("acme-cam", cam[1]).open()


async def test_nobody_there_is_told_from_somebody_mute(driver: Make) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"http://127.0.0.1:{mute.getsockname()[1]}"
        with pytest.raises(NoAnswer):
            await driver("acme-cam", url).open()
    with pytest.raises(LinkDown):
        await driver("acme-cam", url).open()


# --- osc


class Strip:
    """A little mixer on python-osc's own server: it answers to where it was asked from."""

    def __init__(self) -> None:
        self.values: dict[str, list[Any]] = {
            "/info": ["V1", "ACME", "M2"],
            "/ch/01/on": [0],
            "/ch/01/fader": [0.75],
            "/ch/02/on": [1],
            "/ch/02/fader": [0.5],
        }
        self.deaf: set[str] = set()
        self.lost = 0
        self.said: list[str] = []
        self.clients: list[tuple[str, int]] = []
        self.transport: asyncio.DatagramTransport
        self.dispatcher = Dispatcher()
        self.dispatcher.set_default_handler(self._hear, needs_reply_address=True)

    def _hear(self, client: tuple[str, int], address: str, *arguments: Any) -> None:
        self.said.append(address)
        self.clients.append(client)
        if self.lost or address in self.deaf:
            self.lost -= bool(self.lost)
        elif arguments:
            self.values[address] = list(arguments)
        elif address in self.values:
            self._say(client, address, self.values[address])

    def push(self, address: str, *arguments: Any) -> None:
        self._say(self.clients[-1], address, list(arguments))

    def _say(self, client: tuple[str, int], address: str, arguments: list[Any]) -> None:
        builder = OscMessageBuilder(address=address)
        for argument in arguments:
            builder.add_arg(argument)
        self.transport.sendto(builder.build().dgram, client)


@pytest.fixture
async def mixer() -> AsyncIterator[tuple[Strip, str]]:
    strip = Strip()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = AsyncIOOSCUDPServer(("127.0.0.1", port), strip.dispatcher, asyncio.get_running_loop())  # type: ignore[arg-type]
    strip.transport, _ = await server.create_serve_endpoint()  # type: ignore[assignment]
    yield strip, f"osc://127.0.0.1:{port}"
    strip.transport.close()


async def test_each_strip_answers_for_itself(driver: Make, mixer: tuple[Strip, str]) -> None:
    made = driver("acme-mixer", mixer[1])
    await made.open()
    said = await says(made, "strips")
    assert said == {
        "channel.01.mute": "on",
        "channel.02.mute": "off",
        "channel.01.fader": 75.0,
        "channel.02.fader": 50.0,
    }
    assert made.points["channel.02.mute"].doc == "Mute of channel 2"


async def test_a_lost_datagram_costs_nothing_and_a_strip_that_is_gone_is_unknown(
    driver: Make, mixer: tuple[Strip, str]
) -> None:
    made = driver("acme-mixer", mixer[1])
    await made.open()
    mixer[0].lost = 2
    assert None not in (await says(made, "strips")).values()
    mixer[0].deaf = {"/ch/02/on"}
    assert (await says(made, "strips"))["channel.02.mute"] is None
    mixer[0].deaf = set(mixer[0].values)
    with pytest.raises(NoAnswer):
        await says(made, "strips")


async def test_what_was_set_is_read_back(driver: Make, mixer: tuple[Strip, str]) -> None:
    made = driver("acme-mixer", mixer[1])
    await made.open()
    assert (await made.write("channel.01.mute", "off")).value == "off"
    assert (await made.write("channel.02.fader", 25)).value == 25.0
    assert mixer[0].values["/ch/02/fader"] == [0.25]
    mixer[0].lost = 1  # the SET itself gets lost: what the desk says decides
    assert (await made.write("channel.01.mute", "on")).value == "off"


async def test_what_others_change_is_heard(driver: Make, mixer: tuple[Strip, str]) -> None:
    made = driver("acme-mixer", mixer[1])
    await made.open()
    assert await says(made, "remote") == {}
    heard = asyncio.create_task(anext(aiter(made.listen())))
    await asyncio.sleep(0.01)
    mixer[0].push("/ch/02/on", 0)
    async with asyncio.timeout(2):
        reading = await heard
    assert (reading.point, reading.value) == ("channel.02.mute", "on")
    assert "/remote" in mixer[0].said


async def test_another_desk_is_the_wrong_one(driver: Make, mixer: tuple[Strip, str]) -> None:
    mixer[0].values["/info"] = ["V1", "OTHER"]
    with pytest.raises(WrongDevice):
        await driver("acme-mixer", mixer[1]).open()


# --- mqtt


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[int]:
    """mosquitto on a port of its own; gives the port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    (tmp_path / "m").mkdir()
    conf = tmp_path / "m" / "mosquitto.conf"
    conf.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n")
    with subprocess.Popen([require("mosquitto"), "-c", str(conf)], stderr=subprocess.DEVNULL) as process:
        end = time.monotonic() + 5
        while time.monotonic() < end and not _listens(port):
            time.sleep(0.02)
        yield port
        process.terminate()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Plug:
    """A plug behind the broker."""

    def __init__(self, port: int) -> None:
        self._wire = Mqtt(f"mqtt://127.0.0.1:{port}", ["plug/cmnd/POWER"])
        self.power, self.obeys = "OFF", True
        self._living: asyncio.Task[None] | None = None

    async def says(self, topic: str, payload: Any, retained: bool = False) -> None:
        text = payload if isinstance(payload, str) else json.dumps(payload)
        await self._wire.send(packed(Message(topic, text.encode(), retained)))

    async def lives(self) -> None:
        await self._wire.open()
        await self.says("plug/LWT", "Online", retained=True)
        self._living = asyncio.create_task(self._live())

    async def _live(self) -> None:
        while True:
            command = (await self._wire.receive()).partition(b"\0")[2].decode()
            if self.obeys:
                self.power = command or self.power
            await self.says("plug/POWER", self.power)

    async def dies(self) -> None:
        if self._living is not None:
            self._living.cancel()
        await self._wire.close()


@pytest.fixture
async def plug(broker: int) -> AsyncIterator[tuple[Plug, str]]:
    plug = Plug(broker)
    await plug.lives()
    yield plug, f"mqtt://127.0.0.1:{broker}"
    await plug.dies()


@pytest.mark.real_time
async def test_a_plug_that_can_be_asked_is_asked(driver: Make, plug: tuple[Plug, str]) -> None:
    made = driver("acme-plug", plug[1])
    await made.open()
    assert await says(made, "state") == {"power": "off"}
    assert (await made.write("power", "on")).quality is Quality.MEASURED
    plug[0].obeys = False
    assert (await made.write("power", "off")).value == "on"


@pytest.mark.real_time
async def test_what_it_reports_is_heard_and_what_the_broker_remembers_is_stale(
    driver: Make, plug: tuple[Plug, str]
) -> None:
    await plug[0].says("plug/SENSOR", {"ENERGY": {"Power": 7}}, retained=True)
    made = driver("acme-plug", plug[1])
    await made.open()
    [memory] = await made.read(made.queries[1])
    assert (memory.value, memory.quality) == (7, Quality.STALE)
    async with asyncio.timeout(3):
        listening = aiter(made.listen())
        await plug[0].says("plug/SENSOR", {"ENERGY": {"Power": 41.5}})
        while (reading := await anext(listening)).quality is not Quality.MEASURED:
            pass
    assert (reading.point, reading.value) == ("load.power", 41.5)
    assert await says(made, "load") == {"load.power": 41.5}  # young enough: not waited for


@pytest.mark.real_time
async def test_a_plug_that_left_the_broker_does_not_answer_though_the_broker_does(
    driver: Make, plug: tuple[Plug, str]
) -> None:
    made = driver("acme-plug", plug[1])
    await made.open()
    assert await says(made, "state") == {"power": "off"}
    await plug[0].says("plug/LWT", "Offline", retained=True)
    with pytest.raises(NoAnswer):
        await says(made, "state")
    await plug[0].dies()
    with pytest.raises(NoAnswer):
        await says(made, "load")


@pytest.mark.real_time
async def test_nonsense_from_a_plug_is_unknown(driver: Make, plug: tuple[Plug, str]) -> None:
    made = driver("acme-plug", plug[1])
    await made.open()
    for payload in ("{", "[1]", '{"ENERGY": 5}', ""):
        asking = asyncio.create_task(says(made, "load"))
        await asyncio.sleep(0.05)
        await plug[0].says("plug/SENSOR", payload)
        assert await asking == {"load.power": None}
        made._last.clear()


@pytest.mark.real_time
async def test_a_broker_that_is_gone_is_told_to_whoever_listens(
    driver: Make, plug: tuple[Plug, str], broker: int
) -> None:
    made = driver("acme-plug", plug[1])
    await made.open()
    listening = asyncio.create_task(_all(made))
    await asyncio.sleep(0.05)
    await made._link.close()
    with pytest.raises(LinkDown):
        await listening
    with pytest.raises(LinkDown):
        await driver("acme-plug", "mqtt://127.0.0.1:9").open()


async def _all(driver: Device) -> None:
    async for _ in driver.listen():
        pass
