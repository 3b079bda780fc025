"""Which drivers there are, what options and addresses each takes, and how one is built from the site file.

A driver is a Python class (`avctl/drivers/<name>.py`) or a profile (`<name>.yaml`, shipped or the site's own); the
site file does not care which. Nothing here connects: `build` gives a driver that has not been opened yet, so its
points and queries can be looked at by `avctl check`.
"""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Protocol, cast
from urllib.parse import urlsplit

from avctl.drivers.base import Conversation, Options, Secrets
from avctl.model.house import DeviceSpec
from avctl.model.ports import Clock, Driver, Wire
from avctl.transports.tap import Ring, Tap

_CODED: Mapping[str, str] = {  # module of this package, with hyphens: class in it
    "cisco-xapi": "CiscoXapi",
    "adcp": "Adcp",
    "escvp21": "EscVp21",
    "nec": "Nec",
    "ntcontrol": "NtControl",
    "extron-sis": "ExtronSis",
    "pjlink": "PjLink",
    "lg-rs232": "LgRs232",
    "sony-bravia": "SonyBravia",
    "tesira": "Tesira",
    "qsys-qrc": "QsysQrc",
    "poly": "Poly",
    "samsung-mdc": "SamsungMdc",
    "sennheiser-charger": "SennheiserCharger",
    "sennheiser-receiver": "SennheiserReceiver",
    "shure-charger": "ShureCharger",
    "shure-receiver": "ShureReceiver",
    "x32": "X32",
    "xair": "XAir",
}


_KINDS: Mapping[str, str] = {"wake-on-lan": "Kind"}
"""Modules of this package whose device has no wire of bytes: they bring a Kind of their own."""
GROUP = "avctl.drivers"
"""Entry points of other packages: a name, and a class on top of `base.Conversation` or a Kind."""


class BrokenDriver(Exception):
    """A driver of another package that cannot be used; the message names the package and what is wrong with it."""


class UnknownDriver(LookupError):
    """The site file names a driver that does not exist; `nearest` is what may have been meant, or ""."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        self.name, self.known = name, known
        self.nearest = next(iter(get_close_matches(name, known, n=1)), "")
        hint = f'; did you mean "{self.nearest}"?' if self.nearest else ""
        super().__init__(f'there is no driver "{name}"{hint} Known: {", ".join(known)}')


class Kind(Protocol):
    """One kind of device: a coded driver or a profile. `avctl.drivers.profile.Profile` is the other half of this seam.

    `Profile.find(name, folder)` gives a Kind or None, `Profile.names(folder)` all names; `folder` is the site's own
    folder of profiles, or None.
    """

    @property
    def settings(self) -> type[Options]:
        """The options this kind takes."""

    @property
    def schemes(self) -> tuple[str, ...]:
        """The URL schemes it can be reached by."""

    def build(self, spec: DeviceSpec, clock: Clock, secrets: Secrets) -> Driver:
        """A driver, not opened. Raises pydantic.ValidationError for wrong options, LookupError for a missing secret."""


def drivers(folder: Path | None = None) -> tuple[str, ...]:
    """All names a site file may put under `driver:`."""
    from avctl.drivers.profile import Profile

    return tuple(sorted({*_CODED, *_KINDS, *Profile.names(folder), *_installed()}))


def options_model(name: str, folder: Path | None = None) -> type[Options]:
    """The pydantic model of a driver's options. Raises UnknownDriver."""
    return kind(name, folder).settings


def schemes(name: str, folder: Path | None = None) -> tuple[str, ...]:
    """The URL schemes a driver can be reached by. Raises UnknownDriver."""
    return kind(name, folder).schemes


def build(spec: DeviceSpec, clock: Clock, secrets: Secrets, folder: Path | None = None) -> Driver:
    """The driver of a device, not opened.

    Raises UnknownDriver, ValueError for an address this driver cannot be reached by, pydantic.ValidationError for
    wrong options, LookupError for a missing secret.
    """
    made, told = kind(spec.driver, folder), dict[str, str]()

    def remembered(name: str) -> str:
        told[name] = secrets(name)
        return told[name]

    scheme = urlsplit(spec.url).scheme
    if scheme not in made.schemes:
        raise ValueError(f"{spec.id}: {spec.driver} is reached by {_spoken(made.schemes)}, not by {spec.url}")
    driver = made.build(spec, clock, remembered)
    if (ring := ring_of(driver)) is not None:
        ring.hide(told.values())
    return driver


def ring_of(driver: Driver) -> Ring | None:
    """What has lately passed between a driver and its device; None for one that keeps no such record."""
    found = getattr(driver, "ring", None)
    return found if isinstance(found, Ring) else None


def kind(name: str, folder: Path | None = None) -> Kind:
    """The kind of that name. Raises UnknownDriver."""
    if name in _CODED:
        return _Coded(_class(name))
    if name in _KINDS:
        return cast(Kind, getattr(import_module(f"avctl.drivers.{name.replace('-', '_')}"), _KINDS[name])())
    from avctl.drivers.profile import Profile

    found: Kind | None = Profile.find(name, folder)
    if found is not None:
        return found
    if (entry := _installed().get(name)) is None:
        raise UnknownDriver(name, drivers(folder))
    return _loaded(entry)


def _installed() -> Mapping[str, EntryPoint]:
    """What other packages bring, by name. Nothing is loaded yet."""
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def _loaded(entry: EntryPoint) -> Kind:
    """The kind behind an entry point. Raises BrokenDriver."""
    package = entry.dist.name if entry.dist else entry.value
    try:
        found = entry.load()
    except Exception as error:
        raise BrokenDriver(f'driver "{entry.name}" of {package} cannot be loaded: {error!r}') from error
    if isinstance(found, type) and issubclass(found, Conversation):
        return _Coded(found)
    made = found() if isinstance(found, type) else found
    if not all(hasattr(made, part) for part in ("settings", "schemes", "build")):
        raise BrokenDriver(
            f'driver "{entry.name}" of {package} is {found!r}; want a class on top of avctl.drivers.base.Conversation, '
            "or a Kind with settings, schemes and build"
        )
    return cast(Kind, made)


class _Coded:
    """A driver written in Python, with the wire its URL asks for."""

    def __init__(self, driver: type[Conversation[object]]) -> None:
        self._driver = driver
        self.settings, self.schemes = driver.settings, driver.schemes

    def build(self, spec: DeviceSpec, clock: Clock, secrets: Secrets) -> Driver:
        options = self.settings.model_validate(spec.options)
        return cast(
            Driver, self._driver.made(spec, dial(_ported(spec.url, self._driver.port)), clock, options, secrets)
        )


def dial(url: str) -> Tap:
    """The wire a URL asks for, not opened, with a tap on it. Raises ValueError for a URL not ours or incomplete."""
    parts = urlsplit(url)
    if parts.scheme not in _WIRES:
        raise ValueError(f"{url}: a wire is one of {_spoken(tuple(_WIRES))}")
    return Tap(_WIRES[parts.scheme](url))


_STANDARD: Mapping[str, int] = {
    "osc": 10023,
    "pjlink": 4352,
    "escvpnet": 3629,
    "nec": 7142,
    "ntcontrol": 1024,
    "adcp": 53595,
    "ssc": 45,
    "ssh": 22,
}
"""The port of a scheme whose protocol has one."""


def _udp(url: str) -> Wire:
    from avctl.transports.udp import Udp

    return Udp(*_host_and_port(url))


def _tcp(url: str) -> Wire:
    from avctl.transports.tcp import Tcp

    return Tcp(*_host_and_port(url))


def _serial(url: str) -> Wire:
    from avctl.transports.serial import Serial

    return Serial.at(url)


def _ssh(url: str) -> Wire:
    try:
        from avctl.transports.ssh import Ssh
    except ImportError:
        raise ValueError(
            f"{url}: ssh:// needs asyncssh, which comes with the extra: pip install 'avctl[ssh]'"
        ) from None
    return Ssh(*_host_and_port(url))


_WIRES: Mapping[str, Callable[[str], Wire]] = {
    "osc": _udp,
    "udp": _udp,
    "ssc": _udp,
    "tcp": _tcp,
    "serial": _serial,
    "ssh": _ssh,
    "pjlink": _tcp,
    "nec": _tcp,
    "ntcontrol": _tcp,
    "adcp": _tcp,
    "escvpnet": _tcp,
}


def _class(name: str) -> type[Conversation[object]]:
    return cast(
        "type[Conversation[object]]", getattr(import_module(f"avctl.drivers.{name.replace('-', '_')}"), _CODED[name])
    )


def _host_and_port(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    port = parts.port or _STANDARD.get(parts.scheme)  # .port raises ValueError for what is no port
    if not parts.hostname or port is None:
        raise ValueError(f"{url}: want {parts.scheme}://host:port")
    return parts.hostname, port


def _ported(url: str, port: int | None) -> str:
    """`osc://10.0.0.1` with the port of the driver, where it has one and the address names none."""
    parts = urlsplit(url)
    return parts._replace(netloc=f"{parts.netloc}:{port}").geturl() if port and not parts.port else url


def _spoken(names: tuple[str, ...]) -> str:
    return " or ".join(f"{name}://" for name in names)
