"""A profile's text: YAML 1.2 to plain values, with a place (line and column) for every one of them.

All mistakes of a file are told at once, each as `file:line:column: what was found, what would be right`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from io import StringIO
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

Way = Sequence[int | str]
"""The way from the top of the file to a value: keys and positions."""
KEY: Final = "(key)"
"""The end of a way that means the key itself, not the value behind it."""


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """Where in which file (line and column from 1), and what to do about it."""

    file: str
    line: int
    column: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.text}"


class Broken(ValueError):
    """A file with mistakes: all of them, in the order of the file."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(sorted(mistakes))
        super().__init__("\n".join(map(str, self.mistakes)))


class Text:
    """One YAML file, read. Raises Broken when it is not YAML, OSError when it cannot be read."""

    def __init__(self, path: Path, shown: str = "") -> None:
        self.file = shown or path.name
        self._top = self._parsed(path.read_text(encoding="utf-8"))
        self.plain: object = _plain(self._top)

    def mistake(self, way: Way, text: str) -> Mistake:
        """A mistake at the value `way` leads to, or as near as the file goes.

        A mapping or list is shown by its key, and so is what `way` ends with KEY.
        """
        line, column = self._place(way)
        return Mistake(self.file, line + 1, column + 1, text)

    def mistakes(self, error: ValidationError, names: Iterable[str]) -> list[Mistake]:
        """What pydantic found, in words and places of this file. `names` are all keys there are."""
        return [self._told(found, names) for found in error.errors(include_url=False, include_context=True)]

    def _parsed(self, text: str) -> Any:
        try:
            return YAML(typ="rt").load(StringIO(text))
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
            raise Broken([Mistake(self.file, line, column, str(error.problem or error).splitlines()[0])]) from None
        except YAMLError as error:
            raise Broken([Mistake(self.file, 1, 1, str(error).splitlines()[0])]) from None

    def _place(self, way: Way) -> tuple[int, int]:
        node: Any = self._top
        place: tuple[int, int] = (0, 0)
        for part in way:
            if isinstance(node, CommentedMap) and part in node:
                named = isinstance(node[part], CommentedMap | CommentedSeq) or way[-1] is KEY
                place = node.lc.key(part) if named else node.lc.value(part)
            elif isinstance(node, CommentedSeq) and isinstance(part, int) and part < len(node):
                place = node.lc.item(part)
            else:
                continue  # KEY, a name pydantic gives to an alternative, or the key that is missing
            node = node[part]
        return place

    def _told(self, found: Any, names: Iterable[str]) -> Mistake:
        way, kind, seen = found["loc"], found["type"], found["input"]
        last = str(way[-1]) if way else ""
        if kind == "extra_forbidden":
            near = get_close_matches(last, names, n=1)
            hint = f', did you mean "{near[0]}"?' if near else ""
            return self.mistake((*way, KEY), f'"{last}" is no key here{hint}')
        if kind == "missing":
            return self.mistake(way[:-1], f'"{last}" is missing')
        if kind in ("union_tag_invalid", "union_tag_not_found"):
            tag = found["ctx"]["discriminator"].strip("'")
            wanted = found["ctx"].get("expected_tags", "another")
            return self.mistake((*way, tag), f"{tag}: {seen.get(tag)!r} is none, want {wanted}")
        said = found["msg"].removeprefix("Value error, ").replace("Input should", "should")
        shown = "" if isinstance(seen, dict) else f"{seen!r}: "
        return self.mistake(way, f"{shown}{said}")


def keys_of(model: type[BaseModel]) -> frozenset[str]:
    """Every key a model and the models inside it take."""
    schema = model.model_json_schema()
    parts = [schema, *schema.get("$defs", {}).values()]
    return frozenset(name for part in parts for name in part.get("properties", {}))


def _plain(node: Any) -> object:
    """Round-trip types to plain ones, so that strict validation and comparisons see what stands there."""
    if isinstance(node, Mapping):
        return {_plain(key): _plain(value) for key, value in node.items()}
    if isinstance(node, bool) or node is None:
        return node
    for kind in (int, float, str):
        if isinstance(node, kind):
            return kind(node)
    return [_plain(item) for item in node] if isinstance(node, Sequence) else str(node)
