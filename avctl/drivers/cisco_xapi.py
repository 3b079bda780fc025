"""Cisco video terminals speaking xAPI over RS-232 (115200 8N1), a terminal line, or SSH. How one wants to be treated:

1. On a line it may want a login; SSH brings its own. 2. Every question carries a `resultId`, for feedback comes between
question and answer in the very form of an answer. 3. What it shall tell unasked is registered per session and lost with
it: registered anew at every opening, then everything is asked. 4. `status=OK` says "begun", never "done": a call that
was begun is connected when the terminal says so. 5. At most 38 registrations per session (six here).

Source: Cisco SX20 API reference guide TC6.2; Codec C40/C60 TC7.0 pp. 109, 148; CE9.2 API guide p. 32.
Doubt: where a terminal is registered depends on the exchange it belongs to (SIP, H.323, Webex): the option `exchange`.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

from avctl.codecs import cisco_xapi as wire
from avctl.drivers.base import Conversation, Options, Secrets, told
from avctl.drivers.terminal import NONE, TerminalOptions, points
from avctl.model.errors import AuthFailed, Busy, Garbled, NoAnswer, Refused, WrongDevice
from avctl.model.house import DeviceSpec
from avctl.model.point import Point
from avctl.model.ports import Clock, Query, Wire
from avctl.model.reading import Reading, Value
from avctl.transports.tap import Tap

_MANUAL = "Cisco SX20 API reference guide TC6.2"
_REPLY = 5.0  # s
_LOGIN = 1.0  # s in which a line asks who is there
_SETTLE, _EVERY = 5.0, 0.5  # s until what was set shows, and between two questions

STATE = Query("state", every=10, timeout=_REPLY, busy=3, vital=True)
SOUND = Query("sound", every=30, timeout=_REPLY, busy=5)
LINE = Query("line", every=30, timeout=_REPLY, busy=10)
IDENTITY = Query("identity", every=3600, timeout=_REPLY)

_EXCHANGES = {"sip": "SIP Registration", "h323": "H323 Gatekeeper", "webex": "Webex"}
_CALLS = {
    "Idle": "idle",
    "Dialling": "dialling",
    "Connecting": "dialling",
    "EarlyMedia": "dialling",
    "Ringing": "ringing",
    "Connected": "connected",
    "OnHold": "connected",
    "Preserved": "connected",
    "RemotePreserved": "connected",
    "Disconnecting": "connected",
}
_WORDS = {"On": "on", "Off": "off"}
_IDENTITY = {
    "SystemUnit ProductId": "identity.model",
    "SystemUnit Software Version": "identity.firmware",
    "SystemUnit Hardware Module SerialNumber": "identity.serial",
}
_ASKED = {"standby": "Standby", "mic-mute": "Audio Microphones Mute", "volume": "Audio Volume"}
_COMMANDS = {
    ("standby", "on"): "Standby Activate",
    ("standby", "off"): "Standby Deactivate",
    ("mic-mute", "on"): "Audio Microphones Mute",
    ("mic-mute", "off"): "Audio Microphones Unmute",
}


class XapiOptions(TerminalOptions):
    """`exchange` says where it is registered. `host_key` is the SHA256 fingerprint of its SSH key."""

    exchange: Literal["sip", "h323", "webex"] = "sip"
    host_key: str = ""


class CiscoXapi(Conversation[wire.Message]):
    """One terminal."""

    decoder = wire.Decoder
    schemes = ("serial", "tcp", "ssh")
    settings = XapiOptions
    queries = (STATE, SOUND, LINE, IDENTITY)

    def __init__(
        self, device: str, link: Wire, clock: Clock, options: Options | None = None, password: str = ""
    ) -> None:
        super().__init__(device, link, clock, options)
        self.options: XapiOptions
        self._password = password
        self.points: Mapping[str, Point] = {point.name: point for point in _points(self.options)}
        self._calls: dict[str, dict[str, str]] = {}

    @classmethod
    def made(cls, spec: DeviceSpec, link: Wire, clock: Clock, options: Options, secrets: Secrets) -> "CiscoXapi":
        assert isinstance(options, XapiOptions)
        password = told(options.password, secrets)
        if spec.url.startswith("ssh:"):
            from avctl.transports.ssh import Ssh

            shell = link.wire if isinstance(link, Tap) else link
            assert isinstance(shell, Ssh)
            shell.admit(options.user, password, options.host_key)
            password = ""
        return cls(spec.id, link, clock, options, password)

    async def open(self) -> None:
        """Connect, log in, register for feedback, and see that it is a terminal. Raises AuthFailed, WrongDevice."""
        await self._connect()
        self._calls = {}
        await self._link.send(b"\r\n")
        await self._log_in()
        for command in ("echo off", "xPreferences outputmode terminal", *_registrations(self.options)):
            await self._link.send(wire.encode(command))
        if not await self._status("SystemUnit ProductId"):
            raise WrongDevice(f"{self.device}: it names no SystemUnit ProductId")

    async def _log_in(self) -> None:
        """Answer a line that asks who is there; one that asks twice has refused us."""
        for answer in (self.options.user, self._password):
            try:
                prompt = await self._next(_LOGIN, "a prompt", _is_prompt)
            except (NoAnswer, Garbled):
                return
            if not self._password:
                raise AuthFailed(f"{self.device} wants a login; the site file names no password")
            if prompt == wire.Prompt("password") and answer == self.options.user:
                answer = self._password
            await self._link.send(answer.encode() + b"\r\n")
        try:
            await self._next(_LOGIN, "a prompt", _is_prompt)
        except (NoAnswer, Garbled):
            return
        raise AuthFailed(f"{self.device} does not take the password of {self.options.user}")

    async def read(self, query: Query) -> Sequence[Reading]:
        """Ask what `query` names."""
        match query.name:
            case STATE.name:
                standby = self._readings(await self._status("Standby"))
                self._calls = {}
                self._take(await self._status("Call"))
                return [*standby, *self._call()]
            case SOUND.name:
                mute = await self._status("Audio Microphones Mute")
                return self._readings((*mute, *await self._status("Audio Volume")))
            case LINE.name:
                return self._readings(await self._status(_EXCHANGES[self.options.exchange]))
            case _:
                said = [line for path in _IDENTITY for line in await self._status(path)]
                return [self._measured(_IDENTITY[line.path], line.value) for line in said if line.path in _IDENTITY]

    async def _set(self, point: str, value: Value) -> Reading:
        """Send, and ask until the terminal agrees or its time is over."""
        match point, value:
            case ("call", "idle") | ("dial", "none"):
                await self._command("Call Disconnect" if self._calls else "Call DisconnectAll")
            case "call", _:
                raise Refused(f"{self.device}.call can be set to idle only; set dial to call somebody")
            case "dial", _:
                await self._command(f'Dial Number: "{self.options.number(self.device, str(value))}"')
            case "volume", _:
                await self._command(f"Audio Volume Set Level: {int(value)}")
            case _:
                await self._command(_COMMANDS[point, str(value)])
        return await self._settled(point, value)

    async def _settled(self, point: str, value: Value) -> Reading:
        end = _loop_time() + _SETTLE
        while True:
            reading = await self._read_back(point)
            if reading.value == value or _loop_time() + _EVERY > end:
                return reading
            await asyncio.sleep(_EVERY)

    async def _read_back(self, point: str) -> Reading:
        if point in ("call", "dial"):
            said = await self.read(STATE)
        else:
            said = self._readings(await self._status(_ASKED[point]))
        return next((reading for reading in said if reading.point == point), self._measured(point, None))

    def _heard(self, message: wire.Message) -> Iterable[Reading]:
        """Feedback: the same lines as in an answer."""
        if not isinstance(message, wire.Block) or message.id:
            return ()
        said = [line for line in message.said if isinstance(line, wire.Status)]
        calls = [line for line in said if line.path.startswith("Call ")]
        self._take(calls)
        return [*self._readings(said), *(self._call() if calls else ())]

    def _readings(self, said: Iterable[wire.Status]) -> list[Reading]:
        return [self._measured(*meant) for line in said if (meant := self._meant(line))]

    def _meant(self, line: wire.Status) -> tuple[str, Value | None] | None:
        """The point a line is about, and its value."""
        path = line.path.split()
        match path:
            case ["Standby", "State"]:
                return "standby", "off" if line.value == "Off" else "on"
            case ["Audio", "Microphones", "Mute"]:
                return "mic-mute", _WORDS.get(line.value)
            case ["Audio", "Volume"]:
                return "volume", int(line.value) if line.value.isdecimal() else None
            case ["SIP", "Registration", "1", "Status"] | ["H323", "Gatekeeper", "Status"] | ["Webex", "Status"]:
                here = line.path.startswith(_EXCHANGES[self.options.exchange])
                return ("registered", "yes" if line.value == "Registered" else "no") if here else None
        return None

    def _take(self, said: Iterable[wire.Status]) -> None:
        """Remember what is said about each call; forget one that is gone."""
        for line in said:
            _, number, *what = line.path.split()
            if line.gone:
                self._calls.pop(number, None)
            else:
                self._calls.setdefault(number, {})[" ".join(what)] = line.value

    def _call(self) -> Iterator[Reading]:
        """The state of the liveliest call, and whom it is with."""
        states = {n: _CALLS.get(call.get("Status", ""), "idle") for n, call in self._calls.items()}
        number = max(states, key=lambda n: tuple(_CALLS.values()).index(states[n]), default="")
        state = states.get(number, "idle")
        yield self._measured("call", state)
        remote = self._calls.get(number, {}).get("RemoteNumber", "")
        yield self._measured("dial", NONE if state == "idle" else self.options.called(remote))

    async def _status(self, path: str) -> list[wire.Status]:
        said = await self._exchange(f"xStatus {path}")
        return [line for line in said if isinstance(line, wire.Status) and line.path.startswith(path)]

    async def _command(self, command: str) -> None:
        said = await self._exchange(f"xCommand {command}")
        result = next((line for line in said if isinstance(line, wire.Result)), None)
        if result is None:
            raise Garbled(f"{self.device}: {command} has no result: {said}")
        if not result.ok:
            reason = ", ".join(f"{d.name} {d.value}" for d in said if isinstance(d, wire.Detail)) or result.name
            raise Refused(f"{command.split(' Number')[0]}: {reason}")

    async def _exchange(self, command: str) -> tuple[wire.Said, ...]:
        """One command, and the block that says it answers it."""
        id = command.partition(":")[0].replace(" ", "-")

        def fits(message: wire.Message) -> bool:
            if isinstance(message, wire.Text):
                return message.text.startswith("Command not recognized")
            return isinstance(message, wire.Prompt) or message.id == id

        await self._link.send(wire.encode(command, id))
        answer = await self._next(_REPLY, command.partition(":")[0], fits)
        if isinstance(answer, wire.Prompt):
            raise AuthFailed(f"{self.device} has logged us out")
        if isinstance(answer, wire.Text):
            raise Refused(f"{command.partition(':')[0]}: {answer.text}")
        if answer.doubtful:
            raise Garbled(f"{self.device}: asked {command.partition(':')[0]}, something else came among the answer")
        if any(detail == wire.Detail("Reason", "System is busy") for detail in answer.said):
            raise Busy(f"{command.partition(':')[0]}: system is busy")
        return answer.said


def _registrations(options: XapiOptions) -> Iterator[str]:
    exchange = _EXCHANGES[options.exchange].replace(" ", "/")
    for path in ("Standby", "Call", "Audio/Microphones/Mute", "Audio/Volume", exchange):
        yield f"xFeedback register /Status/{path}"


def _points(options: XapiOptions) -> Iterator[Point]:
    yield from points(_MANUAL, options)
    yield Point("identity.model", "Product name.", _MANUAL)
    yield Point("identity.firmware", "Software version.", _MANUAL)
    yield Point("identity.serial", "Serial number of its main module.", _MANUAL)


def _is_prompt(message: wire.Message) -> bool:
    return isinstance(message, wire.Prompt)


def _loop_time() -> float:
    return asyncio.get_running_loop().time()
