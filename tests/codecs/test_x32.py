"""The fader law and its steps, meters, text nodes: against figures of the manual, and both ways."""

import math
import struct
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from avctl.codecs import osc, x32
from avctl.codecs.noise import Noise

# Maillot v4.02, chapter on faders: joints of the four straight lines
JOINTS = [(0.0625, -60.0), (0.25, -30.0), (0.5, -10.0), (0.75, 0.0), (1.0, 10.0)]


@pytest.mark.parametrize(("position", "db"), JOINTS)
def test_the_joints_of_the_fader_law_are_exact(position: float, db: float) -> None:
    assert x32.fader_db(position) == pytest.approx(db)


def test_nought_db_falls_between_two_steps_and_the_lower_is_nearer() -> None:
    assert x32.fader_position(0.0) == 767 / 1023
    assert x32.fader_db(767 / 1023) == pytest.approx(-0.0098, abs=1e-4)
    assert x32.fader_db(768 / 1023) == pytest.approx(0.0293, abs=1e-4)


@pytest.mark.parametrize("steps", [x32.FADER_STEPS, x32.LEVEL_STEPS])
def test_every_step_comes_back_as_itself(steps: int) -> None:
    for k in range(steps):
        position = k / (steps - 1)
        assert x32.fader_position(x32.fader_db(position), steps) == position


def test_every_frequency_step_comes_back_as_itself() -> None:
    for k in range(x32.FREQUENCY_STEPS):
        assert x32.frequency_position(x32.frequency(k / 120)) == k / 120


@given(st.floats(-200, 200))
def test_no_level_leaves_the_fader(db: float) -> None:
    assert 0 <= x32.fader_position(db) <= 1
    assert -120 <= x32.fader_db(x32.fader_position(db)) <= 10


@given(st.floats(-89, 10))
def test_a_level_is_kept_to_half_a_step(db: float) -> None:
    steepest = 480 / 1023 if db < -59.5 else 160 / 1023 if db < -29.5 else 80 / 1023 if db < -9.5 else 40 / 1023
    assert abs(x32.fader_db(x32.fader_position(db)) - db) <= steepest / 2 + 1e-9


@given(st.binary(max_size=500) | st.binary(max_size=500).map(lambda rest: b"/meters/1\0\0\0,b\0\0" + rest))
@example(b"/meters/1\0\0\0,b\0\0" + struct.pack(">i", 8) + struct.pack("<i", -1) + bytes(4))
@example(b"/meters/")
@example(osc.encode("/ch/01/mix/fader", float("nan")))
@example(osc.encode("node", 'ch/01/config "'))
def test_no_datagram_upsets_the_decoder(datagram: bytes) -> None:
    (message,) = x32.Decoder().feed(datagram)
    assert isinstance(message, x32.Message | Noise)


def test_meters_count_little_endian_inside_a_big_endian_blob() -> None:
    values = [1.0, 0.5, *[0.0] * 94]
    blob = struct.pack("<i96f", 96, *values)
    datagram = b"/meters/1\0\0\0,b\0\0" + struct.pack(">i", len(blob)) + blob
    assert len(datagram) == 408  # as the manual says
    (message,) = x32.Decoder().feed(datagram)
    assert isinstance(message, x32.Meters)
    assert (message.bank, list(message.levels)) == (1, values)


def test_meter_levels_in_decibels() -> None:
    assert x32.meter_db(1.0) == 0.0
    assert x32.meter_db(0.0) == -120.0
    assert x32.meter_db(8.0) == pytest.approx(18.06, abs=0.01)
    assert x32.meter_db(math.nan) is None
    assert x32.meter_db(sys.float_info.max) == x32.meter_db(8.0)


def test_a_text_node_may_hold_quotes_and_grow_with_the_firmware() -> None:
    node = x32.node('/ch/01/config "Lectern mic" 1 RD 1 and more\n')
    assert node == x32.Node("ch/01/config", ("Lectern mic", "1", "RD", "1", "and", "more"))


def test_firmware_4_06_ends_a_text_node_with_a_nul() -> None:
    assert x32.node("/-stat/solo ON\0/-stat 12") == x32.Node("-stat/solo", ("ON",))


@pytest.mark.parametrize(("word", "db"), [("-oo", -120.0), ("-2.1", -2.1), ("+0", 0.0), ("1k02", None), ("nan", None)])
def test_levels_in_text(word: str, db: float | None) -> None:
    assert x32.node_db(word) == db
