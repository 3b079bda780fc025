"""A mistake in a file is told where it stands, with what was found and what would be right."""

from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict

from avctl.document import Document, Mistakes, nearest


class Lamp(BaseModel):
    model_config = ConfigDict(extra="forbid")
    hours: int
    rated: int = 5000


class Form(BaseModel):
    model_config = ConfigDict(extra="forbid")
    lamps: dict[str, Lamp]
    names: list[str] = []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("lamps: {a: {hours: many}}", "x.yaml:1:13: lamps.a.hours: input should be a valid integer"),
        (
            "lamps:\n  a:\n    hours: 1\n    ratde: 2",
            'x.yaml:4:5: lamps.a.ratde: is not known here. Did you mean "rated"?',
        ),
        ("lamps:\n  a: {rated: 2}", "x.yaml:2:3: lamps.a.hours: missing"),
        ("lamps: {}\nnames: [a, [b]]", "x.yaml:2:12: names.1: input should be a valid string"),
        ("lamps: {}\nlamps: {}", 'x.yaml:2:1: found duplicate key "lamps"'),
        ("lamps: [", "x.yaml:1:"),
        ("- a", "x.yaml:1:1: want keys and values"),
        ("", "x.yaml:1:1: want keys and values, found nothing"),
        ("a: &a [*a]\nlamps: {}", "x.yaml:1:1: a: is not known here"),
    ],
)
def test_every_mistake_has_its_line_and_what_would_be_right(text: str, told: str) -> None:
    with pytest.raises(Mistakes) as caught:
        raise Mistakes(Document(text, "x.yaml").validate(Form)[1])
    assert any(str(m).startswith(told) for m in caught.value.mistakes), str(caught.value)


def test_yaml_is_version_1_2_so_no_is_a_word_and_012_is_twelve() -> None:
    assert Document("a: no\nb: 012\nc: 1:30\nd: off", "x.yaml").data == {"a": "no", "b": 12, "c": "1:30", "d": "off"}


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"a: 1\nb: \xb0\n", ":2:1: byte 0xb0 is not UTF-8"),
        (b"x" * (4 * 2**20 + 1), "at most"),
        (None, "cannot be read"),
    ],
)
def test_a_file_that_is_no_text_is_told_and_never_crashes(tmp_path: Path, raw: bytes | None, told: str) -> None:
    path = tmp_path / "site.yaml"
    if raw is not None:
        path.write_bytes(raw)
    with pytest.raises(Mistakes, match=told):
        Document.read(path)


def test_all_mistakes_are_told_at_once_and_in_order() -> None:
    document = Document("names: 3\nlamps:\n  a: {hours: x}\n  b: {}", "x.yaml")
    mistakes = Mistakes(document.validate(Form)[1]).mistakes
    assert [(m.line, m.place) for m in mistakes] == [(1, "names"), (3, "lamps.a.hours"), (4, "lamps.b.hours")]


def test_the_nearest_name_is_offered_and_otherwise_all() -> None:
    assert nearest("mixr", ["mixer", "charger"]) == ' Did you mean "mixer"?'
    assert nearest("zzz", ["mixer", "charger"]) == " There is: charger, mixer."
