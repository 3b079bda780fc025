"""One magic packet on the local network, for machines that are off. Nobody answers, and nobody can.

Source: AMD, Magic Packet Technology white paper (publication 20213): six bytes FF, then the hardware address sixteen
times. It reaches the segment it is sent to: url `wol://10.20.1.255:9` is a directed broadcast.
"""

import asyncio
import socket

from avctl.model.errors import LinkDown


def magic(mac: str) -> bytes:
    """The packet for `00:1b:21:aa:bb:cc`. Raises ValueError for what is no hardware address."""
    octets = bytes.fromhex(mac.replace(":", "").replace("-", ""))
    if len(octets) != 6:
        raise ValueError(f"{mac}: want six octets, such as 00:1b:21:aa:bb:cc")
    return b"\xff" * 6 + octets * 16


async def cast(host: str, port: int, packet: bytes) -> None:
    """Send it, broadcast allowed. Raises LinkDown when the network refuses."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        try:
            await loop.sock_sendto(sock, packet, (host, port))
        except OSError as error:
            raise LinkDown(f"wol://{host}:{port}: {error.strerror or error}") from None
