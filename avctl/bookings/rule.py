"""The words of the plan: what it is told (rules, budgets, sights) and what it says (decisions with reasons). Pure.

All times are UTC seconds, all durations seconds. Defaults are the house rules for meeting rooms: start the test an
hour before, be ready half an hour before, nothing perceptible in the last ten minutes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from avctl.model.booking import Booking, Needs
from avctl.model.command import TestClass
from avctl.model.event import Occupancy

LOOK: Final = "look"
"""The stage at T-60 when nothing more is allowed: class 0, nobody can notice."""
PRE_MEETING: Final = "pre-meeting"
"""The stage every booking has exactly once: the active test, or the reason why there was none."""
SHUTDOWN: Final = "shutdown"


@dataclass(frozen=True, slots=True)
class Rules:
    """The figures of rules R1 to R23.

    `lead` before a meeting its test starts; `ready` before it the room must be fit; `guard` before it nothing
    perceptible happens; `settle` after people left the room counts as left, `empty` as empty for good. `gap` is the
    shortest pause worth switching off for, `off` how long switching off takes. `patience` is how long a test waits
    for a room nobody can see into. `reuse` is how long a passed test serves a moved booking. `stagger` is the most
    by which rooms that share something (`shared`, groups of rooms) start after each other. `staffed` are the hours
    somebody is there, as (from, until); none given means always. `overtime` before a meeting outside them the
    office is told; `decide` before the room must be fit it is asked to decide about one that is not. What waits is
    looked at again every `recheck`; what starts within `on_time` of its time is on time.
    """

    lead: float = 3600.0
    ready: float = 1800.0
    guard: float = 600.0
    settle: float = 300.0
    empty: float = 600.0
    gap: float = 2700.0
    off: float = 600.0
    patience: float = 300.0
    recheck: float = 60.0
    reuse: float = 7200.0
    decide: float = 600.0
    stagger: float = 300.0
    overtime: float = 86400.0
    on_time: float = 30.0
    shared: tuple[frozenset[str], ...] = ()
    staffed: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Budget:
    """How long the pre-meeting playbook takes for some needs: all its steps, and its must-have steps alone."""

    full: float = 480.0
    must: float = 180.0


Budgets = Callable[[str, Needs], Budget]
"""Handed in from the playbooks' floor: the budget for a room and what a meeting needs."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What is seen of a room. `left` is when people were last seen to leave it; None when nobody was.

    `since` is when anybody began to look; `used` is what people were seen to use and when (R5): evidence from use,
    never a passed test.
    """

    occupancy: Occupancy = Occupancy.UNKNOWN
    left: float | None = None
    since: float = 0.0
    used: Mapping[str, float] = field(default_factory=dict)

    @property
    def occupied(self) -> bool:
        return self.occupancy is Occupancy.OCCUPIED

    @property
    def unknown(self) -> bool:
        return self.occupancy is Occupancy.UNKNOWN


class At(float):
    """A figure of a reason that is a time of day (UTC seconds), shown to people in the site's zone."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why: the id of a sentence in the catalogues ("plan.r1") and its figures."""

    id: str
    figures: tuple[tuple[str, At | int | str], ...] = ()


def because(id: str, /, **figures: At | int | str) -> Reason:
    return Reason(f"plan.{id}", tuple(figures.items()))


class Act(StrEnum):
    RUN = "run"  # start a playbook
    MISS = "miss"  # say that a run does not take place
    TELL = "tell"  # a message for people
    HOLD = "hold"  # not yet: looked at again at `when`


@dataclass(frozen=True, slots=True)
class Decision:
    """One line of the plan: at `when` do `act` for `stage` of `booking`, by `rule`, because of `why`.

    `most` bounds a run's steps, `until` is when the room must be quiet again, `short` allows must-have steps only;
    `to` are the roles a message goes to. The booking of a run carries the needs it is run for: those of a whole
    block of meetings where one test has to serve them all.
    """

    when: float
    act: Act
    booking: Booking
    stage: str
    rule: str
    why: Reason
    most: TestClass = TestClass.PASSIVE
    until: float | None = None
    short: bool = False
    to: tuple[str, ...] = ()

    @property
    def room(self) -> str:
        return self.booking.room
