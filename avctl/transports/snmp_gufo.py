"""Reading by gufo-snmp: an agent asked at a fourteenth of what a request costs in pure Python.

gufo opens its socket itself, connects it (the kernel lets nobody else in), and waits for it on the running loop, so
its deadlines follow a loop whose time jumps. What it does not do, and is done here: tell a refused port from silence
(both are TimeoutError), and survive garbage (0.13 panics on some datagrams, with an exception that is no Exception).
"""

from collections.abc import Awaitable, Mapping, Sequence
from typing import TypeVar

from gufo import snmp
from gufo.snmp.aio import SnmpSession as Client

from avctl.model.errors import AuthFailed, Garbled, LinkDown
from avctl.transports.snmp_access import Access, Address, Step, Varbind

T = TypeVar("T")
_NEVER = 15.0  # s; the caller's deadline comes first. Python 3.11 may swallow it in a race: then this one ends it
_VERSIONS = {"1": snmp.SnmpVersion.v1, "2c": snmp.SnmpVersion.v2c, "3": snmp.SnmpVersion.v3}
_AUTH = {
    "md5": snmp.Md5Key,
    "sha": snmp.Sha1Key,
    "sha224": snmp.Sha224Key,
    "sha256": snmp.Sha256Key,
    "sha384": snmp.Sha384Key,
    "sha512": snmp.Sha512Key,
}
_PRIV = {"des": snmp.DesKey, "aes128": snmp.Aes128Key, "aes192": snmp.Aes192Key, "aes256": snmp.Aes256Key}


class GufoReader:
    """One socket to one agent. Not to be asked twice at a time."""

    def __init__(self, address: Address, access: Access) -> None:
        self._peer = f"{address[0]}:{address[1]}"
        self._v3 = access.version == "3"
        try:
            self._client: Client | None = _client(address, access)
        except OSError as error:
            raise LinkDown(f"snmp {self._peer}: {error}") from None

    @property
    def engine_id(self) -> bytes | None:
        return self._live().get_engine_id() if self._v3 else None

    async def greet(self) -> None:
        """Discover the engine, then take its clock under our signature: a wrong password or user shows here."""
        await self._asked(self._live().refresh())

    async def get(self, oids: Sequence[str]) -> Mapping[str, Varbind]:
        return await self._asked(self._live().get_many(oids))

    def walk(self, root: str) -> Step:
        rows = aiter(self._live().fetch(root))
        return lambda: self._asked(anext(rows, None))

    def close(self) -> None:
        self._client = None  # its socket closes with it

    def _live(self) -> Client:
        if self._client is None:
            raise LinkDown(f"snmp {self._peer}: not open")
        return self._client

    async def _asked(self, answer: Awaitable[T]) -> T:
        try:
            return await answer
        except snmp.SnmpAuthError as error:
            raise AuthFailed(f"snmp {self._peer}: user, password or protocol refused ({error})") from None
        except snmp.SnmpError as error:
            raise Garbled(f"snmp {self._peer}: {error}") from None
        except TimeoutError:  # not the caller's deadline, that one arrives as a cancellation
            raise LinkDown(f"snmp {self._peer}: nobody listens on this port") from None
        except OSError as error:
            raise LinkDown(f"snmp {self._peer}: {error}") from None
        except BaseException as error:
            if type(error).__name__ != "PanicException":
                raise
            raise Garbled(f"snmp {self._peer}: {error}") from None


def _client(address: Address, access: Access) -> Client:
    user = _user(access) if access.version == "3" else None
    return Client(*address, community=access.community, user=user, version=_VERSIONS[access.version], timeout=_NEVER)


def _user(access: Access) -> snmp.User:
    auth = _AUTH[access.auth_protocol](access.auth.encode()) if access.auth else None
    priv = _PRIV[access.priv_protocol](access.priv.encode()) if access.priv else None
    return snmp.User(access.user, auth_key=auth, priv_key=priv)
