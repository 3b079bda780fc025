"""What a playbook is: frozen values, no behaviour but looking things up. `load` makes them, `run` performs them.

Seven verbs (`expect set wait say ask together run`), no expressions, and no templates but role names in braces.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from avctl.model.booking import Needs
from avctl.model.command import TestClass
from avctl.model.event import Phase
from avctl.model.fault import Severity
from avctl.model.reading import Value
from avctl.playbooks.limit import Limits

Texts = Mapping[str, str]
"""A sentence by language ("zh", "en")."""

EVERY = "*"
"""As a role: every device of the room, one step each."""


class Mode(StrEnum):
    """What happens when a playbook is wanted while it runs in the same room."""

    SINGLE = "single"  # the second is refused
    RESTART = "restart"  # the first is stopped and restored
    QUEUED = "queued"  # the second comes after the first


class Kind(StrEnum):
    """What a playbook is for; it decides who goes first and what people in the room forbid."""

    TEST = "test"  # gives way to everything; restores what it changed
    CLOSING = "closing"  # puts the room away
    FALLBACK = "fallback"  # brings a service back in a running meeting


class Need(StrEnum):
    """What of a meeting a step serves."""

    PROJECTION = "projection"
    MICS = "mics"
    WIRELESS = "wireless"
    CONFERENCE = "conference"
    RECORDING = "recording"
    SPARE = "spare"  # nothing depends on it until something else fails
    CONFIDENTIAL = "confidential"  # a step for confidential meetings only
    NOT_CONFIDENTIAL = "not-confidential"  # a step that a confidential meeting must not see


def wanted(need: "Need | None", needs: Needs) -> bool:
    """Whether a meeting needs it. What was not stated is needed: unknown is not zero."""
    match need:
        case None:
            return True
        case Need.SPARE:
            return False
        case Need.CONFIDENTIAL:
            return needs.confidential
        case Need.NOT_CONFIDENTIAL:
            return not needs.confidential
        case Need.WIRELESS:
            return not needs.confidential and (needs.wireless is None or needs.wireless > 0)
        case Need.MICS:
            return needs.mics is None or needs.mics > 0
        case _:
            return getattr(needs, need.value) is not False


@dataclass(frozen=True, slots=True)
class FaultTrigger:
    """A confirmed fault `name` of whoever plays `role` ("*": of any device), at least this severe, in this phase."""

    role: str
    name: str
    during: Phase | None = None
    severity: Severity = Severity.CRITICAL


@dataclass(frozen=True, slots=True)
class DueTrigger:
    """The plan says that this stage of a booking is due ("pre-meeting", "shutdown")."""

    stage: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value that a playbook leaves open: the one who starts it may choose, or `with:` says."""

    name: str


@dataclass(frozen=True, slots=True)
class Expect:
    """Ask the device now and judge: a point (with `*` for any part) against limits, or a named check."""

    role: str
    point: str = ""
    limits: Limits | None = None
    check: str = ""


@dataclass(frozen=True, slots=True)
class Set:
    """Set a point and see that the device says so. `keep`: stays so after a test (a lamp is struck once)."""

    role: str
    point: str
    value: Value | Parameter
    keep: bool = False


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait `seconds`, or until a point says what is wanted."""

    seconds: float = 0.0
    until: Expect | None = None


@dataclass(frozen=True, slots=True)
class Say:
    """Tell people of a role something."""

    to: str
    severity: str
    text: Texts


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask people; the first of `answers` is the good one. No answer in time is UNCONFIRMED, never a pass."""

    to: str
    text: Texts
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Together:
    """Steps at the same time; done when all are."""

    steps: "tuple[Step, ...]"


@dataclass(frozen=True, slots=True)
class RunPlay:
    """The steps of another playbook, here."""

    playbook: str


Action = Expect | Set | Wait | Say | Ask | Together | RunPlay


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `within` and `slow` are seconds: at `within` it is over, from `slow` on it passes with a warning.

    `otherwise` None stops the playbook; steps are done instead, and then it goes on; () simply goes on.
    `must` steps are done even when there is time for little.
    """

    id: str
    action: Action
    within: float
    slow: float | None = None
    otherwise: "tuple[Step, ...] | None" = None
    test_class: TestClass = TestClass.PASSIVE
    serves: Need | None = None
    title: Texts = field(default_factory=dict)
    must: bool = False

    @property
    def verb(self) -> str:
        return "run" if isinstance(self.action, RunPlay) else type(self.action).__name__.lower()


@dataclass(frozen=True, slots=True)
class Playbook:
    """One playbook. `version` is the hash of its text, `rooms` where it belongs (() is everywhere).

    `per_hour` is how often it may start by itself for one device, `within` the seconds all of it may take.
    """

    name: str
    version: str
    title: Texts
    why: Texts
    kind: Kind
    triggers: tuple[FaultTrigger | DueTrigger, ...]
    steps: tuple[Step, ...]
    always: tuple[Step, ...] = ()
    mode: Mode = Mode.SINGLE
    serves: Need | None = None
    parameters: Mapping[str, Value] = field(default_factory=dict)
    per_hour: int = 2
    within: float = 0.0
    rooms: tuple[str, ...] = ()

    def walk(self) -> Iterator[Step]:
        """Every step that could come, in order of the text."""
        yield from walk((*self.steps, *self.always))


def walk(steps: tuple[Step, ...]) -> Iterator[Step]:
    for step in steps:
        yield step
        if isinstance(step.action, Together):
            yield from walk(step.action.steps)
        yield from walk(step.otherwise or ())
