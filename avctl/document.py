"""A YAML 1.2 document that remembers where everything stands, so that a mistake is told as file:line:col.

Used for whatever people write by hand: the site, profiles, playbooks. All mistakes are collected before any is told;
nearest valid names are offered. It knows nothing of what the documents mean.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

Model = TypeVar("Model", bound=BaseModel)
Place = tuple[str | int, ...]
"""Keys and indexes from the top of a document down: ("rooms", "301", "roles")."""

_LARGEST = 4 * 2**20  # bytes; a document written by hand is never larger


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """One mistake: where (line and column count from 1), at which key, what was found and what would be right."""

    file: str
    line: int
    column: int
    place: str
    said: str

    def __str__(self) -> str:
        at = f"{self.file}:{self.line}:{self.column}: "
        return at + (f"{self.place}: {self.said}" if self.place else self.said)


class Mistakes(Exception):
    """All mistakes of one or more documents, in order of place. `str()` gives a line each."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = sorted(set(mistakes))
        super().__init__("\n".join(map(str, self.mistakes)))


class Document:
    """A parsed document. `data` is made of plain dicts, lists and scalars."""

    def __init__(self, text: str, file: str) -> None:
        """Parse `text`. Raises Mistakes for what is not YAML, has a key twice, or is not a mapping at the top."""
        self.file, self.text = file, text
        self._nodes = self._parse(text)
        self.data: dict[str, Any] = _plain(self._nodes)

    @classmethod
    def read(cls, path: Path) -> "Document":
        """Parse a file. Raises Mistakes, also for a file that cannot be read or is not UTF-8."""
        try:
            raw = path.read_bytes()
            if len(raw) > _LARGEST:
                raise Mistakes([Mistake(str(path), 1, 1, "", f"{len(raw)} bytes; at most {_LARGEST} are read")])
            return cls(raw.decode("utf-8-sig"), str(path))
        except OSError as error:
            raise Mistakes([Mistake(str(path), 1, 1, "", f"cannot be read: {error.strerror}")]) from None
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            found = f"byte 0x{raw[error.start]:02x} is not UTF-8; save the file as UTF-8"
            raise Mistakes([Mistake(str(path), line, 1, "", found)]) from None

    def mistake(self, place: Sequence[str | int], said: str) -> Mistake:
        """A mistake at `place`, or at the nearest enclosing key that exists."""
        line, column = self.position(place)
        return Mistake(self.file, line, column, ".".join(map(str, place)), said)

    def position(self, place: Sequence[str | int]) -> tuple[int, int]:
        """Line and column (from 1) of the key or item at `place`, or of the nearest one above it."""
        node, at = self._nodes, (1, 1)
        for key in place:
            if isinstance(node, CommentedMap) and key in node:
                line, column = node.lc.key(key)
            elif isinstance(node, CommentedSeq) and isinstance(key, int) and key < len(node):
                line, column = node.lc.item(key)
            else:
                break
            at, node = (line + 1, column + 1), node[key]
        return at

    def validate(self, model: type[Model], place: Sequence[str | int] = ()) -> tuple[Model | None, list[Mistake]]:
        """The part at `place` as a pydantic `model`, or None and every mistake in it."""
        part: Any = self.data
        for key in place:
            part = part[key]
        try:
            return model.model_validate(part), []
        except ValidationError as error:
            return None, self.explained(error, model, place)

    def explained(
        self, error: ValidationError, model: type[BaseModel], place: Sequence[str | int] = ()
    ) -> list[Mistake]:
        """What pydantic found wrong, in words, each at its place."""
        return [self.mistake((*place, *self._real(place, e["loc"])), _in_words(dict(e), model)) for e in error.errors()]

    def _real(self, place: Sequence[str | int], where: Sequence[str | int]) -> Place:
        """`where` without the steps pydantic invents for unions and key checks, which the document does not have."""
        node: Any = self._nodes
        for key in place:
            node = node[key]
        kept: list[str | int] = []
        for i, key in enumerate(where):
            if _has(node, key):
                node = node[key]
            elif i < len(where) - 1:
                continue
            kept.append(key)
        return tuple(kept)

    def _parse(self, text: str) -> CommentedMap:
        yaml = YAML(typ="rt")
        yaml.version = (1, 2)
        try:
            found = yaml.load(text)
        except MarkedYAMLError as error:
            raise Mistakes([self._syntax(error)]) from None
        except (YAMLError, ValueError, RecursionError) as error:
            raise Mistakes([Mistake(self.file, 1, 1, "", f"not YAML: {error}")]) from None
        if not isinstance(found, CommentedMap):
            raise Mistakes([Mistake(self.file, 1, 1, "", f"want keys and values, found {_sort(found)}")])
        return found

    def _syntax(self, error: MarkedYAMLError) -> Mistake:
        mark = error.problem_mark or error.context_mark
        said = (error.problem or "not YAML").split("\n")[0]
        return Mistake(self.file, mark.line + 1 if mark else 1, mark.column + 1 if mark else 1, "", said)


def nearest(name: str, known: Iterable[str]) -> str:
    """` Did you mean "x"?` or a list of what there is; "" when nothing is known."""
    names = sorted(known)
    if close := get_close_matches(name, names, n=1):
        return f' Did you mean "{close[0]}"?'
    return f" There is: {', '.join(names)}." if names else ""


def _in_words(error: Mapping[str, Any], model: type[BaseModel]) -> str:
    match error["type"]:
        case "missing":
            return "missing"
        case "extra_forbidden":
            return "is not known here." + nearest(str(error["loc"][-1]), _fields(model, error["loc"][:-1]))
        case _:
            found = error.get("input")
            shown = f"; found {found!r}" if isinstance(found, str | int | float | bool | None) else ""
            message = str(error["msg"]).removeprefix("Value error, ")
            return message[0].lower() + message[1:] + shown


def _fields(model: type[BaseModel], where: Sequence[str | int]) -> list[str]:
    """The names a mapping at `where` may have, as far as the annotations tell."""
    found: type[BaseModel] | None = model
    for key in where:
        field = found.model_fields.get(str(key)) if found else None
        inner = _models(field.annotation) if field else _models(_others(found)) if found else []
        found = next(iter(inner), found)
    return [f.alias or name for name, f in (found.model_fields if found else {}).items()]


def _others(model: type[BaseModel]) -> Any:
    """What stands behind keys a model does not name itself; the model where it takes no others."""
    return model.__annotations__.get("__pydantic_extra__", model)


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [m for part in getattr(annotation, "__args__", ()) for m in _models(part)]


def _has(node: Any, key: str | int) -> bool:
    return (isinstance(node, CommentedMap) and key in node) or (
        isinstance(node, CommentedSeq) and isinstance(key, int) and key < len(node)
    )


def _sort(found: object) -> str:
    return "nothing" if found is None else f"a {type(found).__name__.lower().removeprefix('commented')}"


def _plain(node: Any) -> Any:
    if isinstance(node, Mapping):
        return {_plain(k): _plain(v) for k, v in node.items()}
    if isinstance(node, list):
        return [_plain(v) for v in node]
    if isinstance(node, bool) or node is None:
        return node
    for kind in (int, float, str):
        if isinstance(node, kind):
            return kind(node)
    return node
