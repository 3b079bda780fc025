"""What an Epson projector's error codes and event bits blame: the part, and a word for it.

Source: Epson ESC/VP21 command guide, `ERR?` table and IMEVENT bits. `none-reported` is not "healthy": a projector
in standby, or one that has gone mute, reports no error either.
"""

from collections.abc import Iterator, Mapping

from avctl.codecs.escvp21 import ImEvent

PARTS = ("lamp", "fan", "temperature", "cover", "filter", "other")

_CODES: Mapping[str, tuple[str, str]] = {
    "01": ("fan", "fan"),
    "03": ("lamp", "lamp-failure-at-power-on"),
    "04": ("temperature", "internal-temperature"),
    "06": ("lamp", "lamp"),
    "07": ("cover", "lamp-cover-open"),
    "08": ("other", "cinema-filter"),
    "09": ("other", "capacitor"),
    "0A": ("other", "auto-iris"),
    "0B": ("other", "subsystem"),
    "0C": ("filter", "low-air-flow"),
    "0D": ("filter", "air-flow-sensor"),
    "0E": ("other", "ballast-supply"),
    "0F": ("other", "shutter"),
    "10": ("temperature", "peltier"),
    "11": ("temperature", "pump"),
    "12": ("other", "static-iris"),
    "13": ("other", "power-supply"),
    "14": ("other", "exhaust-shutter"),
    "15": ("other", "obstacle"),
    "16": ("other", "board"),
    "17": ("other", "stack-communication"),
    "18": ("other", "i2c"),
}
_WARNINGS: Mapping[int, str] = {0x1: "lamp", 0x8: "filter", 0x10: "temperature"}
_ALARMS: Mapping[int, str] = {
    0x1: "lamp",  # it did not strike
    0x2: "cover",
    0x4: "lamp",  # it burnt out
    0x8: "fan",
    0x10: "temperature",  # the sensor
    0x20: "temperature",
    0x40: "other",
}
_NO_SIGNAL = 0x2


class Trouble:
    """What was reported: `ERR?` knows errors only, so warnings of the last event stand until the next one."""

    def __init__(self) -> None:
        self._error, self._blamed = "none", frozenset[str]()
        self._warned: frozenset[str] = frozenset()

    def answered(self, code: str) -> None:
        """`ERR?` said `code`: an unknown one blames "other" and keeps its number."""
        code = code.upper()
        part, self._error = _CODES.get(code, ("other", f"code-{code}"))
        self._blamed = frozenset((part,))
        if code == "00":
            self._error, self._blamed = "none", frozenset()

    def told(self, event: ImEvent) -> None:
        """An event tells all warnings and alarms that stand, by bits."""
        self._warned = frozenset(part for bit, part in _WARNINGS.items() if event.warnings & bit)
        self._blamed = frozenset(part for bit, part in _ALARMS.items() if event.alarms & bit)
        if not self._blamed:
            self._error = "none"

    def states(self) -> Iterator[tuple[str, str]]:
        """`lamp.state` and its like, each with its word."""
        for part in PARTS:
            warned = "warning" if part in self._warned else "none-reported"
            yield f"{part}.state", "error" if part in self._blamed else warned

    @property
    def error(self) -> str:
        """The word of the last `ERR?`."""
        return self._error


def signal(event: ImEvent) -> str:
    """Whether a picture comes in, as the event tells it."""
    return "absent" if event.warnings & _NO_SIGNAL else "present"
