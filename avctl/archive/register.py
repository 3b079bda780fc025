"""The devices, and the wear of what is in them: lamps, light sources, battery packs. Each question answers with tables.

Identity and meters are what the devices said themselves; room and tag are what the site file declares.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, or_, select

from avctl.archive.asked import Asked, is_, table
from avctl.archive.schema import contacts, devices, faults, identities, places, samples
from avctl.archive.table import Table
from avctl.archive.upkeep import device_tests, fault_history
from avctl.archive.wear import Sample, wear

RATED_LIGHT_HOURS = 20_000.0
"""Light-source hours of a laser projector whose rating nobody stated; the answer says that it is assumed."""

_Meter = tuple[str, str, str, tuple[float | None, float | None], list[Sample]]
"""Device, point, room, the rated hours of its lamp and of its light source, and all that was read, oldest first."""


def device_list(connection: Connection, asked: Asked) -> Sequence[Table]:
    """Every device in service: where, what it says it is, how it is reached, how many faults stand."""
    says = {name: _says(f"identity.{name}") for name in ("model", "serial", "firmware")}
    standing = select(func.count()).where(faults.c.device == devices.c.id, faults.c.cleared.is_(None)).scalar_subquery()
    query = select(
        devices.c.id, devices.c.room, devices.c.tag, devices.c.driver, *says.values(), contacts.c.reach, standing
    )
    query = query.select_from(devices.outerjoin(contacts, contacts.c.device == devices.c.id))
    query = query.where(devices.c.gone.is_(None), *is_(devices.c.room, asked.room), *is_(says["model"], asked.model))
    shape = "device room tag driver model serial firmware reach:word open:number"
    return [table("devices", shape, connection.execute(query.order_by(devices.c.room, devices.c.id)), asked.room)]


def device_file(connection: Connection, asked: Asked) -> Sequence[Table]:
    """Everything about one device (一机一档), by its id, tag or serial number; [] when there is none such."""
    id = _find(connection, asked.device)
    if id is None:
        return []
    of = Asked(now=asked.now, device=id, since=asked.since, until=asked.until, limit=asked.limit)
    own = select(devices.c.id, devices.c.room, devices.c.tag, devices.c.driver, contacts.c.reach, contacts.c.since)
    own = own.select_from(devices.outerjoin(contacts, contacts.c.device == devices.c.id)).where(devices.c.id == id)
    told = select(identities.c.point, identities.c.value, identities.c.since, identities.c.until)
    told = told.where(identities.c.device == id).order_by(identities.c.point, identities.c.since)
    moves = select(places.c.room, places.c.since, places.c.until).where(places.c.device == id).order_by(places.c.since)
    return [
        table("device", "device room tag driver reach:word since:time", connection.execute(own), id),
        table("identity", "point value since:time until:time", connection.execute(told), id),
        *fault_history(connection, of),
        *meters(connection, of),
        *device_tests(connection, of),
        table("moves", "room since:time until:time", connection.execute(moves), id),
    ]


def lamps(connection: Connection, asked: Asked) -> Sequence[Table]:
    """Lamps and light sources by life used, most used first, with the day each will have used it up."""
    found = []
    for device, point, room, rated, readings in _metered(connection, asked, ("lamp.%hours", "light.%hours")):
        light = point.startswith("light.")
        limit, source = (rated[light], "stated") if rated[light] else (RATED_LIGHT_HOURS if light else None, "assumed")
        if (now := wear(readings)) is not None:
            share, end = now.share(limit), now.end(limit)
            basis = source if limit else "unknown"
            found.append((room, device, point, now.used, limit, basis, share, now.per_day, end, now.readings, now.read))
    found.sort(key=lambda row: (-(row[6] if row[6] is not None else -1), -row[3]))
    shape = (
        "room device point used:hours rated:hours basis:word share:percent per_day:hours end:date readings:number "
        "read:time"
    )
    return [table("lamps", shape, (r for r in found if asked.above is None or (r[6] or 0) >= asked.above), asked.room)]


def batteries(connection: Connection, asked: Asked) -> Sequence[Table]:
    """Battery packs by health, weakest first; `below` leaves out those at or above it (percent)."""
    packs: dict[tuple[str, str, str], dict[str, tuple[float, float]]] = {}
    for device, point, room, _, readings in _metered(connection, asked, ("%.health", "%.cycles")):
        bay, _, what = point.rpartition(".")
        packs.setdefault((room, device, bay), {})[what] = readings[-1]
    serials = _serials(connection)
    rows = [
        (room, device, bay, serials.get((device, f"{bay}.serial"), ""), health, pack.get("cycles", (0, None))[1], read)
        for (room, device, bay), pack in packs.items()
        for read, health in [pack.get("health", (pack.get("cycles", (0.0, 0.0))[0], None))]
        if asked.below is None or (health is not None and health < asked.below)
    ]
    rows.sort(key=lambda row: (row[4] is None, row[4], row[0], row[1], row[2]))
    shape = "room device part serial health:percent cycles:number read:time"
    return [table("batteries", shape, rows, asked.room)]


def meters(connection: Connection, asked: Asked) -> Sequence[Table]:
    """The newest figure of every meter of a device, and since when it has been read."""
    newest = func.max(samples.c.at)
    query = select(samples.c.point, samples.c.value, newest, func.min(samples.c.at), func.count())
    query = query.where(*is_(samples.c.device, asked.device)).group_by(samples.c.device, samples.c.point)
    shape = "point value:number read:time since:time readings:number"
    return [table("meters", shape, connection.execute(query.order_by(samples.c.point)), asked.device)]


def _says(point: str) -> ColumnElement[Any]:
    """What a device says at `point` now, as a column beside it."""
    now = select(identities.c.value).where(identities.c.point == point, identities.c.until.is_(None))
    return now.where(identities.c.device == devices.c.id).scalar_subquery()


def _find(connection: Connection, wanted: str) -> str | None:
    """The device of this id, tag or serial number."""
    serial = select(identities.c.device).where(identities.c.value == wanted, identities.c.point == "identity.serial")
    match = or_(devices.c.id == wanted, devices.c.tag == wanted, devices.c.id.in_(serial))
    return connection.execute(select(devices.c.id).where(match).order_by(devices.c.gone.is_not(None))).scalar()


def _metered(connection: Connection, asked: Asked, patterns: Sequence[str]) -> Iterator[_Meter]:
    """Every meter that fits one of `patterns`, of the devices in service."""
    figures = (devices.c.id, samples.c.point, devices.c.room, devices.c.lamp_hours, devices.c.light_hours)
    query = select(*figures, samples.c.at, samples.c.value).join(samples, samples.c.device == devices.c.id)
    query = query.where(devices.c.gone.is_(None), or_(*(samples.c.point.like(p) for p in patterns)))
    query = query.where(*is_(devices.c.room, asked.room), *is_(devices.c.id, asked.device))
    rows = connection.execute(query.order_by(devices.c.id, samples.c.point, samples.c.at))
    for (device, point, room, lamp, light), readings in groupby(rows, lambda row: tuple(row[:5])):
        yield device, point, room, (lamp, light), [(row.at, row.value) for row in readings]


def _serials(connection: Connection) -> dict[tuple[str, str], str]:
    now = select(identities.c.device, identities.c.point, identities.c.value).where(identities.c.until.is_(None))
    return {(device, point): value for device, point, value in connection.execute(now)}
