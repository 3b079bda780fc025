"""What the daemon remembers after a restart: runs not ended, faults that stand, stages done, commands answered.

Each is a function of a connection (see `reader`); all are read once at start, except `command_result` and `wish`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, select

from avctl.archive.events import from_json
from avctl.archive.schema import bookings, commands, events, faults, identities, run_events, runs, stages, wishes
from avctl.model.booking import Booking
from avctl.model.event import BookingChanged, CommandDone, Event
from avctl.model.fault import Fault, FaultKey, Severity

_EVENT = (events.c.seq, events.c.at, events.c.cause, events.c.kind, events.c.body)


@dataclass(frozen=True, slots=True)
class Wish:
    """What became of a playbook that was asked for by id: the run it became, or why not; both "" while undecided."""

    id: str
    run: str
    refused: str


def event(row: RowMapping) -> Event:
    """A row of `events` as the event it was."""
    return Event(row["seq"], row["at"], row["cause"], from_json(row["kind"], row["body"]))


def run_of(connection: Connection, run: str) -> list[Event]:
    """Everything a run said, in order."""
    own = select(*_EVENT).join(run_events, run_events.c.seq == events.c.seq).where(run_events.c.run == run)
    return [event(row) for row in connection.execute(own.order_by(events.c.seq)).mappings()]


def open_runs(connection: Connection) -> list[list[Event]]:
    """The runs that began and never ended, oldest first, each with all its events from PlayStarted on."""
    names = connection.execute(select(runs.c.run).where(runs.c.ended.is_(None)).order_by(runs.c.seq)).scalars()
    return [run_of(connection, run) for run in list(names)]


def done_stages(connection: Connection, since: float) -> set[tuple[str, str, float, str]]:
    """(room, booking, start, stage) of everything that was due, or missed, and is not to be due again.

    `since` (UTC seconds) bounds both when it happened and the start of the meeting: the later of the two counts.
    """
    recent = (stages.c.at >= since) | (stages.c.start >= since)
    rows = connection.execute(select(stages.c.room, stages.c.booking, stages.c.start, stages.c.stage).where(recent))
    return {(room, booking, start, stage) for room, booking, start, stage in rows}


def runs_started(connection: Connection, since: float) -> list[Event]:
    """The PlayStarted of every run that began after `since` (UTC seconds), oldest first."""
    begun = select(*_EVENT).join(runs, runs.c.seq == events.c.seq).where(runs.c.began >= since)
    return [event(row) for row in connection.execute(begun.order_by(events.c.seq)).mappings()]


def command_result(connection: Connection, id: str, since: float = 0.0) -> CommandDone | None:
    """What was answered first to the command `id`, if that was after `since` (UTC seconds)."""
    first = select(*_EVENT).join(commands, commands.c.answer == events.c.seq)
    row = connection.execute(first.where(commands.c.id == id, commands.c.done >= since)).mappings().first()
    found = None if row is None else event(row).body
    return found if isinstance(found, CommandDone) else None


def past(connection: Connection, id: str) -> list[Event]:
    """What was asked for under `id`, a command or a playbook, and what came of it; [] when nothing was asked."""
    asked = select(commands.c.seq, commands.c.answer).where(commands.c.id == id)
    wanted = select(wishes.c.seq, wishes.c.answer).where(wishes.c.id == id)
    ended = select(run_events.c.seq).join(wishes, wishes.c.run == run_events.c.run).where(wishes.c.id == id)
    numbers = {seq for found in (asked, wanted, ended) for row in connection.execute(found) for seq in row if seq}
    told = select(*_EVENT).where(events.c.seq.in_(numbers), events.c.kind.not_like("step-%"))
    return [event(row) for row in connection.execute(told.order_by(events.c.seq)).mappings()]


def unfinished_commands(connection: Connection, since: float) -> list[Event]:
    """The CommandAsked after `since` that nobody knows the end of: sent or not, the answer is "uncertain"."""
    undone = select(*_EVENT).join(commands, commands.c.seq == events.c.seq)
    undone = undone.where(commands.c.answer.is_(None), commands.c.asked >= since).order_by(events.c.seq)
    return [event(row) for row in connection.execute(undone).mappings()]


def wish(connection: Connection, id: str) -> Wish | None:
    """What became of the playbook asked for with `id`; None when nobody asked."""
    row = connection.execute(select(wishes.c.run, wishes.c.refused).where(wishes.c.id == id)).first()
    return None if row is None else Wish(id, row.run or "", row.refused or "")


def standing_faults(connection: Connection) -> list[Fault]:
    """The faults that stood when the daemon was last alive, oldest first."""
    standing = select(faults).where(faults.c.cleared.is_(None)).order_by(faults.c.occurred, faults.c.seq)
    return [_fault(row) for row in connection.execute(standing).mappings()]


def known_identities(connection: Connection) -> Mapping[str, Mapping[str, str]]:
    """What each device last said it is: device -> point ("identity.serial", …) -> value."""
    known: dict[str, dict[str, str]] = {}
    now = select(identities.c.device, identities.c.point, identities.c.value).where(identities.c.until.is_(None))
    for device, point, value in connection.execute(now):
        known.setdefault(device, {})[point] = value
    return known


def known_bookings(connection: Connection, since: float) -> list[Booking]:
    """The bookings as last heard of that end after `since`, cancelled ones too."""
    last = select(*_EVENT).join(bookings, bookings.c.seq == events.c.seq).where(bookings.c.end >= since)
    bodies = (event(row).body for row in connection.execute(last.order_by(bookings.c.start)).mappings())
    return [body.booking for body in bodies if isinstance(body, BookingChanged)]


def why(connection: Connection, seq: int) -> list[Event]:
    """The event `seq` and what caused it, and what caused that, back to the beginning. [] when there is none such."""
    chain: list[Event] = []
    cause: int | None = seq
    while cause is not None and (not chain or cause < chain[-1].seq):
        row = connection.execute(select(*_EVENT).where(events.c.seq == cause)).mappings().first()
        if row is None:
            break
        chain.append(event(row))
        cause = chain[-1].cause
    return chain


def _fault(row: RowMapping) -> Fault:
    return Fault(
        key=FaultKey(row["device"], row["name"], row["part"]),
        severity=Severity(row["severity"]),
        since=row["occurred"],
        by=row["cause"],
        seen=row["seen"],
        limit=row["limit"],
        confirmed=row["detected"],
        mitigated=row["mitigated"],
        acknowledged=row["acknowledged"],
        acknowledged_by=row["acknowledged_by"] or "",
    )


def happened(connection: Connection, kinds: Collection[str], since: float) -> list[Event]:
    """The events of some kinds since a time (UTC seconds), in order."""
    of_kind = select(*_EVENT).where(events.c.kind.in_(kinds), events.c.at >= since).order_by(events.c.seq)
    return [event(row) for row in connection.execute(of_kind).mappings()]


def after(connection: Connection, seq: int, limit: int) -> list[Event]:
    """The events after number `seq`, oldest first, at most `limit`."""
    later = select(*_EVENT).where(events.c.seq > seq).order_by(events.c.seq).limit(limit)
    return [event(row) for row in connection.execute(later).mappings()]
