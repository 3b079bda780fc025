"""The one gate for people's wishes, whatever they come by. MQTT and HTTP are two doors to it; neither decides anything.

A wish goes through, in this order: how often → size → strict JSON → form → the same id before? → expiry by our clock →
may this asker? → is the room as he saw it? → act (`deed`). It counts as accepted when the journal has it, and only then
may a door acknowledge it. What came of it is told once.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

import structlog

from avctl.edges.bucket import Buckets
from avctl.edges.deed import Deeds, Diary, Playbooks, Wish, recall
from avctl.edges.memory import Memory, Past, nothing
from avctl.edges.result import Receipt, State, blank
from avctl.edges.sight import revision
from avctl.edges.strict import Refusal, parse, shown
from avctl.edges.wish import PRINCIPAL, Action, arguments, envelope
from avctl.engine.site import Site
from avctl.locale import both

_SKEW = 5.0  # seconds an asker's clock may be ahead of ours

log = structlog.get_logger("avctl.gate")

Allow = Callable[[str, str, Action, str], str]
"""(principal, transport, action, room) → "" when allowed, else what would be right."""


def everybody(principal: str, transport: str, action: Action, room: str) -> str:
    """No roles: who reaches the gate may ask. Doors open to more than this machine bring a rule of their own."""
    return ""


class Gate:
    """Takes wishes and says what became of them. `playbooks` names those that exist for a room."""

    def __init__(
        self,
        site: Site,
        playbooks: Playbooks,
        diary: Diary | None = None,
        past: Past = nothing,
        allow: Allow = everybody,
    ) -> None:
        self._site, self._past, self._allow = site, past, allow
        self._deeds = Deeds(site, playbooks, diary)
        self._memory, self._buckets = Memory(), Buckets()
        self.taken = self.refused = 0

    @property
    def flooded(self) -> int:
        """Wishes not even read because their asker sent too many."""
        return self._buckets.refused

    def find(self, principal: str, id: str) -> Receipt | None:
        """What became of a wish heard in the last days."""
        return self._memory.find(f"{principal}:{id}")

    async def take(
        self, principal: str, transport: str, action: str, room: str, payload: bytes | Mapping[str, Any]
    ) -> Receipt:
        """Hear a wish. Returns when it is journaled or refused; its `last` word comes when it is known."""
        receipt = Receipt(blank("", principal, room, action))
        try:
            found = self._admit(principal, payload)
            receipt = Receipt(blank(_id_of(found), principal, room, action))
            wish = self._understand(principal, transport, action, room, found)
            if known := self._memory.find(wish.key):
                await asyncio.wait([known.first])
                return known
            self._memory.keep(wish.key, receipt, self._now)
            in_time = wish.until >= self._site.clock.now()  # what comes too late is nobody's double
            if in_time and (first := self._memory.double(principal, wish.same, self._now)):
                first.mirror(receipt)
            else:
                self._memory.press(principal, wish.same, receipt, self._now)
                await self._pass(wish, receipt)
        except Refusal as refusal:
            return self._refused(receipt, transport, refusal)
        await asyncio.wait([receipt.first])
        self.taken += 1
        return receipt

    def refuse(self, principal: str, transport: str, action: str, room: str, refusal: Refusal) -> Receipt:
        """A door's own refusal (a retained command), told and counted like every other."""
        return self._refused(Receipt(blank("", principal, room, action)), transport, refusal)

    async def run(self) -> None:
        """Follow what becomes of wishes, until the bus closes."""
        await self._deeds.run()

    async def close(self) -> None:
        """No more wishes; those without a final word end uncertain."""
        self._deeds.stop()
        for receipt in self._memory.open():
            receipt.end(State.UNCERTAIN, both("result.stopped"), self._site.clock.now())

    @property
    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _admit(self, principal: str, payload: bytes | Mapping[str, Any]) -> dict[str, Any]:
        if not PRINCIPAL.fullmatch(principal):
            raise Refusal("invalid", "principal", shown(principal), "a name of a-z, 0-9, . _ -, at most 64 characters")
        if not self._buckets.take(principal, self._now):
            raise Refusal("too-many", "principal", "more than 10 a second", "fewer; nothing of this one was read")
        return parse(payload if isinstance(payload, bytes) else json.dumps(payload).encode())

    def _understand(self, principal: str, transport: str, action: str, room: str, found: dict[str, Any]) -> Wish:
        if action not in tuple(Action):
            raise Refusal("unknown-action", "action", shown(action), "one of " + ", ".join(Action))
        if room not in self._site.rooms:
            raise Refusal("unknown-room", "room", shown(room), "one of " + ", ".join(self._site.rooms))
        form, kind = envelope(found), Action(action)
        made, now = arguments(kind, form.args), self._site.clock.now()
        if form.asked > now + _SKEW:
            raise Refusal("early", "ts", f"{form.asked - now:.0f} s from now", "the asker's clock set right")
        until = form.asked + form.exp
        return Wish(f"{principal}:{form.id}", principal, transport, room, kind, made, until, form)

    async def _pass(self, wish: Wish, receipt: Receipt) -> None:
        """Answer a wish of an earlier life from the archive; check and do a new one. Raises Refusal."""
        if events := await self._past(wish.key):
            for event in events:
                recall(event, receipt)
            receipt.end(State.UNCERTAIN, both("result.stopped"), self._site.clock.now())
            return
        self._check(wish)
        self._deeds.start(wish, receipt)

    def _check(self, wish: Wish) -> None:
        now = self._site.clock.now()
        if wish.until < now:
            raise Refusal("expired", "ts", f"{now - wish.until:.0f} s too late", f"at most {wish.envelope.exp} s old")
        if why := self._allow(wish.principal, wish.transport, wish.action, wish.room):
            raise Refusal("not-allowed", "principal", wish.principal, why)
        if (condition := wish.envelope.condition) is None:
            return
        if condition.rev != (rev := revision(self._site.state(wish.room))):
            raise Refusal("changed", "if.rev", str(condition.rev), f"{rev}: the room has changed since, look again")

    def _refused(self, receipt: Receipt, transport: str, refusal: Refusal) -> Receipt:
        state = State.EXPIRED if refusal.code == "expired" else State.DENIED
        receipt.refuse(refusal, self._site.clock.now(), state)
        self.refused += 1
        who, what = shown(receipt.base.principal), shown(receipt.base.action)
        log.info("refused", principal=who, transport=transport, action=what, code=refusal.code, where=refusal.where)
        return receipt


def _id_of(found: Mapping[str, Any]) -> str:
    """The id as it was given, if it is one at all: the answer to a bad wish should still find its asker."""
    return shown(found["id"]) if isinstance(found.get("id"), str) else ""
