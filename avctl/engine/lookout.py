"""What follows from facts, in one room: faults raised and cleared, conversations lost, people come and gone.

The rules and phases themselves are pure and elsewhere; here they meet the loop's time. One timer wakes the room when
time alone changes something: no polling.
"""

import asyncio
from collections.abc import Iterable, Sequence
from math import inf
from typing import TYPE_CHECKING

from avctl.engine.case import Past
from avctl.engine.paths import fed_by, feeding, split
from avctl.engine.phases import Times, stand
from avctl.engine.presence import Presence, microphones
from avctl.engine.rulebook import limit, rules_for
from avctl.engine.rules import Finding, Known, Watchman
from avctl.engine.state import DeviceState, Hold
from avctl.locale import both
from avctl.model import event as happened
from avctl.model.event import Event, FaultCleared, FaultRaised, Notice, Occupancy, PhaseChanged
from avctl.model.fault import Fault, FaultKey, Severity
from avctl.model.health import Cause, Reach
from avctl.model.point import part_of
from avctl.model.reading import Quality, Reading, Value
from avctl.model.vocabulary import OFF, ON, OSCILLATOR

if TYPE_CHECKING:
    from avctl.engine.room import Room

LINK, WRONG_DEVICE, NOT_OBEYING = "link", "wrong-device", "not-obeying"
SHUTDOWN = "shutdown"
"""The playbook that puts a room away."""
_LONGEST_SLEEP = 30.0  # s; the wall clock may be set, so moments of the day are looked at again


class Lookout:
    """Looks at everything one room hears."""

    def __init__(self, room: "Room", times: Times) -> None:
        self._room, self._times = room, times
        self._watchmen: dict[str, Watchman] = {}
        self._presence = Presence(microphones(room.house, room.spec.id), limit(room.house, "level.speech"))
        self._met: set[str] = set()
        self._flapping: set[str] = set()  # devices people have been told of
        self._until = -inf
        self._disobeyed: dict[tuple[str, str], Value] = {}
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        self._presence.starts(self._room.clock.now())
        self.stand(None)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    # --- readings

    def heard(self, device: str, readings: Sequence[Reading], news: Sequence[Reading], by: int) -> None:
        """All readings are evidence of people; what is news is held against the rules."""
        if self._is_peopled(device, readings, news):
            self.stand(by or None)
        watchman = self._watchman(device)
        if news:
            phase = self._room.state.phase
            watchman.hear([*news, *self._beside(watchman, news)], self._known(device), phase, by, _now())
            self._fed(device, news, by)
            self._obeyed_at_last(device, news, by)
        if news or self._overdue(watchman):
            self._settle(device, by or None)

    def review(self, device: str, by: int) -> None:
        """What is wished, or what the room is used for, has changed: look at everything known once more."""
        watchman = self._watchman(device)
        known = (self._room.reading(device, point) for point in watchman.points())
        readings = [reading for reading in known if reading is not None]
        watchman.hear(readings, self._known(device), self._room.state.phase, by, _now())
        self._settle(device, by)

    def _beside(self, watchman: Watchman, news: Sequence[Reading]) -> Iterable[Reading]:
        """Rules look at more than one point: a pack that is put back brings its old health with it."""
        for point in tuple(watchman.depending({reading.point for reading in news})):
            if reading := self._room.reading(watchman.device, point):
                yield reading

    def _settle(self, device: str, by: int | None) -> None:
        """Let the time of the rules pass, and publish what has come to stand or to an end."""
        watchman, state = self._watchman(device), self._room.state
        watchman.tick(
            lambda point: self._is_fresh(device, point), lambda key: _acknowledged(state.faults.get(key)), _now()
        )
        found = watchman.findings()
        for key, finding in found.items():
            standing = state.faults.get(key)
            if standing is None or standing.severity is not finding.severity:
                self._raise(finding, by, standing)
        for key in state.faults:
            if key.device == device and key.name in watchman.names and key not in found:
                self.clear(key, by)
        self._set_timer()

    def _raise(self, finding: Finding, by: int | None, before: Fault | None) -> None:
        if self._is_held(finding.key.device):
            return
        now = self._room.clock.now()
        since = before.since if before else now - (_now() - finding.since)
        cause = by or finding.by or self._room.testify(finding.key.device, finding.key.part)
        fault = Fault(finding.key, finding.severity, since, finding.by, finding.seen, finding.limit, now)
        self._room.publish(FaultRaised(fault, self._room.spec.id, finding.at_start), cause)

    # --- conversations

    def reached(self, device: str, by: int) -> None:
        """A conversation came up or broke off. What has no power is not to blame for its silence."""
        known = self._room.state.device(device)
        if known.held:
            return
        if known.reach is Reach.UP:
            self._met.add(device)
        if known.reach not in (Reach.UP, Reach.DOWN):
            return
        self._tell_of_flapping(known, by)
        wanted = ""
        if known.reach is Reach.DOWN and not self.unfed(device):
            wanted = WRONG_DEVICE if known.cause is Cause.WRONG_DEVICE else LINK
        for name in (LINK, WRONG_DEVICE):
            key = FaultKey(device, name)
            if name == wanted:
                self.fault(key, Severity.CRITICAL, known.detail, by, standing=device not in self._met)
            else:
                self.clear(key, by)

    def _tell_of_flapping(self, known: DeviceState, by: int) -> None:
        """A device that comes and goes is told once; it is well when it has stayed."""
        if known.reach is Reach.UP and known.cause is not Cause.FLAPPING:
            self._flapping.discard(known.id)
        elif known.cause is Cause.FLAPPING and known.id not in self._flapping:
            self._flapping.add(known.id)
            said = both("notice.flapping", device=known.id, address=self._room.house.devices[known.id].url)
            self._room.publish(Notice(self._room.spec.id, "engineer", "warning", said, f"{known.id}.flapping"), by)

    def unfed(self, device: str) -> str:
        """The outlet that is known to give this device no power, or ""."""
        for outlet in feeding(self._room.house.links, device):
            owner, part = split(outlet)
            if self._room.state.value(owner, f"{part}.state") == OFF:
                return outlet
        return ""

    def _fed(self, device: str, news: Iterable[Reading], by: int) -> None:
        for reading in news:
            part = part_of(reading.point)
            if part.startswith("outlet."):
                for node in fed_by(self._room.house.links, f"{device}.{part}"):
                    owner, _ = split(node)
                    if owner in self._room.sessions:
                        self.reached(owner, by)

    # --- devices that do not obey

    def disobeyed(self, device: str, point: str, wanted: Value, seen: str, by: int) -> None:
        """It was told twice and says something else."""
        self._disobeyed[device, point] = wanted
        key = FaultKey(device, NOT_OBEYING, part_of(point))
        self.fault(key, Severity.WARNING, f"{point}: {seen}", by, limit=f"{point}: {wanted}")

    def obeyed(self, device: str, point: str, by: int) -> None:
        """It does after all."""
        if self._disobeyed.pop((device, point), None) is None:
            return
        part = part_of(point)
        if not any(d == device and part_of(p) == part for d, p in self._disobeyed):
            self.clear(FaultKey(device, NOT_OBEYING, part), by)

    def _obeyed_at_last(self, device: str, news: Iterable[Reading], by: int) -> None:
        for reading in news:
            if reading.quality is Quality.MEASURED and self._disobeyed.get((device, reading.point)) == reading.value:
                self.obeyed(device, reading.point, by)

    def fault(
        self, key: FaultKey, severity: Severity, seen: str, by: int, limit: str = "", standing: bool = False
    ) -> None:
        """Raise a fault that no rule watches, unless it stands already."""
        if key not in self._room.state.faults and not self._is_held(key.device):
            now = self._room.clock.now()
            fault = Fault(key, severity, now, by, seen, limit, now)
            self._room.publish(FaultRaised(fault, self._room.spec.id, standing), by)

    def clear(self, key: FaultKey, by: int | None) -> None:
        if fault := self._room.state.faults.get(key):
            self._room.publish(FaultCleared(key, self._room.spec.id, fault.since), by)

    # --- people

    def folded(self, event: Event) -> None:
        """What an event that is not a reading means for the room."""
        match event.body:
            case happened.BookingChanged():
                self.stand(event.seq)
            case happened.PlayEnded(playbook=playbook) if playbook == SHUTDOWN:
                self._presence.put_away(event.at)
                self.stand(event.seq)
            case happened.SourceTrouble(source, trouble, blind):
                self._presence.trouble(source, trouble if blind else "", event.at)
                self.stand(event.seq)
            case happened.FaultAcknowledged(key):
                self._settle(key.device, event.seq)
            case happened.Held():
                self._set_timer()
            case happened.Released(device):
                self.review(device, event.seq)
            case happened.PhaseChanged():
                for device in self._room.sessions:
                    self.review(device, event.seq)

    def flag(self, occupancy: Occupancy) -> None:
        """A person says whether people are in the room."""
        self._presence.flagged(occupancy, self._room.clock.now())
        self.stand(None)

    def stand(self, by: int | None) -> None:
        """Weigh bookings and evidence anew."""
        state = self._room.state
        now = self._room.clock.now()
        standing = stand(state.bookings.values(), self._presence.evidence, now, self._times, state.booking)
        self._until = standing.until
        if (standing.phase, standing.occupancy, standing.booking) != (state.phase, state.occupancy, state.booking):
            room = self._room.spec.id
            body = PhaseChanged(room, standing.phase, standing.occupancy, standing.booking, standing.why)
            self._room.publish(body, by)
        self._set_timer()

    def _is_peopled(self, device: str, readings: Sequence[Reading], news: Sequence[Reading]) -> bool:
        """Whether these readings tell something new about people."""
        known, now = self._room.state.device(device), _now()
        tone = self._room.state.value(device, OSCILLATOR) == ON
        voices = [self._presence.hears(reading, tone, now) for reading in readings]
        past, at = self._room.pasts.get(device, Past()), self._room.clock.now()
        seen = device in self._met and self._presence.sees(news, known, past, at)
        return any(voices) or seen

    # --- time

    def _set_timer(self) -> None:
        """One timer for the room: the next moment at which time alone changes something."""
        if not self._room.running:
            return
        loop = asyncio.get_running_loop()
        dues = [
            due for watchman in self._watchmen.values() if (due := watchman.due()) is not None and due > loop.time()
        ]
        ends = (hold.until for _, hold in self._holds())
        wall = min(max(0.0, min([self._until, *ends]) - self._room.clock.now()), _LONGEST_SLEEP)
        when = min([*dues, loop.time() + wall])
        if self._timer is not None:
            self._timer.cancel()
        self._timer = loop.call_at(when, self._wake)

    def _wake(self) -> None:
        for device, hold in self._holds():
            if hold.until <= self._room.clock.now() + 1e-3:
                self._room.publish(happened.Released(device), None)
        for device, watchman in self._watchmen.items():
            if self._overdue(watchman):
                self._settle(device, None)
        self.stand(None)

    def _overdue(self, watchman: Watchman) -> bool:
        due = watchman.due()
        return due is not None and due <= _now() + 1e-6

    # --- odds and ends

    def _holds(self) -> list[tuple[str, Hold]]:
        return [(device.id, device.held) for device in self._room.state.devices.values() if device.held]

    def _is_held(self, device: str) -> bool:
        return self._room.state.device(device).held is not None

    def _watchman(self, device: str) -> Watchman:
        if device not in self._watchmen:
            house = self._room.house
            self._watchmen[device] = Watchman(device, rules_for(house.devices[device], house))
        return self._watchmen[device]

    def _known(self, device: str) -> Known:
        def known(name: str) -> Value | None:
            if name.startswith("wished."):
                return self._room.wished.get((device, name.removeprefix("wished.")))
            reading = self._room.reading(device, name)
            return reading.value if reading and reading.quality is Quality.MEASURED else None

        return known

    def _is_fresh(self, device: str, point: str) -> bool:
        reading = self._room.reading(device, point)
        return reading is not None and reading.quality is Quality.MEASURED


def _acknowledged(fault: Fault | None) -> bool:
    return fault is not None and fault.acknowledged is not None


def _now() -> float:
    return asyncio.get_running_loop().time()
