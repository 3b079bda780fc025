"""Displays, switchers, sound processors and video terminals, for the tests that every driver passes."""

from typing import Any, NamedTuple

from avctl.drivers.base import Options
from avctl.drivers.samsung_mdc import SamsungMdc
from avctl.model.reading import Value
from simulators import samsung_mdc


class Talker(NamedTuple):
    """A driver, the device it talks to, and one true answer to something nobody asked.

    `simulate` puts the device into a state in which its vital question is answered by `truth`, and in which `wish`
    is something it does not have yet. `options` are those the transcripts are understood with.
    """

    driver: type[Any]
    device: type[Any]
    other: bytes
    simulate: dict[str, Any]
    truth: dict[str, Value]
    wish: tuple[str, Value]
    options: Options | None = None


TALKERS = {
    "samsung-mdc": Talker(
        SamsungMdc,
        samsung_mdc.Display,
        b"\xaa\xff\x01\x03A\x24\x32\x9a",  # contrast 50
        {"power": "on"},
        {"power": "on"},
        ("volume", 55),
    ),
}
