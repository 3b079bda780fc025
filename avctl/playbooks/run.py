"""One run of a playbook in one room: steps in order, each allowed or not, everything journalled, the room put back.

A run knows of its past only what its journal says; a fresh one and one that was cut by a crash are walked the same
way. `halt` ends it early. Whatever happens, what a test changed is put back, the `always` steps are done, and the
last word is exactly one PlayEnded.
"""

import asyncio
from collections.abc import Iterable

from avctl.locale import text
from avctl.model.booking import Needs
from avctl.model.command import TestClass
from avctl.model.event import FaultMitigated, Occupancy, PlayEnded, StepDone, StepIntended
from avctl.model.outcome import Outcome, Verdict
from avctl.playbooks import verdict
from avctl.playbooks.check import Finding
from avctl.playbooks.desk import Desk
from avctl.playbooks.fit import absent, spot_of
from avctl.playbooks.journal import RESTORE, Journal, Pen
from avctl.playbooks.model import Expect, Kind, Playbook, Set, Step, Together, Wait, walk, wanted
from avctl.playbooks.notice import after_run, broken
from avctl.playbooks.verbs import POLL, Verbs

_ALLOWED = {
    Occupancy.FREE: TestClass.PERCEPTIBLE,
    Occupancy.SOON: TestClass.SILENT,
    Occupancy.OCCUPIED: TestClass.PASSIVE,
    Occupancy.UNKNOWN: TestClass.SILENT,
}
"""What a test may do to a room, by what is known of the people in it."""


class _Stopped(Exception):
    """A step failed that nothing else makes up for."""


class Run:
    """`play` is fitted to the room. `perform` it once; `halt`, `people_came` and `answer` may come meanwhile."""

    def __init__(self, desk: Desk, play: Playbook, journal: Journal) -> None:
        self.play, self.journal = play, journal
        self._desk, self._pen = desk, Pen(desk, journal)
        self._started = journal.started
        self.needs = journal.started.booking.needs if journal.started.booking else Needs()
        self._verbs = Verbs(desk, play, self._pen, self.needs)
        self._loop = asyncio.get_running_loop()
        self._steps = {step.id: step for step in play.walk()}
        # what a remedy would interrupt has failed already, so it disturbs people only as much as anything they notice
        self._remedies = {s.id for step in play.walk() for s in walk(step.otherwise or ())}
        self._acting: dict[str, asyncio.Task[Finding]] = {}
        self._cut: dict[str, str] = {}
        self._walking: asyncio.Task[None] | None = None
        self._ending, self._why = "finished", ""
        self._hands_off = False

    # --- from outside

    def halt(self, ending: str, why: str, hands_off: bool = False) -> None:
        """End it now: "stopped", "aborted" or "interrupted". `hands_off` leaves everything as it stands."""
        if self._ending == "finished":
            self._ending, self._why, self._hands_off = ending, why, hands_off
            if self._walking is not None:
                self._walking.cancel()

    def people_came(self) -> None:
        """Whatever people would notice ends at once and is put back; silent steps may go on."""
        for id in list(self._acting):
            if self._steps[id].test_class >= TestClass.PERCEPTIBLE and self.play.kind is not Kind.FALLBACK:
                self._cut_short(id, "occupied")

    def answer(self, step: str, answer: str, by: str) -> None:
        """A person answers a step; step "*" is the run itself: "abort", "skip" or "take-over"."""
        if step != "*":
            question = self._verbs.questions.get(step)
            if question is not None and not question.done():
                question.set_result((answer, by))
            return
        match answer:
            case "abort":
                self.halt("aborted", self._words("aborted", by=by))
            case "take-over":
                self.halt("aborted", self._words("taken-over", by=by), hands_off=True)
            case "skip":
                for id in list(self._acting):
                    self._cut_short(id, "skipped-by-hand")
            case _:
                pass  # not a word we know: nothing happens, as nothing was promised

    # --- from beginning to end

    async def perform(self) -> PlayEnded:
        """Do it all. Being cancelled is like a crash: the run stays open, to be resumed."""
        began = self._desk.clock.now()
        if self._ending == "finished":
            self._walking = asyncio.create_task(self._walk(self.play.steps), name=f"run {self.journal.run}")
            await self._until_walked(self._walking)
        self._close()
        restored = await self._restore()
        await self._always()
        found = verdict.of_run(self.play, self.journal.done)
        ended = PlayEnded(
            self.journal.run, self._started.room, self.play.name, found, self._ending, restored,
            self._said(found, restored), self._desk.clock.now() - min(began, self.journal.at),
        )  # fmt: skip
        self._mitigate(found)
        for notice in after_run(self._desk.house, self.play, self.journal, ended, self._desk.clock.now()):
            self._pen.write(notice)
        self._pen.write(ended)
        return ended

    async def _until_walked(self, walking: "asyncio.Task[None]") -> None:
        try:
            await walking
        except _Stopped as stop:
            self._ending, self._why = "stopped", str(stop)
        except asyncio.CancelledError:
            if self._ending == "finished":  # it is us who are cancelled
                walking.cancel()
                raise

    async def _walk(self, steps: Iterable[Step]) -> None:
        for step in steps:
            if isinstance(step.action, Together):
                await self._together(step.action.steps)
            elif not self._passes(step, await self._done(step)):
                if step.otherwise is None:
                    raise _Stopped(self.journal.done[step.id].outcome.said)
                await self._walk(step.otherwise)

    async def _together(self, steps: Iterable[Step]) -> None:
        """All at the same time; one that stops the playbook does so when the others are done."""
        tasks = [asyncio.create_task(self._walk([step])) for step in steps]
        try:
            results = await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            for task in tasks:
                task.cancel()
        for result in results:
            if isinstance(result, BaseException):
                raise result

    def _passes(self, step: Step, done: StepDone) -> bool:
        """Whether the playbook goes straight on: also past what was rightly left out."""
        if done.outcome.verdict is Verdict.SKIPPED:
            return not absent(step, self._desk.house, self._started.room)
        return done.outcome.verdict in verdict.GOOD

    # --- one step

    async def _done(self, step: Step) -> StepDone:
        """Do a step, unless it was done before, and write down what came of it."""
        if (before := self.journal.done.get(step.id)) is not None:
            return before
        began = self._loop.time()
        why_not = self._forbidden(step)
        found = Finding(Verdict.SKIPPED, self._words(why_not)) if why_not else await self._acted(step)
        outcome = Outcome(step.id, found.verdict, found.said, found.saw, found.limit, self._loop.time() - began)
        device, _ = spot_of(step, self._desk.house, self._started.room)
        done = StepDone(self.journal.run, step.id, outcome, device, wanted(step.serves, self.needs))
        event = self._pen.write(done)
        if self.play.kind is Kind.TEST and done.needed and found.verdict is Verdict.FAIL:
            self._pen.write(broken(self._desk.house, self.journal, step, done, self._desk.clock.now()), event.seq)
        return done

    async def _acted(self, step: Step) -> Finding:
        """Let the verb do it, within its time; cut short when people come or say so."""
        left = self._left(step)
        if left <= 0:
            return Finding(Verdict.ERROR, self._words("too-late"))
        task = asyncio.create_task(self._verbs.act(step, self._loop.time() + left))
        self._acting[step.id] = task
        try:
            await asyncio.wait({task}, timeout=left + 1.0)
            if why := self._cut.get(step.id):
                return await self._undone(step, why)
            return task.result() if task.done() else Finding(Verdict.ERROR, self._words("too-late"))
        finally:
            del self._acting[step.id]
            task.cancel()

    def _left(self, step: Step) -> float:
        """Seconds until a step is over; what acts on a device counts from its intent, whatever came between."""
        begun = self.journal.begun.get(step.id)
        if begun is None or not isinstance(step.action, Set | Wait):
            return step.within
        left = step.within - max(0.0, self._desk.clock.now() - begun)
        return left if isinstance(step.action, Set) else max(POLL, left)  # a wait is looked at once more

    def _close(self) -> None:
        """What was under way when the run was ended has no result; it may still have an effect."""
        for id in [i for i in self.journal.intended if i not in self.journal.done and not i.endswith(RESTORE)]:
            self._cut[id] = "ended"
            outcome = Outcome(id, Verdict.SKIPPED, self._why)
            self._pen.write(StepDone(self.journal.run, id, outcome, self.journal.intended[id].target.partition(".")[0]))

    def _cut_short(self, id: str, why: str) -> None:
        self._cut[id] = why
        self._acting[id].cancel()

    async def _undone(self, step: Step, why: str) -> Finding:
        """A step that was cut: put back at once what it had begun to change."""
        intended = self.journal.intended.get(step.id)
        if isinstance(step.action, Set) and not step.action.keep and intended is not None:
            await self._put_back(step.id, intended, sure=True)
        return Finding(Verdict.SKIPPED, self._words(why))

    def _forbidden(self, step: Step) -> str:
        """Why a step must not be done now (the id of the sentence), or ""."""
        state = self._desk.state(self._started.room)
        if absent(step, self._desk.house, self._started.room):
            return "absent"
        if step.test_class is not TestClass.PASSIVE and state.frozen:
            return "frozen"
        if self.play.kind is Kind.FALLBACK:
            return ""
        if step.test_class >= TestClass.PERCEPTIBLE and not wanted(step.serves, self.needs):
            return "not-needed"
        return self._no_time(step) or self._people(step, state.occupancy)

    def _no_time(self, step: Step) -> str:
        if self._started.short and not step.must:
            return "no-time"
        late = self._started.until is not None and self._desk.clock.now() + step.within > self._started.until
        return "no-time" if late and step.test_class >= TestClass.PERCEPTIBLE else ""

    def _people(self, step: Step, occupancy: Occupancy) -> str:
        if self.play.kind is Kind.CLOSING:
            here = occupancy in (Occupancy.OCCUPIED, Occupancy.SOON)
            return occupancy.value if here and step.test_class > _ALLOWED[occupancy] else ""
        touches = min(step.test_class, TestClass.PERCEPTIBLE) if step.id in self._remedies else step.test_class
        if touches > self._started.most:
            return "not-planned"
        return occupancy.value if touches > _ALLOWED[occupancy] else ""

    # --- afterwards

    async def _restore(self) -> bool:
        """Put back what a test changed, newest first. A lamp that was struck stays lit: to put it out is the plan's."""
        if self.play.kind is not Kind.TEST or self._hands_off:
            return True
        kept = {self.journal.intended[id].target for id in self._kept() if id in self.journal.intended}
        results = [
            await self._put_back(id, intended, sure=id in self._cut)
            for id, intended in self.journal.changed()
            if intended.target not in kept
        ]
        return all(results) and all(d.outcome.verdict is Verdict.PASS for d in self._restores())

    def _kept(self) -> list[str]:
        return [id for id, s in self._steps.items() if isinstance(s.action, Set) and s.action.keep]

    def _restores(self) -> list[StepDone]:
        return [done for id, done in self.journal.done.items() if id.endswith(RESTORE)]

    async def _put_back(self, id: str, intended: StepIntended, sure: bool) -> bool:
        began = self._loop.time()
        good = await self._verbs.put_back(id, intended, sure)
        said = self._words("put-back", point=intended.target, value=intended.before)
        outcome = Outcome(id + RESTORE, Verdict.PASS if good else Verdict.ERROR, said, "", intended.before,
                          self._loop.time() - began)  # fmt: skip
        self._pen.write(StepDone(self.journal.run, id + RESTORE, outcome, intended.target.partition(".")[0], False))
        return good

    async def _always(self) -> None:
        """These are done whatever happened, each for itself."""
        for step in self.play.always:
            try:
                await self._walk([step])
            except _Stopped:
                continue

    def _mitigate(self, found: Verdict) -> None:
        """The service is back by other means, and something was seen to say so."""
        fault = self._started.fault
        proven = any(
            isinstance(self._steps[id].action, Set | Expect) and d.outcome.verdict in verdict.GOOD
            for id, d in self.journal.done.items()
            if id in self._steps
        )
        if fault is not None and self._ending == "finished" and found in verdict.GOOD and proven:
            self._pen.write(FaultMitigated(fault, self.journal.run))

    def _said(self, found: Verdict, restored: bool) -> str:
        """The summary in one sentence, in the language of the house."""
        language = self._desk.house.language
        done = [d for id, d in self.journal.done.items() if not id.endswith(RESTORE)]
        worst = next((d.outcome.said for d in done if d.outcome.verdict is found and d.outcome.said), "")
        worst = "" if found is Verdict.PASS else worst
        said = text("run.said", language, verdict=text(f"verdict.{found.value}", language), count=len(done))
        parts = [said, self._why or worst, "" if restored else self._words("not-restored")]
        return " ".join(filter(None, parts))

    def _words(self, id: str, **figures: object) -> str:
        return text(f"step.{id}", self._desk.house.language, **figures)
