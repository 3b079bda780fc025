"""A booked meeting: when, where, and what it needs. Subjects, organisers and names never enter it."""

from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2s


class Level(StrEnum):
    """密级. Unknown counts as INTERNAL; from SECRET on the confidential profile applies."""

    PUBLIC = "public"
    INTERNAL = "internal"
    SECRET = "secret"


class Status(StrEnum):
    CONFIRMED = "confirmed"
    TENTATIVE = "tentative"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Needs:
    """What a meeting asks of its room. None is "not stated", which is not zero: then everything owned is tested.

    `mics` are microphones in all, `wireless` those of them on batteries; `people` sit in the room.
    """

    mics: int | None = None
    wireless: int | None = None
    projection: bool | None = None
    conference: bool | None = None
    recording: bool | None = None
    people: int | None = None
    level: Level = Level.INTERNAL

    @property
    def stated(self) -> bool:
        """Whether the booking said anything at all about equipment."""
        return any(v is not None for v in (self.mics, self.wireless, self.projection, self.conference, self.recording))

    @property
    def confidential(self) -> bool:
        return self.level is Level.SECRET


@dataclass(frozen=True, slots=True)
class BookingKey:
    """The identity of a booking through moves: where it came from, its uid, and which occurrence of a series."""

    source: str
    uid: str
    recurrence: str = ""

    def __str__(self) -> str:
        return "/".join(filter(None, (self.source, self.uid, self.recurrence)))


@dataclass(frozen=True, slots=True)
class Booking:
    """One meeting in one room; `start` and `end` are UTC seconds, `lead` overrides the site's lead (seconds).

    `setup` and `teardown` (seconds) are quiet time around the meeting that belongs to it; `priority` says who goes
    first when rooms must take turns, highest first; `closed` is no meeting at all: the room is shut for works.
    """

    key: BookingKey
    room: str
    start: float
    end: float
    needs: Needs = field(default_factory=Needs)
    status: Status = Status.CONFIRMED
    lead: float | None = None
    created: float | None = None
    setup: float = 0.0
    teardown: float = 0.0
    priority: int = 0
    all_day: bool = False
    closed: bool = False

    @property
    def short(self) -> str:
        """Four characters that name it to people without saying anything about it."""
        return blake2s(str(self.key).encode(), digest_size=2).hexdigest()
