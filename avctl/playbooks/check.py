"""Named checks: from fresh readings and what the meeting needs to a finding. Pure; all limits are defaults.

`expect: {charger: battery-pool}` in a playbook names one of CHECKS. Each says which points it wants asked and judges
what came back. A value that is not MEASURED never passes: it makes the finding an ERROR (we could not find out).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from avctl.engine.paths import fed_by
from avctl.engine.rulebook import limit
from avctl.locale import text
from avctl.model.booking import Needs
from avctl.model.house import DeviceSpec, House, RoomSpec
from avctl.model.outcome import Verdict, worst
from avctl.model.reading import Quality, Reading
from avctl.playbooks.place import matching

Readings = Mapping[str, Reading]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check came to: a verdict, the sentence, the value seen, and the limit it was held against."""

    verdict: Verdict
    said: str = ""
    saw: str = ""
    limit: str = ""


@dataclass(frozen=True, slots=True)
class Setting:
    """What a check may know besides readings."""

    house: House
    room: RoomSpec
    device: DeviceSpec
    needs: Needs
    language: str

    def limit(self, name: str) -> float:
        return float(limit(self.house, name))

    def say(self, id: str, **figures: object) -> str:
        return text(f"check.{id}", self.language, **figures)


@dataclass(frozen=True, slots=True)
class Check:
    """`asks` chooses among the names of the device's points; `judge` gets one set of readings per round of asking."""

    asks: Callable[[Setting, Sequence[str]], list[str]]
    judge: Callable[[Setting, Sequence[Readings]], Finding]
    rounds: int = 1


def any_of(*patterns: str) -> Callable[[Setting, Sequence[str]], list[str]]:
    return lambda _, names: [n for pattern in patterns for n in matching(names, pattern)]


def known(readings: Readings, point: str) -> float | str | None:
    """The value of a point, if the device said it just now."""
    reading = readings.get(point)
    return reading.value if reading is not None and reading.quality is Quality.MEASURED else None


def number(readings: Readings, point: str) -> float | None:
    value = known(readings, point)
    return None if isinstance(value, str) or value is None else float(value)


def silent(readings: Readings) -> list[str]:
    """The points that were asked and not told."""
    return [point for point, r in readings.items() if r.quality is not Quality.MEASURED]


def _unknown(setting: Setting, points: Iterable[str]) -> Finding:
    return Finding(Verdict.ERROR, setting.say("silent", device=setting.device.id, points=", ".join(sorted(points)[:3])))


# --- any device


def _vital(_: Setting, names: Sequence[str]) -> list[str]:
    """One point that every device of its kind can tell at once."""
    for pattern in ("power", "scene", "uptime", "identity.model", "*.*.state", "*.*.present"):
        if found := matching(names, pattern):
            return found[:1]
    return list(names[:1])


def _answers(setting: Setting, rounds: Sequence[Readings]) -> Finding:
    heard = sum(1 for readings in rounds if readings and not silent(readings))
    saw, limit = f"{heard} / {len(rounds)}", f"{len(rounds)} / {len(rounds)}"
    if heard == len(rounds):
        return Finding(Verdict.PASS, "", saw, limit)
    verdict = Verdict.MARGINAL if heard else Verdict.FAIL
    return Finding(verdict, setting.say("answers", device=setting.device.id, heard=heard), saw, limit)


def _identity(setting: Setting, rounds: Sequence[Readings]) -> Finding:
    """Model, serial and firmware against the equipment file, as far as it states them."""
    said = {key: known(rounds[-1], f"identity.{key}") for key in ("model", "serial", "firmware")}
    if not any(said.values()):
        return _unknown(setting, rounds[-1])
    saw = " ".join(str(v) for v in said.values() if v)
    filed = {key: str(v) for key in said if (v := setting.device.asset.get(key))}
    wrong = [key for key, value in filed.items() if said[key] is not None and str(said[key]) != value]
    if not wrong:
        return Finding(Verdict.PASS, "", saw, " ".join(filed.values()))
    verdict = Verdict.MARGINAL if wrong == ["firmware"] else Verdict.FAIL
    return Finding(verdict, setting.say("identity", device=setting.device.id), saw, " ".join(filed.values()))


_FLAGS = ("fan.state", "lamp.state", "light.state", "temperature.state", "cover.state", "filter.state", "other.state")
_BY_WORD = {"none-reported": Verdict.PASS, "warning": Verdict.MARGINAL, "error": Verdict.FAIL}


def _no_fault_flags(setting: Setting, rounds: Sequence[Readings]) -> Finding:
    said = {point: str(value) for point in rounds[-1] if (value := known(rounds[-1], point)) is not None}
    if len(said) < len(rounds[-1]) or not said:
        return _unknown(setting, set(rounds[-1]) - set(said))
    flagged = {p.removesuffix(".state"): w for p, w in said.items() if w != "none-reported"}
    verdict = worst([_BY_WORD.get(word, Verdict.ERROR) for word in said.values()])
    saw = ", ".join(f"{part} {word}" for part, word in flagged.items()) or "0"
    return Finding(verdict, setting.say("flags", device=setting.device.id, flags=saw) if flagged else "", saw, "0")


# --- projector


def _lamp_life(setting: Setting, rounds: Sequence[Readings]) -> Finding:
    """Lamp hours as a part of the rated life. A laser has light-source hours, long life and no alarm."""
    if (hours := number(rounds[-1], "lamp.hours")) is None:
        light = number(rounds[-1], "light.hours")
        return _unknown(setting, rounds[-1]) if light is None else Finding(Verdict.PASS, "", f"{light:.0f} h")
    rated = setting.device.options.get("rated_lamp_hours")
    if not isinstance(rated, int | float) or rated <= 0:
        return Finding(Verdict.MARGINAL, setting.say("lamp-unrated", device=setting.device.id), f"{hours:.0f} h")
    share, fair, bad = 100 * hours / rated, setting.limit("lamp.wear.warn"), setting.limit("lamp.wear.fail")
    verdict = Verdict.PASS if share < fair else Verdict.MARGINAL if share <= bad else Verdict.FAIL
    said = "" if verdict is Verdict.PASS else setting.say("lamp-life", share=f"{share:.0f}")
    return Finding(verdict, said, f"{share:.0f} % ({hours:.0f} h)", f"< {fair:g} %")


# --- mixer


def _scene(setting: Setting, rounds: Sequence[Readings]) -> Finding:
    planned, found = setting.room.scenes.get("standard"), number(rounds[-1], "scene")
    if found is None:
        return _unknown(setting, rounds[-1])
    if planned is None:
        return Finding(Verdict.MARGINAL, setting.say("scene-unplanned"), f"{found:.0f}")
    said = "" if found == planned else setting.say("scene", found=f"{found:.0f}", planned=planned)
    return Finding(Verdict.FAIL if said else Verdict.PASS, said, f"{found:.0f}", str(planned))


def mic_parts(room: RoomSpec, device: str) -> dict[str, str]:
    """Roles of microphones on this mixer and their channels; the measuring microphone is never opened."""
    bound = {role: node.partition(".") for role, node in room.roles.items() if role.endswith("-mic")}
    return {role: part for role, (owner, _, part) in bound.items() if owner == device and part and role != "room-mic"}


def _mic_mutes(setting: Setting, names: Sequence[str]) -> list[str]:
    channels = [f"{part}.mute" for part in mic_parts(setting.room, setting.device.id).values()]
    return [n for n in ("main.mute", *channels) if n in names]


def _mics_open(setting: Setting, rounds: Sequence[Readings]) -> Finding:
    """As many open microphones as the meeting needs, on an open main; one too few is silence for somebody."""
    if lost := silent(rounds[-1]):
        return _unknown(setting, lost)
    parts = mic_parts(setting.room, setting.device.id)
    muted = [role for role, part in parts.items() if known(rounds[-1], f"{part}.mute") == "on"]
    opened, needed = len(parts) - len(muted), setting.needs.mics
    wired = len(parts) if needed is None else min(len(parts), max(0, needed - (setting.needs.wireless or 0)))
    saw, limit = f"{opened} / {len(parts)}", f"≥ {wired}"
    if known(rounds[-1], "main.mute") == "on":
        return Finding(Verdict.FAIL, setting.say("main-muted"), saw, limit)
    if not muted:
        return Finding(Verdict.PASS, "", saw, limit)
    verdict = Verdict.FAIL if opened < wired else Verdict.MARGINAL
    return Finding(verdict, setting.say("mics-muted", mics=", ".join(muted)), saw, limit)


def _level_guard(setting: Setting, rounds: Sequence[Readings]) -> Finding:
    """The main fader must leave room before howling and harm; dB."""
    if (found := number(rounds[-1], "main.fader")) is None:
        return _unknown(setting, rounds[-1])
    good, fair = setting.limit("main.fader.warn"), setting.limit("main.fader.fail")
    verdict = Verdict.PASS if found <= good else Verdict.MARGINAL if found <= fair else Verdict.FAIL
    said = "" if verdict is Verdict.PASS else setting.say("main-loud", found=f"{found:+.1f}")
    return Finding(verdict, said, f"{round(found, 1) + 0.0:+.1f} dB", f"≤ {good:g} dB")


# --- charger


@dataclass(frozen=True, slots=True)
class Pack:
    """A battery pack in a bay, as the charger tells it: per cent, °C, cycles; None where it cannot tell."""

    bay: str
    charge: float | None
    health: float | None
    temperature: float | None
    state: str

    def verdict(self, setting: Setting) -> Verdict:
        """PASS full and sound, MARGINAL good for the meeting, FAIL too weak for it, ERROR untold."""
        if self.charge is None:
            return Verdict.ERROR
        charge = _graded(self.charge, setting.limit("battery.charge.warn"), setting.limit("battery.charge.fail"))
        return worst([*self._cell(setting), charge])

    def _cell(self, setting: Setting) -> list[Verdict]:
        found = [Verdict.FAIL] if self.state == "error" else []
        if self.health is not None:
            fair, bad = setting.limit("battery.health.warn"), setting.limit("battery.health.fail")
            found.append(_graded(self.health, fair, bad))
        if self.temperature is not None:
            hot = setting.limit("battery.temperature.warn")
            found.append(_graded(-self.temperature, -(hot - 5), -hot))
        return found

    def __str__(self) -> str:
        health = "" if self.health is None else f"/{self.health:.0f}"
        return f"{self.bay} {'?' if self.charge is None else f'{self.charge:.0f}'}{health} %"


def _graded(value: float, good: float, fair: float) -> Verdict:
    return Verdict.PASS if value >= good else Verdict.MARGINAL if value >= fair else Verdict.FAIL


def packs_of(readings: Readings) -> list[Pack]:
    """The packs that are there."""
    bays = sorted({point.rpartition(".")[0] for point in readings}, key=lambda bay: (len(bay), bay))
    return [_pack(bay, readings) for bay in bays if known(readings, f"{bay}.present") != "no"]


def _pack(bay: str, readings: Readings) -> Pack:
    health, charge, warmth = (number(readings, f"{bay}.{p}") for p in ("health", "charge", "temperature"))
    return Pack(bay, charge, health, warmth, str(known(readings, f"{bay}.state") or "unknown"))


def spares(needed: int) -> int:
    """At least one, and one for every five begun."""
    return max(1, ceil(needed * 0.2))


def _battery_pool(setting: Setting, rounds: Sequence[Readings]) -> Finding:
    """Usable packs against the wireless microphones of the meeting and their spares; every weak bay is named."""
    if not rounds[-1] or len(silent(rounds[-1])) == len(rounds[-1]):
        return _unknown(setting, rounds[-1])
    packs = packs_of(rounds[-1])
    by_pack = {pack: pack.verdict(setting) for pack in packs}
    usable = [p for p, v in by_pack.items() if v in (Verdict.PASS, Verdict.MARGINAL)]
    weak = ", ".join(str(p) for p, v in by_pack.items() if v is not Verdict.PASS)
    needed = setting.needs.wireless
    verdict = _pool(len(usable), len(packs), needed, list(by_pack.values()))
    want = "?" if needed is None else f"≥ {needed} + {spares(needed)}"
    return Finding(verdict, _pool_said(setting, weak, len(usable), verdict), f"{len(usable)} / {len(packs)}", want)


def _pool(usable: int, there: int, needed: int | None, verdicts: list[Verdict]) -> Verdict:
    if needed is None:  # not stated: everything the room owns should be fit
        return Verdict.FAIL if not usable else Verdict.MARGINAL if usable < there else worst(verdicts)
    if usable < needed:
        return Verdict.FAIL
    if usable < needed + spares(needed):
        return Verdict.MARGINAL
    return worst(sorted(verdicts, key=_rank)[: needed + spares(needed)])  # the best ones are taken


def _rank(verdict: Verdict) -> int:
    return {Verdict.PASS: 0, Verdict.MARGINAL: 1}.get(verdict, 2)


def _pool_said(setting: Setting, weak: str, usable: int, verdict: Verdict) -> str:
    if verdict is Verdict.PASS and not weak:
        return ""
    if not weak:
        return setting.say("pool-few", usable=usable)
    return setting.say("pool-weak", weak=weak, usable=usable)


# --- power


def _fed_outlets(setting: Setting, names: Sequence[str]) -> list[str]:
    """The outlets from which the drawing feeds something."""
    outlets = matching(names, "outlet.*.state")
    return [o for o in outlets if fed_by(setting.house.links, f"{setting.device.id}.{o.removesuffix('.state')}")]


def _outlets(setting: Setting, rounds: Sequence[Readings]) -> Finding:
    if lost := silent(rounds[-1]):
        return _unknown(setting, lost)
    off = [point.removesuffix(".state") for point in rounds[-1] if known(rounds[-1], point) != "on"]
    saw, limit = f"{len(rounds[-1]) - len(off)} / {len(rounds[-1])}", f"{len(rounds[-1])}"
    if not off:
        return Finding(Verdict.PASS, "", saw, limit)
    dark = ", ".join(f"{o} → {', '.join(fed_by(setting.house.links, f'{setting.device.id}.{o}'))}" for o in off)
    return Finding(Verdict.FAIL, setting.say("outlets", dark=dark), saw, limit)


_BAY = ("present", "charge", "health", "temperature", "state")

CHECKS: Mapping[str, Check] = {
    "answers": Check(_vital, _answers, rounds=3),
    "identity": Check(any_of("identity.*"), _identity),
    "no-fault-flags": Check(any_of(*_FLAGS), _no_fault_flags),
    "lamp-life": Check(any_of("lamp.hours", "light.hours"), _lamp_life),
    "scene-as-planned": Check(any_of("scene"), _scene),
    "mics-open": Check(_mic_mutes, _mics_open),
    "level-guard": Check(any_of("main.fader"), _level_guard),
    "battery-pool": Check(any_of(*(f"bay.*.{point}" for point in _BAY)), _battery_pool),
    "outlets-as-planned": Check(_fed_outlets, _outlets),
}
"""All named checks. A check that wants none of a device's points does not apply to it."""
