"""The daemon's memory at rest with the three rooms of the demo, beside what its libraries alone take. Linux only.

Three floors, each a fresh process with an idle asyncio loop: nothing but Python; all the libraries the daemon has
imported by then, without a line of avctl; and what is at rest after its start. Goal: at most 80 MB. Then what every
library cost when it was first imported, and which part of avctl wanted it: what is not needed at rest can be lazy.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from avctl import demo

ROOT = Path(__file__).parents[1]
REST = 60.0  # s
GOAL = 80.0  # MB
SHOWN = 0.3  # MB; libraries that cost less are added up
_MB = 1 << 20


def told(folder: Path, *arguments: str, said: str = "", within: float = 60) -> Any:
    """What a process of the bench answers. Raises TimeoutExpired after `within` seconds."""
    aside = {**os.environ, "RUNTIME_DIRECTORY": str(folder)}
    command = [sys.executable, "-m", "bench._rest", *arguments]
    pipe = subprocess.PIPE
    done = subprocess.run(command, cwd=ROOT, env=aside, input=said, stdout=pipe, text=True, check=True, timeout=within)
    return json.loads(done.stdout)


def measure(rest: float) -> dict[str, Any]:
    """Bytes; `cost` and `wanted` by package."""
    story = demo.Story(rooms=("301", "302", "303"), meetings=(), mishaps=())
    with tempfile.TemporaryDirectory(prefix="avctl-bench-") as place:
        folder = demo.prepare(story, time.time(), "en", inside=Path(place))
        simulators = demo.Simulators(folder / "config" / "site.yaml", story.rooms)
        try:
            simulators.wait()
            found = told(folder, "rest", str(folder), str(rest), within=rest + 60)
            whence = told(folder, "whence", str(folder), "1")
        finally:
            simulators.end()
        libraries = told(folder, "bare", said=json.dumps(found["modules"]))["rested"]
        return {**found, "bare": told(folder, "bare")["rested"], "libraries": libraries,
                "cost": whence["cost"], "wanted": whence["wanted"]}  # fmt: skip


def table(found: dict[str, Any], rest: float) -> str:
    """The figures, in MB."""
    at_rest = found["rested"] / _MB
    lines = [
        f"{'resident memory, three rooms':58}{'MB':>8}",
        f"{f'avctl, {rest:g} s after its start':58}{at_rest:>8.1f}  goal ≤ {GOAL:g}",
        f"{'avctl, just started':58}{found['up'] / _MB:>8.1f}",
        f"{'avctl, imported and not started':58}{found['imported'] / _MB:>8.1f}",
        f"{'floor: the same libraries imported, an idle loop':58}{found['libraries'] / _MB:>8.1f}",
        f"{'floor: Python and an idle loop':58}{found['bare'] / _MB:>8.1f}",
        "",
        f"{'own cost of each at its first import':30}{'MB':>8}  wanted by",
    ]
    return "\n".join([*lines, *_costs(found["cost"], found["wanted"])])


def _costs(cost: dict[str, int], wanted: dict[str, str]) -> list[str]:
    ordered = sorted(((bytes / _MB, name) for name, bytes in cost.items()), reverse=True)
    shown = [f"{name:30}{size:>8.1f}  {wanted.get(name, '')}" for size, name in ordered if size >= SHOWN]
    return [*shown, f"{'all others':30}{sum(size for size, _ in ordered if size < SHOWN):>8.1f}"]


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m bench memory")
    asked.add_argument("--rest", type=float, default=REST, help="seconds after the start")
    rest = asked.parse_args(sys.argv[2:]).rest
    print(table(measure(rest), rest))
