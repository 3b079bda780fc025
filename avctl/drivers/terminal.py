"""What all video-conference terminals have in common: the points, and numbers that have words.

Whom a terminal calls is nobody's business: `dial` says "none", a word of the site file such as "loopback", or "other".
Setting it to such a word calls that number; setting it to "none", or `call` to "idle", hangs up.
"""

from collections.abc import Iterator, Mapping

from pydantic import Field, field_validator

from avctl.drivers.base import Options, Secret
from avctl.model.errors import Refused
from avctl.model.point import Point

CALL_WORDS = ("idle", "dialling", "ringing", "connected")
NONE, OTHER = "none", "other"


class TerminalOptions(Options):
    """`numbers` gives numbers words, above all `loopback`: one that answers by itself and says everything back."""

    numbers: Mapping[str, str] = Field(default_factory=dict)
    user: str = "admin"
    password: Secret | None = None

    @field_validator("numbers")
    @classmethod
    def _no_words_of_ours(cls, numbers: Mapping[str, str]) -> Mapping[str, str]:
        if taken := {NONE, OTHER} & set(numbers):
            raise ValueError(f"{', '.join(sorted(taken))} cannot be the word of a number; it has a meaning already")
        return numbers

    def number(self, device: str, word: str) -> str:
        """The number to call. Raises Refused for a word the site does not have."""
        if word in self.numbers:
            return self.numbers[word]
        known = ", ".join(self.numbers) or "none in the site file"
        raise Refused(f"{device} has no number {word}; its numbers: {known}")

    def called(self, number: str) -> str:
        """The word for a number the terminal names: "sip:echo@example.org" is "echo@example.org"."""
        plain = _bare(number)
        return next((word for word, known in self.numbers.items() if _bare(known) == plain), OTHER)


def points(manual: str, options: TerminalOptions) -> Iterator[Point]:
    """The points of a terminal."""

    def point(name: str, doc: str, words: tuple[str, ...], writable: bool = False) -> Point:
        return Point(name, doc, manual, words=words, writable=writable)

    yield point("registered", "Whether its exchange knows it: otherwise nobody can call it.", ("yes", "no"))
    yield point("call", "The call it is in; set to idle, it hangs up.", CALL_WORDS, True)
    words = (NONE, OTHER, *options.numbers)
    yield point("dial", "Whom it is connected to, by a word of the site file; set, it calls or hangs up.", words, True)
    yield point("standby", "Whether it sleeps.", ("on", "off"), True)
    yield point("mic-mute", "Its microphones silenced.", ("on", "off"), True)
    yield Point("volume", "Loudness of its loudspeakers.", manual, "%", low=0, high=100, writable=True)


def _bare(number: str) -> str:
    scheme, colon, rest = number.partition(":")
    return (rest if colon and scheme.lower() in ("sip", "sips", "h323", "spark") else number).casefold()
