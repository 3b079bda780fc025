"""What the page asks of parts it does not know: handed in by `app`, each with a default that says "I have none"."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from avctl.model.event import Event


@dataclass(frozen=True, slots=True)
class Item:
    """A playbook as it is offered to people: its name, its title by language, and whether it is a fallback."""

    name: str
    titles: Mapping[str, str] = field(default_factory=dict)
    fallback: bool = True

    def title(self, language: str) -> str:
        return self.titles.get(language) or self.titles.get("en") or self.name


async def _no_events(*_: int) -> Sequence[Event]:
    return ()


async def _no_answer(question: str, given: Mapping[str, str]) -> Any:
    raise LookupError("this daemon keeps no archive")


def _no_plan(room: str) -> Sequence[Mapping[str, Any]]:
    return ()


async def _no_wire(device: str, after: int, wait: float, scrub: bool) -> Mapping[str, Any]:
    raise LookupError("this daemon keeps no record of its wires")


def _no_words(*_: str) -> str:
    return ""


def _no_report(run: str) -> str:
    return ""


def _no_menu(room: str) -> Sequence[Item]:
    return ()


@dataclass(frozen=True, slots=True)
class Asked:
    """`why(seq)` is the chain of causes, `events(since, limit)` what was journaled after a number, oldest first.

    `archive(question, parameters)` answers a question of the archive as JSON, or raises LookupError naming the
    questions there are. `plan(room)` is what will run when; "" is every room. `menu(room)` are its playbooks.
    `step(playbook, step, language)` is what a step is called, "" for what it says of itself.
    `wire(device, after, wait, scrub)` is what passed on a wire after entry number `after`, waiting so many seconds
    for it; it raises LookupError. `report(run)` is the number under which a run's report lies in `reports`, or "".
    """

    why: Callable[[int], Awaitable[Sequence[Event]]] = _no_events
    events: Callable[[int, int], Awaitable[Sequence[Event]]] = _no_events
    archive: Callable[[str, Mapping[str, str]], Awaitable[Any]] = _no_answer
    plan: Callable[[str], Sequence[Mapping[str, Any]]] = _no_plan
    menu: Callable[[str], Sequence[Item]] = _no_menu
    step: Callable[[str, str, str], str] = _no_words
    wire: Callable[[str, int, float, bool], Awaitable[Mapping[str, Any]]] = _no_wire
    report: Callable[[str], str] = _no_report
    reports: Path | None = None
