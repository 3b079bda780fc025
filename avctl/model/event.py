"""Everything that happens, as numbered values: each event knows the number of the event that caused it.

`Body` is a closed union: a subscriber that matches on it ends with `assert_never`. Numbers grow without holes within
one archive; they are the order of things, and `avctl why N` walks the causes back.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from avctl.model.booking import Booking, BookingKey
from avctl.model.command import Command, TestClass
from avctl.model.fault import Fault, FaultKey
from avctl.model.health import Cause, Reach
from avctl.model.outcome import Outcome, Verdict
from avctl.model.reading import Reading


class Phase(StrEnum):
    """What a room is being used for, by booking and by evidence."""

    IDLE = "idle"
    PREPARING = "preparing"  # from the lead before a booking until it begins
    MEETING = "meeting"
    ENDING = "ending"  # booked end passed or room left, not yet put away


class Occupancy(StrEnum):
    """Whether people are in the room, by evidence; the newest evidence wins."""

    FREE = "free"
    SOON = "soon"
    OCCUPIED = "occupied"
    UNKNOWN = "unknown"


class Started(StrEnum):
    """What set a run off."""

    SCHEDULE = "schedule"
    FAULT = "fault"
    OPERATOR = "operator"
    RESUME = "resume"


@dataclass(frozen=True, slots=True)
class DaemonStarted:
    """First event of every life of the daemon; `simulated` when it drives simulators."""

    kind: ClassVar[str] = "daemon-started"
    version: str
    config: str
    simulated: bool


@dataclass(frozen=True, slots=True)
class DaemonStopped:
    kind: ClassVar[str] = "daemon-stopped"
    why: str


@dataclass(frozen=True, slots=True)
class Read:
    """Readings of one device that differ from what was known (unchanged ones only renew their freshness)."""

    kind: ClassVar[str] = "read"
    device: str
    readings: tuple[Reading, ...]


@dataclass(frozen=True, slots=True)
class ReachChanged:
    """The conversation with a device came up, became doubtful or broke off, and why."""

    kind: ClassVar[str] = "reach-changed"
    device: str
    reach: Reach
    cause: Cause | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class FaultRaised:
    """A fault is confirmed and stands from now on. `standing`: it already stood when the daemon looked first."""

    kind: ClassVar[str] = "fault-raised"
    fault: Fault
    room: str
    standing: bool = False


@dataclass(frozen=True, slots=True)
class FaultMitigated:
    """The service is back by other means; the fault itself still stands."""

    kind: ClassVar[str] = "fault-mitigated"
    key: FaultKey
    run: str


@dataclass(frozen=True, slots=True)
class FaultAcknowledged:
    kind: ClassVar[str] = "fault-acknowledged"
    key: FaultKey
    by: str


@dataclass(frozen=True, slots=True)
class FaultCleared:
    kind: ClassVar[str] = "fault-cleared"
    key: FaultKey
    room: str
    since: float


@dataclass(frozen=True, slots=True)
class Held:
    """Somebody works on a device until then (UTC seconds): it is left alone, and nothing is made of its silence."""

    kind: ClassVar[str] = "held"
    device: str
    until: float
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class Released:
    """The work on a device is done. `by` is empty where the time was up and nobody had to say so."""

    kind: ClassVar[str] = "released"
    device: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class CommandAsked:
    """Somebody wishes; nothing has been sent yet."""

    kind: ClassVar[str] = "command-asked"
    command: Command


@dataclass(frozen=True, slots=True)
class CommandDone:
    """What became of a wish: the read-back if it was carried out, `said` the reason in words if not.

    `ending` is one word for programs: "done", "denied", "confirm-required", "expired", "superseded", "no-answer",
    "refused" or "not-obeyed".
    """

    kind: ClassVar[str] = "command-done"
    id: str
    device: str
    point: str
    verdict: Verdict
    said: str
    reading: Reading | None = None
    ending: str = "done"


@dataclass(frozen=True, slots=True)
class BookingChanged:
    """A booking is new, moved, changed or gone. `before` is None for a new one; a gone one has status CANCELLED."""

    kind: ClassVar[str] = "booking-changed"
    booking: Booking
    before: Booking | None = None


@dataclass(frozen=True, slots=True)
class SourceTrouble:
    """A booking source failed or looks wrong; the last good plan stays in force. `trouble` "" means well again.

    `blind`: nothing is heard of it any more. Otherwise it is heard, and part of what it says cannot be used.
    """

    kind: ClassVar[str] = "source-trouble"
    source: str
    trouble: str
    blind: bool = True


@dataclass(frozen=True, slots=True)
class Due:
    """The plan says: run `playbook` in `room` now, for `booking`, touching people at most as `most` allows.

    `stage` names which of a booking's runs it is ("look", "pre-meeting", "shutdown"); `rule` the rule that decided
    (R1…). `until` is when the room must be quiet again (UTC seconds); `short` allows the must-have steps only.
    """

    kind: ClassVar[str] = "due"
    room: str
    booking: Booking
    stage: str
    playbook: str
    most: TestClass
    rule: str
    why: str
    until: float | None = None
    short: bool = False


@dataclass(frozen=True, slots=True)
class Missed:
    """A run that was due did not take place, with the reason. `start` says of which version of the booking (UTC s)."""

    kind: ClassVar[str] = "missed"
    room: str
    booking: BookingKey
    stage: str
    why: str
    start: float = 0.0
    rule: str = ""


@dataclass(frozen=True, slots=True)
class PhaseChanged:
    kind: ClassVar[str] = "phase-changed"
    room: str
    phase: Phase
    occupancy: Occupancy
    booking: BookingKey | None
    why: str


@dataclass(frozen=True, slots=True)
class PlayWanted:
    """Somebody asks for a playbook: a person over CLI or MQTT, or another playbook."""

    kind: ClassVar[str] = "play-wanted"
    id: str
    room: str
    playbook: str
    by: str
    why: str
    arguments: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class PlayRefused:
    kind: ClassVar[str] = "play-refused"
    id: str
    room: str
    playbook: str
    why: str


@dataclass(frozen=True, slots=True)
class PlayStarted:
    """A run begins. `steps` is how many it has at most; `most`, `until` and `short` are as the plan's `Due` said."""

    kind: ClassVar[str] = "play-started"
    run: str
    room: str
    playbook: str
    version: str
    started: Started
    by: str
    steps: int
    booking: Booking | None = None
    fault: FaultKey | None = None
    most: TestClass = TestClass.DISRUPTIVE
    until: float | None = None
    short: bool = False
    arguments: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class StepIntended:
    """Written, and durable, before a step acts. `before` is the value to go back to, `target` "device.point"."""

    kind: ClassVar[str] = "step-intended"
    run: str
    step: str
    verb: str
    doing: str
    test_class: TestClass
    target: str = ""
    wanted: str = ""
    before: str = ""


@dataclass(frozen=True, slots=True)
class StepDone:
    kind: ClassVar[str] = "step-done"
    run: str
    step: str
    outcome: Outcome
    device: str = ""
    needed: bool = True


@dataclass(frozen=True, slots=True)
class StepWaits:
    """A step asks people something, or waits for a time: until when (UTC seconds), and what the answers are."""

    kind: ClassVar[str] = "step-waits"
    run: str
    step: str
    asks: str
    until: float
    answers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answered:
    """A person answers a step that waits."""

    kind: ClassVar[str] = "answered"
    run: str
    step: str
    answer: str
    by: str


@dataclass(frozen=True, slots=True)
class PlayEnded:
    """Every run ends, once: `ending` is "finished", "stopped", "aborted" or "interrupted"."""

    kind: ClassVar[str] = "play-ended"
    run: str
    room: str
    playbook: str
    verdict: Verdict
    ending: str
    restored: bool
    said: str
    took: float


@dataclass(frozen=True, slots=True)
class Notice:
    """A message for people: `to` is a role ("engineer", "service", "office", "maintenance"), `text` by language."""

    kind: ClassVar[str] = "notice"
    room: str
    to: str
    severity: str
    text: tuple[tuple[str, str], ...]
    incident: str = ""


@dataclass(frozen=True, slots=True)
class Dropped:
    """A subscriber could not keep up: how many readings it never saw. Faults, commands and steps are never dropped."""

    kind: ClassVar[str] = "dropped"
    subscriber: str
    count: int


Body = (
    DaemonStarted
    | DaemonStopped
    | Read
    | ReachChanged
    | FaultRaised
    | FaultMitigated
    | FaultAcknowledged
    | FaultCleared
    | Held
    | Released
    | CommandAsked
    | CommandDone
    | BookingChanged
    | SourceTrouble
    | Due
    | Missed
    | PhaseChanged
    | PlayWanted
    | PlayRefused
    | PlayStarted
    | StepIntended
    | StepDone
    | StepWaits
    | Answered
    | PlayEnded
    | Notice
    | Dropped
)


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened: its number, when (UTC seconds), the number of what caused it, and what it was."""

    seq: int
    at: float
    cause: int | None
    body: Body
