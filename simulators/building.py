"""A whole simulated site: builds every device of the plan, couples them, opens their faces, and says where they are."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from simulators import (
    adcp,
    cisco_xapi,
    escvpnet,
    extron_sis,
    lg_rs232,
    nec,
    ntcontrol,
    pjlink,
    poly,
    qsys_qrc,
    samsung_mdc,
    sennheiser_charger,
    sennheiser_receiver,
    shure_charger,
    shure_receiver,
    sony_bravia,
    tesira,
)
from simulators.charger import Charger
from simulators.control import Breakable, Control
from simulators.device import Device
from simulators.escvp21 import Projector
from simulators.faces import Face, PtyFace, TcpFace, UdpFace
from simulators.pdu import Pdu
from simulators.room import Room, couple
from simulators.sensor import Sensor
from simulators.site import Plan, Planned
from simulators.snmp import Agent
from simulators.ups import Ups
from simulators.x32 import Desk
from simulators.xair import Mixer

COMMUNITY, USER, AUTH, PRIV = "public", "avctl", "auth-pass", "priv-pass"
"""What is used where the site file names no secret."""

AGENTS: Mapping[str, tuple[type[Any], Mapping[str, Any]]] = {
    "battery-mib": (Charger, {}),
    "apc-rpdu": (Pdu, {}),
    "apc-rpdu2": (Pdu, {}),
    "apc-masterswitch": (Pdu, {}),
    "raritan-px2": (Pdu, {"raritan": True}),
    "ups-rfc1628": (Ups, {}),
    "apc-ups": (Ups, {"apc": True}),
    "room-sensor": (Sensor, {}),
}
"""SNMP profiles that have a simulator, and what it is told besides."""
STREAMS: Mapping[str, type[Any]] = {
    "escvp21": Projector,
    "pjlink": pjlink.Projector,
    "nec": nec.Projector,
    "ntcontrol": ntcontrol.Projector,
    "adcp": adcp.Projector,
    "cisco-xapi": cisco_xapi.Codec,
    "extron-sis": extron_sis.Switcher,
    "lg-rs232": lg_rs232.Display,
    "sony-bravia": sony_bravia.Display,
    "tesira": tesira.Server,
    "qsys-qrc": qsys_qrc.Core,
    "poly": poly.Group,
    "samsung-mdc": samsung_mdc.Display,
    "shure-charger": shure_charger.Charger,
    "shure-receiver": shure_receiver.Rack,
}
"""What answers on a byte stream, by the name of its driver."""

DATAGRAMS: Mapping[str, tuple[type[Any], str]] = {
    "sennheiser-charger": (sennheiser_charger.Charger, "ssc"),
    "sennheiser-receiver": (sennheiser_receiver.Rack, "ssc"),
    "x32": (Desk, "osc"),
    "xair": (Mixer, "osc"),
}
"""What answers in datagrams, and the scheme of its address."""


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
        case sender if sender in DATAGRAMS:
            kind, scheme = DATAGRAMS[sender]
            device = kind(planned.name, planned.simulate)
            return Place(device, UdpFace(device, scheme))
        case talker if talker in STREAMS:
            return _stream(planned, lockstep)
        case agent if agent in AGENTS:
            return _agent(planned)
    raise AssertionError(planned.driver)  # `site` lets no other through


def _agent(planned: Planned) -> Place:
    """Behind SNMP; with `traps: host:port` it sends its notifications there, from its own port."""
    kind, more = AGENTS[planned.driver]
    device = kind(planned.name, {**planned.simulate, **more})
    face, secrets = UdpFace(device, "snmp"), _credentials(device.agent, planned.options)
    if told := planned.simulate.get("traps"):
        host, _, port = str(told).rpartition(":")
        device.agent.traps_to((host, int(port)), face.send)
    return Place(device, face, secrets)


def _stream(planned: Planned, lockstep: bool) -> Place:
    """On a pty or on TCP, as the site file says; in lockstep always on TCP.

    The kernel hands on what is written to a pty a moment later, and in that moment both sides would believe that
    nothing is left to be done, and let time jump over the answer.
    """
    secrets, words = _password(planned.options)
    url = urlsplit(planned.url)
    kind = escvpnet.Projector if url.scheme == "escvpnet" else STREAMS[planned.driver]
    device = kind(planned.name, {**planned.simulate, **words})
    if url.scheme == "serial" and not lockstep:
        return Place(device, PtyFace(device, f"?{url.query}" if url.query else ""), secrets)
    return Place(device, TcpFace(device, "tcp" if url.scheme == "serial" else url.scheme), secrets)


def _password(options: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    """The secret the site file names as password, and what the device is told of it. Its word is made up here."""
    told = options.get("password")
    if not isinstance(told, Mapping) or "secret" not in told:
        return {}, {}
    word = f"simulated-{told['secret']}"
    return {str(told["secret"]): word}, {"password": word}


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
