"""The other side of `bench/reaction.py`: a hall of projectors on one loop, each at a port of its own, no more.

They speak just enough ESC/VP21 to be kept: every question is answered at once. Told "go", they let one room's main
projector lose its lamp after another, at random moments that wait for nobody (open loop), and take the time: from
just before the IMEVENT is written until `PWR ON` has arrived at the same room's side display.
"""

import asyncio
import json
import sys
from random import Random
from time import perf_counter

from bench._wire import Lines, stdin

EVENT = b"IMEVENT=0001 FF 00000000 00000004 T1 F1\r:"  # abnormal, lamp burnt out
PATIENCE = 5.0  # s after the last fault in which a reaction still counts
_ANSWERS = {
    b"PWR?": b"PWR=01", b"ERR?": b"ERR=00", b"SOURCE?": b"SOURCE=30", b"MUTE?": b"MUTE=OFF", b"SIGNAL?": b"SIGNAL=01",
    b"LAMP?": b"LAMP=100",
}  # fmt: skip


class Projector(Lines):
    """One display; the newest connection to it counts."""

    def __init__(self, serial: str, power: bytes) -> None:
        super().__init__(b"\r")
        self.says = {**_ANSWERS, b"PWR?": b"PWR=" + power, b"SNO?": b"SNO=" + serial.encode()}
        self.switched_on: float | None = None

    def line(self, line: bytes) -> None:
        if line == b"PWR ON" and self.switched_on is None:
            self.switched_on = perf_counter()
            self.says[b"PWR?"] = b"PWR=01"
        said = self.says.get(line)
        self.write(b":" if said is None else said + b"\r:")

    def lose_lamp(self) -> float:
        """Say so; when."""
        self.says |= {b"PWR?": b"PWR=05", b"ERR?": b"ERR=06"}
        at = perf_counter()
        self.write(EVENT)
        return at


async def _port(projector: Projector) -> int:
    server = await asyncio.get_running_loop().create_server(lambda: projector, "127.0.0.1", 0)
    return int(server.sockets[0].getsockname()[1])


async def _befall(rooms: list[tuple[Projector, Projector]], pace: float, seed: int) -> list[float]:
    """One fault in every room, `pace` a second on average; how long each took to be answered (s)."""
    chance, loop, began = Random(seed), asyncio.get_running_loop(), []
    at = loop.time()
    for main, _ in rooms:
        at += chance.expovariate(pace)
        await asyncio.sleep(max(0.0, at - loop.time()))
        began.append(main.lose_lamp())
    async with asyncio.timeout(PATIENCE):
        while any(side.switched_on is None for _, side in rooms):
            await asyncio.sleep(0.05)
    return [side.switched_on - start for start, (_, side) in zip(began, rooms, strict=True) if side.switched_on]


async def main(count: int, pace: float, seed: int) -> None:
    rooms = [(Projector(f"M{n:04}", b"01"), Projector(f"S{n:04}", b"00")) for n in range(count)]
    print(json.dumps([[await _port(main), await _port(side)] for main, side in rooms]), flush=True)
    commands = await stdin()
    while (await commands.readline()).strip() == b"go":
        try:
            took: list[float] | str = await _befall(rooms, pace, seed)
        except TimeoutError:
            took = f"{sum(side.switched_on is None for _, side in rooms)} of {count} faults were never answered"
        print(json.dumps(took), flush=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])))
