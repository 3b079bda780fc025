"""Drivers without Python: a profile is a YAML file that says what to ask a device and what its answers mean.

Shipped profiles lie in `avctl/drivers/profiles`, a site's own in its folder `profiles`; a site's profile shadows the
shipped one of its name. A profile carries its own proof: examples from a manual or a capture, replayed whenever it is
read. One without examples, or with one that does not come true, is refused. README.md here shows how to write one.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from avctl.document import Document, Mistake, Mistakes
from avctl.drivers import (
    http,
    line,
    mqtt,
    osc,
    profile_http,
    profile_line,
    profile_mqtt,
    profile_osc,
    profile_proof,
    profile_snmp,
    registry,
    snmp,
)
from avctl.drivers.base import Options, Secrets, told
from avctl.drivers.profile_schema import Common, Found, settings
from avctl.model.house import DeviceSpec
from avctl.model.ports import Clock, Driver

SHIPPED = Path(__file__).parent / "profiles"


@dataclass(frozen=True, slots=True)
class Dialect:
    """One way of speaking: what may stand in such a profile, what is wrong with one, and the driver it makes."""

    schema: type[Common]
    mistakes: Callable[[Any], Found]
    options: type[Options]
    schemes: tuple[str, ...]
    build: Callable[[Any, DeviceSpec, Clock, Secrets, Any], Driver]


def _snmp_driver(
    read: profile_snmp.SnmpProfile, spec: DeviceSpec, clock: Clock, secrets: Secrets, options: snmp.SnmpOptions
) -> Driver:
    own = options.model_dump(include=set(read.options))
    return snmp.build(spec, clock, secrets, profile_snmp.plan(read, own), options)


def _line_driver(
    read: profile_line.LineProfile, spec: DeviceSpec, clock: Clock, _: Secrets, options: Options
) -> Driver:
    plan = profile_line.plan(read, options.model_dump())
    return line.LineDevice(spec.id, registry.dial(spec.url), clock, plan, options)


def _osc_driver(read: profile_osc.OscProfile, spec: DeviceSpec, clock: Clock, _: Secrets, options: Options) -> Driver:
    plan = profile_osc.plan(read, options.model_dump())
    return osc.OscDevice(spec.id, registry.dial(spec.url), clock, plan, options)


def _http_driver(
    read: profile_http.HttpProfile, spec: DeviceSpec, clock: Clock, secrets: Secrets, options: http.HttpOptions
) -> Driver:
    own = options.model_dump(include=set(read.options))
    return http.build(spec, clock, secrets, profile_http.plan(read, own), options)


def _mqtt_driver(
    read: profile_mqtt.MqttProfile, spec: DeviceSpec, clock: Clock, secrets: Secrets, options: mqtt.MqttOptions
) -> Driver:
    from avctl.transports.mqtt import Mqtt  # loads paho, which only such a device needs

    plan = profile_mqtt.plan(read, options.model_dump(include=set(read.options)))
    link = Mqtt(spec.url, plan.topics, told(options.password, secrets))
    return mqtt.MqttDevice(spec.id, link, clock, plan, options)


DIALECTS = {
    "line": Dialect(profile_line.LineProfile, profile_line.mistakes, Options, line.LineDevice.schemes, _line_driver),
    "osc": Dialect(profile_osc.OscProfile, profile_osc.mistakes, Options, osc.OscDevice.schemes, _osc_driver),
    "http": Dialect(
        profile_http.HttpProfile, profile_http.mistakes, http.HttpOptions, http.HttpDevice.schemes, _http_driver
    ),
    "mqtt": Dialect(
        profile_mqtt.MqttProfile, profile_mqtt.mistakes, mqtt.MqttOptions, mqtt.MqttDevice.schemes, _mqtt_driver
    ),
    "snmp": Dialect(profile_snmp.SnmpProfile, profile_proof.mistakes, snmp.SnmpOptions, ("snmp",), _snmp_driver),
}

_SPOKEN = f"one of {', '.join(sorted(DIALECTS))}"


class Profile:
    """One profile, read and proven. `avctl.drivers.registry.Kind` is what the rest of the house knows of it."""

    def __init__(self, path: Path, read: Common) -> None:
        self.path, self.read = path, read
        self.name = read.profile
        self._dialect = DIALECTS[read.dialect]
        self.settings: type[Options] = settings(self._dialect.options, read.profile, read.options)

    @property
    def schemes(self) -> tuple[str, ...]:
        """The URL schemes such a device can be reached by."""
        return self._dialect.schemes

    def build(self, spec: DeviceSpec, clock: Clock, secrets: Secrets) -> Driver:
        """A driver, not opened. Raises pydantic.ValidationError for wrong options, LookupError for a missing secret."""
        return self._dialect.build(self.read, spec, clock, secrets, self.settings.model_validate(spec.options))

    @staticmethod
    def load(path: Path) -> "Profile":
        """Read and prove one file. Raises Mistakes with all that is wrong in it."""
        known = path.stat() if path.is_file() else None
        return _loaded(path, (known.st_mtime_ns, known.st_size) if known else (0, 0))

    @staticmethod
    def find(name: str, folder: Path | None = None) -> "Profile | None":
        """The profile of that name, the site's own before the shipped. Raises Mistakes."""
        path = next((place / f"{name}.yaml" for place in _places(folder) if (place / f"{name}.yaml").is_file()), None)
        return Profile.load(path) if path else None

    @staticmethod
    def names(folder: Path | None = None) -> tuple[str, ...]:
        """All profiles there are, read or not."""
        return tuple(sorted({path.stem for place in _places(folder) for path in place.glob("*.yaml")}))


def mistakes_of(path: Path) -> list[Mistake]:
    """Everything wrong with one profile, and every example of it that does not come true."""
    try:
        Profile.load(path)
    except Mistakes as found:
        return list(found.mistakes)
    return []


def prove(path: Path) -> list[str]:
    """The same as lines for people, each `file:line:column: place: …`. No line is a proof."""
    return [str(mistake) for mistake in mistakes_of(path)]


def json_schema() -> dict[str, Any]:
    """The JSON Schema of all profiles, for editors."""
    from avctl.drivers import profile_json

    return profile_json.json_schema()


def _places(folder: Path | None) -> Iterator[Path]:
    if folder is not None:
        yield folder
    yield SHIPPED


@lru_cache(maxsize=256)
def _loaded(path: Path, _version: tuple[int, int]) -> Profile:
    document = Document.read(path)
    dialect = _dialect(document)
    read, mistakes = document.validate(dialect.schema)
    if read is None:
        raise Mistakes(mistakes)
    mistakes = [document.mistake(way, said) for way, said in dialect.mistakes(read)]
    if read.profile != path.stem:
        said = f'"{read.profile}": a profile is named like its file, "{path.stem}"'
        mistakes.append(document.mistake(["profile"], said))
    if mistakes:
        raise Mistakes(mistakes)
    return Profile(path, read)


def _dialect(document: Document) -> Dialect:
    named = document.data.get("dialect")
    if named is None:
        raise Mistakes([document.mistake(["dialect"], f"missing; want {_SPOKEN}")])
    if named not in DIALECTS:
        raise Mistakes([document.mistake(["dialect"], f"{named!r} is no dialect; want {_SPOKEN}")])
    return DIALECTS[named]
