"""A Q-SYS Core that is not there. Speaks QRC over TCP.

Source: q-syshelp.qsc.com, QRC Commands; error codes: infosys.beckhoff.com, TF6310 QRC.

1. It tells its state to whoever connects. 2. Named controls: `Mic1Mute`, `Mic1Gain`, `Mic1Meter`, … 3. A change group
reports what has changed since its last report, and ends with the connection. 4. After 60 s of silence it hangs up.
"""

import json
import re
from typing import Any

from simulators.processor import Processor
from simulators.talker import Talk

_NAME = re.compile(r"Mic(\d+)(Mute|Gain|Meter)")
_IDLE = 60.0


class Core(Processor):
    """How it speaks."""

    stem = "qsys-qrc"

    @property
    def password(self) -> str:
        """Of the one user it knows."""
        return str(self.simulate.get("password", ""))

    def greet(self, talk: Talk) -> bytes:
        """Its state, unasked."""
        self._watch(talk)
        return self._notice("EngineStatus", self._status())

    def _watch(self, talk: Talk) -> None:
        if timer := talk.memory.get("idle"):
            timer.cancel()
        talk.memory["idle"] = self.later(_IDLE, talk.hang_up)

    def leave(self, talk: Talk) -> None:
        """Its timers and groups end."""
        super().leave(talk)
        for name in ("idle", "poll"):
            if timer := talk.memory.get(name):
                timer.cancel()

    def cut(self, data: bytes) -> tuple[list[bytes], bytes]:
        """Objects end in NUL."""
        *objects, rest = data.split(b"\0")
        return objects, rest

    def answer(self, request: bytes, talk: Talk) -> bytes:
        """One object to one object."""
        self._watch(talk)
        try:
            asked = json.loads(request)
            method, params, id = asked["method"], asked.get("params"), asked["id"]
        except (ValueError, KeyError, TypeError):
            return self._object({"jsonrpc": "2.0", "error": {"code": -32700, "message": "Parse error"}, "id": None})
        if self.password and method != "Logon" and not talk.memory.get("in"):
            return self._error(id, 10, "Logon required")
        said = self._said(method, params, talk)
        if isinstance(said, tuple):
            return self._error(id, *said)
        return self._object({"jsonrpc": "2.0", "result": said, "id": id})

    def _said(self, method: str, params: Any, talk: Talk) -> Any:
        """The result; or code and message of an error."""
        match method:
            case "Logon":
                talk.memory["in"] = params.get("Password") == self.password
                return True if talk.memory["in"] else (10, "Logon required")
            case "NoOp":
                return True
            case "StatusGet":
                return {"Platform": "Core 110f", **self._status(), "Status": self._health()}
            case "Control.Get":
                controls = [self._control(name) for name in params]
                return controls if all(controls) else (8, "Unknown control")
            case "Control.Set":
                return self._set(params)
            case "Snapshot.Load":
                return self._load(params)
            case "ChangeGroup.AddControl":
                names = params.get("Controls", [])
                talk.memory["group"] = dict.fromkeys(names)
                return True if all(map(self._control, names)) else (8, "Unknown control")
            case "ChangeGroup.AutoPoll":
                self._poll(talk, params["Id"], float(params["Rate"]))
                return True
        return (-32601, "Method not found")

    def _status(self) -> dict[str, Any]:
        state = "Standby" if self.standby else "Active"
        return {
            "State": state,
            "DesignName": "Room",
            "DesignCode": "qALFilm6IcAz",
            "IsRedundant": False,
            "IsEmulator": False,
        }

    def _health(self) -> dict[str, Any]:
        return {"Code": 0, "String": "OK"} if self.fault == "none" else {"Code": 5, "String": "Fault - 1 major"}

    def _control(self, name: str) -> dict[str, Any] | None:
        found = _NAME.fullmatch(name)
        if not found or int(found[1]) not in self.faders:
            return None
        channel = int(found[1])
        if found[2] == "Mute":
            return {"Name": name, "Value": self.mutes[channel], "String": "muted" if self.mutes[channel] else "unmuted"}
        value = self.faders[channel] if found[2] == "Gain" else round(self.level(channel), 1)
        return {"Name": name, "Value": value, "String": f"{value:.1f}dB"}

    def _set(self, params: Any) -> Any:
        found = _NAME.fullmatch(str(params.get("Name")))
        if not found or int(found[1]) not in self.faders:
            return (8, "Unknown control")
        if self.refusing or found[2] == "Meter":
            return (-32602, "Invalid params")
        if not self.lying and found[2] == "Mute":
            self.hush(int(found[1]), bool(params["Value"]))
        elif not self.lying:
            self.move(int(found[1]), float(params["Value"]))
        return self._control(found[0])

    def _load(self, params: Any) -> Any:
        if self.refusing or params.get("Name") != "Scenes":
            return (7, "Unknown component name")
        if not self.lying:
            self.recall(int(params["Bank"]))
        return True

    def _poll(self, talk: Talk, id: str, rate: float) -> None:
        known = talk.memory["group"]
        changes = [now for name in known if (now := self._control(name)) and now != known[name]]
        known.update({change["Name"]: change for change in changes})
        if changes and not self.frozen:
            talk.say(self._notice("ChangeGroup.Poll", {"Id": id, "Changes": changes}))
        talk.memory["poll"] = self.later(rate, self._poll, talk, id, rate)

    def _notice(self, method: str, params: Any) -> bytes:
        return self._object({"jsonrpc": "2.0", "method": method, "params": params})

    def _error(self, id: Any, code: int, message: str) -> bytes:
        return self._object({"jsonrpc": "2.0", "error": {"code": code, "message": message}, "id": id})

    def _object(self, told: dict[str, Any]) -> bytes:
        return json.dumps(told, separators=(",", ":")).encode() + b"\0"
