"""The daemon as a process: reads the site, takes signals, runs until told to stop, and says what went wrong in words.

Exit codes: 0 stopped · 1 the site has mistakes, or an address cannot be had · 75 another daemon holds the folder.
"""

import asyncio
import json
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from avctl import log
from avctl.app import AlreadyRuns, Daemon, Stand
from avctl.clock import SystemClock
from avctl.config import WebForm, load
from avctl.discover import Look, draft, probed
from avctl.document import Mistakes
from avctl.drivers.profile import mistakes_of
from avctl.edges.broker import NoBroker
from avctl.model.errors import DeviceError
from avctl.playbooks.load import read_all
from avctl.probe import Access, Probe, told
from avctl.secret import Secrets
from avctl.sitecheck import points_of

TAKEN = 75


def serve(site: Path, state: Path, simulated: Path | None, listen: str, quiet: bool) -> int:
    """Run the daemon until SIGINT or SIGTERM; returns the exit code. `quiet` writes a log instead of a console."""
    log.set_up()
    try:
        settings = load(site)
        if listen:
            settings = replace(settings, web=WebForm(listen=listen))
        stand = Stand(settings, state, SystemClock(), json.loads(simulated.read_text()) if simulated else None)
        asyncio.run(_run(stand, quiet))
    except Mistakes as mistakes:
        print(mistakes, file=sys.stderr)
        return 1
    except AlreadyRuns as error:
        print(error, file=sys.stderr)
        return TAKEN
    except (OSError, NoBroker, LookupError) as error:
        print(f"avctl does not start: {error}", file=sys.stderr)
        return 1
    return 0


def check(site: Path) -> str:
    """Read a site with all it uses; one sentence when it is sound. Raises Mistakes."""
    settings = load(site)
    if mistakes := [m for path in sorted(settings.profiles.glob("*.yaml")) for m in mistakes_of(path)]:
        raise Mistakes(mistakes)
    house = settings.house
    points = points_of(house, settings.profiles)
    found = read_all(settings.playbooks, house, lambda device: points.get(device, {}))
    drivers = {d.driver for d in house.devices.values()}
    return (
        f"{site} is sound: {len(house.rooms)} rooms, {len(house.devices)} devices by {len(drivers)} drivers, "
        f"{len(found)} playbooks"
    )


def probe(url: str, secret: str, user: str, auth: str, priv: str, folder: Path) -> tuple[bool, str]:
    """Whether anything answers that we understand, and what there is to say about it."""
    made = Probe(SystemClock(), Secrets(folder / "secrets"), Access(secret, user, auth, priv), folder / "profiles")
    try:
        report = asyncio.run(made.at(url))
    except (ValueError, DeviceError) as error:
        return False, str(error)
    return bool(report.found), told(report)


def discover(site: Path, access: Access) -> tuple[str, str]:
    """A draft inventory of what answers in the site's declared subnets, and a sentence about the search.

    Raises Mistakes, LookupError for a secret there is not, ValueError where the site declares no subnets.
    """
    settings = load(site)
    if (form := settings.discover) is None:
        raise ValueError(f"{site} declares no subnets to look in; add `discover: {{subnets: [10.20.1.0/24]}}`")
    secrets = Secrets(settings.folder / "secrets")
    look = Look(form.budget, secrets(access.secret) if access.secret else "public")
    probe = Probe(SystemClock(), secrets, access, settings.profiles)

    async def around() -> str:
        seen = await probed(await look.around(form.subnets), probe)
        known = {urlsplit(device.url).hostname or "": device.id for device in settings.house.devices.values()}
        return draft(seen, known)

    said = asyncio.run(around())
    return said, f"{look.sent} questions to {', '.join(map(str, form.subnets))}, {form.budget:g} a second at most"


async def _run(stand: Stand, quiet: bool) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    async with Daemon(stand, console=not quiet) as daemon:
        if not quiet:
            print(f"avctl is up: {daemon.web_url}  {daemon.mqtt_url}", flush=True)
        waiting: list[asyncio.Task[Any]] = [
            asyncio.create_task(daemon.hold(), name="daemon"),
            asyncio.create_task(ended.wait(), name="signal"),
        ]
        done, rest = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        for task in done:
            task.result()
