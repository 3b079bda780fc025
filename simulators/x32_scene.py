"""The ten scenes of an installer, as an X32 keeps them: numbered from 0."""

from functools import cache

from simulators.desk_kind import Value
from simulators.desk_scene import CONDENSERS, LISTENER, NAMES, WISHES, Scene, Wish, db
from simulators.x32_address import FACTORY, KINDS, SCENE_SCOPE


def shipped() -> dict[int, Scene]:
    """Scenes 0 to 9: a dictionary of one's own, of scenes that all desks share and none changes."""
    return dict(_shipped())


@cache
def _shipped() -> dict[int, Scene]:
    return {number: _scene(wish) for number, wish in enumerate(WISHES)}


def _scene(wish: Wish) -> Scene:
    values: dict[str, Value] = {at: value for at, value in FACTORY.items() if at.startswith(SCENE_SCOPE)}
    for channel in range(1, 33):
        at = f"/ch/{channel:02}"
        values[f"{at}/config/name"] = NAMES.get(channel, "")
        values[f"{at}/mix/on"] = int(channel in wish.open_at or channel == LISTENER)
        values[f"{at}/mix/fader"] = db(wish.open_at.get(channel, -120.0))
    for channel in CONDENSERS:
        values[f"/headamp/{channel - 1:03}/phantom"] = 1
    values[f"/ch/{LISTENER}/mix/st"] = 0  # it listens to the loudspeakers: routed there, it would howl
    for bus in range(1, 17):
        values[f"/bus/{bus:02}/mix/fader"] = db(0)
        values[f"/bus/{bus:02}/mix/st"] = 0
    values |= {"/main/st/mix/fader": db(wish.main), "/main/st/mix/on": int(wish.main_on)}
    assert values.keys() <= KINDS.keys()
    return Scene(wish.name, values)
