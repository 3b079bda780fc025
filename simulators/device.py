"""What every simulated device has: a name, a wire, mains power, mishaps with names, and a way to be healed.

A mishap is a public method under `@mishap`; its name on the control interface is the method's name with hyphens.
That is the only list of mishaps there is, so what `GET /devices` shows is what can be done.
"""

import asyncio
import random
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from simulators.wire import Wire

Method = TypeVar("Method", bound=Callable[..., None])
State = Mapping[str, "int | float | str | None"]


def mishap(method: Method) -> Method:
    """Mark a method as something that may befall the device; its docstring says what people would notice."""
    method.__dict__["mishap"] = method.__name__.replace("_", "-")
    return method


def mishaps(thing: object) -> dict[str, Callable[..., None]]:
    """Everything that can befall `thing`, by the name used from outside."""
    methods = (getattr(thing, name) for name in dir(type(thing)) if not name.startswith("_"))
    return {method.mishap: method for method in methods if hasattr(method, "mishap")}


class Device:
    """One device with one wire. `simulate` is what the site file says about it under that key."""

    stem = ""
    boot = 5.0
    """Seconds from mains to the first answer."""
    draw = 0.1
    """Amperes at 230 V when it does its work."""

    def __init__(self, name: str, simulate: Mapping[str, Any] | None = None) -> None:
        self.name = name
        self.simulate = dict(simulate or {})
        self.boot = float(self.simulate.get("boot", self.boot))
        self.random = random.Random(name)  # the same every time: a failed test can be repeated
        self.wire = Wire(self.random)
        self._socket_on, self._plugged = True, True
        self._boots: asyncio.TimerHandle | None = None

    @property
    def now(self) -> float:
        """Seconds of the event loop: the only time there is in here, and it may jump."""
        return asyncio.get_running_loop().time()

    def later(self, delay: float, call: Callable[..., None], *args: object) -> asyncio.TimerHandle:
        """Call after `delay` seconds of loop time."""
        return asyncio.get_running_loop().call_later(delay, call, *args)

    # --- mains

    def mains(self, on: bool) -> None:
        """The socket it is plugged into went on or off. Back on, it boots before it answers."""
        self._socket_on = on
        self._powered()

    def _powered(self) -> None:
        on = self._socket_on and self._plugged
        if not on:
            self._darkens()
        elif self.wire.dead and not self._boots:
            self._boots = self.later(self.boot, self._booted)

    def _darkens(self) -> None:
        if self._boots:
            self._boots.cancel()
            self._boots = None
        if not self.wire.dead:
            self.loses_mains()
            self.wire.cut()

    def _booted(self) -> None:
        self._boots = None
        self.starts()
        self.wire.join()

    def loses_mains(self) -> None:
        """What the device forgets or stops when the power goes. Subclasses say."""

    def starts(self) -> None:
        """What it does first when the power is back. Subclasses say."""

    def current(self) -> float:
        """Amperes it takes from its outlet now."""
        return 0.0 if self.wire.dead and not self._boots else self.draw

    # --- seen from outside

    def state(self) -> State:
        """What a person standing in front of it would see."""
        return {}

    def put(self, **state: Any) -> None:
        """Put it into a state by the names of its attributes; `befalls` names a mishap. Raises ValueError."""
        for name, value in state.items():
            if name == "befalls":
                mishaps(self)[value]()
            elif name.startswith("_") or not hasattr(self, name):
                raise ValueError(f"{self.stem} has no {name!r}")
            else:
                setattr(self, name, value)

    def heal(self) -> None:
        """Undo every mishap. What the mishap wore out stays worn, as with real things."""
        self.wire.heal()
        self._plugged = True
        self._powered()

    # --- mishaps of every wire

    @mishap
    def falls_silent(self) -> None:
        """Reachable, connected, and mute: nothing is heard, nothing is said."""
        self.wire.silent = True

    @mishap
    def gets_slow(self, seconds: float = 1.0) -> None:
        """Every answer comes late by so many seconds."""
        self.wire.delay = float(seconds)

    @mishap
    def jitters(self, seconds: float = 0.5) -> None:
        """Every answer comes late by another time, up to so many seconds."""
        self.wire.jitter = float(seconds)

    @mishap
    def loses_power(self) -> None:
        """Somebody pulled the plug; healed, it boots."""
        self._plugged = False
        self._powered()

    @mishap
    def reboots(self) -> None:
        """It restarts by itself: gone for as long as it takes to boot."""
        self._darkens()
        self._powered()


class OnDatagrams(Device):
    """A device behind UDP: what is sent may be lost or come twice, and nobody is told."""

    @mishap
    def loses_datagrams(self, share: float = 0.3) -> None:
        """That share of all datagrams vanishes, in both directions."""
        self.wire.loss = float(share)

    @mishap
    def stutters(self, share: float = 0.3) -> None:
        """That share of its datagrams arrives twice."""
        self.wire.twice = float(share)


class OnStream(Device):
    """A device behind a byte stream: a serial line, or TCP."""

    @mishap
    def stutters(self, share: float = 0.5) -> None:
        """That share of answers comes in two pieces with stray bytes before, as through a cheap serial bridge."""
        self.wire.stray = float(share)

    @mishap
    def drops_connection(self) -> None:
        """The connection breaks now; the next one will be taken."""
        self.wire.drop()

    @mishap
    def goes_half_open(self) -> None:
        """What is connected hears nothing any more and is not told; the next connection is taken."""
        self.wire.half_open(True)

    @mishap
    def refuses_connections(self) -> None:
        """Nobody listens at its port any more; who is connected is thrown out."""
        self.wire.refuse(True)
