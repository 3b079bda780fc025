"""The report of a run, made from its events alone: a data structure, and from it JSON, HTML for paper, and plain text.

Nothing about a meeting but its short name, time and needs is in it; of a confidential one only room, name and time.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from avctl.locale import LANGUAGES, has, text
from avctl.model.booking import Booking
from avctl.model.event import Event, StepDone, StepIntended
from avctl.model.house import House
from avctl.model.outcome import Verdict
from avctl.playbooks.journal import RESTORE, Journal, read
from avctl.playbooks.model import Ask, Kind, Playbook, Step, Texts

MARKS = {
    Verdict.PASS: "✔", Verdict.MARGINAL: "▲", Verdict.FAIL: "✖",
    Verdict.ERROR: "?", Verdict.UNCONFIRMED: "?", Verdict.SKIPPED: "–",
}  # fmt: skip
LETTERS = {Kind.TEST: "T", Kind.FALLBACK: "F", Kind.CLOSING: "S"}
READY = 1800.0
"""Seconds before a meeting at which its room must be ready."""
_NEEDS = ("mics", "wireless", "projection", "conference", "recording")


@dataclass(frozen=True, slots=True)
class Row:
    """One line: what was looked at or done, on which device, what was seen and wanted, and the verdict."""

    step: str
    device: str
    item: Texts
    saw: str
    limit: str
    verdict: Verdict
    said: str
    needed: bool
    human: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class Report:
    """One run. Times are UTC seconds; `number` is what people call it by, `run` what the events do."""

    number: str
    run: str
    room: str
    room_names: Texts
    seats: int
    kind: Kind
    playbook: str
    version: str
    title: Texts
    began: float
    ended: float
    started: str
    by: str
    booking: Booking | None
    fault: str
    verdict: Verdict
    ending: str
    restored: bool
    said: str
    rows: tuple[Row, ...]
    untested: tuple[Row, ...]
    acts: tuple[Row, ...]
    simulated: bool
    zone: str
    ready_by: float | None

    def json(self) -> dict[str, Any]:
        """Plain data for machines; times in ISO 8601 with zone."""
        found = asdict(self) | {"booking": self._booking()}
        for key in ("began", "ended", "ready_by"):
            found[key] = self.iso(found[key])
        del found["zone"]
        return found

    def _booking(self) -> dict[str, Any] | None:
        if (b := self.booking) is None:
            return None
        found: dict[str, Any] = {"short": b.short, "start": self.iso(b.start), "end": self.iso(b.end)}
        return found if b.needs.confidential else found | {"needs": asdict(b.needs)}

    def iso(self, at: float | None) -> str | None:
        return None if at is None else datetime.fromtimestamp(at, ZoneInfo(self.zone)).isoformat(timespec="seconds")

    def hour(self, at: float) -> str:
        return f"{datetime.fromtimestamp(at, ZoneInfo(self.zone)):%H:%M}"

    def day(self) -> str:
        return f"{datetime.fromtimestamp(self.began, ZoneInfo(self.zone)):%Y-%m-%d}"


def make(
    events: Iterable[Event], house: House, playbook: Playbook | None, number: str, simulated: bool, ready: float = READY
) -> Report:
    """The report of the run whose events these are. Raises ValueError when it has not ended."""
    ordered = sorted(events, key=lambda e: e.seq)
    journal = read(ordered)
    if journal is None or journal.ended is None:
        raise ValueError("a report is made of a whole run, from PlayStarted to PlayEnded")
    started, room = journal.started, house.rooms[journal.started.room]
    steps = {step.id: step for step in playbook.walk()} if playbook else {}
    rows = [_row(done, journal, steps, house) for done in journal.done.values()]
    skipped = [r for r in rows if r.verdict is Verdict.SKIPPED]
    acts = [r for r in rows if r not in skipped and _acts(r.step, journal)]
    booking = started.booking
    return Report(
        number, started.run, room.id, dict(room.names), room.seats, playbook.kind if playbook else _kind(journal),
        started.playbook, started.version, playbook.title if playbook else dict.fromkeys(LANGUAGES, started.playbook),
        journal.at, ordered[-1].at, started.started.value, started.by, booking, str(started.fault or ""),
        journal.ended.verdict, journal.ended.ending, journal.ended.restored, journal.ended.said,
        tuple(r for r in rows if r not in skipped and not r.step.endswith(RESTORE)), tuple(skipped), tuple(acts),
        simulated, house.timezone, booking.start - booking.setup - ready if booking else None,
    )  # fmt: skip


def plain(report: Report, language: str) -> str:
    """For a terminal or a chat."""
    say = _Say(language)
    head = f"{say('report.title' + _SUFFIX[report.kind])}  {report.number}"
    verdict = f"{MARKS[report.verdict]} {say('report.verdict.' + report.verdict.value)}"
    when = f"{report.day()} {report.hour(report.began)}–{report.hour(report.ended)}"
    lines = [
        head,
        f"{report.room_names.get(language, report.room)}  {_meeting(report, language)}",
        f"{when}  {report.playbook}@{report.version}",
        f"{say('report.verdict')}  {verdict}",
    ]
    if report.simulated:
        lines.insert(0, say("report.simulated"))
    lines += [f"  {MARKS[r.verdict]} {_line(r, language)}" for r in report.rows]
    if report.untested:
        lines.append(f"{say('report.untested')}: " + "; ".join(_line(r, language) for r in report.untested))
    if not report.restored:
        lines.append(say("report.not-restored"))
    return "\n".join(lines)


def html(report: Report, language: str = "both") -> str:
    """A page that prints on A4. `language` is "zh", "en" or "both"."""
    languages = LANGUAGES if language == "both" else (language,)
    template = _templates().get_template("report.html.j2")
    return template.render(r=report, languages=languages, marks=MARKS, suffix=_SUFFIX[report.kind], text=text,
                           meeting=_meeting, needs=_needs, device=_device)  # fmt: skip


_SUFFIX = {Kind.TEST: "", Kind.FALLBACK: "-fallback", Kind.CLOSING: "-closing"}


class _Say:
    def __init__(self, language: str) -> None:
        self._language = language

    def __call__(self, id: str) -> str:
        return text(id, self._language)


def _row(done: StepDone, journal: Journal, steps: Mapping[str, Step], house: House) -> Row:
    o, step = done.outcome, _step(done.step, steps)
    intended = journal.intended.get(done.step)
    said = o.said if done.step.endswith(RESTORE) else (intended.doing if intended else "") or done.step
    item = step.title if step is not None and step.title else dict.fromkeys(LANGUAGES, said)
    device = _roles(done.device, house, journal.started.room)
    human = step is not None and isinstance(step.action, Ask)
    return Row(done.step, device, item, o.saw, o.limit, o.verdict, o.said, done.needed, human, round(o.took, 3))


def _step(id: str, steps: Mapping[str, Step]) -> Step | None:
    """A step by its id, or the one of which it was made for a device."""
    if id.endswith(RESTORE):
        return None
    found = [known for known in steps if id == known or id.startswith(f"{known}-")]
    return steps[max(found, key=len)] if found else None


def _roles(device: str, house: House, room: str) -> str:
    role = next((role for role, bound in house.rooms[room].roles.items() if bound == device), "")
    return f"{role} {device}".strip()


def _device(device: str, language: str) -> str:
    """`mixer r301-mixer` with the role in people's words."""
    role, _, id = device.rpartition(" ")
    return f"{text(f'role.{role}', language)} {id}" if role and has(f"role.{role}", language) else device


def _acts(step: str, journal: Journal) -> bool:
    intended: StepIntended | None = journal.intended.get(step)
    return intended is not None and intended.verb in ("set", "restore")


def _line(row: Row, language: str) -> str:
    held = f"{row.saw} ({row.limit})" if row.limit else row.saw
    device = _device(row.device, language)
    return "  ".join(filter(None, (row.item.get(language, row.step), device, held, row.said)))


def _meeting(report: Report, language: str) -> str:
    if (b := report.booking) is None:
        return text("report.by-hand", language)
    return f"#{b.short} {report.hour(b.start)}–{report.hour(b.end)}"


def _needs(report: Report, language: str) -> str:
    """What the meeting asks for, in words; "" for a confidential one."""
    b = report.booking
    if b is None or b.needs.confidential:
        return ""
    if not b.needs.stated:
        return text("report.not-stated", language)
    wanted = [(n, getattr(b.needs, n)) for n in _NEEDS]
    return ", ".join(text(f"report.need.{n}", language) + (f" {v}" if v is not True else "") for n, v in wanted if v)


def _kind(journal: Journal) -> Kind:
    return Kind.TEST if journal.started.fault is None else Kind.FALLBACK


@cache
def _templates() -> Environment:
    folder = FileSystemLoader(Path(__file__).parent)
    return Environment(loader=folder, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


__all__: Sequence[str] = ("LETTERS", "MARKS", "Report", "Row", "html", "make", "plain")
