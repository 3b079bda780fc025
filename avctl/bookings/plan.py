"""The plan: bookings, what is seen, what has been and the time now, in; what to do when and why, out. Pure.

Asked again after every change, it never remembers: what was done stands in the history, and a decision whose time
has come is carried out by whoever asks. The rules, by the numbers they carry in every reason:

R1 nominal: the full test at T-60      R2 room in use or out of sight at T-60: look only, test later
R3 in the gap after the meeting before R4 no gap: one test before the whole block     R5 evidence from use
R6 the meeting before overruns         R8 booked late       R9 moved or cancelled     R10 booked twice
R11 all day                            R12 tentative: tested like any other           R13 setting up, putting away
R14 outside staffed hours              R15 deadlines after a failed test              R16 rooms that share take turns
R17 all times are UTC seconds          R18 after a restart                            R19 the source is stale
R20 never more than a look while occupied                                             R22 switching off

R7 (people arrive during a test), R21 (everything is put back) and what R23 forbids belong to whoever runs playbooks.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from avctl.bookings.closing import closing
from avctl.bookings.day import Day, Meeting, over
from avctl.bookings.history import History
from avctl.bookings.message import messages
from avctl.bookings.rule import (
    LOOK,
    PRE_MEETING,
    Act,
    At,
    Budget,
    Budgets,
    Decision,
    Reason,
    Rules,
    Sight,
    because,
)
from avctl.model.booking import Booking, Needs
from avctl.model.command import TestClass


def nominal(room: str, needs: Needs) -> Budget:
    """The budget while no playbook says better: eight minutes in all, three for the must-have steps."""
    return Budget()


def plan(
    bookings: Iterable[Booking],
    sights: Mapping[str, Sight],
    history: History,
    now: float,
    rules: Rules,
    budgets: Budgets = nominal,
    stale: Collection[str] = (),
) -> list[Decision]:
    """Everything that is to be done, soonest first; what lies in the future holds as long as nothing changes.

    `stale` are sources not heard of for so long that their bookings may be wrong: their rooms are tested silently.
    """
    by_room: dict[str, list[Booking]] = {}
    for booking in bookings:
        by_room.setdefault(booking.room, []).append(booking)
    days = [Day(kept, sights.get(room, Sight()), history, now, rules, budgets) for room, kept in by_room.items()]
    _take_turns(days, rules)
    found = [_muted(decision, stale) for day in days for decision in _of_day(day)]
    return sorted(found, key=lambda d: (d.when, -d.booking.priority, d.room, d.booking.start, d.stage))


def _of_day(day: Day) -> Iterator[Decision]:
    for meeting in day.meets:
        if day.history.begins <= meeting.booking.start:
            test = pre_meeting(meeting)
            yield from filter(None, (look(meeting, test), test))
            yield from messages(meeting, test)
    yield from closing(day)


def pre_meeting(m: Meeting) -> Decision | None:
    """The one result or reason every booking has; None when it has it already, or is over before it was known."""
    now = m.day.now
    if m.day.history.fate(m.booking, PRE_MEETING):
        return None
    if now >= m.booking.start:
        return _begun(m)
    if now >= m.quiet:
        return _last_minutes(m)
    if m.joined:
        return _miss(m, max(m.lead, now))
    start = max(m.earliest, now)
    if (passed := m.day.history.passed(m.booking)) is not None and start - passed <= m.day.rules.reuse:
        return _run(m, max(m.begin, now), TestClass.PASSIVE, "R9", because("r9-passed", at=At(passed)))
    if m.quiet - start >= m.budget.must:
        return _active(m, start)
    if m.day.sight.occupied or (m.freed is not None and m.freed > m.begin):
        return _miss(m, m.quiet)
    return _run(m, max(m.begin, now), TestClass.PASSIVE, *_late(m, "short"))


def look(m: Meeting, test: Decision | None) -> Decision | None:
    """Class 0 at T-60 where the active test cannot start then, or was done long before (R14)."""
    history, rules, at = m.day.history, m.day.rules, max(m.lead, m.day.now)
    if history.fate(m.booking, LOOK) or m.day.now >= m.quiet or m.joined:
        return None
    done = history.fate(m.booking, PRE_MEETING)
    if done or (test and test.when < m.lead - rules.on_time):
        early = done.at if done else test.when if test else m.lead
        return _again(m, at, early) if early < m.lead - rules.on_time else None
    starts = test is not None and test.act is Act.RUN and test.when <= max(m.begin + rules.on_time, m.day.now)
    if test is None or starts:
        return None
    return _decision(m, at, Act.RUN, LOOK, *_standing_in_the_way(m))


def _active(m: Meeting, start: float) -> Decision:
    """A test of everything, or of the must-haves, at `start`: unless the room says no when the time has come."""
    now, sight, rules = m.day.now, m.day.sight, m.day.rules
    if start > now:
        return _test(m, start, TestClass.PERCEPTIBLE)
    if sight.occupied:
        return _hold(m, now + rules.recheck, *_standing_in_the_way(m))
    if m.day.history.busy(m.booking.room, now, m.budget.full + rules.settle):
        return _hold(m, now + rules.recheck, "R18", because("busy"))
    if not sight.unknown:
        return _test(m, now, TestClass.PERCEPTIBLE)
    patient = max(m.earliest, sight.since, m.day.history.known(m.booking) or 0.0) + rules.patience
    if now < patient and m.quiet - patient >= m.budget.must:
        return _hold(m, patient, "R2", because("r2-unknown-wait"))
    return _run(m, now, TestClass.SILENT, "R2", because("r2-unknown"))


def _test(m: Meeting, start: float, most: TestClass) -> Decision:
    short = m.quiet - start < m.budget.full
    return _run(m, start, most, *_cause(m, start, short), short=short)


def _cause(m: Meeting, start: float, short: bool) -> tuple[str, Reason]:
    """Which rule puts the test at `start`."""
    if m.freed is not None and m.freed > m.begin + m.day.rules.on_time:
        window = int((m.quiet - start) // 60)
        return "R3", because("r3-short", minutes=window) if short else because("r3", since=At(m.freed))
    if start - m.begin > m.day.rules.on_time:
        return _late(m, "test")
    if m.early:
        return "R14", because("r14", at=At(m.lead))
    if len(m.block) > 1 and m.heads:
        rule = "R10" if any(other.overlaps for other in m.block) else "R4"
        return rule, because("r4-block", count=len(m.block), until=At(max(over(o.booking) for o in m.block)))
    return "R1", because("r1")


def _late(m: Meeting, kind: str) -> tuple[str, Reason]:
    """Why it is later than T-60 with nobody in the way: booked late, moved, or we were not running."""
    known = m.day.history.known(m.booking)
    if known is None or known <= m.begin + m.day.rules.on_time:
        return "R18", because(f"r18-{kind}")
    if m.day.history.moved(m.booking):
        return "R9", because(f"r9-{kind}", at=At(known))
    return "R8", because(f"r8-{kind}", at=At(known))


def _standing_in_the_way(m: Meeting) -> tuple[str, Reason]:
    """Who or what keeps the room from being tested now."""
    prior = m.prior
    if prior is None or (m.heads and m.day.now >= over(prior) and not m.overrun):
        return "R2", because("r2-unknown-wait" if m.day.sight.unknown else "r2")
    if m.overlaps:
        return "R10", because("r10", id=prior.short)
    if m.overrun:
        return "R6", because("r6", id=prior.short, end=At(prior.end))
    if not m.heads:
        return "R4", _untested_since(m)
    return "R3", because("r3-wait", id=prior.short, end=At(prior.end))


def _untested_since(m: Meeting) -> Reason:
    """R4: when the block was tested, or will be; the plain truth when nobody knows; and what use has shown (R5)."""
    planned = m.block[0].begin
    since = planned if planned > m.day.now else m.day.history.tested(m.booking.room)
    used = [item for item, at in sorted(m.day.sight.used.items()) if m.prior and at >= m.prior.start]
    if since is None:
        return because("r4-untested")
    return because("r5", since=At(since), items=", ".join(used)) if used else because("r4", since=At(since))


def _last_minutes(m: Meeting) -> Decision:
    """Between the quiet time's beginning and the meeting's: a look if there was none, else the reason for no test."""
    if m.day.history.fate(m.booking, LOOK):
        return _miss(m, m.day.now)
    return _run(m, m.day.now, TestClass.PASSIVE, *_late(m, "short"))


def _begun(m: Meeting) -> Decision | None:
    """The meeting has begun without a result."""
    known = m.day.history.known(m.booking)
    if known is None or known < m.booking.start:
        return _decision(m, m.day.now, Act.MISS, PRE_MEETING, "R18", because("r18-missed"))
    if m.day.now >= m.booking.end:
        return None  # in the past when it became known: none of ours
    return _run(m, m.day.now, TestClass.PASSIVE, "R8", because("r8-begun"))


def _again(m: Meeting, at: float, early: float) -> Decision:
    """R14: what was tested while somebody was there is looked at again an hour before, as far as the room allows."""
    sight = m.day.sight
    most = TestClass.PASSIVE if sight.occupied else TestClass.SILENT if sight.unknown else TestClass.PERCEPTIBLE
    if m.freed is not None and m.freed > at:
        most = TestClass.PASSIVE
    return _decision(m, at, Act.RUN, LOOK, "R14", because("r14-again", at=At(early)), most=most, until=m.quiet)


def _miss(m: Meeting, when: float) -> Decision:
    """Never tested for this meeting alone; after an overrun that is like a block without a pause (R6 falls to R4)."""
    rule, why = _standing_in_the_way(m)
    return _decision(m, when, Act.MISS, PRE_MEETING, "R4" if rule == "R6" else rule, why)


def _hold(m: Meeting, when: float, rule: str, why: Reason) -> Decision:
    return _decision(m, when, Act.HOLD, PRE_MEETING, rule, why)


def _run(m: Meeting, when: float, most: TestClass, rule: str, why: Reason, short: bool = False) -> Decision:
    until = m.until if when < m.until else None
    return _decision(m, when, Act.RUN, PRE_MEETING, rule, why, most=most, until=until, short=short)


def _decision(
    m: Meeting,
    when: float,
    act: Act,
    stage: str,
    rule: str,
    why: Reason,
    most: TestClass = TestClass.PASSIVE,
    until: float | None = None,
    short: bool = False,
) -> Decision:
    booking = m.served if act is Act.RUN else m.booking
    return Decision(when, act, booking, stage, rule, why, most, until, short)


def _muted(decision: Decision, stale: Collection[str]) -> Decision:
    """R19: on a calendar nobody has heard of for long, nothing perceptible is done."""
    if decision.booking.key.source not in stale or decision.most <= TestClass.SILENT or decision.stage != PRE_MEETING:
        return decision
    return replace(decision, most=TestClass.SILENT, rule="R19", why=because("r19", source=decision.booking.key.source))


def _take_turns(days: Iterable[Day], rules: Rules) -> None:
    """R16: tests of rooms that share something start after each other, by priority, all within `stagger`."""
    for group in rules.shared:
        leads: dict[float, list[Meeting]] = {}
        for meeting in (m for day in days for m in day.meets if m.booking.room in group):
            leads.setdefault(meeting.lead, []).append(meeting)
        for together in leads.values():
            together.sort(key=lambda m: (m.booking.start, -m.booking.priority, m.booking.room))
            for place, meeting in enumerate(together):
                meeting.turn = place * min(60.0, rules.stagger / max(1, len(together) - 1))
