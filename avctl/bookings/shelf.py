"""Bookings on disk: small JSON files in the state folder, replaced whole, readable by their owner only.

What lies there was shaped here; what cannot be read is treated as absent and said so, for a booking source must
never keep the daemon from starting.
"""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from avctl.model.booking import Booking, BookingKey, Level, Needs, Status


class Shelf:
    """One file: `put` replaces it, `get` gives what lies there. Without a folder nothing is kept."""

    def __init__(self, folder: Path | None, name: str) -> None:
        self._path = folder / f"bookings-{name}.json" if folder else None

    def get(self) -> Mapping[str, Any]:
        """What was put last; {} when there is nothing, or nothing readable."""
        if self._path is None:
            return {}
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def put(self, document: Mapping[str, Any]) -> None:
        """Replace the file; after a power cut it is the old one or the new one. Raises OSError."""
        if self._path is None:
            return
        draft = self._path.with_suffix(".new")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(document, file, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)


def packed(bookings: Iterable[Booking]) -> list[dict[str, Any]]:
    return [asdict(booking) for booking in bookings]


def unpacked(rows: Iterable[Mapping[str, Any]]) -> list[Booking]:
    """The bookings in `rows`; a row of another version of avctl, or a damaged one, is left out."""
    found = []
    for row in rows:
        try:
            found.append(_booking(dict(row)))
        except (TypeError, ValueError, KeyError):
            continue
    return found


def key_of(row: Mapping[str, Any]) -> BookingKey:
    return BookingKey(str(row["source"]), str(row["uid"]), str(row["recurrence"]))


def _booking(row: dict[str, Any]) -> Booking:
    needs = dict(row.pop("needs"))
    needs["level"] = Level(needs["level"])
    status = Status(row.pop("status"))
    key = key_of(row.pop("key"))
    return Booking(key=key, needs=Needs(**needs), status=status, **row)
