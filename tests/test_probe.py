"""An engineer holds a cable in his hand: what is at the other end of it?"""

from collections.abc import Callable

import pytest

from avctl.clock import LoopClock
from avctl.probe import Access, Found, Probe, by_greeting, proposal, ranked, told, with_baud
from simulators import adcp, ntcontrol, pjlink, samsung_mdc, shure_charger
from simulators.charger import Charger
from simulators.escvp21 import Projector
from simulators.faces import Face, TcpFace, UdpFace
from simulators.pdu import Pdu
from simulators.ups import Ups
from simulators.x32 import Desk

ON = {"power": "on"}
SECRETS = {"pw": "s3cret", "community": "hush"}


def probe(clock: LoopClock, **access: str) -> Probe:
    return Probe(clock, SECRETS.__getitem__, Access(**access))


@pytest.mark.parametrize(
    ("face", "driver", "model"),
    [
        (lambda: TcpFace(Projector("p", {"model": "EB-2250U", **ON})), "escvp21", ""),
        (lambda: TcpFace(pjlink.Projector("p", ON)), "pjlink", "model"),
        (lambda: TcpFace(ntcontrol.Projector("p", ON)), "ntcontrol", ""),
        (lambda: TcpFace(adcp.Projector("p", ON)), "adcp", "model"),
        (lambda: TcpFace(samsung_mdc.Display("d", ON)), "samsung-mdc", ""),
        (lambda: TcpFace(shure_charger.Charger("c")), "shure-charger", ""),
        (lambda: UdpFace(Desk("m", {"model": "X32RACK"}), "osc"), "x32", "model"),
    ],
)  # fmt: skip
async def test_what_answers_is_recognised_by_the_driver_that_understands_it(
    clock: LoopClock, face: Callable[[], Face], driver: str, model: str
) -> None:
    here = face()
    await here.open()
    report = await probe(clock).at(here.url)
    assert [found.driver for found in report.found] == [driver], report
    assert proposal(report.found[0])[:2] == [f"driver: {driver}", f"url: {here.url}"]
    if model:
        assert report.found[0].identity[model]
    await here.close()


async def test_probing_changes_nothing(clock: LoopClock) -> None:
    projector = Projector("p", {"model": "EB-2250U", "power": "on"})
    face = TcpFace(projector)
    await face.open()
    before = {key: value for key, value in projector.state().items() if key != "hours"}
    await probe(clock).at(face.url)
    assert {key: value for key, value in projector.state().items() if key != "hours"} == before
    await face.close()


async def test_a_projector_that_wants_a_password_is_recognised_and_says_so(clock: LoopClock) -> None:
    face = TcpFace(pjlink.Projector("p", {"password": "s3cret", **ON}))
    await face.open()
    (locked,) = (await probe(clock).at(face.url)).found
    assert (locked.driver, locked.locked) == ("pjlink", True)
    (found,) = (await probe(clock, secret="pw").at(face.url)).found
    assert not found.locked
    assert proposal(found)[2] == "options: {password: {secret: pw}}"
    await face.close()


@pytest.mark.parametrize(
    ("make", "profile"),
    [
        (lambda: Charger("c"), "battery-mib"),
        (lambda: Pdu("p"), "apc-rpdu2"),
        (lambda: Pdu("p", {"raritan": True}), "raritan-px2"),
        (lambda: Ups("u"), "ups-rfc1628"),
        (lambda: Ups("u", {"apc": True}), "apc-ups"),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)
async def test_an_agent_is_given_the_profile_that_knows_most_of_it(
    clock: LoopClock, make: Callable[[], Charger | Pdu | Ups], profile: str
) -> None:
    device = make()
    device.agent.community("hush")
    face = UdpFace(device, "snmp")
    await face.open()
    report = await probe(clock, secret="community").at(face.url)
    assert report.found[0].driver == profile, [(f.driver, f.share, f.known) for f in report.found]
    assert "community: {secret: community}" in proposal(report.found[0])[2]
    await face.close()


async def test_where_nobody_is_that_is_said_with_what_was_tried(clock: LoopClock) -> None:
    face = UdpFace(Pdu("p"), "snmp")
    await face.open()
    report = await probe(clock, secret="community").at(face.url)  # a community it does not know
    assert report.found == ()
    assert "nothing that a driver here understands" in told(report)
    assert "apc-rpdu2" in told(report)
    await face.close()


async def test_an_address_that_is_none_of_ours_is_refused_with_what_would_be_right(clock: LoopClock) -> None:
    with pytest.raises(ValueError, match="want tcp://host"):
        await probe(clock).at("gopher://x")


@pytest.mark.parametrize(
    ("said", "drivers"),
    [
        (b"PJLINK 0\r", ["pjlink"]),
        (b"NTCONTROL 1 abcd\r", ["ntcontrol"]),
        (b"9d2f0a1c\r\n", ["adcp"]),
        (b"SSH-2.0-OpenSSH_9\r\n", []),
        (b"220 mail.example.org ESMTP\r\n", []),
    ],
)
def test_what_greets_is_only_spoken_to_in_its_own_language(said: bytes, drivers: list[str]) -> None:
    assert by_greeting(said, ["adcp", "escvp21", "ntcontrol", "pjlink", "x"]) == drivers


def test_the_later_generation_wins_where_both_know_as_much() -> None:
    older, newer, less = Found("apc-rpdu", "", known=9), Found("apc-rpdu2", "", known=9), Found("z", "", share=0.4)
    assert ranked([older, less, newer]) == (newer, older, less)


def test_a_serial_line_is_opened_at_the_speed_such_devices_have() -> None:
    assert with_baud("serial:///dev/ttyS0", "nec") == "serial:///dev/ttyS0?baud=38400"
    assert with_baud("serial:///dev/ttyS0?baud=19200", "nec") == "serial:///dev/ttyS0?baud=19200"
