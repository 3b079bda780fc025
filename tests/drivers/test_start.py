"""What is given to newcomers works before they change a letter: starting profiles, schema, and the list of devices."""

import asyncio
import json
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

from avctl.clock import LoopClock
from avctl.drivers import profile_start, registry, supported
from avctl.drivers.profile import DIALECTS, SHIPPED, json_schema, prove
from avctl.drivers.profile_start import new_device
from avctl.drivers.registry import BrokenDriver, UnknownDriver, build, drivers, kind
from avctl.drivers.wake_on_lan import WakeOnLan
from avctl.locale import point_name
from avctl.model.errors import Refused
from avctl.model.house import DeviceSpec
from avctl.model.reading import Quality
from avctl.transports.magic import magic
from tests.drivers.test_dialect import PROFILES


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_a_new_device_begins_with_a_profile_that_proves_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dialect: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("acme-hx2.yaml").write_text(new_device("acme-hx2", dialect))
    assert prove(Path("acme-hx2.yaml")) == []
    assert "TODO" in Path("acme-hx2.yaml").read_text()


def test_there_is_a_beginning_for_every_dialect() -> None:
    assert set(profile_start.dialects()) == set(DIALECTS)


@pytest.mark.parametrize(("stem", "dialect"), [("acme", "smtp"), ("Acme HX", "snmp"), ("", "line"), ("-a", "osc")])
def test_what_cannot_become_a_profile_is_said(stem: str, dialect: str) -> None:
    with pytest.raises(ValueError, match=r"no dialect|small letters"):
        new_device(stem, dialect)


SCHEMA = json_schema()


def _plain(text: str) -> Any:
    return json.loads(json.dumps(YAML(typ="safe").load(text)))


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_schema_accepts_what_is_shipped(path: Path) -> None:
    jsonschema.validate(_plain(path.read_text()), SCHEMA)


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_the_schema_accepts_what_newcomers_get(dialect: str) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(_plain(new_device("acme", dialect)), SCHEMA)


@pytest.mark.parametrize("name", PROFILES)
def test_the_schema_refuses_what_nobody_knows(name: str) -> None:
    told = _plain(PROFILES[name])
    jsonschema.validate(told, SCHEMA)
    for wrong in ({**told, "examples": []}, {**told, "sauce": "p. 1"}, {**told, "dialect": "smtp"}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, SCHEMA)


def test_every_driver_has_a_row_in_the_list_of_devices() -> None:
    rows = supported.supported()
    assert {row.name for row in rows} == set(drivers())
    for row in rows:
        assert row.kind != "other" and row.models and row.transport and row.source, row
    assert "| `apc-rpdu` | pdu | APC AP7900" in supported.table(rows)


# --- drivers of other packages

MODULE = """
from avctl.codecs import lines
from avctl.drivers.base import Conversation, Options
from avctl.model.point import Point
from avctl.model.ports import Query


class AcmeOptions(Options):
    zone: int = 1


class Acme(Conversation[lines.Line]):
    schemes = ("tcp",)
    settings = AcmeOptions
    decoder = lines.Decoder
    queries = (Query("power", every=10, timeout=1, vital=True),)
    points = {"power": Point("power", "Power", "manual", words=("on", "off"))}

    async def open(self):
        await self._connect()

    async def read(self, query):
        await self._link.send(b"PWR?\\r")
        said = await self._next(query.timeout)
        return [self._measured("power", {"PWR=1": "on", "PWR=0": "off"}.get(said.text))]


class NoDriver:
    pass
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A package that brings drivers, as pip would leave it."""
    (tmp_path / "acme_avctl.py").write_text(MODULE)
    info = tmp_path / "acme_avctl-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-avctl\nVersion: 1.0\n")
    entries = ["acme = acme_avctl:Acme", "broken = acme_avctl:Missing", "strange = acme_avctl:NoDriver"]
    entries.append("x32 = acme_avctl:Acme")
    (info / "entry_points.txt").write_text("\n".join([f"[{registry.GROUP}]", *entries, ""]))
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    sys.modules.pop("acme_avctl", None)


@pytest.mark.usefixtures("installed")
def test_a_driver_of_another_package_is_a_driver_like_any_other(clock: LoopClock) -> None:
    assert "acme" in drivers()
    made = build(DeviceSpec("r301-acme", "301", "acme", "tcp://10.0.0.1:23", {"zone": 2}), clock, str)
    assert list(made.points) == ["power"]
    with pytest.raises(ValueError, match="zoen"):
        build(DeviceSpec("r301-acme", "301", "acme", "tcp://10.0.0.1:23", {"zoen": 2}), clock, str)


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("name", ["broken", "strange"])
def test_one_that_is_none_names_its_package(name: str) -> None:
    with pytest.raises(BrokenDriver, match=f'driver "{name}" of acme-avctl'):
        kind(name)


@pytest.mark.usefixtures("installed")
def test_no_package_takes_a_name_from_what_is_shipped() -> None:
    assert kind("x32").settings.__module__ == "avctl.drivers.x32"


def test_without_the_package_there_is_no_such_driver() -> None:
    with pytest.raises(UnknownDriver):
        kind("acme")


# --- wake-on-LAN


async def test_a_sleeping_machine_is_woken_and_only_assumed_to_be(clock: LoopClock) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as card:
        card.bind(("127.0.0.1", 0))
        card.setblocking(False)
        url = f"wol://127.0.0.1:{card.getsockname()[1]}"
        spec = DeviceSpec("r301-pc", "301", "wake-on-lan", url, {"mac": "00:1b:21:aa:bb:cc"})
        driver = build(spec, clock, str)
        assert isinstance(driver, WakeOnLan) and not driver.queries
        reading = await driver.write("power", "on")
        assert (reading.value, reading.quality) == ("on", Quality.ASSUMED)
        heard = await asyncio.get_running_loop().sock_recv(card, 200)
        assert heard == bytes.fromhex("ffffffffffff" + "001b21aabbcc" * 16)
        with pytest.raises(Refused):
            await driver.write("power", "off")


@pytest.mark.parametrize("mac", ["", "00:1b:21:aa:bb", "00:1b:21:aa:bb:zz", "001b21aabbccdd"])
def test_what_is_no_hardware_address_is_refused(mac: str, clock: LoopClock) -> None:
    with pytest.raises(ValueError, match=r"six octets|hexadecimal|fromhex"):
        magic(mac)
    with pytest.raises(ValueError, match="mac"):
        build(DeviceSpec("r301-pc", "301", "wake-on-lan", "wol://10.0.0.255", {"mac": mac}), clock, str)


PLAIN = {"temperature", "humidity", "uptime"}  # people say it as we do


def test_every_point_of_a_shipped_profile_has_a_name_in_both_tongues(clock: LoopClock) -> None:
    options = {"version": "2c", "community": {"secret": "x"}}
    for name in sorted(path.stem for path in SHIPPED.glob("*.yaml")):
        scheme = kind(name).schemes[0]
        driver = build(DeviceSpec("device", "301", name, f"{scheme}://10.0.0.1", options), clock, lambda _: "x")
        for point in driver.points:
            for language in ("zh", "en"):
                named = point_name(point, language)
                assert named != point or (language == "en" and point in PLAIN), (name, point, language)
