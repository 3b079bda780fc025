"""Files the report of every run that ends: numbered, as JSON and HTML, written once and never again.

A report is made of events that are durable; one that was due when the daemon died is made when its run is resumed.
"""

import asyncio
import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from avctl.model.event import Event, PlayEnded, PlayStarted, StepDone, StepIntended, StepWaits
from avctl.model.outcome import Verdict
from avctl.playbooks.desk import Desk
from avctl.playbooks.model import Kind, Playbook
from avctl.playbooks.report import LETTERS, READY, Report, html, make

_OF_A_RUN = PlayStarted | StepIntended | StepDone | StepWaits | PlayEnded


Wire = Callable[[str], Sequence[Mapping[str, Any]]]


def _no_wire(device: str) -> Sequence[Mapping[str, Any]]:
    return ()


class Filing:
    """A subscriber. `folder` is made if need be; `ready` seconds before a meeting its room must be ready.

    `wire(device)` is what has just passed on its wire: kept with every step that went wrong.
    """

    def __init__(
        self,
        desk: Desk,
        library: Mapping[str, Playbook],
        folder: Path,
        simulated: bool,
        ready: float = READY,
        wire: Wire = _no_wire,
    ) -> None:
        self._desk, self._library, self.folder = desk, library, folder
        self._simulated, self._ready, self._wire = simulated, ready, wire
        self._wires: dict[str, dict[str, Sequence[Mapping[str, Any]]]] = {}  # run -> step -> what passed
        self._runs: dict[str, list[Event]] = {}
        self.filed: dict[str, Report] = {}
        self._subscription = desk.bus.subscribe("reports", lambda b: isinstance(b, _OF_A_RUN), settled=True)

    def announced(self, run: str) -> str:
        """Where the report of a run lies, or is about to lie; "" for a run we never saw begin."""
        found = self.filed.get(run)
        return str(self.folder / f"{found.number}.html") if found else ""

    async def work(self, open_runs: Sequence[Sequence[Event]] = ()) -> None:
        """For ever, until the bus closes. `open_runs` are those the runner resumes, and those that ended lately."""
        for run in open_runs:
            for event in run:
                await self._heard(event)
        async for event in self._subscription:
            self._freeze(event)
            await self._heard(event)

    def _freeze(self, event: Event) -> None:
        """What passed on the wire of a device by which a step failed is kept before it is gone."""
        match event.body:
            case StepDone(run, step, outcome, device) if device and outcome.verdict in (Verdict.FAIL, Verdict.ERROR):
                if passed := self._wire(device):
                    self._wires.setdefault(run, {})[step] = passed

    async def _heard(self, event: Event) -> None:
        if events := self._take(event):
            await asyncio.to_thread(self._file, events)

    def _take(self, event: Event) -> list[Event] | None:
        """Keep an event with its run; all of them when the run has ended."""
        if not isinstance(event.body, _OF_A_RUN):
            return None
        events = self._runs.setdefault(event.body.run, [])
        events.append(event)
        return self._runs.pop(event.body.run) if isinstance(event.body, PlayEnded) else None

    def _file(self, events: list[Event]) -> None:
        started = next((e.body for e in events if isinstance(e.body, PlayStarted)), None)
        if started is None:
            return  # a run of which we never saw the beginning: there is nothing to report
        playbook = self._library.get(started.playbook)
        playbook = playbook if playbook is not None and playbook.version == started.version else None
        number = self._next(started, playbook, events[0].at)
        if number is None:
            return
        report = make(events, self._desk.house, playbook, number, self._simulated, self._ready)
        found = report.json() | {"wire": self._wires.pop(report.run, {})}
        _write(self.folder / f"{number}.json", json.dumps(found, ensure_ascii=False, indent=1))
        _write(self.folder / f"{number}.html", html(report))
        self.filed[report.run] = report

    def _next(self, started: PlayStarted, playbook: Playbook | None, at: float) -> str | None:
        """T20260910-301-01: letter of the kind, day at the site, room, how many before. None when filed already."""
        self.folder.mkdir(parents=True, exist_ok=True)
        kind = playbook.kind if playbook else Kind.TEST if started.fault is None else Kind.FALLBACK
        day = f"{datetime.fromtimestamp(at, ZoneInfo(self._desk.house.timezone)):%Y%m%d}"
        stem = f"{LETTERS[kind]}{day}-{started.room}"
        paths = list(self.folder.glob(f"{stem}-*.json"))
        if any(f'"run": {json.dumps(started.run)}' in p.read_text(encoding="utf-8") for p in paths):
            return None
        found = [re.fullmatch(rf"{re.escape(stem)}-(\d+)\.json", p.name) for p in paths]
        return f"{stem}-{max((int(m[1]) for m in found if m), default=0) + 1:02}"


def _write(path: Path, content: str) -> None:
    """Whole or not at all, and never over another. Raises FileExistsError."""
    draft = path.with_suffix(path.suffix + ".draft")
    draft.write_text(content, encoding="utf-8")
    draft.chmod(0o444)
    try:
        os.link(draft, path)
    finally:
        draft.unlink()
