"""The plan's worked vectors: a Monday, room 301, guard 10 min, settle 5 min, full test 8 min, must-haves 3 min."""

from dataclasses import replace

import pytest

from avctl.bookings.history import History, incident
from avctl.bookings.plan import plan
from avctl.bookings.rule import LOOK, PRE_MEETING, SHUTDOWN, Act, Budget, Decision, Rules, Sight
from avctl.model.booking import Booking, BookingKey, Needs, Status
from avctl.model.command import TestClass
from avctl.model.event import (
    Body,
    BookingChanged,
    Due,
    Event,
    FaultRaised,
    Missed,
    Notice,
    Occupancy,
    PlayEnded,
    PlayStarted,
    Started,
)
from avctl.model.fault import Fault, FaultKey, Severity
from avctl.model.outcome import Verdict

MIDNIGHT = 1_789_344_000.0
MINUTE = 60.0


def at(clock: str) -> float:
    """ "09:30" as UTC seconds of that Monday; "-1 18:00" the evening before."""
    day, _, hour = clock.rpartition(" ")
    h, m = hour.split(":")
    return MIDNIGHT + int(day or 0) * 86400 + int(h) * 3600 + int(m) * 60


def meeting(start: str, end: str, uid: str = "b", room: str = "301", **other: object) -> Booking:
    return Booking(BookingKey("desk", uid), room, at(start), at(end), **other)  # type: ignore[arg-type]


class Scene:
    """What has happened, what is seen and what is booked; ask it what is to be done at a time."""

    def __init__(self, *bookings: Booking, known: str = "-1 08:00", rules: Rules | None = None) -> None:
        self.rules = rules or Rules()
        self.history = History(begins=at("-1 00:00"))
        self.bookings: list[Booking] = []
        self.sights: dict[str, Sight] = {}
        self.seq = 0
        self.see("301", Occupancy.FREE)
        self.see("302", Occupancy.FREE)
        for booking in bookings:
            self.book(booking, known)

    def see(self, room: str, occupancy: Occupancy, left: str | None = None, since: str = "-1 00:00") -> None:
        self.sights[room] = Sight(occupancy, at(left) if left else None, at(since))

    def book(self, booking: Booking, known: str) -> None:
        self.bookings.append(booking)
        self.happens(known, BookingChanged(booking))

    def happens(self, clock: str, body: Body, cause: int | None = None) -> Event:
        self.seq += 1
        event = Event(self.seq, at(clock), cause, body)
        self.history.take(event)
        return event

    def ran(self, clock: str, booking: Booking, verdict: Verdict = Verdict.PASS, stage: str = PRE_MEETING) -> None:
        """A run of `booking` took place, two minutes long."""
        most = TestClass.PASSIVE if stage == LOOK else TestClass.PERCEPTIBLE
        due = self.happens(clock, Due(booking.room, booking, stage, stage, most, "R1", ""))
        run = f"run-{due.seq}"
        playbook = SHUTDOWN if stage == SHUTDOWN else PRE_MEETING
        self.happens(
            clock, PlayStarted(run, booking.room, playbook, "1", Started.SCHEDULE, "plan", 9, booking), due.seq
        )
        self.happens(clock, PlayEnded(run, booking.room, playbook, verdict, "finished", True, "", 120.0))

    def plan(self, clock: str) -> list[Decision]:
        return plan(
            self.bookings, self.sights, self.history, at(clock), self.rules, lambda room, needs: Budget(480, 180)
        )

    def of(self, clock: str, booking: Booking, stage: str = PRE_MEETING) -> Decision | None:
        found = [d for d in self.plan(clock) if d.booking.key == booking.key and d.stage == stage]
        assert len(found) <= 1
        return found[0] if found else None

    def line(self, clock: str, booking: Booking, stage: str = PRE_MEETING) -> tuple[object, ...]:
        """(act, when as HH:MM, rule, most, short)"""
        d = self.of(clock, booking, stage)
        return () if d is None else (d.act, hhmm(d.when), d.rule, int(d.most), d.short)

    def told(self, clock: str) -> set[str]:
        return {d.stage for d in self.plan(clock) if d.act is Act.TELL and d.when <= at(clock)}


def hhmm(when: float) -> str:
    minutes = int((when - MIDNIGHT) // 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


FULL = (2, False)
SHORT = (2, True)
B = meeting("10:00", "11:00")


def test_r1_a_free_room_gets_its_full_test_an_hour_before() -> None:
    scene = Scene(B)
    assert scene.line("08:00", B) == (Act.RUN, "09:00", "R1", *FULL)
    assert scene.of("08:00", B, LOOK) is None
    decision = scene.of("09:00", B)
    assert decision is not None and decision.until == at("09:50")


def test_r2_an_occupied_room_is_looked_at_and_tested_when_people_have_left() -> None:
    scene = Scene(B)
    scene.see("301", Occupancy.OCCUPIED)
    assert scene.line("09:00", B, LOOK) == (Act.RUN, "09:00", "R2", 0, False)
    assert scene.line("09:00", B)[:3] == (Act.HOLD, "09:01", "R2")
    scene.see("301", Occupancy.FREE, left="09:20")
    assert scene.line("09:20", B) == (Act.RUN, "09:25", "R3", *FULL)


def test_r2_a_room_nobody_can_see_into_is_tested_silently_after_some_patience() -> None:
    scene = Scene(B)
    scene.see("301", Occupancy.UNKNOWN)
    assert scene.line("09:00", B, LOOK)[:3] == (Act.RUN, "09:00", "R2")
    assert scene.line("09:00", B)[:3] == (Act.HOLD, "09:05", "R2")
    assert scene.line("09:05", B) == (Act.RUN, "09:05", "R2", 1, False)


def test_r3_the_meeting_before_ends_at_half_past_nine() -> None:
    before = meeting("08:30", "09:30", "p")
    scene = Scene(before, B)
    scene.ran("07:30", before)
    scene.see("301", Occupancy.OCCUPIED)
    assert scene.line("09:00", B, LOOK)[:3] == (Act.RUN, "09:00", "R3")
    assert scene.line("09:00", B) == (Act.RUN, "09:35", "R3", *FULL)
    scene.see("301", Occupancy.FREE, left="09:30")
    assert scene.line("09:35", B) == (Act.RUN, "09:35", "R3", *FULL)


def test_r3_the_meeting_before_ends_at_twenty_to_ten() -> None:
    before = meeting("08:30", "09:40", "p")
    scene = Scene(before, B)
    scene.see("301", Occupancy.FREE, left="09:40")
    assert scene.line("09:45", B) == (Act.RUN, "09:45", "R3", *SHORT)


def test_r3_a_meeting_that_ends_early_gives_its_time_to_the_test_after_ten_empty_minutes() -> None:
    before = meeting("08:30", "09:55", "p")
    scene = Scene(before, B)
    scene.see("301", Occupancy.FREE, left="09:20")
    assert scene.line("09:21", B) == (Act.RUN, "09:30", "R3", *FULL)


def test_r4_without_a_pause_one_test_before_the_block_serves_all_of_it() -> None:
    before = meeting("08:30", "09:55", "p", needs=Needs(mics=2, projection=True))
    after = replace(B, needs=Needs(mics=4, projection=False))
    scene = Scene(before, after)
    test = scene.of("07:00", before)
    assert test is not None and hhmm(test.when) == "07:30"
    assert (test.rule, test.booking.needs) == ("R4", Needs(mics=4, projection=True))
    scene.ran("07:30", before)
    scene.see("301", Occupancy.OCCUPIED)
    assert scene.line("09:00", after, LOOK)[:3] == (Act.RUN, "09:00", "R4")
    assert scene.told("09:00") == {"changeover"}
    scene.ran("09:00", after, stage=LOOK)
    missed = scene.of("09:50", after)
    assert missed is not None and (missed.act, missed.rule) == (Act.MISS, "R4")
    assert missed.why.figures == (("since", at("07:30")),)


def test_r5_what_was_used_before_counts_as_evidence_never_as_a_test() -> None:
    before = meeting("08:30", "09:55", "p")
    scene = Scene(before, B)
    scene.ran("07:30", before)
    scene.sights["301"] = Sight(Occupancy.OCCUPIED, used={"presenter-mic": at("09:10"), "recorder": at("08:00")})
    missed = scene.of("09:00", B)
    assert missed is not None and missed.act is Act.MISS
    assert missed.why.figures == (("since", at("07:30")), ("items", "presenter-mic"))


def test_r6_an_overrun_holds_the_test_and_ends_like_a_block() -> None:
    before = meeting("08:30", "09:30", "p")
    scene = Scene(before, B)
    scene.see("301", Occupancy.OCCUPIED)
    scene.ran("09:00", B, stage=LOOK)
    assert scene.line("09:42", B)[:3] == (Act.HOLD, "09:43", "R6")
    scene.see("301", Occupancy.FREE, left="09:42")
    assert scene.line("09:47", B) == (Act.RUN, "09:47", "R3", *SHORT)
    scene.see("301", Occupancy.OCCUPIED)
    assert scene.line("09:50", B)[:3] == (Act.MISS, "09:50", "R4")
    assert {"overrun", "changeover"} <= scene.told("09:50")


def test_r8_a_booking_made_late_is_tested_at_once_if_the_room_is_free() -> None:
    scene = Scene(known="08:00")
    scene.book(B, known="09:40")
    assert scene.line("09:40", B) == (Act.RUN, "09:40", "R8", *FULL)
    assert scene.of("09:40", B, LOOK) is None


def test_r8_a_booking_made_too_late_for_any_test_gets_a_look_and_a_message() -> None:
    scene = Scene()
    scene.book(B, known="09:48")
    assert scene.line("09:48", B) == (Act.RUN, "09:48", "R8", 0, False)
    assert scene.told("09:48") == {"barely"}


def test_r8_a_booking_made_while_the_meeting_begins_gets_a_look() -> None:
    scene = Scene()
    scene.book(B, known="10:02")
    assert scene.line("10:02", B) == (Act.RUN, "10:02", "R8", 0, False)


def test_r8_a_meeting_that_was_over_before_anybody_knew_of_it_is_none_of_ours() -> None:
    scene = Scene()
    scene.book(B, known="12:00")
    assert scene.of("12:00", B) is None


def test_r9_a_booking_moved_by_four_hours_is_tested_again() -> None:
    scene = Scene(B)
    scene.ran("09:00", B)
    moved = replace(B, start=at("14:00"), end=at("15:00"))
    scene.bookings = [moved]
    scene.happens("09:30", BookingChanged(moved, B))
    assert scene.line("09:30", moved) == (Act.RUN, "13:00", "R1", *FULL)


def test_r9_a_booking_moved_by_half_an_hour_is_only_looked_at_again() -> None:
    scene = Scene(B)
    scene.ran("09:00", B)
    moved = replace(B, start=at("10:30"), end=at("11:30"))
    scene.bookings = [moved]
    scene.happens("09:20", BookingChanged(moved, B))
    assert scene.line("09:20", moved) == (Act.RUN, "09:30", "R9", 0, False)
    fault = Fault(FaultKey("r301-projector", "lamp"), Severity.CRITICAL, at("09:25"), 1)
    scene.happens("09:25", FaultRaised(fault, "301"))
    assert scene.line("09:30", moved) == (Act.RUN, "09:30", "R1", *FULL)


def test_r9_a_booking_moved_to_another_room_is_planned_there_at_once() -> None:
    scene = Scene(B)
    scene.ran("09:00", B)
    moved = replace(B, room="302")
    scene.bookings = [replace(B, status=Status.CANCELLED), moved]
    scene.happens("09:30", BookingChanged(moved, B))
    assert scene.line("09:30", moved) == (Act.RUN, "09:30", "R9", *FULL)
    old = [d for d in scene.plan("09:30") if d.room == "301"]
    assert [(d.act, d.stage, d.rule) for d in old] == [(Act.RUN, SHUTDOWN, "R9")]


def test_r9_a_cancelled_meeting_is_put_away_only_if_its_test_switched_something_on() -> None:
    cancelled = replace(B, status=Status.CANCELLED)
    assert Scene(cancelled).plan("09:30") == []
    scene = Scene(cancelled)
    scene.ran("09:00", B)
    assert scene.line("09:30", cancelled, SHUTDOWN) == (Act.RUN, "09:30", "R9", 2, False)
    scene.book(meeting("10:15", "11:00", "n"), "08:00")
    assert scene.of("09:30", cancelled, SHUTDOWN) is None


def test_r10_two_meetings_in_one_room_get_one_test_and_people_are_told() -> None:
    other = replace(meeting("10:00", "10:30", "a"), needs=Needs(mics=6, projection=False))
    scene = Scene(replace(B, needs=Needs(mics=1, projection=True)), other)
    test = scene.of("09:00", other)
    assert test is not None and (test.rule, test.booking.needs) == ("R10", Needs(mics=6, projection=True))
    assert scene.line("09:00", B)[:3] == (Act.MISS, "09:00", "R10")
    twice = [d for d in scene.plan("08:00") if d.stage == "twice"]
    assert [d.to for d in twice] == [("service", "office")]


def test_r12_a_tentative_meeting_is_tested_like_any_other() -> None:
    tentative = replace(B, status=Status.TENTATIVE)
    assert Scene(tentative).line("08:00", tentative) == (Act.RUN, "09:00", "R1", *FULL)


def test_r11_a_room_closed_for_works_has_no_meeting() -> None:
    assert Scene(replace(B, closed=True)).plan("08:00") == []


def test_r13_setting_up_moves_the_deadline_not_the_meeting() -> None:
    early = replace(B, setup=30 * MINUTE)
    scene = Scene(early)
    assert scene.line("08:00", early) == (Act.RUN, "08:52", "R1", *FULL)
    decision = scene.of("08:00", early)
    assert decision is not None and decision.until == at("09:20")


def test_r13_putting_away_keeps_the_room_from_the_next_test() -> None:
    before = meeting("08:30", "09:20", "p", teardown=10 * MINUTE)
    scene = Scene(before, B)
    assert scene.line("09:00", B) == (Act.RUN, "09:35", "R3", *FULL)


STAFFED = Rules(staffed=((at("-1 08:00"), at("-1 18:00")), (at("08:00"), at("18:00"))))
EARLY = meeting("08:30", "09:30", "e")


def test_r14_an_early_meeting_is_tested_while_somebody_is_still_there_and_looked_at_again() -> None:
    scene = Scene(EARLY, rules=STAFFED)
    assert [d.stage for d in scene.plan("-1 08:00") if d.act is Act.TELL and d.when == at("-1 08:30")] == ["overtime"]
    assert scene.line("-1 12:00", EARLY) == (Act.RUN, hhmm(at("-1 17:52")), "R14", *FULL)
    assert scene.line("-1 12:00", EARLY, LOOK) == (Act.RUN, "07:30", "R14", 2, False)
    scene.ran("-1 17:52", EARLY)
    assert scene.line("07:30", EARLY, LOOK) == (Act.RUN, "07:30", "R14", 2, False)
    scene.see("301", Occupancy.UNKNOWN)
    assert scene.line("07:30", EARLY, LOOK) == (Act.RUN, "07:30", "R14", 1, False)
    scene.see("301", Occupancy.OCCUPIED)
    assert scene.line("07:30", EARLY, LOOK) == (Act.RUN, "07:30", "R14", 0, False)


def test_r14_the_last_staffed_slot_is_a_free_one() -> None:
    evening = meeting("-1 17:00", "-1 19:00", "v")
    scene = Scene(evening, EARLY, rules=STAFFED)
    decision = scene.of("-1 12:00", EARLY)
    assert decision is not None and (decision.when, decision.until) == (at("-1 16:42"), at("-1 16:50"))


def test_r14_a_meeting_booked_after_hours_is_tested_at_its_hour() -> None:
    scene = Scene(rules=STAFFED)
    scene.book(EARLY, known="-1 22:00")
    assert scene.line("-1 22:00", EARLY) == (Act.RUN, "07:30", "R1", *FULL)


def test_r15_a_failed_test_is_proposed_to_the_office_and_then_called_not_ready() -> None:
    scene = Scene(B)
    scene.ran("09:00", B, Verdict.FAIL)
    assert scene.told("09:10") == set()
    assert scene.told("09:20") == {"unfit"}
    scene.happens("09:20", Notice("301", "office", "high", (), incident(B, "unfit")))
    assert scene.told("09:29") == set()
    assert scene.told("09:30") == {"not-ready"}
    scene.happens("09:31", PlayEnded("again", "301", PRE_MEETING, Verdict.PASS, "finished", True, "", 60.0))
    assert scene.told("09:32") == set()


def test_r16_rooms_that_share_something_take_turns_by_priority() -> None:
    rules = Rules(shared=(frozenset({"301", "302"}),))
    first = replace(meeting("10:00", "11:00", "v", "302"), priority=1)
    scene = Scene(B, first, rules=rules)
    assert (scene.line("08:00", first)[1], scene.line("08:00", B)[1]) == ("09:00", "09:01")
    scene.ran("09:00", first)
    assert scene.line("09:00", B) == (Act.RUN, "09:01", "R1", *FULL)
    assert scene.of("09:00", B, LOOK) is None


def test_r18_after_a_restart_in_the_last_hour_the_test_starts_at_once() -> None:
    assert Scene(B).line("09:20", B) == (Act.RUN, "09:20", "R18", *FULL)
    assert Scene(B).line("09:45", B) == (Act.RUN, "09:45", "R18", *SHORT)
    assert Scene(B).line("09:52", B) == (Act.RUN, "09:52", "R18", 0, False)
    assert Scene(B).line("10:05", B)[:3] == (Act.MISS, "10:05", "R18")


def test_r18_what_was_done_is_not_done_again() -> None:
    scene = Scene(B)
    scene.ran("09:00", B)
    scene.history.forget_unbegun()
    assert [d.stage for d in scene.plan("09:01")] == [SHUTDOWN]


def test_r18_what_was_due_and_never_begun_is_due_again() -> None:
    scene = Scene(B)
    scene.happens("09:00", Due("301", B, PRE_MEETING, PRE_MEETING, TestClass.PERCEPTIBLE, "R1", ""))
    assert scene.of("09:01", B) is None
    scene.history.forget_unbegun()
    assert scene.line("09:01", B)[:2] == (Act.RUN, "09:01")


def test_r18_a_miss_is_said_once() -> None:
    scene = Scene(B)
    scene.happens("10:05", Missed("301", B.key, PRE_MEETING, "", B.start))
    assert scene.of("10:06", B) is None


def test_r18_after_a_restart_nobody_can_see_yet_so_the_test_waits_for_eyes() -> None:
    scene = Scene(B)
    scene.see("301", Occupancy.UNKNOWN, since="09:20")
    assert scene.line("09:20", B)[:3] == (Act.HOLD, "09:25", "R2")
    scene.see("301", Occupancy.FREE, since="09:20")
    assert scene.line("09:21", B) == (Act.RUN, "09:21", "R18", *FULL)


def test_r19_on_a_calendar_long_unheard_of_the_room_is_tested_silently() -> None:
    scene = Scene(B)
    found = plan(scene.bookings, scene.sights, scene.history, at("09:00"), scene.rules, stale={"desk"})
    assert [(d.stage, d.most, d.rule) for d in found if d.stage == PRE_MEETING] == [
        (PRE_MEETING, TestClass.SILENT, "R19")
    ]


def test_r22_a_room_is_put_away_ten_minutes_after_it_was_seen_empty() -> None:
    scene = Scene(B)
    scene.ran("09:00", B)
    scene.see("301", Occupancy.OCCUPIED)
    assert scene.line("11:05", B, SHUTDOWN)[:3] == (Act.HOLD, "11:06", "R22")
    scene.see("301", Occupancy.FREE, left="11:07")
    assert scene.line("11:08", B, SHUTDOWN) == (Act.RUN, "11:17", "R22", 2, False)
    scene.ran("11:17", B, stage=SHUTDOWN)
    assert scene.plan("11:18") == []


def test_r22_a_room_is_not_put_away_between_two_meetings() -> None:
    following = meeting("11:50", "12:30", "n")
    scene = Scene(B, following)
    scene.ran("09:00", B)
    assert scene.line("11:10", B, SHUTDOWN)[:3] == (Act.HOLD, "11:50", "R22")
    assert scene.line("11:10", following, SHUTDOWN)[:2] == (Act.RUN, "12:40")


def test_r22_a_room_is_not_put_away_while_a_playbook_runs_in_it() -> None:
    scene = Scene(B)
    scene.happens("11:09", PlayStarted("x", "301", "lamp-failure", "1", Started.FAULT, "engine", 3))
    assert scene.line("11:10", B, SHUTDOWN)[:2] == (Act.HOLD, "11:11")


@pytest.mark.parametrize("start", ["10:00", "10:30"])
def test_one_room_has_one_actor_at_a_time(start: str) -> None:
    booking = meeting(start, "11:30")
    scene = Scene(booking)
    when = hhmm(booking.start - 3600)
    scene.happens(when, PlayStarted("x", "301", "lamp-failure", "1", Started.FAULT, "engine", 3))
    assert scene.line(when, booking)[0] is Act.HOLD
    scene.happens(when, PlayEnded("x", "301", "lamp-failure", Verdict.PASS, "finished", True, "", 5.0))
    assert scene.line(when, booking)[0] is Act.RUN
