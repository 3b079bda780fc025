"""What rooms are called: by their id, by their names, and by the words of a source. Pure."""

import unicodedata
from collections.abc import Mapping

from avctl.model.house import House


def words(name: str) -> str:
    """A room's name without the differences nobody means: width, case, spaces."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def names_of(house: House, aliases: Mapping[str, str]) -> dict[str, str]:
    """Every word for a room, and its id; the words of the source itself come first."""
    own = {words(name): room.id for room in house.rooms.values() for name in (*room.names.values(), room.id)}
    return own | {words(alias): room for alias, room in aliases.items()}
