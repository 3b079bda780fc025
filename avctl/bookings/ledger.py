"""Bookings as they stand, held against how they stood: what is new, moved, changed or gone. Pure.

What was given up (a cancelled meeting, the old place of a moved one) stays for a day as a cancelled booking, for its
room may have been made ready and has to be put away.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from avctl.model.booking import Booking, BookingKey, Status
from avctl.model.event import BookingChanged, Event

_KEPT = 86_400.0  # s after its end


class Ledger:
    """The present bookings by key."""

    def __init__(self) -> None:
        self.bookings: dict[BookingKey, Booking] = {}
        self._given_up: dict[tuple[BookingKey, str, float], Booking] = {}
        self._recalled: dict[BookingKey, Booking] = {}

    def recall(self, event: Event) -> None:
        """Take in an event of an earlier life."""
        if isinstance(event.body, BookingChanged):
            booking, before = event.body.booking, event.body.before
            self._give_up(booking, before)
            if booking.status is Status.CANCELLED:
                self._recalled.pop(booking.key, None)
            else:
                self._recalled[booking.key] = booking

    def replace(self, booked: Iterable[Booking], waiting: Collection[str], now: float) -> Iterator[BookingChanged]:
        """The differences, once each; `waiting` are sources not heard yet, whose silence means nothing."""
        present = _one_of_each(booked)
        for key, booking in present.items():
            before = self.bookings.get(key) or self._recalled.pop(key, None)
            if key not in self.bookings or booking != before:
                self._give_up(booking, before)
                yield BookingChanged(booking, before if booking != before else None)
        for key, before in [*self.bookings.items(), *self._recalled.items()]:
            if key not in present and (key in self.bookings or key.source not in waiting):
                yield from self._gone(before, now)
        self._recalled = {k: b for k, b in self._recalled.items() if k.source in waiting}
        self.bookings = present
        self._given_up = {k: b for k, b in self._given_up.items() if b.end > now - _KEPT}

    def standing(self) -> Iterator[Booking]:
        """Everything the plan has to know of: present bookings, and cancelled ones that may need putting away."""
        yield from self.bookings.values()
        present = {(b.key, b.room, b.start) for b in self.bookings.values()}
        yield from (b for place, b in self._given_up.items() if place not in present)

    def _gone(self, before: Booking, now: float) -> Iterator[BookingChanged]:
        if before.end <= now:
            return  # it is over; calendars forget what is past
        cancelled = replace(before, status=Status.CANCELLED)
        self._give_up(cancelled, before)
        yield BookingChanged(cancelled, before)

    def _give_up(self, booking: Booking, before: Booking | None) -> None:
        old = booking if booking.status is Status.CANCELLED else before
        if old and (booking.status is Status.CANCELLED or (old.room, old.start) != (booking.room, booking.start)):
            self._given_up[old.key, old.room, old.start] = replace(old, status=Status.CANCELLED)


def _one_of_each(booked: Iterable[Booking]) -> dict[BookingKey, Booking]:
    """By key; the same meeting in two sources (same room, same times) is one, the first source's."""
    found: dict[BookingKey, Booking] = {}
    places: dict[tuple[str, float, float], BookingKey] = {}
    for booking in booked:
        twin = places.setdefault((booking.room, booking.start, booking.end), booking.key)
        if twin.source == booking.key.source:
            found[booking.key] = booking
        elif not found[twin].needs.stated and booking.needs.stated:
            found[twin] = replace(found[twin], needs=booking.needs)
    return found
