"""The words of an X32's patch bay, in the order of their numbers on the wire.

Source: P.-G. Maillot, Unofficial X32/M32 OSC Remote Protocol v4.02: /config/routing, /ch/NN/config/source,
/outputs/main/NN/src. Blocks are called as the desk's own text nodes call them, in small letters.
"""

_LOCAL = tuple(f"an{n}-{n + 7}" for n in range(1, 33, 8))
_AES50A = tuple(f"a{n}-{n + 7}" for n in range(1, 49, 8))
_AES50B = tuple(f"b{n}-{n + 7}" for n in range(1, 49, 8))
_CARD = tuple(f"card{n}-{n + 7}" for n in range(1, 33, 8))
_USER_IN = tuple(f"uin{n}-{n + 7}" for n in range(1, 33, 8))
_USER_OUT = tuple(f"uout{n}-{n + 7}" for n in range(1, 49, 8))

SWITCH = ("record", "play")
INPUTS = (*_LOCAL, *_AES50A, *_AES50B, *_CARD, *_USER_IN)
"""What may feed eight inputs."""
AUX = ("aux1-4", *(f"{name}1-{n}" for name in ("an", "a", "b", "card", "uin") for n in (2, 4, 6)))
"""What may feed the six auxiliary inputs."""
_INNER = ("out1-8", "out9-16", "p161-8", "p169-16")
OUTPUTS = (*INPUTS[:20], *_INNER, "aux1-6/mon", "auxin1-6/tb", *_USER_OUT, *_USER_IN)
"""What may feed eight channels of AES50 or the card."""


def _fours(last: bool) -> tuple[str, ...]:
    """Blocks of eight as an output of four takes them: their first half or their last."""

    def half(block: str) -> str:
        head = block.partition("-")[0]
        name = head.rstrip("0123456789") if not head.startswith("p16") else "p16"
        first = int(head.removeprefix(name)) + (4 if last else 0)
        return f"{name}{first}-{first + 3}"

    inner = tuple(map(half, (*INPUTS[:20], *_INNER)))
    return (*inner, "aux/cr", "aux/tb", *map(half, (*_USER_OUT, *_USER_IN)))


FIRST_FOURS, LAST_FOURS = _fours(last=False), _fours(last=True)
"""What may feed outputs 1-4 and 9-12, and what may feed 5-8 and 13-16."""

CHANNEL_SOURCES = (
    "off",
    *(f"in.{n:02}" for n in range(1, 33)),
    *(f"aux.{n}" for n in range(1, 7)),
    "usb.left",
    "usb.right",
    *(f"fx.{n}.{side}" for n in range(1, 5) for side in ("left", "right")),
    *(f"bus.{n:02}" for n in range(1, 17)),
)
"""What may feed a channel: 0 off, 1-32 inputs, 33-40 aux and USB, 41-48 effects, 49-64 buses."""

OUTPUT_SOURCES = (
    "off",
    "main.left",
    "main.right",
    "mono",
    *(f"bus.{n:02}" for n in range(1, 17)),
    *(f"matrix.{n}" for n in range(1, 7)),
    *(f"channel.{n:02}" for n in range(1, 33)),
    *(f"aux-in.{n}" for n in range(1, 9)),
    *(f"fx.{n}.{side}" for n in range(1, 5) for side in ("left", "right")),
    "monitor.left",
    "monitor.right",
    "talkback",
)
"""What may feed an output: 0 off, 1-3 main, 4-19 buses, 20-25 matrices, 26-57 channels, 58-65 aux, 66-73 effects."""
