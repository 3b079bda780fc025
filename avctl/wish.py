"""A wish from the command line: sent through the daemon's gate, then followed until its last word."""

import getpass
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from avctl.remote import call

LONGEST = 1800.0  # s a self-test may take before the command line stops waiting for it


def send(room: str, action: str, args: Mapping[str, Any], url: str = "", wait: bool = True) -> dict[str, Any]:
    """The result of the wish: its last word, or the first one when not waited for. Raises NoDaemon or Denied."""
    body = {"v": 1, "id": uuid4().hex, "ts": datetime.now(UTC).isoformat(), "args": dict(args)}
    path = f"/api/v1/rooms/{room}/{action}?principal={_me()}" + ("&wait=true" if wait else "")
    found: dict[str, Any] = call("POST", path, body, url, LONGEST if wait else 30)
    return found


def _me() -> str:
    """Who asks: the user of this machine, in the letters a principal may have."""
    return re.sub(r"[^a-z0-9._-]", "-", getpass.getuser().lower())[:64] or "operator"
