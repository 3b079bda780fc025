"""How Sennheiser devices speak: Sound Control (SSC v1), JSON over UDP, port 45. What makes it worth testing against:

1. An answer repeats the value that was really taken: out of range is clamped, and nobody is told. 2. A subscription
dies silently but for one datagram (error 310), and with it every push. 3. `/osc/xid` comes back with the answer; the
acknowledgement of a subscription holds the key "osc" twice. 4. Errors are trees of codes: 404 no such address, 406 not
acceptable, 424 what it speaks of is not there, 450 the answer would be too long.

Source: Sennheiser TI 1094 v2.2; SSC developer's guide for EW-DX.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from simulators.device import OnDatagrams, mishap
from simulators.faces import Address, Say

Path = tuple[str, ...]
NOT_UNDERSTOOD, NO_ADDRESS, NOT_ACCEPTABLE, ABSENT, TOO_LONG, ENDED = 400, 404, 406, 424, 450, 310
_DESC = {NO_ADDRESS: "address not found", ENDED: "subscription terminates"}
_SUBSCRIBERS, _LIFETIME = 8, 10.0
_TICK = 15.0  # s between two looks at what changes by itself


class Trouble(Exception):
    """An error code instead of a value."""

    def __init__(self, code: int) -> None:
        self.code = code


@dataclass
class Subscriber:
    """Whom to tell what, and until when (loop time). `told` is what was told last."""

    say: Say
    until: dict[Path, float]
    told: dict[Path, Any]


class Ssc(OnDatagrams):
    """A device that is a tree of values. Subclasses fill `leaves`; what can be set they take in `take`."""

    longest = 1400
    """Bytes an answer may have."""

    def __init__(self, name: str, simulate: Mapping[str, Any] | None = None) -> None:
        self.subscribers: dict[Address, Subscriber] = {}
        self.lying = self.refusing = False
        super().__init__(name, simulate)

    def leaves(self) -> dict[Path, Any]:
        """Every address with its value, or the Trouble with it."""
        raise NotImplementedError

    def take(self, path: Path, value: Any) -> None:
        """Set an address, as far as the value goes. Raises Trouble."""
        raise Trouble(NOT_ACCEPTABLE)

    # --- speech

    def hear(self, data: bytes, sender: Address, say: Say) -> None:
        """One datagram."""
        try:
            told = json.loads(data)
        except (ValueError, RecursionError):
            told = None
        if not isinstance(told, dict):
            say(_bytes({"osc": {"error": [[NOT_UNDERSTOOD, {"desc": "message not understood"}]]}}))
            return
        osc = told.pop("osc", {})
        xid, state = (osc.get("xid"), osc.get("state")) if isinstance(osc, dict) else (None, None)
        if isinstance(state, dict) and isinstance(state.get("subscribe"), list):
            self._subscribe(state["subscribe"], xid, sender, say)
        if told:
            self._answer(told, xid, say)

    def _answer(self, asked: dict[str, Any], xid: Any, say: Say) -> None:
        values, errors = {}, {}
        for path, value in _flat(asked):
            try:
                values[path] = self._value(path) if value is None else self._taken(path, value)
            except Trouble as trouble:
                errors[path] = trouble.code
        self.changed()
        answer = _packed(values, errors, xid)
        say(answer if len(answer) <= self.longest else _packed({}, dict.fromkeys(values, TOO_LONG), xid))

    def _value(self, path: Path) -> Any:
        value = self.leaves().get(path, Trouble(NO_ADDRESS))
        if isinstance(value, Trouble):
            raise value
        return value

    def _taken(self, path: Path, value: Any) -> Any:
        self._value(path)
        if self.refusing:
            raise Trouble(NOT_ACCEPTABLE)
        if self.lying:
            return value
        self.take(path, value)
        return self._value(path)

    # --- subscriptions

    def _subscribe(self, wanted: list[Any], xid: Any, sender: Address, say: Say) -> None:
        for tree in [tree for tree in wanted if isinstance(tree, dict)]:
            told = tree.pop("#", {})
            terms = told if isinstance(told, dict) else {}
            paths = [path for path, _ in _flat(tree)]
            if terms.get("cancel"):
                self._forget(sender, paths)
            elif sender not in self.subscribers and len(self.subscribers) >= _SUBSCRIBERS:
                say(_packed({}, dict.fromkeys(paths, NOT_ACCEPTABLE), xid))
                return
            else:
                lifetime = terms.get("lifetime")
                self._keep(sender, say, paths, float(lifetime) if isinstance(lifetime, int | float) else _LIFETIME)
        tag = f'"osc":{{"xid":{json.dumps(xid)}}},' if xid is not None else ""
        say(f'{{{tag}"osc":{{"state":{{"subscribe":{json.dumps(wanted, separators=(",", ":"))}}}}}}}'.encode())
        if sender in self.subscribers:
            self._push(self.subscribers[sender])

    def _keep(self, sender: Address, say: Say, paths: list[Path], lifetime: float) -> None:
        if not self.subscribers:
            self.later(_TICK, self._tick)
        subscriber = self.subscribers.setdefault(sender, Subscriber(say, {}, {}))
        subscriber.until |= dict.fromkeys(paths, self.now + lifetime)
        for path in paths:
            subscriber.told.pop(path, None)  # the first notification comes at once
        self.later(lifetime + 0.001, self._expire, sender)

    def _forget(self, sender: Address, paths: list[Path]) -> None:
        if subscriber := self.subscribers.get(sender):
            for path in paths:
                subscriber.until.pop(path, None)
            if not subscriber.until:
                del self.subscribers[sender]

    def _expire(self, sender: Address) -> None:
        subscriber = self.subscribers.get(sender)
        over = [path for path, until in subscriber.until.items() if until <= self.now] if subscriber else []
        if subscriber and over:
            self._forget(sender, over)
            subscriber.say(_packed({}, dict.fromkeys(over, ENDED), None))

    def changed(self) -> None:
        """Tell every subscriber what is not as it was told last."""
        for subscriber in list(self.subscribers.values()):
            self._push(subscriber)

    def _push(self, subscriber: Subscriber) -> None:
        leaves = self.leaves()
        now = {path: leaves[path] for path in subscriber.until if path in leaves}
        news = {p: v for p, v in now.items() if not isinstance(v, Trouble) and subscriber.told.get(p, ...) != v}
        subscriber.told = {path: value for path, value in now.items() if not isinstance(value, Trouble)}
        if news:
            subscriber.say(_packed(news, {}, None))

    def _tick(self) -> None:
        self.changed()
        if self.subscribers:
            self.later(_TICK, self._tick)

    def loses_mains(self) -> None:
        """Every subscription is forgotten, and nobody is told."""
        super().loses_mains()
        self.subscribers.clear()

    # --- mishaps

    @mishap
    def lies(self) -> None:
        """Repeats every value it is given, and takes none of them."""
        self.lying = True

    @mishap
    def refuses(self) -> None:
        """Accepts no value any more, and says so."""
        self.refusing = True

    @mishap
    def forgets_subscribers(self) -> None:
        """It pushes no more, and does not say why."""
        self.subscribers.clear()

    @mishap
    def answers_briefly(self, longest: int = 120) -> None:
        """What does not fit into so many bytes is refused as too long."""
        self.longest = int(longest)

    def heal(self) -> None:
        """Honest, willing, and talkative again."""
        self.lying = self.refusing = False
        self.longest = type(self).longest
        super().heal()


def _flat(tree: Mapping[str, Any], at: Path = ()) -> Iterator[tuple[Path, Any]]:
    """The leaves of a tree a client sent; deeper than any address is no address."""
    for name, value in tree.items():
        if isinstance(value, dict) and len(at) < 8:
            yield from _flat(value, (*at, name))
        else:
            yield (*at, name), value


def _packed(values: Mapping[Path, Any], errors: Mapping[Path, int], xid: Any) -> bytes:
    tree: dict[str, Any] = {}
    osc: dict[str, Any] = {} if xid is None else {"xid": xid}
    if errors:
        osc["error"] = [_tree({path: _error(code) for path, code in errors.items()})]
    if osc:
        tree["osc"] = osc
    return _bytes(tree | _tree(values))


def _error(code: int) -> list[Any]:
    return [code, {"desc": _DESC[code]}] if code in _DESC else [code]


def _tree(leaves: Mapping[Path, Any]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for path, value in leaves.items():
        branch = tree
        for name in path[:-1]:
            branch = branch.setdefault(name, {})
        branch[path[-1]] = value
    return tree


def _bytes(tree: Mapping[str, Any]) -> bytes:
    return json.dumps(tree, separators=(",", ":"), ensure_ascii=False).encode()
