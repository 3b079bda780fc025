"""The retained state topics: the latest of everything, each at most five times a second, at little cost a point.

A changed value only replaces its own piece of JSON; pieces are joined when the device's topic is due. So a thousand
changes a second cost a thousand small pieces and a few joins, not a thousand messages.
"""

import asyncio
import json
from typing import Any

from avctl.edges import sight
from avctl.edges.moment import iso
from avctl.edges.mqtt_link import Link
from avctl.engine.site import Site
from avctl.model import event as happened
from avctl.model.event import Event
from avctl.model.reading import Reading

_EVERY = 0.2  # seconds between two messages on one topic
_SETTLE = 0.02  # seconds from a change to its showing: what belongs together comes together, and results go first


class Showcase:
    """Knows which topics are out of date; `run` brings them up to date on one connection."""

    def __init__(self, site: Site, top: str) -> None:
        self._site, self._top = site, top
        self._pieces: dict[str, dict[str, str]] = {device: {} for device in site.house.devices}
        self._rooms: set[str] = set()
        self._devices: set[str] = set()
        self._values: set[str] = set()
        self._wake = asyncio.Event()

    def everything(self) -> None:
        """All of it is out of date: a broker that may know nothing is there."""
        self._rooms.update(self._site.rooms)
        self._devices.update(self._site.house.devices)
        for device, pieces in self._pieces.items():
            known = self._site.device(device).readings.values()
            pieces.update((reading.point, _piece(reading)) for reading in known)
        self._values.update(device for device, pieces in self._pieces.items() if pieces)
        self._wake.set()

    def changed(self, event: Event, room: str | None) -> None:
        """Note what an event puts out of date."""
        match event.body:
            case happened.Read(device, readings):
                if device in self._pieces:
                    self._pieces[device].update((r.point, _piece(r)) for r in readings)
                    self._values.add(device)
            case happened.ReachChanged(device) | happened.Held(device) | happened.Released(device):
                self._devices.add(device)
            case happened.FaultRaised(fault):
                self._devices.add(fault.key.device)
            case happened.FaultCleared(key) | happened.FaultAcknowledged(key) | happened.FaultMitigated(key):
                self._devices.add(key.device)
        if room is not None and not isinstance(event.body, happened.Read):
            self._rooms.add(room)
        if self._values or self._devices or self._rooms:
            self._wake.set()

    async def run(self, link: Link) -> None:
        """Show what is out of date, five times a second at most; sleep when nothing is."""
        while True:
            await self._wake.wait()
            await asyncio.sleep(_SETTLE)
            self._wake.clear()
            self._flush(link)
            await asyncio.sleep(_EVERY - _SETTLE)

    def _flush(self, link: Link) -> None:
        for kind, waiting in (("room", self._rooms), ("device", self._devices), ("values", self._values)):
            while waiting:
                name = waiting.pop()
                if not link.show(*self._message(kind, name)):
                    waiting.add(name)
                    self._wake.set()  # the socket cannot keep up: the rest waits, and only the latest is kept
                    return

    def _message(self, kind: str, name: str) -> tuple[str, bytes]:
        if kind == "room":
            return f"{self._top}/{name}/state/room", self._stamped(_summary(sight.room(self._site, name)))
        room = self._site.house.devices[name].room
        topic = f"{self._top}/{room}/state/{kind}/{name}"
        if kind == "device":
            body = sight.device(self._site, name)
            del body["facts"]
            return topic, self._stamped(body)
        now = iso(self._site.clock.now())
        return topic, f'{{"v":1,"ts":"{now}","values":{{{",".join(self._pieces[name].values())}}}}}'.encode()

    def _stamped(self, body: dict[str, Any]) -> bytes:
        stamped = {"v": 1, "ts": iso(self._site.clock.now()), **body}
        return json.dumps(stamped, ensure_ascii=False, separators=(",", ":")).encode()


def _piece(reading: Reading) -> str:
    value, at = json.dumps(reading.value, ensure_ascii=False), iso(reading.at)
    return f'"{reading.point}":{{"value":{value},"quality":"{reading.quality}","at":"{at}"}}'


def _summary(room: dict[str, Any]) -> dict[str, Any]:
    """The room without its devices, which have topics of their own."""
    counts: dict[str, int] = {}
    for device in room["devices"]:
        counts[device["health"]] = counts.get(device["health"], 0) + 1
    return {**{k: v for k, v in room.items() if k != "devices"}, "devices": counts}
