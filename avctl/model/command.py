"""A wish: a point of a device shall have a value, by somebody, for a reason, before it is too late."""

from dataclasses import dataclass
from enum import IntEnum

from avctl.model.reading import Value


class Urgency(IntEnum):
    """Who goes first in a device's queue; lower goes first."""

    OPERATOR = 0
    FALLBACK = 1
    SELF_TEST = 2
    POLL = 3


class TestClass(IntEnum):
    """What an action does to people in the room (0 nobody can notice … 3 interrupts service)."""

    __test__ = False  # not a pytest class

    PASSIVE = 0
    SILENT = 1
    PERCEPTIBLE = 2
    DISRUPTIVE = 3


@dataclass(frozen=True, slots=True)
class Command:
    """Set `device`.`point` to `value`. The same `id` is done once, whoever repeats it.

    `by` is the principal ("engineer", "playbook:lamp-failure", …), `until` the UTC second after which it is too
    late to be done, `cause` the event it answers, `confirmed` whether a person has confirmed what asks for it.
    """

    id: str
    device: str
    point: str
    value: Value
    by: str
    why: str
    until: float
    urgency: Urgency = Urgency.OPERATOR
    cause: int | None = None
    confirmed: bool = False
