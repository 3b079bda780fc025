"""A device with an HTTP interface that speaks JSON, driven by a plan. How such a device wants to be treated:

1. It is asked, it never speaks first: there is nothing to listen to. 2. An accepted write is not a done one: a query
decides. 3. What an answer leaves out is unknown; an answer that leaves out everything asked is another firmware.
4. A refused login is asked once more at most: the session upstairs counts, and stops before the device locks us out.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import model_validator

from avctl.drivers.base import Device, Options, Secret, Secrets, told
from avctl.drivers.profile_value import MISSING, Mean, pointed
from avctl.drivers.settle import settled
from avctl.model.errors import Refused, WrongDevice
from avctl.model.house import DeviceSpec
from avctl.model.point import Point
from avctl.model.ports import Clock, Query
from avctl.model.reading import Reading, Value
from avctl.transports.http import Credentials, Http


@dataclass(frozen=True, slots=True)
class Member:
    """One point in an answer: where it stands there (a JSON pointer), and what the value there means."""

    point: str
    at: str
    mean: Mean


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked for, and the points its answer fills."""

    query: Query
    path: str
    members: tuple[Member, ...]

    def read(self, document: object) -> dict[str, Value | None]:
        """What an answer says about each point."""
        return {one.point: one.mean(pointed(document, one.at)) for one in self.members}


@dataclass(frozen=True, slots=True)
class Wish:
    """How a point is set: the request for a value, and the query that reads it back."""

    request: Callable[[Value], tuple[str, str, object]]
    read_back: str
    within: float
    every: float


@dataclass(frozen=True, slots=True)
class Recognition:
    """What tells this kind of device from another: where to look, and whether what stands there fits."""

    path: str
    at: str
    fits: Callable[[object], bool]
    wanted: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a profile says, for one device with its options."""

    points: Mapping[str, Point]
    questions: Mapping[str, Question]
    wishes: Mapping[str, Wish] = field(default_factory=dict)
    recognition: Recognition | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class HttpOptions(Options):
    """How to be let in: a user with a password, or a token; both secrets are named, never written."""

    user: str = ""
    password: Secret | None = None
    token: Secret | None = None
    verify: bool = True
    """Whether its certificate must be good (https)."""

    @model_validator(mode="after")
    def _one_way_in(self) -> "HttpOptions":
        if self.token and (self.user or self.password):
            raise ValueError("want either token:, or user: with password:")
        if bool(self.user) != bool(self.password):
            raise ValueError("user: and password: belong together")
        return self

    def credentials(self, secrets: Secrets) -> Credentials:
        """With the secrets filled in. Raises LookupError for one the site does not have."""
        return Credentials(self.user, told(self.password, secrets), told(self.token, secrets))


class HttpDevice(Device):
    """One device, asked by its plan."""

    schemes = ("http", "https")

    def __init__(self, device: str, wire: Http, clock: Clock, plan: Plan) -> None:
        super().__init__(device, clock)
        self._wire, self._plan = wire, plan
        self.points = plan.points
        self.queries = tuple(question.query for question in plan.questions.values())

    async def open(self) -> None:
        """Make sure that it is this kind of device. Raises WrongDevice."""
        await self._wire.open()
        if (known := self._plan.recognition) is not None:
            said = pointed(await self._wire.ask("GET", known.path, within=2.0), known.at)
            if not known.fits(said):
                found = "nothing" if said is MISSING else repr(said)
                raise WrongDevice(f"{self.device}: {known.path}{known.at} says {found}, wanted {known.wanted}")

    async def read(self, query: Query) -> Sequence[Reading]:
        """Every point of `query`. Raises what `Http.ask` raises, and Refused by rule 3."""
        question = self._plan.questions[query.name]
        document = await self._wire.ask("GET", question.path, within=query.timeout)
        if all(pointed(document, one.at) is MISSING for one in question.members):
            raise Refused(f"{self.device}: {question.path} says nothing about {', '.join(question.read(None))}")
        return [self._measured(point, value) for point, value in question.read(document).items()]

    async def close(self) -> None:
        await self._wire.close()

    async def _set(self, point: str, value: Value) -> Reading:
        wish = self._plan.wishes[point]
        method, path, body = wish.request(value)
        await self._wire.ask(method, path, body)
        return await settled(lambda: self._status(point, wish.read_back), value, wish.within, wish.every)

    async def _status(self, point: str, question: str) -> Reading:
        said = await self.read(self._plan.questions[question].query)
        return next((reading for reading in said if reading.point == point), self._measured(point, None))


def build(spec: DeviceSpec, clock: Clock, secrets: Secrets, plan: Plan, options: HttpOptions) -> HttpDevice:
    """The driver of a device, not opened. Raises LookupError for a missing secret."""
    wire = Http(spec.url, options.credentials(secrets), plan.headers, options.verify)
    return HttpDevice(spec.id, wire, clock, plan)
