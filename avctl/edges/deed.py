"""What the gate lets through is done here: a wish becomes an event or a command, and its result what events say of it.

Everything is written to the journal before it acts; "accepted" means that the journal has it. No rule about devices
is here: whether a point may be set now is for the guards below, and a guard that wants a person's confirmation is
answered with a word (nonce), good for 15 s, for the same asker and the same wish.
"""

import asyncio
import secrets
from collections.abc import Callable, Collection, Coroutine
from dataclasses import dataclass
from typing import Any, Protocol

from avctl.edges.result import Receipt, State, of_command
from avctl.edges.strict import Refusal, shown
from avctl.edges.wish import (
    AbortArgs,
    AckArgs,
    Action,
    AnswerArgs,
    Args,
    BookArgs,
    CancelArgs,
    Envelope,
    FallbackArgs,
    HoldArgs,
    ReleaseArgs,
    SetArgs,
    TestArgs,
)
from avctl.engine.site import Site
from avctl.locale import both
from avctl.model.booking import Booking, BookingKey
from avctl.model.command import Command
from avctl.model.event import (
    Answered,
    Body,
    CommandAsked,
    CommandDone,
    Event,
    Held,
    PlayEnded,
    PlayRefused,
    PlayStarted,
    PlayWanted,
    Released,
)

_NONCE = 15.0  # seconds
_WATCHED = (CommandAsked, CommandDone, PlayRefused, PlayStarted, PlayEnded)
RUN, ABORT = "*", "abort"
"""An answer given to the run itself and to no step of it, and the one that stops it."""
_TO_RUN = ("abort", "skip", "take-over")

Playbooks = Callable[[str], Collection[str]]
"""The names of the playbooks that a room has."""


class Diary(Protocol):
    """Where bookings made by command go. Both publish BookingChanged; LookupError and ValueError say why not."""

    def add(self, booking: Booking) -> object:
        """A new booking, or the new version of one with the same key."""

    def cancel(self, key: BookingKey, by: str) -> object:
        """The meeting will not be."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A wish that has passed the form. `until` is UTC seconds."""

    key: str
    principal: str
    transport: str
    room: str
    action: Action
    args: Args
    until: float
    envelope: Envelope

    @property
    def same(self) -> str:
        """Two wishes with this in common wish the same."""
        return f"{self.principal} {self.room} {self.action} {self.args.model_dump_json()}"


class Deeds:
    """Does wishes, each in a task of its own, and follows what becomes of them."""

    def __init__(self, site: Site, playbooks: Playbooks, diary: Diary | None) -> None:
        self._site, self._playbooks, self._diary = site, playbooks, diary
        self._wanted: dict[int, Receipt] = {}  # by number of PlayWanted
        self._runs: dict[str, Receipt] = {}
        self._commands: dict[str, tuple[Wish, Receipt]] = {}
        self._nonces: dict[str, tuple[float, str]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._subscription = site.bus.subscribe("gate", lambda body: isinstance(body, _WATCHED), settled=True)

    def start(self, wish: Wish, receipt: Receipt) -> None:
        """Do it. Whatever happens, `receipt` hears of it."""
        task = asyncio.create_task(self._do(wish, receipt), name=f"wish {wish.key}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def run(self) -> None:
        """Follow what becomes of wishes, until the bus closes."""
        async for event in self._subscription:
            self._follow(event)

    def stop(self) -> None:
        for task in self._tasks:
            task.cancel()

    async def _do(self, wish: Wish, receipt: Receipt) -> None:
        try:
            await self._deed(wish, receipt)
        except Refusal as refusal:
            receipt.refuse(refusal, self._now)
        except Exception:
            receipt.end(State.UNCERTAIN, both("result.stopped"), self._now)
            raise  # a bug: the loop's handler tells, loudly

    def _deed(self, wish: Wish, receipt: Receipt) -> Coroutine[Any, Any, None]:
        match wish.args:
            case TestArgs(playbook=playbook) | FallbackArgs(playbook=playbook):
                return self._play(wish, receipt, playbook)
            case SetArgs():
                return self._set(wish, receipt, wish.args)
            case AnswerArgs():
                return self._answer(wish, receipt, wish.args)
            case AbortArgs(run=run):
                return self._abort(wish, receipt, run)
            case AckArgs(fault=fault):
                return self._acknowledge(wish, receipt, fault)
            case HoldArgs():
                return self._hold(wish, receipt, wish.args)
            case ReleaseArgs(device=device):
                return self._release(wish, receipt, device)
            case BookArgs():
                return self._book(wish, receipt, wish.args)
            case CancelArgs(booking=booking):
                return self._cancel(wish, receipt, booking)

    @property
    def _now(self) -> float:
        return self._site.clock.now()

    # --- the acts

    async def _play(self, wish: Wish, receipt: Receipt, playbook: str) -> None:
        known = sorted(self._playbooks(wish.room))
        if playbook not in known:
            raise Refusal("unknown-playbook", "args.playbook", playbook, "one of " + ", ".join(known))
        why = f"{wish.action} asked for over {wish.transport}"
        event = self._site.publish(PlayWanted(wish.key, wish.room, playbook, wish.principal, why))
        self._wanted[event.seq] = receipt
        await self._journaled(receipt, event)

    async def _set(self, wish: Wish, receipt: Receipt, args: SetArgs) -> None:
        device, point = self._address(wish, args.point)
        confirmed = self._confirmed(wish)
        self._commands[wish.key] = (wish, receipt)
        why = f"asked for over {wish.transport}"
        command = Command(wish.key, device, point, args.value, wish.principal, why, wish.until, confirmed=confirmed)
        done = await self._site.command(command)
        await self._site.bus.durable(self._site.bus.last)
        await asyncio.sleep(0)  # `run` goes first: it knows the number of the event
        self._commanded(done, None)

    def _address(self, wish: Wish, text: str) -> tuple[str, str]:
        """A point that can be set, of a device of this room."""
        try:
            device, point = self._site.address(wish.room, text)
        except LookupError as error:
            raise Refusal("unknown-point", "args.point", text, str(error.args[0])) from None
        spec = self._site.house.devices.get(device)
        if spec is None or spec.room != wish.room:
            raise Refusal("unknown-point", "args.point", text, f"a device of room {wish.room}")
        points = self._site.points(device)
        if points and (point not in points or not points[point].writable):
            able = [name for name, known in points.items() if known.writable]
            raise Refusal("unknown-point", "args.point", text, f"{device} and " + _choice(able, "nothing to set"))
        return device, point

    async def _answer(self, wish: Wish, receipt: Receipt, args: AnswerArgs) -> None:
        run = self._site.state(wish.room).runs.get(args.run)
        if run is None:
            raise self._no_run(wish, args.run)
        if args.step == RUN and args.answer in _TO_RUN:
            return await self._tell(receipt, Answered(args.run, RUN, args.answer, wish.principal))
        if run.waits is None or run.waits.step != args.step:
            waits = f'"{run.waits.step}", which waits' if run.waits else "nothing: no step waits for anybody now"
            raise Refusal("not-waiting", "args.step", args.step, waits)
        if run.waits.answers and args.answer not in run.waits.answers:
            raise Refusal("unknown-answer", "args.answer", args.answer, "one of " + ", ".join(run.waits.answers))
        await self._tell(receipt, Answered(args.run, args.step, args.answer, wish.principal))

    async def _abort(self, wish: Wish, receipt: Receipt, run: str) -> None:
        if run not in self._site.state(wish.room).runs:
            raise self._no_run(wish, run)
        await self._tell(receipt, Answered(run, RUN, ABORT, wish.principal))

    async def _acknowledge(self, wish: Wish, receipt: Receipt, fault: str) -> None:
        standing = {str(key): key for key in self._site.state(wish.room).faults}
        if fault not in standing:
            raise Refusal("unknown-fault", "args.fault", fault, _choice(standing, "no fault stands in this room"))
        self._site.acknowledge(standing[fault], wish.principal)
        await self._done(receipt)

    async def _hold(self, wish: Wish, receipt: Receipt, args: HoldArgs) -> None:
        device = self._device(wish, args.device)
        await self._tell(receipt, Held(device, self._now + args.seconds, wish.principal, args.why))

    async def _release(self, wish: Wish, receipt: Receipt, named: str) -> None:
        device = self._device(wish, named)
        if self._site.device(device).held is None:
            held = [d.id for d in self._site.house.devices_of(wish.room) if self._site.device(d.id).held]
            raise Refusal(
                "not-held", "args.device", device, _choice(held, "nothing: no device here is being worked on")
            )
        await self._tell(receipt, Released(device, wish.principal))

    def _device(self, wish: Wish, named: str) -> str:
        """A device of this room, by its id or by a role that a whole device plays."""
        device = self._site.house.rooms[wish.room].roles.get(named, named)
        known = [spec.id for spec in self._site.house.devices_of(wish.room)]
        if device not in known:
            raise Refusal("unknown-device", "args.device", named, _choice(known, "this room has none"))
        return device

    async def _book(self, wish: Wish, receipt: Receipt, args: BookArgs) -> None:
        key = BookingKey("command", args.uid or wish.envelope.id)
        start, end = args.start.timestamp(), args.end.timestamp()
        made = Booking(key, wish.room, start, end, args.needs.needs(), lead=args.lead, created=wish.envelope.asked)
        try:
            self._the_diary.add(made)
        except ValueError as error:
            raise Refusal("refused", "args", "a booking", str(error)) from None
        await self._done(receipt)

    async def _cancel(self, wish: Wish, receipt: Receipt, booking: str) -> None:
        known = {str(key): key for key in self._site.state(wish.room).bookings}
        key = known.get(booking) or known.get(f"command/{booking}")
        if key is None:
            raise Refusal("unknown-booking", "args.booking", shown(booking), _choice(known, "this room has none"))
        try:
            self._the_diary.cancel(key, wish.principal)
        except (LookupError, ValueError) as error:
            raise Refusal("refused", "args.booking", shown(booking), str(error.args[0])) from None
        await self._done(receipt)

    @property
    def _the_diary(self) -> Diary:
        if self._diary is None:
            raise Refusal("refused", "action", "a booking", "a site that takes bookings by command")
        return self._diary

    def _no_run(self, wish: Wish, run: str) -> Refusal:
        return Refusal("unknown-run", "args.run", run, _choice(self._site.state(wish.room).runs, "no run is under way"))

    # --- the journal, and the word afterwards

    async def _journaled(self, receipt: Receipt, event: Event) -> None:
        await self._site.bus.durable(event.seq)
        receipt.accept(event.seq, event.at)

    async def _tell(self, receipt: Receipt, body: Body) -> None:
        """Publish, and that was all there is to do."""
        event = self._site.publish(body)
        await self._journaled(receipt, event)
        receipt.end(State.DONE, both("result.done", detail=""), event.at)

    async def _done(self, receipt: Receipt) -> None:
        """Somebody below has published; done when that is durable."""
        last = self._site.bus.last
        await self._site.bus.durable(last)
        receipt.accept(last, self._now)
        receipt.end(State.DONE, both("result.done", detail=""), self._now)

    def _follow(self, event: Event) -> None:
        match event.body:
            case CommandAsked(command) if command.id in self._commands:
                self._commands[command.id][1].accept(event.seq, event.at)
            case CommandDone() as done:
                self._commanded(done, event)
            case PlayStarted(run) if event.cause in self._wanted:
                self._runs[run] = self._wanted.pop(event.cause)
            case PlayEnded(run) if run in self._runs:
                recall(event, self._runs.pop(run))
            case PlayRefused() if event.cause in self._wanted:
                recall(event, self._wanted.pop(event.cause))

    def _commanded(self, done: CommandDone, event: Event | None) -> None:
        """The word on a command: told by its event, or by the call when a repetition let no event arise."""
        if done.id not in self._commands:
            return
        wish, receipt = self._commands.pop(done.id)
        nonce = self._nonce(wish) if done.ending == "confirm-required" else ""
        at = self._now if event is None else event.at
        of_command(receipt, done, event.seq if event else None, at, nonce)

    # --- confirmation

    def _nonce(self, wish: Wish) -> str:
        now = asyncio.get_running_loop().time()
        nonce = secrets.token_urlsafe(9)
        self._nonces = {n: kept for n, kept in self._nonces.items() if kept[0] > now}
        self._nonces[nonce] = (now + _NONCE, wish.same)
        return nonce

    def _confirmed(self, wish: Wish) -> bool:
        if wish.envelope.confirm is None:
            return False
        until, same = self._nonces.pop(wish.envelope.confirm, (0.0, ""))
        if same == wish.same and until >= asyncio.get_running_loop().time():
            return True
        right = f"the word given with confirm_required for the same wish, within {_NONCE:.0f} s"
        raise Refusal("not-confirmed", "confirm", shown(wish.envelope.confirm), right)


def recall(event: Event, receipt: Receipt) -> None:
    """What an event, of now or of an earlier life, says about a wish."""
    match event.body:
        case CommandAsked() | PlayWanted():
            receipt.accept(event.seq, event.at)
        case CommandDone() as done:
            of_command(receipt, done, event.seq, event.at)
        case PlayEnded() as ended:
            said = both("result.played", ending=ended.ending, detail=ended.said)
            state = State.DONE if ended.ending == "finished" else State.FAILED
            receipt.end(state, said, event.at, event=event.seq, run=ended.run, verdict=ended.verdict)
        case PlayRefused() as refused:
            said = both("result.denied", detail=refused.why)
            receipt.end(State.DENIED, said, event.at, event=event.seq, code="refused", found=refused.why)
        case PlayStarted():
            return
        case _:
            receipt.end(State.DONE, both("result.done", detail=""), event.at, event=event.seq)


def _choice(known: Collection[str], none: str) -> str:
    return "one of " + ", ".join(sorted(known)[:20]) if known else none
