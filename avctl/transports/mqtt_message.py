"""A message of a broker as one piece of bytes, so that a device behind a broker is a wire like any other."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `retained` is the broker's memory, not the device's word."""

    topic: str
    payload: bytes
    retained: bool = False


def packed(message: Message) -> bytes:
    """As one piece: a mark, the topic, a NUL (no topic has one: MQTT 3.1.1 §4.7.3), the payload."""
    return (b"R" if message.retained else b"-") + message.topic.encode() + b"\0" + message.payload


def unpacked(data: bytes) -> Message | None:
    """The message again; None for bytes that are none."""
    head, nul, payload = data.partition(b"\0")
    if not nul or head[:1] not in (b"R", b"-"):
        return None
    try:
        return Message(head[1:].decode(), payload, head[:1] == b"R")
    except UnicodeDecodeError:
        return None
