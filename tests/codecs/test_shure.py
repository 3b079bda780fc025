"""Shure command strings: there is no end of line, braces hold anything, and figures have markers among them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avctl.codecs import shure as wire
from avctl.codecs.noise import Noise


def messages(*pieces: bytes) -> list[wire.Message | Noise]:
    decoder = wire.Decoder()
    return [message for piece in pieces for message in decoder.feed(piece)]


def said(*pieces: bytes) -> list[wire.Message | Noise]:
    return [message for message in messages(*pieces) if not isinstance(message, Noise)]


@given(st.lists(st.binary(max_size=60) | st.text("<>{} REP1ABT_", max_size=60).map(str.encode)))
def test_no_bytes_on_earth_upset_the_decoder(pieces: list[bytes]) -> None:
    assert all(isinstance(message, wire.Message | Noise) for message in messages(*pieces))


FRAMES = st.sampled_from(
    [
        b"< REP 1 BATT_CHARGE 098 >",
        b"< REP ERR >",
        b"< REP DEVICE_ID {A < B > C          } >",
        b"< SAMPLE 1 ALL AX 087 023 >",
    ]
)


@given(st.lists(FRAMES | st.binary(max_size=20)), st.data())
def test_cuts_do_not_matter_to_what_is_said(frames: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(frames)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=8)))
    pieces = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    assert said(*pieces) == said(whole)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (b"< REP 1 BATT_TIME_TO_FULL 00107 >", [wire.Report("1", "BATT_TIME_TO_FULL", "00107")]),
        (b"< REP STORAGE_MODE ON >", [wire.Report("", "STORAGE_MODE", "ON")]),
        (b"< REP DEVICE_ID {MA: 5-8                        } >", [wire.Report("", "DEVICE_ID", "MA: 5-8")]),
        (b"< REP DEVICE_ID {a>b<c} >", [wire.Report("", "DEVICE_ID", "a>b<c")]),
        (b"< REP 2 CHAN_NAME {} >", [wire.Report("2", "CHAN_NAME", "")]),
        (b"< REP ERR >", [wire.Refusal()]),
        (b"< SAMPLE 1 ALL AX 087 023 >", [wire.Sample("1", ("AX", "087", "023"))]),
        (
            b"< REP 7 BATT_STATE ERROR >< REP 7 BATT_ERROR 007 >\r\n",
            [wire.Report("7", "BATT_STATE", "ERROR"), wire.Report("7", "BATT_ERROR", "007")],
        ),
        (b"\xff\x00< REP ERR >", [Noise(b"\xff\x00"), wire.Refusal()]),
        (b"< REP 1 BATT_CH< REP ERR >", [Noise(b"< REP 1 BATT_CH"), wire.Refusal()]),
        (b"< HELLO >", [Noise(b"< HELLO >")]),
    ],
)
def test_what_the_manual_says(said: bytes, meant: list[object]) -> None:
    assert messages(said) == meant


def test_what_is_sent_is_what_the_manual_sends() -> None:
    assert wire.get("ALL", 0) == b"< GET 0 ALL >"
    assert wire.get("DEVICE_ID") == b"< GET DEVICE_ID >"
    assert wire.put("METER_RATE", "00500", 0) == b"< SET 0 METER_RATE 00500 >"


@pytest.mark.parametrize(
    ("read", "text", "meant"),
    [
        (wire.share, "098", 98), (wire.share, "000", 0), (wire.share, "254", None), (wire.share, "UNKN", None),
        (wire.figure, "00107", 107), (wire.figure, "65529", None), (wire.figure, "65535", None),
        (wire.figure, "-", None),
        (wire.small, "065", 65), (wire.small, "253", None), (wire.small, "٣", None),
    ],
)  # fmt: skip
def test_a_marker_is_no_figure(read: object, text: str, meant: int | None) -> None:
    assert callable(read) and read(text) == meant


def test_an_endless_stream_is_let_go_and_the_next_report_is_understood() -> None:
    decoder = wire.Decoder()
    noise = [message for _ in range(1000) for message in decoder.feed(b"<x{" * 33)]
    assert noise and all(isinstance(message, Noise) for message in noise)
    assert [*decoder.feed(b"}>< REP ERR >")][-1] == wire.Refusal()
