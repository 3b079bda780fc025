"""The building on a broker: what it is (retained), what happens (events), what is wished (commands), what came of it.

    avctl/<site>/status                              retained; the last will says offline
    avctl/<site>/<room>/state/room                   retained: the room in one message
    avctl/<site>/<room>/state/device/<device>        retained: health and cause
    avctl/<site>/<room>/state/values/<device>        retained: newest values, at most five times a second
    avctl/<site>/<room>/event/<kind>                 every event but readings, in order; "all" for the whole site
    avctl/<site>/<room>/cmd/<action>/<principal>     in: a wish; the last level is who asks, as the ACL proves
    avctl/<site>/<room>/result/<principal>/<id>      accepted, then one final word

A command is acknowledged to the broker after the journal has it. A retained command is refused: it would be carried
out again at every reconnection. Events are told at least once and in order; state is the latest and may skip steps.
"""

import asyncio
import json
import random
from functools import partial
from typing import Any

import aiomqtt
import structlog

from avctl import __version__
from avctl.edges.gate import Gate
from avctl.edges.moment import iso
from avctl.edges.mqtt_link import Address, Gone, Link, Refused, answer_to
from avctl.edges.outbox import Letter, Outbox
from avctl.edges.place import Place
from avctl.edges.plain import event_json
from avctl.edges.result import Receipt, Result
from avctl.edges.showcase import Showcase
from avctl.edges.strict import Refusal, shown
from avctl.engine.site import Site
from avctl.model.event import Read

_BACK_OFF = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)  # seconds, with full jitter
_PAUSE = 60.0  # seconds, after others have taken our name three times
_TAKEN_OVER_MOST = 3
_AT_ONCE = 20  # commands under way from the broker: its receive maximum
ALL = "all"
"""The room level of what concerns the whole site."""

log = structlog.get_logger("avctl.mqtt")


class Mqtt:
    """One client of one broker, connected for as long as `run` runs. `patience` scales the back-off (tests: 0)."""

    def __init__(
        self, site: Site, gate: Gate, address: Address, prefix: str = "avctl", name: str = "", patience: float = 1.0
    ) -> None:
        self._site, self._gate, self.address, self._patience = site, gate, address, patience
        self._top = f"{prefix}/{site.house.name}"
        self._name = name or f"avctl-{site.house.name}"
        self._outbox, self._place = Outbox(), Place(site.house)
        self._showcase = Showcase(site, self._top)
        self._subscription = site.bus.subscribe("mqtt", settled=True)
        self._hands = asyncio.Semaphore(_AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()
        self._v5, self._known_before = True, False
        self.link: Link | None = None
        self.reconnects = self.ignored = 0
        self.up = asyncio.Event()

    @property
    def waiting(self) -> int:
        """Messages the broker has not yet."""
        return len(self._outbox)

    @property
    def dropped(self) -> int:
        """Messages that had to be let go because the broker was away too long."""
        return self._outbox.dropped

    async def run(self) -> None:
        """Connect, serve, connect again; until cancelled, then say goodbye."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow(), name="mqtt events")
            group.create_task(self._stay_connected(), name="mqtt connection")

    # --- the connection

    async def _stay_connected(self) -> None:
        failures = taken_over = 0
        while True:
            began = asyncio.get_running_loop().time()
            try:
                await self._connected()
            except Refused as refused:
                if refused.version and self._v5:
                    self._v5 = False  # an older broker: the same JSON over 3.1.1
                    continue
                log.warning("broker refuses us", broker=repr(self.address), why=str(refused))
            except Gone as gone:
                taken_over = taken_over + 1 if gone.taken_over else 0
                log.warning("no broker", broker=repr(self.address), why=str(gone))
            healthy = asyncio.get_running_loop().time() - began > 60
            failures = 0 if healthy else failures + 1
            self.reconnects += 1
            await asyncio.sleep(self._pause(failures, taken_over))

    def _pause(self, failures: int, taken_over: int) -> float:
        if taken_over >= _TAKEN_OVER_MOST:
            log.error("another client uses our name", name=self._name, pause=_PAUSE)
            return _PAUSE
        longest = _BACK_OFF[min(max(failures, 1), len(_BACK_OFF)) - 1]
        return random.uniform(0.1, 1.0) * longest * self._patience

    async def _connected(self) -> None:
        offline = json.dumps({"v": 1, "state": "offline"}).encode()
        link = Link(self.address, self._name, (f"{self._top}/status", offline), self._v5)
        await link.start()
        try:
            await self._serve(link)
        except* Gone as gone:
            raise _first(gone) from None
        finally:
            self.link = None
            self.up.clear()
            await self._farewell(link)

    async def _serve(self, link: Link) -> None:
        self.link = link
        if self._known_before and not link.session_present:
            self._outbox.put(Letter(f"{self._top}/{ALL}/event/gap", self._gap()))
        self._known_before = True
        await link.tell(f"{self._top}/status", self._status("online"))
        self._showcase.everything()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._listen(link), name="mqtt commands")
            group.create_task(self._send(link), name="mqtt outbox")
            group.create_task(self._showcase.run(link), name="mqtt state")
            await link.hear(f"{self._top}/+/cmd/+/+")
            log.info("broker connected", broker=repr(self.address), mqtt=5 if link.v5 else "3.1.1")
            self.up.set()

    async def _farewell(self, link: Link) -> None:
        if not link.lost.done():
            try:
                async with asyncio.timeout(1):
                    await link.tell(f"{self._top}/status", self._status("offline"))
            except (Gone, TimeoutError):
                log.info("no goodbye", broker=repr(self.address))
        await link.stop()

    def _status(self, state: str) -> bytes:
        body = {"v": 1, "state": state, "version": __version__, "ts": iso(self._site.clock.now())}
        return json.dumps(body).encode()

    def _gap(self) -> bytes:
        body = {"v": 1, "ts": iso(self._site.clock.now()), "kind": "gap", "dropped": self._outbox.dropped}
        return json.dumps(body).encode()

    # --- out

    async def _follow(self) -> None:
        """Turn events into letters and fresh state, whether or not a broker is there."""
        async for event in self._subscription:
            room = self._place.room(event)
            self._showcase.changed(event, room)
            if not isinstance(event.body, Read):
                topic = f"{self._top}/{room or ALL}/event/{event.body.kind}"
                self._outbox.put(Letter(topic, _json(event_json(event))))

    async def _send(self, link: Link) -> None:
        """Empty the outbox in order, a few unacknowledged at a time."""
        self._outbox.rewind()
        while True:
            letter = await self._outbox.take()
            link.post(letter.topic, letter.payload, partial(self._outbox.acknowledge, letter), letter.correlation)

    # --- in

    async def _listen(self, link: Link) -> None:
        async for message in link.heard():
            await self._hands.acquire()
            task = asyncio.create_task(self._handle(link, message), name="mqtt command")
            self._tasks.add(task)
            task.add_done_callback(self._handled)

    def _handled(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._hands.release()

    async def _handle(self, link: Link, message: aiomqtt.Message) -> None:
        levels = str(message.topic).removeprefix(f"{self._top}/").split("/")
        if len(levels) != 4 or levels[1] != "cmd" or (message.retain and not message.payload):
            self.ignored += 1  # not ours, or somebody has cleared a retained command, which is right
        else:
            room, _, action, principal = levels
            receipt = await self._take(principal, action, room, message)
            self._report(receipt, *answer_to(message))
        if self.link is link:
            link.acknowledge(message)

    async def _take(self, principal: str, action: str, room: str, message: aiomqtt.Message) -> Receipt:
        if message.retain:
            refusal = Refusal("retained", "retain", "a retained message", "a command published without retain")
            return self._gate.refuse(principal, "mqtt", action, room, refusal)
        return await self._gate.take(principal, "mqtt", action, room, bytes(message.payload))

    def _report(self, receipt: Receipt, answer: str, correlation: bytes | None) -> None:
        """Tell the first word, and the last when it comes. A repeated wish hears both again."""
        self._result(receipt.first.result(), answer, correlation)
        if receipt.last is receipt.first or receipt.first.result().final:
            return
        receipt.last.add_done_callback(lambda last: self._result(last.result(), answer, correlation))

    def _result(self, result: Result, answer: str, correlation: bytes | None) -> None:
        if result.code == "too-many" and len(self._outbox) > 100:
            return  # a flood is not answered with a flood; the gate has counted it
        room = result.room if result.room in self._site.rooms else ALL
        own = f"{self._top}/{room}/result/{_level(result.principal)}/"
        payload = _json(result.json())
        self._outbox.put(Letter(own + _level(result.id or "unreadable"), payload, correlation))
        if answer.startswith(own) and not {"+", "#"} & set(answer):
            self._outbox.put(Letter(answer, payload, correlation))


def _first(group: BaseExceptionGroup[Gone]) -> BaseException:
    """The first of what went wrong together: tasks in tasks fail in groups of groups."""
    found: BaseException = group
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    return found


def _level(text: str) -> str:
    """A foreign text as one level of a topic."""
    clean = "".join(c for c in shown(text) if c.isascii() and (c.isalnum() or c in "._:-"))
    return clean or "unreadable"


def _json(body: dict[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
