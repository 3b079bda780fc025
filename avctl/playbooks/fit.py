"""Lays a playbook into a room: other playbooks' steps come in, `*` becomes a step per device. Pure and repeatable:
the same playbook, room and points give the same steps with the same ids, also after a restart.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from avctl.model.booking import Needs
from avctl.model.house import DeviceSpec, House
from avctl.model.point import Point
from avctl.playbooks.check import CHECKS, Setting
from avctl.playbooks.model import (
    EVERY,
    Ask,
    Expect,
    Kind,
    Need,
    Playbook,
    RunPlay,
    Say,
    Set,
    Step,
    Together,
    Wait,
    wanted,
)
from avctl.playbooks.place import matching, spot

PointsOf = Callable[[str], Mapping[str, Point]]

_SERVES = {"main-display": Need.PROJECTION, "side-display": Need.SPARE, "charger": Need.WIRELESS, "mixer": Need.MICS}
"""What a device is needed for, by the role it plays, where a step for every device does not say."""


def fit(
    playbook: Playbook, library: Mapping[str, Playbook], house: House, room: str, needs: Needs, points_of: PointsOf
) -> Playbook:
    """`playbook` as it runs in `room` for a meeting with `needs`: no `run` and no `*` left in its steps.

    A test leaves out what the room does not have; a fallback must notice that it is not there.
    """
    fitter = _Fitter(library, house, room, needs, points_of, playbook.kind is Kind.FALLBACK)
    return replace(playbook, steps=fitter.all(playbook.steps), always=fitter.all(playbook.always))


@dataclass(frozen=True, slots=True)
class _Fitter:
    library: Mapping[str, Playbook]
    house: House
    room: str
    needs: Needs
    points_of: PointsOf
    complete: bool

    def all(self, steps: Iterable[Step]) -> tuple[Step, ...]:
        return tuple(fitted for step in steps for fitted in self._one(step))

    def _one(self, step: Step) -> Iterable[Step]:
        if self._left_out(step):
            return
        step = replace(step, otherwise=None if step.otherwise is None else self.all(step.otherwise))
        match step.action:
            case RunPlay(name):
                yield from self._inner(step, self.library[name])
            case Together(steps):
                yield replace(step, action=Together(self.all(steps)))
            case Expect(role=role) if role == EVERY:
                yield replace(step, action=Together(tuple(self._each(step, step.action))))
            case _:
                yield step

    def _left_out(self, step: Step) -> bool:
        if step.serves in (Need.CONFIDENTIAL, Need.NOT_CONFIDENTIAL) and not wanted(step.serves, self.needs):
            return True
        return not self.complete and bool(absent(step, self.house, self.room))

    def _inner(self, step: Step, playbook: Playbook) -> Iterable[Step]:
        """The steps of another playbook under this step's id."""
        for inner in self.all((*playbook.steps, *playbook.always)):
            yield under(step.id, inner)

    def _each(self, step: Step, action: Expect) -> Iterable[Step]:
        for device in self.house.devices_of(self.room):
            if self._applies(action, device):
                serves = step.serves or self._serves(device.id)
                own = replace(action, role=device.id)
                yield replace(step, id=f"{step.id}-{device.id}", action=own, serves=serves)

    def _applies(self, action: Expect, device: DeviceSpec) -> bool:
        names = list(self.points_of(device.id))
        if not action.check:
            return bool(matching(names, action.point))
        setting = Setting(self.house, self.house.rooms[self.room], device, self.needs, self.house.language)
        return bool(CHECKS[action.check].asks(setting, names)) or action.check == "answers"

    def _serves(self, device: str) -> Need | None:
        roles = self.house.rooms[self.room].roles
        return next((_SERVES[role] for role, bound in roles.items() if bound == device and role in _SERVES), None)


def under(prefix: str, step: Step) -> Step:
    """A step and all within it, with ids that begin with `prefix`."""
    action = step.action
    if isinstance(action, Together):
        action = Together(tuple(under(prefix, s) for s in action.steps))
    otherwise = None if step.otherwise is None else tuple(under(prefix, s) for s in step.otherwise)
    return replace(step, id=f"{prefix}-{step.id}", action=action, otherwise=otherwise)


def spot_of(step: Step, house: House, room: str) -> tuple[str, str]:
    """The device and the point (or pattern, or "") that a step is about; ("", "") when about none."""
    action = step.action.until if isinstance(step.action, Wait) else step.action
    if isinstance(action, Say | Ask | Together | RunPlay) or action is None:
        return "", ""
    return spot(house, room, action.role, action.point) or ("", "")


def absent(step: Step, house: House, room: str) -> str:
    """The role a step wants and nobody plays in the room; "" when all is there."""
    action = step.action.until if isinstance(step.action, Wait) else step.action
    if isinstance(action, Expect | Set) and action.role != EVERY and not spot(house, room, action.role, action.point):
        return action.role
    return ""
