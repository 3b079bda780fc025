"""Notices to people, into the log: one line each, in the site's language, with whom it is for and how grave it is.

MQTT carries the same notices as events, so whoever listens there needs nothing from here.
"""

import structlog

from avctl.edges.words import Words
from avctl.engine.site import Site
from avctl.model.event import (
    Dropped,
    FaultCleared,
    FaultRaised,
    Held,
    Notice,
    PlayEnded,
    ReachChanged,
    Released,
    SourceTrouble,
)

_TOLD = (Notice, FaultRaised, FaultCleared, ReachChanged, SourceTrouble, PlayEnded, Dropped, Held, Released)

log = structlog.get_logger("avctl.notice")


class Notify:
    """A subscriber that writes what people should know."""

    def __init__(self, site: Site) -> None:
        self._words = Words(site, site.house.language)
        self._subscription = site.bus.subscribe("notify", lambda body: isinstance(body, _TOLD), settled=True)

    async def run(self) -> None:
        """Until the bus closes."""
        async for event in self._subscription:
            sentence = self._words.sentence(event)
            if not sentence:
                continue
            if isinstance(event.body, Notice):
                log.warning(sentence, seq=event.seq, to=event.body.to, severity=event.body.severity)
            else:
                log.info(sentence, seq=event.seq)
