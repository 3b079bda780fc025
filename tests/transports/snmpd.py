"""net-snmp's agent on a port of its own: the counterpart that our readings of SNMP are held against."""

import contextlib
import os
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.counterparts import require

COMMUNITY, READ_ONLY = "av-rooms", "av-look"
USER, AUTH, PRIV = "avctl", "sign-me-please", "hide-me-please"


@contextlib.contextmanager
def snmpd(folder: Path, *lines: str, port: int = 0) -> Iterator[int]:
    """Run snmpd until the block ends; gives its port once it answers. `lines` are added to its configuration.

    In the same folder it is the same agent again: one boot later, its engine the same.
    """
    program, port, log = require("snmpd"), port or _free_port(), folder / "snmpd.log"
    log.unlink(missing_ok=True)
    conf = folder / "snmpd.conf"
    conf.write_text("\n".join((*_access(port), *lines, "")))
    # No MIB files, no state of the machine: only what the configuration says.
    env = {**os.environ, "SNMP_PERSISTENT_DIR": str(folder / "state"), "MIBS": "", "SNMPCONFPATH": str(folder)}
    quiet = "-ifTable,mteTrigger,mteTriggerConf,smux"
    command = [program, "-f", "-Lf", str(log), "-C", "-c", str(conf), "-I", quiet]
    with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait_for(log, "NET-SNMP version")
            yield port
        finally:
            process.terminate()


def overrides(values: dict[str, tuple[str, object]]) -> Sequence[str]:
    """Lines that make snmpd serve these OIDs: OID to (type, value)."""
    return [f"override {oid} {kind} {value}" for oid, (kind, value) in values.items()]


def _access(port: int) -> tuple[str, ...]:
    return (
        f"agentAddress udp:127.0.0.1:{port}",
        f"rwcommunity {COMMUNITY}",
        f"rocommunity {READ_ONLY}",
        f"createUser {USER} SHA {AUTH} AES {PRIV}",
        f"rwuser {USER} priv",
        f"createUser signer SHA {AUTH}",
        "rwuser signer auth",
        "sysLocation third floor",
    )


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(log: Path, words: str) -> None:
    end = time.monotonic() + 10
    while not (log.exists() and words in log.read_text()):
        if time.monotonic() > end:
            raise TimeoutError(f"snmpd did not start: {log.read_text() if log.exists() else 'no log'}")
        time.sleep(0.02)
