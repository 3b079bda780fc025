"""Is a device fit? Derived from what it said, never stored; a bad answer always names its cause."""

from dataclasses import dataclass
from enum import StrEnum


class Health(StrEnum):
    """UNKNOWN is not OK: no fresh answer is never health."""

    OK = "ok"
    DEGRADED = "degraded"  # it answers, but something about it is wrong or doubtful
    FAILED = "failed"  # it does not do its work
    UNKNOWN = "unknown"  # we cannot tell


class Cause(StrEnum):
    """The closed list of reasons for a health that is not OK. Each has one sentence for people in the catalogues."""

    NO_REPLY = "no-reply"  # asked, silent
    REFUSED = "refused"  # nobody at the address, connection refused or reset
    AUTH_FAILED = "auth-failed"
    PROTOCOL = "protocol"  # talks, but not what we understand
    WRONG_DEVICE = "wrong-device"
    NOT_OBEYING = "not-obeying"  # says yes and does not
    IMPLAUSIBLE = "implausible"  # values that cannot be
    LOSSY = "lossy"  # answers too few of the questions
    FLAPPING = "flapping"  # comes and goes: there now, and not to be relied upon
    CONFIG = "config"  # the site file names something this device does not have
    UPSTREAM_DOWN = "upstream-down"  # what feeds or carries it is off or gone
    EXPECTED_OFF = "expected-off"  # we switched it off ourselves
    NOT_ASKED = "not-asked"  # the daemon has just started
    MAINTENANCE = "maintenance"  # a person works on it and has asked us to keep away
    FAULT = "fault"  # it reports, or its readings show, a fault of its own


class Reach(StrEnum):
    """How the conversation with a device stands."""

    UNASKED = "unasked"  # nothing tried since start
    UP = "up"
    SUSPECT = "suspect"  # one question unanswered
    DOWN = "down"  # the bound for its kind is passed


@dataclass(frozen=True, slots=True)
class Condition:
    """A health with its cause: since when (UTC seconds), when it last answered, and the detail to show."""

    health: Health
    cause: Cause | None
    since: float
    last_answer: float | None
    detail: str = ""
