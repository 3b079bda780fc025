"""The shape of a playbook file and of one step, checked by pydantic at the border. What it means is `load`'s matter."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from avctl.model.event import Phase
from avctl.model.fault import Severity
from avctl.playbooks.model import Kind, Mode, Need

VERBS = ("expect", "set", "wait", "say", "ask", "together", "run")
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
Duration = Annotated[float, Field(gt=0, le=24 * 3600)]
Scalar = str | int | float
Said = str | dict[Literal["zh", "en"], str]


class Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TriggerForm(Form):
    """`{fault: main-display.lamp, during: meeting}` or `{due: pre-meeting}`."""

    fault: Annotated[str, Field(pattern=r"^(\*|[a-z0-9-]+)\.[a-z-]+$")] | None = None
    during: Phase | None = None
    severity: Severity | None = None
    due: Name | None = None

    @model_validator(mode="after")
    def _one(self) -> "TriggerForm":
        if (self.fault is None) == (self.due is None):
            raise ValueError("want one of: fault, due")
        return self


class SayForm(Form):
    """What to say, to which people, how urgently."""

    to: Literal["engineer", "service", "office", "maintenance"] = "engineer"
    severity: Severity = Severity.NOTICE
    zh: str = ""
    en: str = ""

    @model_validator(mode="after")
    def _something(self) -> "SayForm":
        if not self.zh and not self.en:
            raise ValueError("want a sentence: zh, en, or both")
        return self


class StepForm(Form):
    """One step: exactly one verb, and how it is to be done."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    expect: dict[str, Any] | None = None
    set: dict[str, Any] | None = None
    wait: Duration | dict[str, Any] | None = None
    say: str | SayForm | None = None
    ask: str | SayForm | None = None
    together: list[Any] | None = None
    run: Name | None = None
    id: Name | None = None
    name: Said | None = None
    within: Duration | None = None
    slow: Duration | None = None
    otherwise: Literal["stop", "go-on"] | list[Any] | None = None
    test_class: Annotated[int | None, Field(ge=0, le=3, alias="class")] = None
    serves: Annotated[Need | None, Field(alias="for")] = None
    answers: Annotated[list[Name], Field(min_length=1)] | None = None
    keep: bool = False
    must: bool = False

    @field_validator("otherwise", mode="before")
    @classmethod
    def _words(cls, found: object) -> object:
        if found is not None and not isinstance(found, list) and found not in ("stop", "go-on"):
            raise ValueError("want stop, go-on, or a list of steps")
        return found

    @model_validator(mode="after")
    def _one_verb(self) -> "StepForm":
        found = [v for v in VERBS if getattr(self, v) is not None]
        if len(found) != 1:
            raise ValueError(f"a step has one verb of {', '.join(VERBS)}; found {', '.join(found) or 'none'}")
        for key, verbs in (("answers", "ask"), ("keep", "set")):
            if getattr(self, key) and found[0] != verbs:
                raise ValueError(f"{key} belongs to a step that {verbs}s; this one is: {found[0]}")
        if self.within is None and found[0] in ("expect", "set", "ask"):
            raise ValueError("no step without a deadline: give within (seconds)")
        return self


class PlaybookForm(Form):
    """The head of a playbook; its steps are looked at one by one, so that one mistake does not hide another."""

    playbook: Name
    title: Said
    why: Said
    when: TriggerForm | list[TriggerForm] | None = None
    kind: Kind | None = None
    mode: Mode = Mode.SINGLE
    serves: Annotated[Need | None, Field(alias="for")] = None
    parameters: Annotated[dict[Name, Scalar], Field(alias="with")] = {}
    per_hour: Annotated[int, Field(ge=1, le=60, alias="per-hour")] = 2
    within: Duration | None = None
    otherwise: Literal["stop", "go-on"] = "stop"
    rooms: list[str] = []
    steps: Annotated[list[Any], Field(min_length=1)]
    always: list[Any] = []
