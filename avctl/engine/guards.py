"""May this be done now? If not, why, and from when. The last gate before any device, for people and playbooks alike.

Pure: a command, the room as it stands, and what has lately been done to the device. Whatever a guard cannot find out
it takes for the worse, and a guard that breaks denies. An override does not exist for a lamp that cools down and for
a fire alarm.

Rules of the trade behind it: a lamp is not struck twice, nor its mains cut hot; amplifiers go on last and off first.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from avctl.engine.case import ALLOWED, Answer, Case, Denied, NeedsConfirm, Past
from avctl.engine.paths import fed_by, nearest, reaches_kind, split
from avctl.engine.rulebook import limit
from avctl.model.command import Urgency
from avctl.model.event import Occupancy
from avctl.model.house import House
from avctl.model.point import Point, part_of
from avctl.model.vocabulary import AV_MUTE, MUTE, OFF, ON, OSCILLATOR, POWER, SCENE, SILENCE_DB

_HOUR = 3600.0


def check(case: Case) -> Answer:
    """The first guard that objects decides; a guard that breaks denies."""
    for guard in GUARDS:
        try:
            answer = guard(case)
        except Exception as broken:  # noqa: BLE001 - whatever it is, the answer is no
            return Denied("broken", figures={"detail": f"{guard.__name__}: {broken!r}"})
        if answer is not None:
            return answer
    return ALLOWED


def _known_point(case: Case) -> Answer | None:
    """The device must have such a point, and the point must take such a value."""
    point = case.points.get(case.command.point)
    if point is None:
        return Denied("no-point", figures={"right": nearest(case.command.point, case.points)})
    if not point.writable:
        return Denied("not-writable", figures={"right": _choice(p.name for p in case.points.values() if p.writable)})
    if not point.accepts(case.command.value):
        return Denied("bad-value", figures={"value": case.command.value, "right": _right(point)})
    return None


def _held(case: Case) -> Answer | None:
    """Whoever has his hands in the rack decides what happens there; nobody else switches anything under them."""
    hold = case.room.device(case.command.device).held
    return Denied("held", hold.until, {"by": hold.by, "why": hold.why}) if hold else None


def _stranger(case: Case) -> Answer | None:
    strange = any(f.key.name == "wrong-device" for f in case.room.faults_of(case.command.device))
    return Denied("wrong-device") if strange else None


def _fire(case: Case) -> Answer | None:
    """A room in alarm belongs to the fire brigade: no automatic hand moves, and a person's only knowingly."""
    if not case.room.frozen:
        return None
    if case.automatic:
        return Denied("fire")
    return None if case.command.confirmed else NeedsConfirm("fire")


def _projector_on(case: Case) -> Answer | None:
    """A hot lamp that is struck dies; one that is struck often dies early. An unknown state counts as cooling."""
    if not _is(case, POWER, ON):
        return None
    device, past, now = case.command.device, case.past, case.now
    power = case.known(device, POWER)
    if power is None:
        return Denied("power-unknown")
    if power == "cooling":
        return Denied("cooling")
    if power in ("on", "warming") or not case.has_lamp(device):
        return None
    rest = case.figure(device, "min_off", "projector.min-off")
    if past.went_off is not None and now < past.went_off + rest:
        return Denied("min-off", past.went_off + rest, {"rest": rest})
    most = int(case.figure(device, "strikes", "projector.strikes"))
    lately = [at for at in past.struck if at > now - _HOUR]
    if len(lately) >= most:
        return Denied("strikes", lately[-most] + _HOUR, {"most": most})
    return None


def _projector_off(case: Case) -> Answer | None:
    """A lamp wants to burn for a while once struck; a person may know better."""
    device = case.command.device
    if not _is(case, POWER, OFF) or case.command.confirmed or not case.past.struck or not case.has_lamp(device):
        return None
    until = case.past.struck[-1] + case.figure(device, "min_on", "projector.min-on")
    running = case.room.value(device, POWER) in ("on", "warming")
    return NeedsConfirm("min-on", {"until": until}) if running and case.now < until else None


def _picture_off(case: Case) -> Answer | None:
    """Nobody takes the picture from a meeting unasked; to close the shutter for a while is a person's right."""
    going = _is(case, POWER, OFF) and case.room.value(case.command.device, POWER) in ("on", "warming")
    going = going or (_is(case, AV_MUTE, ON) and case.automatic)
    return NeedsConfirm("picture") if going and case.room.in_use and not case.command.confirmed else None


def _outlet_off(case: Case) -> Answer | None:
    """Mains are cut only when nothing behind them is hot, at work, or must go first."""
    outlet = _outlet(case)
    if outlet is None or case.command.value != OFF:
        return None
    for node in fed_by(case.house.links, outlet):
        fed, _ = split(node)
        if fed in case.house.devices and (objection := _hot(case, fed)):
            return objection
        if later := _amplifier_on(case, fed):
            return Denied("amplifier-first", figures={"outlet": later})
    if case.room.in_use and not case.command.confirmed and fed_by(case.house.links, outlet):
        return NeedsConfirm("outlet", {"fed": ", ".join(fed_by(case.house.links, outlet))})
    return None


def _outlet_on(case: Case) -> Answer | None:
    """Amplifiers come last, or the loudspeakers hear everything else being switched on."""
    outlet = _outlet(case)
    if outlet is None or case.command.value != ON or not _feeds_kind(case.house, outlet, "amplifier"):
        return None
    for other in _outlets(case):
        if _feeds_sound(case.house, other) and _outlet_says(case, other, OFF):
            return Denied("amplifier-last", figures={"outlet": other})
    return None


def _sound(case: Case) -> Answer | None:
    """In a meeting nobody takes the sound away unasked, and no playbook ever does so by itself."""
    point, value = case.command.point, case.command.value
    if not case.room.in_use or case.command.confirmed:
        return None
    part, word = part_of(point), point.rpartition(".")[2]
    mutes = (word == MUTE and value == ON) or (word == "fader" and not isinstance(value, str) and value <= SILENCE_DB)
    if (mutes and _is_main(case, part)) or (part.startswith("mute-group") and value == ON):
        return NeedsConfirm("main-sound")
    routing = point == SCENE or word in ("route", "routing", "preset")
    return NeedsConfirm("scene") if routing and case.command.urgency is not Urgency.FALLBACK else None


def _tone(case: Case) -> Answer | None:
    """Test tones are for empty rooms; into a bus that nobody hears they may go while people are only expected."""
    command, room = case.command, case.room
    sounding = _is(case, OSCILLATOR, ON) or (
        command.point == f"{OSCILLATOR}.destination" and case.room.value(command.device, OSCILLATOR) != OFF
    )
    if not sounding or (room.occupancy is Occupancy.FREE and not room.in_use):
        return None
    if room.in_use:
        return Denied("tone-occupied")
    if not _heard_in_room(case):
        return None
    if room.occupancy is Occupancy.SOON:
        return None if command.confirmed else NeedsConfirm("tone-soon")
    return Denied("tone-unknown")


def _rate(case: Case) -> Answer | None:
    """Small computers inside; they hang when hurried."""
    if case.past.recalls:
        pause = "scenes.pause" if case.command.point == SCENE else "scenes.settle"
        if case.now < (earliest := case.past.recalls[-1] + limit(case.house, pause)):
            return Denied("rate", earliest)
    most = int(limit(case.house, "sets.per-second"))
    lately = [at for at in case.past.sets if at > case.now - 1.0]
    return Denied("rate", lately[-most] + 1.0) if len(lately) >= most else None


GUARDS: Sequence[Callable[[Case], Answer | None]] = (
    _known_point,
    _held,
    _stranger,
    _fire,
    _projector_on,
    _projector_off,
    _picture_off,
    _outlet_off,
    _outlet_on,
    _sound,
    _tone,
    _rate,
)


def _is(case: Case, point: str, value: str) -> bool:
    return case.command.point == point and case.command.value == value


def _hot(case: Case, device: str) -> Denied | None:
    """Whether a lamp behind an outlet is not known to have cooled down."""
    if device not in case.switched:
        return None  # a mixer, a charger: cold at all times
    off = case.known(device, POWER) == OFF
    if not case.has_lamp(device):
        return None if off else Denied("fed-on", figures={"fed": device})
    standby = case.pasts.get(device, Past()).standby
    if not off or standby is None:
        return Denied("lamp-hot", figures={"fed": device})
    cooled = standby + case.figure(device, "cooled", "projector.cooled")
    return Denied("lamp-hot", cooled, {"fed": device}) if case.now < cooled else None


def _amplifier_on(case: Case, fed: str) -> str:
    """The outlet of an amplifier that is not known to be off, while something that gives it sound is to go off."""
    if not _gives_sound(case.house, fed):
        return ""
    amplifiers = (outlet for outlet in _outlets(case) if _feeds_kind(case.house, outlet, "amplifier"))
    return next((outlet for outlet in amplifiers if not _outlet_says(case, outlet, OFF)), "")


def _outlet(case: Case) -> str | None:
    """`r301-pdu.outlet.3` if the command switches an outlet."""
    part, word = part_of(case.command.point), case.command.point.rpartition(".")[2]
    return f"{case.command.device}.{part}" if part.startswith("outlet.") and word == "state" else None


def _outlets(case: Case) -> Iterator[str]:
    """Every outlet of the room that the drawing shows to feed something."""
    sources = (link.source for link in case.house.links)
    for source in dict.fromkeys(sources):
        device, part = split(source)
        spec = case.house.devices.get(device)
        if spec and spec.room == case.room.room and part.startswith("outlet."):
            yield source


def _outlet_says(case: Case, outlet: str, word: str) -> bool:
    device, part = split(outlet)
    return case.room.value(device, f"{part}.state") == word


def _feeds_sound(house: House, outlet: str) -> bool:
    return any(_gives_sound(house, split(node)[0]) for node in fed_by(house.links, outlet))


def _gives_sound(house: House, node: str) -> bool:
    """Whether the drawing leads a signal from it to a loudspeaker. Amplifiers themselves are another matter."""
    return _kind(house, node) != "amplifier" and reaches_kind(house, node, "loudspeaker")


def _feeds_kind(house: House, outlet: str, kind: str) -> bool:
    return any(_kind(house, split(node)[0]) == kind for node in fed_by(house.links, outlet))


def _kind(house: House, node: str) -> str:
    fixture = house.fixtures.get(node)
    return fixture.kind if fixture else ""


def _is_main(case: Case, part: str) -> bool:
    """The main, a DCA (which may hold it), or any output the drawing leads to a loudspeaker."""
    if part == "main" or part.startswith("dca"):
        return True
    return not part.startswith("channel") and reaches_kind(case.house, f"{case.command.device}.{part}", "loudspeaker")


def _heard_in_room(case: Case) -> bool:
    """Whether a tone would come out of a loudspeaker; an unknown destination would."""
    destination = f"{OSCILLATOR}.destination"
    to = case.command.value if case.command.point == destination else case.known(case.command.device, destination)
    if not isinstance(to, str) or to == "main":
        return True
    return reaches_kind(case.house, f"{case.command.device}.{to}", "loudspeaker")


def _right(point: Point) -> str:
    """What the point would take."""
    if point.words:
        return _choice(point.words)
    low, high = ("" if point.low is None else f"{point.low:g}"), ("" if point.high is None else f"{point.high:g}")
    return f"{low}…{high} {point.unit}".strip()


def _choice(words: Iterable[str]) -> str:
    return ", ".join(words) or "-"
