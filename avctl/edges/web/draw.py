"""Draws rooms as HTML: the same card for the wall, the room's own page and the live stream."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from avctl.edges import moment, sight
from avctl.edges.step import Step, Steps
from avctl.edges.web.asked import Asked
from avctl.edges.words import Words
from avctl.engine.condition import sentence
from avctl.engine.site import Site
from avctl.locale import has, point_name, text
from avctl.model.event import Event
from avctl.model.outcome import Verdict

_HERE = Path(__file__).parent


class Draw:
    """Knows the site, what the page may ask for, and the steps of recent runs."""

    def __init__(self, site: Site, asked: Asked, steps: Steps) -> None:
        self._site, self._asked, self._steps = site, asked, steps
        self._jinja = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=select_autoescape(default=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._jinja.globals["shape"] = sight.SHAPE

    def order(self) -> list[str]:
        """Rooms, the one that needs a human first on top; equal ones as the site file has them."""
        ranks = {id: sight.room(self._site, id)["rank"] for id in self._site.rooms}
        return sorted(ranks, key=lambda id: -ranks[id])

    def card(self, room: str, language: str, whole: bool = False) -> str:
        """One room."""
        return self._page("card.html", language, room=self.room(room, language), whole=whole)

    def wall(self, language: str) -> str:
        """All rooms."""
        cards = [Markup(self.card(id, language)) for id in self.order()]  # noqa: S704 - drawn by our own template
        return self._page("wall.html", language, cards=cards, here="/", watch="")

    def room_page(self, room: str, language: str) -> str:
        card = Markup(self.card(room, language, whole=True))  # noqa: S704 - drawn by our own template
        values = {d.id: sight.values(self._site, d.id) for d in self._site.house.devices_of(room)}
        name = self._site.house.rooms[room].name(language)
        return self._page("room.html", language, card=card, values=values, name=name, here=f"/room/{room}", watch=room)

    def why(self, seq: int, chain: Sequence[Event], language: str) -> str:
        """An event and its causes."""
        words = Words(self._site, language)
        shown = [{"seq": e.seq, "ts": moment.iso(e.at), "words": words.detailed(e)} for e in chain]
        return self._page("why.html", language, seq=seq, chain=shown, here=f"/why/{seq}", watch="-")

    def room(self, id: str, language: str) -> dict[str, Any]:
        """The sight of a room with every word a person reads."""
        sight_of = sight.room(self._site, id)
        spec = self._site.house.rooms[id]
        roles = {node: role for role, node in reversed(list(spec.roles.items())) if "." not in node}
        for fault in sight_of["faults"]:
            fault["role"] = roles.get(fault["device"], "")
        for device in sight_of["devices"]:
            device["role"] = roles.get(device["device"], "")
            device["sentence"] = self._sentence(device["device"], language)
        for run in [*sight_of["runs"], *sight_of["last_runs"]]:
            self._dress(run, id, language)
        menu = self._asked.menu(id)
        return {**sight_of, "title": spec.name(language), "menu": [i for i in menu if i.fallback], "tests": menu != ()}

    def _dress(self, run: dict[str, Any], room: str, language: str) -> None:
        titles = {item.name: item.title(language) for item in self._asked.menu(room)}
        run["title"] = titles.get(run["playbook"], run["playbook"])
        run["trail"] = [self._step(step, run["playbook"], language) for step in self._steps.of(run["run"])]
        run["report"] = self._report(run["run"])

    def _step(self, step: Step, playbook: str, language: str) -> dict[str, Any]:
        outcome, doing = step.outcome, self._asked.step(playbook, step.id, language) or step.doing
        done = None if outcome is None else sight.verdict_mark(outcome.verdict)
        said = "" if outcome is None or outcome.verdict is Verdict.PASS else outcome.said
        return {"doing": doing, "mark": done, "said": said, "saw": outcome.saw if outcome else ""}

    def _report(self, run: str) -> str:
        """Where the report of a run can be read, if there is one."""
        number = self._asked.report(run)
        return f"/reports/{number}.html" if number else ""

    def _sentence(self, device: str, language: str) -> str:
        spec, zone = self._site.house.devices[device], self._site.house.timezone
        return sentence(self._site.condition(device), spec, language, lambda at: moment.clock_second(at, zone))

    def _page(self, page: str, language: str, /, **given: Any) -> str:
        template = self._jinja.get_template(page)
        return template.render(**given, **self._words(language))

    def _words(self, language: str) -> Mapping[str, Any]:
        def said(id: str, /, **figures: object) -> str:
            return text(id, language, **figures)

        def named(kind: str, name: object) -> str:
            """The word for something named by data; its name as it is where there is none."""
            if kind == "point":
                return point_name(str(name), language)
            id = f"{kind}.{name}"
            return text(id, language) if has(id, language) else str(name)

        def at(iso: str, form: str = "minute") -> str:
            when = datetime.fromisoformat(iso).timestamp()
            shown = moment.clock_second if form == "second" else moment.clock_time
            return shown(when, self._site.house.timezone)

        now = self._site.clock.now()
        return {
            "t": said,
            "named": named,
            "at": at,
            "language": language,
            "site": self._site.house.name,
            "zone": self._site.house.timezone,
            "now": moment.iso(now),
            "figure": _figure,
            "part": lambda name: _part(name, language),
        }


def _figure(value: object, unit: str = "") -> str:
    """A value with its unit, as people write it: "−20.3 dBFS", "410 h", "97 %"."""
    if isinstance(value, float):
        value = f"{round(value, 1) + 0.0:.1f}".removesuffix(".0")  # + 0.0: there is no minus nought
    shown = "–" if value is None else str(value).replace("-", "−", 1) if _is_number(value) else str(value)
    return f"{shown}\N{NARROW NO-BREAK SPACE}{unit}" if unit and value is not None else shown


def _part(name: str, language: str) -> str:
    """A sub-unit as people call it: "bay.3" is "3 号仓"."""
    kind, _, number = name.rpartition(".")
    id = f"part.{kind}" if kind else f"part.{name}"
    return text(id, language, number=number) if has(id, language) else name


def _is_number(value: object) -> bool:
    return str(value).removeprefix("-").replace(".", "", 1).isdigit()
