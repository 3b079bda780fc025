"""OSC datagrams: whole or noise, and nothing in between."""

import asyncio
import socket

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from avctl.codecs import osc
from avctl.codecs.noise import Noise
from tests.counterparts import require

ADDRESS = st.text("abcdefgh/-0123456789", min_size=1, max_size=40).map(lambda text: "/" + text)
TEXT = st.text(st.characters(min_codepoint=1, max_codepoint=0x7FF), max_size=40)
ARGS = st.lists(
    st.integers(-(2**31), 2**31 - 1) | st.floats(width=32, allow_nan=False) | TEXT | st.binary(min_size=1, max_size=40)
)


@given(st.binary(max_size=5000))
@example(b"#bundle\0" + bytes(8) + b"\0\0\0\x10#bundle\0" + bytes(8))
@example(b"/ch\0,s\0\0\xff\xfe\xfd\0")  # not UTF-8
@example(b"/a\0\0,i\0\0")  # an argument announced, none there
@example(b"/a\0\0,[[[[[[[[\0\0\0")
@example(b"/a\0\0,b\0\0\xff\xff\xff\xff")
def test_no_bytes_on_earth_upset_the_decoder(datagram: bytes) -> None:
    assert isinstance(osc.decode(datagram), osc.Message | Noise)


@given(ADDRESS, ARGS)
def test_what_was_encoded_is_decoded(address: str, args: list[osc.Arg]) -> None:
    assert osc.decode(osc.encode(address, *args)) == osc.Message(address, tuple(args))


def test_a_message_without_arguments_still_has_its_comma() -> None:
    assert osc.encode("/info") == bytes.fromhex("2f696e66 6f000000 2c000000")


def test_the_bytes_of_the_manual() -> None:
    fader = bytes.fromhex("2f63682f 30312f6d 69782f66 61646572 00000000 2c660000 3f400000")
    assert osc.encode("/ch/01/mix/fader", 0.75) == fader
    assert osc.decode(bytes.fromhex("2f787265 6d6f7465 00000000")) == osc.Message("/xremote")  # tagless, as a desk may


@pytest.mark.parametrize("nested", [1, 100, 3000])
def test_nested_bundles_are_noise_however_deep(nested: int) -> None:
    datagram = (b"#bundle\0" + bytes(8) + b"\0\0\x10\0") * nested
    assert isinstance(osc.decode(datagram), Noise)


@pytest.mark.real_time
async def test_a_strict_reader_of_other_people_understands_what_is_said_to_a_desk() -> None:
    program = require("oscdump")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mouth:
        dump = await asyncio.create_subprocess_exec(program, "-L", str(port), stdout=asyncio.subprocess.PIPE)
        assert dump.stdout
        try:
            await asyncio.sleep(0.3)
            for said in (osc.encode("/info"), osc.encode("/load", "scene", 5), osc.encode("/ch/01/mix/fader", 0.75)):
                mouth.sendto(said, ("127.0.0.1", port))
            async with asyncio.timeout(5):
                lines = [(await dump.stdout.readline()).decode().split(maxsplit=1)[1].strip() for _ in range(3)]
        finally:
            dump.kill()
            await dump.wait()
    assert lines == ["/info", '/load si "scene" 5', "/ch/01/mix/fader f 0.750000"]
