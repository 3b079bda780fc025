"""The life of a video-conference terminal, whatever it speaks: calls that ring, are answered and end, sleep, and what
befalls it. How it speaks is another file's story (`cisco_xapi`, `poly`).
"""

from collections.abc import Callable, Mapping
from typing import Any

from simulators.device import State, mishap
from simulators.talker import Talker

IDLE, DIALLING, RINGING, CONNECTED = "idle", "dialling", "ringing", "connected"


class Terminal(Talker):
    """What it is (attributes) and what befalls it (mishaps)."""

    def __init__(self, name: str, simulate: Mapping[str, Any] | None = None) -> None:
        super().__init__(name, simulate)
        told = self.simulate.get
        self.model = str(told("model", "Video Terminal"))
        self.serial = str(told("serial", f"FTT{self.random.randrange(10**8):08d}"))
        self.firmware = str(told("firmware", "9.2"))
        self.password = str(told("password", ""))
        self.rings = float(told("rings", 2))
        """Seconds until the other side answers."""
        self.nobody = set(told("nobody_at", ()))
        """Numbers that ring and ring."""
        self.sleeps_after = float(told("sleeps_after", 0))
        self.volume, self.muted = int(told("volume", 60)), False
        self.asleep = bool(told("standby", False))
        self.call, self.number, self.calls, self.outgoing = IDLE, "", 0, True
        self._turn: Callable[[], None] = lambda: None
        self._bed: Callable[[], None] = lambda: None
        self._whole()
        self.stirs()

    def _whole(self) -> None:
        self.registered = True
        self.lying = self.refusing = False

    def changed(self, what: str) -> None:
        """`what` ("call", "standby", "mute", "volume", "registered") changed. Subclasses tell it."""

    # --- life

    def stirs(self) -> None:
        """Somebody uses it: it stays awake for a while."""
        self._bed()
        if self.sleeps_after and not self.asleep:
            self._bed = self.later(self.sleeps_after, self.sleep, True).cancel

    def sleep(self, asleep: bool) -> None:
        """Into standby, or out of it. Not during a call."""
        if asleep != self.asleep and (self.call == IDLE or not asleep):
            self.asleep = asleep
            self.changed("standby")
        self.stirs()

    def dial(self, number: str) -> bool:
        """Call; False when it is in a call already, or not registered."""
        if self.call != IDLE or not self.registered:
            return False
        self.calls += 1
        self.number, self.outgoing = number, True
        self.sleep(False)
        self._goes(DIALLING)
        if number not in self.nobody:
            self._turn = self.later(self.rings, self._goes, CONNECTED).cancel
        else:
            self._turn = self.later(30.0, self.hang_up).cancel
        return True

    def hang_up(self) -> None:
        """End the call."""
        self._turn()
        if self.call != IDLE:
            self._goes(IDLE)

    def mute(self, muted: bool) -> None:
        """Microphones off or on."""
        self.muted = muted
        self.changed("mute")

    def turn(self, volume: int) -> None:
        """Louder or softer."""
        self.volume = volume
        self.changed("volume")

    def _goes(self, call: str) -> None:
        self.call = call
        self.changed("call")
        self.stirs()

    def loses_mains(self) -> None:
        """Calls end, registrations are lost."""
        self._turn()
        self._bed()
        self.call, self.asleep, self.muted = IDLE, False, False

    def current(self) -> float:
        """Amperes."""
        return 0.0 if self.wire.dead else 0.05 if self.asleep else 0.3

    # --- mishaps

    @mishap
    def is_called(self, number: str = "1000") -> None:
        """It rings, and nobody was asked."""
        if self.call == IDLE:
            self.calls += 1
            self.number, self.outgoing = str(number), False
            self._goes(RINGING)

    @mishap
    def call_drops(self) -> None:
        """The network lost the call."""
        self.hang_up()

    @mishap
    def loses_registration(self) -> None:
        """Its exchange does not know it any more."""
        self.registered = False
        self.changed("registered")

    @mishap
    def is_muted_by_hand(self) -> None:
        """Somebody pressed the button on the microphone."""
        self.mute(True)

    @mishap
    def refuses(self) -> None:
        """Says no to every command that would change something."""
        self.refusing = True

    @mishap
    def lies(self) -> None:
        """Says yes to every command and does none of them."""
        self.lying = True

    def heal(self) -> None:
        """Repaired and registered; nobody rings."""
        super().heal()
        self._whole()
        self.hang_up()
        self.changed("registered")

    def state(self) -> State:
        """What its screen shows."""
        return {
            "call": self.call,
            "number": self.number if self.call != IDLE else "",
            "registered": "yes" if self.registered else "no",
            "standby": "on" if self.asleep else "off",
            "mic-mute": "on" if self.muted else "off",
            "volume": self.volume,
        }
