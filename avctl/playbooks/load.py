"""Playbooks from YAML 1.2 text: all mistakes at once, each with file:line:col, what was found and what would be right.

The shipped ones are in `library/`; a file of the site with the same `playbook:` name takes the place of a shipped one.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import blake2s
from pathlib import Path
from typing import Any

from avctl.document import Document, Mistake, Mistakes, Place, nearest
from avctl.model.command import TestClass
from avctl.model.fault import Severity
from avctl.model.house import House
from avctl.model.point import Point
from avctl.playbooks.check import CHECKS
from avctl.playbooks.form import PlaybookForm, Said, SayForm, StepForm, TriggerForm
from avctl.playbooks.limit import limits
from avctl.playbooks.model import (
    EVERY,
    Action,
    Ask,
    DueTrigger,
    Expect,
    FaultTrigger,
    Kind,
    Parameter,
    Playbook,
    RunPlay,
    Say,
    Set,
    Step,
    Texts,
    Together,
    Wait,
)
from avctl.playbooks.place import matching, spot

LIBRARY = Path(__file__).parent / "library"
PointsOf = Callable[[str], Mapping[str, Point]]
"""The points of a device by its id; {} when its driver cannot be known."""

_WORDS_OF_RUN = ("room", "device")  # beside roles, what braces may name


def read_all(folder: Path | None, house: House, points_of: PointsOf = lambda _: {}) -> dict[str, Playbook]:
    """The shipped library, and the playbooks in `folder` before it. Raises Mistakes about every file together."""
    mistakes: list[Mistake] = []
    found: dict[str, Playbook] = {}
    sites = sorted(folder.glob("*.yaml")) if folder is not None and folder.is_dir() else []
    loaders = []
    for path in (*sorted(LIBRARY.glob("*.yaml")), *sites):
        try:
            loaders.append(Loader(Document.read(path), house, path.parent == LIBRARY, points_of))
        except Mistakes as error:
            mistakes += error.mistakes
    names = {str(loader.document.data.get("playbook")) for loader in loaders}
    own: set[str] = set()
    for loader in loaders:
        if (playbook := loader.load(names)) is not None:
            found[playbook.name] = playbook
            if playbook.name in own:
                loader.twice(playbook.name)
            own |= set() if loader.shipped else {playbook.name}
        mistakes += loader.mistakes
    mistakes += [m for loader in loaders for m in _circles(found, loader)]
    if mistakes:
        raise Mistakes(mistakes)
    return found


def read(text: str, file: str, house: House, points_of: PointsOf = lambda _: {}, shipped: bool = False) -> Playbook:
    """One playbook. Raises Mistakes."""
    loader = Loader(Document(text, file), house, shipped, points_of)
    playbook = loader.load()
    if playbook is None or loader.mistakes:
        raise Mistakes(loader.mistakes)
    return playbook


class Loader:
    """One file on its way to a playbook. Mistakes are collected, never raised."""

    def __init__(self, document: Document, house: House, shipped: bool, points_of: PointsOf) -> None:
        self.document, self.shipped, self.mistakes = document, shipped, list[Mistake]()
        self.runs: list[tuple[Place, str]] = []
        self._house, self._points_of = house, points_of
        self._rooms: Sequence[str] = tuple(house.rooms)
        self._ids: dict[str, Place] = {}
        self._known: Iterable[str] | None = None
        self._parameters: Mapping[str, Any] = {}
        self._on_failure: tuple[Step, ...] | None = None

    def load(self, known: Iterable[str] | None = None) -> Playbook | None:
        """The playbook, or None; `known` are the names that `run:` may use (None: any)."""
        self._known = known
        form, wrong = self.document.validate(PlaybookForm)
        self.mistakes += wrong
        if form is None:
            self._steps_alone()
            return None
        self._rooms = tuple(r for r in form.rooms or self._house.rooms if self._room(r, form))
        self._parameters, self._on_failure = form.parameters, (None if form.otherwise == "stop" else ())
        triggers = self._triggers(form)
        steps = self._steps(self.document.data["steps"], ("steps",), "")
        always = self._steps(self.document.data.get("always", []), ("always",), "always-")
        return Playbook(
            name=form.playbook,
            version=blake2s(self.document.text.encode(), digest_size=6).hexdigest(),
            title=_texts(form.title),
            why=_texts(form.why),
            kind=form.kind or _kind(triggers),
            triggers=triggers,
            steps=steps,
            always=always,
            mode=form.mode,
            serves=form.serves,
            parameters=form.parameters,
            per_hour=form.per_hour,
            within=form.within or sum(map(budget, (*steps, *always))),
            rooms=tuple(form.rooms),
        )

    def twice(self, name: str) -> None:
        """Two files of the site with one name: one of them would never run."""
        self._wrong(("playbook",), f"another file of this folder is called {name!r} too")

    def _steps_alone(self) -> None:
        """The head is wrong; still look at what steps there are, so that every mistake is told at once."""
        self._parameters = {}
        for key, prefix in (("steps", ""), ("always", "always-")):
            if isinstance(found := self.document.data.get(key), list):
                self._steps(found, (key,), prefix)

    def _wrong(self, where: Sequence[str | int], said: str) -> None:
        self.mistakes.append(self.document.mistake(where, said))

    def _room(self, room: str, form: PlaybookForm) -> bool:
        if room in self._house.rooms:
            return True
        self._wrong(("rooms", form.rooms.index(room)), f"there is no room {room!r}.{nearest(room, self._house.rooms)}")
        return False

    def _triggers(self, form: PlaybookForm) -> tuple[FaultTrigger | DueTrigger, ...]:
        forms = form.when if isinstance(form.when, list) else [form.when] if form.when else []
        return tuple(
            self._trigger(f, ("when", i) if isinstance(form.when, list) else ("when",)) for i, f in enumerate(forms)
        )

    def _trigger(self, form: TriggerForm, where: Place) -> FaultTrigger | DueTrigger:
        if form.due is not None:
            return DueTrigger(form.due)
        role, _, name = str(form.fault).partition(".")
        self._role(role, (*where, "fault"))
        if name not in FAULTS:
            self._wrong((*where, "fault"), f"there is no fault {name!r}.{nearest(name, FAULTS)}")
        return FaultTrigger(role, name, form.during, form.severity or Severity.CRITICAL)

    def _steps(self, found: Sequence[Any], where: Place, prefix: str) -> tuple[Step, ...]:
        made = (self._step(f, (*where, i), f"{prefix}{i + 1}") for i, f in enumerate(found))
        return tuple(step for step in made if step is not None)

    def _step(self, found: Any, where: Place, derived: str) -> Step | None:
        if not isinstance(found, dict):
            self._wrong(where, f"want a step, such as `set: {{main-display.power: on}}`; found {found!r}")
            return None
        form, wrong = self.document.validate(StepForm, where)
        self.mistakes += wrong
        if form is None:
            return None
        id = self._id(form.id or derived, (*where, "id") if form.id else where)
        action = self._action(form, found, where, id)
        if action is None:
            return None
        otherwise = self._otherwise(form, found, where, id)
        within = form.within or _default_within(action)
        title, test_class = _texts(form.name or {}), _class(form, action)
        return Step(id, action, within, form.slow, otherwise, test_class, form.serves, title, form.must)

    def _id(self, id: str, where: Place) -> str:
        if id in self._ids:
            line, _ = self.document.position(self._ids[id])
            self._wrong(where, f"the step id {id!r} is taken in line {line}")
        self._ids.setdefault(id, where)
        return id

    def _otherwise(self, form: StepForm, found: Any, where: Place, id: str) -> tuple[Step, ...] | None:
        match form.otherwise:
            case None:
                return self._on_failure
            case "stop":
                return None
            case "go-on":
                return ()
            case _:
                return self._steps(found["otherwise"], (*where, "otherwise"), f"{id}-else-")

    def _action(self, form: StepForm, found: Any, where: Place, id: str) -> Action | None:
        if form.expect is not None:
            return self._expect(form.expect, (*where, "expect"))
        if form.set is not None:
            return self._set(form.set, (*where, "set"), form.keep)
        if form.wait is not None:
            return self._wait(form.wait, (*where, "wait"))
        if form.say is not None:
            said = self._said(form.say, (*where, "say"))
            return Say(said.to, said.severity.value, _texts(_spoken(said)))
        if form.ask is not None:
            asked = self._said(form.ask, (*where, "ask"))
            return Ask(asked.to, _texts(_spoken(asked)), tuple(form.answers or ("yes", "no")))
        if form.together is not None:
            return Together(self._steps(found["together"], (*where, "together"), f"{id}-"))
        return self._run(str(form.run), (*where, "run"))

    def _run(self, name: str, where: Place) -> RunPlay:
        if self._known is not None and name not in self._known:
            self._wrong(where, f"there is no playbook {name!r}.{nearest(name, self._known)}")
        self.runs.append((where, name))
        return RunPlay(name)

    def _wait(self, found: float | dict[str, Any], where: Place) -> Wait | None:
        if not isinstance(found, dict):
            return Wait(seconds=found)
        until = self._expect(found, where)
        if until is not None and until.check:
            self._wrong(where, "wait for a point to say something, not for a check")
            return None
        return Wait(until=until) if until else None

    def _expect(self, found: dict[str, Any], where: Place) -> Expect | None:
        if (pair := self._pair(found, where)) is None:
            return None
        key, wanted = pair
        role, _, point = key.partition(".")
        if not point:
            return self._named(role, wanted, (*where, key))
        try:
            self._point(role, point, (*where, key))
            return Expect(role, point, limits(wanted))
        except ValueError as error:
            self._wrong((*where, key), str(error))
            return None

    def _named(self, role: str, name: object, where: Place) -> Expect | None:
        self._role(role, where)
        if not isinstance(name, str) or name not in CHECKS:
            self._wrong(where, f"there is no check {name!r}.{nearest(str(name), CHECKS)}")
            return None
        return Expect(role, check=name)

    def _set(self, found: dict[str, Any], where: Place, keep: bool) -> Set | None:
        if (pair := self._pair(found, where)) is None:
            return None
        key, value = pair
        role, _, point = key.partition(".")
        if not point or role == EVERY or "*" in point:
            self._wrong((*where, key), "want role.point, such as main-display.power")
            return None
        if isinstance(value, dict) and set(value) == {"with"}:
            return self._parameter(role, point, str(value["with"]), (*where, key), keep)
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            self._wrong((*where, key), f"want a word or a number, found {value!r}")
            return None
        self._point(role, point, (*where, key), value)
        return Set(role, point, value, keep)

    def _parameter(self, role: str, point: str, name: str, where: Place, keep: bool) -> Set | None:
        if name not in self._parameters:
            self._wrong(where, f"`with` has no {name!r}.{nearest(name, self._parameters)}")
            return None
        self._point(role, point, where, self._parameters[name])
        return Set(role, point, Parameter(name), keep)

    def _pair(self, found: dict[str, Any], where: Place) -> tuple[str, Any] | None:
        if len(found) != 1:
            self._wrong(where, f"one thing per step; found {', '.join(map(str, found)) or 'none'}")
            return None
        return next((str(k), v) for k, v in found.items())

    def _role(self, role: str, where: Place) -> None:
        """Of the shipped ones a site need not have every role; of its own ones it must."""
        known = {r for room in self._rooms for r in self._house.rooms[room].roles}
        if role != EVERY and role not in known and role not in self._house.devices and not self.shipped:
            whose = "no room has" if len(self._rooms) != 1 else f"room {self._rooms[0]} has no"
            self._wrong(where, f"{whose} role {role!r}.{nearest(role, known)}")

    def _point(self, role: str, point: str, where: Place, value: Any = None) -> None:
        """The point must exist in every room that has the role, and take the value, as far as drivers are known."""
        self._role(role, where)
        for room in self._rooms:
            device, own = spot(self._house, room, role, point) or ("", "")
            points = self._points_of(device) if device else {}
            if not points:
                continue
            if not (names := matching(points, own)):
                self._wrong(where, f"{device} has no point {own!r}.{nearest(own, points)}")
            elif value is not None:
                self._takes(self._house.rooms[room].scenes, device, points[names[0]], value, where)

    def _takes(self, scenes: Mapping[str, int], device: str, point: Point, value: Any, where: Place) -> None:
        if point.name == "scene" and isinstance(value, str):
            if value not in scenes and not self.shipped:
                self._wrong(where, f"the room of {device} has no scene {value!r}.{nearest(value, scenes)}")
        elif not point.writable:
            self._wrong(where, f"{device}.{point.name} can only be read")
        elif not point.accepts(value):
            wants = nearest(str(value), point.words) if point.words else f" It takes {point.low} to {point.high}."
            self._wrong(where, f"{device}.{point.name} does not take {value!r}.{wants}")

    def _said(self, found: str | SayForm, where: Place) -> SayForm:
        form = SayForm(zh=found, en=found) if isinstance(found, str) else found
        for sentence in (form.zh, form.en):
            for name in re.findall(r"\{([^{}]*)\}", sentence):
                if name not in _WORDS_OF_RUN:
                    self._role(name, where)
        return form


FAULTS = (
    *("link", "lamp", "light", "fan", "temperature", "cover", "filter", "other", "wear", "power", "battery"),
    *("overload", "outlet", "silence", "interference", "not-obeying", "protocol", "wrong-device"),
)
"""The closed list of what the engine's rules call a fault."""


def budget(step: Step) -> float:
    """Seconds a step may take at most, without what is done otherwise."""
    if isinstance(step.action, Together):
        return max(map(budget, step.action.steps), default=0.0)
    return step.within


def _kind(triggers: Sequence[FaultTrigger | DueTrigger]) -> Kind:
    if any(isinstance(t, FaultTrigger) for t in triggers):
        return Kind.FALLBACK
    return Kind.CLOSING if DueTrigger("shutdown") in triggers else Kind.TEST


def _class(form: StepForm, action: Action) -> TestClass:
    if form.test_class is not None:
        return TestClass(form.test_class)
    if not isinstance(action, Set):
        return TestClass.PASSIVE
    return TestClass.DISRUPTIVE if action.point == "scene" else TestClass.PERCEPTIBLE


def _default_within(action: Action) -> float:
    match action:
        case Wait(seconds):
            return seconds + 1.0
        case Together(steps):
            return max(map(budget, steps), default=0.0)
        case _:
            return 10.0


def _texts(said: Said) -> Texts:
    """Both tongues; what one lacks it takes from the other."""
    if isinstance(said, str):
        return {"zh": said, "en": said}
    found = {k: v for k, v in said.items() if v}
    one = next(iter(found.values()), "")
    return {"zh": found.get("zh", one), "en": found.get("en", one)} if found else {}


def _spoken(form: SayForm) -> Said:
    return {"zh": form.zh, "en": form.en}


def _circles(found: Mapping[str, Playbook], loader: Loader) -> list[Mistake]:
    """A playbook that would run itself, directly or by way of others."""
    mine = str(loader.document.data.get("playbook"))
    return [
        loader.document.mistake(where, f"{mine} would run itself")
        for where, name in loader.runs
        if mine in _reached(found, name, set())
    ]


def _reached(found: Mapping[str, Playbook], name: str, seen: set[str]) -> set[str]:
    if name in seen or name not in found:
        return seen | {name}
    seen = seen | {name}
    for step in found[name].walk():
        if isinstance(step.action, RunPlay):
            seen = _reached(found, step.action.playbook, seen)
    return seen
