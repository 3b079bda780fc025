"""What the READMEs show is true: every command is one the command line understands, every file is there."""

import re
import shlex
from pathlib import Path

import pytest

from avctl.cli import app
from avctl.drivers import supported

ROOT = Path(__file__).parent.parent
PAGES = ("README.md", "README.zh-CN.md")
COMMANDS = sorted(
    {
        line.removeprefix(".venv/bin/avctl ")
        for page in PAGES
        for block in re.findall(r"```sh\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)
        for line in block.splitlines()
        if line.startswith(".venv/bin/avctl ")
    }
)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_shown_is_understood(command: str) -> None:
    found, bound, _ = app.parse_args(shlex.split(command), exit_on_error=False, print_error=False)
    assert callable(found)
    assert bound is not None


@pytest.mark.parametrize("page", PAGES)
def test_every_file_named_is_there(page: str) -> None:
    named = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", (ROOT / page).read_text(encoding="utf-8"))
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_list_of_devices_is_the_one_the_drivers_give() -> None:
    shown = (ROOT / "README.md").read_text(encoding="utf-8")
    table = shown.partition("written by `avctl devices` -->\n")[2].partition("\n<!-- end -->")[0]
    assert table.strip() == supported.table(supported.supported()).strip()
