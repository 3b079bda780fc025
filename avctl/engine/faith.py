"""How far a device is believed: up, suspect or down, why, and how long to wait before it is tried again.

No loop and no clock: `now` is handed in (the loop's seconds). A device is suspect after one silence and down when the
bound for its kind is passed; what refuses our password or is not the device we know is down at once.
"""

import math
from collections import deque
from collections.abc import Mapping
from random import Random

from avctl.model.errors import AuthFailed, Busy, DeviceError, Garbled, LinkDown, NoAnswer, Refused, WrongDevice
from avctl.model.health import Cause, Reach

AT_ONCE = 0.1  # s between a lost wire and the next try, while it is only suspected
SHORTEST, LONGEST, LONGEST_IN_USE = 0.2, 60.0, 5.0  # s between tries of what is down
HEALTHY = 60.0  # s; so long up, and the pauses start from the shortest again
LOCKED_OUT, TRIES_BEFORE_LOCK = 15 * 60.0, 3  # a wrong password is not tried for ever
FLAPS, FLAPPING = 4, 600.0  # so many changes in so many seconds: doubtful

_CAUSES: Mapping[type[DeviceError], Cause] = {
    NoAnswer: Cause.NO_REPLY,
    Busy: Cause.NO_REPLY,
    LinkDown: Cause.REFUSED,
    Refused: Cause.PROTOCOL,
    Garbled: Cause.PROTOCOL,
    AuthFailed: Cause.AUTH_FAILED,
    WrongDevice: Cause.WRONG_DEVICE,
}


class Faith:
    """What one conversation has taught us. `bound` is how many failures in a row mean down."""

    def __init__(self, bound: int) -> None:
        self.reach, self.detail = Reach.UNASKED, ""
        self.cause: Cause | None = None
        self.strikes: dict[str, int] = {}  # side question -> how often it alone stayed silent
        self._bound = bound
        self._fails = self._attempts = self._refusals = 0
        self._up_since = -math.inf
        self._turns: deque[float] = deque(maxlen=FLAPS)

    @property
    def locked(self) -> bool:
        """Whether our password was refused so often that we must keep away."""
        return self._refusals >= TRIES_BEFORE_LOCK

    def answered(self, now: float) -> bool:
        """It has answered everything. True when that is news."""
        if self.reach is not Reach.UP:
            self._up_since = now
            if self.reach is Reach.DOWN:
                self._turns.append(now)
        self._fails = self._refusals = 0
        return self._becomes(Reach.UP, *self._doubt(now))

    def lost(self, error: DeviceError, now: float) -> bool:
        """The wire is gone or not to be trusted any more. True when that is news."""
        self._count(now)
        self._fails += 1
        self._refusals += isinstance(error, AuthFailed)
        down = isinstance(error, AuthFailed | WrongDevice) or self._fails >= self._bound or self.reach is Reach.DOWN
        if down and self.reach is not Reach.DOWN:
            self._turns.append(now)
        return self._becomes(Reach.DOWN if down else Reach.SUSPECT, _CAUSES[type(error)], str(error))

    def lost_aside(self, question: str, now: float) -> None:
        """A side question stayed silent: the wire must be opened anew, but that says nothing about the device."""
        self._count(now)
        self.strikes[question] = self.strikes.get(question, 0) + 1

    def pause(self, in_use: bool, rng: Random) -> float:
        """Seconds until the next try: at once while it is suspected, then full jitter on 1, 2, 4 …"""
        if self.locked:
            return LOCKED_OUT
        if self.reach is not Reach.DOWN:
            return AT_ONCE
        longest = LONGEST_IN_USE if in_use else LONGEST
        return max(SHORTEST, rng.uniform(0, min(longest, 2.0 ** min(self._attempts, 6))))

    def _count(self, now: float) -> None:
        healthy = self.reach is Reach.UP and now - self._up_since > HEALTHY
        self._attempts = 0 if healthy else self._attempts + 1

    def _doubt(self, now: float) -> tuple[Cause | None, str]:
        """Why a device that answers is still not to be relied upon."""
        if len(self._turns) == FLAPS and now - self._turns[0] < FLAPPING:
            return Cause.FLAPPING, f"came and went {FLAPS} times in {FLAPPING / 60:.0f} min"
        if self.strikes:
            return Cause.LOSSY, f"silent when asked for {', '.join(sorted(self.strikes))}"
        return None, ""

    def _becomes(self, reach: Reach, cause: Cause | None, detail: str) -> bool:
        """What stays down for the same cause is said once, however the words change."""
        before = (self.reach, self.cause, self.detail if self.reach is Reach.UP else "")
        self.reach, self.cause, self.detail = reach, cause, detail
        return before != (reach, cause, detail if reach is Reach.UP else "")
