"""The site file: from `config/site.yaml` to frozen values, or all mistakes at once with file:line:col.

This file knows the shape of the site file (keys, types, units). What the names in it refer to is `sitecheck`'s matter.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from avctl.document import Document, Mistakes, nearest
from avctl.model.house import DeviceSpec, Fixture, House, Link, RoomSpec, Tie
from avctl.sitecheck import mistakes_of

_UNITS = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}


def seconds(found: object) -> float:
    """`"60 min"`, `"90 s"` or a bare number of seconds. Raises ValueError."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(s|min|h|d)?\s*", str(found))
    if not match:
        raise ValueError('want a duration such as "60 min", "90 s" or 90')
    return float(match[1]) * _UNITS[match[2] or "s"]


def _zone(found: str) -> str:
    if found not in available_timezones():
        raise ValueError(f"there is no time zone {found!r}.{nearest(found, available_timezones())}")
    return found


def _listen(found: str) -> str:
    if not re.fullmatch(r"(\[[0-9a-fA-F:]+\]|[^:\s]+):\d{1,5}", found) or int(found.rpartition(":")[2]) > 65535:
        raise ValueError('want "host:port", such as "127.0.0.1:8080"')
    return found


Seconds = Annotated[float, BeforeValidator(seconds)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RoomForm(_Form):
    """`name` by language (or one text for all), seats, roles, spares by role, mixer scenes by purpose."""

    name: dict[str, str] | str
    seats: Annotated[int, Field(ge=0)] = 0
    roles: dict[Name, str] = {}
    spares: dict[Name, list[str]] = {}
    scenes: dict[Name, int] = {}


class DeviceForm(_Form):
    room: str
    driver: str
    url: str
    options: dict[str, Any] = {}
    asset: dict[str, Any] = {}
    simulate: dict[str, Any] = {}
    pace: Annotated[float, Field(ge=1, le=100)] = 1.0


class FixtureForm(_Form):
    room: str
    kind: str


class SourceForm(_Form):
    """Where bookings come from: an ICS file or URL, read `every` so many seconds."""

    kind: Annotated[str, Field(pattern="^ics$")]
    url: str
    every: Seconds = 60
    rooms: dict[str, str] = {}  # how this source calls a room: our id


class BookingsForm(_Form):
    """How long before a meeting what happens: lead, ready, guard, settle, and the sources."""

    lead: Seconds = 3600
    ready: Seconds = 1800
    guard: Seconds = 600
    settle: Seconds = 300
    sources: dict[Name, SourceForm] = {}
    templates: dict[str, str] = {}


class MqttForm(_Form):
    url: str = "embedded"
    prefix: Annotated[str, Field(pattern=r"^[^#+/\s]+$")] = "avctl"
    port: Annotated[int, Field(ge=0, le=65535)] = 0


class WebForm(_Form):
    listen: Annotated[str, AfterValidator(_listen)] = "127.0.0.1:8080"


class TrapsForm(_Form):
    """Where SNMP notifications are received, "host:port"; nowhere while it is not said. Port 162 takes a privilege."""

    listen: Annotated[str, AfterValidator(_listen)] | None = None

    @property
    def address(self) -> tuple[str, int] | None:
        """Host and port, or None."""
        if self.listen is None:
            return None
        host, _, port = self.listen.rpartition(":")
        return host.strip("[]"), int(port)


def _subnet(found: object) -> IPv4Network:
    """`10.20.1.0/24`; none larger than 4096 addresses. Raises ValueError."""
    try:
        net = IPv4Network(str(found))
    except ValueError as error:
        raise ValueError(f"{error}; want a subnet such as 10.20.1.0/24") from None
    if net.num_addresses > 4096:
        raise ValueError(f"{net} has {net.num_addresses} addresses; name the parts devices are in, /20 at most")
    return net


def _rate(found: object) -> float:
    """`200/s`. Raises ValueError."""
    match = re.fullmatch(r"\s*(\d+)\s*/\s*s\s*", str(found))
    if not match or not 1 <= int(match[1]) <= 1000:
        raise ValueError('want datagrams a second, "1/s" to "1000/s"')
    return float(match[1])


class DiscoverForm(_Form):
    """Where `avctl discover` may look, and how many datagrams a second it may send there."""

    subnets: Annotated[list[Annotated[IPv4Network, BeforeValidator(_subnet)]], Field(min_length=1)]
    budget: Annotated[float, BeforeValidator(_rate)] = 200.0


class ArchiveForm(_Form):
    url: str = "sqlite:///avctl.db"


class SiteForm(_Form):
    """The whole file."""

    site: Name
    timezone: Annotated[str, AfterValidator(_zone)]
    language: Annotated[str, Field(pattern="^(zh|en)$")] = "zh"
    rooms: dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+$")], RoomForm]
    devices: dict[Name, DeviceForm]
    fixtures: dict[Name, FixtureForm] = {}
    links: list[str] = []
    limits: dict[str, float] = {}
    bookings: BookingsForm = BookingsForm()
    mqtt: MqttForm = MqttForm()
    web: WebForm = WebForm()
    archive: ArchiveForm = ArchiveForm()
    traps: TrapsForm = TrapsForm()
    discover: DiscoverForm | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """A site that passed every check. `folder` is where its file lies; relative paths in it start there."""

    folder: Path
    house: House
    zone: ZoneInfo
    bookings: BookingsForm
    mqtt: MqttForm
    web: WebForm
    archive: ArchiveForm
    traps: TrapsForm
    discover: DiscoverForm | None

    @property
    def profiles(self) -> Path:
        return self.folder / "profiles"

    @property
    def playbooks(self) -> Path:
        return self.folder / "playbooks"


def load(path: Path) -> Settings:
    """Read and check a site file. Raises Mistakes with everything that is wrong in it."""
    document = Document.read(path)
    form, mistakes = document.validate(SiteForm)
    if form is None:
        raise Mistakes(mistakes)
    settings = _settings(form, path.parent)
    if mistakes := mistakes_of(document, settings.house, form, settings.profiles):
        raise Mistakes(mistakes)
    return settings


def _settings(form: SiteForm, folder: Path) -> Settings:
    house = House(
        name=form.site,
        timezone=form.timezone,
        language=form.language,
        rooms={id: _room(id, room) for id, room in form.rooms.items()},
        devices={
            id: DeviceSpec(id, d.room, d.driver, d.url, d.options, d.asset, d.pace) for id, d in form.devices.items()
        },
        fixtures={id: Fixture(id, f.room, f.kind) for id, f in form.fixtures.items()},
        links=tuple(_links(form.links)),
        limits=form.limits,
    )
    zone = ZoneInfo(form.timezone)
    parts = (form.bookings, form.mqtt, form.web, form.archive, form.traps, form.discover)
    return Settings(folder, house, zone, *parts)


def _room(id: str, form: RoomForm) -> RoomSpec:
    names: Mapping[str, str] = {"zh": form.name, "en": form.name} if isinstance(form.name, str) else form.name
    spares = {role: tuple(devices) for role, devices in form.spares.items()}
    return RoomSpec(id, names, form.seats, form.roles, spares, form.scenes)


def _links(lines: list[str]) -> list[Link]:
    """Lines of three words; others are left out here and told by `sitecheck`."""
    words = [line.split() for line in lines]
    return [Link(w[0], Tie(w[1]), w[2]) for w in words if len(w) == 3 and w[1] in tuple(Tie)]
