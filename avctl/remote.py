"""How a command line reaches the daemon that runs: where it listens, and one HTTP call with its errors in words.

A running daemon leaves a note (`daemon.json`, its owner's alone) in the runtime folder;
`AVCTL_URL` or `--url` overrule it.
"""

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


class NoDaemon(Exception):
    """No daemon can be reached; the message says where it was looked for and how to start one."""


class Denied(Exception):
    """The daemon refused; the message is its own."""


@dataclass(frozen=True, slots=True)
class Note:
    """What a running daemon tells about itself: its pid, page, broker, state folder, site file, simulators' control."""

    pid: int
    web: str
    mqtt: str
    state: str
    site: str
    control: str = ""


def runtime_folder() -> Path:
    """Where the note lies: systemd's runtime folder, the user's own, or one in the temporary folder."""
    if folder := os.environ.get("RUNTIME_DIRECTORY"):
        return Path(folder)
    if folder := os.environ.get("XDG_RUNTIME_DIR"):
        return Path(folder) / "avctl"
    return Path(tempfile.gettempdir()) / f"avctl-{os.getuid()}"


def leave(note: Note) -> Path:
    """Write the note; returns where, so that it can be taken away at the end."""
    folder = runtime_folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise PermissionError(f"{folder} belongs to somebody else")
    path = folder / "daemon.json"
    draft = path.with_suffix(".tmp")
    draft.write_text(json.dumps(asdict(note), indent=2))
    draft.chmod(0o600)
    draft.replace(path)
    return path


def find() -> Note:
    """The note of the daemon that runs. Raises NoDaemon."""
    path = runtime_folder() / "daemon.json"
    try:
        note = Note(**json.loads(path.read_text()))
        os.kill(note.pid, 0)
    except (OSError, ValueError, TypeError):
        said = f"no daemon runs here (looked at {path}); start one with `avctl run SITE` or `avctl demo`, or give --url"
        raise NoDaemon(said) from None
    return note


def call(method: str, path: str, body: Mapping[str, Any] | None = None, url: str = "", wait: float = 30) -> Any:
    """One request to the daemon; returns its JSON. Raises NoDaemon or Denied. `wait` is seconds."""
    import httpx

    base = url or os.environ.get("AVCTL_URL") or find().web
    try:
        answer = httpx.request(method, base + path, json=body, timeout=wait, trust_env=False)
    except httpx.HTTPError as error:
        raise NoDaemon(f"{base} does not answer: {error}") from None
    found = answer.json() if "json" in answer.headers.get("content-type", "") else {"detail": answer.text}
    if answer.is_error:
        raise Denied(str(found.get("detail") or found.get("said") or found))
    return found
