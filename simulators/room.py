"""How the things in one room act on each other, and what the people in it do.

An outlet that goes off makes what it feeds vanish. What leaves the mixer reaches a loudspeaker, what the loudspeaker
plays reaches the microphones it is linked to, and people are heard wherever a microphone is.
Levels are dBFS at a mixer input with nominal gain.
"""

from collections.abc import Callable
from functools import partial
from random import Random

from simulators.console import Console
from simulators.desk_sound import SILENCE, total
from simulators.device import Device, State, mishap
from simulators.pdu import Pdu
from simulators.site import Link

AMBIENCE = -62.0
"""Ventilation in an empty room."""
PRESENCE = -54.0
"""People who are there and do not speak into a microphone."""
SPEECH = -20.0
"""Somebody speaks into this microphone."""
SPILL = -42.0
"""Somebody speaks, elsewhere in the room."""
HOWL = -3.0
HOWL_MARGIN = 3.0
"""dB by which the loop gain is too high when a howl starts: pull a fader further down than this and it dies."""
PATH = -10.0
"""dB from a mixer output over loudspeaker and air to a microphone."""


class Loudspeaker:
    """A fixture: amplifier and loudspeaker zone."""

    stem = "loudspeaker"

    def __init__(self, name: str) -> None:
        self.name = name
        self.feeds: list[Callable[[], float]] = []
        self.heal()

    @mishap
    def zone_dies(self) -> None:
        """The amplifier protects itself: nothing comes out."""
        self.dead = True

    @mishap
    def gets_quiet(self, by: float = -8.0) -> None:
        """Half of the zone is gone."""
        self.lost = float(by)

    def heal(self) -> None:
        """Loud again."""
        self.dead, self.lost = False, 0.0

    def plays(self) -> float:
        """What arrives at a microphone in front of it, dBFS."""
        level = SILENCE if self.dead else total(feed() for feed in self.feeds)
        return max(SILENCE, level + PATH + self.lost)

    def state(self) -> State:
        """Heard by ear."""
        return {"plays": round(self.plays(), 1)}


class Microphone:
    """A fixture: something that turns sound into a level at a mixer input."""

    stem = "microphone"

    def __init__(self, name: str, room: "Room") -> None:
        self.name, self._room = name, room
        self.hears: list[Loudspeaker] = []
        self.channels: list[tuple[Console, int]] = []
        self.heal()

    @mishap
    def is_unplugged(self) -> None:
        """Somebody took it out of its socket."""
        self.unplugged = True

    @mishap
    def breaks(self) -> None:
        """A dead capsule: the noise of its own electronics."""
        self.broken = True

    def heal(self) -> None:
        """Plugged in and whole."""
        self.unplugged = self.broken = False

    def level(self, loudspeakers: bool = True) -> float:
        """dBFS at nominal gain; without the loudspeakers for what is fed back to them."""
        if self.unplugged or self.broken:
            return SILENCE if self.unplugged else -95.0
        heard = [self._room.people_at(self)]
        if loudspeakers:
            heard += [zone.plays() for zone in self.hears]
        return total(heard)

    def state(self) -> State:
        """What it delivers."""
        return {"level": round(self.level(), 1), "plugged": "no" if self.unplugged else "yes"}


class Room:
    """One room: people, fixtures, and the links between things."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.chance = Random(name)
        self.people = 0
        self.speakers: set[str] = set()
        self.howling: dict[tuple[Console, int], float] = {}
        self.fixtures: dict[str, Loudspeaker | Microphone] = {}

    # --- people

    def enter(self, people: int = 10) -> None:
        """People come in."""
        self.people += int(people)

    def leave(self, people: int | None = None) -> None:
        """So many go, or everybody. An empty room is quiet."""
        self.people = 0 if people is None else max(0, self.people - int(people))
        if not self.people:
            self.quiet()

    def speak(self, at: str | None = None) -> None:
        """Somebody speaks at a microphone (its name in the site file), or at the first one people use."""
        usable = [m.name for m in self.microphones() if not m.hears]
        if at is not None and at not in usable:
            raise ValueError(f"no microphone {at!r} for people in room {self.name}; there are {', '.join(usable)}")
        self.people = max(1, self.people)
        self.speakers |= {at} if at else set(usable[:1])

    def quiet(self) -> None:
        """Nobody speaks, nothing howls."""
        self.speakers.clear()
        self.howling.clear()

    def howl(self) -> None:
        """An open microphone too near to a loudspeaker: it howls until its fader is pulled down or it is muted."""
        for microphone in self.microphones():
            for desk, channel in microphone.channels:
                if not microphone.hears and desk.fader(channel) > -30:
                    self.howling[desk, channel] = desk.fader(channel)

    def people_at(self, microphone: Microphone) -> float:
        """What a microphone hears without loudspeakers."""
        if any(self._howls(at) for at in microphone.channels):
            return HOWL
        if microphone.name in self.speakers:
            return SPEECH + self.chance.gauss(0, 2)
        return total([AMBIENCE, PRESENCE if self.people else SILENCE, SPILL if self.speakers else SILENCE])

    def _howls(self, at: tuple[Console, int]) -> bool:
        if at in self.howling and self.howling[at] - at[0].fader(at[1]) > HOWL_MARGIN:
            del self.howling[at]
        return at in self.howling

    def microphones(self) -> list[Microphone]:
        """In the order of the site file."""
        return [fixture for fixture in self.fixtures.values() if isinstance(fixture, Microphone)]

    def state(self) -> State:
        """Who is there and what is heard."""
        return {
            "people": self.people,
            "speaking": " ".join(sorted(self.speakers)),
            "howling": "yes" if any(self._howls(at) for at in list(self.howling)) else "no",
        }

    # --- things

    def add(self, name: str, kind: str) -> None:
        """A fixture of the site file. Kinds that make or hear no sound have nothing to do here."""
        if kind == "loudspeaker":
            self.fixtures[name] = Loudspeaker(name)
        elif kind == "microphone":
            self.fixtures[name] = Microphone(name, self)


VERBS = ("enter", "leave", "speak", "quiet", "howl")
"""What people can do, by POST /rooms/<id>/<verb>."""


def couple(links: tuple[Link, ...], devices: dict[str, Device], rooms: dict[str, Room]) -> None:
    """Join everything as the site file's links say. Links that carry nothing simulated are left alone."""
    fixtures = {name: fixture for room in rooms.values() for name, fixture in room.fixtures.items()}
    for link in links:
        source, _, port = link.source.partition(".")
        target, _, inlet = link.target.partition(".")
        start, end = devices.get(source) or fixtures.get(source), devices.get(target) or fixtures.get(target)
        match start, end:
            case Pdu(), Device() if link.verb == "feeds":
                _feed(start, int(port.removeprefix("outlet.")), end)
            case Console(), Loudspeaker():
                end.feeds.append(partial(start.output, port))
            case Loudspeaker(), Microphone():
                end.hears.append(start)
            case Microphone(), Console() if inlet.startswith("channel."):
                end.plug(channel := int(inlet.removeprefix("channel.")), start.level)
                start.channels.append((end, channel))


def _feed(pdu: Pdu, number: int, device: Device) -> None:
    outlet = pdu.outlet(number)
    outlet.name = device.name
    outlet.plugged.append(device.mains)
    outlet.loads.append(device.current)
    if not outlet.on:
        device.mains(False)
