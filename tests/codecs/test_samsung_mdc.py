"""Samsung MDC: sums hold, cuts do not matter, and a frame behind noise is still found."""

from hypothesis import given
from hypothesis import strategies as st

from avctl.codecs import samsung_mdc as wire
from avctl.codecs.noise import Noise

ON = b"\xaa\xff\x01\x03A\x11\x01\x56"
NAK = b"\xaa\xff\x01\x03N\x14\x00\x65"


def messages(*pieces: bytes) -> list[wire.Answer | Noise]:
    decoder = wire.Decoder()
    return [message for piece in pieces for message in decoder.feed(piece)]


def answers(*pieces: bytes) -> list[wire.Answer]:
    return [message for message in messages(*pieces) if isinstance(message, wire.Answer)]


@given(st.lists(st.binary(max_size=60) | st.sampled_from([ON, NAK, ON[:5], b"\xaa", b"\xaa\xff\x01"])), st.data())
def test_no_bytes_upset_the_decoder_and_cuts_do_not_matter(pieces: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(pieces)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=8)))
    cut = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    assert answers(*cut) == answers(whole)
    assert all(isinstance(message, wire.Answer | Noise) for message in messages(*cut))


@given(st.integers(0, 255), st.integers(0, 255), st.booleans(), st.binary(max_size=200))
def test_every_answer_comes_back_whole(id: int, command: int, ok: bool, values: bytes) -> None:
    body = bytes((0xFF, id, len(values) + 2, 0x41 if ok else 0x4E, command)) + values
    frame = b"\xaa" + body + bytes((sum(body) & 0xFF,))
    assert messages(frame) == [wire.Answer(id, command, ok, values)]


def test_what_the_manual_says() -> None:
    assert messages(ON) == [wire.Answer(1, 0x11, True, b"\x01")]
    assert messages(NAK) == [wire.Answer(1, 0x14, False, b"\0")]
    assert wire.encode(0x11, 1) == b"\xaa\x11\x01\x00\x12"
    assert wire.encode(0x14, 1, 0x21) == b"\xaa\x14\x01\x01\x21\x37"


def test_a_wrong_sum_is_noise_and_the_next_frame_is_understood() -> None:
    assert answers(ON[:-1] + b"\x57" + NAK) == [wire.Answer(1, 0x14, False, b"\0")]
    assert answers(b"\xff\x00" + ON) == answers(ON)


def test_a_length_that_never_comes_is_let_go_with_the_wire() -> None:
    decoder = wire.Decoder()
    noise = [message for _ in range(50) for message in decoder.feed(b"x" * 100)]
    assert len(noise) == 50 and all(isinstance(message, Noise) for message in noise)
