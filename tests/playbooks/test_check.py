"""The named checks, by the table of limits: what passes, what is told, what is a failure, and what we cannot know."""

from dataclasses import replace

import pytest

from avctl.model.booking import Level, Needs
from avctl.model.house import House
from avctl.model.outcome import Verdict
from avctl.model.reading import Quality, Reading, Value
from avctl.playbooks.check import CHECKS, Finding, Setting, spares
from avctl.playbooks.model import Need, wanted
from tests.playbooks.conftest import house

P, M, F, E = Verdict.PASS, Verdict.MARGINAL, Verdict.FAIL, Verdict.ERROR


def judged(check: str, device: str, values: dict[str, Value | None], needs: Needs | None = None, silent: str = "",
           site: House | None = None) -> Finding:  # fmt: skip
    site = site or house()
    setting = Setting(site, site.rooms["301"], site.devices[device], needs or Needs(), "en")
    readings = {
        p: Reading(device, p, v, Quality.SILENT if p == silent else Quality.MEASURED, 0.0) for p, v in values.items()
    }
    asked = CHECKS[check].asks(setting, list(values))
    return CHECKS[check].judge(setting, [{p: readings[p] for p in asked}] * CHECKS[check].rounds)


def packs(*charged: tuple[float | None, float]) -> dict[str, Value | None]:
    found: dict[str, Value | None] = {}
    for i, (charge, health) in enumerate(charged, 1):
        found |= {f"bay.{i}.present": "yes", f"bay.{i}.charge": charge, f"bay.{i}.health": health}
    return found


GOOD, TIRED, WEAK, WORN = (100.0, 95.0), (85.0, 95.0), (31.0, 64.0), (100.0, 75.0)


@pytest.mark.parametrize(("needed", "more"), [(0, 1), (1, 1), (4, 1), (5, 1), (6, 2), (10, 2), (11, 3)])
def test_one_spare_at_least_and_one_for_every_five_begun(needed: int, more: int) -> None:
    assert spares(needed) == more


@pytest.mark.parametrize(
    ("there", "wireless", "verdict"),
    [
        ([GOOD] * 3, 2, P), ([GOOD] * 2, 2, M), ([GOOD], 2, F), ([GOOD, GOOD, WEAK], 2, M), ([GOOD, WEAK], 2, F),
        ([GOOD, GOOD, TIRED], 2, M), ([GOOD, GOOD, GOOD, TIRED], 2, P), ([GOOD, GOOD, WORN], 2, M),
        ([GOOD, GOOD], None, P), ([GOOD, WEAK], None, M), ([WEAK], None, F), ([(None, 95.0), GOOD, GOOD, GOOD], 2, P),
        ([GOOD, GOOD, (100.0, 69.0)], 2, M), ([], 1, F),
    ],
)  # fmt: skip
def test_packs_are_a_pool_held_against_microphones_and_spares(
    there: list[tuple[float | None, float]], wireless: int | None, verdict: Verdict
) -> None:
    values = packs(*there) or {"bay.1.present": "no"}
    assert judged("battery-pool", "c", values, Needs(wireless=wireless)).verdict is verdict


def test_a_weak_pack_is_named_by_its_bay() -> None:
    assert "bay.3 31/64 %" in judged("battery-pool", "c", packs(GOOD, GOOD, WEAK), Needs(wireless=2)).said


def test_a_hot_pack_is_not_taken() -> None:
    assert judged("battery-pool", "c", packs(GOOD) | {"bay.1.temperature": 46.0}, Needs(wireless=1)).verdict is F


@pytest.mark.parametrize(("hours", "verdict"), [(3999, P), (4000, M), (4750, M), (4751, F)])
def test_a_lamp_is_told_from_80_percent_and_bad_past_95(hours: int, verdict: Verdict) -> None:
    assert judged("lamp-life", "p", {"lamp.hours": hours}).verdict is verdict


def test_a_laser_has_no_lamp_alarm() -> None:
    assert judged("lamp-life", "s", {"light.hours": 19_999}).verdict is P


def test_a_lamp_of_unknown_life_is_told() -> None:
    assert judged("lamp-life", "s", {"lamp.hours": 10}).verdict is M


@pytest.mark.parametrize(("word", "verdict"), [("none-reported", P), ("warning", M), ("error", F), ("odd", E)])
def test_fault_flags_are_believed_as_they_are(word: str, verdict: Verdict) -> None:
    values: dict[str, Value | None] = {"fan.state": "none-reported", "lamp.state": word}
    assert judged("no-fault-flags", "p", values).verdict is verdict


def test_what_is_silent_is_never_a_pass() -> None:
    assert (
        judged("no-fault-flags", "p", {"fan.state": "none-reported", "lamp.state": "x"}, silent="lamp.state").verdict
        is E
    )
    assert judged("level-guard", "m", {"main.fader": -3.0}, silent="main.fader").verdict is E
    assert judged("scene-as-planned", "m", {"scene": 2}, silent="scene").verdict is E
    assert judged("battery-pool", "c", {"bay.1.present": "yes"}, silent="bay.1.present").verdict is E
    assert judged("answers", "p", {"power": "on"}, silent="power").verdict is F
    assert judged("outlets-as-planned", "u", {"outlet.3.state": "on"}, silent="outlet.3.state").verdict is E


@pytest.mark.parametrize(("fader", "verdict"), [(-3.0, P), (0.0, P), (4.0, M), (6.0, F)])
def test_the_main_fader_leaves_room(fader: float, verdict: Verdict) -> None:
    assert judged("level-guard", "m", {"main.fader": fader}).verdict is verdict


MICS: dict[str, Value | None] = {"main.mute": "off", "channel.01.mute": "off", "channel.03.mute": "off",
                                 "channel.32.mute": "on"}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "mics", "verdict"),
    [
        ({}, 2, P), ({"channel.03.mute": "on"}, 1, M), ({"channel.03.mute": "on"}, 2, F),
        ({"channel.03.mute": "on"}, None, F), ({"main.mute": "on"}, 0, F),
    ],
)  # fmt: skip
def test_enough_microphones_are_open(change: dict[str, Value | None], mics: int | None, verdict: Verdict) -> None:
    assert judged("mics-open", "m", MICS | change, Needs(mics=mics)).verdict is verdict


def test_only_outlets_that_feed_something_must_be_on() -> None:
    outlets: dict[str, Value | None] = {"outlet.1.state": "on", "outlet.2.state": "off", "outlet.3.state": "on"}
    assert judged("outlets-as-planned", "u", outlets).verdict is P
    found = judged("outlets-as-planned", "u", outlets | {"outlet.3.state": "off"})
    assert found.verdict is F and "outlet.3 → p" in found.said


@pytest.mark.parametrize(
    ("filed", "verdict"), [({}, P), ({"serial": "1"}, P), ({"firmware": "3"}, M), ({"serial": "9"}, F)]
)
def test_another_serial_number_is_another_device(filed: dict[str, str], verdict: Verdict) -> None:
    site = house()
    site = replace(site, devices={**site.devices, "p": replace(site.devices["p"], asset=filed)})
    assert judged("identity", "p", {"identity.serial": "1", "identity.firmware": "2"}, site=site).verdict is verdict


def test_unknown_needs_are_not_zero_and_confidential_meetings_have_no_wireless() -> None:
    assert wanted(Need.WIRELESS, Needs()) and wanted(Need.PROJECTION, Needs())
    assert not wanted(Need.WIRELESS, Needs(wireless=0)) and not wanted(Need.PROJECTION, Needs(projection=False))
    assert not wanted(Need.WIRELESS, Needs(wireless=2, level=Level.SECRET))
