"""What people may ask for, and the form in which they ask: one envelope for MQTT and HTTP alike.

    {"v": 1, "id": "<unique>", "ts": "2026-09-14T07:00:00Z", "exp": 30, "args": {…}, "if": {"rev": 41}, "confirm": "…"}

`ts` is when the asker asked and `exp` for how many seconds the wish is good; a wish that comes too late is not carried
out. `if.rev` makes it depend on the room still being as the asker saw it. Unknown keys are mistakes, not extras.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StrictFloat, StrictInt, StrictStr, ValidationError

from avctl.edges.strict import Refusal, shown
from avctl.model.booking import Level, Needs

PRINCIPAL = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_ID = r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$"
_WORD = r"^[a-z0-9][a-z0-9._-]{0,99}$"
_SAID = r"^[^\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]{1,200}$"

LONGEST_HOLD = 7 * 86_400.0  # s; whoever works longer on a device than a week takes it out of the site file

Name = Annotated[StrictStr, Field(pattern=_WORD)]
Count = Annotated[StrictInt, Field(ge=0, le=1000)]


class Action(StrEnum):
    """Everything that can be asked for."""

    TEST = "test"
    FALLBACK = "fallback"
    SET = "set"
    ANSWER = "answer"
    ACK = "ack"
    BOOK = "book"
    CANCEL = "cancel"
    ABORT = "abort"
    HOLD = "hold"
    RELEASE = "release"


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class TestArgs(_Form):
    """Run a self-test now; `playbook` names another than the usual one."""

    __test__ = False  # not a pytest class
    playbook: Name = "pre-meeting"


class FallbackArgs(_Form):
    """Run a fallback playbook now, whatever its own trigger says."""

    playbook: Name


class SetArgs(_Form):
    """Set a point: `main-display.power` by role, or `r302-side.power` by device."""

    point: Name
    value: StrictInt | StrictFloat | Annotated[StrictStr, Field(pattern=_SAID)]


class AnswerArgs(_Form):
    """Answer a step that waits for a person."""

    run: Annotated[StrictStr, Field(pattern=_ID)]
    step: Annotated[StrictStr, Field(pattern=_SAID)]
    answer: Annotated[StrictStr, Field(pattern=_SAID)]


class AckArgs(_Form):
    """Somebody has it: `fault` as it is shown, `r303-charger.bay.3.battery`."""

    fault: Name


class NeedsArgs(_Form):
    """What a meeting asks of its room; what is left out counts as not stated."""

    mics: Count | None = None
    wireless: Count | None = None
    projection: bool | None = None
    conference: bool | None = None
    recording: bool | None = None
    people: Count | None = None
    level: Level = Level.INTERNAL

    def needs(self) -> Needs:
        return Needs(**self.model_dump())


class BookArgs(_Form):
    """Book the room, or move a booking of the same `uid`. Times carry their zone; `lead` is seconds."""

    start: AwareDatetime
    end: AwareDatetime
    uid: Annotated[StrictStr, Field(pattern=_ID)] | None = None
    needs: NeedsArgs = NeedsArgs()
    lead: Annotated[StrictInt, Field(ge=0, le=86400)] | None = None


class CancelArgs(_Form):
    """Cancel a booking: its key as shown (`source/uid`), or the uid of one booked this way."""

    booking: Annotated[StrictStr, Field(pattern=r"^[^\x00-\x1f]{1,300}$")]


class AbortArgs(_Form):
    """Stop a run after its current step and put things back."""

    run: Annotated[StrictStr, Field(pattern=_ID)]


class HoldArgs(_Form):
    """Keep away from a device, by its id or role, for so many seconds: somebody works on it."""

    device: Name
    seconds: Annotated[StrictInt | StrictFloat, Field(alias="for", gt=0, le=LONGEST_HOLD)]
    why: Annotated[StrictStr, Field(pattern=_SAID)]


class ReleaseArgs(_Form):
    """The work is done."""

    device: Name


Args = (
    TestArgs
    | FallbackArgs
    | SetArgs
    | AnswerArgs
    | AckArgs
    | BookArgs
    | CancelArgs
    | AbortArgs
    | HoldArgs
    | ReleaseArgs
)

FORMS: Mapping[Action, type[Args]] = {
    Action.TEST: TestArgs,
    Action.FALLBACK: FallbackArgs,
    Action.SET: SetArgs,
    Action.ANSWER: AnswerArgs,
    Action.ACK: AckArgs,
    Action.BOOK: BookArgs,
    Action.CANCEL: CancelArgs,
    Action.ABORT: AbortArgs,
    Action.HOLD: HoldArgs,
    Action.RELEASE: ReleaseArgs,
}


class Condition(_Form):
    """Only if the room is still as the asker saw it."""

    rev: StrictInt


class Envelope(_Form):
    """The outer form of every wish."""

    v: Literal[1]
    id: Annotated[StrictStr, Field(pattern=_ID)]
    ts: AwareDatetime
    exp: Annotated[StrictInt | StrictFloat, Field(gt=0, le=300)] = 30
    args: dict[str, Any] = {}
    condition: Condition | None = Field(None, alias="if")
    confirm: Annotated[StrictStr, Field(max_length=64)] | None = None

    @property
    def asked(self) -> float:
        """UTC seconds."""
        return self.ts.timestamp()


def envelope(found: Mapping[str, Any]) -> Envelope:
    """The outer form. Raises Refusal."""
    if not isinstance(found.get("ts", ""), str):
        raise Refusal("invalid", "ts", shown(found["ts"]), 'a time such as "2026-09-14T07:00:00Z"')
    made: Envelope = _formed(Envelope, found, "")
    return made


def arguments(action: Action, found: Mapping[str, Any]) -> Args:
    """The arguments of an action. Raises Refusal."""
    made: Args = _formed(FORMS[action], found, "args.")
    if isinstance(made, BookArgs) and made.end <= made.start:
        raise Refusal("invalid", "args.end", _iso(made.end), f"a time after {_iso(made.start)}")
    return made


def _formed(form: type[Any], found: Mapping[str, Any], prefix: str) -> Any:
    try:
        return form.model_validate(dict(found))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        where = prefix + ".".join(str(part) for part in first["loc"])
        seen = "nothing" if first["type"] == "missing" else shown(first["input"])
        raise Refusal("invalid", where, seen, _wanted(first["type"], first["msg"], form)) from None


def _wanted(kind: str, message: str, form: type[BaseModel]) -> str:
    if kind == "extra_forbidden":
        known = ", ".join(f.alias or name for name, f in form.model_fields.items())
        return f"no such key; known are {known}" if known else "no keys"
    return "this key" if kind == "missing" else message


def _iso(at: datetime) -> str:
    return at.isoformat()
