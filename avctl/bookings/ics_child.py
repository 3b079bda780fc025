"""The child process that reads calendars, and the call that starts it. A calendar may burn it, not the daemon.

The child has 3 s of processor time, 512 MB of memory and no environment. On its standard input comes one line of
JSON (what to read for) and then the feed; on its standard output goes one JSON document; on its standard error the
uid of each series before it is unfolded, so that the one that killed it can be named.

Durations here are real ones of a real process: `read` is called in a thread.
"""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import avctl

PROCESSOR: Final = 3  # s
MEMORY: Final = 512 * 2**20
LARGEST: Final = 5 * 10**6  # bytes of a feed
_PATIENCE: Final = 20.0  # s of real time, on a machine that has other things to do


class Refused(ValueError):
    """The feed was refused or killed its reader; the message says why and, if known, which uid."""


def read(data: bytes, ask: dict[str, Any]) -> dict[str, Any]:
    """Read a feed in a process of its own: {"entries": …, "warnings": …, "passed_over": …}.

    Blocks for up to some seconds: call it in a thread. Raises Refused.
    """
    if len(data) > LARGEST:
        raise Refused(f"larger than {LARGEST // 10**6} MB")
    home = str(Path(avctl.__file__).parent.parent)
    try:
        done = subprocess.run(  # our own interpreter, our own module
            [sys.executable, "-s", "-m", "avctl.bookings.ics_child"],
            input=json.dumps(ask).encode() + b"\n" + data,
            capture_output=True,
            timeout=_PATIENCE,
            env={"PYTHONPATH": home, "PYTHONUTF8": "1"},
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        raise Refused(f"its reading took longer than {_PATIENCE:.0f} s{_culprit(late.stderr)}") from None
    if done.returncode != 0:
        raise Refused(f"its reading took more than {PROCESSOR} s or {MEMORY >> 20} MB{_culprit(done.stderr)}")
    answer: dict[str, Any] = json.loads(done.stdout)
    if "refused" in answer:
        raise Refused(answer["refused"])
    return answer


def _culprit(told: bytes | None) -> str:
    """The uid on the last line the child has told us; a traceback of its death is none."""
    uids = [line[4:] for line in (told or b"").decode(errors="replace").splitlines() if line.startswith("uid ")]
    return f"; the event it was at is {uids[-1][:60]}" if uids else ""


def main() -> None:
    """Be the child."""
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR, PROCESSOR + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    from avctl.bookings import ics, icstext  # within the limits, and never in the daemon

    ask, _, data = sys.stdin.buffer.read(LARGEST + 2**20).partition(b"\n")
    try:
        found = ics.read(data, ics.Ask(**json.loads(ask)), _tell)
    except icstext.Unreadable as error:
        answer: dict[str, Any] = {"refused": str(error)}
    else:
        answer = {"entries": found.entries, "warnings": found.warnings, "passed_over": found.passed_over}
    sys.stdout.write(json.dumps(answer))


def _tell(uid: str) -> None:
    os.write(2, b"uid " + uid[:60].encode(errors="replace").replace(b"\n", b" ") + b"\n")


if __name__ == "__main__":
    main()
