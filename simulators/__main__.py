"""`python -m simulators config/site.yaml`: a site that is not there, alive until Ctrl-C.

`python -m simulators --replay FILE` plays a recorded transcript instead.
"""

import argparse
import asyncio
import signal
import sys
from contextlib import suppress
from pathlib import Path

from simulators import replay
from simulators.building import Building
from simulators.faces import Face
from simulators.lockstep import LockstepLoop
from simulators.site import Plan, SiteMistake, read

_PARTING = 3.0  # s


def main(words: list[str] | None = None) -> int:
    """Exit code 0 after a clean end, 2 when the site file is wrong or an address is taken."""
    parser = _parser()
    options = parser.parse_args(words)
    if (options.site is None) == (options.replay is None):
        parser.error("want either SITE or --replay FILE")
    if options.replay:
        return _replay(options.replay, options.listen)
    try:
        plan = read(options.site, options.rooms.split(",") if options.rooms else ())
    except SiteMistake as mistake:
        print(mistake, file=sys.stderr)
        return 2
    loop = LockstepLoop(options.lockstep) if options.lockstep is not None else asyncio.new_event_loop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(_run(plan, options))


def _replay(path: Path, listen: str) -> int:
    try:
        transcript = replay.read(path)
        return asyncio.run(_play(replay.face(transcript, listen), path))
    except (replay.Unreadable, ValueError, OSError) as mistake:
        print(mistake, file=sys.stderr)
        return 2


async def _play(face: Face, path: Path) -> int:
    end = _end_of_all()
    await face.open()
    print(f"{path.name}  {face.url}", flush=True)
    await end.wait()
    await face.close()
    return 0


async def _run(plan: Plan, options: argparse.Namespace) -> int:
    end = _end_of_all()
    building = Building(plan, lockstep=options.lockstep is not None)
    host, _, port = options.control.rpartition(":")
    try:
        await building.open(host, int(port))
    except OSError as error:
        print(f"--control {options.control}: {error.strerror}", file=sys.stderr)
        return 2
    if options.announce:
        building.announce(options.announce)
    print(_table(building), flush=True)
    await end.wait()
    with suppress(TimeoutError):  # whoever still holds a connection shall not keep us
        async with asyncio.timeout(_PARTING):
            await building.close()
    return 0


def _end_of_all() -> asyncio.Event:
    """Set by SIGINT, by SIGTERM, or when the parent in lockstep is gone."""
    loop, end = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end.set)
    if isinstance(loop, LockstepLoop):
        loop.on_parent_gone(end.set)
    return end


def _table(building: Building) -> str:
    rows = [(name, place.device.stem, place.face.url) for name, place in building.places.items()]
    rows.append(("control", "http", building.control.url))
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    return "\n".join(f"{name:{widths[0]}}  {stem:{widths[1]}}  {url}" for name, stem, url in rows)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m simulators", description=__doc__)
    parser.add_argument("site", type=Path, nargs="?", metavar="SITE", help="site file, e.g. config/site.yaml")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="play this transcript, byte for byte")
    parser.add_argument("--listen", default="", metavar="HOST:PORT", help="where to play it; else a port of its own")
    parser.add_argument("--announce", type=Path, metavar="FILE", help="write all addresses there as JSON when ready")
    parser.add_argument("--control", default="127.0.0.1:0", metavar="HOST:PORT", help="where to be broken from")
    parser.add_argument("--rooms", metavar="301,302", help="only these rooms")
    parser.add_argument("--lockstep", type=int, metavar="FD", help="virtual time over this inherited socket")
    return parser


if __name__ == "__main__":
    sys.exit(main())
