"""The families of metrics: those the rooms fill and those of the daemon itself, with where each figure is read."""

import re
from collections import Counter
from collections.abc import Iterator

from avctl import __version__
from avctl.edges.gate import Gate
from avctl.edges.metrics import Family, Lag, Samples, counter, each, gauge, one
from avctl.edges.mqtt import Mqtt
from avctl.engine.site import Site
from avctl.engine.state import DeviceState
from avctl.model.event import Event, Phase
from avctl.model.health import Health, Reach
from avctl.model.outcome import Verdict
from avctl.model.reading import Quality, Value

_BAY = re.compile(r"bay\.(\d+)\.(charge|health)")
_LEVEL = re.compile(r"(channel\.\d+|bus\.\d+|main)\.level")
_LIGHT = {"lamp.hours": "lamp", "light.hours": "light"}


class Tally:
    """Counts what only events tell: how many of each kind, and when the last one was."""

    def __init__(self, site: Site) -> None:
        self._subscription = site.bus.subscribe("metrics", settled=False)
        self.kinds: Counter[str] = Counter()
        self.commands: Counter[str] = Counter()

    async def run(self) -> None:
        async for event in self._subscription:
            self._count(event)

    def _count(self, event: Event) -> None:
        self.kinds[event.body.kind] += 1
        if event.body.kind == "command-done":
            self.commands[getattr(event.body, "ending", "done")] += 1


class Rooms:
    """Reads the rooms' state; every method gives the samples of one family."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def families(self) -> list[Family]:
        where, part, run = ("room", "device"), ("room", "device", "part"), ("room", "playbook")
        return [
            gauge("avctl_device_up", "1 while the device answers", self.up, *where),
            gauge("avctl_device_health", "1 for the health the device has now", self.health, *where, "health", "cause"),
            gauge("avctl_device_last_answer_timestamp_seconds", "When it last answered", self.answered, *where),
            gauge("avctl_lamp_used_seconds", "Use of the light source, as counted", self.lamps, *where, "source"),
            gauge("avctl_battery_charge_ratio", "Charge of the pack in a bay", self.charges, *part),
            gauge("avctl_battery_health_ratio", "Health of the pack in a bay", self.healths, *part),
            gauge("avctl_outlet_on", "1 while the outlet is on", self.outlets, *part),
            gauge("avctl_mute_on", "1 while the channel, bus or main is muted", self.mutes, *part),
            gauge("avctl_level_dbfs", "Newest meter level", self.levels, *part),
            gauge("avctl_fault_standing", "1 for every fault that stands", self.faults, *part, "fault", "severity"),
            gauge("avctl_fault_acknowledged", "1 for a standing fault somebody has taken", self.taken, *part, "fault"),
            gauge("avctl_room_phase", "1 for the phase the room is in", self.phases, "room", "phase"),
            gauge("avctl_room_next_meeting_timestamp_seconds", "When its next meeting begins", self.next, "room"),
            gauge("avctl_selftest_verdict", "1 for the verdict of the latest run", self.verdicts, *run, "verdict"),
            gauge("avctl_run_steps_done", "Steps done by the run under way", self.done, *run),
            gauge("avctl_run_steps", "Steps the run under way has at most", self.steps, *run),
        ]  # fmt: skip

    def up(self) -> Samples:
        return ((where, float(d.reach in (Reach.UP, Reach.SUSPECT))) for where, d in self._devices())

    def health(self) -> Samples:
        for where, device in self._devices():
            now = self._site.condition(device.id)
            for health in Health:
                is_so = health is now.health
                cause = now.cause.value if is_so and now.cause else "none"
                yield (*where, health.value, cause), float(is_so)

    def answered(self) -> Samples:
        for where, device in self._devices():
            if (last := self._site.device(device.id).last_answer) is not None:
                yield where, last

    def lamps(self) -> Samples:
        for where, point, value in self._values():
            if point in _LIGHT:
                yield (*where, _LIGHT[point]), value * 3600

    def charges(self) -> Samples:
        return self._bays("charge")

    def healths(self) -> Samples:
        return self._bays("health")

    def outlets(self) -> Samples:
        return self._words(re.compile(r"(outlet\.\d+)\.state"))

    def mutes(self) -> Samples:
        return self._words(re.compile(r"((?:channel|bus|dca)\.\d+|main)\.mute"))

    def levels(self) -> Samples:
        for where, point, value in self._values():
            if found := _LEVEL.fullmatch(point):
                yield (*where, found[1]), value

    def faults(self) -> Samples:
        for room in self._site.rooms:
            for key, fault in self._site.state(room).faults.items():
                yield (room, key.device, key.part, key.name, fault.severity.value), 1.0

    def taken(self) -> Samples:
        for room in self._site.rooms:
            for key, fault in self._site.state(room).faults.items():
                yield (room, key.device, key.part, key.name), float(fault.acknowledged is not None)

    def phases(self) -> Samples:
        for room in self._site.rooms:
            now = self._site.state(room).phase
            yield from (((room, phase.value), float(phase is now)) for phase in Phase)

    def next(self) -> Samples:
        now = self._site.clock.now()
        for room in self._site.rooms:
            coming = [b.start for b in self._site.state(room).bookings.values() if b.start > now]
            if coming:
                yield (room,), min(coming)

    def verdicts(self) -> Samples:
        for room in self._site.rooms:
            for playbook, run in self._site.state(room).last_runs.items():
                yield from (((room, playbook, v.value), float(v is run.verdict)) for v in Verdict)

    def done(self) -> Samples:
        for room in self._site.rooms:
            yield from (((room, r.playbook), float(r.done)) for r in self._site.state(room).runs.values())

    def steps(self) -> Samples:
        for room in self._site.rooms:
            yield from (((room, r.playbook), float(r.steps)) for r in self._site.state(room).runs.values())

    def _devices(self) -> Iterator[tuple[tuple[str, str], DeviceState]]:
        for room in self._site.rooms:
            for id, device in self._site.state(room).devices.items():
                yield (room, id), device

    def _readings(self) -> Iterator[tuple[tuple[str, str], str, Value]]:
        """What devices said, while they are there to stand by it."""
        for where, device in self._devices():
            if device.reach is not Reach.DOWN:
                for point, reading in device.readings.items():
                    if reading.value is not None and reading.quality is Quality.MEASURED:
                        yield where, point, reading.value

    def _values(self) -> Iterator[tuple[tuple[str, str], str, float]]:
        for where, point, value in self._readings():
            if not isinstance(value, str):
                yield where, point, float(value)

    def _words(self, pattern: re.Pattern[str]) -> Samples:
        for where, point, value in self._readings():
            if found := pattern.fullmatch(point):
                yield (*where, found[1]), float(value == "on")

    def _bays(self, of: str) -> Samples:
        for where, point, value in self._values():
            if (found := _BAY.fullmatch(point)) and found[2] == of:
                yield (*where, f"bay.{found[1]}"), value / 100


def own(site: Site, tally: Tally, lag: Lag, started: float) -> list[Family]:
    """What avctl says of itself. `started` is UTC seconds."""
    bus = site.bus
    return [
        gauge("avctl_build_info", "1, with the version", lambda: [((__version__,), 1.0)], "version"),
        gauge("avctl_alive_timestamp_seconds", "Now; if it stands still, nobody is watching", one(site.clock.now)),
        gauge("avctl_start_timestamp_seconds", "When this daemon started", one(lambda: started)),
        counter("avctl_events", "Events of this life by kind", each(lambda: tally.kinds), "kind"),
        counter("avctl_commands", "Commands to devices by how they ended", each(lambda: tally.commands), "ending"),
        gauge("avctl_event_sequence", "Number of the newest event", one(lambda: bus.last)),
        gauge("avctl_event_settled", "Number of the newest durable event", one(lambda: bus.settled)),
        gauge(
            "avctl_bus_queue",
            "Events waiting for a subscriber",
            each(lambda: {s.name: float(len(s)) for s in bus.subscriptions}),
            "subscriber",
        ),
        counter(
            "avctl_bus_dropped",
            "Readings a subscriber never saw",
            each(lambda: {s.name: float(s.dropped) for s in bus.subscriptions}),
            "subscriber",
        ),
        gauge("avctl_loop_lag_seconds", "Worst lateness of the event loop in the last minute", one(lambda: lag.worst)),
        counter("avctl_loop_late", "Times the event loop was more than 0.25 s late", one(lambda: lag.late)),
    ]


def wishes(gate: Gate) -> list[Family]:
    """What the gate has let through and what not."""
    return [
        counter("avctl_wishes_taken", "Wishes let through", one(lambda: gate.taken)),
        counter("avctl_wishes_refused", "Wishes refused", one(lambda: gate.refused)),
        counter("avctl_wishes_flooded", "Wishes not read because their asker sent too many", one(lambda: gate.flooded)),
    ]


def broker(mqtt: Mqtt) -> list[Family]:
    """How the broker is."""
    return [
        gauge("avctl_mqtt_up", "1 while the broker has us", one(lambda: float(mqtt.link is not None))),
        gauge("avctl_mqtt_outbox", "Messages the broker has not yet", one(lambda: mqtt.waiting)),
        counter("avctl_mqtt_dropped", "Messages let go because the broker was away", one(lambda: mqtt.dropped)),
        counter("avctl_mqtt_reconnects", "Connections lost or refused", one(lambda: mqtt.reconnects)),
    ]
