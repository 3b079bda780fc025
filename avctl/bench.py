"""Words of an engineer at the bench, on their way to the daemon: which device, how long, what passes on its wire."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from math import ceil, inf
from pathlib import Path
from typing import Any

from avctl import __version__, transcript
from avctl.remote import Denied, call

_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86_400.0}
_WAIT = 10  # s one question waits for something to pass
_ARROW = {"out": "→", "in": "←"}


def seconds(said: str) -> float:
    """`30m`, `2h`, `90 s` or `90`. Raises Denied for anything else."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(s|m|min|h|d)?\s*", said)
    if not found:
        raise Denied(f'{said!r} is no duration; want one such as "30m", "2h" or 90 (seconds)')
    return float(found[1]) * _UNITS[found[2] or ""]


def room_of(device: str, url: str = "") -> str:
    """The room a device stands in. Raises NoDaemon, or Denied for a device there is not."""
    return str(call("GET", f"/api/v1/devices/{device}", url=url)["room"])


def watch(device: str, follow: bool, machine: bool, url: str = "") -> int:
    """Print what passes on a wire: what is kept of the past, then as it comes. Raises NoDaemon, Denied."""
    for told in _passing(device, False, url):
        for entry in told["entries"]:
            print(json.dumps(entry, ensure_ascii=False) if machine else _line(entry), flush=True)
        if not follow:
            break
    return 0


def keep(device: str, seconds: float, scrub: bool, path: Path, url: str = "") -> str:
    """Write what passes within so many seconds to a new file; a sentence about it. Raises NoDaemon, Denied."""
    if path.exists():
        raise Denied(f"{path} is there already; move it away, or give another --to")
    told = _ask(device, 0, 0, scrub, url)
    source = f"recorded from {'a device' if scrub else device} by avctl {__version__}, {datetime.now(UTC):%Y-%m-%d}"
    try:
        found = transcript.header(told, source)
    except ValueError as error:
        raise Denied(str(error)) from None
    began, count = told["now"], 0
    with path.open("x", encoding="utf-8") as file:
        print(*found, sep="\n", file=file)
        for passed in _passing(device, scrub, url, told["last"], began + seconds):
            count += sum(entry["way"] in ("in", "out") for entry in passed["entries"])
            for line in transcript.lines(passed, began):
                print(line, file=file, flush=True)
    return f"{path}: {count} pieces within {seconds:g} s"


def _passing(device: str, scrub: bool, url: str, after: int = 0, until: float = inf) -> Iterator[Any]:
    """One answer of the daemon after the other; `until` is a time of the daemon's own."""
    told = _ask(device, after, 0, scrub, url)
    yield told
    while (left := until - told["now"]) > 0:
        told = _ask(device, told["last"], max(1, min(_WAIT, ceil(left))), scrub, url)
        yield told | {"entries": [entry for entry in told["entries"] if entry["at"] <= until]}


def _ask(device: str, after: int, wait: int, scrub: bool, url: str) -> Any:
    path = f"/api/v1/devices/{device}/wire?after={after}&wait={wait}&scrub={str(scrub).lower()}"
    return call("GET", path, url=url, wait=30 + wait)


def _line(entry: Mapping[str, Any]) -> str:
    when = f"{datetime.fromisoformat(entry['ts']).astimezone():%H:%M:%S.%f}"[:-3]
    if entry["way"] not in _ARROW:
        return f"{when}    {entry['way']}"
    means = f"    {entry['means']}" if entry["means"] else ""
    return f"{when} {_ARROW[entry['way']]} {entry['data']}{means}"
