"""Where traps are received is said in the site file, and nowhere else."""

from pathlib import Path

import pytest

from avctl.config import load
from avctl.document import Mistakes

SITE = (Path(__file__).parents[1] / "config/site.yaml").read_text()


def site(tmp_path: Path, more: str) -> Path:
    (tmp_path / "site.yaml").write_text(SITE + more)
    return tmp_path / "site.yaml"


def test_nothing_is_received_unless_the_site_says_so(tmp_path: Path) -> None:
    assert load(site(tmp_path, "")).traps.address is None


@pytest.mark.parametrize(("told", "address"), [("0.0.0.0:162", ("0.0.0.0", 162)), ("[::1]:1162", ("::1", 1162))])
def test_the_site_says_where(tmp_path: Path, told: str, address: tuple[str, int]) -> None:
    assert load(site(tmp_path, f'\ntraps: {{listen: "{told}"}}\n')).traps.address == address


def test_half_an_address_is_a_mistake_at_its_place(tmp_path: Path) -> None:
    with pytest.raises(Mistakes, match=r"traps\.listen: .*host:port"):
        load(site(tmp_path, '\ntraps: {listen: "162"}\n'))
