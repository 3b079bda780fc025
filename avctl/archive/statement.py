"""The changes the archive's tables know, as SQLite texts with `:name` places; `fold` says when each is made.

Written in SQLAlchemy Core and turned into text once: running a prepared text costs microseconds, a Core execution a
tenth of a millisecond, and every one of them stands between a fault and its first fallback command. Places named
like columns fill those columns; `b_…` stand in conditions.
"""

from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Table, and_, bindparam, func, literal_column, or_, select, update
from sqlalchemy.dialects.sqlite import Insert, dialect, insert
from sqlalchemy.sql.base import Executable

from avctl.archive import schema as s


def sql(statement: Executable, columns: str = "") -> str:
    """The text of a statement that fills `columns`."""
    compiled = statement.compile(dialect=dialect(paramstyle="named"), column_keys=columns.split() or None)  # type: ignore[attr-defined]
    return str(compiled)


def _b(name: str) -> BindParameter[Any]:
    return bindparam(f"b_{name}")


def _add(table: Table, columns: str) -> str:
    return sql(insert(table), columns)


def _put(table: Table, columns: str, keys: str) -> str:
    """Insert; a row that is there under the same `keys` takes the new figures."""
    new = insert(table)
    rest = [name for name in columns.split() if name not in keys.split()]
    return sql(new.on_conflict_do_update(keys.split(), set_={name: new.excluded[name] for name in rest}), columns)


def _first(table: Table, columns: str, keys: str) -> str:
    """Insert; a row that is there under the same `keys` stays as it is."""
    return sql(insert(table).on_conflict_do_nothing(keys.split()), columns)


# --- devices
CONTACT = _put(s.contacts, "device reach since cause detail", "device")
SAMPLE = _put(s.samples, "device point at value", "device point at")
_now = and_(s.identities.c.device == _b("device"), s.identities.c.point == _b("point"), s.identities.c.until.is_(None))
IDENTITY_ENDS = sql(
    update(s.identities).where(_now, s.identities.c.value != _b("value")).values(until=_b("at")),
)
IDENTITY_BEGINS = sql(
    insert(s.identities)
    .values(device=_b("device"), point=_b("point"), seq=_b("seq"), value=_b("value"), since=_b("at"))
    .on_conflict_do_nothing(["device", "point"], index_where=s.identities.c.until.is_(None))
)

# --- faults
_RAISED = (
    "seq key device part name severity room seen limit cause standing raised occurred detected "
    "acknowledged acknowledged_by mitigated"
)


def _raised() -> Insert:
    """A fault that stands already is not raised anew: its count grows, its times stay."""
    meeting = select(s.rooms.c.booking).where(s.rooms.c.room == _b("room")).scalar_subquery()
    new = insert(s.faults).values(booking=meeting)
    again = {"raised": s.faults.c.raised + literal_column("1"), "severity": new.excluded.severity}
    return new.on_conflict_do_update(["key"], index_where=s.faults.c.cleared.is_(None), set_=again)


def _open(*more: ColumnElement[bool]) -> ColumnElement[bool]:
    return and_(s.faults.c.cleared.is_(None), *more)


def _named() -> ColumnElement[bool]:
    """Faults a notice is about: named as its incident, or answered by the run it came from."""
    by_name = select(s.runs.c.fault).where(s.runs.c.run == _b("incident"))
    by_cause = (
        select(s.runs.c.fault)
        .join(s.run_events, s.run_events.c.run == s.runs.c.run)
        .where(s.run_events.c.seq == _b("cause"))
    )
    key = s.faults.c.key
    return or_(key == _b("incident"), key.in_(by_name), key.in_(by_cause), s.faults.c.seq == _b("cause"))


_this = s.faults.c.key == _b("key")
RAISED = sql(_raised(), _RAISED)
MITIGATED = sql(
    update(s.faults).where(_open(_this, s.faults.c.mitigated.is_(None))).values(mitigated=_b("at"), run=_b("run"))
)
ACKNOWLEDGED = sql(
    update(s.faults)
    .where(_open(_this, s.faults.c.acknowledged.is_(None)))
    .values(acknowledged=_b("at"), acknowledged_by=_b("by"))
)
CLEARED = sql(update(s.faults).where(_open(_this)).values(cleared=_b("at")))
NOTIFIED = sql(update(s.faults).where(_open(s.faults.c.notified.is_(None), _named())).values(notified=_b("at")))

# --- runs and their steps
RUN_EVENT = _add(s.run_events, "seq run")
STARTED = _first(s.runs, "run seq room playbook version started by booking fault steps began", "run")
ENDED = sql(
    update(s.runs)
    .where(s.runs.c.run == _b("run"), s.runs.c.ended.is_(None))
    .values({name: _b(name) for name in ("ended", "verdict", "ending", "restored", "said", "took")})
)
INTENDED = sql(
    (_new := insert(s.steps)).on_conflict_do_update(
        ["run", "step"],
        set_={n: _new.excluded[n] for n in ("verb", "doing", "target", "wanted", "before", "intended")},
    ),
    "run step seq verb doing target wanted before intended",
)
STEP_DONE = sql(
    _new.on_conflict_do_update(
        ["run", "step"],
        set_={n: _new.excluded[n] for n in ("done", "verdict", "said", "saw", "limit", "took", "device", "needed")},
    ),
    "run step seq done verdict said saw limit took device needed",
)

# --- commands and wishes: the first result is the result
ASKED = _first(s.commands, "id seq device point value by why asked", "id")
DONE = sql(
    (_done := insert(s.commands)).on_conflict_do_update(
        ["id"],
        set_={"done": _done.excluded.done, "answer": _done.excluded.answer},
        where=s.commands.c.answer.is_(None),
    ),
    "id seq device point done answer",
)
WANTED = _first(s.wishes, "id seq room playbook by at", "id")
REFUSED = sql(
    update(s.wishes)
    .where(s.wishes.c.id == _b("id"), s.wishes.c.run.is_(None))
    .values(refused=_b("refused"), answer=_b("answer"))
)
GRANTED = sql(update(s.wishes).where(s.wishes.c.seq == _b("cause")).values(run=_b("run")))

# --- rooms, bookings, and which of a booking's runs took place
PHASE = _put(s.rooms, "room phase occupancy booking since", "room")
BOOKING = _put(s.bookings, "key short room start end status seq", "key")
_STAGE = "booking start stage room"
DUE = _put(s.stages, f"{_STAGE} seq at playbook rule", _STAGE)


def _missed() -> Insert:
    """A missed run belongs to the start its booking has now."""
    start = select(s.bookings.c.start).where(s.bookings.c.key == _b("booking")).scalar_subquery()
    new = insert(s.stages).values(start=func.coalesce(start, literal_column("0"))).inline()
    return new.on_conflict_do_update(_STAGE.split(), set_={"missed": new.excluded.missed})


MISSED = sql(_missed(), "booking stage room seq at missed")

# --- what the site file declares
_declared = insert(s.devices)
DEVICE = sql(
    _declared.on_conflict_do_update(
        ["id"],
        set_={
            n: _declared.excluded[n] for n in ("room", "driver", "tag", "asset", "lamp_hours", "light_hours", "gone")
        },
    ),
    "id room driver tag asset lamp_hours light_hours since gone",
)
GONE = sql(update(s.devices).where(s.devices.c.id == _b("id")).values(gone=_b("at")))
LEFT = sql(
    update(s.places)
    .where(s.places.c.device == _b("device"), s.places.c.until.is_(None), s.places.c.room != _b("room"))
    .values(until=_b("at"))
)
_here = select(s.places.c.device).where(s.places.c.device == _b("device"), s.places.c.until.is_(None))
MOVED = sql(
    insert(s.places).from_select(
        ["device", "since", "room"], select(_b("device"), _b("at"), _b("room")).where(~_here.exists())
    )
)
