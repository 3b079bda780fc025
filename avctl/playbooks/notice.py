"""What people are told about a test or a closing: short, actor first, with action and deadline, in both tongues. Pure.

Nothing about a meeting but its room, time and short name ever enters a message.
"""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from avctl.locale import LANGUAGES, text
from avctl.model.event import Notice, PlayEnded, StepDone
from avctl.model.house import House
from avctl.model.outcome import Verdict
from avctl.playbooks.journal import RESTORE, Journal
from avctl.playbooks.model import Kind, Playbook, Step, Texts

_READY = {Verdict.PASS: "ready", Verdict.MARGINAL: "ready-but", Verdict.SKIPPED: "partial"}


def broken(house: House, journal: Journal, step: Step, done: StepDone, now: float) -> Notice:
    """Something that the meeting needs has failed: told at once, before the test is over."""
    names = step.title or dict.fromkeys(LANGUAGES, done.device)
    return _notice(house, journal, "engineer", "critical", "broken", now, item=names, saw=done.outcome.saw or "-")


def after_run(house: House, play: Playbook, journal: Journal, ended: PlayEnded, now: float) -> Sequence[Notice]:
    """What is said at the end. Fallbacks speak for themselves, step by step."""
    if play.kind is Kind.FALLBACK:
        return ()
    if play.kind is Kind.CLOSING:
        id = (
            "closed"
            if ended.verdict in (Verdict.PASS, Verdict.MARGINAL) and ended.ending == "finished"
            else "not-closed"
        )
    else:
        id = _READY.get(ended.verdict, "not-ready") if ended.ending == "finished" else "test-ended"
    severity = "notice" if id in ("ready", "ready-but", "closed") else "warning"
    if id == "not-ready":
        severity = "critical"
    figures = {"count": _count(journal), "items": _items(play, journal), "why": ended.said}
    return [_notice(house, journal, to, severity, id, now, **figures) for to in ("service", "engineer")]


def _notice(house: House, journal: Journal, to: str, severity: str, id: str, now: float, **figures: object) -> Notice:
    said = []
    for language in LANGUAGES:
        own = {k: v.get(language, "") if isinstance(v, dict) else v for k, v in figures.items()}
        said.append((language, text(f"notice.{id}", language, **_facts(house, journal, language, now), **own)))
    return Notice(journal.started.room, to, severity, tuple(said), journal.run)


def _facts(house: House, journal: Journal, language: str, now: float) -> dict[str, object]:
    booking, zone = journal.started.booking, ZoneInfo(house.timezone)
    room, clock = house.rooms[journal.started.room].name(language), f"{datetime.fromtimestamp(now, zone):%H:%M}"
    if booking is None:
        return {"room": room, "now": clock, "meeting": text("notice.no-meeting", language)}
    start = f"{datetime.fromtimestamp(booking.start, zone):%H:%M}"
    left = max(0, round((booking.start - now) / 60))
    return {"room": room, "now": clock, "meeting": text("notice.meeting", language, start=start, left=left)}


def _count(journal: Journal) -> int:
    done = [d for id, d in journal.done.items() if not id.endswith(RESTORE)]
    return sum(1 for d in done if d.outcome.verdict is not Verdict.SKIPPED)


def _items(play: Playbook, journal: Journal) -> Texts:
    """What is not as it should be, by name and value."""
    steps = {step.id: step for step in play.walk()}
    wrong = [(id, d) for id, d in journal.done.items() if id in steps and d.outcome.verdict in _WORTH_SAYING]
    return {language: "; ".join(_item(steps[id], d, language) for id, d in wrong) or "-" for language in LANGUAGES}


def _item(step: Step, done: StepDone, language: str) -> str:
    name = step.title.get(language) or step.id
    return f"{name} {done.outcome.saw}".strip()


_WORTH_SAYING = (Verdict.MARGINAL, Verdict.FAIL, Verdict.ERROR, Verdict.UNCONFIRMED)
