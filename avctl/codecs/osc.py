"""OSC 1.0 messages: bytes to Message and back, total. Bundles are Noise: an X32 drops them, and nobody else sends any.

Source: OSC 1.0 specification; the encoding itself is python-osc's. It is wrapped because one datagram can make it
raise UnicodeDecodeError or RecursionError beside its own errors, warn into the log for a type it does not know, or
burn 40 ms of CPU on 64 kB: so only flat types pass, and only datagrams of a length a desk would send.
"""

import struct
from dataclasses import dataclass

from pythonosc.osc_message import OscMessage, ParseError
from pythonosc.osc_message_builder import OscMessageBuilder

from avctl.codecs.noise import Noise

Arg = int | float | str | bytes
_LONGEST = 4096  # bytes; the longest an X32 sends is a text node of about 500
_TYPES = frozenset(b"ifsb")  # all an X32 uses


@dataclass(frozen=True, slots=True)
class Message:
    """`/ch/01/mix/fader ,f 0.75` is Message("/ch/01/mix/fader", (0.75,))."""

    address: str
    args: tuple[Arg, ...] = ()


def encode(address: str, *args: Arg) -> bytes:
    """One datagram. There is always a type tag, `,` at least: strict peers refuse a message without."""
    if not args:
        return address.encode().ljust(_padded(address), b"\0") + b",\0\0\0"
    builder = OscMessageBuilder(address=address)
    for arg in args:
        builder.add_arg(arg, _tag(arg))
    return builder.build().dgram


def decode(datagram: bytes) -> Message | Noise:
    """The message a datagram holds, or Noise. Never raises."""
    if len(datagram) > _LONGEST or not _plain(datagram):
        return Noise(datagram)
    try:
        message = OscMessage(datagram)
        return Message(message.address, tuple(message.params))
    except (ParseError, UnicodeDecodeError, RecursionError, struct.error, IndexError, ValueError):
        return Noise(datagram)


def _plain(datagram: bytes) -> bool:
    """Whether it is one message of flat types: an address, then nothing or `,` and known letters."""
    address, _, rest = datagram.partition(b"\0")
    tags = rest.lstrip(b"\0").partition(b"\0")[0]
    return bool(address) and not address.startswith(b"#") and tags[:1] in (b"", b",") and _TYPES.issuperset(tags[1:])


def _tag(arg: Arg) -> str:
    match arg:
        case int():
            return "i"
        case float():
            return "f"
        case str():
            return "s"
        case _:
            return "b"


def _padded(text: str) -> int:
    return (len(text.encode()) // 4 + 1) * 4
