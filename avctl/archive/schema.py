"""The tables. `events` is the truth; PROJECTIONS are kept from it and can be made anew; DECLARED is the site file's.

Portable definitions (SQLAlchemy Core); migrations/ carries them from version to version, and a test holds the two
together. Times are UTC seconds. An index leads with what is sorted or looked up; none is kept for plain readings.
"""

from sqlalchemy import BigInteger, Column, Float, Index, Integer, LargeBinary, MetaData, Table, Text, text

REVISION = "0001"
"""The newest migration; a file that says so already needs none."""

tables = MetaData()

Number = BigInteger().with_variant(Integer, "sqlite")

events = Table(
    "events",
    tables,
    Column("seq", Number, primary_key=True, autoincrement=False),
    Column("at", Float, nullable=False),
    Column("cause", Number),
    Column("kind", Text, nullable=False),
    Column("room", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Index("events_by_device", "device", "seq", sqlite_where=text("kind <> 'read'")),
    Index("events_by_room", "room", "seq", sqlite_where=text("kind <> 'read'")),
)

# --- declared by the site file, kept when it changes

devices = Table(
    "devices",
    tables,
    Column("id", Text, primary_key=True),
    Column("room", Text, nullable=False),
    Column("driver", Text, nullable=False),
    Column("tag", Text, nullable=False),
    Column("asset", Text, nullable=False),  # JSON, as the site file states it
    Column("lamp_hours", Float),  # rated life, where the site states it
    Column("light_hours", Float),
    Column("since", Float, nullable=False),
    Column("gone", Float),  # when it left the site file
)

places = Table(
    "places",
    tables,
    Column("device", Text, primary_key=True),
    Column("since", Float, primary_key=True),
    Column("room", Text, nullable=False),
    Column("until", Float),
)

# --- kept from the events

identities = Table(
    "identities",
    tables,
    Column("device", Text, primary_key=True),
    Column("point", Text, primary_key=True),  # identity.model, identity.serial, identity.firmware, bay.3.serial
    Column("seq", Number, primary_key=True),
    Column("value", Text, nullable=False),
    Column("since", Float, nullable=False),
    Column("until", Float),
    Index("identities_now", "device", "point", unique=True, sqlite_where=text("until IS NULL")),
)

contacts = Table(
    "contacts",
    tables,
    Column("device", Text, primary_key=True),
    Column("reach", Text, nullable=False),
    Column("since", Float, nullable=False),
    Column("cause", Text),
    Column("detail", Text, nullable=False),
)

samples = Table(
    "samples",
    tables,
    Column("device", Text, primary_key=True),
    Column("point", Text, primary_key=True),
    Column("at", Float, primary_key=True),
    Column("value", Float, nullable=False),
    sqlite_with_rowid=False,
)

faults = Table(
    "faults",
    tables,
    Column("seq", Number, primary_key=True, autoincrement=False),  # of the event that raised it
    Column("key", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("part", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("room", Text, nullable=False),  # where the device stood at that time
    Column("booking", Text),  # the meeting it fell into
    Column("seen", Text, nullable=False),
    Column("limit", Text, nullable=False),
    Column("cause", Number, nullable=False),  # the event whose reading raised it
    Column("standing", Integer, nullable=False),  # it stood already when the daemon first looked
    Column("raised", Integer, nullable=False),  # how often it was raised while it stood (restarts)
    Column("occurred", Float, nullable=False),
    Column("detected", Float, nullable=False),
    Column("notified", Float),
    Column("acknowledged", Float),
    Column("acknowledged_by", Text),
    Column("mitigated", Float),
    Column("run", Text),  # the fallback that mitigated it
    Column("cleared", Float),
    Index("faults_open", "key", unique=True, sqlite_where=text("cleared IS NULL")),
    Index("faults_by_room", "room", "occurred"),
    Index("faults_by_device", "device", "occurred"),
)

runs = Table(
    "runs",
    tables,
    Column("run", Text, primary_key=True),
    Column("seq", Number, nullable=False),
    Column("room", Text, nullable=False),
    Column("playbook", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("started", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("booking", Text),
    Column("fault", Text),
    Column("steps", Integer, nullable=False),
    Column("began", Float, nullable=False),
    Column("ended", Float),
    Column("verdict", Text),
    Column("ending", Text),
    Column("restored", Integer),
    Column("said", Text),
    Column("took", Float),
    Index("runs_open", "seq", sqlite_where=text("ended IS NULL")),
    Index("runs_by_time", "began"),
    Index("runs_by_room", "room", "began"),
)

run_events = Table(
    "run_events",
    tables,
    Column("seq", Number, primary_key=True, autoincrement=False),
    Column("run", Text, nullable=False),
    Index("run_events_by_run", "run", "seq"),
)

steps = Table(
    "steps",
    tables,
    Column("run", Text, primary_key=True),
    Column("step", Text, primary_key=True),
    Column("seq", Number, nullable=False),  # of its first event: the order of steps
    Column("verb", Text),
    Column("doing", Text),
    Column("target", Text),
    Column("wanted", Text),
    Column("before", Text),
    Column("intended", Float),
    Column("done", Float),
    Column("verdict", Text),
    Column("said", Text),
    Column("saw", Text),
    Column("limit", Text),
    Column("took", Float),
    Column("device", Text),
    Column("needed", Integer),
    sqlite_with_rowid=False,
)

stages = Table(
    "stages",
    tables,
    Column("booking", Text, primary_key=True),
    Column("start", Float, primary_key=True),
    Column("stage", Text, primary_key=True),
    Column("room", Text, primary_key=True),
    Column("seq", Number, nullable=False),
    Column("at", Float, nullable=False),
    Column("playbook", Text),
    Column("rule", Text),
    Column("missed", Text),  # the reason, when it did not take place
    Index("stages_by_time", "at"),
)

commands = Table(
    "commands",
    tables,
    Column("id", Text, primary_key=True),
    Column("seq", Number, nullable=False),
    Column("device", Text, nullable=False),
    Column("point", Text, nullable=False),
    Column("value", Text),  # JSON
    Column("by", Text),
    Column("why", Text),
    Column("asked", Float),
    Column("done", Float),
    Column("answer", Number),  # the CommandDone that told its result first
    Index("commands_by_device", "device", "seq"),
)

wishes = Table(
    "wishes",
    tables,
    Column("id", Text, primary_key=True),
    Column("seq", Number, nullable=False),
    Column("room", Text, nullable=False),
    Column("playbook", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", Float, nullable=False),
    Column("run", Text),
    Column("refused", Text),
    Column("answer", Number),  # the PlayRefused
    Index("wishes_by_number", "seq"),
)

rooms = Table(
    "rooms",
    tables,
    Column("room", Text, primary_key=True),
    Column("phase", Text, nullable=False),
    Column("occupancy", Text, nullable=False),
    Column("booking", Text),
    Column("since", Float, nullable=False),
)

bookings = Table(
    "bookings",
    tables,
    Column("key", Text, primary_key=True),
    Column("short", Text, nullable=False),
    Column("room", Text, nullable=False),
    Column("start", Float, nullable=False),
    Column("end", Float, nullable=False),
    Column("status", Text, nullable=False),
    Column("seq", Number, nullable=False),  # the BookingChanged that said so last
    Index("bookings_by_end", "end"),
)

DECLARED = (devices, places)
PROJECTIONS = tuple(t for t in tables.tables.values() if t is not events and t not in DECLARED)
