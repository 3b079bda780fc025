"""The floor of `bench/reaction.py`: in place of the daemon, a line on one connection becomes a line on another."""

import asyncio
import json
import sys

from bench._wire import Lines, stdin


class Main(Lines):
    """The connection to a main projector."""

    def __init__(self, side: Lines) -> None:
        super().__init__(b":")
        self._side = side

    def line(self, line: bytes) -> None:
        if line.startswith(b"IMEVENT="):
            self._side.write(b"PWR ON\r")


async def main(ports: list[tuple[int, int]]) -> None:
    loop = asyncio.get_running_loop()
    for main, side in ports:
        _, display = await loop.create_connection(lambda: Lines(b":"), "127.0.0.1", side)
        await loop.create_connection(lambda display=display: Main(display), "127.0.0.1", main)  # type: ignore[misc]
    print(json.dumps("ready"), flush=True)
    await (await stdin()).read()


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
