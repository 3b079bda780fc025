"""A Cisco video terminal that is not there. Speaks xAPI in terminal mode on a line.

Source: Cisco SX20 API reference guide TC6.2 pp. 117-123; Codec C40/C60 TC7.0 p. 109; CE9.2 API guide p. 32.

1. It may want a login. 2. An answer is `OK` for a command, then lines, then the resultId that was asked for, then
`** end`; a status with nothing to say is only the end. 3. Feedback goes to the sessions that registered for it, at most
38 expressions each, and ends with them. 4. A call that ends is a ghost.
"""

import re
from collections.abc import Callable, Iterator

from simulators.talker import Talk
from simulators.terminal import CONNECTED, DIALLING, IDLE, RINGING, Terminal

_ID = re.compile(r'\s*\|\s*resultId="([^"]*)"\s*$', re.IGNORECASE)
_CALL = {DIALLING: "Dialling", RINGING: "Ringing", CONNECTED: "Connected"}
_MOST = 38
_TOLD = {"call": "Call", "standby": "Standby", "mute": "Audio", "volume": "Audio", "registered": "SIP"}


class Codec(Terminal):
    """How it speaks."""

    stem = "cisco-xapi"

    def cut(self, data: bytes) -> tuple[list[bytes], bytes]:
        """Lines, ended by CR, LF or both."""
        *lines, rest = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        return lines, rest

    def greet(self, talk: Talk) -> bytes:
        """Who is there?"""
        return b"\r\nlogin: " if self.password else b"\r\nWelcome to\r\nCisco Codec Release ce9.2\r\n\r\nOK\r\n"

    def answer(self, request: bytes, talk: Talk) -> bytes:
        """One line to one block."""
        line = request.decode("utf-8", "replace").strip()
        if self.password and not talk.memory.get("in"):
            return self._login(line, talk)
        return self._said(line, talk).encode()

    def _login(self, line: str, talk: Talk) -> bytes:
        if "user" not in talk.memory:
            if line:
                talk.memory["user"] = line
            return b"Password: " if line else b"login: "
        talk.memory["in"] = (talk.memory.pop("user"), line) == ("admin", self.password)
        return b"\r\n*r Login successful\r\n\r\nOK\r\n" if talk.memory["in"] else b"\r\nLogin incorrect\r\nlogin: "

    def _said(self, line: str, talk: Talk) -> str:
        found = _ID.search(line)
        end = (f'** resultId: "{found[1]}"\r\n' if found else "") + "** end\r\n"
        word, _, rest = _ID.sub("", line).partition(" ")
        match word.lower():
            case "":
                return ""
            case "xstatus":
                return "".join(f"*s {said}\r\n" for said in self.statuses(rest)) + end
            case "xcommand":
                return self._command(rest, end)
            case "xfeedback":
                return self._register(rest, talk) + end
            case "echo" | "xpreferences":
                return "\r\nOK\r\n"
        return "Command not recognized.\r\n"

    def statuses(self, path: str) -> Iterator[str]:
        """Every status below `path`."""
        wanted = path.lower().split()
        for name, value in self._tree().items():
            if [word.lower() for word in name.split()][: len(wanted)] == wanted:
                yield f"{name}: {value}"

    def _tree(self) -> dict[str, str]:
        call = {}
        if self.call != IDLE:
            call = {
                f"Call {self.calls} Status": _CALL[self.call],
                f"Call {self.calls} Direction": "Outgoing" if self.outgoing else "Incoming",
                f"Call {self.calls} RemoteNumber": f'"{self.number}"',
            }
        return call | {
            "Audio Microphones Mute": "On" if self.muted else "Off",
            "Audio Volume": str(self.volume),
            "SIP Registration 1 Status": "Registered" if self.registered else "Failed",
            "Standby State": "Standby" if self.asleep else "Off",
            "SystemUnit ProductId": f'"{self.model}"',
            "SystemUnit Software Version": f'"{self.firmware}"',
            "SystemUnit Hardware Module SerialNumber": f'"{self.serial}"',
        }

    def _register(self, rest: str, talk: Talk) -> str:
        verb, _, path = rest.partition(" ")
        paths = talk.memory.setdefault("feedback", [])
        if verb.lower() != "register" or len(paths) >= _MOST:
            return "ERROR\r\n"
        paths.append(path.strip("/").split("/"))
        return "\r\nOK\r\n"

    def _command(self, command: str, end: str) -> str:
        name = command.partition(":")[0].lower()
        takes: dict[str, tuple[str, Callable[[], bool | None]]] = {
            "dial number": ("Dial", lambda: self.dial(command.partition(":")[2].strip(' "'))),
            "call disconnect": ("CallDisconnect", self.hang_up),
            "call disconnectall": ("CallDisconnectAll", self.hang_up),
            "standby activate": ("Standby", lambda: self.sleep(True)),
            "standby deactivate": ("Standby", lambda: self.sleep(False)),
            "audio microphones mute": ("AudioMicrophonesMute", lambda: self.mute(True)),
            "audio microphones unmute": ("AudioMicrophonesUnmute", lambda: self.mute(False)),
            "audio volume set level": ("AudioVolumeSet", lambda: self.turn(int(command.partition(":")[2]))),
        }
        if name not in takes:
            return "Command not recognized.\r\n"
        result, do = takes[name]
        fails = self.refusing or (not self.lying and do() is False)
        status = "Error" if fails else "OK"
        why = '*r DialResult Cause: 0\r\n*r DialResult Description: "Not possible now"\r\n' if fails else ""
        return f"\r\nOK\r\n*r {result}Result (status={status}):\r\n{why}{end}"

    def changed(self, what: str) -> None:
        """Feedback, to whoever registered for it."""
        said = [f"*s {line}" for line in self.statuses(_TOLD[what])]
        if what == "call" and self.call == IDLE:
            said = [f"*s Call {self.calls} (ghost=True):"]
        block = "\r\n".join([*said, "** end", ""]).encode()
        for talk in () if self.frozen or self.stranger else self.talks:
            if any(path[:2] == ["Status", _TOLD[what]] for path in talk.memory.get("feedback", ())):
                talk.say(block)
