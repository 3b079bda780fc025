"""One connection to a broker: aiomqtt, with what the contract needs beyond it. All reaching into the library is here.

Source: aiomqtt 2.5 and paho-mqtt 2.1, read. aiomqtt acknowledges QoS 1 before its handler runs, so ten of ten commands
were lost when the process died in between: paho's manual acknowledgement is switched on, and `acknowledge` is called
after the journal. It does not tell whether the broker kept our session: the CONNACK flag is caught on its way.
Without TCP_NODELAY a request and its answer take 88 ms instead of 2.
"""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import unquote, urlsplit

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

V5, V311 = aiomqtt.ProtocolVersion.V5, aiomqtt.ProtocolVersion.V311
_UNSUPPORTED = 132  # 0x84, CONNACK reason of MQTT 5: unsupported protocol version
_TAKEN_OVER = 142  # 0x8E, DISCONNECT reason: another client with our name
_SESSION = 2 * 86400  # seconds a broker keeps our session
_INFLIGHT = 20
_UNREAD = 1000  # messages the library may hold for us; its default is without bound
_BACKLOG = 200  # packets waiting for the socket before state waits, too


@dataclass(frozen=True, slots=True)
class Address:
    """Where a broker is. Password and key never stand in the site file."""

    host: str
    port: int
    user: str | None = None
    password: str | None = None
    tls: bool = False
    ca: str | None = None

    def __repr__(self) -> str:
        return f"{'mqtts' if self.tls else 'mqtt'}://{self.host}:{self.port}"

    @classmethod
    def of(cls, url: str, password: str | None = None, ca: str | None = None) -> "Address":
        """`mqtt://user@broker:1883` or `mqtts://…`. Raises ValueError."""
        parts = urlsplit(url)
        if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname:
            raise ValueError(f'a broker is "mqtt://host:port" or "mqtts://host:port", not {url!r}')
        tls = parts.scheme == "mqtts"
        user = unquote(parts.username) if parts.username else None
        return cls(parts.hostname, parts.port or (8883 if tls else 1883), user, password, tls, ca)


class Refused(Exception):
    """The broker is there and does not take us; `version` when it does not speak MQTT 5."""

    def __init__(self, why: str, version: bool) -> None:
        super().__init__(why)
        self.version = version


class Gone(Exception):
    """The connection is not there, or not any more; `taken_over` when another client uses our name."""

    def __init__(self, why: str, taken_over: bool = False) -> None:
        super().__init__(why)
        self.taken_over = taken_over


class Link(aiomqtt.Client):
    """One connection, for one `async with link.open()`."""

    session_present = False

    def __init__(self, address: Address, name: str, will: tuple[str, bytes], v5: bool) -> None:
        properties = None
        if v5:
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            properties.SessionExpiryInterval, properties.ReceiveMaximum = _SESSION, _INFLIGHT
        super().__init__(
            address.host,
            address.port,
            username=address.user,
            password=address.password,
            identifier=name,
            protocol=V5 if v5 else V311,
            clean_start=cast(Any, False if v5 else 3),  # 3: paho's "not MQTT 5"
            clean_session=None if v5 else False,
            will=aiomqtt.Will(*will, qos=1, retain=True),
            keepalive=10,
            timeout=5,
            properties=properties,
            tls_context=ssl.create_default_context(cafile=address.ca) if address.tls else None,
            max_queued_incoming_messages=_UNREAD,
            max_inflight_messages=_INFLIGHT,
            socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
        )
        self.v5 = v5
        self.pending_calls_threshold = _INFLIGHT
        self._client.manual_ack_set(True)

    async def start(self) -> None:
        """Connect. Raises Refused or Gone."""
        try:
            await self.__aenter__()
        except aiomqtt.MqttCodeError as error:
            code = getattr(error.rc, "value", error.rc)
            raise Refused(str(error), self.v5 and code in (1, _UNSUPPORTED)) from None
        except aiomqtt.MqttError as error:
            raise Gone(str(error)) from None

    async def stop(self) -> None:
        """Say goodbye if there is still somebody to hear it; never raises."""
        try:
            await self.__aexit__(None, None, None)
        except aiomqtt.MqttError:
            return

    async def hear(self, topic: str) -> None:
        """Subscribe at QoS 1. Retained messages keep their mark, so that a retained command is seen as one."""
        try:
            if self.v5:
                options = SubscribeOptions(qos=1, retainAsPublished=True)
                await self.subscribe(topic, options=options)
            else:
                await self.subscribe(topic, qos=1)
        except aiomqtt.MqttError as error:
            raise Gone(str(error)) from None

    async def heard(self) -> AsyncIterator[aiomqtt.Message]:
        """Messages as they come. Ends with Gone."""
        try:
            async for message in self.messages:
                yield message
        except aiomqtt.MqttCodeError as error:
            raise Gone(str(error), getattr(error.rc, "value", 0) == _TAKEN_OVER) from None
        except aiomqtt.MqttError as error:
            cause = error.__cause__
            code = getattr(getattr(cause, "rc", None), "value", 0)
            raise Gone(str(cause or error), code == _TAKEN_OVER) from None

    def acknowledge(self, message: aiomqtt.Message) -> None:
        """Tell the broker that `message` is safe with us."""
        self._client.ack(message.mid, message.qos)

    def show(self, topic: str, payload: bytes) -> bool:
        """Publish a retained state at QoS 0, without waiting. False when the socket cannot keep up: try later."""
        if len(self._client._out_packet) > _BACKLOG:
            return False
        return int(self._client.publish(topic, payload, 0, True).rc) == 0

    def post(self, topic: str, payload: bytes, told: Callable[[], None], correlation: bytes | None = None) -> None:
        """Publish at QoS 1 without waiting; `told` is called when the broker has it. Raises Gone.

        The library's own `publish` makes two tasks for every message; this makes none.
        """
        properties = None
        if self.v5 and correlation is not None:
            properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
            properties.CorrelationData = correlation
        info = self._client.publish(topic, payload, 1, False, properties)
        if int(info.rc) != 0:
            raise Gone(f"not sent: {info.rc}")
        self._pending_publishes[info.mid] = cast(asyncio.Event, _Told(told))

    async def tell(self, topic: str, payload: bytes) -> None:
        """Publish retained at QoS 1 and wait for the acknowledgement. Raises Gone."""
        try:
            await self.publish(topic, payload, 1, True)
        except aiomqtt.MqttError as error:
            raise Gone(str(error)) from None

    @property
    def lost(self) -> asyncio.Future[None]:
        """Done when the connection is gone."""
        return self._disconnected

    def _on_connect(self, client: Any, userdata: Any, flags: Any, reason_code: Any, properties: Any = None) -> None:
        self.session_present = bool(flags.session_present)
        super()._on_connect(client, userdata, flags, reason_code, properties)


class _Told:
    """Stands where the library keeps an event to set when a message is acknowledged."""

    __slots__ = ("set",)

    def __init__(self, told: Callable[[], None]) -> None:
        self.set = told


def answer_to(message: aiomqtt.Message) -> tuple[str, bytes | None]:
    """Where a MQTT 5 asker wants the result, and what to put on it; "" when he does not say."""
    properties = message.properties
    return getattr(properties, "ResponseTopic", ""), getattr(properties, "CorrelationData", None)
