"""Devices that answer in datagrams without a connection, for the tests that every driver passes."""

from avctl.drivers.sennheiser_charger import SennheiserCharger
from avctl.drivers.sennheiser_receiver import SennheiserReceiver, SennheiserReceiverOptions
from simulators import sennheiser_charger, sennheiser_receiver
from tests.drivers.talkers import Talker

DATAGRAMS = {
    "sennheiser-charger": Talker(
        SennheiserCharger,
        sennheiser_charger.Charger,
        b'{"osc":{"xid":4711},"device":{"location":"rack"}}',
        {"packs": [{"charge": 100}, None, None, None]},
        {"bay.1.charge": 100, "bay.1.state": "full", "bay.2.present": "no"},
        ("storage", "on"),
    ),
    "sennheiser-receiver": Talker(
        SennheiserReceiver,
        sennheiser_receiver.Rack,
        b'{"osc":{"xid":4711},"device":{"location":"rack"}}',
        {"microphones": [{"charge": 80.9}, None]},
        {"receiver.1.battery": 80, "receiver.2.transmitter": "off"},
        ("receiver.1.mute", "on"),
        SennheiserReceiverOptions(meters=1),
    ),
}
