"""The verbs, one method each: what it does, and the finding it comes to. Who may, when and what then is `run`'s matter.

Only fresh answers count: a point that was not MEASURED just now is an ERROR, never a PASS. A `set` passes when the
device says so. After a restart (`begun`: the step was intended before) reality is looked at before anything is sent.
"""

import asyncio
from collections.abc import Collection, Mapping
from typing import assert_never

from avctl.locale import has, text
from avctl.model.booking import Needs
from avctl.model.command import Command, TestClass, Urgency
from avctl.model.event import CommandDone, Notice, StepIntended, StepWaits
from avctl.model.outcome import Verdict, worst
from avctl.model.point import Point
from avctl.model.reading import Quality, Reading, Value
from avctl.playbooks.check import CHECKS, Finding, Setting
from avctl.playbooks.desk import Desk
from avctl.playbooks.fit import spot_of
from avctl.playbooks.journal import RESTORE, Pen
from avctl.playbooks.limit import same
from avctl.playbooks.model import Ask, Expect, Kind, Parameter, Playbook, RunPlay, Say, Set, Step, Together, Wait
from avctl.playbooks.place import matching, place, spot

POLL = 2.0
"""Seconds between two looks at a point that is waited for: a projector that warms up dislikes being asked."""
LOOK = 10.0
"""Seconds one such look may take at most: some projectors are deaf while their lamp is struck."""
AGAIN = 5.0
"""Seconds at most until something is wished again that a guard has denied: a lamp that must cool down first."""
PUT_BACK = 30.0
"""Seconds a value may take to be put back."""
_ON_THE_WAY = {"warming": "on", "cooling": "off"}


class Verbs:
    """The hands of one run."""

    def __init__(self, desk: Desk, play: Playbook, pen: Pen, needs: Needs) -> None:
        self._desk, self._play, self._pen, self._needs = desk, play, pen, needs
        self._run, self._room = pen.journal.run, pen.journal.started.room
        self._language = desk.house.language
        self._urgency = Urgency.FALLBACK if play.kind is Kind.FALLBACK else Urgency.SELF_TEST
        # a lamp may go out unasked when it has burnt for a while; in a meeting nobody has the time to wait and see
        self._not_now = ("denied",) if play.kind is Kind.FALLBACK else ("denied", "confirm-required")
        self._loop = asyncio.get_running_loop()
        self.questions: dict[str, asyncio.Future[tuple[str, str]]] = {}

    async def act(self, step: Step, deadline: float) -> Finding:
        """Do a step until `deadline` (the loop's seconds)."""
        begun = step.id in self._pen.journal.intended
        match step.action:
            case Expect() as action:
                await self._intend(step, begun)
                return await self._expect(action, deadline)
            case Set() as action:
                return await self._set(step, action, begun, deadline)
            case Wait() as action:
                await self._intend(step, begun)
                return await self._wait(step, action, deadline)
            case Say() as action:
                await self._intend(step, begun)
                return self._say(action)
            case Ask() as action:
                await self._intend(step, begun)
                return await self._ask(step, action, deadline)
            case Together() | RunPlay():
                raise AssertionError(f"{step.verb} is not a step that acts by itself")
            case other:
                assert_never(other)

    async def put_back(self, step: str, intended: StepIntended, sure: bool) -> bool:
        """Set what `step` changed to what it was; not if a person has changed it since (unless `sure` it was us)."""
        device, _, point = intended.target.partition(".")
        now = (await self.ask(device, [point], PUT_BACK / 3))[point]
        before, ours = self._typed(device, point, intended.before), self._typed(device, point, intended.wanted)
        if now.quality is Quality.MEASURED and not sure:
            if same(now.value, before):
                return True
            if not same(_ON_THE_WAY.get(str(now.value), now.value), ours):
                return True  # a person's hand came between, and it wins
        doing = self._words("put-back", point=intended.target, value=intended.before)
        written = self._pen.write(
            StepIntended(self._run, step + RESTORE, "restore", doing, TestClass.PASSIVE, intended.target,
                         intended.before, intended.wanted)
        )  # fmt: skip
        deadline = self._loop.time() + PUT_BACK
        done = await self._allowed(step + RESTORE, intended.target, before, doing, deadline, written.seq)
        return done.verdict is Verdict.PASS

    async def ask(self, device: str, points: Collection[str], within: float) -> Mapping[str, Reading]:
        """Fresh readings; those that did not come are there as SILENT."""
        found = await self._desk.ask(device, points, within, self._urgency)
        now = self._desk.clock.now()
        return {p: found.get(p) or Reading(device, p, None, Quality.SILENT, now) for p in points}

    def value_of(self, action: Set) -> Value:
        """The value a step wants: its own, or that of a parameter; a scene may be named by what it is for."""
        value = action.value
        if isinstance(value, Parameter):
            chosen = dict(self._pen.journal.started.arguments).get(value.name)
            value = self._play.parameters[value.name] if chosen is None else chosen
        if action.point == "scene" and isinstance(value, str):
            value = self._desk.house.rooms[self._room].scenes.get(value, value)
        found = spot(self._desk.house, self._room, action.role, action.point)
        return self._typed(*found, str(value)) if found else value

    # --- expect

    async def _expect(self, action: Expect, deadline: float) -> Finding:
        found = spot(self._desk.house, self._room, action.role, action.point)
        assert found is not None  # `run` does not let a step act whose role nobody plays
        device, point = found
        names = list(self._desk.points(device))
        if action.check:
            return await self._check(action.check, device, names, deadline)
        points = matching(names, point) if "*" in point else [point]
        readings = await self._patiently(device, points, deadline)
        return self._judged(action, readings, names)

    async def _check(self, name: str, device: str, names: list[str], deadline: float) -> Finding:
        check, setting = CHECKS[name], self.setting(device)
        if not (points := check.asks(setting, names)):
            return Finding(Verdict.ERROR, self._words("no-points", device=device, check=name))
        if check.rounds == 1:
            return check.judge(setting, [await self._patiently(device, points, deadline)])
        each = self._left(deadline) / check.rounds
        return check.judge(setting, [await self.ask(device, points, each) for _ in range(check.rounds)])

    async def _patiently(self, device: str, points: list[str], deadline: float) -> Mapping[str, Reading]:
        """Ask; and once more if nothing at all came."""
        readings = await self.ask(device, points, self._left(deadline) * 0.6)
        if any(r.quality is Quality.MEASURED for r in readings.values()) or self._left(deadline) <= 0.1:
            return readings
        return await self.ask(device, points, self._left(deadline))

    def _judged(self, action: Expect, readings: Mapping[str, Reading], names: Collection[str]) -> Finding:
        assert action.limits is not None
        verdicts = {point: self._verdict(action, r) for point, r in readings.items()}
        verdict = worst(list(verdicts.values()))
        wrong = next((p for p, v in verdicts.items() if v is verdict), "")
        if not wrong:
            return Finding(Verdict.ERROR, self._words("no-points", device=action.role, check=action.point))
        saw, limit = self._shown(readings[wrong]), f"{action.limits}{self._unit(readings[wrong])}"
        if verdict is Verdict.PASS:
            return Finding(verdict, "", saw, limit)
        id = "silent" if verdict is Verdict.ERROR else "otherwise"
        target = f"{readings[wrong].device}.{wrong}"
        return Finding(verdict, self._words(id, point=target, saw=saw, limit=limit), saw, limit)

    def _verdict(self, action: Expect, reading: Reading) -> Verdict:
        if reading.quality is not Quality.MEASURED or reading.value is None or action.limits is None:
            return Verdict.ERROR
        return action.limits.judge(reading.value)

    # --- set

    async def _set(self, step: Step, action: Set, begun: bool, deadline: float) -> Finding:
        device, point = spot_of(step, self._desk.house, self._room)
        wanted = self.value_of(action)
        now = await self._before(device, point, wanted, begun, deadline)
        if now.quality is not Quality.MEASURED and (begun or self._play.kind is Kind.TEST):
            return Finding(Verdict.ERROR, self._words("silent", point=f"{device}.{point}"), "", str(wanted))
        written = self._pen.journal.seq
        if not begun:
            before = "" if now.value is None else str(now.value)
            doing = self._words("set", point=f"{device}.{point}", value=wanted)
            intended = StepIntended(
                self._run, step.id, "set", doing, step.test_class, f"{device}.{point}", str(wanted), before
            )
            written = self._pen.write(intended).seq
        elif self._by_hand(step.id, now, wanted):
            return Finding(
                Verdict.MARGINAL, self._words("by-hand", point=f"{device}.{point}"), str(now.value), str(wanted)
            )
        if now.quality is Quality.MEASURED and same(now.value, wanted):
            return Finding(Verdict.PASS, self._words("already"), self._shown(now), str(wanted))
        return await self._obtain(step, device, point, wanted, written, deadline)

    async def _before(self, device: str, point: str, wanted: Value, begun: bool, deadline: float) -> Reading:
        """The value to go back to. A fallback is in a hurry and believes what was read lately, unless it is wanted."""
        known = self._desk.reading(device, point)
        hurry = known is not None and not begun and self._play.kind is Kind.FALLBACK
        if hurry and known is not None and known.quality is Quality.MEASURED and not same(known.value, wanted):
            return known
        return (await self._patiently(device, [point], deadline))[point]

    def _by_hand(self, step: str, now: Reading, wanted: Value) -> bool:
        """Whether somebody else has set the point while we were away."""
        before = self._typed(now.device, now.point, self._pen.journal.intended[step].before)
        arrived = _ON_THE_WAY.get(str(now.value), now.value)
        return not same(now.value, before) and not same(arrived, wanted)

    async def _obtain(self, step: Step, device: str, point: str, wanted: Value, cause: int, deadline: float) -> Finding:
        """Command it, then look until the device says so."""
        why = step.title.get("en") or self._play.name
        began = self._loop.time()
        done = await self._allowed(step.id, f"{device}.{point}", wanted, why, deadline, cause)
        reading = await self._arrived(done, wanted, deadline)
        if not _says(reading, wanted, done):
            return self._not_obtained(done, reading, wanted)
        assert reading is not None
        return self._in_time(step, began, self._shown(reading), str(wanted))

    async def _arrived(self, done: CommandDone, wanted: Value, deadline: float) -> Reading | None:
        """What the device says in the end: a projector warms up first, and a lost answer is no refusal."""
        if done.ending in _NEVER_SENT:
            return done.reading
        reading = done.reading
        patience = deadline if _under_way(done) else min(deadline, self._loop.time() + 2 * POLL)
        while not _says(reading, wanted, done) and self._left(patience) > 0:
            await asyncio.sleep(min(POLL, self._left(patience)))
            within = min(LOOK, max(POLL, self._left(patience)))
            reading = (await self.ask(done.device, [done.point], within))[done.point]
        return reading

    def _in_time(self, step: Step, began: float, saw: str, limit: str) -> Finding:
        took = self._loop.time() - began
        if step.slow is None or took <= step.slow:
            return Finding(Verdict.PASS, "", saw, limit)
        said = self._words("slow", took=f"{took:.0f}", limit=f"{step.slow:.0f}")
        return Finding(Verdict.MARGINAL, said, saw, limit)

    def _not_obtained(self, done: CommandDone, reading: Reading | None, wanted: Value) -> Finding:
        if reading is not None and reading.quality is Quality.MEASURED:
            said = self._words("not-so", point=f"{done.device}.{done.point}", saw=reading.value, limit=wanted)
            return Finding(Verdict.FAIL, done.said or said, self._shown(reading), str(wanted))
        verdict = Verdict.FAIL if done.verdict is Verdict.FAIL else Verdict.ERROR
        return Finding(
            verdict, done.said or self._words("silent", point=f"{done.device}.{done.point}"), "", str(wanted)
        )

    async def _allowed(
        self, step: str, target: str, value: Value, why: str, deadline: float, cause: int
    ) -> CommandDone:
        """Command it; while a guard says "not now", wish it again until `deadline`. Each wish has an id of its own."""
        device, _, point = target.partition(".")
        tried = 1
        while True:
            id = step if tried == 1 else f"{step}~{tried}"
            done = await self._desk.command(self._command(id, device, point, value, why, self._left(deadline), cause))
            pause = min(AGAIN, 0.5 * tried)
            if done.ending not in self._not_now or self._left(deadline) <= pause:
                return done
            await asyncio.sleep(pause)
            tried += 1

    def _command(
        self, step: str, device: str, point: str, value: Value, why: str, within: float, cause: int
    ) -> Command:
        started = self._pen.journal.started
        by, until = f"playbook:{started.playbook}", self._desk.clock.now() + within
        confirmed = not started.by.startswith(("plan", "fault"))
        return Command(f"{self._run}/{step}", device, point, value, by, why, until, self._urgency, cause, confirmed)

    # --- wait, say, ask

    async def _wait(self, step: Step, action: Wait, deadline: float) -> Finding:
        if action.until is not None:
            return await self._wait_until(action.until, step, deadline)
        if step.id not in self._pen.journal.waits:
            self._pen.write(StepWaits(self._run, step.id, "", self._pen.journal.begun[step.id] + action.seconds))
        left = self._pen.journal.waits[step.id].until - self._desk.clock.now()
        await asyncio.sleep(max(0.0, min(left, action.seconds)))
        return Finding(Verdict.PASS, "", f"{action.seconds:g} s")

    async def _wait_until(self, until: Expect, step: Step, deadline: float) -> Finding:
        began = self._loop.time()
        while (found := await self._expect(until, deadline)).verdict not in (Verdict.PASS, Verdict.MARGINAL):
            if self._left(deadline) <= POLL:
                return found
            await asyncio.sleep(POLL)
        return self._in_time(step, began, found.saw, found.limit) if found.verdict is Verdict.PASS else found

    def _say(self, action: Say) -> Finding:
        self._tell(action.to, action.severity, dict(action.text))
        return Finding(Verdict.PASS, self._filled(action.text.get(self._language, ""), self._language))

    async def _ask(self, step: Step, action: Ask, deadline: float) -> Finding:
        asks = self._filled(action.text.get(self._language, ""), self._language)
        if step.id not in self._pen.journal.waits:
            until = self._desk.clock.now() + self._left(deadline)
            self._pen.write(StepWaits(self._run, step.id, asks, until, action.answers))
            self._tell(action.to, "notice", dict(action.text))
        self.questions[step.id] = question = self._loop.create_future()
        left = self._pen.journal.waits[step.id].until - self._desk.clock.now()
        try:
            answer, by = await asyncio.wait_for(question, max(0.0, left))
        except TimeoutError:
            return Finding(Verdict.UNCONFIRMED, self._words("unanswered", asks=asks), "", action.answers[0])
        finally:
            del self.questions[step.id]
        verdict = Verdict.PASS if answer == action.answers[0] else Verdict.FAIL
        return Finding(verdict, self._words("answered", by=by, answer=answer), answer, action.answers[0])

    def _tell(self, to: str, severity: str, texts: Mapping[str, str]) -> None:
        incident = str(self._pen.journal.started.fault or self._run)
        said = tuple((language, self._filled(sentence, language)) for language, sentence in texts.items())
        self._pen.write(Notice(self._room, to, severity, said, incident))

    # --- words

    def setting(self, device: str) -> Setting:
        house = self._desk.house
        return Setting(house, house.rooms[self._room], house.devices[device], self._needs, self._language)

    async def _intend(self, step: Step, begun: bool) -> None:
        """These steps change nothing: their intent need not be durable before they act."""
        if not begun:
            device, point = spot_of(step, self._desk.house, self._room)
            doing = step.title.get(self._language) or self._words(
                step.verb, point=f"{device}.{point}".strip("."), value=""
            )
            target = f"{device}.{point}" if point else device
            self._pen.write(StepIntended(self._run, step.id, step.verb, doing, step.test_class, target))

    def _filled(self, sentence: str, language: str) -> str:
        """Braces name roles; {device} is the one whose fault it is, {room} the room."""
        house, started = self._desk.house, self._pen.journal.started
        words = {role: place(house, self._room, role) for role in house.rooms[self._room].roles}
        filled = {role: f"{_role(role, language)} ({found.device})" for role, found in words.items() if found}
        device = started.fault.device if started.fault else ""
        whole = [role for role, found in words.items() if found and found.device == device and not found.part]
        filled |= {
            "room": house.rooms[self._room].name(language),
            "device": filled[whole[0]] if whole else device,
        }
        return sentence.format_map(_Lenient(filled))

    def _words(self, id: str, **figures: object) -> str:
        return text(f"step.{id}", self._language, **figures)

    def _typed(self, device: str, point: str, said: str) -> Value:
        """A value that was written down as text, as the point has it."""
        described = self._desk.points(device).get(point)
        return said if described is None and not _is_number(said) else _typed(described, said)

    def _shown(self, reading: Reading) -> str:
        value = reading.value
        if value is None:
            return "?"
        return f"{value:.4g}{self._unit(reading)}" if isinstance(value, float) else f"{value}{self._unit(reading)}"

    def _unit(self, reading: Reading) -> str:
        described = self._desk.points(reading.device).get(reading.point)
        return f" {described.unit}" if described is not None and described.unit else ""

    def _left(self, deadline: float) -> float:
        return max(0.0, deadline - self._loop.time())


class _Lenient(dict[str, str]):
    """A role that this room does not have is named as it is."""

    def __missing__(self, key: str) -> str:
        return key


_NEVER_SENT = ("denied", "confirm-required", "expired", "superseded", "refused")


def _role(role: str, language: str) -> str:
    """A role in people's words, where the catalogue has one."""
    return text(f"role.{role}", language) if has(f"role.{role}", language) else role


def _under_way(done: CommandDone) -> bool:
    """Whether it may well be coming: accepted, on its way, or deaf just now because a lamp is being struck."""
    reading = done.reading
    assumed = reading is not None and (reading.quality is Quality.ASSUMED or str(reading.value) in _ON_THE_WAY)
    return done.verdict is Verdict.PASS or assumed


def _says(reading: Reading | None, wanted: Value, done: CommandDone) -> bool:
    """Whether it is as wanted; a read-back that the engine found good is, unless it is only on the way there."""
    if reading is None or reading.quality is not Quality.MEASURED:
        return False
    good = done.verdict is Verdict.PASS and reading is done.reading and str(reading.value) not in _ON_THE_WAY
    return good or same(reading.value, wanted)


def _is_number(said: str) -> bool:
    try:
        float(said)
    except ValueError:
        return False
    return True


def _typed(point: Point | None, said: str) -> Value:
    if (point is not None and point.words) or not _is_number(said):
        return said
    return int(said) if said.lstrip("+-").isdigit() else float(said)
