"""What happens, in plain words on a terminal, with a bar for every test under way; plain lines when it is no terminal.

For `avctl run` and `avctl demo`. It shows what a person in front of it cares for, and leaves out what only machines
need: readings, commands that did as they should, single steps of a run that its bar shows already.
"""

import asyncio
from collections.abc import Callable
from typing import IO

from rich.console import Console as Terminal
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Column
from rich.text import Text

from avctl.edges.moment import clock_second
from avctl.edges.step import Steps
from avctl.edges.words import Words
from avctl.engine.site import Site
from avctl.model import event as e
from avctl.model.event import Event
from avctl.model.fault import Severity
from avctl.model.health import Reach
from avctl.model.outcome import Verdict

_STYLE = {
    Verdict.PASS: "green",
    Verdict.MARGINAL: "yellow",
    Verdict.FAIL: "bold red",
    Verdict.ERROR: "magenta",
    Verdict.SKIPPED: "dim",
    Verdict.UNCONFIRMED: "yellow",
}


class Console:
    """A subscriber. `where(event)` may add a line after one, such as where a report lies; "" for none."""

    def __init__(
        self, site: Site, language: str, file: IO[str] | None = None, where: Callable[[Event], str] | None = None
    ) -> None:
        self._site, self._words, self._where = site, Words(site, language), where
        self._terminal = Terminal(file=file, highlight=False, soft_wrap=True)
        self._live = self._terminal.is_terminal
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", table_column=Column(no_wrap=True)),
            BarColumn(bar_width=20, table_column=Column(min_width=6)),
            MofNCompleteColumn(table_column=Column(no_wrap=True, min_width=5)),
            TimeElapsedColumn(table_column=Column(no_wrap=True, min_width=7)),
            TextColumn("[dim]{task.fields[doing]}", table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1)),
            expand=True,
            console=self._terminal,
            transient=True,
            auto_refresh=False,
        )
        self._tasks: dict[str, TaskID] = {}
        self._steps, self._lost = Steps(), set[str]()
        self._subscription = site.bus.subscribe("console", lambda body: not isinstance(body, e.Read), settled=True)

    def say(self, line: str, style: str = "") -> None:
        """A line of the demo's own."""
        self._terminal.print(Text(line, style=style))

    async def run(self) -> None:
        """Until the bus closes."""
        turning = asyncio.create_task(self._turn(), name="console progress")
        try:
            async for event in self._subscription:
                self._steps.follow(event)
                self._bar(event)
                self._line(event)
        finally:
            turning.cancel()
            self._progress.stop()

    async def _turn(self) -> None:
        """Redraw the bars a few times a second, while there are any. rich's own thread would not know our time."""
        while self._live:
            if self._tasks:
                self._progress.refresh()
            await asyncio.sleep(0.2)

    def _line(self, event: Event) -> None:
        if not self._worth(event.body) or not (sentence := self._sentence(event)):
            return
        line = Text(clock_second(event.at, self._site.house.timezone) + "  ", style="dim")
        line.append(sentence, style=_style(event.body))
        self._terminal.print(line)
        if self._where is not None and (more := self._where(event)):
            self._terminal.print(Text(f"          → {more}", style="dim"))

    def _sentence(self, event: Event) -> str:
        if isinstance(event.body, e.StepDone):
            known = {step.id: step.doing for step in self._steps.of(event.body.run)}
            return self._words.step(event.body, known.get(event.body.step, ""))
        return self._words.sentence(event)

    def _worth(self, body: e.Body) -> bool:
        """Whether a person in front of the terminal wants to read it."""
        match body:
            case e.CommandAsked(command):
                return not command.by.startswith("playbook:")
            case e.CommandDone(_, _, _, verdict):
                return verdict is not Verdict.PASS
            case e.PhaseChanged(phase=phase):
                return phase is not e.Phase.IDLE
            case e.ReachChanged(device, Reach.UP):
                return device in self._lost  # that everything answers at the start is no news
            case e.ReachChanged(device, Reach.DOWN):
                self._lost.add(device)
            case e.StepDone():
                return not self._live or body.outcome.verdict not in (Verdict.PASS, Verdict.SKIPPED)
        return True

    def _bar(self, event: Event) -> None:
        if not self._live:
            return
        match event.body:
            case e.PlayStarted() as body:
                self._progress.start()
                title = self._words.run_title(body.room, body.playbook)
                self._tasks[body.run] = self._progress.add_task(title, total=max(body.steps, 1), doing="")
            case e.StepIntended() as step if step.run in self._tasks:
                self._progress.update(self._tasks[step.run], doing=step.doing)
            case e.StepDone(run) if run in self._tasks:
                self._progress.advance(self._tasks[run])
            case e.PlayEnded(run) if run in self._tasks:
                self._progress.remove_task(self._tasks.pop(run))
                if not self._tasks:
                    self._progress.stop()


def _style(body: e.Body) -> str:
    match body:
        case e.StepDone():
            return _STYLE[body.outcome.verdict]
        case e.PlayEnded():
            return "bold " + _STYLE[body.verdict]
        case e.FaultRaised(fault):
            return "bold red" if fault.severity is Severity.CRITICAL else "yellow"
        case e.FaultCleared() | e.FaultMitigated():
            return "green"
        case e.Notice():
            return "bold cyan"
        case e.StepWaits() | e.Missed() | e.PlayRefused() | e.SourceTrouble() | e.Dropped() | e.Held():
            return "yellow"
        case e.PlayStarted() | e.Due():
            return "cyan"
    return ""
