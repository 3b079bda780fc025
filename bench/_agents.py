"""`python -m bench._agents COUNT POINTS`: so many SNMP agents in one process, as cheap as they can be made.

They answer GET (version 2c) for whatever OIDs they are asked, always with the same number. Not an agent to test
against: no tables, no errors, no versions; it is here so that the machine's time is the poller's. Prints its ports.
"""

import json
import select
import socket
import sys

_VALUE = b"\x02\x01\x2a"  # INTEGER 42
_bodies: dict[bytes, bytes] = {}


def answer(request: bytes) -> bytes:
    """A response with the request's number, and a value for every OID asked."""
    _, at, _ = _element(request, 0)
    _, start, end = _element(request, at)  # version
    head = request[at:end]
    _, start, after = _element(request, end)  # community
    head += request[end:after]
    _, start, _ = _element(request, after)  # GetRequest
    _, _, number_end = _element(request, start)
    _, _, status_end = _element(request, number_end)
    _, _, index_end = _element(request, status_end)
    asked = request[index_end:]
    if asked not in _bodies:
        _bodies[asked] = _answered(asked)
    pdu = request[start:number_end] + b"\x02\x01\x00\x02\x01\x00" + _bodies[asked]
    return _wrapped(0x30, head + _wrapped(0xA2, pdu))


def _answered(asked: bytes) -> bytes:
    _, at, end = _element(asked, 0)
    bound = b""
    while at < end:
        _, name, at = _element(asked, at)
        _, _, name_end = _element(asked, name)
        bound += _wrapped(0x30, asked[name:name_end] + _VALUE)
    return _wrapped(0x30, bound)


def _element(data: bytes, at: int) -> tuple[int, int, int]:
    """Tag, where its content begins, and where it ends."""
    length, start = data[at + 1], at + 2
    if length & 0x80:
        more = length & 0x7F
        length, start = int.from_bytes(data[start : start + more], "big"), start + more
    return data[at], start, start + length


def _wrapped(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    size = (length.bit_length() + 7) // 8
    return bytes((tag, 0x80 | size)) + length.to_bytes(size, "big") + content


def serve(count: int) -> None:
    """Answer until killed."""
    poll, sockets = select.epoll(), {}
    for _ in range(count):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind(("127.0.0.1", 0))
        sock.setblocking(False)
        sockets[sock.fileno()] = sock
        poll.register(sock.fileno(), select.EPOLLIN)
    print(json.dumps([sock.getsockname()[1] for sock in sockets.values()]), flush=True)
    while True:
        for number, _ in poll.poll():
            data, sender = sockets[number].recvfrom(4096)
            sockets[number].sendto(answer(data), sender)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
