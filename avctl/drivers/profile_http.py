"""The dialect `http` of profiles: JSON asked for by GET, set by POST, PUT, PATCH or GET.

Where a value stands in an answer is a JSON pointer (RFC 6901: `/lamps/0/hours`). In a path, a header or a body
`{name}` is an option of the profile, and in a write `{value}` is the value; a text of a body that is nothing else
becomes the value with its type.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from avctl.drivers import profile_value_proof as check
from avctl.drivers.http import HttpOptions, Member, Plan, Question, Recognition, Wish
from avctl.drivers.profile_schema import Asked, Common, Found, Name, Strict, clashes, query_of, vital_of
from avctl.drivers.profile_value import MISSING, Number, Settle, Text, Words, code, filled, point
from avctl.model.reading import Value

Path = Annotated[str, Field(pattern=r"^/")]
Pointer = Annotated[str, Field(pattern=r"^(/.*)?$")]


class NumberAt(Number):
    at: Pointer


class WordsAt(Words):
    at: Pointer


class TextAt(Text):
    at: Pointer


AnyPoint = Annotated[NumberAt | WordsAt | TextAt, Field(discriminator="kind")]


class HttpQuery(Asked):
    """What to get, and the points its answer fills."""

    get: Path
    points: list[Name] = Field(min_length=1)


class Recognise(Strict):
    """What to get, where to look in it, and what it `begins` with or `says`."""

    get: Path
    at: Pointer
    begins: str | None = None
    says: bool | int | float | str | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> "Recognise":
        if (self.begins is None) == (self.says is None):
            raise ValueError("want either begins: or says:")
        return self


class Write(Settle):
    """The request that sets a point: one method with its path, and the body."""

    post: Path | None = None
    put: Path | None = None
    patch: Path | None = None
    get: Path | None = None
    body: Any = None

    @property
    def request(self) -> tuple[str, str]:
        """Method and path."""
        return next((name.upper(), path) for name in _METHODS if (path := getattr(self, name)) is not None)

    @model_validator(mode="after")
    def _one_method(self) -> "Write":
        if sum(getattr(self, name) is not None for name in _METHODS) != 1:
            raise ValueError("want one of post:, put:, patch: or get:")
        return self


_METHODS = ("post", "put", "patch", "get")


class Sent(Strict):
    """A request, as an example shows it: `POST /api/power` and its body."""

    request: str
    body: Any = None


class Example(Strict):
    """A proof: what was `heard` from what was got and what it `means`, or what is sent (`sends`) to `set` a point."""

    source: str = Field(min_length=1)
    options: dict[str, int | float | str] = Field(default_factory=dict)
    get: Path | None = None
    heard: Any = None
    means: dict[Name, int | float | str | None] = Field(default_factory=dict)
    set: dict[Name, int | float | str] = Field(default_factory=dict)
    sends: Sent | None = None

    @model_validator(mode="after")
    def _something_said(self) -> "Example":
        if (self.get is None) == (self.sends is None) or bool(self.means) == bool(self.set):
            raise ValueError("want get:, heard: and means:, or set: with sends:")
        return self


class HttpProfile(Common):
    """A whole profile of this dialect."""

    dialect: Literal["http"]
    headers: dict[str, str] = Field(default_factory=dict)
    recognise: Recognise | None = None
    points: dict[Name, AnyPoint] = Field(min_length=1)
    queries: dict[str, HttpQuery] = Field(min_length=1)
    writes: dict[Name, Write] = Field(default_factory=dict)
    examples: list[Example] = Field(min_length=1)


def plan(profile: HttpProfile, options: Mapping[str, Any]) -> Plan:
    """What to ask one device with these options. The profile must be free of mistakes."""
    held = {key: option.default for key, option in profile.options.items()} | dict(options)
    vital = vital_of(profile.queries)
    return Plan(
        points={
            name: point(name, shape, profile.source, name in profile.writes) for name, shape in profile.points.items()
        },
        questions={
            name: Question(query_of(name, asked, name in vital), filled(asked.get, held), _members(profile, asked))
            for name, asked in profile.queries.items()
        },
        wishes={name: _wish(write, held) for name, write in profile.writes.items()},
        recognition=_recognition(profile.recognise, held),
        headers=filled(profile.headers, held),
    )


def mistakes(profile: HttpProfile) -> Found:
    """Everything wrong with a profile; its examples are replayed when nothing else is."""
    found = [
        *clashes(HttpOptions, profile.options),
        *check.points_asked(profile.points, profile.queries),
        *check.writes_fit(profile.points, profile.queries, profile.writes),
        *(
            one
            for at, e in enumerate(profile.examples)
            for one in check.options_fit(("examples", at), e.options, profile.options)
        ),
    ]
    yield from found
    if not found:
        yield from proof(profile)


def proof(profile: HttpProfile) -> Found:
    """Every example that does not come true, and every write that no example shows."""
    for at, example in enumerate(profile.examples):
        made = plan(profile, example.options)
        yield from _read_back(("examples", at), example, made)
        yield from _sent(("examples", at), example, made)
    yield from check.unshown(profile.writes, (name for example in profile.examples for name in example.set))


def _members(profile: HttpProfile, asked: HttpQuery) -> tuple[Member, ...]:
    return tuple(Member(name, profile.points[name].at, profile.points[name].mean) for name in asked.points)


def _wish(write: Write, held: Mapping[str, Any]) -> Wish:
    method, path = write.request

    def request(value: Value) -> tuple[str, str, object]:
        values = {**held, "value": write.encode(value)}
        return method, filled(path, values), filled(write.body, values)

    return Wish(request, write.read_back, write.within, write.every)


def _recognition(known: Recognise | None, held: Mapping[str, Any]) -> Recognition | None:
    if known is None:
        return None
    begins, says = known.begins, known.says

    def fits(said: object) -> bool:
        if said is MISSING:
            return False
        return code(said).startswith(begins) if begins is not None else code(said) == code(says)

    return Recognition(filled(known.get, held), known.at, fits, f"{begins}…" if begins is not None else code(says))


def _read_back(way: check.Way, example: Example, made: Plan) -> Found:
    if example.get is None:
        return
    asked = [question for question in made.questions.values() if question.path == example.get]
    if not asked:
        yield (*way, "get"), f"no query gets {example.get}{check.near(example.get, _paths(made))}"
        return
    said = {point: value for question in asked for point, value in question.read(example.heard).items()}
    yield from check.means(way, example.means, said)


def _sent(way: check.Way, example: Example, made: Plan) -> Found:
    for name, value in example.set.items():
        wrong = list(check.settable(way, name, value, made.points, made.wishes))
        yield from wrong
        if wrong or example.sends is None:
            continue
        method, path, body = made.wishes[name].request(value)
        if (f"{method} {path}", body) != (example.sends.request, example.sends.body):
            wanted = f"{example.sends.request} {example.sends.body!r}"
            yield (*way, "sends"), f"{method} {path} {body!r} is sent by this profile, {wanted} by the example"


def _paths(made: Plan) -> list[str]:
    return [question.path for question in made.questions.values()]
