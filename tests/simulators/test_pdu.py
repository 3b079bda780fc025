"""The power strip: relays that follow, breakers that trip, and net-snmp's own tools as the foreign client."""

import asyncio
import shutil

import pytest

from simulators.faces import UdpFace
from simulators.pdu import Pdu, WrongValue
from simulators.snmp import CommitFailed

CONTROL, STATUS = ".1.3.6.1.4.1.318.1.1.26.9.2.4.1.5", ".1.3.6.1.4.1.318.1.1.26.9.2.3.1.5"
V2 = ("-v2c", "-c", "secret")
V3 = ("-v3", "-l", "authPriv", "-u", "avctl", "-a", "SHA", "-A", "auth-pass", "-x", "AES", "-X", "priv-pass")
needs_net_snmp = pytest.mark.skipif(not shutil.which("snmpbulkwalk"), reason="net-snmp's tools (package snmp) absent")


@pytest.fixture
async def pdu() -> Pdu:
    return Pdu("pdu", {"outlets": 8})


async def test_the_relay_follows_a_second_after_the_command(pdu: Pdu) -> None:
    pdu.command(3, 2)
    assert pdu.outlet(3).on
    await asyncio.sleep(1.01)
    assert not pdu.outlet(3).on


async def test_a_reboot_is_dark_for_a_while(pdu: Pdu) -> None:
    pdu.command(3, 3)
    await asyncio.sleep(2)
    assert not pdu.outlet(3).on
    with pytest.raises(CommitFailed):
        pdu.command(3, 1)
    await asyncio.sleep(5)
    assert pdu.outlet(3).on


async def test_a_delayed_command_can_be_cancelled(pdu: Pdu) -> None:
    pdu.command(3, 6)
    await asyncio.sleep(2)
    pdu.command(3, 8)
    await asyncio.sleep(5)
    assert pdu.outlet(3).on


async def test_a_command_that_does_not_exist_is_refused(pdu: Pdu) -> None:
    with pytest.raises(WrongValue):
        pdu.command(3, 9)


async def test_a_tripped_outlet_stays_off_whatever_is_asked(pdu: Pdu) -> None:
    pdu.outlet_trips(3)
    pdu.command(3, 1)
    await asyncio.sleep(2)
    assert not pdu.outlet(3).on
    pdu.heal()
    assert pdu.outlet(3).on


async def test_a_stuck_relay_takes_commands_and_stays(pdu: Pdu) -> None:
    pdu.relay_sticks(3)
    pdu.command(3, 2)
    await asyncio.sleep(2)
    assert pdu.outlet(3).on


async def test_an_overload_is_told(pdu: Pdu) -> None:
    pdu.overload(18)
    assert int(pdu.agent.table.get((1, 3, 6, 1, 4, 1, 318, 1, 1, 26, 4, 3, 1, 4, 1))) == 4


async def run(tool: str, *words: str) -> str:
    process = await asyncio.create_subprocess_exec(
        tool, *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    return said.decode()


@needs_net_snmp
@pytest.mark.real_time
@pytest.mark.parametrize("who", [V2, V3], ids=["v2c", "v3"])
async def test_net_snmp_reads_walks_and_switches(who: tuple[str, ...]) -> None:
    pdu = Pdu("pdu", {"outlets": 8})
    pdu.agent.community("secret")
    pdu.agent.user("avctl", "auth-pass", "priv-pass")
    face = UdpFace(pdu, "snmp")
    await face.open()
    at = "udp:" + face.url.removeprefix("snmp://")
    assert "AP8953" in await run("snmpget", *who, at, ".1.3.6.1.4.1.318.1.1.26.2.1.8.1")
    assert (await run("snmpbulkwalk", *who, at, STATUS)).count("INTEGER: 2") == 8
    assert "INTEGER: 2" in await run("snmpset", *who, at, f"{CONTROL}.3", "i", "2")
    assert "commitFailed" in await run("snmpset", *who, at, f"{CONTROL}.3", "i", "1")
    assert "wrongValue" in await run("snmpset", *who, at, f"{CONTROL}.4", "i", "9")
    assert "notWritable" in await run("snmpset", *who, at, f"{STATUS}.4", "i", "1")
    await asyncio.sleep(1.1)
    assert "INTEGER: 1" in await run("snmpget", *who, at, f"{STATUS}.3")
    assert "No Such Instance" in await run("snmpget", *who, at, f"{STATUS}.9")
    await face.close()


@needs_net_snmp
@pytest.mark.real_time
async def test_a_stranger_hears_nothing_and_a_wrong_key_is_told() -> None:
    pdu = Pdu("pdu")
    pdu.agent.community("secret")
    pdu.agent.user("avctl", "auth-pass", "priv-pass")
    face = UdpFace(pdu, "snmp")
    await face.open()
    at = "udp:" + face.url.removeprefix("snmp://")
    assert "Timeout" in await run("snmpget", "-v2c", "-c", "public", "-r0", "-t0.2", at, f"{STATUS}.1")
    wrong = [word.replace("auth-pass", "some-pass") for word in V3]
    assert "Authentication failure" in await run("snmpget", *wrong, "-r0", at, f"{STATUS}.1")
    await face.close()
