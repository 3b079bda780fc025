"""Where passwords and keys come from: never from the site file, which only names them (`{secret: snmp-auth}`).

Looked for in this order: systemd's credentials, a file of that name in the secrets folder, the environment
(`AVCTL_SECRET_SNMP_AUTH`). Against simulators only what they announced counts, so a rehearsal never touches a real one.
"""

import os
import stat
from collections.abc import Mapping
from pathlib import Path


class NoSecret(LookupError):
    """A secret is named but nowhere to be found; the message says where it was looked for."""


class SecretTooOpen(LookupError):
    """A secret's file can be read by others on this machine."""


class Secrets:
    """Gives a secret by name, as `Secrets(folder)("snmp-auth")`. Its repr shows nothing."""

    def __init__(self, folder: Path | None, environment: Mapping[str, str] = os.environ) -> None:
        self._environment = environment
        credentials = environment.get("CREDENTIALS_DIRECTORY")
        self._folders = [Path(credentials)] if credentials else []
        self._folders += [folder] if folder else []

    def __call__(self, name: str) -> str:
        """The secret `name`. Raises NoSecret, or SecretTooOpen for a file that is not its owner's alone."""
        for path in (folder / name for folder in self._folders):
            if path.is_file():
                return _read(path)
        variable = "AVCTL_SECRET_" + name.upper().replace("-", "_")
        if variable in self._environment:
            return self._environment[variable]
        places = [str(folder / name) for folder in self._folders] + [f"${variable}"]
        raise NoSecret(f'secret "{name}" is not there; looked at {", ".join(places)}')


def _read(path: Path) -> str:
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO) and "CREDENTIALS_DIRECTORY" not in os.environ:
        raise SecretTooOpen(f"{path} can be read by others: chmod 600 {path}")
    return path.read_text().rstrip("\n")
