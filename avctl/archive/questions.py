"""The questions of maintenance by the names they have on the command line and over HTTP, with what each heeds.

Each is a function of a connection and what it is asked of (`Asked`), and answers with tables. They read the tables
kept from the events, never the events one by one, so that they stay fast when the archive is old. A meeting appears
only by its four-character name.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from avctl.archive import register, upkeep
from avctl.archive.asked import Asked
from avctl.archive.memory import why
from avctl.archive.table import Table

__all__ = ["QUESTIONS", "Asked", "Question", "ask", "why"]


@dataclass(frozen=True, slots=True)
class Question:
    """What answers, and which fields of `Asked` it heeds (`needs` those it cannot do without)."""

    answer: Callable[[Connection, Asked], Sequence[Table]]
    heeds: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


_PERIOD = ("since", "until", "limit")

QUESTIONS: Mapping[str, Question] = {
    "devices": Question(register.device_list, ("room", "model")),
    "device": Question(register.device_file, _PERIOD, needs=("device",)),
    "open-faults": Question(upkeep.open_faults, ("room", "device")),
    "faults": Question(upkeep.fault_history, ("room", "device", *_PERIOD)),
    "runs": Question(upkeep.run_list, ("room", "run", *_PERIOD)),
    "lamps": Question(register.lamps, ("room", "device", "above")),
    "batteries": Question(register.batteries, ("room", "device", "below")),
    "events": Question(upkeep.tail, ("room", "device", "limit")),
}


def ask(connection: Connection, name: str, asked: Asked) -> Sequence[Table]:
    """Ask by name. Raises LookupError, with the names there are, and ValueError for what is asked without its need."""
    if name not in QUESTIONS:
        raise LookupError(f"no question is called {name!r}; there are: {', '.join(QUESTIONS)}")
    question = QUESTIONS[name]
    if missing := [need for need in question.needs if not getattr(asked, need)]:
        raise ValueError(f"{name}: say which {' and which '.join(missing)}")
    return question.answer(connection, asked)
