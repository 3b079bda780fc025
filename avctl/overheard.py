"""What has passed on the wires of the devices, for people: with time, direction and meaning, as plain data for JSON.

Bytes stand as in a Python literal (`PWR?\\r`). The meaning is what our own decoder makes of what was heard.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from avctl.drivers.registry import ring_of
from avctl.edges.moment import iso
from avctl.engine.site import Site
from avctl.model.ports import Driver
from avctl.transports.tap import Entry, Ring, struck

LONGEST_WAIT = 20.0  # s one question waits for something to pass
FROZEN = 60  # entries kept with a failed step


class Overheard:
    """All wires of one daemon. `drivers` by device, `now` gives the loop's seconds."""

    def __init__(self, site: Site, drivers: Mapping[str, Driver], now: Callable[[], float]) -> None:
        self._site, self._drivers, self._now = site, drivers, now

    async def told(self, device: str, after: int, wait: float, scrub: bool) -> Mapping[str, Any]:
        """The entries above number `after`, waiting up to `wait` seconds for one. Raises LookupError, in words."""
        ring = self._ring(device)
        await ring.more(after, min(wait, LONGEST_WAIT))
        found = [entry for entry in self._shown(device, ring, scrub) if entry["n"] > after]
        lost = (found[0]["n"] if found else ring.last + 1) - after - 1
        spec = self._site.house.devices[device]
        about = {"device": device, "driver": spec.driver, "scheme": spec.url.partition(":")[0], "worded": ring.worded}
        return {
            "v": 1,
            **about,
            "now": self._now(),
            "last": ring.last,
            "lost": max(0, lost) if after else 0,
            "entries": found,
        }

    def frozen(self, device: str) -> Sequence[Mapping[str, Any]]:
        """The last that passed, to be kept with what went wrong; nothing for a device without a record."""
        driver = self._drivers.get(device)
        ring = ring_of(driver) if driver else None
        return self._shown(device, ring, scrub=False)[-FROZEN:] if ring else ()

    def _ring(self, device: str) -> Ring:
        driver = self._drivers.get(device)
        if driver is None:
            raise LookupError(f"no device {device!r}")
        if (ring := ring_of(driver)) is None:
            raise LookupError(f"{device}: driver {self._site.house.devices[device].driver} keeps no record of its wire")
        return ring

    def _shown(self, device: str, ring: Ring, scrub: bool) -> list[dict[str, Any]]:
        entries, marks = ring.entries(), self._serials(device) if scrub else ()
        since = self._site.clock.now() - self._now()
        means = meanings(entries, getattr(self._drivers[device], "decoder", None))
        return [
            _line(entry, since, "" if scrub else meaning, struck(entry.data, marks), ring.worded)
            for entry, meaning in zip(entries, means, strict=True)
        ]

    def _serials(self, device: str) -> tuple[bytes, ...]:
        """Every serial number the device is known to have told, and the one the site file has."""
        readings = self._site.device(device).readings.values()
        told = [str(r.value) for r in readings if r.value is not None and f".{r.point}".endswith((".serial", ".mac"))]
        written = self._site.house.devices[device].asset.get("serial")
        known = {said for said in [*told, str(written or "")] if len(said) > 2}
        return tuple(said.encode() for said in sorted(known, key=len, reverse=True))


def meanings(entries: Iterable[Entry], decoder: Callable[[], Any] | None) -> list[str]:
    """What each entry that was heard means, "" for one that completes no message; a new conversation starts afresh."""
    made = decoder() if decoder else None
    found = []
    for entry in entries:
        if entry.way == "open" and decoder:
            made = decoder()
        heard = made.feed(entry.data) if made is not None and entry.way == "in" else ()
        found.append("; ".join(repr(message) for message in heard))
    return found


def literal(data: bytes) -> str:
    """Bytes as they stand in a Python literal, without its quotes."""
    return repr(data + b'"')[2:-2]  # a double quote in it makes repr choose single ones, always


def _line(entry: Entry, since: float, meaning: str, data: bytes, worded: bool) -> dict[str, Any]:
    shown = {"n": entry.number, "ts": iso(since + entry.at), "at": round(entry.at, 6), "way": entry.way}
    if worded and data:
        return {**shown, "data": data.decode(errors="replace"), "means": ""}
    return {**shown, "data": literal(data), "hex": data.hex(), "means": meaning} if entry.data else shown
