"""Words on the command line to calls. Every command imports what it needs itself, so that `--help` is there at once.

Exit codes: 0 done · 1 found wanting (mistakes, a test that failed) · 2 not understood · 69 no daemon to talk to ·
75 another daemon holds this state folder.
"""

import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter

from avctl import __version__

WANTING, UNAVAILABLE, TAKEN = 1, 69, 75
Format = Annotated[Literal["table", "json", "csv"], Parameter(name=["--format", "-f"])]
Url = Annotated[str, Parameter(name="--url", help="Where the daemon listens; else the one that runs here.")]

app = App(
    name="avctl",
    version=__version__,
    help="A second pair of hands for the sound engineer: tests booked rooms, watches meetings, answers faults.",
    help_format="plaintext",
)
bookings = App(name="bookings", help="Booked meetings: list, plan, add, cancel.", help_format="plaintext")
sim = App(name="sim", help="Break and heal simulated devices, let people come and go.", help_format="plaintext")
app.command(bookings)
app.command(sim)


@app.command
def run(
    site: Path = Path("config/site.yaml"),
    *,
    state: Annotated[
        Path | None, Parameter(help="Folder of archive and reports; else the user's state folder.")
    ] = None,
    simulated: Annotated[Path | None, Parameter(help="What `python -m simulators --announce FILE` wrote.")] = None,
    listen: Annotated[str, Parameter(help='Overrules web.listen of the site, such as "127.0.0.1:0".')] = "",
    quiet: bool = False,
) -> int:
    """Run the daemon until it is interrupted."""
    from avctl.service import serve

    return serve(site, state or _state_folder(), simulated, listen, quiet)


@app.command
def check(site: Path = Path("config/site.yaml")) -> int:
    """Read a site, its profiles and playbooks; tell every mistake as file:line:col. Connects to nothing."""
    from avctl.document import Mistakes
    from avctl.service import check as look

    try:
        print(look(site))
    except Mistakes as found:
        print(found)
        count = len(found.mistakes)
        print(f"{count} mistake{'s' if count > 1 else ''}", file=sys.stderr)
        return WANTING
    return 0


@app.command
def demo(*, fast: bool = False, listen: str = "127.0.0.1:8080") -> int:
    """Three simulated rooms in real time; --fast: a whole day of six rooms in under a minute."""
    from avctl.stage import play_day, play_now

    return play_day() if fast else play_now(listen)


@app.command(name="test")
def self_test(room: str, *, wait: bool = True, url: Url = "") -> int:
    """Run the pre-meeting self-test of a room now. Exits with 1 when the room is not ready."""
    return _wish(room, "test", {}, url, wait)


@app.command
def fallback(room: str, playbook: str, *, wait: bool = True, url: Url = "") -> int:
    """Run a fallback playbook in a room now."""
    return _wish(room, "fallback", {"playbook": playbook}, url, wait)


@app.command
def answer(room: str, run: str, step: str, answer: str, *, url: Url = "") -> int:
    """Answer a step that waits for a person: `avctl answer 301 <run> <step> yes`."""
    return _wish(room, "answer", {"run": run, "step": step, "answer": answer}, url)


@app.command
def hold(
    device: str,
    *,
    for_: Annotated[str, Parameter(name="--for", help='How long, such as "30m", "2h" or 90 (seconds).')],
    why: Annotated[str, Parameter(help="What people are told while it is held.")],
    url: Url = "",
) -> int:
    """Keep away from a device while somebody works on it: no questions, no faults, no commands. Ends by itself."""
    from avctl.bench import room_of, seconds

    return _wish(room_of(device, url), "hold", {"device": device, "for": seconds(for_), "why": why}, url)


@app.command
def release(device: str, *, url: Url = "") -> int:
    """The work on a device is done: look after it again, now."""
    from avctl.bench import room_of

    return _wish(room_of(device, url), "release", {"device": device}, url)


@app.command
def probe(
    url: str,
    *,
    secret: Annotated[str, Parameter(help="Name of the password or community to be let in with.")] = "",
    user: Annotated[str, Parameter(help="User of SNMP version 3; --auth and --priv name its secrets.")] = "",
    auth: str = "",
    priv: str = "",
    site: Annotated[Path, Parameter(help="Whose folders of secrets and profiles are used.")] = Path("config/site.yaml"),
) -> int:
    """Find out what answers at an address, and how it would stand in the site file. Changes nothing there."""
    from avctl.service import probe as look

    found, said = look(url, secret, user, auth, priv, site.parent)
    print(said)
    return 0 if found else WANTING


@app.command
def discover(
    site: Path = Path("config/site.yaml"),
    *,
    secret: Annotated[str, Parameter(help='Name of the SNMP community; else "public" is tried.')] = "",
    to: Annotated[Path | None, Parameter(help="Write the draft to this file instead of the terminal.")] = None,
) -> int:
    """Look for devices in the subnets the site declares, and draft an inventory. Asks only; changes nothing."""
    from avctl.document import Mistakes
    from avctl.probe import Access
    from avctl.service import discover as look

    try:
        draft, said = look(site, Access(secret))
    except (Mistakes, ValueError, LookupError, OSError) as error:
        print(error, file=sys.stderr)
        return WANTING
    print(said, file=sys.stderr)
    if to is None:
        print(draft, end="")
    else:
        with to.open("x", encoding="utf-8") as file:  # never over somebody's work
            file.write(draft)
    return 0


@app.command
def wire(device: str, *, follow: bool = True, format: Format = "table", url: Url = "") -> int:
    """What passes on the wire of a device, as it passes: time, direction, bytes and meaning. Ends with Ctrl-C."""
    from avctl.bench import watch

    return watch(device, follow, format == "json", url)


@app.command
def record(
    device: str,
    *,
    for_: Annotated[str, Parameter(name="--for", help='How long, such as "60s" or "5m".')] = "60s",
    scrub: Annotated[bool, Parameter(help="Strike out serial numbers, too; secrets never get in.")] = False,
    to: Annotated[Path | None, Parameter(help="The file; else DEVICE.wire here.")] = None,
    url: Url = "",
) -> int:
    """Write what passes on the wire of a device as a transcript, for `python -m simulators --replay`."""
    from avctl.bench import keep, seconds

    print(keep(device, seconds(for_), scrub, to or Path(f"{device}.wire"), url))
    return 0


@app.command
def status(room: str = "", *, format: Format = "table", url: Url = "") -> int:
    """How the rooms stand, the one that needs a human first on top."""
    from avctl.terminal import rooms

    found = _get(f"/api/v1/rooms/{room}" if room else "/api/v1/rooms", url)
    listed = found.get("rooms", [found])
    return _json(listed) if format == "json" else rooms(listed)


@app.command
def archive(
    question: str = "",
    subject: str = "",
    *,
    room: str = "",
    device: str = "",
    model: str = "",
    since: str = "",
    until: str = "",
    limit: int = 200,
    format: Format = "table",
    state: Path | None = None,
    lang: Literal["zh", "en", ""] = "",
) -> int:
    """Ask the equipment archive: devices, device, open-faults, faults, runs, lamps, batteries, events."""
    from avctl.maintenance import ask

    asked = {"room": room, "device": device or subject, "model": model, "since": since, "until": until}
    return ask(_archive_folder(state), question, asked, limit, format, lang)


@app.command
def why(event: int, *, format: Format = "table", state: Path | None = None, lang: Literal["zh", "en", ""] = "") -> int:
    """The causes of an event, from itself back to the first."""
    from avctl.maintenance import chain

    return chain(_archive_folder(state), event, format, lang)


@app.command(name="new-device")
def new_device(
    stem: str,
    *,
    dialect: Literal["snmp", "line", "osc", "http", "mqtt"] = "snmp",
    to: Annotated[Path, Parameter(help="Folder of the site's own profiles.")] = Path("config/profiles"),
) -> int:
    """Write a commented profile for a device of your own; it passes `avctl check` as it is."""
    from avctl.drivers.profile_start import new_device as text

    path = to / f"{stem}.yaml"
    if path.exists():
        print(f"{path} is there already", file=sys.stderr)
        return WANTING
    to.mkdir(parents=True, exist_ok=True)
    path.write_text(text(stem, dialect), encoding="utf-8")
    print(path)
    return 0


@app.command
def devices(*, schema: Annotated[bool, Parameter(help="JSON Schema of profiles, for editors.")] = False) -> int:
    """The devices avctl knows: by coded driver or by profile."""
    from avctl.drivers import profile, supported

    if schema:
        return _json(profile.json_schema())
    print(supported.table(supported.supported()))
    return 0


@bookings.command(name="list")
def bookings_list(room: str = "", *, format: Format = "table", url: Url = "") -> int:
    """Booked meetings of today and tomorrow."""
    from avctl.terminal import table

    found = _get("/api/v1/bookings" + (f"?room={room}" if room else ""), url)["bookings"]
    return _json(found) if format == "json" else table(found, ("room", "start", "end", "status", "needs", "key"))


@bookings.command(name="plan")
def bookings_plan(room: str = "", *, format: Format = "table", url: Url = "") -> int:
    """What will be run when, by which rule and why."""
    from avctl.terminal import table

    found = _get("/api/v1/plan" + (f"?room={room}" if room else ""), url)["plan"]
    return _json(found) if format == "json" else table(found, ("at", "room", "stage", "rule", "why"))


@bookings.command(name="add")
def bookings_add(room: str, start: str, end: str, *, needs: str = "", uid: str = "", url: Url = "") -> int:
    """Book a room, or move a booking of the same --uid: `avctl bookings add 301 14:00 15:30 --needs "无线话筒:2"`."""
    from avctl.maintenance import needs_of, times

    begin, finish = times(start, end)
    args = {"start": begin, "end": finish, "needs": needs_of(needs)} | ({"uid": uid} if uid else {})
    return _wish(room, "book", args, url)


@bookings.command(name="cancel")
def bookings_cancel(room: str, booking: str, *, url: Url = "") -> int:
    """Cancel a booking by its key or uid."""
    return _wish(room, "cancel", {"booking": booking}, url)


@sim.command(name="list")
def sim_list(device: str = "", *, control: str = "") -> int:
    """Simulated devices and what can befall them."""
    from avctl.terminal import table

    found = _control("GET", "/devices", control)
    shown = [{"device": id, **d, "mishaps": ", ".join(d["mishaps"])} for id, d in found.items() if device in id]
    return table(shown, ("device", "stem", "mishaps"))


@sim.command(name="break")
def sim_break(device: str, mishap: str, *, control: str = "", args: str = "{}") -> int:
    """Let a mishap befall a device: `avctl sim break r303-projector lamp-fails`."""
    return _json(_control("POST", f"/devices/{device}/{mishap}", control, json.loads(args)))


@sim.command(name="heal")
def sim_heal(device: str, *, control: str = "") -> int:
    """Undo every mishap of a device."""
    return _json(_control("POST", f"/devices/{device}/heal", control))


@sim.command(name="people")
def sim_people(room: str, verb: Literal["enter", "leave", "speak", "quiet", "howl"], *, control: str = "") -> int:
    """People in a room: `avctl sim people 302 speak`."""
    return _json(_control("POST", f"/rooms/{room}/{verb}", control))


def main() -> None:
    """The console script."""
    from avctl.remote import Denied, NoDaemon

    try:
        sys.exit(app(result_action="return_value"))
    except NoDaemon as error:
        print(error, file=sys.stderr)
        sys.exit(UNAVAILABLE)
    except Denied as error:
        print(error, file=sys.stderr)
        sys.exit(WANTING)
    except KeyboardInterrupt:
        sys.exit(130)


def _wish(room: str, action: str, args: dict[str, Any], url: str, wait: bool = True) -> int:
    """Send a wish through the gate, show what came of it; 0 when it was done and done well."""
    from avctl.terminal import wished
    from avctl.wish import send

    return 0 if wished(send(room, action, args, url, wait)) else WANTING


def _get(path: str, url: str) -> Any:
    from avctl.remote import call

    return call("GET", path, url=url)


def _control(method: str, path: str, control: str, body: dict[str, Any] | None = None) -> Any:
    from avctl.remote import NoDaemon, call, find

    base = control or os.environ.get("AVCTL_SIM") or find().control
    if not base:
        raise NoDaemon("the daemon here drives real devices; give --control URL of the simulators")
    return call(method, path, body, base)


def _json(found: Any) -> int:
    print(json.dumps(found, ensure_ascii=False, indent=2))
    return 0


def _archive_folder(given: Path | None) -> Path:
    """The folder asked for; else that of the daemon that runs here; else the user's own."""
    from avctl.remote import NoDaemon, find

    if given is not None:
        return given
    try:
        return Path(find().state)
    except NoDaemon:
        return _state_folder()


def _state_folder() -> Path:
    if folder := os.environ.get("STATE_DIRECTORY"):
        return Path(folder)
    return Path(os.environ.get("XDG_STATE_HOME", "~/.local/state")).expanduser() / "avctl"
