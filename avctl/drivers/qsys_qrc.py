"""Q-SYS Cores speaking QRC over TCP port 1710. How one wants to be treated:

1. Every request has an id, every reply carries it. 2. A connection without a word for 60 s is closed: the questions
come more often. 3. It tells its state when somebody connects, and when it changes. 4. Changes of controls are told once
a second to who made a change group; the group is lost with the connection. 5. What there is in it is made in its
design: the site file names the controls of each channel ("Named Controls" in Designer). 6. A loaded snapshot is
acknowledged, but cannot be asked: it is assumed. 7. Faders go from -100 dB, which is silence.

Source: q-syshelp.qsc.com, QRC Commands. Doubt: what `Status.Code` other than 0 means in detail; it is a warning here.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pydantic import Field

from avctl.codecs import qsys_qrc as wire
from avctl.drivers.base import Conversation, Options, Secret, Secrets, told
from avctl.model.errors import AuthFailed, Garbled, Refused
from avctl.model.house import DeviceSpec
from avctl.model.point import Point
from avctl.model.ports import Clock, Query, Wire
from avctl.model.reading import Quality, Reading, Value
from avctl.model.vocabulary import MUTE_WORDS, SILENCE_DB, STATE_WORDS

_MANUAL = "Q-SYS Help, QRC Commands"
_REPLY = 3.0  # s
_GROUP, _RATE = "avctl", 1.0  # name of the change group, s between its reports
_LOWEST = -100.0  # dB
_LOGON_REQUIRED = 10

STATE = Query("state", every=10, timeout=_REPLY, busy=3, vital=True)
CHANNELS = Query("channels", every=30, timeout=_REPLY, busy=10)
METERS = Query("meters", every=60, timeout=_REPLY, busy=2)

_STATES = {"Active": "active", "Standby": "standby", "Idle": "idle"}


class Channel(Options):
    """Names of the controls of one channel; "" for one it does not have."""

    mute: str = ""
    fader: str = ""
    level: str = ""


class QrcOptions(Options):
    """`channels` by two digits ("01"); `snapshots` names the snapshot bank whose numbers are the presets."""

    channels: Mapping[str, Channel] = Field(default_factory=dict)
    snapshots: str = ""
    user: str = ""
    password: Secret | None = None


class QsysQrc(Conversation[wire.Message]):
    """One Core."""

    decoder = wire.Decoder
    schemes = ("tcp",)
    settings = QrcOptions
    queries: Sequence[Query] = (STATE, CHANNELS, METERS)

    def __init__(
        self, device: str, link: Wire, clock: Clock, options: Options | None = None, password: str = ""
    ) -> None:
        super().__init__(device, link, clock, options)
        self.options: QrcOptions
        self._password = password
        self.points: Mapping[str, Point] = {point.name: point for point in _points(self.options)}
        self._names = dict(_controls(self.options))
        self._controls = {name: point for point, name in self._names.items()}
        self._id = 0
        self.queries = tuple(query for query in self.queries if query is STATE or self._asked(query))

    @classmethod
    def made(cls, spec: DeviceSpec, link: Wire, clock: Clock, options: Options, secrets: Secrets) -> "QsysQrc":
        assert isinstance(options, QrcOptions)
        return cls(spec.id, link, clock, options, told(options.password, secrets))

    async def open(self) -> None:
        """Connect, log on where a password is named, and ask for reports of what changes. Raises AuthFailed."""
        await self._connect()
        if self._password:
            try:
                await self._call("Logon", {"User": self.options.user, "Password": self._password})
            except Refused as error:
                raise AuthFailed(f"{self.device}: {error}") from None
        reported = [name for point, name in self._names.items() if not point.endswith(".level")]
        if reported:
            await self._report(reported)

    async def _report(self, names: Sequence[str]) -> None:
        """A control that is not in the design is told when it is asked for, not here."""
        try:
            await self._call("ChangeGroup.AddControl", {"Id": _GROUP, "Controls": list(names)})
            await self._call("ChangeGroup.AutoPoll", {"Id": _GROUP, "Rate": _RATE})
        except Refused:
            return

    async def read(self, query: Query) -> Sequence[Reading]:
        """Ask what `query` names: its state, or all controls of a kind at once."""
        if query.name == STATE.name:
            return self._state(await self._call("StatusGet", 0))
        return await self._get(self._asked(query))

    def _asked(self, query: Query) -> list[str]:
        """The points whose controls a question is about."""
        return [point for point in self._names if point.endswith(".level") == (query.name == METERS.name)]

    async def _get(self, asked: Sequence[str]) -> list[Reading]:
        said = await self._call("Control.Get", [self._names[point] for point in asked])
        readings = self._changes(said)
        if {reading.point for reading in readings} != set(asked):
            raise Garbled(f"{self.device}: asked for {len(asked)} controls, {len(readings)} came")
        return readings

    async def _set(self, point: str, value: Value) -> Reading:
        if point == "preset":
            await self._call("Snapshot.Load", {"Name": self.options.snapshots, "Bank": int(value)})
            return Reading(self.device, point, int(value), Quality.ASSUMED, self._clock.now())
        sent = value == "on" if point.endswith(".mute") else max(_LOWEST, float(value))
        await self._call("Control.Set", {"Name": self._names[point], "Value": sent})
        return (await self._get([point]))[0]

    def _heard(self, message: wire.Message) -> Iterable[Reading]:
        """Its state, and what changed in the change group."""
        match message:
            case wire.Notice("EngineStatus", params):
                return self._state(params)
            case wire.Notice("ChangeGroup.Poll", params):
                return self._changes(params.get("Changes"))
        return ()

    def _state(self, said: Any) -> list[Reading]:
        if not isinstance(said, Mapping) or said.get("State") not in _STATES:
            raise Garbled(f"{self.device}: its status is {said!r}")
        readings = [self._measured("state", _STATES[said["State"]])]
        if isinstance(status := said.get("Status"), Mapping):
            word = "none-reported" if status.get("Code") == 0 else "warning"
            readings.append(self._measured("other.state", word))
        if isinstance(platform := said.get("Platform"), str):
            readings.append(self._measured("identity.model", platform))
        return readings

    def _changes(self, said: Any) -> list[Reading]:
        """A list of controls with their values; names that are not ours are left out."""
        if not isinstance(said, list):
            raise Garbled(f"{self.device}: wanted a list of controls, got {said!r}")
        named = [one for one in said if isinstance(one, Mapping) and one.get("Name") in self._controls]
        pairs = [(self._controls[one["Name"]], one.get("Value")) for one in named]
        return [self._measured(point, self._mean(point, value)) for point, value in pairs]

    def _mean(self, point: str, value: Any) -> Value:
        if point.endswith(".mute") and value in (True, False, 0, 1):
            return "on" if value else "off"
        if point.endswith(".mute") or isinstance(value, bool) or not isinstance(value, int | float):
            raise Garbled(f"{self.device}: {point} is {value!r}")
        return SILENCE_DB if value <= _LOWEST else round(float(value), 2)

    async def _call(self, method: str, params: object) -> Any:
        """One request, and the result of the reply that carries its id."""
        self._id += 1
        id = self._id
        await self._link.send(wire.encode(method, params, id))
        reply = await self._next(_REPLY, method, lambda said: isinstance(said, wire.Reply) and said.id == id)
        assert isinstance(reply, wire.Reply)
        if reply.code == _LOGON_REQUIRED:
            raise AuthFailed(f"{self.device} wants a logon; the site file names no password")
        if reply.code:
            raise Refused(f"{method}: {reply.code} {reply.message}".rstrip())
        return reply.result


def _controls(options: QrcOptions) -> Iterator[tuple[str, str]]:
    """The control that stands behind each point."""
    for number, channel in options.channels.items():
        for what, name in (("mute", channel.mute), ("fader", channel.fader), ("level", channel.level)):
            if name:
                yield f"channel.{number}.{what}", name


def _points(options: QrcOptions) -> Iterator[Point]:
    for name, _ in _controls(options):
        if name.endswith(".mute"):
            yield Point(name, "Silenced.", _MANUAL, words=MUTE_WORDS, writable=True)
        elif name.endswith(".fader"):
            doc = "Gain; -120 is silent."
            yield Point(name, doc, _MANUAL, "dB", low=SILENCE_DB, high=20, writable=True)
        else:
            yield Point(name, "Meter.", _MANUAL, "dBFS", low=SILENCE_DB, high=40, fleeting=True)
    if options.snapshots:
        doc = "Loads a snapshot; which one was loaded last it cannot say."
        yield Point("preset", doc, _MANUAL, low=1, high=24, writable=True)
    yield Point("state", "Whether its design runs here.", _MANUAL, words=("active", "standby", "idle"))
    yield Point("other.state", "What it reports about itself.", _MANUAL, words=STATE_WORDS)
    yield Point("identity.model", "Core model.", _MANUAL)
