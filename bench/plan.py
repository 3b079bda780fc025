"""A day's plan: 500 bookings in 50 rooms, planned whole, beside merely sorting and copying them, in the same run.

The daemon plans one room at a time, when something in it has changed; this is what planning all of them costs, as
after a jump of the clock. Goal: well under a second.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from statistics import median

from avctl.bookings.history import History
from avctl.bookings.plan import plan
from avctl.bookings.rule import Rules, Sight
from avctl.model.booking import Booking, BookingKey, Needs
from avctl.model.event import BookingChanged, Event, Occupancy

ROOMS, MEETINGS, ROUNDS = 50, 10, 20
MORNING = 1_789_344_000.0
PAUSES = (0.0, 300.0, 900.0, 1800.0)  # s between meetings: back to back, short, long enough


def main() -> None:
    booked = [b for room in range(ROOMS) for b in _day(str(room))]
    history = History()
    for seq, booking in enumerate(booked):
        history.take(Event(seq, 0.0, None, BookingChanged(booking)))
    sights = {str(room): Sight(Occupancy.FREE) for room in range(ROOMS)}
    floor = _took(lambda: sorted((replace(b) for b in booked), key=lambda b: (b.start, b.room)))
    whole = _took(lambda: plan(booked, sights, history, MORNING - 7200, Rules()))
    lines = len(plan(booked, sights, history, MORNING - 7200, Rules()))
    print(f"{'sorted and copied':<32}{floor * 1000:8.2f} ms")
    print(f"{f'planned, {lines} decisions':<32}{whole * 1000:8.2f} ms   {len(booked)} bookings, {ROOMS} rooms")


def _day(room: str) -> list[Booking]:
    found, at = [], MORNING
    for n in range(MEETINGS):
        found.append(Booking(BookingKey("desk", f"{room}-{n}"), room, at, at + 2700, Needs(mics=n)))
        at += 2700 + PAUSES[n % len(PAUSES)]
    return found


def _took(work: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return median(times)
