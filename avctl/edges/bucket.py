"""How often one asker may ask: so many at once, so many a second after that. Loop seconds, no timer."""

from collections import OrderedDict

_MOST = 1000  # askers remembered


class Bucket:
    """Tokens for one asker."""

    __slots__ = ("_at", "_left")

    def __init__(self, burst: float, now: float) -> None:
        self._left, self._at = burst, now

    def take(self, rate: float, burst: float, now: float) -> bool:
        """Whether one more may come now."""
        self._left = min(burst, self._left + (now - self._at) * rate)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Buckets:
    """One bucket for each asker; `refused` counts what was too much."""

    def __init__(self, rate: float = 10.0, burst: float = 20.0) -> None:
        self._rate, self._burst = rate, burst
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()
        self.refused = 0

    def take(self, asker: str, now: float) -> bool:
        """Whether `asker` may ask once more now."""
        bucket = self._buckets.setdefault(asker, Bucket(self._burst, now))
        self._buckets.move_to_end(asker)
        while len(self._buckets) > _MOST:
            self._buckets.popitem(last=False)
        allowed = bucket.take(self._rate, self._burst, now)
        self.refused += not allowed
        return allowed
