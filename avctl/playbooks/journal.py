"""The journal of one run: written before and after each step acts, read again after a crash.

A run knows nothing of itself but what stands here, so a run that was cut goes on as if it had not been: what is done
is not done again, what was begun is looked at, what was changed is known with the value to go back to.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from avctl.model.event import Body, Event, PlayEnded, PlayStarted, StepDone, StepIntended, StepWaits
from avctl.playbooks.desk import Desk

RESTORE = "-restore"
"""Ends the id of the step that puts back what another changed."""


@dataclass(slots=True)
class Journal:
    """`begun` is when a step was intended (UTC seconds); `seq` the number of PlayStarted, the cause of what follows."""

    started: PlayStarted
    seq: int
    at: float
    intended: dict[str, StepIntended] = field(default_factory=dict)
    begun: dict[str, float] = field(default_factory=dict)
    done: dict[str, StepDone] = field(default_factory=dict)
    waits: dict[str, StepWaits] = field(default_factory=dict)
    ended: PlayEnded | None = None

    @property
    def run(self) -> str:
        return self.started.run

    def fold(self, event: Event) -> None:
        """Take in what was written of this run."""
        match event.body:
            case StepIntended(step=step) as body:
                self.intended[step], self.begun[step] = body, event.at
            case StepDone(outcome=outcome) as body:
                self.done[outcome.step] = body
            case StepWaits(step=step) as body:
                self.waits[step] = body
            case PlayEnded() as body:
                self.ended = body
            case _:
                pass

    def changed(self) -> list[tuple[str, StepIntended]]:
        """What this run changed, or may have changed, and has not put back; newest first.

        A point that was set more than once goes back to what it was before the first time, in one go: a tone that
        was switched on and off again must not sound a second time on the way back.
        """
        found: dict[str, tuple[str, StepIntended]] = {}
        for step, intended in self.intended.items():
            if intended.verb == "set" and intended.before:
                first, its = found.get(intended.target, (step, intended))
                found[intended.target] = first, replace(intended, before=its.before)
        return [(s, i) for s, i in reversed(found.values()) if s + RESTORE not in self.done and self._moved(i.target)]

    def _moved(self, target: str) -> bool:
        """Whether anything was to become other than it was."""
        return any(i.verb == "set" and i.target == target and i.before != i.wanted for i in self.intended.values())


class Pen:
    """Writes one run's journal. An intent need not be waited for: the command that follows is not sent before it is
    durable itself, and whatever was written earlier is durable then too.
    """

    def __init__(self, desk: Desk, journal: Journal) -> None:
        self._desk, self.journal = desk, journal

    def write(self, body: Body, cause: int | None = None) -> Event:
        event = self._desk.publish(body, self.journal.seq if cause is None else cause)
        self.journal.fold(event)
        return event


def begin(desk: Desk, started: PlayStarted, cause: int | None) -> Journal:
    event = desk.publish(started, cause)
    return Journal(started, event.seq, event.at)


def read(events: Iterable[Event]) -> Journal | None:
    """The journal that these events of one run make; None when its beginning is missing."""
    journal: Journal | None = None
    for event in sorted(events, key=lambda e: e.seq):
        if isinstance(event.body, PlayStarted):
            journal = Journal(event.body, event.seq, event.at)
        elif journal is not None:
            journal.fold(event)
    return journal


def open_journals(runs: Sequence[Sequence[Event]]) -> list[Journal]:
    """Those that have not ended."""
    return [j for events in runs if (j := read(events)) is not None and j.ended is None]
