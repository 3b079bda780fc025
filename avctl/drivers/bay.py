"""The points every charger for microphone packs has, whoever made it: `bay.3.charge` means the same everywhere.

The words are those of the profile `battery-mib`, so that rules, checks and the archive need not know the maker.
"""

from collections.abc import Collection, Iterator

from avctl.model.point import Point
from avctl.model.vocabulary import BAY_STATES

FIGURES = ("charge", "health", "cycles", "temperature", "time-to-full")
"""What is unknown in an empty bay."""

_DOCS = {
    "charge": ("Charge of the pack in bay {n}, of what it still holds", "%", 0, 110),
    "health": ("What the pack in bay {n} still holds, of what it held when new", "%", 0, 120),
    "cycles": ("How often the pack in bay {n} has been charged", "", 0, None),
    "temperature": ("Temperature of the pack in bay {n}", "°C", -40, 90),
    "time-to-full": ("Time until the pack in bay {n} is full; unknown when it is not charging", "min", 0, 6000),
    "serial": ("Serial number of what stands in bay {n}", "", None, None),
    "device": ("What stands in bay {n}: handheld, bodypack, or the maker's word", "", None, None),
    "error": ("The error the charger reports for bay {n}: none, or its code", "", None, None),
}


def points(bays: int, source: str, has: Collection[str]) -> Iterator[Point]:
    """`bay.N.present`, `bay.N.state`, and of the others those the charger `has`."""
    for n in range(1, bays + 1):
        yield Point(f"bay.{n}.present", f"Whether there is a pack in bay {n}", source, words=("yes", "no"))
        yield Point(f"bay.{n}.state", f"What happens in bay {n}", source, words=BAY_STATES)
        for name in has:
            doc, unit, low, high = _DOCS[name]
            yield Point(f"bay.{n}.{name}", doc.format(n=n), source, unit, (), low, high)


def storage(source: str) -> Point:
    """Storage mode stops charging at about 40 %. It is no fault, but microphones will not be ready."""
    doc = "Storage mode: packs are kept at about 40 %, and no microphone will be ready"
    return Point("storage", doc, source, words=("on", "off"), writable=True)
