"""What Prometheus scrapes: the state of every room, read at the scrape, and avctl's own pulse.

Names by Prometheus convention (base units, `_total`, `_seconds`, `_ratio`); label values only from closed sets and the
site file: room, device, part, health, cause, fault, phase, playbook. Never a person, a meeting or an error text. A
series more than a family may have is counted as overflow and not shown.

`Metrics` is a collector for prometheus_client, and writes the exposition itself in slices: generate_latest over ten
thousand series holds the loop for 190 ms. The part of a line before its value is kept from scrape to scrape.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SLICE = 250  # lines written before others get the loop
_MOST = 20_000  # series a family may have

Labels = tuple[str, ...]
Samples = Iterable[tuple[Labels, float]]


@dataclass(slots=True)
class Family:
    """One metric: its name without suffix, "gauge" or "counter", its sentence, its labels, and who knows its values."""

    name: str
    kind: str
    help: str
    labels: Labels
    samples: Callable[[], Samples]
    prefixes: dict[Labels, str] = field(default_factory=dict)

    @property
    def line_name(self) -> str:
        return self.name + "_total" if self.kind == "counter" else self.name

    def head(self) -> str:
        return f"# HELP {self.line_name} {self.help}\n# TYPE {self.line_name} {self.kind}\n"

    def prefix(self, values: Labels) -> str:
        """`avctl_device_up{room="301",device="r301-mixer"} `, made once."""
        shown = ",".join(f'{k}="{_escaped(v)}"' for k, v in zip(self.labels, values, strict=True))
        self.prefixes[values] = made = f"{self.line_name}{{{shown}}} " if shown else f"{self.line_name} "
        return made


class Metrics(Collector):
    """All families. Register it with a prometheus_client registry, or let `pages` write it."""

    def __init__(self, families: Iterable[Family] = ()) -> None:
        self.families = list(families)
        self.overflow = 0
        own = "Series not shown because their family is full"
        self.families.append(Family("avctl_series_overflow", "counter", own, (), lambda: [((), float(self.overflow))]))

    def add(self, families: Iterable[Family]) -> None:
        """More of them, from a part that has something to say."""
        self.families.extend(families)

    def collect(self) -> Iterator[Metric]:
        for family in self.families:
            kind = CounterMetricFamily if family.kind == "counter" else GaugeMetricFamily
            made = kind(family.name, family.help, labels=family.labels)
            for values, figure in self._bounded(family):
                made.add_metric(values, figure)
            yield made

    async def pages(self) -> AsyncIterator[bytes]:
        """The exposition in slices; between two of them the loop is others'."""
        lines: list[str] = []
        for family in self.families:
            lines.append(family.head())
            known, make = family.prefixes.get, family.prefix
            for values, figure in self._bounded(family):
                lines.append(f"{known(values) or make(values)}{figure!r}\n")
                if len(lines) >= _SLICE:
                    yield "".join(lines).encode()
                    lines.clear()
                    await asyncio.sleep(0)
        yield "".join(lines).encode()

    def _bounded(self, family: Family) -> Samples:
        samples = iter(family.samples())
        yield from islice(samples, _MOST)
        self.overflow += sum(1 for _ in samples)


class Lag:
    """How late the loop is: a look every half second, the worst of the last minute, and how often it was late."""

    EVERY, LATE, WINDOW = 0.5, 0.25, 120  # seconds, seconds, looks

    def __init__(self) -> None:
        self.late = 0
        self._seen: list[float] = []

    @property
    def worst(self) -> float:
        """Seconds, over the last minute."""
        return max(self._seen, default=0.0)

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + self.EVERY
            await asyncio.sleep(self.EVERY)
            lag = max(0.0, loop.time() - due)
            self.late += lag > self.LATE
            self._seen = [*self._seen[1 - self.WINDOW :], lag]


def gauge(name: str, help: str, samples: Callable[[], Samples], *labels: str) -> Family:
    return Family(name, "gauge", help, labels, samples)


def counter(name: str, help: str, samples: Callable[[], Samples], *labels: str) -> Family:
    """`name` without its `_total`."""
    return Family(name, "counter", help, labels, samples)


def one(figure: Callable[[], float]) -> Callable[[], Samples]:
    """The samples of a family without labels."""
    return lambda: [((), figure())]


def each(figures: Callable[[], Mapping[str, float]]) -> Callable[[], Samples]:
    """The samples of a family with one label."""
    return lambda: [((name,), figure) for name, figure in figures().items()]


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
