"""A switched rack PDU that is not there: APC PowerNet-MIB, table rPDU2 (and its relatives, `pdu_table`), over SNMP.

Source: PowerNet-MIB (rPDU2; traps rPDUOutletOn, rPDUOutletOff, rPDUOverload). What catches drivers out, and is
therefore done as the real ones do it:

1. Control says 1 on, 2 off; status says **1 off, 2 on**.
2. A SET is answered when it is accepted; the relay follows a second later.
3. While an outlet has a command pending, another one is answered `commitFailed`.
"""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from pysnmp.proto import rfc1902

from simulators import pdu_table
from simulators.device import OnDatagrams, State, mishap
from simulators.faces import Address, Say
from simulators.snmp import Agent, CommitFailed, WrongValue, oid

APC = oid("1.3.6.1.4.1.318")
RPDU2 = (*APC, 1, 1, 26)
PRODUCT = (*APC, 1, 3, 4, 6)
SWITCHED_ON, SWITCHED_OFF, REBOOT, _UNKNOWN, LATER_ON, LATER_OFF, LATER_REBOOT, CANCEL = range(1, 9)
OUTLET_ON, OUTLET_OFF, OVERLOAD = (f"1.3.6.1.4.1.318.0.{number}" for number in (268, 269, 276))
RELAY = 1.0  # s from the answer to the click
DARK = 5.0  # s an outlet stays off in a reboot
VOLTS = 230
LIMIT = 16.0  # A the strip may carry


class Outlet:
    """One socket with a relay, and what is plugged in."""

    def __init__(self, number: int, on: bool) -> None:
        self.name = f"Outlet {number}"
        self.on = on
        self.tripped = self.stuck = False
        self.pending: list[asyncio.TimerHandle] = []
        self.plugged: list[Callable[[bool], None]] = []
        self.loads: list[Callable[[], float]] = []
        self.clicked: Callable[[], None] = lambda: None

    def turns(self, on: bool) -> None:
        """The relay moves, unless it cannot."""
        on = on and not self.tripped
        if self.stuck or on == self.on:
            return
        self.on = on
        self.clicked()
        for tell in self.plugged:
            tell(on)

    def current(self) -> float:
        """Amperes."""
        return sum(load() for load in self.loads) if self.on else 0.0


class Pdu(OnDatagrams):
    """Outlets numbered from 1."""

    stem = "pdu"
    boot = 8.0

    def __init__(self, name: str, simulate: Mapping[str, Any] | None = None) -> None:
        super().__init__(name, simulate)
        off = set(self.simulate.get("off", []))
        count = int(self.simulate.get("outlets", 8))
        self.model = str(self.simulate.get("model", "AP8953"))
        self.serial = str(self.simulate.get("serial", f"ZA{self.random.randrange(10**10):010d}"))
        self.delay = float(self.simulate.get("delay", 3))
        self.outlets = [Outlet(number, number not in off) for number in range(1, count + 1)]
        self.extra = 0.0
        self._started = self.now
        self.agent = Agent(name)
        self.raritan = bool(self.simulate.get("raritan", False))
        self._describe()
        for outlet in self.outlets:
            outlet.clicked = partial(self._clicked, outlet)

    def outlet(self, number: int) -> Outlet:
        """One outlet. Raises ValueError for one that does not exist."""
        if not 1 <= number <= len(self.outlets):
            raise ValueError(f"outlet {number}: this strip has outlets 1 to {len(self.outlets)}")
        return self.outlets[number - 1]

    def loses_mains(self) -> None:
        """Everything behind it goes dark."""
        for outlet in self.outlets:
            for tell in outlet.plugged if outlet.on else []:
                tell(False)

    def starts(self) -> None:
        """Relays keep their last position; what is plugged in comes back."""
        self._started = self.now
        self.agent.boots += 1
        for outlet in self.outlets:
            for tell in outlet.plugged if outlet.on else []:
                tell(True)

    def amperes(self) -> float:
        """Through the whole strip."""
        return sum(outlet.current() for outlet in self.outlets) + self.extra

    # --- mishaps

    @mishap
    def outlet_trips(self, outlet: int) -> None:
        """Its breaker went: dark, and no command brings it back."""
        socket = self.outlet(outlet)
        socket.turns(False)
        socket.tripped = True

    @mishap
    def relay_sticks(self, outlet: int) -> None:
        """The contact is welded: commands are accepted and nothing moves."""
        self.outlet(outlet).stuck = True

    @mishap
    def overload(self, amperes: float = 18.0) -> None:
        """Somebody plugged a heater in."""
        self.extra = float(amperes)
        self.agent.notify(OVERLOAD)

    @mishap
    def switched_by_hand(self, outlet: int, on: bool = False) -> None:
        """Somebody used the web page of the strip."""
        self.outlet(outlet).turns(bool(on))

    def heal(self) -> None:
        """Breakers in, contacts free, heater gone. Tripped outlets are on again."""
        super().heal()
        self.extra = 0.0
        for outlet in self.outlets:
            outlet.stuck = False
            if outlet.tripped:
                outlet.tripped = False
                outlet.turns(True)

    def state(self) -> State:
        """Every outlet, and the current."""
        shown: dict[str, int | float | str | None] = {
            f"outlet.{number}": "on" if outlet.on else "off" for number, outlet in enumerate(self.outlets, 1)
        }
        return shown | {"amperes": round(self.amperes(), 2)}

    # --- commands

    def command(self, number: int, code: int) -> None:
        """What a SET to the control column asks for. Raises CommitFailed while one is pending."""
        outlet = self.outlet(number)
        if code == CANCEL:
            return self._cancel(outlet)
        if code not in (SWITCHED_ON, SWITCHED_OFF, REBOOT, LATER_ON, LATER_OFF, LATER_REBOOT):
            raise WrongValue(code)
        if outlet.pending:
            raise CommitFailed(number)
        wait = self.delay if code >= LATER_ON else RELAY
        if code in (REBOOT, LATER_REBOOT):
            self._plan(outlet, wait, False, last=False)
            self._plan(outlet, wait + DARK, True)
        else:
            self._plan(outlet, wait, code in (SWITCHED_ON, LATER_ON))

    def _plan(self, outlet: Outlet, wait: float, on: bool, last: bool = True) -> None:
        def click() -> None:
            if last:
                outlet.pending.clear()
            outlet.turns(on)

        outlet.pending.append(self.later(wait, click))

    def _cancel(self, outlet: Outlet) -> None:
        for planned in outlet.pending:
            planned.cancel()
        outlet.pending.clear()

    # --- speech

    def hear(self, data: bytes, sender: Address, say: Say) -> None:
        """One SNMP request."""
        self.agent.hear(data, sender, say)

    def _clicked(self, outlet: Outlet) -> None:
        if not self.raritan:
            self.agent.notify(OUTLET_ON if outlet.on else OUTLET_OFF)

    def _describe(self) -> None:
        if self.raritan:
            uptime = lambda: self.now - self._started  # noqa: E731
            self.agent.table.system("PX2 030004", oid("1.3.6.1.4.1.13742.6"), self.name, uptime)
            return pdu_table.raritan(self)
        self._describe_apc()
        pdu_table.first_generation(self, LIMIT)
        pdu_table.master_switch(self)

    def _describe_apc(self) -> None:
        descr = f"APC Web/SNMP Management Card (PF:v6.5.6 PN:apc_hw05_rpdu2g_656.bin MN:{self.model} SN:{self.serial})"
        self.agent.table.system(descr, PRODUCT, self.name, lambda: self.now - self._started)
        for column, text in {3: self.name, 4: "", 5: "05", 6: "v6.5.6", 8: self.model, 9: self.serial}.items():
            self._text((2, 1, column, 1), partial(str, text))
        self._number((4, 2, 1, 4, 1), lambda: len(self.outlets))
        self._number((4, 2, 1, 5, 1), lambda: len(self.outlets))
        self._describe_load()
        for number in range(1, len(self.outlets) + 1):
            self._describe_outlet(number)

    def _describe_load(self) -> None:
        self._number((4, 3, 1, 4, 1), self._load_state)
        self._number((4, 3, 1, 5, 1), lambda: round(self.amperes() * VOLTS / 10))
        self._number((4, 3, 1, 9, 1), lambda: round(self.amperes() * VOLTS * (self.now - self._started) / 3.6e5))
        self._number((4, 3, 1, 12, 1), lambda: 1)
        for table in (6, 8):  # one phase, one bank
            self._number((table, 3, 1, 4, 1), self._load_state)
            self._number((table, 3, 1, 5, 1), lambda: round(self.amperes() * 10))
        self._number((6, 3, 1, 6, 1), lambda: VOLTS)

    def _load_state(self) -> int:
        used = self.amperes() / LIMIT
        return 4 if used > 1 else 3 if used > 0.8 else 2 if used > 0.02 else 1

    def _describe_outlet(self, number: int) -> None:
        outlet = self.outlet(number)
        self._text((9, 2, 3, 1, 3, number), lambda: outlet.name)
        self._number((9, 2, 3, 1, 5, number), lambda: 2 if outlet.on else 1)
        self._number((9, 2, 3, 1, 6, number), lambda: 1 if outlet.pending else 2)
        at = (*RPDU2, 9, 2, 4, 1, 5, number)
        self.agent.table.add(
            at, lambda: rfc1902.Integer32(1 if outlet.on else 2), lambda code: self.command(number, code)
        )
        self._text((9, 4, 3, 1, 3, number), lambda: outlet.name)
        self._number((9, 4, 3, 1, 6, number), lambda: round(outlet.current() * 10))
        self._number((9, 4, 3, 1, 7, number), lambda: round(outlet.current() * VOLTS))

    def _text(self, at: tuple[int, ...], read: Callable[[], str]) -> None:
        self.agent.table.add((*RPDU2, *at), lambda: rfc1902.OctetString(read()))

    def _number(self, at: tuple[int, ...], read: Callable[[], int]) -> None:
        self.agent.table.add((*RPDU2, *at), lambda: rfc1902.Integer32(read()))
