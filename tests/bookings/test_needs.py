"""What people type about needs, and what becomes of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avctl.bookings.needs import field_of, merged, needs, tag, union
from avctl.model.booking import Level, Needs

FULL = Needs(4, 2, True, True, False, 40, Level.INTERNAL)


@pytest.mark.parametrize(
    "text",
    [
        "[av mics=4 wireless=2 proj=1 vc=1 rec=0 people=40 level=internal]",
        "话筒:4 无线:2 投影:是 视频会议:是 录音:否 人数:40 密级:内部",
        "话筒：４　无线：２　投影：是　视频会议：是　录音：否　人数：４０　密级：内部",
        "人数：40人，密级：内部，录音：无，视频会议：要，投影：有，无线：两支，话筒：四支",
        "Agenda: none\nplease bring water\n[AV people=40 rec=no vc=yes proj=on wireless=2 mics=4]",
        "各位好：\n请准备茶水。\n话筒: 4 支, 无线: 2 支, 投影: 是, 视频会议: 是, 录音: 否, 人数: 40 人",
        "<p>hello</p><p>[av mics=4; wireless=2; proj=1; vc=1; rec=0; people=40]</p>",
    ],
)
def test_the_same_needs_however_they_are_written(text: str) -> None:
    found = tag(text)
    assert (needs(found.wish), found.mistakes) == (FULL, ())


def test_what_is_not_understood_is_named_and_the_rest_survives() -> None:
    found = tag("[av mics=4 lasers=9 proj=maybe people=lots vc]")
    assert needs(found.wish) == Needs(mics=4)
    assert [m.split()[0] for m in found.mistakes] == ["'lasers'", "proj:", "people:", "vc:"]


def test_a_text_that_says_nothing_about_needs_makes_no_mistakes_either() -> None:
    found = tag("时间: 10:00\n地点: 301\nNotes: mics are loud, see https://example.org/?mics=4")
    assert (found.wish, found.mistakes) == ({}, ())


def test_what_nobody_said_stays_unsaid() -> None:
    assert needs(tag("[av people=12]").wish).stated is False


def test_the_first_word_counts_and_the_second_is_a_mistake() -> None:
    found = tag("[av mics=4 话筒=9]")
    assert (needs(found.wish).mics, len(found.mistakes)) == (4, 1)


def test_from_secret_on_a_meeting_is_confidential() -> None:
    assert [needs(tag(f"密级:{word}").wish).confidential for word in ("公开", "内部", "秘密", "机密", "绝密")] == [
        False,
        False,
        True,
        True,
        True,
    ]


def test_minutes_become_seconds() -> None:
    assert tag("[av setup=15 teardown=10 lead=90 priority=2]").wish == {
        "setup": 900.0,
        "teardown": 600.0,
        "lead": 5400.0,
        "priority": 2,
    }


def test_a_field_beats_the_tag_line_and_the_tag_line_the_template() -> None:
    layers = (field_of("mics", "6").wish, tag("[av mics=4 vc=1]").wish, tag("[av mics=1 vc=0 proj=1]").wish)
    assert needs(merged(*layers)) == Needs(mics=6, conference=True, projection=True)


def test_wireless_microphones_are_microphones() -> None:
    assert needs(tag("[av mics=1 wireless=3]").wish).mics == 3


def test_one_test_for_two_meetings_covers_what_either_needs() -> None:
    both = union(Needs(mics=2, projection=True), Needs(mics=4, projection=False, level=Level.SECRET))
    assert both == Needs(mics=4, projection=True, level=Level.SECRET)


def test_needs_unsaid_by_one_meeting_are_unsaid_for_both() -> None:
    assert union(Needs(mics=2), Needs()).mics is None


@given(st.text(max_size=300))
def test_no_text_on_earth_upsets_it(text: str) -> None:
    needs(tag(text).wish)
    needs(tag(f"[av {text}]").wish)
