"""A playbook file with mistakes: every one is told at once, each with its place and what would be right."""

from pathlib import Path

import pytest

from avctl.document import Mistakes
from avctl.model.event import Phase
from avctl.model.fault import Severity
from avctl.model.point import Point
from avctl.playbooks.load import LIBRARY, read, read_all
from avctl.playbooks.model import FaultTrigger, Kind, Set
from tests.playbooks.conftest import folder, house, points

HEAD = "playbook: mine\ntitle: T\nwhy: W\n"


def wrong(text: str, points_of: dict[str, dict[str, Point]] | None = None) -> list[str]:
    with pytest.raises(Mistakes) as found:
        read(text, "mine.yaml", house(), lambda d: (points_of or {}).get(d, {}))
    return str(found.value).splitlines()


def test_the_shipped_library_is_without_fault() -> None:
    found = read_all(None, house())
    assert set(found) == {"pre-meeting", "shutdown", "lamp-failure", "mic-battery", "link-loss"}
    assert found["lamp-failure"].kind is Kind.FALLBACK and found["shutdown"].kind is Kind.CLOSING
    assert all(step.within > 0 for playbook in found.values() for step in playbook.walk())
    assert all(path.stem in found for path in LIBRARY.glob("*.yaml"))


def test_every_shipped_sentence_is_there_in_both_tongues() -> None:
    for playbook in read_all(None, house()).values():
        for step in playbook.walk():
            for texts in (step.title, getattr(step.action, "text", {})):
                assert not texts or texts["zh"] != texts["en"], f"{playbook.name} {step.id}"


def test_the_example_of_the_manual_means_what_it_says() -> None:
    text = HEAD + (
        "when: {fault: main-display.lamp, during: meeting}\n"
        "steps:\n"
        "  - set: {side-display.power: on}\n"
        "    within: 20\n"
        "    otherwise:\n"
        '      - say: "Sound only; bring the spare for {main-display}."\n'
    )
    found = read(text, "mine.yaml", house())
    assert found.triggers == (FaultTrigger("main-display", "lamp", Phase.MEETING, Severity.CRITICAL),)
    (step,) = found.steps
    assert step.action == Set("side-display", "power", "on") and step.within == 20
    assert step.otherwise is not None and step.otherwise[0].verb == "say"


def test_all_mistakes_are_told_at_once_with_line_and_column() -> None:
    text = HEAD + (
        "when: {fault: main-displai.lampe}\n"
        "steps:\n"
        "  - set: {main-display.power: on}\n"
        "  - expect: {charger: batery-pool}\n"
        "    within: 5\n"
        "  - expect: {mixer.scene: '>>3'}\n"
        "    within: 5\n"
        "  - set: {a.b: 1, c.d: 2}\n"
        "    within: 5\n"
        "  - say: 'ask {presenter}'\n"
        "  - set: {side-display.power: on}\n"
        "    within: 5\n"
        "    withn: 6\n"
        "  - wait: 5\n"
        "    set: {side-display.power: on}\n"
        "  - {}\n"
    )
    found = wrong(text)
    assert [line.split(":")[1] for line in found] == ["4", "4", "6", "7", "9", "11", "13", "16", "17", "19"]
    assert 'Did you mean "main-display"?' in found[0] and 'Did you mean "lamp"?' in found[1]
    assert "no step without a deadline" in found[2]
    assert 'Did you mean "battery-pool"?' in found[3]
    assert '">=95"' in found[4]
    assert "one thing per step" in found[5]
    assert 'Did you mean "presenter-mic"?' in found[6]
    assert 'Did you mean "within"?' in found[7]
    assert "found set, wait" in found[8]
    assert "found none" in found[9]


def test_a_mistake_in_the_head_does_not_hide_one_in_a_step() -> None:
    found = wrong("playbook: Mine\ntitle: T\nwhy: W\nsteps:\n  - say: hello {nobody}\n")
    assert len(found) == 2


def test_points_are_held_against_the_drivers_of_the_rooms() -> None:
    text = HEAD + (
        "steps:\n"
        "  - set: {main-display.powr: on}\n    within: 5\n"
        "  - set: {main-display.power: dim}\n    within: 5\n"
        "  - expect: {charger.bay.*.charg: '>=80'}\n    within: 5\n"
    )
    known = {"p": points(["power", "source"]), "c": points(["bay.1.charge", "bay.2.charge"])}
    found = wrong(text, known)
    assert 'Did you mean "power"?' in found[0]
    assert "p.power does not take 'dim'" in found[1]
    assert "has no point 'bay.*.charg'" in found[2]


def test_a_step_id_is_given_once() -> None:
    found = wrong(HEAD + "steps:\n  - {say: a, id: x}\n  - {say: b, id: x}\n")
    assert found[0].startswith("mine.yaml:6:") and "taken in line 5" in found[0]


def test_a_parameter_must_be_declared() -> None:
    found = wrong(HEAD + "with: {scene: standard}\nsteps:\n  - set: {mixer.scene: {with: scen}}\n    within: 5\n")
    assert 'Did you mean "scene"?' in found[0]


def test_a_site_playbook_takes_the_place_of_a_shipped_one(tmp_path: Path) -> None:
    own = "playbook: shutdown\ntitle: T\nwhy: W\nwhen: {due: shutdown}\nsteps:\n  - say: bye\n"
    assert len(read_all(folder(tmp_path, own), house())["shutdown"].steps) == 1


def test_two_site_playbooks_of_one_name_are_a_mistake_and_so_is_one_that_runs_itself(tmp_path: Path) -> None:
    one = HEAD + "steps:\n  - run: other\n"
    two = HEAD + "steps:\n  - run: mine\n"
    three = HEAD.replace("mine", "other") + "steps:\n  - run: mine\n  - run: nobody\n"
    with pytest.raises(Mistakes) as found:
        read_all(folder(tmp_path, one, two, three), house())
    said = str(found.value)
    assert "another file of this folder is called 'mine' too" in said
    assert "would run itself" in said
    assert "there is no playbook 'nobody'" in said


def test_a_room_that_is_not_there_is_named() -> None:
    found = wrong(HEAD + 'rooms: ["303"]\nsteps:\n  - say: x\n')
    assert "there is no room '303'" in found[0]


def test_a_role_must_be_in_the_room_the_playbook_is_for() -> None:
    found = wrong(HEAD + 'rooms: ["302"]\nsteps:\n  - set: {main-display.power: on}\n    within: 5\n')
    assert "room 302 has no role 'main-display'" in found[0]


def test_what_is_not_yaml_is_told_by_line() -> None:
    found = wrong("playbook: mine\nsteps: [\n")
    assert found[0].startswith("mine.yaml:")
