"""The scenes stored in a simulated desk: ten with names, as an installer leaves them. The rest are empty.

Scene 2 `standard` and scene 5 `speech-only` are those a site names in its file; they differ in who is open, how far.
"""

from dataclasses import dataclass
from functools import cache

from simulators.x32_address import FACTORY, FADER, KINDS, SCENE_SCOPE
from simulators.x32_kind import Value

LECTERN, CHAIR, HANDHELD_1, HANDHELD_2, LAPTOP_L, LAPTOP_R, LISTENER = 1, 3, 5, 6, 9, 10, 32
NAMES = {LECTERN: "Lectern", CHAIR: "Chair", HANDHELD_1: "Handheld 1", HANDHELD_2: "Handheld 2"}
NAMES |= {LAPTOP_L: "Laptop L", LAPTOP_R: "Laptop R", LISTENER: "Room mic"}
CONDENSERS = (LECTERN, CHAIR, LISTENER)
"""Dead without phantom power."""


@dataclass(frozen=True)
class Scene:
    """A name and every value it keeps."""

    name: str
    values: dict[str, Value]


def db(real: float) -> float:
    """A fader value for so many dB, on a step of the fader."""
    value = FADER.take(FADER.wire(real))
    assert isinstance(value, float)
    return value


def scene(name: str, open_at: dict[int, float], main: float = 0.0, main_on: bool = True) -> Scene:
    """Channels in `open_at` are open with their fader at so many dB; all others are muted and down."""
    values = {at: value for at, value in FACTORY.items() if at.startswith(SCENE_SCOPE)}
    for channel in range(1, 33):
        at = f"/ch/{channel:02}"
        values[f"{at}/config/name"] = NAMES.get(channel, "")
        values[f"{at}/mix/on"] = int(channel in open_at or channel == LISTENER)
        values[f"{at}/mix/fader"] = db(open_at.get(channel, -120.0))
    for channel in CONDENSERS:
        values[f"/headamp/{channel - 1:03}/phantom"] = 1
    values[f"/ch/{LISTENER}/mix/st"] = 0  # it listens to the loudspeakers: routed there, it would howl
    for bus in range(1, 17):
        values[f"/bus/{bus:02}/mix/fader"] = db(0)
        values[f"/bus/{bus:02}/mix/st"] = 0
    values |= {"/main/st/mix/fader": db(main), "/main/st/mix/on": int(main_on)}
    assert values.keys() <= KINDS.keys()
    return Scene(name, values)


def shipped() -> dict[int, Scene]:
    """Scenes 0 to 9: a dictionary of one's own, of scenes that all desks share and none changes."""
    return dict(_shipped())


@cache
def _shipped() -> dict[int, Scene]:
    speech = {LECTERN: -3.0, CHAIR: -3.0}
    handhelds = {HANDHELD_1: -5.0, HANDHELD_2: -5.0}
    laptop = {LAPTOP_L: -10.0, LAPTOP_R: -10.0}
    return {
        0: scene("all-down", {}, main=-120.0),
        1: scene("set-up", speech, main=-10),
        2: scene("standard", {LECTERN: -5.0, CHAIR: -5.0} | handhelds | laptop),
        3: scene("video-call", {LECTERN: -8.0, CHAIR: -8.0} | laptop, main=-3),
        4: scene("music", laptop | {LAPTOP_L: -3.0, LAPTOP_R: -3.0}),
        5: scene("speech-only", speech),
        6: scene("presentation", {LECTERN: -5.0} | laptop),
        7: scene("recording", speech | handhelds, main=-6),
        8: scene("emergency", {LECTERN: 0.0}),
        9: scene("mute-all", {}, main_on=False),
    }
