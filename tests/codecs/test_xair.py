"""X Air meters: words of 16 bits, counted little-endian, in a big-endian blob."""

import struct

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from avctl.codecs import osc, x32, xair
from avctl.codecs.noise import Noise

HEAD = b"/meters/1\0\0\0,b\0\0"


@given(st.binary(max_size=300) | st.binary(max_size=300).map(lambda rest: HEAD + rest))
@example(HEAD + struct.pack(">i", 8) + struct.pack("<i", -1) + bytes(4))
@example(b"/meters/")
@example(b"/meters/1\0\0\0,f\0\0\0\0\0\0")
@example(osc.encode("/ch/01/mix/fader", float("inf")))
def test_no_datagram_upsets_the_decoder(datagram: bytes) -> None:
    (message,) = xair.Decoder().feed(datagram)
    assert isinstance(message, x32.Message | Noise)


@given(st.lists(st.integers(-32768, 32767), max_size=100))
def test_what_a_mixer_packs_is_read_whole(words: list[int]) -> None:
    blob = struct.pack(f"<i{len(words)}h", len(words), *words)
    datagram = HEAD + struct.pack(">i", len(blob)) + blob + bytes(-len(blob) % 4)
    (message,) = xair.Decoder().feed(datagram)
    assert isinstance(message, x32.Meters)
    assert (message.bank, list(message.levels)) == (1, words)


@given(st.integers(-32768, 32767))
def test_every_word_is_a_level_between_silence_and_128_db(word: int) -> None:
    db = xair.meter_db(word)
    assert db is not None and x32.SILENCE_DB <= db < 128


def test_a_blob_cut_short_is_noise() -> None:
    whole = HEAD + struct.pack(">i", 12) + struct.pack("<i4h", 4, 0, -1536, -5248, -32768)
    (message,) = xair.Decoder().feed(whole)
    assert isinstance(message, x32.Meters)
    assert [xair.meter_db(word) for word in message.levels] == [0.0, -6.0, -20.5, -120.0]
    (cut,) = xair.Decoder().feed(whole[:-1])
    assert isinstance(cut, Noise)


@pytest.mark.parametrize("line", ["", "/", "ch/01", "/ch/01/mix", '/ch/01/config "', "/x \0"])
def test_odd_lines_of_text_are_noise_or_words(line: str) -> None:
    (message,) = xair.Decoder().feed(osc.encode("node", line))
    assert isinstance(message, x32.Node | Noise)
