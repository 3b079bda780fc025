"""What stands in every profile, whatever its dialect: a name, a source, options, and the questions with their periods.

pydantic, strict: a key nobody knows is a mistake, and "10" is no number. The dialects add how a question is asked and
what an answer means.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from avctl.drivers.base import Options
from avctl.model.ports import Query

Found = Iterator[tuple[tuple[int | str, ...], str]]
"""Mistakes of meaning: the way to the place in the file, and the sentence."""
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*(\.([a-z0-9-]+|\{n\}))*$")]


class Strict(BaseModel):
    """Base of all that stands in a profile."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Option(Strict):
    """Something a site may say about such a device, with what holds if it does not."""

    type: Literal["int", "number", "text"]
    default: int | float | str
    low: float | None = None
    high: float | None = None
    doc: str


class Asked(Strict):
    """When a question is asked. Seconds: `every` at rest, `busy` in meetings and tests, `timeout` for one request."""

    every: float = Field(ge=0.5, le=86400)
    busy: float | None = Field(default=None, ge=0.5, le=86400)
    timeout: float = Field(default=1.0, gt=0, le=60)
    vital: bool = False


class Common(Strict):
    """The head of every profile."""

    profile: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    dialect: str
    source: str = Field(min_length=1)
    about: str = ""
    kind: str = ""
    """What sort of device it is, in a word: pdu, ups, charger, sensor, projector."""
    maker: str = ""
    models: list[str] = Field(default_factory=list)
    options: dict[str, Option] = Field(default_factory=dict)


def vital_of(queries: Mapping[str, Asked]) -> frozenset[str]:
    """The queries whose silence means that the device is gone: those that say so, else the first."""
    said = frozenset(name for name, asked in queries.items() if asked.vital)
    return said or frozenset(list(queries)[:1])


def query_of(name: str, asked: Asked, vital: bool) -> Query:
    """As the rest of the house knows it."""
    return Query(name, asked.every, asked.timeout, asked.busy, vital)


_TYPES: Mapping[str, Any] = {"int": int, "number": float, "text": str}


def settings(base: type[Options], name: str, options: Mapping[str, Option]) -> type[Options]:
    """The pydantic model of a device's options: what the dialect takes, and what the profile adds."""
    fields: dict[str, Any] = {key: (_TYPES[option.type], _field(option)) for key, option in options.items()}
    title = "".join(word.capitalize() for word in name.split("-")) + "Options"
    return create_model(title, __base__=base, **fields)


def clashes(base: type[Options], options: Mapping[str, Option]) -> Found:
    """Options that the dialect has already, or whose default is not of their type or range."""
    for key, option in options.items():
        if key in base.model_fields:
            yield ("options", key), f'"{key}" is an option of every such device already, take another name'
        if option.type != "text" and isinstance(option.default, str):
            yield ("options", key, "default"), f"{option.default!r} is no {option.type}"
        elif not isinstance(option.default, str) and not _within(option):
            yield (
                ("options", key, "default"),
                f"{option.default} is outside {_bound(option.low)} to {_bound(option.high)}",
            )


def _field(option: Option) -> Any:
    if option.type == "text":
        return Field(default=option.default, description=option.doc)
    return Field(default=option.default, description=option.doc, ge=option.low, le=option.high)


def _within(option: Option) -> bool:
    value = float(option.default)
    return (option.low is None or value >= option.low) and (option.high is None or value <= option.high)


def _bound(limit: float | None) -> str:
    return "anything" if limit is None else f"{limit:g}"
