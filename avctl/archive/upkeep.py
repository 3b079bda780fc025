"""Faults, runs and what the tests found: questions about what happened. Each answers with tables."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from avctl.archive.asked import Asked, is_, table, within
from avctl.archive.events import from_json
from avctl.archive.schema import bookings, events, faults, runs, steps
from avctl.archive.table import Table
from avctl.archive.telling import telling


def open_faults(connection: Connection, asked: Asked) -> Sequence[Table]:
    """Faults that stand: room by room, oldest first (未修复故障清单)."""
    age = asked.now - faults.c.occurred
    query = select(
        faults.c.seq, faults.c.room, faults.c.device, faults.c.part, faults.c.name, faults.c.severity, faults.c.seen,
        faults.c.limit, faults.c.occurred, age, faults.c.notified, faults.c.acknowledged, faults.c.acknowledged_by,
        faults.c.mitigated,
    )  # fmt: skip
    query = query.where(faults.c.cleared.is_(None), *_of(asked)).order_by(faults.c.room, faults.c.occurred)
    shape = (
        "event:number room device part fault:word severity:word seen limit occurred:time age:seconds notified:time "
        "acknowledged:time by mitigated:time"
    )
    return [table("open-faults", shape, connection.execute(query), asked.room)]


def fault_history(connection: Connection, asked: Asked) -> Sequence[Table]:
    """Faults of a room or device in a period, newest first, each with all its times and the meeting it fell into."""
    met = select(bookings.c.short).where(bookings.c.key == faults.c.booking).scalar_subquery()
    query = select(
        faults.c.seq, faults.c.room, faults.c.device, faults.c.part, faults.c.name, faults.c.severity, faults.c.seen,
        faults.c.limit, faults.c.occurred, faults.c.detected, faults.c.notified, faults.c.acknowledged,
        faults.c.acknowledged_by, faults.c.mitigated, faults.c.run, faults.c.cleared,
        faults.c.cleared - faults.c.occurred, met,
    )  # fmt: skip
    query = query.where(*_of(asked), *within(faults.c.occurred, asked)).order_by(faults.c.occurred.desc())
    shape = (
        "event:number room device part fault:word severity:word seen limit occurred:time detected:time notified:time "
        "acknowledged:time by mitigated:time run cleared:time lasted:seconds meeting"
    )
    return [table("faults", shape, connection.execute(query.limit(asked.limit)), asked.room or asked.device)]


def run_list(connection: Connection, asked: Asked) -> Sequence[Table]:
    """Runs of playbooks, newest first; one run with all its steps when asked for by name."""
    if asked.run:
        return [_runs(connection, asked), _steps(connection, asked.run)]
    return [_runs(connection, asked)]


def device_tests(connection: Connection, asked: Asked) -> Sequence[Table]:
    """What self-tests and fallbacks found about one device, newest first."""
    query = select(
        steps.c.done, runs.c.playbook, steps.c.step, steps.c.verdict, steps.c.saw, steps.c.limit, steps.c.run
    )
    query = query.join(runs, runs.c.run == steps.c.run).where(steps.c.device == asked.device)
    query = query.where(*within(steps.c.done, asked)).order_by(steps.c.done.desc()).limit(asked.limit)
    shape = "done:time playbook step verdict:verdict saw limit run"
    return [table("tests", shape, connection.execute(query), asked.device)]


def tail(connection: Connection, asked: Asked) -> Sequence[Table]:
    """The newest events, oldest of them first."""
    query = select(events.c.seq, events.c.at, events.c.cause, events.c.kind, events.c.room, events.c.body)
    narrow = (*is_(events.c.room, asked.room), *is_(events.c.device, asked.device))
    if narrow:  # single readings are not indexed by place; their consequences are
        query = query.where(events.c.kind != "read", *narrow)
    newest = connection.execute(query.order_by(events.c.seq.desc()).limit(asked.limit)).all()
    rows = [(e.seq, e.at, e.kind, e.room, telling(from_json(e.kind, e.body)), e.cause) for e in reversed(newest)]
    return [table("events", "event:number at:time kind room what cause:number", rows, asked.room)]


def _of(asked: Asked) -> list[ColumnElement[bool]]:
    return [*is_(faults.c.room, asked.room), *is_(faults.c.device, asked.device)]


def _runs(connection: Connection, asked: Asked) -> Table:
    met: ColumnElement[Any] = select(bookings.c.short).where(bookings.c.key == runs.c.booking).scalar_subquery()
    query = select(
        runs.c.run, runs.c.room, runs.c.playbook, runs.c.started, runs.c.by, met, runs.c.fault, runs.c.began,
        runs.c.verdict, runs.c.ending, runs.c.restored, runs.c.took, runs.c.said,
    )  # fmt: skip
    query = query.where(*is_(runs.c.room, asked.room), *is_(runs.c.run, asked.run), *within(runs.c.began, asked))
    shape = (
        "run room playbook started:word by meeting fault began:time verdict:verdict ending:word restored:number "
        "took:seconds said"
    )
    return table("runs", shape, connection.execute(query.order_by(runs.c.began.desc()).limit(asked.limit)), asked.room)


def _steps(connection: Connection, run: str) -> Table:
    query = select(
        steps.c.step, steps.c.doing, steps.c.target, steps.c.wanted, steps.c.verdict, steps.c.saw, steps.c.limit,
        steps.c.said, steps.c.took, steps.c.done,
    )  # fmt: skip
    query = query.where(steps.c.run == run).order_by(steps.c.seq)
    shape = "step doing target wanted verdict:verdict saw limit said took:seconds done:time"
    return table("steps", shape, connection.execute(query), run)
