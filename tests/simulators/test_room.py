"""What one thing does to another: outlets and what they feed, loudspeakers and their listeners, people and mics."""

import asyncio
from pathlib import Path
from typing import cast

import pytest

from simulators.building import Building
from simulators.escvp21 import Projector
from simulators.pdu import Pdu
from simulators.room import Loudspeaker, Room
from simulators.site import read
from simulators.x32 import Desk

SITE = Path(__file__).parents[2] / "config" / "site.yaml"


class House:
    """Room 303 of the shipped site file, without faces."""

    def __init__(self) -> None:
        building = Building(read(SITE, ["303"]))
        self.room: Room = building.rooms["303"]
        self.desk = cast(Desk, building.places["r303-mixer"].device)
        self.projector = cast(Projector, building.places["r303-projector"].device)
        self.pdu = cast(Pdu, building.places["r303-pdu"].device)

    def level(self, channel: int) -> float:
        return self.desk.sound.channel(channel)

    def tone(self, destination: int = 18) -> None:
        for at, value in (("/config/osc/dest", destination), ("/config/osc/level", 0.375), ("/-stat/osc/on", 1)):
            self.desk.touch(at, value)


@pytest.fixture
async def house() -> House:
    return House()


async def test_an_outlet_that_goes_off_takes_the_projector_with_it_and_brings_it_back(house: House) -> None:
    assert house.projector.wire.dead is False
    house.pdu.command(3, 2)
    await asyncio.sleep(0.9)
    assert not house.projector.wire.dead  # the relay follows a second after the answer
    await asyncio.sleep(0.2)
    assert house.projector.wire.dead
    house.pdu.command(3, 1)
    await asyncio.sleep(1 + house.projector.boot + 0.1)
    assert not house.projector.wire.dead


async def test_the_strip_shows_what_is_plugged_in_and_what_it_takes(house: House) -> None:
    assert house.pdu.outlet(3).name == "r303-projector"
    dark = house.pdu.outlet(3).current()
    house.projector.switch_on()
    assert house.pdu.outlet(3).current() > dark + 1


async def test_an_empty_room_is_quiet_and_a_speaker_is_heard_at_the_lectern(house: House) -> None:
    assert house.level(1) == pytest.approx(-62, abs=3)
    house.room.speak()
    assert house.level(1) == pytest.approx(-20, abs=8)
    assert house.level(3) == pytest.approx(-42, abs=4)
    house.room.leave()
    assert house.level(1) == pytest.approx(-62, abs=3)


async def test_the_tone_goes_from_main_over_the_loudspeaker_to_the_listener(house: House) -> None:
    house.tone()
    assert house.desk.output("main") == pytest.approx(-20, abs=0.5)
    assert house.level(32) == pytest.approx(-30, abs=3)
    assert house.level(1) == pytest.approx(-62, abs=3)


async def test_a_dead_zone_is_not_heard(house: House) -> None:
    house.tone()
    zone = house.room.fixtures["r303-zone-a"]
    assert isinstance(zone, Loudspeaker)
    zone.zone_dies()
    assert house.level(32) == pytest.approx(-62, abs=3)
    zone.heal()
    zone.gets_quiet(-8)
    assert house.level(32) == pytest.approx(-38, abs=3)


async def test_a_tone_on_an_unrouted_bus_is_heard_nowhere(house: House) -> None:
    house.tone(destination=15)
    assert house.desk.output("bus.16") == pytest.approx(-20, abs=0.5)
    assert house.level(32) == pytest.approx(-62, abs=3)


async def test_speech_reaches_the_room_only_through_an_open_channel(house: House) -> None:
    house.room.speak("r303-lectern")
    assert house.desk.output("main") > -35
    house.desk.channel_muted(1)
    assert house.desk.output("main") < -40


async def test_a_desk_that_passes_no_audio_still_shows_its_microphones(house: House) -> None:
    house.room.speak()
    house.desk.passes_no_audio()
    assert house.desk.output("main") == -120
    assert house.level(1) > -30


async def test_a_howl_dies_when_the_fader_is_pulled_down_far_enough(house: House) -> None:
    house.room.howl()
    assert house.level(1) > -10
    house.desk.fader_moved(1, db=-6)
    house.desk.channel_muted(3)
    for channel in (5, 6):
        house.desk.channel_muted(channel)
    assert house.room.state()["howling"] == "yes"
    house.desk.fader_moved(1, db=-12)
    assert house.room.state()["howling"] == "no"
    assert house.level(1) < -50


async def test_nobody_speaks_at_a_microphone_that_only_listens(house: House) -> None:
    with pytest.raises(ValueError, match="r303-lectern, r303-chair"):
        house.room.speak("r303-listener")
