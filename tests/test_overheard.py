"""An engineer listens to a wire, and takes home what he heard."""

import asyncio
import json
from pathlib import Path

import pytest

from avctl import transcript
from avctl.clock import LoopClock
from avctl.drivers import registry
from avctl.engine.bus import Bus
from avctl.engine.site import Site
from avctl.model.event import PlayEnded, StepDone
from avctl.model.house import DeviceSpec, House, RoomSpec
from avctl.model.outcome import Verdict
from avctl.overheard import Overheard, literal, meanings
from avctl.transports.tap import Entry
from simulators.escvp21 import Projector
from simulators.faces import TcpFace
from tests.stories.conftest import Stage, stage
from tests.wire import transcript as wire

__all__ = ["stage"]


@pytest.mark.parametrize(
    "data", [b"PWR?\r", b"it's", b'say "hi"', b"""both ' and " \\""", b"\x00\xff", b"hex 00", b" x "]
)
def test_whatever_passed_is_read_back_from_a_transcript_byte_for_byte(data: bytes, tmp_path: Path) -> None:
    told = {"device": "d", "driver": "escvp21", "scheme": "tcp", "worded": False, "lost": 0}
    told["entries"] = [{"way": "out", "at": 1.0, "data": literal(data), "hex": data.hex()}]
    path = tmp_path / "d.wire"
    path.write_text("\n".join([*transcript.header(told, "a test"), *transcript.lines(told, 0.0)]))
    assert [turn.asked for turn in wire.read(path).turns] == [data]


def test_a_meaning_stands_where_its_message_was_completed_and_a_new_conversation_starts_afresh() -> None:
    ways = [("in", b"PW"), ("in", b"R=01\r:"), ("open", b""), ("in", b"PWR=00\r:")]
    entries = [Entry(n, n, way, data) for n, (way, data) in enumerate(ways, 1)]  # type: ignore[arg-type]
    from avctl.codecs.escvp21 import Decoder

    first, second, third, fourth = meanings(entries, Decoder)
    assert (first, third) == ("", "")
    assert "01" in second
    assert "00" in fourth


async def test_what_a_real_driver_says_is_told_with_time_way_and_meaning_and_scrubbed_on_request(
    clock: LoopClock,
) -> None:
    simulated = Projector("r301-projector", {"model": "EB-2250U", "power": "on"})
    face = TcpFace(simulated)
    await face.open()
    spec = DeviceSpec("r301-projector", "301", "escvp21", face.url)
    house = House("hq", "UTC", "en", {"301": RoomSpec("301", {})}, {spec.id: spec})
    site = Site(house, Bus(clock), clock)
    driver = registry.build(spec, clock, {}.__getitem__)
    site.attach(spec.id, driver)
    heard = Overheard(site, {spec.id: driver}, asyncio.get_running_loop().time)
    await site.start()
    await asyncio.sleep(20)
    told = await heard.told(spec.id, 0, 0, scrub=False)
    assert told["entries"][0]["way"] == "open"
    power = next(n for n, e in enumerate(told["entries"]) if e.get("data") == "PWR?\\r")
    assert told["entries"][power]["way"] == "out"
    assert "PWR" in told["entries"][power + 1]["means"]
    serial = site.device(spec.id).readings["identity.serial"].value
    assert str(serial) in json.dumps(told)
    assert str(serial) not in json.dumps(await heard.told(spec.id, 0, 0, scrub=True))
    again = await heard.told(spec.id, told["last"], 20, scrub=False)
    assert again["entries"][0]["n"] == told["last"] + 1
    with pytest.raises(LookupError, match="no device"):
        await heard.told("r999", 0, 0, scrub=False)
    await site.stop()
    await face.close()


async def test_a_step_that_fails_takes_the_wire_of_its_device_into_the_report(stage: Stage) -> None:
    async with stage() as play:
        await asyncio.sleep(10)
        play.device("r301-projector").falls_silent()
        await play.daemon.gate.take(
            "engineer", "test", "test", "301", {"v": 1, "id": "t1", "ts": "2026-09-14T03:00:10Z", "exp": 60}
        )
        run = (await play.until(PlayEnded, within=1800)).body.run
        bad = [s for s in play.bodies(StepDone) if s.outcome.verdict in (Verdict.FAIL, Verdict.ERROR)]
        while run not in play.daemon.filing.filed:
            await asyncio.sleep(1)
        number = play.daemon.filing.filed[run].number
        report = json.loads((play.folder / "reports" / f"{number}.json").read_text())
        assert bad
        frozen = report["wire"]
        assert frozen.keys() <= {step.step for step in bad}
        assert any(entry["way"] == "out" for entries in frozen.values() for entry in entries)
