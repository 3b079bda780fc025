"""What the page asks of parts it does not know: the archive's questions, the plan, the playbooks a room has."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from avctl.archive import memory, questions, sheets
from avctl.archive.asked import Asked as Of
from avctl.archive.reader import Reader
from avctl.bookings.diary import Diary
from avctl.edges.moment import iso
from avctl.edges.web.asked import Asked, Item
from avctl.engine.site import Site
from avctl.locale import LANGUAGES
from avctl.model.event import Event
from avctl.overheard import Overheard
from avctl.playbooks.filing import Filing
from avctl.playbooks.model import Kind, Playbook

_FIELDS = ("room", "device", "model", "run")


class Answers:
    """One per daemon; `asked` is what the page is handed."""

    def __init__(
        self,
        site: Site,
        reader: Reader,
        diary: Diary,
        library: Mapping[str, Playbook],
        filing: Filing,
        overheard: Overheard,
    ) -> None:
        self._site, self._reader, self._diary, self._library, self._filing = site, reader, diary, library, filing
        self.asked = Asked(
            why=self._why,
            events=self._events,
            archive=self._archive,
            plan=self._plan,
            menu=self._menu,
            step=self._step,
            wire=overheard.told,
            report=self._report,
            reports=filing.folder,
        )

    async def _why(self, seq: int) -> Sequence[Event]:
        return await self._reader.asked(memory.why, seq)

    async def _events(self, since: int, limit: int) -> Sequence[Event]:
        return await self._reader.asked(memory.after, since, limit)

    async def _archive(self, question: str, given: Mapping[str, str]) -> Any:
        """Raises LookupError for a question there is not, ValueError for a field that is none."""
        if unknown := set(given) - {*_FIELDS, "limit", "lang"}:
            raise ValueError(f"{', '.join(sorted(unknown))}: not asked about; known are {', '.join(_FIELDS)}, limit")
        if not (limit := given.get("limit", "200")).isdecimal():
            raise ValueError(f"limit: {limit!r} is no number")
        fields: dict[str, Any] = {key: given[key] for key in _FIELDS if key in given}
        asked = Of(now=self._site.clock.now(), limit=min(int(limit), 1000), **fields)
        tables = await self._reader.asked(questions.ask, question, asked)
        return json.loads(sheets.render(tables, "json", "en", self._site.house.timezone))

    def _plan(self, room: str) -> Sequence[Mapping[str, Any]]:
        return [
            {
                "at": iso(d.when),
                "room": d.room,
                "stage": d.stage,
                "rule": d.rule,
                "act": d.act.value,
                "meeting": d.booking.short,
                "why": {language: self._diary.why(d.why, language) for language in LANGUAGES},
            }
            for d in self._diary.plan(room or None)
        ]

    def _menu(self, room: str) -> Sequence[Item]:
        return [
            Item(p.name, p.title, p.kind is Kind.FALLBACK)
            for p in self._library.values()
            if not p.rooms or room in p.rooms
        ]

    def _step(self, playbook: str, step: str, language: str) -> str:
        found = self._library.get(playbook)
        named = next((s for s in found.walk() if step == s.id or step.startswith(f"{s.id}-")), None) if found else None
        return named.title.get(language, "") if named else ""

    def _report(self, run: str) -> str:
        found = self._filing.filed.get(run)
        return found.number if found else ""
