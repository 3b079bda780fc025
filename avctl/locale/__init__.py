"""Every word a person reads, in Chinese and English, by id: `text("cause.no-reply", "zh", device="…")`.

Catalogues are gettext: `zh_CN/LC_MESSAGES/avctl.po` and `en/…`, compiled beside them. A test fails on an id that one
tongue lacks, and on a compiled file older than its source.
"""

from functools import cache
from gettext import GNUTranslations
from pathlib import Path

LANGUAGES = ("zh", "en")
_FOLDERS = {"zh": "zh_CN", "en": "en"}


def text(id: str, language: str, /, **figures: object) -> str:
    """The sentence `id` in `language` ("zh" or "en"), its braces filled with `figures`.

    Raises KeyError for an id without a sentence: a missing text is a bug, not something to show.
    """
    found = _catalogue(language).gettext(id)
    if found == id:
        raise KeyError(f"no {language} text for {id!r}")
    return found.format(**figures)


def both(id: str, /, **figures: object) -> tuple[tuple[str, str], ...]:
    """The sentence in every language, as a notice carries it: (("zh", …), ("en", …))."""
    return tuple((language, text(id, language, **figures)) for language in LANGUAGES)


def has(id: str, language: str = "en") -> bool:
    """Whether a sentence exists: for names made of data, such as point names."""
    return _catalogue(language).gettext(id) != id


def point_name(point: str, language: str) -> str:
    """A point as people call it: "bay.3.charge" is "bay 3 charge". Its own name where the catalogue has none."""
    if has(f"point.{point}", language):
        return text(f"point.{point}", language)
    kind, _, rest = point.partition(".")
    number, _, quality = rest.partition(".")
    if number.isdigit() and not quality and has(f"part.{kind}", language):
        return text(f"part.{kind}", language, number=number.removeprefix("0"))
    if has(f"part.{kind}", language) and has(f"point.{kind}.{quality}", language):
        part = text(f"part.{kind}", language, number=number.removeprefix("0"))
        return f"{part} {text(f'point.{kind}.{quality}', language)}"
    return point


@cache
def _catalogue(language: str) -> GNUTranslations:
    path = Path(__file__).parent / _FOLDERS[language] / "LC_MESSAGES" / "avctl.mo"
    with path.open("rb") as file:
        return GNUTranslations(file)
