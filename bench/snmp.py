"""Polling 1,000 agents for 20 values every 10 s: avctl's rooms beside Debian's prometheus-snmp-exporter, in one run.

Both ask the same agents (`_agents`, a process of their own) for all twenty values in one request. avctl's share of a
core has all of it in: sessions, profiles, rules and state of rooms. Then what version 3 costs, against net-snmp.
Goals: no poll missed, at most 0.4 of the exporter's share (0.15 if it can be done), version 3 at most 1.5 of 2c.
What is not on this machine is marked as missing.
"""

import asyncio
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from avctl.transports.snmp import Access, SnmpSession
from bench._poller import EVERY, POINTS

AGENTS, SECONDS = int(os.environ.get("AGENTS", "1000")), float(os.environ.get("SECONDS", "30"))
OIDS = [f"1.3.6.1.4.1.99999.1.{n}.0" for n in range(1, 16)] + [f"1.3.6.1.4.1.99999.2.{n}.0" for n in range(1, 6)]
VARIABLES = 4000
_TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    with tempfile.TemporaryDirectory() as told:
        folder = Path(told)
        with agents(folder) as ports:
            rows = {"avctl, asyncio": poller(ports), "avctl, uvloop": poller(ports, "uvloop")}
            rows["prometheus-snmp-exporter"] = exporter(folder, json.loads(ports.read_text()))
        print(f"{AGENTS} agents × {POINTS} values / {EVERY} s, {SECONDS:g} s\n")
        for name, row in rows.items():
            print(f"{name:28}{row}")
        print("\nCPU for 1,000 values, one agent (net-snmp)")
        for version, cost in asyncio.run(versions(folder)).items():
            print(f"{version:28}{cost}")


@contextlib.contextmanager
def agents(folder: Path) -> Iterator[Path]:
    """All agents, in a process of their own; gives the file with their ports."""
    command = [sys.executable, "-m", "bench._agents", str(AGENTS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ports = folder / "ports.json"
        ports.write_text(process.stdout.readline())
        try:
            yield ports
        finally:
            process.kill()


def poller(ports: Path, *loop: str) -> str:
    command = [sys.executable, "-m", "bench._poller", str(ports), str(SECONDS), *loop]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return f"failed: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else done.returncode}"
    told = json.loads(done.stdout)
    polls = f"{told['heard']:.0f} of {int(told['asked'])} polls"
    return f"{told['share']:7.1%} of a core   {polls}   worst stall {told['stall_ms']:.0f} ms   {told['rss_mb']:.0f} MB"


def exporter(folder: Path, ports: list[int]) -> str:
    program = shutil.which("prometheus-snmp-exporter")
    if program is None:
        return "missing on this machine"
    (folder / "snmp.yml").write_text(module())
    command = [program, f"--config.file={folder / 'snmp.yml'}", "--web.listen-address=127.0.0.1:19116"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            return asyncio.run(scraped(process.pid, ports))
        finally:
            process.kill()


def module() -> str:
    """What snmp_exporter 0.21 wants to ask the same twenty values."""
    metrics = [f"  - {{name: v{n}, oid: {oid.removesuffix('.0')}, type: gauge, help: x}}" for n, oid in enumerate(OIDS)]
    auth = ["  version: 2", "  auth: {community: bench}"]
    return "\n".join(["bench:", "  get:", *(f"  - {oid}" for oid in OIDS), "  metrics:", *metrics, *auth, ""])


async def scraped(pid: int, ports: list[int]) -> str:
    """Scrape every agent once in ten seconds, evenly; only the exporter's own time counts."""
    limits = httpx.Limits(max_connections=50, max_keepalive_connections=50)
    async with httpx.AsyncClient(base_url="http://127.0.0.1:19116", limits=limits, timeout=5) as client:
        await _up(client)
        good = 0

        async def scrape(port: int) -> None:
            nonlocal good
            answer = await client.get("/snmp", params={"module": "bench", "target": f"127.0.0.1:{port}"})
            good += answer.status_code == 200 and "v19 42" in answer.text

        rounds = max(1, round(SECONDS / EVERY))
        before, began = _cpu(pid), time.perf_counter()
        for _ in range(rounds):
            await _spread(scrape, ports)
        took = time.perf_counter() - began
        return f"{(_cpu(pid) - before) / took:7.1%} of a core   {good} of {rounds * len(ports)} polls"


async def _spread(scrape, ports) -> None:  # type: ignore[no-untyped-def]
    loop = asyncio.get_running_loop()
    began, tasks = loop.time(), []
    for n, port in enumerate(ports):
        await asyncio.sleep(max(0.0, began + n * EVERY / len(ports) - loop.time()))
        tasks.append(asyncio.create_task(scrape(port)))
    await asyncio.gather(*tasks)
    await asyncio.sleep(max(0.0, began + EVERY - loop.time()))


async def _up(client: httpx.AsyncClient) -> None:
    for _ in range(100):
        try:
            await client.get("/")
            return
        except httpx.TransportError:
            await asyncio.sleep(0.05)
    raise TimeoutError("the exporter did not start")


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


async def versions(folder: Path) -> dict[str, str]:
    """CPU of this process for a thousand values, by version, against somebody else's agent."""
    if shutil.which("snmpd") is None and shutil.which("snmpd", path="/usr/sbin") is None:
        return {"net-snmp": "missing on this machine"}
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from tests.transports.snmpd import AUTH, COMMUNITY, PRIV, USER, snmpd

    costs: dict[str, float] = {}
    (folder / "snmpd").mkdir()
    with snmpd(folder / "snmpd") as port:
        for name, access in {
            "version 2c": Access("2c", COMMUNITY),
            "version 3, SHA and AES": Access("3", user=USER, auth=AUTH, priv=PRIV),
        }.items():
            costs[name] = await cost(SnmpSession("127.0.0.1", port, access))
    least = costs["version 2c"]
    return {name: f"{spent * 1000:7.1f} ms   {spent / least:.2f} of 2c" for name, spent in costs.items()}


async def cost(session: SnmpSession) -> float:
    """Seconds of CPU for a thousand values, ten to a request."""
    oids = [f"1.3.6.1.2.1.1.{n}.0" for n in range(1, 8)] + [f"1.3.6.1.2.1.1.9.1.3.{n}" for n in range(1, 4)]
    await session.open()
    await session.get(oids)
    began = time.process_time()
    for _ in range(VARIABLES // len(oids)):
        await session.get(oids)
    spent = time.process_time() - began
    await session.close()
    return spent * 1000 / VARIABLES


if __name__ == "__main__":
    main()
