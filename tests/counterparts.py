"""Programs of other people that tests talk to. Absent ones skip a test at home and fail it in CI."""

import os
import shutil

import pytest

_ELSEWHERE = "/usr/sbin:/usr/local/sbin"  # where Debian puts daemons, off an ordinary PATH


def require(program: str) -> str:
    """The path of `program`; skips the test when it is not there, fails it when counterparts are required."""
    found = shutil.which(program) or shutil.which(program, path=_ELSEWHERE)
    if found is None:
        reason = f"{program} is not on this machine"
        if os.environ.get("AVCTL_REQUIRE_COUNTERPARTS") == "1":
            pytest.fail(f"{reason}, and AVCTL_REQUIRE_COUNTERPARTS=1 does not let it be skipped")
        pytest.skip(reason)
    return found
