"""The SSH wire against a real SSH server in this process, with a terminal that is not there behind it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

asyncssh = pytest.importorskip("asyncssh")

from avctl.clock import LoopClock  # noqa: E402
from avctl.drivers.registry import build  # noqa: E402
from avctl.model.errors import AuthFailed, LinkDown, WrongDevice  # noqa: E402
from avctl.model.house import DeviceSpec  # noqa: E402
from avctl.transports.ssh import Ssh  # noqa: E402
from simulators.cisco_xapi import Codec  # noqa: E402

pytestmark = pytest.mark.real_time


class _Porter(asyncssh.SSHServer):  # type: ignore[misc,name-defined]
    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == ("admin", "right")


@dataclass
class Door:
    """Where the terminal is reached, and by which key it is known."""

    port: int
    fingerprint: str
    codec: Codec

    @property
    def url(self) -> str:
        return f"ssh://127.0.0.1:{self.port}"


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    """A terminal behind SSH."""
    codec, key = Codec("codec"), asyncssh.generate_private_key("ssh-ed25519")

    async def serve(process: "asyncssh.SSHServerProcess[bytes]") -> None:
        talk = codec.talk(process.stdout.write)
        talk.begin(process.close)
        while data := await process.stdin.read(4096):
            talk.hear(data)
        talk.end()
        process.exit(0)

    server = await asyncssh.create_server(
        _Porter, "127.0.0.1", 0, server_host_keys=[key], process_factory=serve, encoding=None
    )
    yield Door(server.get_port(), key.get_fingerprint(), codec)
    server.close()
    await server.wait_closed()


def ssh(door: Door, password: str = "right", key: str = "") -> Ssh:
    made = Ssh("127.0.0.1", door.port)
    made.admit("admin", password, key)
    return made


async def test_a_terminal_is_reached_by_ssh(door: Door, clock: LoopClock) -> None:
    options = {"password": {"secret": "vc"}, "host_key": door.fingerprint}
    driver = build(DeviceSpec("vc", "301", "cisco-xapi", door.url, options), clock, {"vc": "right"}.__getitem__)
    try:
        await driver.open()
        said = {r.point: r.value for r in await driver.read(next(q for q in driver.queries if q.vital))}
        assert said == {"standby": "off", "call": "idle", "dial": "none"}
        assert (await driver.write("mic-mute", "on")).value == "on"
        assert door.codec.muted
    finally:
        await driver.close()


async def test_a_wrong_password_is_the_configurations_fault(door: Door) -> None:
    with pytest.raises(AuthFailed, match="password of admin"):
        await ssh(door, "wrong").open()


async def test_another_key_is_another_device(door: Door) -> None:
    with pytest.raises(WrongDevice, match="SHA256"):
        await ssh(door, key="SHA256:somebody-else").open()


async def test_who_is_met_first_is_trusted_and_nobody_else_afterwards(door: Door) -> None:
    wire = ssh(door)
    await wire.open()
    await wire.close()
    assert wire.knows(door.fingerprint) and not wire.knows("SHA256:somebody-else")


async def test_nobody_at_the_port_is_a_link_down(door: Door) -> None:
    wire = Ssh("127.0.0.1", 1)
    wire.admit("admin", "right")
    with pytest.raises(LinkDown):
        await wire.open()


async def test_a_hung_up_connection_is_told_to_who_listens(door: Door) -> None:
    wire = ssh(door)
    await wire.open()
    assert b"Cisco" in await wire.receive()
    for talk in list(door.codec.talks):
        talk.hang_up()
    with pytest.raises(LinkDown):
        await asyncio.wait_for(wire.receive(), 5)
    await wire.close()
