"""How a wish is carried out: written down, durable, past the guards, sent, read back. Every wish ends in one result.

A wish that is repeated under the same id gets the first result. It passes only when the device itself says so, or
says that it is on its way (a projector told "on" says "warming" first). Told twice and saying something else, a
device does not obey, and that is a fault of its own.
"""

import asyncio
from typing import TYPE_CHECKING

from avctl.engine.case import Allowed, Answer, Denied, NeedsConfirm
from avctl.engine.guards import check
from avctl.engine.queue import Superseded
from avctl.engine.session import Session
from avctl.locale import text
from avctl.model.command import Command
from avctl.model.errors import Busy, DeviceError, Garbled, NoAnswer, Refused
from avctl.model.event import CommandAsked, CommandDone
from avctl.model.outcome import Verdict
from avctl.model.reading import Quality, Reading, Value
from avctl.model.vocabulary import SCENE

if TYPE_CHECKING:
    from avctl.engine.room import Room

BUSY_AGAIN = 1.0  # s until a device that said "not now" is asked again
LOOK_AGAIN, WITHIN = 0.5, 0.9  # s until a read-back that differs is asked for once more, and for how long
REMEMBERED = 10_000  # wishes whose result a repetition gets back
_ON_THE_WAY = {("power", "on"): "warming", ("power", "off"): "cooling"}


class Errands:
    """The wishes of one room."""

    def __init__(self, room: "Room") -> None:
        self._room = room
        self._results: dict[str, asyncio.Task[CommandDone]] = {}
        self._latest: dict[tuple[str, str], str] = {}  # (device, point) -> the newest wish for it

    async def run(self, command: Command) -> CommandDone:
        """Carry it out, once for each id. Cancelling the caller does not stop what is under way: `until` does."""
        if command.id not in self._results:
            self._forget_oldest()
            self._results[command.id] = asyncio.create_task(self._conclude(command), name=f"command {command.id}")
        return await asyncio.shield(self._results[command.id])

    def under_way(self) -> list[asyncio.Task[CommandDone]]:
        return [task for task in self._results.values() if not task.done()]

    def _forget_oldest(self) -> None:
        if len(self._results) >= REMEMBERED:
            done = next((id for id, task in self._results.items() if task.done()), None)
            if done is not None:
                del self._results[done]

    async def _conclude(self, command: Command) -> CommandDone:
        """Nothing is sent before the wish is durable."""
        asked = self._room.publish(CommandAsked(command), command.cause)
        await self._room.bus.durable(asked.seq)
        done = await self._carry_out(command, asked.seq)
        event = self._room.publish(done, asked.seq)
        self._room.done(command, done, event.seq)
        return done

    async def _carry_out(self, command: Command, asked: int) -> CommandDone:
        session = self._room.sessions.get(command.device)
        if session is None:
            return self._done(command, Verdict.ERROR, "no-answer", "no-driver")
        begun = asyncio.Event()
        try:
            async with asyncio.timeout(command.until - self._room.clock.now()):
                answer = await self._ask_guards(command)
                if not isinstance(answer, Allowed):
                    return self._stopped(command, answer)
                return self._judge(command, await self._send(session, command, asked, begun), asked)
        except TimeoutError:
            return self._late(command, begun.is_set())
        except Superseded:
            return self._done(command, Verdict.SKIPPED, "superseded")
        except Refused as error:
            return self._done(command, Verdict.FAIL, "refused", detail=error)
        except DeviceError as error:
            return self._done(command, Verdict.ERROR, "no-answer", detail=error)

    async def _ask_guards(self, command: Command) -> Answer:
        """The guards' answer; what is only too quick waits for its turn."""
        room = self._room
        while True:
            now = room.clock.now()
            answer = check(room.case(command))
            if isinstance(answer, Denied) and answer.reason == "rate" and (answer.earliest or 0) < command.until:
                await asyncio.sleep(max(0.01, (answer.earliest or now) - now))
                continue
            if isinstance(answer, Allowed):
                room.note_set(command.device, command.point, now)
                self._latest[command.device, command.point] = command.id
            return answer

    async def _send(self, session: Session, command: Command, asked: int, begun: asyncio.Event) -> Reading:
        """Write; when the read-back differs, look again, and tell it once more. A scene is recalled only once."""
        reading = await self._write(session, command, asked, begun)
        for again in range(1 if command.point == SCENE else 2):
            if obeyed(command, reading):
                break
            await asyncio.sleep(LOOK_AGAIN)
            seen = await self._room.ask(command.device, [command.point], WITHIN, command.urgency)
            if seen[command.point].quality is Quality.MEASURED:
                reading = seen[command.point]
            if not obeyed(command, reading) and not again and command.point != SCENE:
                reading = await self._write(session, command, asked, begun)
        return reading

    async def _write(self, session: Session, command: Command, asked: int, begun: asyncio.Event) -> Reading:
        """Patience with what is busy, and one more try for what may be repeated after a lost answer."""
        tries = 1 if command.point == SCENE else 2
        while True:
            if self._latest[command.device, command.point] != command.id:
                raise Superseded(command.point)  # to say it again now would undo what somebody wished since
            try:
                return await session.write(command.point, command.value, command.urgency, asked, begun)
            except Busy:
                await asyncio.sleep(BUSY_AGAIN)
            except (NoAnswer, Garbled):
                tries -= 1
                if not tries:
                    raise

    def _judge(self, command: Command, reading: Reading, asked: int) -> CommandDone:
        lookout, where = self._room.lookout, (command.device, command.point)
        if obeyed(command, reading):
            lookout.obeyed(*where, asked)
            return self._done(command, Verdict.PASS, "done", reading=reading)
        if reading.quality is not Quality.MEASURED or reading.value is None:
            return self._done(command, Verdict.ERROR, "no-answer", "not-said", reading)
        lookout.disobeyed(*where, command.value, str(reading.value), asked)
        return self._done(command, Verdict.FAIL, "not-obeyed", reading=reading)

    def _late(self, command: Command, begun: bool) -> CommandDone:
        """Too late: nothing was sent, or it was and we shall not know in time."""
        if begun:
            return self._done(command, Verdict.ERROR, "no-answer", "too-slow")
        return self._done(command, Verdict.SKIPPED, "expired")

    def _stopped(self, command: Command, answer: Denied | NeedsConfirm) -> CommandDone:
        language, figures = self._room.house.language, dict(answer.figures)
        earliest = answer.earliest if isinstance(answer, Denied) else None
        words = text(f"guard.{answer.reason}", language, **figures)
        if earliest is not None:
            words = f"{words} {text('guard.earliest', language, seconds=round(earliest - self._room.clock.now()))}"
        if isinstance(answer, NeedsConfirm):
            return self._done(command, Verdict.UNCONFIRMED, "confirm-required", detail=words)
        return self._done(command, Verdict.SKIPPED, "denied", detail=words)

    def _done(
        self,
        command: Command,
        verdict: Verdict,
        ending: str,
        said: str = "",
        reading: Reading | None = None,
        detail: object = "",
    ) -> CommandDone:
        where, saw = f"{command.device}.{command.point}", reading.value if reading else ""
        id, language = f"command.{said or ending}", self._room.house.language
        words = text(id, language, where=where, wanted=command.value, saw=saw, detail=detail)
        return CommandDone(command.id, command.device, command.point, verdict, words, reading, ending)


def obeyed(command: Command, reading: Reading) -> bool:
    """Whether the device says that it is as wished, or on the way there: told "on", a projector is "warming" first."""
    if reading.quality is not Quality.MEASURED or reading.value is None:
        return False
    if _ON_THE_WAY.get((command.point, str(command.value))) == reading.value:
        return True
    return same(command.value, reading.value)


def same(wanted: Value, seen: Value) -> bool:
    """Equal, but for the steps of a fader (half a dB) and of a frequency (3 %)."""
    if isinstance(wanted, str) or isinstance(seen, str):
        return str(wanted) == str(seen)
    if isinstance(wanted, int) and isinstance(seen, int):
        return wanted == seen
    return abs(wanted - seen) <= max(0.5, 0.03 * abs(wanted) if abs(wanted) > 200 else 0.0)
