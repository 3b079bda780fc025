"""Which broker: the site's own; else mosquitto, if this machine has it, run as our child; else amqtt in this process.

None of them is a store of truth: mosquitto's default persistence loses everything at kill -9, and amqtt keeps nothing.
Both listen on the loopback only. avctl never is a broker itself, with one exception of five bytes: amqtt lets a MQTT 5
client hang (it answers in the form of 3.1.1), so such a CONNECT is answered here, and every client falls back at once.
"""

import asyncio
import getpass
import logging
import shutil
import socket
import warnings
from pathlib import Path
from typing import Any, Protocol

import structlog

from avctl.edges.mqtt_link import Address

_LOOPBACK = "127.0.0.1"
_STARTING, _STOPPING = 5.0, 3.0  # seconds
_V5 = 5
_UNSUPPORTED = b"\x20\x03\x00\x84\x00"  # CONNACK, no session, unsupported protocol version, no properties (MQTT 5, 3.2)
_OWN = ("", "embedded", "auto", "mosquitto", "amqtt")

log = structlog.get_logger("avctl.broker")


class Broker(Protocol):
    """Something that can be started, told where it is, and stopped."""

    kind: str

    async def start(self) -> Address:
        """Raises NoBroker when it cannot."""

    async def stop(self) -> None: ...


class NoBroker(Exception):
    """The broker does not start; the message says why and what to do."""


def choose(url: str, folder: Path, port: int = 0, password: str | None = None) -> Broker:
    """The broker for `url`: a URL, or "embedded" for whatever this machine has. `folder` keeps mosquitto's files."""
    if url not in _OWN:
        return Configured(Address.of(url, password))
    if url != "amqtt" and (program := shutil.which("mosquitto") or shutil.which("/usr/sbin/mosquitto")):
        return Mosquitto(program, folder, port)
    if url == "mosquitto":
        raise NoBroker('mqtt.url is "mosquitto", which is not on the PATH: install it, or say "embedded"')
    return Embedded(port)


class Configured:
    """A broker that others look after."""

    kind = "configured"

    def __init__(self, address: Address) -> None:
        self._address = address

    async def start(self) -> Address:
        return self._address

    async def stop(self) -> None:
        """Not ours to stop."""


class Mosquitto:
    """mosquitto as our child, on the loopback; comes back by itself when it dies, and dies with us."""

    kind = "mosquitto"

    def __init__(self, program: str, folder: Path, port: int = 0) -> None:
        self._program, self._folder, self._port = program, folder, port
        self._process: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    async def start(self) -> Address:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._port = self._port or _free_port()
        await self._launch()
        self._keeper = asyncio.create_task(self._keep(), name="mosquitto")
        return Address(_LOOPBACK, self._port)

    async def stop(self) -> None:
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait([self._keeper])
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            await self._process.wait()

    async def _launch(self) -> None:
        config = self._folder / "mosquitto.conf"
        config.write_text(_CONFIG.format(port=self._port, folder=self._folder, user=getpass.getuser()))
        leash = [found, "--pdeathsig", "TERM"] if (found := shutil.which("setpriv")) else []
        with (self._folder / "mosquitto.log").open("ab") as file:
            self._process = await asyncio.create_subprocess_exec(
                *leash, self._program, "-c", str(config),
                stdin=asyncio.subprocess.DEVNULL, stdout=file, stderr=file,
                start_new_session=True,  # Ctrl-C is for us: we end it, after our goodbye
            )  # fmt: skip
        await self._listens()

    async def _listens(self) -> None:
        assert self._process is not None
        try:
            async with asyncio.timeout(_STARTING):
                while not await _answers(self._port):
                    if self._process.returncode is not None:
                        raise NoBroker(f"mosquitto ended at once; see {self._folder / 'mosquitto.log'}")
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise NoBroker(f"mosquitto does not listen on port {self._port} after {_STARTING:.0f} s") from None

    async def _keep(self) -> None:
        """Start it again whenever it ends."""
        assert self._process is not None
        while True:
            code = await self._process.wait()
            log.warning("mosquitto ended", code=code)
            await asyncio.sleep(1)
            try:
                await self._launch()
            except NoBroker as error:
                log.error("mosquitto does not come back", why=str(error))
                await asyncio.sleep(10)


_CONFIG = """\
# Written by avctl at every start. Saved every second: at every change would cost each command 12 ms, and a command
# lost with the broker was never accepted. A broker for others as well wants autosave_on_changes true.
listener {port} 127.0.0.1
allow_anonymous true
user {user}
set_tcp_nodelay true
persistence true
persistence_location {folder}/
autosave_interval 1
max_packet_size 65536
max_queued_messages 1000
max_inflight_messages 20
max_connections 200
max_keepalive 120
persistent_client_expiration 2d
log_dest stderr
log_type error
log_type warning
"""


class Embedded:
    """amqtt in this process, for machines that have nothing but Python. Speaks MQTT 3.1.1; keeps nothing."""

    kind = "embedded"

    def __init__(self, port: int = 0) -> None:
        self._port = port
        self._broker: Any = None
        self._server: asyncio.Server | None = None
        self._talks: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def start(self) -> Address:
        self._broker = _amqtt()
        await self._broker.start()
        self._server = await asyncio.start_server(self._arrived, _LOOPBACK, self._port)
        self._port = self._server.sockets[0].getsockname()[1]
        return Address(_LOOPBACK, self._port)

    async def stop(self) -> None:
        """Clients are cut first: amqtt's own shutdown may wait for ever for a reader whose cancellation it lost."""
        if self._server is None:
            return
        self._server.close()
        for writer in self._talks.values():
            writer.transport.abort()
        if self._talks:
            await asyncio.wait(self._talks, timeout=_STOPPING)
        try:
            async with asyncio.timeout(_STOPPING):
                await self._broker.shutdown()
        except TimeoutError:
            log.warning("amqtt does not stop in time")
        self._server = None

    def _arrived(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._talk(reader, writer), name="amqtt client")
        self._talks[task] = writer
        task.add_done_callback(self._talks.pop)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(10):
                first = await _first_bytes(reader)
            if _version(first) == _V5:
                writer.write(_UNSUPPORTED)
                await writer.drain()
                return
            await self._broker.external_connected(*_adapted(first, reader, writer), listener_name="default")
        except (OSError, EOFError, TimeoutError):
            return  # it has gone, or never said who it is
        finally:
            writer.close()


async def _first_bytes(reader: asyncio.StreamReader) -> bytes:
    """As much of a CONNECT as tells its version: fixed header, length, "MQTT", level. Raises EOFError."""
    head = await reader.readexactly(2)
    while head[-1] & 0x80 and len(head) < 5:
        head += await reader.readexactly(1)
    return head + await reader.readexactly(7)


def _version(first: bytes) -> int | None:
    return first[-1] if first[0] >> 4 == 1 and first[-7:-1] == b"\x00\x04MQTT" else None


def _adapted(first: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[Any, Any]:
    """amqtt's own shapes around our streams, with the bytes already read put back."""
    from amqtt.adapters import StreamReaderAdapter, StreamWriterAdapter

    class PutBack(StreamReaderAdapter):  # type: ignore[misc]
        """Gives `first` before anything else."""

        rest = first

        async def read(self, n: int = -1) -> bytes:
            if not self.rest:
                return bytes(await super().read(n))
            if n < 0:
                n = len(self.rest)
            given, self.rest = self.rest[:n], self.rest[n:]
            return given if len(given) == n else given + bytes(await super().read(n - len(given)))

    return PutBack(reader), StreamWriterAdapter(writer)


def _amqtt() -> Any:
    """amqtt's broker with one listener that is ours. Its own warnings and chatter stay here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from amqtt.broker import Broker as AmqttBroker

    for name in ("amqtt", "transitions"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return AmqttBroker(
        {
            "listeners": {"default": {"type": "external", "bind": f"{_LOOPBACK}:0"}},
            "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
        }
    )


async def _answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(_LOOPBACK, port)
    except OSError:
        return False
    writer.close()
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_LOOPBACK, 0))
        return int(probe.getsockname()[1])
