"""Where bookings come from: an iCalendar file or address that is asked again and again.

The last good answer stays in force, over restarts too, until there is a better one. What must never happen is a feed
that turns empty and takes all tests with it in silence: a sudden emptiness is held against two more readings (R19).
Texts about trouble name the source, never its address: such addresses contain keys.
"""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from avctl.bookings.ics_child import Refused, read
from avctl.bookings.icsfetch import Fetched, FileFetch, Unreachable, UrlFetch
from avctl.bookings.needs import EXTRAS, Wish, merged, needs, tag
from avctl.bookings.room import names_of
from avctl.bookings.rule import Reason
from avctl.bookings.shelf import Shelf, packed, unpacked
from avctl.model.booking import Booking, BookingKey, Level, Status
from avctl.model.house import House
from avctl.model.ports import Clock

BEHIND: Final = 86_400.0  # s of a window behind now: meetings that a restart may find unfinished
AHEAD: Final = 14 * 86_400.0  # s ahead of now
_REREAD: Final = 6 * 3600.0  # s after which an unchanged feed is unfolded again, for the window has moved
_MISSES: Final = 3
_DOUBTS: Final = 2  # more readings a sudden emptiness must survive
_MANY: Final = 5  # future bookings of which more than half must not vanish at once


class Source(Protocol):
    """Something that knows bookings. `trouble` is None while all is well; `ready` once there is a good answer.

    `blind` says that the trouble is that nothing is heard; `heard` is when something was (UTC seconds).
    """

    name: str
    every: float
    bookings: Sequence[Booking]
    trouble: Reason | None
    blind: bool
    heard: float | None
    ready: bool

    async def poll(self) -> None:
        """Ask once. Never raises for what the source does; sets `bookings` and `trouble`."""


class IcsSource:
    """A calendar at `url`: https, http, or a file's path. `rooms` says how it calls our rooms, `room` that it is one's.

    `templates` are tag lines by room id for what a booking does not say ("default" for every room). `early` and
    `late` are seconds of setting up and putting away that the source counts as part of its meetings (R13).
    """

    def __init__(
        self,
        name: str,
        url: str,
        house: House,
        clock: Clock,
        *,
        every: float = 60.0,
        folder: Path | None = None,
        base: Path | None = None,
        rooms: Mapping[str, str] | None = None,
        room: str = "",
        templates: Mapping[str, str] | None = None,
        early: float = 0.0,
        late: float = 0.0,
        opens: float = 8.0,
        closes: float = 18.0,
    ) -> None:
        self.name, self._clock = name, clock
        self._fetch = UrlFetch(url) if urlsplit(url).scheme in ("http", "https") else FileFetch((base or Path()) / url)
        self.every = min(every, self._fetch.soonest)
        self._shelf = Shelf(folder, f"source-{name}")
        self._ask: dict[str, Any] = {
            "zone": house.timezone,
            "names": names_of(house, rooms or {}),
            "room": room,
            "opens": opens,
            "closes": closes,
        }
        self._wishes = {key: tag(line).wish for key, line in (templates or {}).items()}
        self._early, self._late = early, late
        self.bookings: Sequence[Booking] = ()
        self.trouble: Reason | None = None
        self.blind = False
        self.warnings: Sequence[str] = ()
        self.passed_over: Mapping[str, int] = {}
        self.heard: float | None = None
        self.ready = False
        self._misses = self._doubts = 0
        self._body: bytes | None = None
        self._unfolded = 0.0
        self._recall()

    async def poll(self) -> None:
        """Ask once; the last good bookings stay whatever goes wrong."""
        now = self._clock.now()
        try:
            fetched = await self._fetch()
        except Unreachable as error:
            self._missed(str(error))
            return
        self._misses, self.heard = 0, now
        if not self._again(fetched, now):
            self.ready = True
            return
        assert self._body is not None
        try:
            ask = self._ask | {"low": now - BEHIND, "high": now + AHEAD}
            answer = await asyncio.get_running_loop().run_in_executor(None, read, self._body, ask)
        except Refused as error:
            self.trouble, self.blind = Reason("source.refused", (("why", str(error)),)), True
            return
        self._unfolded = now
        await self._weigh(answer, now)

    def _again(self, fetched: Fetched, now: float) -> bool:
        """Whether the feed has to be unfolded: it is new, in doubt, or its window has moved on."""
        if fetched.body is not None:
            self._body = fetched.body
            return True
        return self._body is not None and (self._doubts > 0 or now - self._unfolded > _REREAD)

    def _missed(self, why: str) -> None:
        self._misses += 1
        if self._misses >= _MISSES:
            self.trouble, self.blind = Reason("source.stale", (("why", why),)), True

    async def _weigh(self, answer: Mapping[str, Any], now: float) -> None:
        found = [self._shaped(entry) for entry in answer["entries"]]
        if _sudden(self.bookings, found, now) and self._doubts < _DOUBTS:
            self._doubts += 1
            self.trouble, self.blind = Reason("source.sudden"), False
            return
        accepted = self._doubts > 0 and _sudden(self.bookings, found, now)
        self._doubts = 0
        self.warnings, self.passed_over = answer["warnings"], answer["passed_over"]
        self.trouble = Reason("source.accepted") if accepted else self._broken()
        self.bookings, self.ready, self.blind = found, True, False
        try:
            kept = {"heard": now, "bookings": packed(found)}
            await asyncio.get_running_loop().run_in_executor(None, self._shelf.put, kept)
        except OSError as error:
            self.trouble = Reason("source.unsaved", (("why", error.strerror or type(error).__name__),))

    def _broken(self) -> Reason | None:
        """Events that could not be used: counted, and the first of them named."""
        count = self.passed_over.get("broken", 0) + self.passed_over.get("unknown room", 0)
        named = "; ".join(self.warnings[:3])
        return Reason("source.broken", (("count", count), ("named", named))) if count else None

    def _shaped(self, entry: Mapping[str, Any]) -> Booking:
        said = dict(entry["wish"])
        if "level" in said:
            said["level"] = Level(said["level"])
        room = str(entry["room"])
        wish = merged(said, self._wishes.get(room, {}), self._wishes.get("default", {}))
        return shaped(
            BookingKey(self.name, str(entry["uid"]), str(entry["recurrence"])),
            room,
            float(entry["start"]) + self._early,
            float(entry["end"]) - self._late,
            {"setup": self._early, "teardown": self._late} | dict(wish) if self._early or self._late else wish,
            status=Status(entry["status"]),
            all_day=bool(entry["all_day"]),
            closed=bool(entry["closed"]),
        )

    def _recall(self) -> None:
        kept = self._shelf.get()
        self.bookings = [b for b in unpacked(kept.get("bookings", ())) if b.key.source == self.name]
        self.heard = kept.get("heard")


def shaped(
    key: BookingKey,
    room: str,
    start: float,
    end: float,
    wish: Wish,
    status: Status = Status.CONFIRMED,
    all_day: bool = False,
    closed: bool = False,
) -> Booking:
    """A booking with what was wished: its needs, and what else a tag line may say."""
    extra: dict[str, Any] = {name: wish[name] for name in EXTRAS if name in wish}
    return Booking(key, room, start, end, needs(wish), status, all_day=all_day, closed=closed, **extra)


def _sudden(old: Sequence[Booking], new: Sequence[Booking], now: float) -> bool:
    """Whether all future bookings, or more than half of many, are gone at once."""
    before = sum(b.start > now for b in old)
    after = sum(b.start > now for b in new)
    return before > 0 and (after == 0 or (before >= _MANY and after < before / 2))
