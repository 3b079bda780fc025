"""What was overheard, as a transcript: the format of tests/wire, which the simulators play back byte for byte.

A stream is written as Python literals, datagrams in hexadecimal. Times and what was lost stand in comments.
"""

from collections.abc import Iterable, Mapping
from typing import Any

_MARK = {"out": ">", "in": "<"}
_DATAGRAMS = ("osc", "udp", "ssc")


def header(told: Mapping[str, Any], source: str) -> list[str]:
    """The first lines of a transcript. Raises ValueError for a device whose wire is not ours to record."""
    if told["worded"]:
        raise ValueError(
            f"{told['device']} is asked over {told['scheme']}, whose packets we never see: nothing to record"
        )
    return [f"# source: {source}", f"# scheme: {told['scheme']}", f"# driver: {told['driver']}"]


def lines(told: Mapping[str, Any], began: float) -> Iterable[str]:
    """The entries of one answer; `began` is the time (the daemon's own seconds) they are counted from."""
    if told["lost"]:
        yield f"# {told['lost']} entries passed too fast to be kept"
    for entry in told["entries"]:
        after = f"# +{entry['at'] - began:.3f} s"
        if entry["way"] in _MARK:
            yield after
            yield f"{_MARK[entry['way']]} {_bytes(entry, told['scheme'])}"
        else:
            yield f"{after} {entry['way']}"


def _bytes(entry: Mapping[str, Any], scheme: str) -> str:
    said = str(entry["data"])
    plain = scheme not in _DATAGRAMS and said == said.strip() and not said.startswith("hex ")
    return said if plain else f"hex {entry['hex']}"
