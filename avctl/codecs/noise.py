"""What every codec returns for bytes that are not its language."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Noise:
    """Bytes nobody could make sense of, kept (their beginning) so that a human can look at them."""

    raw: bytes

    KEPT: ClassVar[int] = 64  # bytes shown

    def __str__(self) -> str:
        more = f"… ({len(self.raw)} bytes)" if len(self.raw) > self.KEPT else ""
        return f"noise {self.raw[: self.KEPT]!r}{more}"
