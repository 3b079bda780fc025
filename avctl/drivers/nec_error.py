"""What the error bits of a NEC projector blame.

Source: NEC, Projector Control Command Reference Manual BDT140013, 009 ERROR STATUS REQUEST, as two public drivers have
it (PlaceOS np_series; a C# controller). They differ on which of two bits means "lamp due soon" and which "lamp over
its limit": both are warnings here, for a lamp that is over its limit and does not light says so by another bit.
"""

from collections.abc import Mapping

_WARNINGS = {(0, 0x80), (1, 0x01), (2, 0x40), (2, 0x80)}  # lamps at the end of their life
_BLAMED: Mapping[tuple[int, int], str] = {  # (byte, bit): part
    (0, 0x01): "cover",
    (0, 0x02): "temperature",
    (0, 0x08): "fan",
    (0, 0x10): "fan",
    (0, 0x20): "other",  # power
    (0, 0x40): "lamp",  # it did not light
    (0, 0x80): "lamp",
    (1, 0x01): "lamp",
    (1, 0x02): "other",  # formatter
    (1, 0x04): "lamp",  # the second one
    (2, 0x02): "other",  # FPGA
    (2, 0x04): "temperature",
    (2, 0x08): "lamp",  # it is not in its housing
    (2, 0x10): "lamp",  # its data
    (2, 0x20): "cover",  # of the mirror
    (2, 0x40): "lamp",
    (2, 0x80): "lamp",
    (3, 0x01): "lamp",
    (3, 0x02): "lamp",
    (3, 0x04): "filter",  # hot for dust
    (3, 0x08): "other",  # a foreign object before the sensor
}


def blamed(data: bytes) -> dict[str, str]:
    """Parts with "error" or "warning"; a bit nobody knows blames "other"."""
    levels: dict[str, str] = {}
    for at, byte in enumerate(data[:4]):
        for bit in (1 << n for n in range(8) if byte & 1 << n):
            if (at, bit) == (1, 0x80):  # "see the bytes behind"
                continue
            part = _BLAMED.get((at, bit), "other")
            if levels.get(part) != "error":
                levels[part] = "warning" if (at, bit) in _WARNINGS else "error"
    return levels
