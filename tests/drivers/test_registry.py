"""The registry: what a site file may say, and what it is told when it says something else."""

import pytest
from pydantic import ValidationError

from avctl.clock import LoopClock
from avctl.drivers.registry import UnknownDriver, build, dial, drivers, options_model, schemes
from avctl.drivers.x32 import X32
from avctl.model.house import DeviceSpec
from avctl.transports.serial import Serial
from avctl.transports.tcp import Tcp
from avctl.transports.udp import Udp


def spec(driver: str, url: str, **options: object) -> DeviceSpec:
    return DeviceSpec("r301-mixer", "301", driver, url, options)


def test_coded_drivers_and_profiles_stand_in_one_list() -> None:
    assert {"x32", "escvp21", "apc-rpdu2", "battery-mib"} <= set(drivers())


def test_every_driver_says_how_it_is_reached_and_what_it_takes() -> None:
    for name in drivers():
        assert schemes(name)
        assert options_model(name).model_json_schema()["additionalProperties"] is False


def test_a_misspelt_driver_is_told_the_nearest() -> None:
    with pytest.raises(UnknownDriver, match='did you mean "escvp21"') as told:
        options_model("escvp12")
    assert told.value.nearest == "escvp21"


def test_building_connects_nothing_and_shows_the_points(clock: LoopClock) -> None:
    desk = build(spec("x32", "osc://127.0.0.1:9", channels=2), clock, str)
    assert isinstance(desk, X32)
    assert "channel.02.mute" in desk.points and "channel.03.mute" not in desk.points


def test_a_mixer_is_not_reached_by_a_serial_line(clock: LoopClock) -> None:
    with pytest.raises(ValueError, match="r301-mixer: x32 is reached by osc:// or udp://"):
        build(spec("x32", "serial:///dev/ttyUSB0"), clock, str)


def test_an_option_nobody_knows_is_a_mistake(clock: LoopClock) -> None:
    with pytest.raises(ValidationError, match="chanels"):
        build(spec("x32", "osc://127.0.0.1:9", chanels=2), clock, str)


@pytest.mark.parametrize(
    ("url", "kind", "shown"),
    [
        ("osc://10.0.0.1", Udp, "udp://10.0.0.1:10023"),
        ("udp://10.0.0.1:5", Udp, "udp://10.0.0.1:5"),
        ("tcp://[::1]:4001", Tcp, "tcp://::1:4001"),
        ("serial:///dev/serial/by-id/usb-FTDI?baud=19200", Serial, "serial:///dev/serial/by-id/usb-FTDI"),
    ],
)
def test_a_url_is_a_wire(url: str, kind: type, shown: str) -> None:
    wire = dial(url)
    assert isinstance(wire.wire, kind) and str(wire) == shown


@pytest.mark.parametrize(
    "url",
    ["tcp://10.0.0.1", "udp://10.0.0.1", "tcp://10.0.0.1:99999", "serial://ttyUSB0", "serial:///dev/x?baud=fast",
     "serial:///dev/x?bauds=9600", "http://10.0.0.1", "10.0.0.1:80", ""],
)  # fmt: skip
def test_half_an_address_is_a_mistake(url: str) -> None:
    with pytest.raises(ValueError, match=r"want|a wire is one of|Port out of range"):
        dial(url)
