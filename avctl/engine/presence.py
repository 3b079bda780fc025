"""What tells that people are in a room: voices, sources plugged in, and what a person says. Time is handed in.

A voice is louder than the room for longer than a knock; our own test tone is nobody's voice, and a display that we
have just switched on finds its own source.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from math import inf

from avctl.engine.case import Past
from avctl.engine.paths import roles_of, split
from avctl.engine.phases import Evidence
from avctl.engine.state import DeviceState
from avctl.model.event import Occupancy
from avctl.model.house import House
from avctl.model.point import part_of
from avctl.model.reading import Reading
from avctl.model.vocabulary import LEVEL, ON, POWER, SIGNAL

WAKING = 10.0  # s after the start in which an empty plan may only mean that nobody has read it yet
_VOICE, _PAUSE = 1.0, 10.0  # s: a voice lasts longer than a knock, and does not pause for longer
_AFTER_TONE = 2.0  # s until a room has forgotten our tone
_SETTLED = 60.0  # s; a display that has been on so long does not find its own source any more


class Presence:
    """The evidence in one room. `speech` is the level (dBFS) above which a microphone hears somebody."""

    def __init__(self, mics: Collection[tuple[str, str]], speech: float) -> None:
        self.evidence = Evidence()
        self._mics, self._speech = frozenset(mics), speech
        self._began = self._tone = -inf
        self._troubles: dict[str, float] = {}

    def starts(self, at: float) -> None:
        self.evidence = replace(self.evidence, waking=at + WAKING)

    def hears(self, reading: Reading, tone: bool, now: float) -> bool:
        """Take in a meter at `now` (the loop's seconds); `tone`: our own oscillator is on. True if a voice is new."""
        if (reading.device, reading.point) not in self._mics or not isinstance(reading.value, int | float):
            return False
        if tone:
            self._tone = now
        if reading.value <= self._speech or now - self._tone < _AFTER_TONE:
            return False
        if now - self._began > _PAUSE:
            self._began = now
        if now - self._began < _VOICE or reading.at - self.evidence.spoke < _PAUSE / 2:
            return False
        self._began = now - _VOICE
        self.evidence = replace(self.evidence, spoke=reading.at, spoke_at=part_of(reading.point))
        return True

    def sees(self, news: Sequence[Reading], display: DeviceState, past: Past, at: float) -> bool:
        """Take in what a display says at `at` (UTC). True if somebody has plugged a source in."""
        if not any(reading.point == SIGNAL and reading.value == "present" for reading in news):
            return False
        power, touched = display.readings.get(POWER), bool(past.sets) and at - past.sets[-1] < _SETTLED
        if power is None or power.value != ON or at - power.at < _SETTLED or touched:
            return False
        self.evidence = replace(self.evidence, plugged=at)
        return True

    def flagged(self, occupancy: Occupancy, at: float) -> None:
        self.evidence = replace(self.evidence, flag=occupancy, flagged=at)

    def put_away(self, at: float) -> None:
        self.evidence = replace(self.evidence, away=at)

    def trouble(self, source: str, trouble: str, at: float) -> None:
        """A booking source went blind, or ("") sees again."""
        if trouble:
            self._troubles.setdefault(source, at)
        else:
            self._troubles.pop(source, None)
        self.evidence = replace(self.evidence, blind=min(self._troubles.values(), default=inf))


def microphones(house: House, room: str) -> frozenset[tuple[str, str]]:
    """The level points at which people can be heard: microphones by their role, or by the drawing."""
    ends = [split(link.target) for link in house.links if _is_microphone(house, split(link.source)[0])]
    for device in house.devices_of(room):
        roles = roles_of(house.rooms[room], device.id).items()
        ends += [(device.id, part) for role, part in roles if role.endswith("-mic")]
    mine = {device.id for device in house.devices_of(room)}
    return frozenset((device, f"{part}.{LEVEL}") for device, part in ends if part and device in mine)


def _is_microphone(house: House, node: str) -> bool:
    fixture = house.fixtures.get(node)
    return fixture is not None and fixture.kind == "microphone"
