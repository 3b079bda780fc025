"""The scenes an installer leaves in a simulated desk, whatever its family: ten with names. The rest are empty.

Scene 2 `standard` and scene 5 `speech-only` are those a site names in its file; they differ in who is open, how far.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from simulators.desk_kind import Value
from simulators.desk_sound import FADER

LECTERN, CHAIR, HANDHELD_1, HANDHELD_2, LAPTOP_L, LAPTOP_R, LISTENER = 1, 3, 5, 6, 9, 10, 32
NAMES = {LECTERN: "Lectern", CHAIR: "Chair", HANDHELD_1: "Handheld 1", HANDHELD_2: "Handheld 2"}
NAMES |= {LAPTOP_L: "Laptop L", LAPTOP_R: "Laptop R", LISTENER: "Room mic"}
CONDENSERS = (LECTERN, CHAIR, LISTENER)
"""Dead without phantom power."""


@dataclass(frozen=True)
class Scene:
    """A name and every value it keeps."""

    name: str
    values: Mapping[str, Value]


@dataclass(frozen=True)
class Wish:
    """What a scene is for: channels open at so many dB (all others are muted and down), and the main fader."""

    name: str
    open_at: Mapping[int, float] = field(default_factory=dict)
    main: float = 0.0
    main_on: bool = True


def db(real: float) -> float:
    """A fader value for so many dB, on a step of the fader."""
    value = FADER.take(FADER.wire(real))
    assert isinstance(value, float)
    return value


_SPEECH = {LECTERN: -3.0, CHAIR: -3.0}
_HANDHELDS = {HANDHELD_1: -5.0, HANDHELD_2: -5.0}
_LAPTOP = {LAPTOP_L: -10.0, LAPTOP_R: -10.0}
WISHES = (
    Wish("all-down", main=-120.0),
    Wish("set-up", _SPEECH, main=-10),
    Wish("standard", {LECTERN: -5.0, CHAIR: -5.0} | _HANDHELDS | _LAPTOP),
    Wish("video-call", {LECTERN: -8.0, CHAIR: -8.0} | _LAPTOP, main=-3),
    Wish("music", {LAPTOP_L: -3.0, LAPTOP_R: -3.0}),
    Wish("speech-only", _SPEECH),
    Wish("presentation", {LECTERN: -5.0} | _LAPTOP),
    Wish("recording", _SPEECH | _HANDHELDS, main=-6),
    Wish("emergency", {LECTERN: 0.0}),
    Wish("mute-all", main_on=False),
)
"""Scenes 0 to 9."""
