"""What comes back from net-snmp's own agent, and what we make of silence, refusal and garbage."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from avctl.model.errors import AuthFailed, Garbled, LinkDown, NoAnswer, Refused
from avctl.transports import snmp as subject
from avctl.transports.snmp import Access, SnmpSession, Varbind
from avctl.transports.snmp_access import Address, Reader
from avctl.transports.snmp_engine import PySnmp
from tests.transports.snmpd import AUTH, COMMUNITY, PRIV, READ_ONLY, USER, snmpd

NAME, LOCATION, CONTACT = (f"1.3.6.1.2.1.1.{column}.0" for column in (5, 6, 4))
NOWHERE = "1.3.6.1.2.1.1.99.0"
COMMUNITIES = (Access("1", COMMUNITY), Access("2c", COMMUNITY))
V3 = Access("3", user=USER, auth=AUTH, priv=PRIV)
SIGNER = Access("3", user="signer", auth=AUTH)
EVERYONE = pytest.mark.parametrize("access", [*COMMUNITIES, V3, SIGNER], ids=["v1", "v2c", "v3", "v3-signed-only"])


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with snmpd(tmp_path_factory.mktemp("snmpd")) as port:
        yield port


@pytest.fixture(params=["gufo", "pysnmp"])
def reader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both libraries must say the same; a machine without a wheel of the first has only the second."""
    if request.param == "pysnmp":
        monkeypatch.setattr(subject, "_reader", PySnmp)
    return str(request.param)


@pytest.fixture
async def talk(port: int) -> AsyncIterator[Callable[..., SnmpSession]]:
    made: list[SnmpSession] = []

    def session(access: Access, at: int = port, timeout: float = 0.3) -> SnmpSession:
        made.append(SnmpSession("localhost", at, access, timeout))
        return made[-1]

    yield session
    for one in made:
        await one.close()


async def opened(session: SnmpSession) -> SnmpSession:
    await session.open()
    return session


async def met(session: SnmpSession) -> None:
    """A wrong key shows at the first question at the latest."""
    await session.open()
    await session.get([NAME])


@pytest.mark.real_time
@EVERYONE
async def test_an_agent_says_what_it_has_and_what_it_has_not(
    reader: str, talk: Callable[..., SnmpSession], access: Access
) -> None:
    session = await opened(talk(access))
    said = await session.get([LOCATION, NOWHERE, "1.3.6.1.9.9", "1.3.6.1.2.1.1.2.0"])
    assert said == {
        LOCATION: b"third floor",
        NOWHERE: None,
        "1.3.6.1.9.9": None,
        "1.3.6.1.2.1.1.2.0": "1.3.6.1.4.1.8072.3.2.10",
    }


@pytest.mark.real_time
@EVERYONE
async def test_a_walk_ends_where_its_root_ends(reader: str, talk: Callable[..., SnmpSession], access: Access) -> None:
    session = await opened(talk(access))
    said = await session.walk("1.3.6.1.2.1.1.9.1.2")  # sysORID
    assert len(said) > 5 and all(oid.startswith("1.3.6.1.2.1.1.9.1.2.") for oid in said)
    assert await session.walk("1.3.6.1.9.9") == {}


@pytest.mark.real_time
@EVERYONE
async def test_what_was_set_is_read_back(reader: str, talk: Callable[..., SnmpSession], access: Access) -> None:
    session = await opened(talk(access))
    await session.set(CONTACT, f"desk {reader} {access.version}", "string")
    assert await session.get([CONTACT]) == {CONTACT: f"desk {reader} {access.version}".encode()}


@pytest.mark.real_time
@EVERYONE
async def test_what_may_not_be_set_is_refused_by_name(talk: Callable[..., SnmpSession], access: Access) -> None:
    session = await opened(talk(access))
    with pytest.raises(Refused, match=r"notWritable|noSuchName"):
        await session.set(LOCATION, "elsewhere", "string")


@pytest.mark.real_time
async def test_who_may_only_look_may_not_set(talk: Callable[..., SnmpSession]) -> None:
    session = await opened(talk(Access("2c", READ_ONLY)))
    with pytest.raises(Refused, match="noAccess"):
        await session.set(CONTACT, "me", "string")


@pytest.mark.real_time
@pytest.mark.parametrize(
    "wrong",
    [{"auth": "not-the-password"}, {"user": "nobody"}, {"auth_protocol": "sha256"}, {"priv": ""}],
    ids=["password", "user", "protocol", "unencrypted"],
)
async def test_a_wrong_key_is_told_from_a_dead_device(talk: Callable[..., SnmpSession], wrong: dict[str, str]) -> None:
    await opened(talk(V3))
    session = talk(replace(V3, **wrong))
    with pytest.raises(AuthFailed):
        await met(session)


@pytest.mark.real_time
async def test_a_wrong_privacy_password_is_told_from_silence(talk: Callable[..., SnmpSession]) -> None:
    await opened(talk(V3))
    with pytest.raises(AuthFailed, match="privacy password"):
        await talk(replace(V3, priv="not-the-password"), timeout=0.1).open()


@pytest.mark.real_time
async def test_a_wrong_community_is_silence_and_the_message_says_so(talk: Callable[..., SnmpSession]) -> None:
    await opened(talk(COMMUNITIES[1]))
    session = talk(Access("2c", "guess"), timeout=0.1)
    await session.open()
    with pytest.raises(NoAnswer, match="wrong community looks the same"):
        await session.get([NAME])


@pytest.mark.real_time
async def test_an_agent_that_was_restarted_lets_us_in_again(tmp_path: Path, talk: Callable[..., SnmpSession]) -> None:
    with snmpd(tmp_path) as port:
        session = await opened(talk(V3, port))
        await session.get([NAME])
    with snmpd(tmp_path, port=port):
        assert await session.get([LOCATION]) == {LOCATION: b"third floor"}
        await session.set(CONTACT, "after the reboot", "string")
    (tmp_path / "state" / "snmpd.conf").unlink()
    with snmpd(tmp_path, port=port):  # another engine: the device was exchanged for one of the same kind
        assert await session.get([LOCATION]) == {LOCATION: b"third floor"}


@pytest.mark.real_time
async def test_two_devices_may_know_the_same_user_by_different_passwords(
    tmp_path: Path, talk: Callable[..., SnmpSession]
) -> None:
    first = await opened(talk(V3))
    with snmpd(tmp_path, f"createUser other SHA {AUTH}X AES {PRIV}", "rwuser other priv") as port:
        text = (tmp_path / "snmpd.conf").read_text()
        assert f"createUser {USER} SHA {AUTH} " in text
        second = await opened(talk(replace(V3, user="other", auth=f"{AUTH}X"), port))
        for session in (first, second, first):
            await session.set(CONTACT, "both of us", "string")


class Prankster(asyncio.DatagramProtocol):
    """Answers every datagram with the next of its lines; then with nothing."""

    def __init__(self, *lines: bytes) -> None:
        self.lines, self.asked = list(lines), 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.DatagramTransport)
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str | object, int]) -> None:
        self.asked += 1
        if self.lines:
            self._transport.sendto(self.lines.pop(0), addr)


async def prankster(*lines: bytes) -> tuple[Prankster, int, asyncio.BaseTransport]:
    prank = Prankster(*lines)
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: prank, ("127.0.0.1", 0))
    return prank, transport.get_extra_info("sockname")[1], transport


async def test_silence_is_waited_for_three_times_one_second_and_no_longer() -> None:
    prank, port, transport = await prankster()
    session = SnmpSession("127.0.0.1", port, COMMUNITIES[1])
    await session.open()
    began = asyncio.get_running_loop().time()
    with pytest.raises(NoAnswer):
        await session.get([NAME])
    assert (prank.asked, asyncio.get_running_loop().time() - began) == (3, pytest.approx(3.0))
    await session.close()
    transport.close()


async def test_an_unanswered_set_is_sent_once() -> None:
    prank, port, transport = await prankster()
    session = SnmpSession("127.0.0.1", port, COMMUNITIES[1])
    await session.open()
    with pytest.raises(NoAnswer):
        await session.set(NAME, 1)
    assert prank.asked == 1
    await session.close()
    transport.close()


GARBAGE = [
    b"\x30",
    b"\xff" * 50,
    b"\x30\x82\xff\xffaaaa",
    b"GET / HTTP/1.1\r\n\r\n",
    b"\x30\x80" * 200,
    bytes(range(256)),
]


@pytest.mark.parametrize("datagram", GARBAGE, ids=range(len(GARBAGE)))
@pytest.mark.parametrize("access", [COMMUNITIES[1], V3], ids=["v2c", "v3"])
async def test_garbage_is_garbled_and_nothing_else(access: Access, datagram: bytes) -> None:
    _, port, transport = await prankster(datagram)
    session = SnmpSession("127.0.0.1", port, access)
    with pytest.raises((Garbled, NoAnswer)):
        await met(session)
    await session.close()
    transport.close()


async def test_a_port_nobody_listens_on_is_a_link_that_is_down() -> None:
    _, port, transport = await prankster()
    transport.close()
    await asyncio.sleep(0)
    session = SnmpSession("127.0.0.1", port, COMMUNITIES[1])
    await session.open()
    with pytest.raises(LinkDown, match="nobody listens"):
        await session.get([NAME])
    await session.close()


async def test_a_host_nobody_knows_is_a_link_that_is_down() -> None:
    with pytest.raises(LinkDown):
        await SnmpSession("no-such-host.invalid", 161, COMMUNITIES[1]).open()


async def test_a_session_that_was_never_opened_says_so() -> None:
    with pytest.raises(LinkDown, match="not open"):
        await SnmpSession("127.0.0.1", 161, COMMUNITIES[1]).get([NAME])


async def test_an_agent_that_walks_in_circles_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    class Circle:
        engine_id = None

        def __init__(self, address: Address, access: Access) -> None: ...
        async def greet(self) -> None: ...
        def close(self) -> None: ...

        def walk(self, root: str) -> Callable[[], object]:
            async def step() -> tuple[str, Varbind]:
                return f"{root}.1", 1

            return step

    made: Callable[..., Reader] = Circle  # type: ignore[assignment]  # it never gets
    monkeypatch.setattr(subject, "_reader", made)
    session = SnmpSession("127.0.0.1", 161, COMMUNITIES[1])
    await session.open()
    with pytest.raises(Garbled, match="circles"):
        await session.walk("1.3.6.1.2")
