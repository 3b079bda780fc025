"""The same strip in the words of its relatives: APC rPDU and MasterSwitch, and Raritan PX2.

Sources: PowerNet-MIB (rPDU 318.1.1.12, sPDU 318.1.1.4) and PDU2-MIB (13742.6), as NUT's tables have them. An APC
answers all three of its tables, as real firmware of the second generation does; a Raritan counts its operations from
0, its states by an enumeration of all its sensors, and keeps the decimals of a figure in another object.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from pysnmp.proto import rfc1902

from simulators.snmp import Agent, Oid, WrongValue, oid

RPDU, SPDU, PX2 = oid("1.3.6.1.4.1.318.1.1.12"), oid("1.3.6.1.4.1.318.1.1.4"), oid("1.3.6.1.4.1.13742.6")
_ON, _OFF = 7, 8  # SensorStateEnumeration
_DIGITS = 3
_NORMAL, _LOW, _NEAR, _OVER = 1, 2, 3, 4  # rPDULoadStatusLoadState


class Outlet(Protocol):
    """As much of a socket as a table shows."""

    name: str
    on: bool

    def current(self) -> float:
        """Amperes."""


class Strip(Protocol):
    """As much of a strip as a table shows."""

    agent: Agent
    model: str
    serial: str

    @property
    def outlets(self) -> Sequence[Outlet]:
        """In the order of their numbers."""

    def amperes(self) -> float:
        """Through the whole strip."""

    def command(self, number: int, code: int) -> None:
        """1 on, 2 off. Raises CommitFailed while one is pending."""


def first_generation(strip: Strip, limit: float) -> None:
    """rPDU: control and status in two columns that count alike."""
    show = _Shown(strip.agent, RPDU)
    for column, text in {3: "v3.7.3", 5: strip.model, 6: strip.serial}.items():
        show.text((1, column, 0), lambda text=text: text)  # type: ignore[misc]
    show.number((1, 8, 0), lambda: len(strip.outlets))
    show.number((2, 3, 1, 1, 2, 1), lambda: round(strip.amperes() * 10))
    show.number((2, 3, 1, 1, 3, 1), lambda: _load(strip.amperes() / limit))
    for number, outlet in enumerate(strip.outlets, 1):
        show.outlet((3, 5, 1, 1, 2, number), (3, 5, 1, 1, 4, number), outlet)
        show.control((3, 3, 1, 1, 4, number), outlet, lambda code, n=number: strip.command(n, code))  # type: ignore[misc]


def master_switch(strip: Strip) -> None:
    """sPDU: one object per outlet, asked and set."""
    show = _Shown(strip.agent, SPDU)
    for column, text in {2: "v3.7.3", 4: strip.model, 5: strip.serial}.items():
        show.text((1, column, 0), lambda text=text: text)  # type: ignore[misc]
    for number, outlet in enumerate(strip.outlets, 1):
        show.text((4, 2, 1, 4, number), lambda outlet=outlet: outlet.name)  # type: ignore[misc]
        show.control((4, 2, 1, 3, number), outlet, lambda code, n=number: strip.command(n, code))  # type: ignore[misc]


def raritan(strip: Strip) -> None:
    """PX2: states 7 and 8, operations 0 and 1, decimals elsewhere."""
    show = _Shown(strip.agent, PX2)
    for column, text in {3: strip.model, 4: strip.serial}.items():
        show.text((3, 2, 1, 1, column, 1), lambda text=text: text)  # type: ignore[misc]
    show.text((3, 2, 3, 1, 6, 1, 1, 1), lambda: "3.0.4.5-41550")
    show.number((3, 3, 4, 1, 7, 1, 1, 1), lambda: _DIGITS)
    show.number((5, 2, 3, 1, 4, 1, 1, 1), lambda: round(strip.amperes() * 10**_DIGITS))
    for number, outlet in enumerate(strip.outlets, 1):
        _raritan_outlet(show, strip, number, outlet)


def _raritan_outlet(show: "_Shown", strip: Strip, number: int, outlet: Outlet) -> None:
    def operate(code: int) -> None:
        if code not in (0, 1):
            raise WrongValue(code)
        strip.command(number, 1 if code else 2)

    show.text((3, 5, 3, 1, 3, 1, number), lambda: outlet.name)
    show.number((4, 1, 2, 1, 3, 1, number), lambda: _ON if outlet.on else _OFF)
    show.number((3, 5, 4, 1, 7, 1, number, 1), lambda: _DIGITS)
    show.number((5, 4, 3, 1, 4, 1, number, 1), lambda: round(outlet.current() * 10**_DIGITS))
    at = (*PX2, 4, 1, 2, 1, 2, 1, number)
    show.agent.table.add(at, lambda: rfc1902.Integer32(1 if outlet.on else 0), operate)


def _load(used: float) -> int:
    return _OVER if used > 1 else _NEAR if used > 0.8 else _NORMAL if used > 0.02 else _LOW


class _Shown:
    """Objects below one root."""

    def __init__(self, agent: Agent, root: Oid) -> None:
        self.agent, self._root = agent, root

    def text(self, at: Oid, read: Callable[[], str]) -> None:
        self.agent.table.add((*self._root, *at), lambda: rfc1902.OctetString(read()))

    def number(self, at: Oid, read: Callable[[], int]) -> None:
        self.agent.table.add((*self._root, *at), lambda: rfc1902.Integer32(read()))

    def outlet(self, name: Oid, state: Oid, outlet: Outlet) -> None:
        self.text(name, lambda: outlet.name)
        self.number(state, lambda: 1 if outlet.on else 2)

    def control(self, at: Oid, outlet: Outlet, obey: Callable[[int], None]) -> None:
        def set_to(code: int) -> None:
            if code not in (1, 2):
                raise WrongValue(code)
            obey(code)

        self.agent.table.add((*self._root, *at), lambda: rfc1902.Integer32(1 if outlet.on else 2), set_to)
