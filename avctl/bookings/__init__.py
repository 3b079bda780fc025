"""Bookings: what is booked where, what it needs, and what is to be run for it when. It has never met a device."""
