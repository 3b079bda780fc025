"""Words of an engineer at the bench, on their way to the daemon: which device, how long, what passes on its wire."""

import re

from avctl.remote import Denied, call

_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86_400.0}


def seconds(said: str) -> float:
    """`30m`, `2h`, `90 s` or `90`. Raises Denied for anything else."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(s|m|min|h|d)?\s*", said)
    if not found:
        raise Denied(f'{said!r} is no duration; want one such as "30m", "2h" or 90 (seconds)')
    return float(found[1]) * _UNITS[found[2] or ""]


def room_of(device: str, url: str = "") -> str:
    """The room a device stands in. Raises NoDaemon, or Denied for a device there is not."""
    return str(call("GET", f"/api/v1/devices/{device}", url=url)["room"])
