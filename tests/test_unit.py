"""The service file: how exposed it is by systemd's own measure, and whether it knows every secret the site names."""

import re
import subprocess
from pathlib import Path

import pytest

from avctl import config
from tests.counterparts import require

ROOT = Path(__file__).parent.parent
UNIT = ROOT / "systemd" / "avctl.service"


def test_its_exposure_is_at_most_one_and_a_half() -> None:
    command = [require("systemd-analyze"), "security", "--offline=yes", "--threshold=15", str(UNIT)]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    if "Unknown" in found.stderr or "unrecognized option" in found.stderr:
        pytest.skip("this systemd-analyze cannot look at files")
    assert found.returncode == 0, found.stdout[-400:] + found.stderr


def test_it_hands_in_every_secret_the_shipped_site_names() -> None:
    named = {
        str(value["secret"])
        for device in config.load(ROOT / "config" / "site.yaml").house.devices.values()
        for value in device.options.values()
        if isinstance(value, dict) and "secret" in value
    }
    handed = set(re.findall(r"^LoadCredential=([^:]+):", UNIT.read_text(encoding="utf-8"), re.MULTILINE))
    assert named <= handed


def test_it_starts_a_command_that_exists() -> None:
    from avctl.cli import app

    line = re.search(r"^ExecStart=\S+ -X faulthandler -m avctl (.*)$", UNIT.read_text(encoding="utf-8"), re.MULTILINE)
    assert line is not None
    command, bound, _ = app.parse_args(line[1].split(), exit_on_error=False, print_error=False)
    assert callable(command) and bound is not None
