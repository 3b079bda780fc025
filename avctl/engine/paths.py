"""Who plays which role, and what hangs on what: the drawing of the building as a graph.

Playbooks say `main-display.power` and never a model; this file says which device that is. The links of the site file
say what feeds (electrically) and what reaches (by signal) what; from them come the blast radius of a fault, the
suppression of faults that only follow from another, and the candidates for taking over a role.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from avctl.model.house import House, Link, RoomSpec, Tie

Address = tuple[str, str]
"""A device (or fixture) and what of it is meant: a point or a part, "" for the whole."""


def resolve(house: House, room: str, text: str) -> Address:
    """Turn `presenter-mic.mute` into ("r301-mixer", "channel.01.mute"); plain device ids work as well.

    Raises LookupError that names the nearest role or device of the room.
    """
    head, _, rest = text.partition(".")
    spec = house.rooms.get(room)
    if spec is None:
        raise LookupError(f"no room {room!r}: {nearest(room, house.rooms)}")
    if bound := spec.roles.get(head):
        device, part = split(bound)
        return device, ".".join(filter(None, (part, rest)))
    if head in house.devices or head in house.fixtures:
        return head, rest
    names = [*spec.roles, *(device.id for device in house.devices_of(room))]
    raise LookupError(f"room {room} has no role or device {head!r}: {nearest(head, names)}")


def split(node: str) -> Address:
    """`r301-mixer.channel.01` is ("r301-mixer", "channel.01")."""
    device, _, part = node.partition(".")
    return device, part


def nearest(wrong: str, valid: Iterable[str]) -> str:
    """What would have been right: the nearest valid name, or all of them if none is near."""
    names = sorted(set(valid))
    if found := get_close_matches(wrong, names, 1, 0.5):
        return f"did you mean {found[0]!r}?"
    return f"known are {', '.join(names)}" if names else "none is known"


def roles_of(room: RoomSpec, device: str) -> dict[str, str]:
    """The roles a device plays in a room, each with the part that plays it ("" for the whole device)."""
    bound = {role: split(node) for role, node in room.roles.items()}
    return {role: part for role, (owner, part) in bound.items() if owner == device}


def candidates(room: RoomSpec, role: str) -> tuple[str, ...]:
    """Who could take over `role`: its named spares first, then roles of the same kind (`side-display`)."""
    kind, held = role.rpartition("-")[2], room.roles.get(role)
    akin = (other for other in room.roles if other != role and other.rpartition("-")[2] == kind)
    found = [*room.spares.get(role, ()), *(room.roles[other] for other in akin)]
    return tuple(dict.fromkeys(node for node in found if node != held))


def feeding(links: Iterable[Link], node: str) -> tuple[str, ...]:
    """The outlets that power `node`, or the device it is a part of."""
    owner, _ = split(node)
    return tuple(link.source for link in links if link.tie is Tie.FEEDS and link.target in (node, owner))


def fed_by(links: Iterable[Link], node: str) -> tuple[str, ...]:
    """What goes dark when `node` does: `r301-pdu.outlet.3` feeds r301-projector."""
    return tuple(link.target for link in links if link.tie is Tie.FEEDS and _within(link.source, node))


def affected(links: Iterable[Link], node: str) -> tuple[str, ...]:
    """Everything a fault of `node` takes with it, nearest first; a device takes its parts, a part only itself."""
    drawn, reached = tuple(links), dict.fromkeys([node])
    waiting = deque(reached)
    while waiting:
        here = waiting.popleft()
        for link in drawn:
            if _within(link.source, here) and link.target not in reached:
                reached[link.target] = None
                waiting.append(link.target)
    return tuple(reached)[1:]


def reaches_kind(house: House, node: str, kind: str) -> bool:
    """Whether the signal leaving `node` arrives at a fixture of `kind` ("loudspeaker") by way of the drawing."""
    signal = (link for link in house.links if link.tie is Tie.REACHES)
    return any(name in house.fixtures and house.fixtures[name].kind == kind for name in affected(signal, node))


def shortest(links: Iterable[Link], start: str, end: str) -> tuple[str, ...]:
    """The shortest way of a signal from `start` to `end`, both included; () when there is none.

    What enters a device may leave it by any of its parts: a mixer's channel by its main.
    """
    drawn = tuple(link for link in links if link.tie is Tie.REACHES)
    ways: dict[str, tuple[str, ...]] = {start: (start,)}
    waiting = deque(ways)
    while waiting:
        here = waiting.popleft()
        if here == end:
            return ways[here]
        for there in _onward(drawn, here):
            if there not in ways:
                ways[there] = (*ways[here], there)
                waiting.append(there)
    return ()


def _onward(links: tuple[Link, ...], here: str) -> Iterator[str]:
    owner, _ = split(here)
    for link in links:
        if link.source == here:
            yield link.target
        elif split(link.source)[0] == owner:
            yield link.source


def _within(node: str, whole: str) -> bool:
    return node == whole or node.startswith(whole + ".")
