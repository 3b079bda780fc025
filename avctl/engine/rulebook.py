"""The rules every device gets, by the points it has and by what the site file says of it. Pure.

The limits for lamps, packs and loads are defaults that `limits:` of the site file overrides.
A fault that takes away what a device is for is CRITICAL; what should be told is WARNING; wear is a NOTICE.
"""

from collections.abc import Iterator

from avctl.engine.paths import fed_by, roles_of, split
from avctl.engine.rules import LIMITS, Rule
from avctl.engine.state import FIRE
from avctl.model.event import Phase
from avctl.model.fault import Severity
from avctl.model.house import DeviceSpec, House

PARTS = ("lamp", "light", "fan", "temperature", "cover", "filter", "other")
"""What a projector blames for its trouble."""
_IN_USE = frozenset({Phase.MEETING})
_NEEDED = frozenset({Phase.PREPARING, Phase.MEETING})


def limit(house: House, name: str) -> float:
    """A limit of the site, or its default. Raises KeyError for a name the engine does not know."""
    return house.limits.get(name, LIMITS[name])


def rules_for(spec: DeviceSpec, house: House) -> tuple[Rule, ...]:
    """All rules for one device. Those for points it does not have never come to anything."""
    return (
        *_projector(spec, house),
        *_mixer(spec, house),
        *_charger(house),
        *_receiver(house),
        *_power(spec, house),
        *_supply(house),
        *_fire(),
    )


def _projector(spec: DeviceSpec, house: House) -> Iterator[Rule]:
    for part in PARTS:
        yield Rule(part, f"{part}.state", Severity.CRITICAL, frozenset({"error"}), keep=10)
        yield Rule(part, f"{part}.state", Severity.WARNING, frozenset({"warning"}), keep=10)
    blamed = tuple((f"{part}.state", "error") for part in PARTS)  # then the part is the fault, and no other is needed
    yield Rule("power", "power", Severity.CRITICAL, frozenset({"fault"}), hold=5, keep=5, unless=blamed)
    dark = frozenset({"off", "cooling"})
    yield Rule("power", "power", Severity.WARNING, dark, hold=5, where=(("wished.power", "on"),), phases=_IN_USE)
    for part in ("lamp", "light"):
        rated = spec.options.get(f"rated_{part}_hours")
        if isinstance(rated, int | float) and rated > 0:
            hours = rated * limit(house, "lamp.wear.warn") / 100
            yield Rule("wear", f"{part}.hours", Severity.NOTICE, above=hours, back=hours, part=part)


def _mixer(spec: DeviceSpec, house: House) -> Iterator[Rule]:
    """A microphone that plays a role in a meeting, is open, and gives not even the noise of the room."""
    quiet = limit(house, "level.silence")
    for role, part in roles_of(house.rooms[spec.room], spec.id).items():
        if role.endswith("-mic") and part:
            open_now = ((f"{part}.mute", "off"),)
            yield Rule(
                "silence", f"{part}.level", Severity.WARNING, below=quiet, back=quiet + 6, hold=120, keep=5, part=part,
                where=open_now, phases=_IN_USE,
            )  # fmt: skip


def _charger(house: House) -> Iterator[Rule]:
    """A pack is a fault of its bay, and only while it is there."""
    there = (("{part}.present", "yes"),)
    health, hot = limit(house, "battery.health.warn"), limit(house, "battery.temperature.warn")
    yield Rule("battery", "bay.*.health", Severity.WARNING, below=health, back=health + 3, where=there)
    yield Rule("battery", "bay.*.temperature", Severity.WARNING, above=hot, back=hot - 3, hold=30, where=there)
    yield Rule("battery", "bay.*.state", Severity.WARNING, frozenset({"error"}), hold=5, keep=5)


def _receiver(house: House) -> Iterator[Rule]:
    """A microphone in a meeting that will soon be silent, or is disturbed. Primary cells tell nothing but bars."""
    low = limit(house, "receiver.battery.warn")
    yield Rule("battery", "receiver.*.battery", Severity.WARNING, below=low, back=low + 5, hold=30, phases=_IN_USE)
    yield Rule("battery", "receiver.*.bars", Severity.WARNING, below=2, back=2, hold=30, phases=_IN_USE)
    disturbed = frozenset({"critical"})
    yield Rule("interference", "receiver.*.interference", Severity.WARNING, disturbed, hold=5, keep=30)


def _power(spec: DeviceSpec, house: House) -> Iterator[Rule]:
    much, too_much = limit(house, "load.current.warn"), limit(house, "load.current.fail")
    yield Rule("overload", "load.current", Severity.WARNING, above=much, back=much * 0.9, hold=30, keep=30)
    yield Rule("overload", "load.current", Severity.CRITICAL, above=too_much, back=too_much * 0.9, hold=5, keep=30)
    yield Rule("overload", "load.state", Severity.CRITICAL, frozenset({"overload"}), hold=5, keep=30)
    for link in house.links:
        device, outlet = split(link.source)
        if device == spec.id and outlet and fed_by(house.links, link.source):
            yield Rule(
                "outlet", f"{outlet}.state", Severity.WARNING, frozenset({"off"}), hold=30, part=outlet,
                unless=((f"wished.{outlet}.state", "off"),), phases=_NEEDED,
            )  # fmt: skip


def _supply(house: House) -> Iterator[Rule]:
    """An uninterruptible supply: for how long the room still has power, and whether it would have any."""
    short = limit(house, "battery.runtime.fail")
    on_battery = (("output.source", "battery"),)
    yield Rule("power", "output.source", Severity.WARNING, frozenset({"battery"}), hold=5, keep=10)
    yield Rule("power", "output.source", Severity.CRITICAL, frozenset({"none"}), hold=5, keep=10)
    yield Rule("power", "battery.runtime", Severity.CRITICAL, below=short, back=short + 2, hold=5, where=on_battery)
    ending = frozenset({"low", "depleted"})
    yield Rule("power", "battery.state", Severity.CRITICAL, ending, hold=5, keep=10, where=on_battery)
    yield Rule("battery", "battery.replace", Severity.WARNING, frozenset({"yes"}), hold=30)
    yield Rule("battery", "battery.state", Severity.WARNING, frozenset({"fault"}), hold=30)
    yield Rule("overload", "output.load", Severity.CRITICAL, above=100, back=95, hold=5, keep=30)
    warm = limit(house, "room.temperature.warn")
    yield Rule("temperature", "temperature", Severity.WARNING, above=warm, back=warm - 2, hold=60, keep=60)


def _fire() -> Iterator[Rule]:
    """The alarm contact. Only a person releases the room again, and only when the contact is open."""
    yield Rule(FIRE, "fire.state", Severity.CRITICAL, frozenset({"active"}), latch=True)
