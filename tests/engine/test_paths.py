"""Roles, the drawing, and what hangs on what."""

from dataclasses import replace

import pytest

from avctl.engine.paths import affected, candidates, fed_by, feeding, reaches_kind, resolve, roles_of, shortest
from avctl.model.house import RoomSpec

from .conftest import a_house

HOUSE = a_house()


def test_roles_stand_for_devices_and_for_parts_of_them() -> None:
    assert resolve(HOUSE, "301", "main-display.power") == ("r301-projector", "power")
    assert resolve(HOUSE, "301", "presenter-mic.mute") == ("r301-mixer", "channel.01.mute")
    assert resolve(HOUSE, "301", "r301-pdu.outlet.3.state") == ("r301-pdu", "outlet.3.state")
    assert resolve(HOUSE, "301", "presenter-mic") == ("r301-mixer", "channel.01")


@pytest.mark.parametrize(
    ("room", "text", "hint"), [("301", "main-dispaly.power", "main-display"), ("310", "mixer.scene", "301")]
)
def test_a_wrong_name_is_told_the_nearest_right_one(room: str, text: str, hint: str) -> None:
    with pytest.raises(LookupError, match=hint):
        resolve(HOUSE, room, text)


def test_what_feeds_and_what_is_fed() -> None:
    assert feeding(HOUSE.links, "r301-projector") == ("r301-pdu.outlet.3",)
    assert feeding(HOUSE.links, "r301-mixer.channel.01") == ("r301-pdu.outlet.1",)
    assert fed_by(HOUSE.links, "r301-pdu.outlet.3") == ("r301-projector",)
    assert set(fed_by(HOUSE.links, "r301-pdu")) == {"r301-mixer", "r301-projector", "r301-amp"}


def test_the_blast_radius_of_an_outlet_goes_all_the_way() -> None:
    assert affected(HOUSE.links, "r301-pdu.outlet.1") == ("r301-mixer", "r301-zone-a")
    assert affected(HOUSE.links, "r301-mixer.channel.01") == ()
    assert reaches_kind(HOUSE, "r301-mixer.main", "loudspeaker")
    assert not reaches_kind(HOUSE, "r301-mixer.bus.16", "loudspeaker")


def test_the_way_of_a_voice_leads_through_the_mixer() -> None:
    way = shortest(HOUSE.links, "r301-lectern", "r301-zone-a")
    assert way == ("r301-lectern", "r301-mixer.channel.01", "r301-mixer.main", "r301-zone-a")
    assert shortest(HOUSE.links, "r301-zone-a", "r301-lectern") == ()


def test_spares_come_first_then_roles_of_the_same_kind() -> None:
    room = HOUSE.rooms["301"]
    assert candidates(room, "main-display") == ("r301-side",)
    spare = replace(room, spares={"main-display": ("store-projector",)})
    assert candidates(spare, "main-display") == ("store-projector", "r301-side")


def test_a_device_may_play_several_roles() -> None:
    assert roles_of(HOUSE.rooms["301"], "r301-mixer") == {"mixer": "", "presenter-mic": "channel.01"}
    assert roles_of(RoomSpec("9", {}), "r301-mixer") == {}
