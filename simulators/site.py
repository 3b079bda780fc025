"""What the simulators need to know of a site file: devices, fixtures, links. Mistakes are told with file and line.

This is not the daemon's reader: it reads less, and what it does not need it does not judge.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

_LINK = re.compile(r"(?P<source>\S+) (?P<verb>feeds|reaches) (?P<target>\S+)")
NETWORK = {
    "x32": "osc",
    "xair": "osc",
    "battery-mib": "snmp",
    "apc-rpdu": "snmp",
    "apc-rpdu2": "snmp",
    "apc-masterswitch": "snmp",
    "raritan-px2": "snmp",
    "ups-rfc1628": "snmp",
    "apc-ups": "snmp",
    "room-sensor": "snmp",
    "escvp21": "tcp",
    "pjlink": "pjlink",
    "nec": "nec",
    "ntcontrol": "ntcontrol",
    "adcp": "adcp",
    "cisco-xapi": "tcp",
    "extron-sis": "tcp",
    "lg-rs232": "tcp",
    "sony-bravia": "tcp",
    "tesira": "tcp",
    "qsys-qrc": "tcp",
    "poly": "tcp",
    "samsung-mdc": "tcp",
    "sennheiser-charger": "ssc",
    "sennheiser-receiver": "ssc",
    "shure-charger": "tcp",
    "shure-receiver": "tcp",
}
"""Drivers that have a simulator, and how it is reached when the url does not say `serial:`."""


class SiteMistake(Exception):
    """`file:line: what was found; what would be right`."""


@dataclass(frozen=True)
class Planned:
    """A device as the site file has it."""

    name: str
    room: str
    driver: str
    url: str
    options: Mapping[str, Any]
    simulate: Mapping[str, Any]


@dataclass(frozen=True)
class Fixture:
    """Something without a wire that signals pass through."""

    name: str
    room: str
    kind: str


@dataclass(frozen=True)
class Link:
    """`source feeds target` (mains) or `source reaches target` (signal)."""

    source: str
    verb: str
    target: str


@dataclass(frozen=True)
class Plan:
    """A site, as far as it can be simulated."""

    devices: tuple[Planned, ...]
    fixtures: tuple[Fixture, ...]
    links: tuple[Link, ...]

    def rooms(self) -> list[str]:
        """Names of all rooms that have something in them."""
        return sorted({device.room for device in self.devices} | {fixture.room for fixture in self.fixtures})

    def names(self) -> set[str]:
        """Names of everything a link may join."""
        return {device.name for device in self.devices} | {fixture.name for fixture in self.fixtures}


def read(file: Path, rooms: Collection[str] = ()) -> Plan:
    """The plan in `file`, or of only those `rooms`. Raises SiteMistake."""
    try:
        tree = YAML(typ="rt").load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SiteMistake(f"{file}: {error.strerror}") from error
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise SiteMistake(f"{file}:{line}: not YAML: {error.problem}") from error
    if not isinstance(tree, dict) or not isinstance(tree.get("devices"), dict):
        raise SiteMistake(f"{file}:1: no devices; a site file has a mapping `devices:`")
    return _only(_Reader(file, tree).plan(), rooms, file)


def _only(plan: Plan, rooms: Collection[str], file: Path) -> Plan:
    known = plan.rooms()
    for room in rooms:
        if room not in known:
            raise SiteMistake(f"{file}: no room {room!r} with devices; there are {', '.join(known)}")
    if not rooms:
        return plan
    devices = tuple(device for device in plan.devices if device.room in rooms)
    fixtures = tuple(fixture for fixture in plan.fixtures if fixture.room in rooms)
    names = Plan(devices, fixtures, ()).names()
    links = tuple(link for link in plan.links if _name(link.source) in names and _name(link.target) in names)
    return Plan(devices, fixtures, links)


def _name(address: str) -> str:
    return address.partition(".")[0]


class _Reader:
    """Reads one tree, and knows where in the file everything stood."""

    def __init__(self, file: Path, tree: Any) -> None:
        self._file, self._tree = file, tree

    def plan(self) -> Plan:
        devices = tuple(self._device(name, told) for name, told in self._tree["devices"].items())
        fixtures = tuple(
            Fixture(str(name), str(told.get("room", "")), str(told.get("kind", "")))
            for name, told in (self._tree.get("fixtures") or {}).items()
        )
        names = Plan(devices, fixtures, ()).names()
        links = self._tree.get("links") or []
        return Plan(devices, fixtures, tuple(self._link(links, i, names) for i in range(len(links))))

    def _device(self, name: str, told: Any) -> Planned:
        if not isinstance(told, dict) or "driver" not in told:
            self._wrong(self._tree["devices"], name, f"device {name} has no driver")
        if told["driver"] not in NETWORK:
            known = ", ".join(sorted(NETWORK))
            self._wrong(told, "driver", f"no simulator for driver {told['driver']!r}; there are simulators for {known}")
        simulate, options = told.get("simulate") or {}, told.get("options") or {}
        if not isinstance(simulate, dict):
            self._wrong(told, "simulate", f"`simulate` of {name} is {simulate!r}; it is a mapping")
        return Planned(
            str(name), str(told.get("room", "")), str(told["driver"]), str(told.get("url", "")), options, simulate
        )

    def _link(self, links: Any, index: int, names: set[str]) -> Link:
        found = _LINK.fullmatch(str(links[index]))
        if not found:
            self._wrong(links, index, f"link {links[index]!r}; a link reads `A feeds B` or `A reaches B`")
        assert found
        for end in (found["source"], found["target"]):
            if _name(end) not in names:
                self._wrong(links, index, f"link names {_name(end)!r}, which is neither a device nor a fixture")
        return Link(found["source"], found["verb"], found["target"])

    def _wrong(self, parent: Any, key: Any, what: str) -> None:
        line, _ = parent.lc.item(key) if isinstance(key, int) else parent.lc.key(key)
        raise SiteMistake(f"{self._file}:{line + 1}: {what}")
