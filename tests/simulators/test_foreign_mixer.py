"""Programs of other people, which never heard of us, work the mixers that are not there."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import xair_api
from behringer_mixer import mixer_api

from simulators import osc
from simulators.faces import UdpFace
from simulators.osc_desk import OscDesk
from simulators.x32 import Desk
from simulators.xair import Mixer
from tests.counterparts import require

pytestmark = pytest.mark.real_time
At = Callable[..., Coroutine[Any, Any, tuple[Any, int]]]
FAMILIES: dict[str, type[OscDesk]] = {"X32": Desk, "XR18": Mixer, "MR18": Mixer, "XR16": Mixer, "XR12": Mixer}

TAGS = ["channels", "busses", "dcas", "mains", "headamps", "show", "mutegroups"]
"""What behringer-mixer is asked to load; all sends, too, would take it some seconds."""


@pytest.fixture
async def stand() -> AsyncIterator[At]:
    """`await stand("XR18")`: a mixer of that model, in scene 2, and its port."""
    faces: list[UdpFace] = []

    async def up(model: str) -> tuple[OscDesk, int]:
        sim = FAMILIES[model]("mixer", {"model": model, "scene": 2, "console": "Hall"})
        face = UdpFace(sim, "osc")
        await face.open()
        faces.append(face)
        return sim, int(face.url.rpartition(":")[2])

    yield up
    for face in faces:
        await face.close()


@contextmanager
def remote(model: str, port: int) -> Iterator[Any]:
    """xair-api, connected; it leaves its socket open."""
    made = xair_api.connect(model, ip="127.0.0.1", port=port, delay=0.03)
    with made:
        yield made
    made.server.server_close()


@pytest.mark.parametrize("model", ["XR18", "MR18", "XR16", "XR12"])
async def test_xair_api_reads_and_sets_an_x_air(stand: At, model: str) -> None:
    sim, port = await stand(model)

    def work() -> dict[str, object]:
        with remote(model, port) as mixer:
            mixer.strip[0].mute, mixer.lr.mix.fader = True, -10.0
            mixer.bus[1].mix.on, mixer.dca[3].on = False, False
            mixer.headamp[0].gain, mixer.headamp[3].phantom = 24.0, True
            mixer.config.mute_group[3].on = True
            return {
                "model": mixer.query("/xinfo")[2],
                "name": mixer.strip[0].config.name,
                "fader": mixer.lr.mix.fader,
                "muted": mixer.strip[0].mute,
                "gain": mixer.headamp[0].gain,
                "dca": mixer.dca[3].on,
            }

    said = await asyncio.to_thread(work)
    assert said == {"model": model, "name": "Lectern", "fader": -10.0, "muted": True, "gain": 24.0, "dca": False}
    kept = ("/ch/01/mix/on", "/bus/2/mix/on", "/headamp/04/phantom", "/config/mute/4")
    assert [sim.values[at] for at in kept] == [0, 0, 1, 1]


async def test_xair_api_reads_and_sets_an_x32(stand: At) -> None:
    sim, port = await stand("X32")

    def work() -> tuple[object, ...]:
        with remote("X32", port) as desk:
            desk.strip[31].mix.fader = -30.0
            desk.mainst.mix.on, desk.matrix[5].mix.fader = False, 0.0
            desk.headamp[40].phantom = True
            return desk.strip[31].mix.fader, desk.bus[15].mix.fader, desk.strip[0].config.name, desk.headamp[0].gain

    assert await asyncio.to_thread(work) == (-30.0, pytest.approx(0, abs=0.05), "Lectern", 30.0)
    assert (sim.values["/main/st/mix/on"], sim.values["/headamp/041/phantom"]) == (0, 1)  # it counts from 1 here, too
    assert sim.values["/mtx/06/mix/fader"] == pytest.approx(0.75, abs=0.5 / 1023)


@pytest.mark.parametrize(("model", "main"), [("XR18", "/lr/mix/on"), ("X32", "/main/st/mix/on")])
async def test_behringer_mixer_reads_all_it_knows_hears_a_hand_and_recalls(stand: At, model: str, main: str) -> None:
    sim, port = await stand(model)
    mixer = mixer_api.create(model, ip="127.0.0.1", port=port, delay=0.001, include=TAGS)
    heard: dict[str, object] = {}
    try:
        assert await mixer.start()
        await mixer.reload()
        await asyncio.sleep(0.1)
        state = mixer.state()
        assert state["/ch/1/config_name"] == "Lectern"
        assert state["/ch/1/mix_fader_db"] == pytest.approx(-5.0, abs=0.05)
        assert (state["/main/st/mix_on"], state["/scene/current"]) == (True, 2)
        amplifiers = [key for key in state if re.fullmatch(r"/headamp/\d+/phantom", key)]
        assert len(amplifiers) == (128 if model == "X32" else 1)  # its own table of an XR18 loses all but the last
        listening = asyncio.create_task(mixer.subscribe(lambda row: heard.update({row["property"]: row["value"]})))
        await asyncio.sleep(0.1)
        sim.touch(main, 0)
        sim.channel_muted(3)
        await asyncio.sleep(0.1)
        assert (heard["/main/st/mix_on"], heard["/ch/3/mix_on"]) == (False, False)
        await mixer.load_scene(5)
        assert sim.state()["scene.name"] == "speech-only"
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
    finally:
        await mixer.stop()
        await asyncio.sleep(0.05)


async def test_oscsend_moves_what_it_names(stand: At) -> None:
    program, (sim, port) = require("oscsend"), await stand("X32")
    for words in ("/ch/02/mix/fader f 0.5", "/ch/02/mix/on i 0", "/config/osc/dest i 15", "/ch/02/config/name s Lapel"):
        sent = await asyncio.create_subprocess_exec(program, "127.0.0.1", str(port), *words.split())
        assert await sent.wait() == 0
    await asyncio.sleep(0.1)
    kept = [sim.values[f"/ch/02/{at}"] for at in ("mix/fader", "mix/on", "config/name")]
    assert kept == [pytest.approx(0.5, abs=0.5 / 1023), 0, "Lapel"]
    assert sim.values["/config/osc/dest"] == 15


@pytest.mark.parametrize("model", ["X32", "XR18"])
async def test_oscdump_a_strict_reader_understands_every_word(stand: At, model: str) -> None:
    program, (sim, _) = require("oscdump"), await stand(model)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    dump = await asyncio.create_subprocess_exec(program, "-L", str(port), stdout=asyncio.subprocess.PIPE)
    assert dump.stdout
    try:
        await asyncio.sleep(0.3)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mouth:
            there = ("127.0.0.1", port)
            for asked in (osc.build("/xremote"), osc.build("/xinfo"), osc.build("/meters", "/meters/1")):
                sim.hear(asked, there, lambda said: mouth.sendto(said, there) and None)
            sim.touch("/ch/01/mix/fader", 0.25)
            async with asyncio.timeout(5):
                lines = [(await dump.stdout.readline()).decode() for _ in range(3)]
    finally:
        dump.kill()
        await dump.wait()
    assert re.search(rf'/xinfo ssss "127\.0\.0\.1" "Hall" "{model}" "[\d.]+"', lines[0])
    assert re.search(r"/meters/1 b \[", lines[1]) and re.search(r"/ch/01/mix/fader f 0\.2[45]", lines[2])
