"""The projector on a serial line, opened by pyserial as a real port would be."""

import asyncio

import pytest
import serial

from simulators.escvp21 import Projector
from simulators.faces import PtyFace


def ask(port: str, said: bytes) -> bytes:
    with serial.Serial(port, 9600, timeout=2) as line:
        line.write(said)
        return line.read_until(b":")


@pytest.mark.real_time
async def test_a_serial_line_can_be_opened_again_and_again() -> None:
    face = PtyFace(Projector("projector", {"power": "on"}), "?baud=9600")
    await face.open()
    port = face.url.removeprefix("serial://").removesuffix("?baud=9600")
    for _ in range(3):
        assert await asyncio.to_thread(ask, port, b"PWR?\r") == b"PWR=01\r:"
    await face.close()
