"""A building to try: simulated rooms as a process of their own, a calendar, and the things that befall them.

`meeting_now` is the demo in real time: three rooms in their first two minutes. `long_day` is a whole day of six
rooms, told on a fast clock. Both only prepare (site, calendar, simulators, mishaps); the daemon is the real one.
"""

import asyncio
import io
import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_READY = 20.0  # real seconds within which the simulators must stand
_LOOK = 0.02  # real seconds between two looks whether they do
_PACKAGE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Meeting:
    """A booking in the demo's calendar; `start` and `end` are seconds from the beginning of the demo."""

    room: str
    start: float
    end: float
    tag: str


@dataclass(frozen=True, slots=True)
class Mishap:
    """Something that happens `at` seconds: a path of the simulators' control interface, and why it is done."""

    at: float
    path: str
    why: str
    body: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Story:
    """A demo: which rooms, which meetings, what befalls, how long (seconds; None until interrupted)."""

    rooms: tuple[str, ...]
    meetings: tuple[Meeting, ...]
    mishaps: tuple[Mishap, ...]
    lasts: float | None = None
    pace: float = 1.0  # how much less often devices are asked than the site says


def meeting_now() -> Story:
    """Three rooms in real time: a test about to start, a meeting about to lose its lamp, a weak battery pack."""
    hour = 3600.0
    return Story(
        rooms=("301", "302", "303"),
        meetings=(
            Meeting("301", hour + 12, 2 * hour, "[av mics=2 wireless=2 proj=1 people=35]"),
            Meeting("302", -20 * 60, 40 * 60, "[av mics=2 wireless=2 proj=1 people=20]"),
            Meeting("303", hour + 30, 2 * hour, "话筒:3 无线:3 投影:是 人数:16"),
        ),
        mishaps=(
            Mishap(0, "/rooms/302/enter", "people sit in 302"),
            Mishap(1, "/rooms/302/speak", "and talk"),
            Mishap(25, "/devices/r302-projector/lamp-fails", "the lamp of 302 fails"),
        ),
    )


def long_day() -> Story:
    """07:55 to 12:17 in six rooms: 09:00 everywhere, two faults, one confidential meeting, one overrun."""

    def at(hour: int, minute: int = 0) -> float:
        return (hour - 8) * 3600 + (minute + 5) * 60

    full = "[av mics=2 wireless=2 proj=1 people=25]"
    return Story(
        rooms=("301", "302", "303", "304", "305", "306"),
        meetings=(
            *(Meeting(room, at(9), at(10), full) for room in ("301", "302", "303", "304")),
            Meeting("305", at(9), at(10, 30), "话筒:2 无线:0 投影:是 人数:12 密级:秘密"),
            Meeting("306", at(10), at(11), full),
            Meeting("304", at(11), at(12), full),
            Meeting("306", at(11, 30), at(12), "[av mics=1 proj=0 people=8]"),
        ),
        mishaps=(
            *(Mishap(at(8, 58), f"/rooms/{room}/enter", f"people come to {room}") for room in ("301", "302", "303")),
            *(Mishap(at(8, 59), f"/rooms/{room}/enter", f"people come to {room}") for room in ("304", "305")),
            *(Mishap(at(9), f"/rooms/{room}/speak", f"they talk in {room}") for room in ("301", "302", "304", "305")),
            Mishap(at(9, 24), "/devices/r302-projector/lamp-fails", "the lamp of 302 fails in the meeting"),
            Mishap(
                at(9, 41), "/devices/r304-mixer/falls-silent", "the mixer of 304 stops answering; sound still passes"
            ),
            Mishap(at(10, 2), "/devices/r304-mixer/heal", "somebody plugs the network cable of 304's mixer back in"),
            *(Mishap(at(10, 4), f"/rooms/{room}/leave", f"{room} is left") for room in ("301", "302", "303", "304")),
            Mishap(at(9, 58), "/rooms/306/enter", "people come to 306"),
            Mishap(at(10), "/rooms/306/speak", "they talk in 306"),
            Mishap(at(10, 31), "/rooms/305/leave", "305 is left"),
            Mishap(at(11, 22), "/rooms/306/leave", "306 has overrun by 22 minutes and is left"),
            Mishap(at(10, 58), "/rooms/304/enter", "people come to 304"),
            Mishap(at(12, 3), "/rooms/304/leave", "304 is left"),
        ),
        lasts=at(12, 17),
        pace=10,
    )


def prepare(story: Story, start: float, language: str = "zh", inside: Path | None = None) -> Path:
    """A folder (`inside` another, else a temporary one) with site file and calendar of `story`.

    The site speaks `language`; the story begins at `start`, UTC seconds.
    """
    folder = Path(tempfile.mkdtemp(prefix="avctl-demo-", dir=inside))
    shutil.copytree(shipped("config"), folder / "config")
    site = folder / "config" / "site.yaml"
    site.write_text(_with_rooms(site.read_text(encoding="utf-8"), story, language), encoding="utf-8")
    (site.parent / "bookings.ics").write_text(calendar(story.meetings, start), encoding="utf-8")
    return folder


def shipped(name: str) -> Path:
    """A folder that comes with avctl: beside the package in a checkout, inside it when installed."""
    beside = _PACKAGE.parent / name
    return beside if beside.is_dir() else _PACKAGE / "shipped" / name


def calendar(meetings: Sequence[Meeting], start: float) -> str:
    """The meetings as iCalendar, counted from `start` (UTC seconds)."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//avctl//demo//EN"]
    for number, m in enumerate(meetings, 1):
        lines += ["BEGIN:VEVENT", f"UID:demo-{number}-{m.room}", f"DTSTAMP:{_stamp(start)}"]
        lines += [f"DTSTART:{_stamp(start + m.start)}", f"DTEND:{_stamp(start + m.end)}"]
        lines += [f"LOCATION:{m.room}", f"DESCRIPTION:{m.tag}", "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


def _stamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y%m%dT%H%M%SZ")


def _with_rooms(text: str, story: Story, language: str) -> str:
    """The shipped site with the rooms of `story`; further ones are furnished like those that are there."""
    from ruamel.yaml import YAML

    yaml = YAML(typ="rt")
    site = yaml.load(text)
    site["language"] = language
    for number, room in enumerate(r for r in story.rooms if r not in site["rooms"]):
        _furnish(site, ("301", "302", "303")[number % 3], room)
    for room in [r for r in site["rooms"] if r not in story.rooms]:
        _clear_out(site, room)
    for device in site["devices"].values():
        device["pace"] = story.pace
        if device["driver"] == "x32":
            device["options"] = {"meters": min(4.9, story.pace)}
    out = io.StringIO()
    yaml.dump(site, out)
    return out.getvalue()


def _furnish(site: Any, like: str, room: str) -> None:
    def renamed(part: Any) -> Any:
        return json.loads(re.sub(rf"(?<!\d){like}(?!\d)", room, json.dumps(part)))

    for section in ("rooms", "devices", "fixtures"):
        site[section].update(
            {renamed(k): renamed(v) for k, v in site[section].items() if like in str(k)},
        )
    site["links"].extend(renamed(line) for line in list(site["links"]) if f"r{like}-" in line)


def _clear_out(site: Any, room: str) -> None:
    del site["rooms"][room]
    for section in ("devices", "fixtures"):
        for name in [name for name, thing in site[section].items() if thing["room"] == room]:
            del site[section][name]
    site["links"][:] = [line for line in site["links"] if f"r{room}-" not in line]


class Simulators:
    """The simulated building as a process of its own. `places` is what it announced: addresses and secrets."""

    def __init__(self, site: Path, rooms: Sequence[str], lockstep: socket.socket | None = None) -> None:
        self._announce = site.parent.parent / "simulators.json"
        command = [sys.executable, "-m", "simulators", str(site), "--announce", str(self._announce)]
        command += ["--rooms", ",".join(rooms), "--control", "127.0.0.1:0"]
        if lockstep is not None:
            command += ["--lockstep", str(lockstep.fileno())]
        fds = [lockstep.fileno()] if lockstep is not None else []
        log = self._announce.with_suffix(".log").open("wb")
        # A session of its own: Ctrl-C in the terminal ends the daemon first, which then ends the simulators.
        self._process = subprocess.Popen(
            command, pass_fds=fds, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
        log.close()

    def wait(self) -> dict[str, Any]:
        """Block until every device stands; what they announced. Raises RuntimeError with their last words."""
        for _ in range(int(_READY / _LOOK)):
            if self._announce.exists() or self._gone():
                break
        if not self._announce.exists():
            words = self._announce.with_suffix(".log").read_text(errors="replace")[-2000:]
            raise RuntimeError(f"the simulators did not come up:\n{words}")
        places: dict[str, Any] = json.loads(self._announce.read_text())
        return places

    def _gone(self) -> bool:
        try:
            self._process.wait(_LOOK)
        except subprocess.TimeoutExpired:
            return False
        return True

    def end(self) -> None:
        """Ask them to go; make them go."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


async def befall(story: Story, control: str, told: Callable[[str], None] = lambda _: None) -> None:
    """Let everything happen at its time, counted from now on the running loop."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    for mishap in sorted(story.mishaps, key=lambda m: m.at):
        await asyncio.sleep(max(0.0, began + mishap.at - loop.time()))
        await _post(control + mishap.path, mishap.body)
        told(mishap.why)


async def _post(url: str, body: dict[str, Any]) -> None:
    import httpx

    async with httpx.AsyncClient(trust_env=False) as client:
        (await client.post(url, json=body, timeout=10)).raise_for_status()
