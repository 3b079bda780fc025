"""What one device is still to be asked and told: the most urgent first, and of equals the oldest."""

import asyncio
import heapq
from dataclasses import dataclass, field

from avctl.model.command import Urgency
from avctl.model.errors import DeviceError
from avctl.model.ports import Query
from avctl.model.reading import Reading, Value


class Superseded(Exception):
    """A newer wish for the same point took the place of this one in the queue."""


@dataclass(slots=True)
class Job:
    """A question to be asked, or a value to be written, and who waits for it. `begun` is set when a write goes out."""

    query: Query | None = None
    point: str = ""
    value: Value = ""
    cause: int | None = None
    begun: asyncio.Event | None = None
    done: "asyncio.Future[Reading | None]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def finish(self, reading: Reading | None) -> None:
        if not self.done.done():
            self.done.set_result(reading)

    def fail(self, error: Exception) -> None:
        if not self.done.done():
            self.done.set_exception(error)


class Queue:
    """One device's. Whoever stops waiting for a job (cancels its future) takes it out."""

    def __init__(self) -> None:
        self._heap: list[tuple[Urgency, int, Job]] = []
        self._numbers = 0

    def __bool__(self) -> bool:
        return any(not job.done.done() for _, _, job in self._heap)

    def put(self, urgency: Urgency, job: Job) -> None:
        """Line up; a write takes the place of an older one for the same point."""
        if job.query is None:
            for _, _, other in self._heap:
                if other.query is None and other.point == job.point:
                    other.fail(Superseded(job.point))
        self._numbers += 1
        heapq.heappush(self._heap, (urgency, self._numbers, job))

    def take(self) -> Job | None:
        """The next job somebody still waits for."""
        while self._heap:
            _, _, job = heapq.heappop(self._heap)
            if not job.done.done():
                return job
        return None

    def give_up(self, error: DeviceError) -> None:
        """The device is down: nobody shall wait for it."""
        for _, _, job in self._heap:
            job.fail(error)
        self._heap.clear()
