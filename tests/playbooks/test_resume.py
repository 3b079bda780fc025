"""A daemon that is killed in the middle of a run: wherever the cut falls, the next one does nothing twice, ends the
run once, and leaves the room as it should be.

The first life is recorded; then, for every event of it, a second life begins with the devices as they were at that
moment and with the journal up to there.
"""

import asyncio
import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import pytest

from avctl.clock import LoopClock
from avctl.model.booking import Booking, BookingKey, Needs
from avctl.model.command import TestClass
from avctl.model.event import (
    BookingChanged,
    CommandDone,
    Due,
    Event,
    Occupancy,
    PlayEnded,
    PlayStarted,
    StepDone,
    StepIntended,
    StepWaits,
)
from avctl.model.outcome import Verdict
from avctl.model.reading import Value
from tests.playbooks.conftest import Bench, Box, boxes

QUIET = ("pre-meeting", "shutdown")
"""These are for empty rooms, the others for meetings."""
OF_A_RUN = (PlayStarted, StepIntended, StepDone, StepWaits, PlayEnded)
Values = dict[str, dict[str, Value | None]]


@dataclass
class Moment:
    """An event of the first life, and what the devices said of themselves when it was published."""

    event: Event
    values: Values
    written: int


def _begin_test(bench: Bench, booking: Booking) -> None:
    due = Due("301", booking, "pre-meeting", "pre-meeting", TestClass.PERCEPTIBLE, "R1", "T-60")
    bench.site.publish(due)


def _begin_closing(bench: Bench, booking: Booking) -> None:
    bench.boxes["p"].values["power"] = "on"
    bench.site.publish(Due("301", booking, "shutdown", "shutdown", TestClass.DISRUPTIVE, "R22", "empty"))


def _lamp(bench: Bench, booking: Booking) -> None:
    bench.boxes["m"].values["scene"] = 5
    bench.boxes["p"].values["lamp.state"] = "error"


def _pack(bench: Bench, booking: Booking) -> None:
    bench.boxes["c"].values["bay.3.health"] = 60


def _cable(bench: Bench, booking: Booking) -> None:
    bench.boxes["m"].silent = True


PLAYS: dict[str, Callable[[Bench, Booking], None]] = {
    "pre-meeting": _begin_test,
    "shutdown": _begin_closing,
    "lamp-failure": _lamp,
    "mic-battery": _pack,
    "link-loss": _cable,
}


def _booking(clock: LoopClock, name: str) -> Booking:
    start = clock.now() + (3600 if name in QUIET else -600)
    return Booking(BookingKey("test", "b"), "301", start, start + 7200, Needs(mics=2, wireless=2, projection=True))


def _values(bench: Bench) -> Values:
    return {device: copy.copy(box.values) for device, box in bench.boxes.items()}


def _writes(made: dict[str, Box]) -> int:
    return sum(len(box.log) for box in made.values())


async def first_life(clock: LoopClock, name: str) -> tuple[list[Moment], Booking]:
    """The whole run, with a snapshot at every event of it."""
    bench = await Bench(clock, boxes(clock)).start()
    booking = _booking(clock, name)
    bench.site.publish(BookingChanged(booking))
    bench.people(Occupancy.FREE if name in QUIET else Occupancy.OCCUPIED)
    await asyncio.sleep(6)
    moments: list[Moment] = []
    hand_on = bench.bus.hand_on

    def record(event: Event) -> None:
        if isinstance(event.body, (*OF_A_RUN, CommandDone)):
            moments.append(Moment(event, _values(bench), _writes(bench.boxes)))
        hand_on(event)

    bench.bus.hand_on = record  # type: ignore[method-assign]
    PLAYS[name](bench, booking)
    await bench.ended()
    await bench.kill()
    return moments, booking


async def second_life(clock: LoopClock, name: str, moments: Sequence[Moment], cut: int, booking: Booking) -> Bench:
    """A daemon that finds the room and the journal as they were when event `cut` had been written."""
    made = boxes(clock)
    for device, box in made.items():
        box.values.update(moments[cut].values[device])
        box.silent = name == "link-loss" and device == "m"
        _go_on(box)
    bench = Bench(clock, made, first=100_000)
    bench.site.publish(BookingChanged(booking))
    bench.people(Occupancy.FREE if name in QUIET else Occupancy.OCCUPIED)
    written = [m.event for m in moments[: cut + 1] if isinstance(m.event.body, OF_A_RUN)]
    return await bench.start([written])


def _go_on(box: Box) -> None:
    """A lamp that was warming or cooling goes on doing so while nobody looks."""
    arrives = {"warming": "on", "cooling": "off"}.get(str(box.values.get("power")))
    if arrives:
        asyncio.get_running_loop().call_later(box.warm_up, box.values.__setitem__, "power", arrives)


def _later(booking: Booking, by: float) -> Booking:
    return replace(booking, start=booking.start + by, end=booking.end + by)


def _shift(moments: Sequence[Moment], by: float) -> list[Moment]:
    """The same moments as if the first life had ended just now."""

    def moved(event: Event) -> Event:
        body = event.body
        if isinstance(body, PlayStarted) and body.booking is not None:
            body = replace(body, booking=_later(body.booking, by))
        if isinstance(body, StepWaits):
            body = replace(body, until=body.until + by)
        return replace(event, at=event.at + by, body=body)

    return [Moment(moved(m.event), m.values, m.written) for m in moments]


@pytest.mark.parametrize("name", PLAYS)
async def test_wherever_the_cut_falls_nothing_is_done_twice_and_the_run_ends_once(clock: LoopClock, name: str) -> None:
    moments, booking = await first_life(clock, name)
    cuts = [i for i, m in enumerate(moments) if not isinstance(m.event.body, PlayEnded)]
    assert len(cuts) > 3
    for cut in cuts:
        by = clock.now() - moments[cut].event.at
        moved = _shift(moments, by)
        bench = await second_life(clock, name, moved, cut, _later(booking, by))
        ended = await bench.ended()
        where = f"cut after #{cut} {moments[cut].event.body}: {ended}"
        _once(bench, moved[: cut + 1], where)
        assert ended.restored, where
        assert ended.verdict in (Verdict.PASS, Verdict.MARGINAL), where
        await asyncio.sleep(120)
        assert len(bench.bodies(PlayEnded)) == 1, where
        _as_it_should_be(name, bench, where)
        await bench.kill()


def _once(bench: Bench, before: Sequence[Moment], where: str) -> None:
    """No step is done in both lives, and no value written that was there already."""
    done = {m.event.body.outcome.step for m in before if isinstance(m.event.body, StepDone)}
    again = {b.step for b in bench.bodies(StepDone)}
    assert not done & again, f"{where}: {done & again}"
    for box in bench.boxes.values():
        assert len(box.log) == len(set(box.log)), f"{where}: {box.log}"


def _as_it_should_be(name: str, bench: Bench, where: str) -> None:
    v = {device: box.values for device, box in bench.boxes.items()}
    if name == "pre-meeting":
        tone = (v["m"]["oscillator"], v["m"]["oscillator.level"], v["m"]["oscillator.destination"])
        assert tone == ("off", -60.0, "main"), where
        assert (v["p"]["power"], v["u"]["outlet.3.state"]) == ("on", "on"), where
    elif name == "lamp-failure":
        assert (v["s"]["power"], v["s"]["source"], v["m"]["scene"]) == ("on", "hdmi-1", 2), where
    elif name == "shutdown":
        assert (v["p"]["power"], v["u"]["outlet.3.state"], v["m"]["main.mute"]) == ("off", "off", "on"), where


async def _cut_while_the_tone_is_on(clock: LoopClock) -> tuple[list[Moment], int, Booking]:
    moments, booking = await first_life(clock, "pre-meeting")
    cut = next(i for i, m in enumerate(moments) if m.values["m"]["oscillator"] == "on")
    by = clock.now() - moments[cut].event.at
    return _shift(moments, by), cut, _later(booking, by)


async def test_a_run_whose_meeting_is_gone_puts_everything_back_and_ends(clock: LoopClock) -> None:
    moments, cut, booking = await _cut_while_the_tone_is_on(clock)
    bench = await second_life(clock, "pre-meeting", moments, cut, replace(booking, start=booking.start + 7200))
    ended = await bench.ended()
    assert (ended.ending, ended.restored, bench.boxes["m"].values["oscillator"]) == ("aborted", True, "off")
    await bench.kill()


async def test_a_run_that_was_away_for_too_long_is_put_back_not_gone_on_with(clock: LoopClock) -> None:
    moments, booking = await first_life(clock, "pre-meeting")
    cut = next(
        i for i, m in enumerate(moments) if isinstance(m.event.body, StepIntended) and m.event.body.step == "tone-on"
    )
    by = clock.now() - moments[cut].event.at - 900
    bench = await second_life(clock, "pre-meeting", _shift(moments, by), cut, _later(booking, by))
    ended = await bench.ended()
    assert (ended.ending, ended.restored) == ("interrupted", True)
    tone = bench.boxes["m"].values
    assert (tone["oscillator"], tone["oscillator.level"], tone["oscillator.destination"]) == ("off", -60.0, "main")
    await bench.kill()


async def test_a_playbook_that_is_not_there_any_more_still_puts_back_what_it_changed(clock: LoopClock) -> None:
    moments, cut, booking = await _cut_while_the_tone_is_on(clock)
    bench = Bench(clock, boxes(clock), first=100_000)
    for device, box in bench.boxes.items():
        box.values.update(moments[cut].values[device])
    bench.library.clear()
    bench.site.publish(BookingChanged(booking))
    await bench.start([[m.event for m in moments[: cut + 1] if isinstance(m.event.body, OF_A_RUN)]])
    ended = await bench.ended()
    assert (ended.ending, bench.boxes["m"].values["oscillator"]) == ("interrupted", "off")
    await bench.kill()


async def test_a_hand_that_came_between_wins(clock: LoopClock) -> None:
    moments, booking = await first_life(clock, "lamp-failure")
    cut = next(
        i for i, m in enumerate(moments) if isinstance(m.event.body, StepIntended) and m.event.body.step == "scene"
    )
    by = clock.now() - moments[cut].event.at
    moved = _shift(moments, by)
    moved[cut].values["m"]["scene"] = 7
    bench = await second_life(clock, "lamp-failure", moved, cut, _later(booking, by))
    ended = await bench.ended()
    assert (ended.verdict, bench.boxes["m"].values["scene"]) == (Verdict.MARGINAL, 7)
    await bench.kill()
