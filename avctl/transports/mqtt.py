"""One device's share of a broker: the topics it reports on, and a way to publish to it. No meaning.

A message travels as one piece of bytes (`mqtt_message`), so that a device behind a broker is a wire like any
other. Version 3.1.1, which every broker speaks. Without TCP_NODELAY a command and its echo take 88 ms instead of 2.
"""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

import aiomqtt

from avctl.model.errors import AuthFailed, LinkDown
from avctl.transports.arrival import Arrivals
from avctl.transports.mqtt_message import Message, packed, unpacked

_UNFETCHED = 1000
_REFUSED = (4, 5, 134, 135)  # CONNACK: bad user or password, not authorised; 3.1.1 and 5
_PATIENCE = 5.0  # s for the broker to answer


class Mqtt:
    """A broker at `url` (mqtt:// or mqtts://, with the user in it), and the topics that are listened to there."""

    def __init__(self, url: str, topics: Sequence[str], password: str = "") -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname:
            raise ValueError(f"{url}: want mqtt://host:port or mqtts://host:port")
        self._tls = parts.scheme == "mqtts"
        self._host, self._port = parts.hostname, parts.port or (8883 if self._tls else 1883)
        self._user, self._password = unquote(parts.username or "") or None, password or None
        self._topics = tuple(topics)
        self._client: aiomqtt.Client | None = None
        self._pump: asyncio.Task[None] | None = None
        self._arrivals = Arrivals(_UNFETCHED)

    def __str__(self) -> str:
        return f"{'mqtts' if self._tls else 'mqtt'}://{self._host}:{self._port}"

    async def open(self) -> None:
        """Connect and subscribe. Raises LinkDown, or AuthFailed when the broker does not take us."""
        await self.close()
        client = self._made()
        try:
            await client.__aenter__()
        except aiomqtt.MqttCodeError as error:
            kind = AuthFailed if getattr(error.rc, "value", error.rc) in _REFUSED else LinkDown
            raise kind(f"{self}: {error}") from None
        except (aiomqtt.MqttError, OSError) as error:
            raise LinkDown(f"{self}: {error}") from None
        self._client, self._arrivals = client, Arrivals(_UNFETCHED)
        self._pump = asyncio.create_task(self._fetch(client, self._arrivals))
        try:
            for topic in self._topics:
                await client.subscribe(topic, qos=1)
        except aiomqtt.MqttError as error:
            await self.close()
            raise LinkDown(f"{self}: {error}") from None

    async def send(self, data: bytes) -> None:
        """Publish one packed message at QoS 1. Raises LinkDown when the broker does not acknowledge it."""
        message = unpacked(data)
        if self._client is None or message is None:
            raise LinkDown(f"{self}: not open")
        try:
            await self._client.publish(message.topic, message.payload, qos=1, retain=message.retained)
        except aiomqtt.MqttError as error:
            raise LinkDown(f"{self}: {error}") from None

    async def receive(self) -> bytes:
        """One packed message. Raises LinkDown when the connection is gone."""
        return await self._arrivals.take()

    async def close(self) -> None:
        """Say goodbye if there is somebody to hear it; never raises."""
        client, self._client = self._client, None
        pump, self._pump = self._pump, None
        if pump is not None:
            pump.cancel()
            await asyncio.gather(pump, return_exceptions=True)
        if client is not None:
            with contextlib.suppress(aiomqtt.MqttError):
                await client.__aexit__(None, None, None)
        self._arrivals.end(f"{self}: closed")

    def _made(self) -> aiomqtt.Client:
        return aiomqtt.Client(
            self._host,
            self._port,
            username=self._user,
            password=self._password,
            protocol=aiomqtt.ProtocolVersion.V311,
            keepalive=10,
            timeout=_PATIENCE,
            tls_context=ssl.create_default_context() if self._tls else None,
            max_queued_incoming_messages=_UNFETCHED,
            socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
        )

    async def _fetch(self, client: aiomqtt.Client, arrivals: Arrivals) -> None:
        try:
            async for message in client.messages:
                payload = message.payload if isinstance(message.payload, bytes) else b""
                arrivals.put(packed(Message(str(message.topic), payload, bool(message.retain))))
        except aiomqtt.MqttError as error:
            arrivals.end(f"{self}: {error}")
