"""OSC 1.0 messages by python-osc, made total: what does not parse is None, never an exception.

Bundles are not messages: an X32 drops them, and so does this.
"""

import struct

from pythonosc.osc_message import OscMessage, ParseError
from pythonosc.osc_message_builder import BuildError, OscMessageBuilder

Argument = int | float | str | bytes
_TAG = {int: "i", float: "f", str: "s", bytes: "b"}


def parse(data: bytes) -> tuple[str, list[Argument]] | None:
    """Address and arguments of one datagram; None for anything else, also for types an X32 does not have."""
    tags = data.partition(b",")[2].partition(b"\0")[0]
    if not data.startswith(b"/") or tags.strip(b"ifsb"):
        return None
    try:
        message = OscMessage(data)
    except (ParseError, ValueError, IndexError, struct.error):
        return None
    return message.address, message.params


def build(address: str, *arguments: Argument) -> bytes:
    """One datagram; the types are those of Python. Raises ValueError for what OSC cannot say."""
    builder = OscMessageBuilder(address)
    for argument in arguments:
        builder.add_arg(argument, _TAG[type(argument)])
    try:
        return builder.build().dgram
    except BuildError as error:
        raise ValueError(str(error)) from error
