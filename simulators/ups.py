"""An uninterruptible supply that is not there: UPS-MIB and PowerNet-MIB over SNMP, with a battery that runs down.

Sources: RFC 1628 (UPS-MIB, 1.3.6.1.2.1.33), PowerNet-MIB (ups, 1.3.6.1.4.1.318.1.1.1). What catches drivers out:

1. The runtime is minutes in the one and hundredths of a second in the other.
2. On battery the standard says 5 and the maker 3; an APC's temperature of 255 is "no sensor".
3. The trap "on battery" of the standard is repeated every minute while it lasts.
"""

from collections.abc import Callable, Mapping
from typing import Any

from pysnmp.proto import rfc1902

from simulators.device import OnDatagrams, State, mishap
from simulators.faces import Address, Say
from simulators.snmp import Agent, Oid, oid

UPS_MIB, POWERNET = oid("1.3.6.1.2.1.33.1"), oid("1.3.6.1.4.1.318.1.1.1")
ON_BATTERY, BACK = "1.3.6.1.2.1.33.2.1", "1.3.6.1.2.1.33.2.4"
APC_ON_BATTERY, APC_BACK = "1.3.6.1.4.1.318.0.5", "1.3.6.1.4.1.318.0.9"
STANDARD = {"mains": 3, "bypass": 4, "battery": 5, "none": 2}  # upsOutputSource
APC = {"mains": 2, "bypass": 6, "battery": 3, "none": 7}  # upsBasicOutputStatus
FULL = 40.0  # min its battery carries the load
AGAIN = 60.0  # s: RFC 1628, upsTrapOnBattery
LOW = 10.0  # %


class Ups(OnDatagrams):
    """One supply. Its battery empties while mains are lost and fills when they are back."""

    stem = "ups"
    boot = 4.0
    draw = 0.4

    def __init__(self, name: str, simulate: Mapping[str, Any] | None = None) -> None:
        super().__init__(name, simulate)
        self.apc = bool(self.simulate.get("apc", False))
        self.model = str(self.simulate.get("model", "Smart-UPS 1500" if self.apc else "CS121"))
        self.serial = str(self.simulate.get("serial", f"AS{self.random.randrange(10**10):010d}"))
        self.full = float(self.simulate.get("runtime", FULL))
        self.load = int(self.simulate.get("load", 28))
        self._charge = float(self.simulate.get("charge", 100))
        self._counted = self._started = self.now
        self.mains_lost = self.bypassed = self.worn = False
        self.agent = Agent(name)
        self._describe()

    @property
    def source(self) -> str:
        """What feeds the load now."""
        if self.bypassed:
            return "none" if self.mains_lost else "bypass"
        if not self.mains_lost:
            return "mains"
        return "battery" if self.charge > 0 else "none"

    @property
    def charge(self) -> float:
        """% of its battery, counted up to now."""
        passed, self._counted = self.now - self._counted, self.now
        per_second = 100 / (self.full * 60) if self.mains_lost else -100 / (4 * 3600)
        self._charge = min(100.0, max(0.0, self._charge - passed * per_second))
        return self._charge

    @property
    def runtime(self) -> float:
        """Minutes it would carry its load."""
        return self.full * self.charge / 100

    def starts(self) -> None:
        """Uptime from zero."""
        self._started = self.now
        self.agent.boots += 1

    # --- mishaps

    @mishap
    def mains_fail(self) -> None:
        """The mains are gone: it runs on its battery, and says so every minute."""
        self.charge  # noqa: B018  counted while still on mains
        self.mains_lost = True
        self._cry()

    @mishap
    def goes_to_bypass(self) -> None:
        """It hands the mains through, unprotected."""
        self.bypassed = True

    @mishap
    def battery_wears_out(self) -> None:
        """It wants a new battery, and carries the load half as long."""
        self.worn, self.full = True, self.full / 2

    def heal(self) -> None:
        """Mains are back, bypass is off, the battery is new."""
        super().heal()
        self.charge  # noqa: B018  counted while still on battery
        if self.mains_lost:
            self.mains_lost = False
            self.agent.notify(APC_BACK if self.apc else BACK)
        if self.worn:
            self.worn, self.full = False, self.full * 2
        self.bypassed = False

    def state(self) -> State:
        """As its panel would show."""
        return {"source": self.source, "charge": round(self.charge, 1), "runtime": round(self.runtime, 1)}

    def _cry(self) -> None:
        if self.mains_lost and not self.wire.dead:
            self.agent.notify(APC_ON_BATTERY if self.apc else ON_BATTERY)
            self.later(AGAIN, self._cry)

    # --- speech

    def hear(self, data: bytes, sender: Address, say: Say) -> None:
        """One SNMP request."""
        self.agent.hear(data, sender, say)

    def _describe(self) -> None:
        product = oid("1.3.6.1.4.1.318.1.3.27") if self.apc else oid("1.3.6.1.2.1.33")
        self.agent.table.system(self.model, product, self.name, lambda: self.now - self._started)
        if self.apc:
            self._describe_apc()
        else:
            self._describe_standard()

    def _describe_standard(self) -> None:
        add = self._adder(UPS_MIB)
        add((1, 1, 0), lambda: rfc1902.OctetString("Generex"))
        add((1, 2, 0), lambda: rfc1902.OctetString(f"{self.model} \0"))  # blanks and NULs, as recorded
        add((1, 3, 0), lambda: rfc1902.OctetString("5.14.50"))
        add((2, 1, 0), lambda: rfc1902.Integer32(self._battery_state(4)))
        add((2, 3, 0), lambda: rfc1902.Integer32(int(self.runtime)))
        add((2, 4, 0), lambda: rfc1902.Integer32(round(self.charge)))
        add((2, 7, 0), lambda: rfc1902.Integer32(27))
        add((4, 1, 0), lambda: rfc1902.Integer32(STANDARD[self.source]))
        add((4, 4, 1, 2, 1), lambda: rfc1902.Integer32(0 if self.source == "none" else 230))
        add((4, 4, 1, 5, 1), lambda: rfc1902.Integer32(0 if self.source == "none" else self.load))
        add((6, 1, 0), lambda: rfc1902.Gauge32(int(self.mains_lost) + int(self.worn)))

    def _describe_apc(self) -> None:
        add = self._adder(POWERNET)
        add((1, 1, 1, 0), lambda: rfc1902.OctetString(self.model))
        add((1, 2, 1, 0), lambda: rfc1902.OctetString("UPS 09.3"))
        add((1, 2, 3, 0), lambda: rfc1902.OctetString(self.serial))
        add((2, 1, 1, 0), lambda: rfc1902.Integer32(self._battery_state(3)))
        add((2, 2, 1, 0), lambda: rfc1902.Gauge32(round(self.charge)))
        add((2, 2, 2, 0), lambda: rfc1902.Gauge32(255))
        add((2, 2, 3, 0), lambda: rfc1902.TimeTicks(round(self.runtime * 6000)))
        add((2, 2, 4, 0), lambda: rfc1902.Integer32(2 if self.worn else 1))
        add((4, 1, 1, 0), lambda: rfc1902.Integer32(APC[self.source]))
        add((4, 2, 1, 0), lambda: rfc1902.Gauge32(0 if self.source == "none" else 230))
        add((4, 2, 3, 0), lambda: rfc1902.Gauge32(0 if self.source == "none" else self.load))

    def _battery_state(self, empty: int) -> int:
        return empty if self.charge <= 0 else 3 if self.charge < LOW else 2

    def _adder(self, root: Oid) -> Callable[[Oid, Callable[[], Any]], None]:
        return lambda at, read: self.agent.table.add((*root, *at), read)
