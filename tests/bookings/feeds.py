"""Calendars by hand, as producers write them. Nothing here comes out of a library."""

HEAD = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n"
TAIL = "END:VCALENDAR\r\n"


def calendar(*events: str, head: str = "") -> bytes:
    return (HEAD + head + "".join(events) + TAIL).encode()


def event(uid: str = "a", *lines: str, start: str = "", end: str = "", location: str = "301") -> str:
    """An event on Monday 2026-09-14, ten to eleven in Shanghai, unless `start` and `end` say otherwise."""
    when = [start or "DTSTART;TZID=Asia/Shanghai:20260914T100000", end or "DTEND;TZID=Asia/Shanghai:20260914T110000"]
    kept = [line for line in (*when, *lines) if line != "-"]
    inner = "\r\n".join([f"UID:{uid}", "DTSTAMP:20260901T000000Z", *kept, f"LOCATION:{location}"])
    return f"BEGIN:VEVENT\r\n{inner}\r\nEND:VEVENT\r\n"
