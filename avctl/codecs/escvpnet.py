"""The door of an Epson projector on the network (ESC/VP.net): what is said before ESC/VP21 begins. No I/O, no clock.

Source: Epson ESC/VP.net protocol: 10 bytes `ESC/VP.net`, version, type, two zeros, status, count; then `count` headers
of 18 bytes. Units differ in the type byte of a reply and in what follows it: only name and status are looked at.
"""

from dataclasses import dataclass

NAME, VERSION = b"ESC/VP.net", 0x10
FRAME, HEADER = 16, 18  # bytes
_CONNECT = 3  # type
_PASSWORD, _PLAIN = 1, 1  # header: identifier, attribute
OK, BAD, UNAUTHORISED, FORBIDDEN, NOT_ALLOWED, BUSY, OTHER_VERSION = 0x20, 0x40, 0x41, 0x43, 0x45, 0x53, 0x55


@dataclass(frozen=True, slots=True)
class Door:
    """What came back: the status, and what had come after it already (the beginning of ESC/VP21, if anything)."""

    status: int
    rest: bytes


def connect(password: str = "") -> bytes:
    """The request to talk. Raises ValueError for a password longer than 16 bytes, which no projector has."""
    word = password.encode()
    if len(word) > FRAME:
        raise ValueError("an ESC/VP.net password has at most 16 characters")
    frame = NAME + bytes((VERSION, _CONNECT, 0, 0, 0, 1 if word else 0))
    return frame + (bytes((_PASSWORD, _PLAIN)) + word.ljust(FRAME, b"\0") if word else b"")


def answered(data: bytes) -> Door | None:
    """The answer in `data`; None while it is not all there. Raises ValueError for what is none.

    A unit was seen to append a prompt of its own, which answers nothing: it is swallowed.
    """
    if not NAME.startswith(data[: len(NAME)]):
        raise ValueError(f"not ESC/VP.net: {data[:FRAME]!r}")
    if len(data) < FRAME or len(data) < (whole := FRAME + HEADER * data[15]):
        return None
    return Door(data[14], data[whole:].removeprefix(b":"))
