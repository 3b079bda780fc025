"""The daemon with the demo's three rooms, or only what it imports, for `bench/memory.py`. Answers on standard output.

`rest SECONDS` tells its memory after so long, and what it has imported; `whence` how much memory each package cost
when it was first imported, and who wanted it; `bare MODULES` imports these and runs an empty loop.
"""

import asyncio
import importlib
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

_PAGE = 4096


def resident() -> int:
    """Bytes of this process in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE


class Whence:
    """Among the finders, notes what every import adds by itself, without what it imports in turn."""

    def __init__(self) -> None:
        self.cost: dict[str, int] = {}
        self.wanted: dict[str, str] = {}
        self._under_way: list[tuple[str, int]] = []  # module, what is not its own so far

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None and hasattr(spec.loader, "exec_module"):
            inner = spec.loader.exec_module
            spec.loader.exec_module = lambda module: self._exec(name, inner, module)  # type: ignore[method-assign]
        return spec

    def _exec(self, name: str, inner: Any, module: ModuleType) -> None:
        package = name.partition(".")[0]
        self.wanted.setdefault(package, _asker())
        with self._counted(name, package):
            inner(module)

    @contextmanager
    def _counted(self, name: str, package: str) -> Iterator[None]:
        before = resident()
        self._under_way.append((name, 0))
        try:
            yield
        finally:
            grown = resident() - before
            _, others = self._under_way.pop()
            self.cost[package] = self.cost.get(package, 0) + grown - others
            if self._under_way:
                above, known = self._under_way[-1]
                self._under_way[-1] = above, known + grown


def _asker() -> str:
    """The nearest module of avctl that is at work: it imports, or a function of it does."""
    frame = sys._getframe(1)
    while frame is not None and not str(frame.f_globals.get("__name__")).startswith("avctl."):
        frame = frame.f_back  # type: ignore[assignment]
    return str(frame.f_globals["__name__"]) if frame is not None else ""


async def rest(folder: Path, seconds: float) -> dict[str, Any]:
    from avctl.app import Daemon, Stand
    from avctl.clock import SystemClock
    from avctl.config import load

    imported = resident()
    places = json.loads((folder / "simulators.json").read_text())
    async with Daemon(Stand(load(folder / "config" / "site.yaml"), folder / "state", SystemClock(), places)):
        up = resident()
        await asyncio.sleep(seconds)
        return {"imported": imported, "up": up, "rested": resident(), "modules": _modules()}


async def bare() -> dict[str, Any]:
    await asyncio.sleep(0.5)
    return {"rested": resident()}


def _modules() -> list[str]:
    return [name for name, found in sys.modules.items() if not name.startswith(("avctl", "bench", "__")) and found]


def _import_all(names: Sequence[str]) -> None:
    for name in names:
        try:
            importlib.import_module(name)
        except ImportError:
            continue  # a module that another one made up by itself


def main() -> None:
    what, *told = sys.argv[1:]
    if what == "bare":
        _import_all(json.loads(sys.stdin.read() or "[]"))
        print(json.dumps(asyncio.run(bare())))
        return
    if what == "whence":
        whence = Whence()
        sys.meta_path.insert(0, whence)  # type: ignore[arg-type]
    found = asyncio.run(rest(Path(told[0]), float(told[1])))
    if what == "whence":
        found |= {"cost": whence.cost, "wanted": whence.wanted}
    print(json.dumps(found))


if __name__ == "__main__":
    from avctl import log

    log.set_up(40)
    main()
