"""The steps of recent runs, as they went: what a progress display shows beyond the count that the room's state keeps.

Filled from events, bounded; of a run that began before the daemon only what came since is known.
"""

from collections import OrderedDict
from dataclasses import dataclass, field

from avctl.model import event as happened
from avctl.model.event import Event
from avctl.model.outcome import Outcome

_RUNS = 300


@dataclass(slots=True)
class Step:
    """One step: what it does, since when (UTC seconds), and what came of it (None: still at it)."""

    id: str
    doing: str
    since: float
    outcome: Outcome | None = None
    needed: bool = True


@dataclass(slots=True)
class Steps:
    """By run, in the order they began."""

    runs: OrderedDict[str, dict[str, Step]] = field(default_factory=OrderedDict)

    def of(self, run: str) -> list[Step]:
        return list(self.runs.get(run, {}).values())

    def follow(self, event: Event) -> None:
        """Take in what an event says about a step."""
        match event.body:
            case happened.PlayStarted(run):
                self.runs[run] = {}
                while len(self.runs) > _RUNS:
                    self.runs.popitem(last=False)
            case happened.StepIntended() as step:
                steps = self.runs.setdefault(step.run, {})
                steps.setdefault(step.step, Step(step.step, step.doing, event.at))
            case happened.StepDone() as done:
                steps = self.runs.setdefault(done.run, {})
                known = steps.setdefault(done.step, Step(done.step, done.outcome.said or done.step, event.at))
                known.outcome, known.needed = done.outcome, done.needed
