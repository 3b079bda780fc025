"""A new device's profile to begin with: commented, complete, and already passing its own proof.

`avctl new-device <stem>` writes it. What it says of the device is made up and says so; what has to be changed is marked
with TODO. The texts lie in `starts/`, one for each dialect, and a test holds each to its proof.
"""

import re
from pathlib import Path

STARTS = Path(__file__).parent / "starts"
_NAME = "NEW-DEVICE"


def dialects() -> tuple[str, ...]:
    """The dialects there is a beginning for."""
    return tuple(sorted(path.stem for path in STARTS.glob("*.yaml")))


def new_device(stem: str, dialect: str = "snmp") -> str:
    """The text of a profile of that name. Raises ValueError for a dialect there is not, or a name that is none."""
    if dialect not in dialects():
        raise ValueError(f'"{dialect}" is no dialect; want one of {", ".join(dialects())}')
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", stem):
        raise ValueError(f'"{stem}": a profile is named in small letters, digits and hyphens, such as acme-hx')
    return (STARTS / f"{dialect}.yaml").read_text(encoding="utf-8").replace(_NAME, stem)
