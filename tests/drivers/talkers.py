"""Displays, switchers, sound processors and video terminals, for the tests that every driver passes."""

from typing import Any, NamedTuple

from avctl.drivers.base import Options
from avctl.drivers.cisco_xapi import CiscoXapi, XapiOptions
from avctl.drivers.extron_sis import ExtronSis, SisOptions
from avctl.drivers.lg_rs232 import LgRs232
from avctl.drivers.poly import Poly, PolyOptions
from avctl.drivers.qsys_qrc import Channel as Controls
from avctl.drivers.qsys_qrc import QrcOptions, QsysQrc
from avctl.drivers.samsung_mdc import SamsungMdc
from avctl.drivers.shure_charger import ShureCharger, ShureChargerOptions
from avctl.drivers.shure_receiver import ShureReceiver
from avctl.drivers.sony_bravia import SonyBravia
from avctl.drivers.tesira import Channel, Tesira, TesiraOptions
from avctl.model.reading import Value
from simulators import (
    cisco_xapi,
    extron_sis,
    lg_rs232,
    poly,
    qsys_qrc,
    samsung_mdc,
    shure_charger,
    shure_receiver,
    sony_bravia,
    tesira,
)


class Talker(NamedTuple):
    """A driver, the device it talks to, and one true answer to something nobody asked.

    `simulate` puts the device into a state in which its vital question is answered by `truth`, and in which `wish`
    is something it does not have yet. `options` are those the transcripts are understood with.
    """

    driver: type[Any]
    device: type[Any]
    other: bytes
    simulate: dict[str, Any]
    truth: dict[str, Value]
    wish: tuple[str, Value]
    options: Options | None = None


TALKERS = {
    "poly": Talker(
        Poly,
        poly.Group,
        b"camera near 1\r\n",
        {},
        {"call": "idle"},
        ("volume", 35),
        PolyOptions(numbers={"loopback": "192.168.1.101"}),
    ),
    "qsys-qrc": Talker(
        QsysQrc,
        qsys_qrc.Core,
        b'{"jsonrpc":"2.0","result":true,"id":4711}\0',
        {},
        {"state": "active"},
        ("channel.01.fader", -12.0),
        QrcOptions(channels={"01": Controls(mute="Mic1Mute", fader="Mic1Gain")}),
    ),
    "tesira": Talker(
        Tesira,
        tesira.Server,
        b'! "publishToken":"else" "value":1\r\n',
        {},
        {"other.state": "none-reported"},
        ("channel.01.fader", -12.0),
        TesiraOptions(channels={"01": Channel(block="Level1", meter="AudioMeter1")}),
    ),
    "sony-bravia": Talker(
        SonyBravia,
        sony_bravia.Display,
        b"*SASCEN" + b"auto############\n",  # the scene
        {"power": "on"},
        {"power": "on"},
        ("volume", 55),
    ),
    "lg-rs232": Talker(
        LgRs232,
        lg_rs232.Display,
        b"g 01 OK32x",  # contrast
        {"power": "on"},
        {"power": "on"},
        ("volume", 55),
    ),
    "cisco-xapi": Talker(
        CiscoXapi,
        cisco_xapi.Codec,
        b"*s Standby State: Off\r\n** end\r\n",  # feedback, in the very form of an answer
        {},
        {"standby": "off", "call": "idle"},
        ("volume", 35),
        XapiOptions(numbers={"loopback": "echo@example.org"}),
    ),
    "extron-sis": Talker(
        ExtronSis,
        extron_sis.Switcher,
        b"Out63 In01 All\r\n",
        {"inputs": 8, "outputs": 4},
        {"output.1.source": 1, "output.2.source": 1},
        ("output.1.source", 5),
        SisOptions(outputs=2),
    ),
    "samsung-mdc": Talker(
        SamsungMdc,
        samsung_mdc.Display,
        b"\xaa\xff\x01\x03A\x24\x32\x9a",  # contrast 50
        {"power": "on"},
        {"power": "on"},
        ("volume", 55),
    ),
    "shure-charger": Talker(
        ShureCharger,
        shure_charger.Charger,
        b"< REP NET_SETTINGS SW1 AUTO >",
        {"packs": [{"charge": 100, "health": 97}, None]},
        {"bay.1.charge": 100, "bay.1.state": "full", "bay.2.present": "no"},
        ("storage", "on"),
        ShureChargerOptions(bays=4),
    ),
    "shure-receiver": Talker(
        ShureReceiver,
        shure_receiver.Rack,
        b"< REP 1 GROUP_CHAN 06,100 >",
        {"microphones": [{"charge": 80.9}, None]},
        {"receiver.1.battery": 80, "receiver.2.transmitter": "off"},
        ("receiver.1.mute", "on"),
    ),
}
