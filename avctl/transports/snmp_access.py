"""What SNMP asks of whoever comes: a version, and a community or a user with two passwords. And what comes back.

Nothing here opens a socket; the two libraries that do (`snmp_gufo`, `snmp_engine`) get their keys from here.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

Varbind = int | float | str | bytes | None
"""What an agent says to one OID: a number, an OID (str), octets (bytes), or None for "there is no such thing"."""

Step = Callable[[], Awaitable[tuple[str, Varbind] | None]]
Address = tuple[str, int]
AUTH_PROTOCOLS = ("md5", "sha", "sha224", "sha256", "sha384", "sha512")
PRIV_PROTOCOLS = ("des", "aes128", "aes192", "aes256")
SNMP_TRAPS = "1.3.6.1.6.3.1.1.5"  # coldStart .1, warmStart .2, linkDown .3, linkUp .4, authenticationFailure .5
COLD_START, WARM_START = f"{SNMP_TRAPS}.1", f"{SNMP_TRAPS}.2"


@dataclass(frozen=True, slots=True)
class Access:
    """How to be let in. Passwords never show in a repr; `auth` and `priv` of "" mean noAuth and noPriv."""

    version: str = "2c"
    community: str = field(default="public", repr=False)
    user: str = ""
    auth: str = field(default="", repr=False)
    priv: str = field(default="", repr=False)
    auth_protocol: str = "sha"
    priv_protocol: str = "aes128"


@dataclass(frozen=True, slots=True)
class Notice:
    """What was said: `name` (the v2 name of the notification) with its objects; `number` tells repeats apart.

    `answer` is the acknowledgement an inform waits for, b"" for a trap.
    """

    name: str
    said: Mapping[str, Varbind]
    number: object
    community: str = field(default="", repr=False)
    answer: bytes = field(default=b"", repr=False)


class Reader(Protocol):
    """One agent that can be asked. Raises the errors of `avctl.model.errors`; its caller sets the deadlines."""

    async def greet(self) -> None:
        """Find out the agent's engine and set its clock (v3); nothing for the others."""

    async def get(self, oids: Sequence[str]) -> Mapping[str, Varbind]:
        """One request. What is not in the answer, the agent does not have."""

    def walk(self, root: str) -> Step:
        """A question to be asked again and again: the next thing below `root`, None at the end."""

    @property
    def engine_id(self) -> bytes | None:
        """The v3 engine that answered, once it is known."""

    def close(self) -> None:
        """Let go of the socket."""
