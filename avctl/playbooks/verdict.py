"""What a run comes to: worst over what the meeting needs. Pure.

A broken thing nobody needs this time is a warning; what was not tested is never green; a failed step that was put
right otherwise is a warning, if something that was done instead was seen to work.
"""

from collections.abc import Iterable, Mapping

from avctl.model.event import StepDone
from avctl.model.outcome import Verdict, worst
from avctl.playbooks.model import Expect, Playbook, Set, Step, Together, walk

GOOD = (Verdict.PASS, Verdict.MARGINAL)
_UNNEEDED = {Verdict.FAIL: Verdict.MARGINAL, Verdict.ERROR: Verdict.MARGINAL, Verdict.MARGINAL: Verdict.MARGINAL}


def of_run(playbook: Playbook, done: Mapping[str, StepDone]) -> Verdict:
    """The verdict over all steps; SKIPPED for a run in which nothing was done."""
    return worst(list(_of_steps(playbook.steps, done)))


def _of_steps(steps: Iterable[Step], done: Mapping[str, StepDone]) -> Iterable[Verdict]:
    for step in steps:
        if isinstance(step.action, Together):
            yield from _of_steps(step.action.steps, done)
        elif step.id in done:
            yield from _of_step(step, done)


def _of_step(step: Step, done: Mapping[str, StepDone]) -> Iterable[Verdict]:
    found = done[step.id]
    verdict = found.outcome.verdict
    if verdict not in (*GOOD, Verdict.SKIPPED) and healed(step, done):
        yield Verdict.MARGINAL
    elif found.needed:
        yield verdict
    elif verdict in _UNNEEDED:
        yield _UNNEEDED[verdict]


def healed(step: Step, done: Mapping[str, StepDone]) -> bool:
    """Whether what was done instead of a failed step worked: something was set or seen, and nothing failed."""
    instead = [s for s in walk(step.otherwise or ()) if s.id in done]
    proofs = [s for s in instead if isinstance(s.action, Set | Expect)]
    return bool(proofs) and all(done[s.id].outcome.verdict in GOOD for s in instead)
