"""A bad morning in room 301, and what maintenance asks about it afterwards."""

import csv
from io import StringIO
from json import loads

import pytest

from avctl.archive import memory
from avctl.archive.asked import Asked
from avctl.archive.fold import changes
from avctl.archive.questions import QUESTIONS, ask
from avctl.archive.reader import Reader
from avctl.archive.sheets import render, show
from avctl.archive.table import Table, columns
from avctl.archive.wear import current, wear
from avctl.locale import LANGUAGES
from avctl.model.booking import Booking, BookingKey
from avctl.model.command import Command, TestClass
from avctl.model.event import (
    BookingChanged,
    CommandAsked,
    CommandDone,
    Due,
    Event,
    FaultAcknowledged,
    FaultCleared,
    FaultMitigated,
    FaultRaised,
    Missed,
    Notice,
    Occupancy,
    Phase,
    PhaseChanged,
    PlayEnded,
    PlayRefused,
    PlayStarted,
    PlayWanted,
    ReachChanged,
    Read,
    Started,
    StepDone,
    StepIntended,
)
from avctl.model.fault import Fault, FaultKey, Severity
from avctl.model.health import Reach
from avctl.model.outcome import Outcome, Verdict
from avctl.model.reading import Quality, Reading
from tests.archive.conftest import MORNING, History

DAY = 86_400.0
LAMP = FaultKey("r301-projector", "lamp")
MEETING = Booking(BookingKey("desk", "8f3a@office"), "301", MORNING + 60, MORNING + 7200)


def a_bad_morning(history: History) -> dict[str, int]:
    """A meeting is on, the lamp dies, the side display takes over; the numbers of what happened, by name."""
    say, n = history.say, {}
    history.read("r301-projector", identity__model="EB-2250U", identity__serial="X4ZK", lamp__hours=4100)
    say(ReachChanged("r301-projector", Reach.UP))
    n["booked"] = say(BookingChanged(MEETING))
    n["due"] = say(Due("301", MEETING, "pre-meeting", "pre-meeting", TestClass.PERCEPTIBLE, "R1", "60 min before"))
    say(PhaseChanged("301", Phase.MEETING, Occupancy.OCCUPIED, MEETING.key, "people are in"), later=60)
    n["read"] = history.read("r301-projector", lamp__state="error", lamp__hours=4150)
    n["fault"] = say(
        FaultRaised(Fault(LAMP, Severity.CRITICAL, history.watch.at, n["read"], "error"), "301"), n["read"]
    )
    n["run"] = say(
        PlayStarted("R1", "301", "lamp-failure", "1", Started.FAULT, "engine", 2, MEETING, LAMP), n["fault"], later=0.1
    )
    n["intended"] = say(
        StepIntended("R1", "1", "set", "side display on", TestClass.PERCEPTIBLE, "r301-side.power", "on", "off"),
        n["run"],
    )
    command = Command("c1", "r301-side", "power", "on", "playbook:lamp-failure", "no picture", MORNING + 999)
    n["asked"] = say(CommandAsked(command), n["intended"])
    on = Reading("r301-side", "power", "on", Quality.MEASURED, history.watch.at)
    n["done"] = say(CommandDone("c1", "r301-side", "power", Verdict.PASS, "on", on), n["asked"], later=6)
    outcome = Outcome("1", Verdict.PASS, "the side display is on", "on", "on", 6.0)
    n["step"] = say(StepDone("R1", "1", outcome, "r301-side"), n["done"])
    n["notice"] = say(Notice("301", "engineer", "critical", (("zh", "灯泡"), ("en", "Lamp")), str(LAMP)), n["step"])
    n["mitigated"] = say(FaultMitigated(LAMP, "R1"), n["step"])
    n["ended"] = say(PlayEnded("R1", "301", "lamp-failure", Verdict.PASS, "finished", True, "picture is back", 9.0))
    n["wanted"] = say(PlayWanted("w1", "303", "pre-meeting", "engineer", "to be sure"))
    n["refused"] = say(PlayRefused("w1", "303", "pre-meeting", "the room is occupied"), n["wanted"])
    n["missed"] = say(Missed("301", MEETING.key, "shutdown", "people are still in"))
    return n


def asked(reader: Reader, name: str, **of: object) -> list[dict[str, object]]:
    tables = reader.answer(ask, name, Asked(**of))  # type: ignore[arg-type]
    table = tables[0]
    return [dict(zip((c.name for c in table.columns), row, strict=True)) for row in table.rows]


def test_the_chain_of_causes_leads_from_the_notice_to_the_reading(history: History, reader: Reader) -> None:
    n = a_bad_morning(history)
    chain = [event.seq for event in reader.answer(memory.why, n["notice"])]
    assert chain == [n[x] for x in ("notice", "step", "done", "asked", "intended", "run", "fault", "read")]
    assert reader.answer(memory.why, n["read"])[0] in history.told
    assert reader.answer(memory.why, 999) == []


def test_a_fault_knows_all_its_times_and_the_meeting_it_fell_into(history: History, reader: Reader) -> None:
    n = a_bad_morning(history)
    [fault] = asked(reader, "open-faults", now=history.watch.at, room="301")
    assert (fault["event"], fault["fault"], fault["severity"]) == (n["fault"], "lamp", "critical")
    assert fault["notified"] is not None and fault["mitigated"] is not None and fault["acknowledged"] is None
    history.say(FaultAcknowledged(LAMP, "engineer"))
    history.say(FaultCleared(LAMP, "301", MORNING))
    assert asked(reader, "open-faults") == []
    [kept] = asked(reader, "faults", room="301", since=MORNING, until=MORNING + DAY)
    assert kept["meeting"] == MEETING.short and kept["by"] == "engineer" and kept["cleared"] == history.watch.at
    assert asked(reader, "faults", room="301", since=MORNING + DAY) == []
    assert asked(reader, "faults", room="302") == []


def test_a_fault_that_stands_over_a_restart_stays_one_fault(history: History, reader: Reader) -> None:
    n = a_bad_morning(history)
    again = FaultRaised(Fault(LAMP, Severity.CRITICAL, history.watch.at, 1, "error"), "301", standing=True)
    history.say(again)
    [fault] = asked(reader, "open-faults")
    assert fault["event"] == n["fault"]
    [standing] = reader.answer(memory.standing_faults)
    assert standing.key == LAMP and standing.by == n["read"] and standing.mitigated is not None
    history.say(FaultCleared(LAMP, "301", 0.0))
    history.say(again)
    assert len(asked(reader, "faults")) == 2


def test_a_run_tells_its_steps(history: History, reader: Reader) -> None:
    a_bad_morning(history)
    runs, steps = reader.answer(ask, "runs", Asked(run="R1"))
    assert runs.rows[0][:4] == ("R1", "301", "lamp-failure", "fault")
    assert steps.rows[0][1:6] == ("side display on", "r301-side.power", "on", "pass", "on")


def test_after_a_kill_the_open_run_is_known_with_everything_it_said(history: History, reader: Reader) -> None:
    a_bad_morning(history)
    assert reader.answer(memory.open_runs) == []
    start = PlayStarted("R2", "303", "pre-meeting", "1", Started.SCHEDULE, "plan", 9)
    history.say(start)
    history.say(StepIntended("R2", "1", "expect", "charger", TestClass.PASSIVE))
    assert reader.answer(memory.open_runs) == [history.told[-2:]]
    history.say(PlayEnded("R2", "303", "pre-meeting", Verdict.ERROR, "interrupted", True, "killed", 1.0))
    assert reader.answer(memory.open_runs) == []


def test_a_playbook_that_was_asked_for_by_id_is_known_with_its_end(history: History, reader: Reader) -> None:
    wanted = history.say(PlayWanted("w2", "303", "pre-meeting", "engineer", ""))
    history.say(PlayStarted("R3", "303", "pre-meeting", "1", Started.OPERATOR, "engineer", 9), wanted)
    history.say(StepIntended("R3", "1", "expect", "charger", TestClass.PASSIVE))
    history.say(PlayEnded("R3", "303", "pre-meeting", Verdict.PASS, "finished", True, "", 1.0))
    kinds = [event.body.kind for event in reader.answer(memory.past, "w2")]
    assert kinds == ["play-wanted", "play-started", "play-ended"]
    assert [event.body.kind for event in reader.answer(memory.runs_started, MORNING)] == ["play-started"]


def test_what_was_due_is_not_due_again(history: History, reader: Reader) -> None:
    a_bad_morning(history)
    key = str(MEETING.key)
    done = {("301", key, MEETING.start, "pre-meeting"), ("301", key, MEETING.start, "shutdown")}
    assert reader.answer(memory.done_stages, MORNING) == done
    assert reader.answer(memory.done_stages, MORNING + DAY) == set()
    assert reader.answer(memory.known_bookings, MORNING) == [MEETING]


def test_the_same_command_gets_its_first_answer(history: History, reader: Reader) -> None:
    a_bad_morning(history)
    first = reader.answer(memory.command_result, "c1")
    assert first is not None and first.said == "on"
    history.say(CommandDone("c1", "r301-side", "power", Verdict.FAIL, "no"))
    assert reader.answer(memory.command_result, "c1") == first
    assert reader.answer(memory.command_result, "c1", since=MORNING + DAY) is None
    assert [e.body.kind for e in reader.answer(memory.past, "c1")] == ["command-asked", "command-done"]
    assert [e.body.kind for e in reader.answer(memory.past, "w1")] == ["play-wanted", "play-refused"]
    assert reader.answer(memory.past, "w2") == []
    assert reader.answer(memory.wish, "w1") == memory.Wish("w1", "", "the room is occupied")


def test_a_command_nobody_knows_the_end_of_is_remembered(history: History, reader: Reader) -> None:
    seq = history.say(CommandAsked(Command("c9", "r301-side", "power", "off", "engineer", "", MORNING + 999)))
    assert [event.seq for event in reader.answer(memory.unfinished_commands, 0.0)] == [seq]


def test_a_device_file_is_found_by_tag_and_by_serial_number(history: History, reader: Reader) -> None:
    a_bad_morning(history)
    by_tag, by_serial = (reader.answer(ask, "device", Asked(device=x)) for x in ("AV-301-02", "X4ZK"))
    assert by_tag == by_serial and by_tag[0].rows[0][0] == "r301-projector"
    assert {t.title for t in by_tag} == {"device", "identity", "faults", "meters", "tests", "moves"}
    assert reader.answer(ask, "device", Asked(device="nobody")) == []


def test_firmware_keeps_its_history(history: History, reader: Reader) -> None:
    history.read("r301-mixer", identity__firmware="4.06")
    history.read("r301-mixer", identity__firmware="4.06")
    history.read("r301-mixer", identity__firmware="4.13")
    identity = reader.answer(ask, "device", Asked(device="r301-mixer"))[1]
    assert [(row[1], row[3] is None) for row in identity.rows] == [("4.06", False), ("4.13", True)]
    assert reader.answer(memory.known_identities) == {"r301-mixer": {"identity.firmware": "4.13"}}


def test_a_lamp_is_forecast_from_its_own_readings_only(history: History, reader: Reader) -> None:
    for hours in (4800, 4990, 10, 110, 210):
        history.read("r301-projector", later=10 * DAY, lamp__hours=hours)
    [lamp] = asked(reader, "lamps")
    assert (lamp["used"], lamp["share"], lamp["readings"]) == (210, 4.2, 3)
    assert lamp["per_day"] == pytest.approx(10) and lamp["end"] == pytest.approx(history.watch.at + 479 * DAY)
    assert asked(reader, "lamps", above=80) == []


def test_a_light_source_without_a_rating_says_that_one_is_assumed(history: History, reader: Reader) -> None:
    history.read("r301-side", light__hours=2100)
    [light] = asked(reader, "lamps", room="301")
    assert (light["rated"], light["basis"], light["end"]) == (20_000, "assumed", None)


def test_the_weakest_pack_comes_first(history: History, reader: Reader) -> None:
    history.read("r303-charger", bay__1__health=97, bay__1__cycles=12, bay__3__health=64, bay__3__serial="P-7")
    packs = asked(reader, "batteries")
    assert [(p["part"], p["health"], p["serial"]) for p in packs] == [("bay.3", 64, "P-7"), ("bay.1", 97, "")]
    assert [p["part"] for p in asked(reader, "batteries", below=80)] == ["bay.3"]


def test_what_was_only_assumed_is_not_kept_as_read() -> None:
    assumed = Reading("r301-projector", "lamp.hours", 12, Quality.ASSUMED, MORNING)
    assert list(changes(Event(2, MORNING, None, Read("r301-projector", (assumed,))))) == []


@pytest.mark.parametrize("name", QUESTIONS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_answer_has_its_words_in_every_language(
    history: History, reader: Reader, name: str, language: str
) -> None:
    a_bad_morning(history)
    history.read("r303-charger", bay__1__health=97)
    tables = reader.answer(ask, name, Asked(now=history.watch.at, device="r301-projector" if name == "device" else ""))
    for table in tables:
        shown = show(table, language, "Asia/Shanghai")
        assert shown.title and len(shown.headings) == len(table.columns) and len(shown.rows) == len(table.rows)
    assert render(tables, "csv", language, "Asia/Shanghai").startswith(b"\xef\xbb\xbf")
    assert set(loads(render(tables, "json", language, "Asia/Shanghai"))) == {table.title for table in tables}


def test_a_question_nobody_knows_names_those_there_are(history: History, reader: Reader) -> None:
    with pytest.raises(LookupError, match=r"'lampz'.*lamps"):
        reader.answer(ask, "lampz", Asked())
    with pytest.raises(ValueError, match="say which device"):
        reader.answer(ask, "device", Asked())


NASTY = Table(
    "events",
    columns("device part age:number since:time"),
    (("=cmd|' /C calc'!A1", "@x", -3, 0.0), ("-dash", None, 2, None)),
)


def test_excel_gets_its_mark_its_line_ends_and_no_formulas() -> None:
    sheet = render([NASTY], "csv", "en", "Asia/Shanghai").decode("utf-8")
    assert sheet.startswith("\ufeff") and sheet.count("\r\n") == 3
    _, first, second = csv.reader(StringIO(sheet[1:]))
    assert first == ["'=cmd|' /C calc'!A1", "'@x", "-3", "1970-01-01 08:00:00"]
    assert second == ["'-dash", "", "2", ""]


def test_programs_get_times_with_their_zone() -> None:
    assert (
        loads(render([NASTY], "json", "en", "Asia/Shanghai"))["events"][0]["since"] == "1970-01-01T08:00:00.000+08:00"
    )


def test_a_lamp_that_was_swapped_starts_from_its_own_first_reading() -> None:
    assert current([(0, 100), (1, 95), (2, 20), (3, 30)]) == [(2, 20), (3, 30)]
    assert wear([]) is None
