"""What the names in a site file refer to: roles to devices, links to parts, drivers to addresses and options.

Everything wrong is found at once; nothing is connected. The shape of the file is `config`'s matter.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from pydantic import ValidationError

from avctl.document import Document, Mistake, Mistakes, nearest
from avctl.drivers import registry
from avctl.engine.rules import LIMITS
from avctl.model.house import DeviceSpec, House, Tie
from avctl.model.point import Point, part_of

_SECRET_KEYS = ("community", "auth", "priv", "password", "token", "key")


class Form(Protocol):
    """As much of the site form as the references need."""

    links: list[str]
    limits: dict[str, float]


class _Check:
    """One look through one site. `points` holds the points of every device whose driver could be built."""

    def __init__(self, document: Document, house: House, profiles: Path) -> None:
        self.document, self.house, self.profiles = document, house, profiles
        self.points: dict[str, Mapping[str, Point]] = {}

    def devices(self) -> Iterator[Mistake]:
        for device in self.house.devices.values():
            place = ("devices", device.id)
            if device.room not in self.house.rooms:
                yield self._unknown((*place, "room"), "room", device.room, self.house.rooms)
            yield from self._literal_secrets(device)
            yield from self._driver(device)

    def _driver(self, device: DeviceSpec) -> Iterator[Mistake]:
        place = ("devices", device.id)
        try:
            model = registry.options_model(device.driver, self.profiles)
            self.points[device.id] = registry.build(device, _NoClock(), _no_secret, self.profiles).points
        except registry.UnknownDriver as error:
            yield self._unknown((*place, "driver"), "driver", device.driver, error.known)
        except Mistakes as error:  # the driver is a profile, and there are mistakes in it
            yield from error.mistakes
        except registry.BrokenDriver as error:
            yield self.document.mistake((*place, "driver"), str(error))
        except ValidationError as error:
            yield from self.document.explained(error, model, (*place, "options"))
        except ValueError as error:
            yield self.document.mistake((*place, "url"), str(error))

    def _literal_secrets(self, device: DeviceSpec) -> Iterator[Mistake]:
        for key, value in device.options.items():
            if key in _SECRET_KEYS and not isinstance(value, Mapping):
                said = (
                    "a secret never stands in the site file: write {secret: name}, and keep it in a file of that name"
                )
                yield self.document.mistake(("devices", device.id, "options", key), said)

    def rooms(self) -> Iterator[Mistake]:
        for room in self.house.rooms.values():
            for role, target in room.roles.items():
                yield from self._end(("rooms", room.id, "roles", role), target, fixtures=False)
            for role, targets in room.spares.items():
                for i, target in enumerate(targets):
                    yield from self._end(("rooms", room.id, "spares", role, i), target, fixtures=False)

    def fixtures(self) -> Iterator[Mistake]:
        for fixture in self.house.fixtures.values():
            if fixture.room not in self.house.rooms:
                yield self._unknown(("fixtures", fixture.id, "room"), "room", fixture.room, self.house.rooms)
            if fixture.id in self.house.devices:
                yield self.document.mistake(("fixtures", fixture.id), "is the name of a device too")

    def links(self, lines: Sequence[str]) -> Iterator[Mistake]:
        for i, line in enumerate(lines):
            words = line.split()
            if len(words) != 3 or words[1] not in tuple(Tie):
                said = f'want "<from> feeds <to>" or "<from> reaches <to>"; found "{line}"'
                yield self.document.mistake(("links", i), said)
                continue
            yield from self._end(("links", i), words[0], fixtures=True)
            yield from self._end(("links", i), words[2], fixtures=True)

    def limits(self, limits: Iterable[str]) -> Iterator[Mistake]:
        for name in limits:
            if name not in LIMITS:
                yield self._unknown(("limits", name), "limit", name, LIMITS)

    def _end(self, place: Sequence[str | int], end: str, fixtures: bool) -> Iterator[Mistake]:
        node, _, part = end.partition(".")
        known = [*self.house.devices, *(self.house.fixtures if fixtures else ())]
        if node not in known:
            yield self._unknown(place, "device", node, known)
        elif part and node in self.points:
            parts = {p for name in self.points[node] for p in _parts(name)}
            if part not in parts:
                yield self._unknown(place, f"part of {node} called", part, parts)

    def _unknown(self, place: Sequence[str | int], sort: str, name: str, known: Iterable[str]) -> Mistake:
        return self.document.mistake(place, f'there is no {sort} "{name}".{nearest(name, known)}')


def mistakes_of(document: Document, house: House, form: Form, profiles: Path) -> list[Mistake]:
    """Every reference in the site that leads nowhere, and every option a driver does not take."""
    check = _Check(document, house, profiles)
    found = list(check.devices())
    found += [*check.rooms(), *check.fixtures(), *check.links(form.links), *check.limits(form.limits)]
    return found


def points_of(house: House, profiles: Path) -> dict[str, Mapping[str, Point]]:
    """What every device of a sound site can say and be told; nothing is connected."""
    built = {d.id: registry.build(d, _NoClock(), _no_secret, profiles) for d in house.devices.values()}
    return {device: driver.points for device, driver in built.items()}


def _parts(point: str) -> Iterator[str]:
    """`channel.01.mute` has the parts `channel.01` and `channel`, and counts itself (`main` of `main.mute`)."""
    yield point
    while point := part_of(point):
        yield point


class _NoClock:
    def now(self) -> float:
        return 0.0


def _no_secret(name: str) -> Any:
    return "not-a-secret"
