"""A whole simulated site: builds every device of the plan, couples them, opens their faces, and says where they are."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from simulators.charger import Charger
from simulators.control import Breakable, Control
from simulators.device import Device
from simulators.escvp21 import Projector
from simulators.faces import Face, PtyFace, TcpFace, UdpFace
from simulators.pdu import Pdu
from simulators.room import Room, couple
from simulators.site import Plan, Planned
from simulators.snmp import Agent
from simulators.x32 import Desk

COMMUNITY, USER, AUTH, PRIV = "public", "avctl", "auth-pass", "priv-pass"
"""What is used where the site file names no secret."""


@dataclass
class Place:
    """A running device: the device, its face, and the secrets it wants to hear."""

    device: Device
    face: Face
    secrets: dict[str, str] = field(default_factory=dict)


class Building:
    """All devices of a plan, alive between `open` and `close`."""

    def __init__(self, plan: Plan, lockstep: bool = False) -> None:
        self.rooms = {name: Room(name) for name in plan.rooms()}
        for fixture in plan.fixtures:
            self.rooms[fixture.room].add(fixture.name, fixture.kind)
        self.places = {planned.name: _place(planned, lockstep) for planned in plan.devices}
        devices = {name: place.device for name, place in self.places.items()}
        things: dict[str, Breakable] = dict(devices)
        couple(plan.links, devices, self.rooms)
        for room in self.rooms.values():
            things.update(room.fixtures)
        self.control = Control(things, self.rooms)

    async def open(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Everything reachable. Raises OSError when the control address is taken."""
        for place in self.places.values():
            await place.face.open()
        await self.control.open(host, port)

    async def close(self) -> None:
        """Everything gone."""
        await self.control.close()
        for place in self.places.values():
            await place.face.close()

    def announcement(self) -> dict[str, Any]:
        """Where everything is, for whoever wants to talk to it."""
        devices = {name: {"url": p.face.url, "secrets": p.secrets} for name, p in self.places.items()}
        return {"control": self.control.url, "devices": devices}

    def announce(self, file: Path) -> None:
        """Write the announcement in one piece: a reader finds all of it or nothing."""
        draft = file.with_name(f".{file.name}.{os.getpid()}")
        draft.write_text(json.dumps(self.announcement(), indent=1), encoding="utf-8")
        draft.replace(file)


def _place(planned: Planned, lockstep: bool) -> Place:
    match planned.driver:
        case "x32":
            desk = Desk(planned.name, planned.simulate)
            return Place(desk, UdpFace(desk, "osc"))
        case "escvp21":
            return _projector(planned, lockstep)
        case "battery-mib":
            charger = Charger(planned.name, planned.simulate)
            return Place(charger, UdpFace(charger, "snmp"), _credentials(charger.agent, planned.options))
        case "apc-rpdu2":
            pdu = Pdu(planned.name, planned.simulate)
            return Place(pdu, UdpFace(pdu, "snmp"), _credentials(pdu.agent, planned.options))
    raise AssertionError(planned.driver)  # `site` lets no other through


def _projector(planned: Planned, lockstep: bool) -> Place:
    """On a pty or on TCP, as the site file says; in lockstep always on TCP.

    The kernel hands on what is written to a pty a moment later, and in that moment both sides would believe that
    nothing is left to be done, and let time jump over the answer.
    """
    projector = Projector(planned.name, planned.simulate)
    url = urlsplit(planned.url)
    if url.scheme == "serial" and not lockstep:
        return Place(projector, PtyFace(projector, f"?{url.query}" if url.query else ""))
    return Place(projector, TcpFace(projector))


def _credentials(agent: Agent, options: Mapping[str, Any]) -> dict[str, str]:
    """Let in whom the site file lets in. Secrets are only named there, so their words are made up here."""
    secrets: dict[str, str] = {}

    def word(told: Any, otherwise: str) -> str:
        if isinstance(told, Mapping) and "secret" in told:
            return secrets.setdefault(str(told["secret"]), f"simulated-{told['secret']}")
        return otherwise if told is None else str(told)

    if str(options.get("version", "2c")) == "3":
        auth, priv = word(options.get("auth"), AUTH), word(options.get("priv"), PRIV)
        agent.user(str(options.get("user", USER)), auth, priv)
    else:
        agent.community(word(options.get("community"), COMMUNITY))
    return secrets
