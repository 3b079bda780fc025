"""A device that speaks lines, by a profile: what is asked, what comes in between, what is not understood."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from avctl.clock import LoopClock
from avctl.codecs import lines
from avctl.codecs.noise import Noise
from avctl.drivers.line import LineDevice
from avctl.drivers.profile import Profile, prove
from avctl.drivers.profile_line import LineProfile, plan
from avctl.model.errors import Busy, Garbled, NoAnswer, Refused, WrongDevice
from avctl.model.reading import Reading, Value
from avctl.transports.memory import Memory, pair

ACME = r"""
profile: acme-hx
dialect: line
source: Acme HX RS-232C manual, rev. C
options:
  zone: {type: int, default: 1, doc: which zone}
line: {ends_with: "\r", pause: 0.05, refused: 'ERR\d', busy: WAIT}            # s before the next query (p. 9)
recognise: {ask: ID?, answer: 'ID=ACME HX\d+'}
queries:
  lamp:
    ask: LAMP?
    every: 60
    timeout: 3
    answer: 'LAMP=(?P<hours>\d{1,5}|-)'            # must match the whole line
    hours: {point: lamp.hours, number: int, unit: h, sentinels: ["-"]}
  power:
    ask: PWR{zone}?
    every: 10
    answer: 'PWR=(?P<state>\d)'
    state: {point: power, words: {0: "off", 1: "on", 2: warming}}
reports:
  overheat: {line: 'ALARM (?P<what>\w+)', what: {point: alarm}}
writes:
  power:
    say: {"on": "PWR{zone} ON", "off": "PWR{zone} OFF"}
    accepted: OK
    read_back: power
    within: 30
    every: 1
examples:
  - {source: p. 12, ask: LAMP?, heard: LAMP=1250, means: {lamp.hours: 1250}}
  - {source: p. 12, ask: LAMP?, heard: LAMP=-, means: {lamp.hours: null}}
  - {source: p. 13, ask: PWR1?, heard: PWR=2, means: {power: warming}}
  - {source: p. 13, options: {zone: 2}, set: {power: "on"}, sends: PWR2 ON}
  - {source: p. 20, heard: ALARM FAN, means: {alarm: FAN}}
"""


class Acme:
    """The far end of a memory wire: says to each line what it is told to say, until it is told otherwise."""

    def __init__(self, wire: Memory) -> None:
        self._wire = wire
        self.says = {"ID?": b"ID=ACME HX7\r", "LAMP?": b"LAMP=1250\r\n", "PWR1?": b"PWR=0\r"}
        self.asked: list[str] = []

    async def live(self) -> None:
        await self._wire.open()
        while True:
            for line in lines.Decoder().feed(await self._wire.receive()):
                assert isinstance(line, lines.Line)
                self.asked.append(line.text)
                await self._wire.send(self.says.get(line.text, b""))


@pytest.fixture
def profile(tmp_path: Path) -> LineProfile:
    (tmp_path / "acme-hx.yaml").write_text(ACME)
    read = Profile.load(tmp_path / "acme-hx.yaml").read
    assert isinstance(read, LineProfile)
    return read


@pytest.fixture
async def acme() -> AsyncIterator[tuple[Memory, Acme]]:
    near, far = pair()
    device = Acme(far)
    living = asyncio.create_task(device.live())
    await asyncio.sleep(0)
    yield near, device
    living.cancel()


@pytest.fixture
async def driver(acme: tuple[Memory, Acme], profile: LineProfile, clock: LoopClock) -> LineDevice:
    made = LineDevice("r301-acme", acme[0], clock, plan(profile, {}))
    await made.open()
    return made


async def says(driver: LineDevice, query: str) -> dict[str, Value | None]:
    named = next(q for q in driver.queries if q.name == query)
    return {reading.point: reading.value for reading in await driver.read(named)}


async def test_an_answer_fills_its_points(driver: LineDevice) -> None:
    assert await says(driver, "lamp") == {"lamp.hours": 1250}
    assert await says(driver, "power") == {"power": "off"}
    assert (driver.points["lamp.hours"].unit, driver.points["power"].words) == ("h", ("off", "on", "warming"))


async def test_the_first_query_is_vital_when_none_says_so(driver: LineDevice) -> None:
    assert [query.vital for query in driver.queries] == [True, False]


async def test_what_is_said_in_between_is_heard_and_no_answer(driver: LineDevice, acme: tuple[Memory, Acme]) -> None:
    acme[1].says["LAMP?"] = b"ALARM FAN\rLAMP=7\r"
    assert await says(driver, "lamp") == {"lamp.hours": 7}
    heard: Reading = await anext(aiter(driver.listen()))
    assert (heard.point, heard.value) == ("alarm", "FAN")


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"", NoAnswer),
        (b"LAMP=", NoAnswer),
        (b"LAMP=12345678\r", Garbled),
        (b"PWR=1\r", Garbled),
        (b"\xff\xfe\r", Garbled),
        (b"ALARM FAN\r", NoAnswer),
        (b"ERR3\r", Refused),
        (b"WAIT\r", Busy),
    ],
)
async def test_what_is_no_answer_has_a_name(
    driver: LineDevice, acme: tuple[Memory, Acme], answer: bytes, error: type[Exception]
) -> None:
    acme[1].says["LAMP?"] = answer
    with pytest.raises(error):
        await says(driver, "lamp")


async def test_on_is_on_when_the_device_says_so(driver: LineDevice, acme: tuple[Memory, Acme]) -> None:
    acme[1].says |= {"PWR1 ON": b"OK\r", "PWR1?": b"PWR=2\r"}
    asyncio.get_running_loop().call_later(10, acme[1].says.update, {"PWR1?": b"PWR=1\r"})
    assert (await driver.write("power", "on")).value == "on"
    assert asyncio.get_running_loop().time() == pytest.approx(10, abs=1.5)


async def test_a_device_that_says_yes_and_does_not_is_told_as_it_is(
    driver: LineDevice, acme: tuple[Memory, Acme]
) -> None:
    acme[1].says["PWR1 ON"] = b"OK\r"
    assert (await driver.write("power", "on")).value == "off"


async def test_it_is_left_its_pause(driver: LineDevice) -> None:
    began = asyncio.get_running_loop().time()
    for _ in range(4):
        await says(driver, "lamp")
    assert asyncio.get_running_loop().time() - began >= 4 * 0.05 - 1e-9


async def test_another_device_is_the_wrong_one(
    acme: tuple[Memory, Acme], profile: LineProfile, clock: LoopClock
) -> None:
    acme[1].says["ID?"] = b"ID=OTHER 1\r"
    with pytest.raises(WrongDevice):
        await LineDevice("r301-acme", acme[0], clock, plan(profile, {})).open()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("heard: LAMP=1250,", "heard: LAMP=125O,", "31:33: examples.0.heard: 'LAMP=125O' fits no pattern"),
        (
            "means: {lamp.hours: 1250}",
            "means: {lamp.hours: 1251}",
            "31:59: examples.0.means.lamp.hours: lamp.hours is 1250 by this profile",
        ),
        ("(?P<hours>", "(?P<hour>", '10:3: queries.lamp: the group "hour" of its pattern fills no point'),
        ("(?P<hours>", "(?P<hours>(", "14:5: queries.lamp.answer: no regular expression"),
        (
            "sends: PWR2 ON",
            "sends: PWR1 ON",
            "34:61: examples.3.sends: 'PWR2 ON' is sent by this profile, 'PWR1 ON' by the example",
        ),
        ("read_back: power", "read_back: lamp", '27:5: writes.power.read_back: "lamp" is no query that answers power'),
        ("ask: PWR1?, heard", "ask: PWR?, heard", "33:21: examples.2.ask: no query asks 'PWR?'"),
        ("number: int", "numbre: int", '15:32: queries.lamp.hours.numbre: is not known here. Did you mean "number"?'),
    ],
)
def test_a_mistake_is_named_where_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, said: str
) -> None:
    assert old in ACME
    monkeypatch.chdir(tmp_path)
    Path("acme-hx.yaml").write_text(ACME.replace(old, new))
    found = prove(Path("acme-hx.yaml"))
    assert any(one.startswith(f"acme-hx.yaml:{said}") for one in found), found


def test_lines_may_come_in_any_pieces() -> None:
    decoder = lines.Decoder("\r\n")
    said = [m for byte in b"\0LAMP=1\r\n\r\n\xff\xfe\r\nPWR" for m in decoder.feed(bytes([byte]))]
    assert said == [lines.Line("LAMP=1"), Noise(b"\xff\xfe")]


def test_an_endless_line_is_let_go() -> None:
    decoder = lines.Decoder(longest=10)
    assert list(decoder.feed(b"x" * 11)) == [Noise(b"x" * 11)]
    assert list(decoder.feed(b"OK\r")) == [lines.Line("OK")]
