"""What a meeting needs, out of the words people type: the tag line, in English or Chinese. Pure; nothing is lost.

    [av mics=4 wireless=2 proj=1 vc=1 rec=0 people=40 level=internal]
    话筒:4 无线:2 投影:是 视频会议:是 录音:否 人数:40 密级:内部

Any order, full-width signs and digits alike. What is not understood is a mistake to be shown to somebody, never
silence. A wish holds only what was said, so that wishes can be laid over each other: what the source says in fields
of its own, then the tag line, then the template, then the room's default. What nobody said stays unsaid.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from avctl.model.booking import Level, Needs

Said = int | bool | float | Level
Wish = Mapping[str, Said]
"""Only what was said: `{"mics": 4, "projection": True}`; the keys are those of `Needs` and of `EXTRAS`."""

EXTRAS: Final = ("lead", "setup", "teardown", "priority")
"""What a tag line may say beside needs: minutes of lead, of setting up and of putting away (kept in seconds), rank."""

_LONGEST: Final = 20_000  # characters of a description that are looked at
_MOST: Final = 5_000  # no meeting has more of anything


@dataclass(frozen=True, slots=True)
class Tag:
    """What a text said about needs, and what of it was not understood."""

    wish: Wish = field(default_factory=dict)
    mistakes: tuple[str, ...] = ()


_NAMES: Final = {
    "mics": "mics mic microphones 话筒 话筒数 麦克风 麦克风数",
    "wireless": "wireless 无线 无线话筒 无线麦克风",
    "projection": "proj projection projector 投影 投影仪 显示",
    "conference": "vc conference video 视频会议 视频",
    "recording": "rec recording record 录音 录像 录音录像",
    "people": "people attendance seats 人数 参会人数 与会人数",
    "level": "level 密级",
    "lead": "lead 提前",
    "setup": "setup 布置 布场",
    "teardown": "teardown 撤场 清场",
    "priority": "priority vip 优先 优先级",
}
KEYS: Final = {word: name for name, words in _NAMES.items() for word in words.split()}
"""Every word that may stand before the colon, and what it means."""

_YES: Final = frozenset(["1", "yes", "y", "true", "on", "是", "有", "要", "需要", "√", "✓"])
_NO: Final = frozenset(["0", "no", "n", "false", "off", "否", "无", "不要", "不需要", "没有", "×"])
_LEVELS: Final = {
    "public": Level.PUBLIC,
    "公开": Level.PUBLIC,
    "internal": Level.INTERNAL,
    "内部": Level.INTERNAL,
    **dict.fromkeys(("secret", "confidential", "秘密", "机密", "绝密"), Level.SECRET),
}
_HAN: Final = {han: figure for figure, han in enumerate("零一二三四五六七八九十")} | {"两": 2}
_COUNT: Final = re.compile(r"(\d{1,5}|[零一二两三四五六七八九十])(?:人|支|个|位|只|路|名|min|分钟|分)?")
_UNITS: Final = frozenset(["人", "支", "个", "位", "只", "路", "名", "min", "分钟", "分"])

_BRACKET: Final = re.compile(r"\[av(?![a-z0-9])([^\]\n]*)\]?", re.IGNORECASE)
_PAIR: Final = re.compile(r"([^\s:=,;、]+)\s*[:=]\s*([^\s:=,;、]+)|([^\s,;、]+)")
_OPENING: Final = re.compile(r"\s*([^\s:=,;、]+)\s*:\s*\S")
_MARKUP: Final = re.compile(r"<[^<>]*>")


def tag(text: str) -> Tag:
    """Everything `text` says about needs; the first word on each counts, and what cannot be read is a mistake."""
    wish: dict[str, Said] = {}
    mistakes: list[str] = []
    for line in _tag_lines(unicodedata.normalize("NFKC", _MARKUP.sub("\n", text[:_LONGEST]))):
        for key, value in _pairs(line):
            _take(key, value, wish, mistakes)
    return Tag(wish, tuple(mistakes))


def field_of(key: str, value: str) -> Tag:
    """One structured field of a source, such as the column "mics" of a sheet: the same words, one at a time."""
    wish: dict[str, Said] = {}
    mistakes: list[str] = []
    _take(unicodedata.normalize("NFKC", key), unicodedata.normalize("NFKC", value).strip(), wish, mistakes)
    return Tag(wish, tuple(mistakes))


def merged(*wishes: Wish) -> Wish:
    """Lay wishes over each other, the strongest first."""
    return {key: said for wish in reversed(wishes) for key, said in wish.items()}


def needs(wish: Wish) -> Needs:
    """The needs of a wish; wireless microphones are microphones, so there are never fewer of all than of those."""
    said = {key: value for key, value in wish.items() if key not in EXTRAS}
    if "mics" in said and "wireless" in said:
        said["mics"] = max(int(said["mics"]), int(said["wireless"]))
    return Needs(**said)  # type: ignore[arg-type]  # the readers below give each key its own type


def union(*all_needs: Needs) -> Needs:
    """What one test must cover so that it serves every one of these meetings; unsaid by one is unsaid by all."""

    def most(figures: list[int | None]) -> int | None:
        return None if None in figures else max(f for f in figures if f is not None)

    def any_of(answers: list[bool | None]) -> bool | None:
        return True if True in answers else None if None in answers else False

    return Needs(
        mics=most([n.mics for n in all_needs]),
        wireless=most([n.wireless for n in all_needs]),
        projection=any_of([n.projection for n in all_needs]),
        conference=any_of([n.conference for n in all_needs]),
        recording=any_of([n.recording for n in all_needs]),
        people=most([n.people for n in all_needs]),
        level=max((n.level for n in all_needs), key=list(Level).index, default=Level.INTERNAL),
    )


def _tag_lines(text: str) -> Iterator[str]:
    """What stands in [av …], and every other line that opens with a word we know and a colon."""
    for line in text.splitlines():
        if bracket := _BRACKET.search(line):
            yield bracket[1]
        elif (opening := _OPENING.match(line)) and opening[1].lower() in KEYS:
            yield line


def _pairs(line: str) -> Iterator[tuple[str, str]]:
    """Key and value; a word that belongs to no pair comes as a key without value, a lone unit ("4 支") not at all."""
    for found in _PAIR.finditer(line):
        if found[1]:
            yield found[1], found[2]
        elif found[3] not in _UNITS:
            yield found[3], ""


def _take(key: str, value: str, wish: dict[str, Said], mistakes: list[str]) -> None:
    name = KEYS.get(key.lower())
    if name is None:
        mistakes.append(f"{key[:30]!r} is not known here; known are {', '.join(_NAMES)}")
    elif name in wish:
        mistakes.append(f"{key} is said twice; the first counts")
    elif (said := _READERS[name](value.lower())) is None:
        mistakes.append(f"{key}: {value[:30]!r} is not {_WANTED[name]}")
    else:
        wish[name] = said


def _figure(value: str) -> int | None:
    if (found := _COUNT.fullmatch(value)) is None:
        return None
    figure = _HAN[found[1]] if found[1] in _HAN else int(found[1])
    return figure if figure <= _MOST else None


def _minutes(value: str) -> float | None:
    figure = _figure(value)
    return None if figure is None else figure * 60.0


def _yes(value: str) -> bool | None:
    return True if value in _YES else False if value in _NO else None


_READERS: Final[Mapping[str, Callable[[str], Said | None]]] = {
    **dict.fromkeys(("mics", "wireless", "people", "priority"), _figure),
    **dict.fromkeys(("lead", "setup", "teardown"), _minutes),
    **dict.fromkeys(("projection", "conference", "recording"), _yes),
    "level": _LEVELS.get,
}
_WANTED: Final = {
    **dict.fromkeys(("mics", "wireless", "people", "priority"), f"a whole number from 0 to {_MOST}"),
    **dict.fromkeys(("lead", "setup", "teardown"), "a number of minutes"),
    **dict.fromkeys(("projection", "conference", "recording"), "yes or no (1/0, 是/否)"),
    "level": "public, internal or secret (公开, 内部, 秘密)",
}
