"""What became of a wish, as its asker hears it: `accepted`, then exactly one final word."""

import asyncio
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from avctl.edges.moment import iso
from avctl.edges.strict import Refusal
from avctl.edges.wish import Action
from avctl.locale import both
from avctl.model.event import CommandDone
from avctl.model.outcome import Verdict
from avctl.model.reading import Reading


class State(StrEnum):
    """ACCEPTED means journaled: it will not be forgotten. Every other word is final, and comes once."""

    ACCEPTED = "accepted"
    DONE = "done"
    FAILED = "failed"
    DENIED = "denied"
    CONFIRM_REQUIRED = "confirm_required"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    UNCERTAIN = "uncertain"


_BY_ENDING = {
    "done": State.DONE,
    "not-obeyed": State.FAILED,
    "refused": State.FAILED,
    "denied": State.DENIED,
    "confirm-required": State.CONFIRM_REQUIRED,
    "expired": State.EXPIRED,
    "superseded": State.SUPERSEDED,
    "no-answer": State.UNCERTAIN,
}


@dataclass(frozen=True, slots=True)
class Result:
    """One word on one wish. `said` is the sentence for people by language, `event` the number to ask `why` about."""

    id: str
    principal: str
    room: str
    action: str
    state: State
    said: tuple[tuple[str, str], ...] = ()
    code: str = ""
    where: str = ""
    found: str = ""
    wanted: str = ""
    event: int | None = None
    at: float | None = None
    readings: tuple[Reading, ...] = ()
    run: str = ""
    verdict: Verdict | None = None
    confirm: str = ""

    @property
    def final(self) -> bool:
        return self.state is not State.ACCEPTED

    def json(self) -> dict[str, Any]:
        """As it is sent; what does not apply is left out."""
        plain = {k: getattr(self, k) for k in ("code", "where", "found", "wanted", "event", "run", "confirm")}
        body = {
            "v": 1,
            "id": self.id,
            "principal": self.principal,
            "room": self.room,
            "action": self.action,
            "state": self.state.value,
            "said": dict(self.said),
            **{k: v for k, v in plain.items() if v not in ("", None)},
        }
        if self.at is not None:
            body["ts"] = iso(self.at)
        if self.verdict is not None:
            body["verdict"] = self.verdict.value
        if self.readings:
            body["readings"] = [reading_json(r) for r in self.readings]
        return body


def reading_json(reading: Reading) -> dict[str, Any]:
    """A reading as every edge sends it."""
    return {
        "device": reading.device,
        "point": reading.point,
        "value": reading.value,
        "quality": reading.quality.value,
        "at": iso(reading.at),
    }


@dataclass(slots=True)
class Receipt:
    """A wish under way. `first` is set once it is journaled or refused, `last` with the final word."""

    base: Result
    first: asyncio.Future[Result] = field(init=False)
    last: asyncio.Future[Result] = field(init=False)
    asked: int | None = None

    def __post_init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.first, self.last = loop.create_future(), loop.create_future()

    @property
    def newest(self) -> Result:
        """The last word so far. Ask only after `first` is set."""
        return (self.last if self.last.done() else self.first).result()

    def mirror(self, other: "Receipt") -> None:
        """What becomes of this wish is said of `other` as well, under its own id."""

        def pass_on(mine: asyncio.Future[Result]) -> None:
            its = other.last if mine is self.last else other.first
            its.set_result(replace(mine.result(), id=other.base.id))

        self.first.add_done_callback(pass_on)
        self.last.add_done_callback(pass_on)

    def accept(self, event: int, at: float) -> None:
        """It is in the journal as event number `event`."""
        self.asked = event
        if not self.first.done():
            said = both("result.accepted", event=event)
            self.first.set_result(replace(self.base, state=State.ACCEPTED, said=said, event=event, at=at))

    def finish(self, result: Result) -> None:
        """The final word; later ones are not heard."""
        if self.last.done():
            return
        self.last.set_result(result)
        if not self.first.done():
            self.first.set_result(result)

    def refuse(self, refusal: Refusal, at: float, state: State = State.DENIED) -> None:
        """Final: not done, and why."""
        where, found, wanted = refusal.where, refusal.found, refusal.wanted
        said = both("result.refused", where=where, found=found, wanted=wanted)
        told = replace(self.base, state=state, said=said, code=refusal.code, at=at)
        self.finish(replace(told, where=where, found=found, wanted=wanted))

    def end(self, state: State, said: tuple[tuple[str, str], ...], at: float, **more: Any) -> None:
        """Final, with whatever else is known."""
        self.finish(replace(self.base, state=state, said=said, at=at, **{"event": self.asked, **more}))


def of_command(receipt: Receipt, done: CommandDone, event: int | None, at: float, confirm: str = "") -> None:
    """End a `set` with what the device says."""
    state = _BY_ENDING[done.ending]
    said = both(f"result.{state.value}", detail=done.said)
    readings = (done.reading,) if done.reading else ()
    more = {} if event is None else {"event": event}
    receipt.end(state, said, at, readings=readings, verdict=done.verdict, code=done.ending, confirm=confirm, **more)


def blank(id: str, principal: str, room: str, action: Action | str) -> Result:
    """What is known of a wish before anything became of it."""
    return Result(id, principal, room, str(action), State.ACCEPTED)
