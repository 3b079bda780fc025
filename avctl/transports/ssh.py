"""A shell over SSH: bytes as they come, errors as LinkDown, AuthFailed and WrongDevice. No reconnecting.

Needs asyncssh, which comes with the extra `ssh`. The other end must prove who it is: by the fingerprint the site file
names, or, where it names none, by being the same that was met first in this life of the daemon.
"""

import asyncio
import contextlib

import asyncssh

from avctl.model.errors import AuthFailed, LinkDown, WrongDevice

_CONNECT = 10.0  # s, keys and password included
_PIECE = 65536
_ALIVE = 5  # s of silence after which the other end is asked whether it is there


class _Doorman(asyncssh.SSHClient):
    """Looks at the key of the other end."""

    def __init__(self, ssh: "Ssh") -> None:
        self._ssh = ssh

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        return self._ssh.knows(key.get_fingerprint())


class Ssh:
    """One shell at host:port, without a terminal."""

    def __init__(self, host: str, port: int = 22) -> None:
        self._host, self._port = host, port
        self._user = self._password = self._key = self._seen = ""
        self._connection: asyncssh.SSHClientConnection | None = None
        self._shell: asyncssh.SSHClientProcess[bytes] | None = None

    def __str__(self) -> str:
        return f"ssh://{self._host}:{self._port}"

    def admit(self, user: str, password: str, key: str = "") -> None:
        """Who we are, and the fingerprint of who they are: "SHA256:…", or "" to trust whom we meet first."""
        self._user, self._password, self._key = user, password, key

    def knows(self, fingerprint: str) -> bool:
        """Whether the other end is the one it was, or shall be."""
        self._seen = fingerprint
        if not self._key:
            self._key = fingerprint
        return fingerprint == self._key

    async def open(self) -> None:
        """Connect and log in within 10 s. Raises LinkDown, AuthFailed, WrongDevice."""
        await self.close()
        try:
            async with asyncio.timeout(_CONNECT):
                self._connection = await self._connect()
                self._shell = await self._connection.create_process(encoding=None)
        except TimeoutError:
            raise LinkDown(f"{self}: no login within {_CONNECT:g} s") from None
        except asyncssh.PermissionDenied:
            raise AuthFailed(f"{self}: does not take the password of {self._user}") from None
        except asyncssh.HostKeyNotVerifiable:
            raise WrongDevice(f"{self}: its key is {self._seen}, expected {self._key}") from None
        except (OSError, asyncssh.Error) as error:
            raise LinkDown(f"{self}: {error}") from None

    async def _connect(self) -> asyncssh.SSHClientConnection:
        return await asyncssh.connect(
            self._host,
            self._port,
            username=self._user,
            password=self._password,
            client_factory=lambda: _Doorman(self),
            known_hosts=([], [], []),  # nobody is known but by `knows`
            client_keys=None,
            agent_path=None,
            config=None,
            keepalive_interval=_ALIVE,
            keepalive_count_max=2,
        )

    async def send(self, data: bytes) -> None:
        """Raises LinkDown when the connection is gone."""
        shell = self._live()
        try:
            shell.stdin.write(data)
            await shell.stdin.drain()
        except (OSError, asyncssh.Error) as error:
            raise LinkDown(f"{self}: {error}") from None

    async def receive(self) -> bytes:
        """Whatever has come. Raises LinkDown at the end."""
        shell = self._live()
        try:
            data = await shell.stdout.read(_PIECE)
        except (OSError, asyncssh.Error) as error:
            raise LinkDown(f"{self}: {error}") from None
        if not data:
            raise LinkDown(f"{self}: closed by the other end")
        return data

    async def close(self) -> None:
        """Let go at once."""
        connection, self._connection, self._shell = self._connection, None, None
        if connection is not None:
            connection.abort()
            with contextlib.suppress(OSError, asyncssh.Error):
                await connection.wait_closed()

    def _live(self) -> "asyncssh.SSHClientProcess[bytes]":
        if self._shell is None:
            raise LinkDown(f"{self}: not open")
        return self._shell
