"""A room as an edge shows it: plain values for JSON, and nothing that is not in the room's state.

MQTT and the page show the same. Times are ISO 8601 in UTC; words come from closed lists, each with its sentence in the
catalogues. `revision` is a short sum of what a person acts upon: it changes when a wish should be thought over again.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any
from zlib import crc32

from avctl.edges.moment import iso
from avctl.engine.site import Site
from avctl.engine.state import RoomState, RunState
from avctl.model import vocabulary as words
from avctl.model.booking import Booking, Status
from avctl.model.event import Phase
from avctl.model.fault import Fault, Severity
from avctl.model.health import Cause, Condition, Health
from avctl.model.outcome import Verdict
from avctl.model.reading import Reading

_BAY = re.compile(r"bay\.(\d+)\.(present|charge|health|cycles|state|serial)")
_TOLD = (
    words.POWER, words.SOURCE, words.SIGNAL, words.LAMP_HOURS, "light.hours", "main.level", "main.mute", words.SCENE,
    "load.current", words.OSCILLATOR, words.AV_MUTE, "main.fader", "scene.name", words.MODEL,
)  # fmt: skip
"""The points of a device worth a line, the weightiest first; everything else is in its table of values."""

_MARK = {Health.OK: "ok", Health.DEGRADED: "warn", Health.FAILED: "fail", Health.UNKNOWN: "unknown"}
_KNOWN_WHY = (Cause.EXPECTED_OFF, Cause.NOT_ASKED, Cause.MAINTENANCE)
"""Silence that worries nobody."""
_VERDICT_MARK = {
    Verdict.PASS: "ok",
    Verdict.MARGINAL: "warn",
    Verdict.FAIL: "fail",
    Verdict.ERROR: "unknown",
    Verdict.SKIPPED: "none",
    Verdict.UNCONFIRMED: "warn",
}
_SEVERITY_MARK = {Severity.CRITICAL: "fail", Severity.WARNING: "warn", Severity.NOTICE: "warn"}
SHAPE: Mapping[str, str] = {"ok": "✔", "warn": "▲", "fail": "✖", "unknown": "?", "none": "–"}
"""A mark is a word, a shape and a colour; the shape alone must do."""

_URGENCY = {Phase.MEETING: 4, Phase.PREPARING: 3, Phase.ENDING: 2, Phase.IDLE: 1}
_WEIGHT = {"fail": 30, "warn": 6, "unknown": 8, "none": 0, "ok": 0}


def revision(state: RoomState) -> int:
    """A number that changes when faults, phase, meeting or runs of the room do."""
    runs = sorted((r.run, r.done, r.waits.step if r.waits else "") for r in state.runs.values())
    seen = (state.phase, str(state.booking), sorted(map(str, state.faults)), runs, state.frozen)
    return crc32(repr(seen).encode())


def room(site: Site, id: str) -> dict[str, Any]:
    """Everything a wall shows of a room."""
    state, spec, now = site.state(id), site.house.rooms[id], site.clock.now()
    devices = [device(site, d.id) for d in site.house.devices_of(id)]
    body = {
        "room": id,
        "name": dict(spec.names),
        "seats": spec.seats,
        "rev": revision(state),
        "phase": state.phase.value,
        "occupancy": state.occupancy.value,
        "frozen": state.frozen,
        "meeting": meeting(_present(state, now)),
        "next": meeting(_next(state, now)),
        "devices": devices,
        "faults": [fault(f) for f in sorted(state.faults.values(), key=_worst_first)],
        "batteries": [bay for d in site.house.devices_of(id) for bay in batteries(site, d.id)],
        "runs": [run(r) for r in state.runs.values()],
        "last_runs": [run(r) for r in sorted(state.last_runs.values(), key=lambda r: r.since, reverse=True)],
    }
    return {**body, **_standing(body)}


def device(site: Site, id: str) -> dict[str, Any]:
    """A device with its health, the cause, and the few values worth a line."""
    condition, readings = site.condition(id), site.device(id).readings
    told = [
        _fact(site, id, readings[point]) for point in _TOLD if point in readings and readings[point].value is not None
    ]
    return {
        "device": id,
        "driver": site.house.devices[id].driver,
        "mark": mark(condition),
        "health": condition.health.value,
        "cause": condition.cause.value if condition.cause else None,
        "detail": condition.detail,
        "since": iso(condition.since),
        "last_answer": None if condition.last_answer is None else iso(condition.last_answer),
        "held": held(site, id),
        "facts": told,
    }


def held(site: Site, id: str) -> dict[str, Any] | None:
    """Who works on it, until when and what for; None while nobody does."""
    hold = site.device(id).held
    if hold is None:
        return None
    return {"by": hold.by, "why": hold.why, "since": iso(hold.since), "until": iso(hold.until)}


def values(site: Site, id: str) -> list[dict[str, Any]]:
    """Every point of a device with its newest reading."""
    return [_fact(site, id, reading) for _, reading in sorted(site.device(id).readings.items())]


def mark(condition: Condition) -> str:
    """The mark of a health; what is silent with our knowledge is not unknown but off."""
    return "none" if condition.cause in _KNOWN_WHY else _MARK[condition.health]


def fault(fault: Fault) -> dict[str, Any]:
    return {
        "fault": str(fault.key),
        "device": fault.key.device,
        "part": fault.key.part,
        "name": fault.key.name,
        "mark": _SEVERITY_MARK[fault.severity],
        "severity": fault.severity.value,
        "since": iso(fault.since),
        "seen": fault.seen,
        "limit": fault.limit,
        "mitigated": None if fault.mitigated is None else iso(fault.mitigated),
        "acknowledged_by": fault.acknowledged_by or None,
        "event": fault.by,
    }


def batteries(site: Site, id: str) -> list[dict[str, Any]]:
    """The bays of a charger that hold, or could hold, a pack."""
    bays: dict[int, dict[str, Any]] = {}
    for point, reading in site.device(id).readings.items():
        if found := _BAY.fullmatch(point):
            bays.setdefault(int(found[1]), {"device": id, "bay": int(found[1])})[found[2]] = reading.value
    faults = {f.key.part: f for f in _faults_of(site, id)}
    for number, bay in bays.items():
        bay["mark"] = _bay_mark(bay, faults.get(f"bay.{number}"))
    return [bays[number] for number in sorted(bays)]


def run(run: RunState) -> dict[str, Any]:
    waits = run.waits and {
        "step": run.waits.step,
        "asks": run.waits.asks,
        "until": iso(run.waits.until),
        "answers": list(run.waits.answers),
    }
    return {
        "run": run.run,
        "playbook": run.playbook,
        "since": iso(run.since),
        "steps": run.steps,
        "done": run.done,
        "doing": run.doing,
        "waits": waits,
        "verdict": run.verdict.value if run.verdict else None,
        "mark": _VERDICT_MARK[run.verdict] if run.verdict else "none",
        "ending": run.ending,
        "said": run.said,
    }


def verdict_mark(verdict: Verdict) -> str:
    return _VERDICT_MARK[verdict]


def _standing(body: Mapping[str, Any]) -> dict[str, Any]:
    """The room in one mark, and how urgently it needs a person: what is wrong, weighed by how soon people need it."""
    asked = any(r["waits"] and r["waits"]["answers"] for r in body["runs"])
    open_faults = [f["mark"] for f in body["faults"] if not f["acknowledged_by"]]
    seen = [*(d["mark"] for d in body["devices"]), *(f["mark"] for f in body["faults"])]
    seen += [r["mark"] for r in body["last_runs"][:1] if r["playbook"] == "pre-meeting"]
    worst = next((m for m in ("fail", "warn", "unknown", "ok") if m in seen), "none")
    weight = sum(_WEIGHT[m] for m in seen) + 2 * sum(_WEIGHT[m] for m in open_faults) + 100 * asked
    return {"mark": worst, "asked": asked, "rank": weight * _URGENCY[Phase(body["phase"])]}


def meeting(booking: Booking | None) -> dict[str, Any] | None:
    """A meeting without a word about who or what for; of a confidential one not even its size."""
    if not booking:
        return None
    needs = booking.needs
    stated = {n: getattr(needs, n) for n in ("mics", "wireless", "projection", "conference", "recording", "people")}
    return {
        "booking": str(booking.key),
        "short": booking.short,
        "start": iso(booking.start),
        "end": iso(booking.end),
        "tentative": booking.status is Status.TENTATIVE,
        "level": needs.level.value,
        "needs": {} if needs.confidential else {n: v for n, v in stated.items() if v is not None},
    }


def _present(state: RoomState, now: float) -> Booking | None:
    """The meeting that has begun; one that the room only gets ready for is the next."""
    booking = state.bookings.get(state.booking) if state.booking else None
    return booking if booking and booking.start <= now else None


def _next(state: RoomState, now: float) -> Booking | None:
    coming = (b for b in state.bookings.values() if b.start > now and not b.closed)
    return min(coming, key=lambda b: b.start, default=None)


def _fact(site: Site, id: str, reading: Reading) -> dict[str, Any]:
    point = site.points(id).get(reading.point)
    fresh = site.reading(id, reading.point) or reading
    return {
        "point": reading.point,
        "value": fresh.value,
        "unit": point.unit if point else "",
        "quality": fresh.quality.value,
        "at": iso(fresh.at),
    }


def _bay_mark(bay: Mapping[str, Any], fault: Fault | None) -> str:
    if fault is not None:
        return _SEVERITY_MARK[fault.severity]
    if bay.get("present") == "no" or bay.get("state") == "empty":
        return "none"
    return "ok" if bay.get("charge") is not None else "unknown"


def _faults_of(site: Site, id: str) -> Iterable[Fault]:
    state = site.state(site.house.devices[id].room)
    return (f for f in state.faults.values() if f.key.device == id)


def _worst_first(fault: Fault) -> tuple[int, float]:
    return (-list(Severity).index(fault.severity), fault.since)
