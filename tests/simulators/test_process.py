"""The simulators as a process of their own: announced, controlled, in somebody else's time, and ended."""

import json
import math
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.simulators.conftest import address

SITE = Path(__file__).parents[2] / "config" / "site.yaml"


@contextmanager
def running(tmp_path: Path, *words: str, fd: int | None = None) -> Iterator[subprocess.Popen[str]]:
    announce = tmp_path / "announce.json"
    command = [sys.executable, "-m", "simulators", str(SITE), "--rooms", "303", "--announce", str(announce), *words]
    keep = () if fd is None else (fd,)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, pass_fds=keep, cwd=SITE.parents[1]) as process:
        assert process.stdout
        while "control" not in process.stdout.readline():
            assert process.poll() is None
        try:
            yield process
        finally:
            process.kill()


def announced(tmp_path: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((tmp_path / "announce.json").read_text())
    return told


def test_it_announces_everything_is_broken_from_outside_and_ends_on_ctrl_c(tmp_path: Path) -> None:
    with running(tmp_path) as process:
        told = announced(tmp_path)
        assert told["devices"]["r303-mixer"]["url"].startswith("osc://127.0.0.1:")
        assert "snmp-community" in told["devices"]["r303-charger"]["secrets"]
        with httpx.Client(base_url=told["control"]) as control:
            check_control(control)
        process.send_signal(signal.SIGINT)
        assert process.wait(5) == 0


def check_control(control: httpx.Client) -> None:
    devices = control.get("/devices").json()
    assert devices["r303-projector"]["stem"] == "escvp21"
    assert "lamp-fails" in devices["r303-projector"]["mishaps"]
    broken = control.post("/devices/r303-projector/lamp-fails").json()
    assert broken["state"]["error"] == "lamp"
    assert control.post("/devices/r303-projector/heal").json()["state"]["error"] == "none"
    unknown = control.post("/devices/r303-projector/explodes")
    assert unknown.status_code == 404
    assert "lamp-fails" in unknown.json()["known"]
    wrong = control.post("/devices/r303-charger/pack-ages", json={"pack": 3})
    assert wrong.status_code == 400
    assert "takes {bay, health=62}" in wrong.json()["error"]
    assert control.post("/rooms/303/speak").json()["state"]["speaking"] == "r303-lectern"
    assert control.post("/rooms/303/sing").status_code == 404
    assert control.post("/devices/r303-zone-a/zone-dies").status_code == 200


@pytest.mark.parametrize("words", [("nowhere.yaml",), (str(SITE), "--rooms", "404")])
def test_what_cannot_be_simulated_ends_with_a_sentence(words: tuple[str, ...]) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "simulators", *words], capture_output=True, text=True, check=False, cwd=SITE.parents[1]
    )
    assert ended.returncode == 2
    assert len(ended.stderr.splitlines()) == 1


class Master:
    """The other end of a lockstep: says `ask` and `go`, and only has time when it says so."""

    def __init__(self, link: socket.socket) -> None:
        self.file = link.makefile("rwb", buffering=0)
        link.settimeout(10)

    def next(self) -> float:
        self.file.write(b"ask\n")
        word, _, figure = self.file.readline().partition(b" ")
        assert word == b"next"
        return float(figure)

    def go(self, now: float) -> None:
        self.file.write(f"go {now!r}\n".encode())


def test_in_lockstep_hours_pass_at_the_word_of_the_master(tmp_path: Path) -> None:
    here, there = socket.socketpair()
    with here, there, running(tmp_path, "--lockstep", str(there.fileno()), fd=there.fileno()) as process:
        there.close()
        master = Master(here)
        assert master.next() == math.inf
        with socket.create_connection(address(announced(tmp_path)["devices"]["r303-projector"]["url"])) as line:
            line.settimeout(10)
            line.sendall(b"LAMP?\rPWR ON\r")
            assert line.recv(999).endswith(b"LAMP=410\r:")
            pass_warm_up(master, line)
            master.go(7 * 3600 + 20.5)
            line.sendall(b"LAMP?\r")
            assert line.recv(999) == b"LAMP=417\r:"
        master.file.close()
        here.close()
        assert process.wait(5) == 0  # its parent is gone, and so is it


def pass_warm_up(master: Master, line: socket.socket) -> None:
    assert line.recv(999) == b"IMEVENT=0001 02 00000000 00000000 T1 F1\r::"
    while (due := master.next()) < 20:
        master.go(due)
    assert due == 20
    master.go(due)
    master.go(master.next())
    assert line.recv(999) == b"IMEVENT=0001 03 00000000 00000000 T1 F1\r:"


def test_a_serial_line_is_a_tcp_port_in_lockstep(tmp_path: Path) -> None:
    here, there = socket.socketpair()
    with here, there, running(tmp_path, "--rooms", "301", "--lockstep", str(there.fileno()), fd=there.fileno()):
        assert announced(tmp_path)["devices"]["r301-projector"]["url"].startswith("tcp://")
        here.close()
