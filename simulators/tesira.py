"""A Biamp Tesira that is not there. Speaks TTP over telnet.

Source: tesira-help.biamp.com, TTP Responses, TTP Subscriptions, Telnet.

1. It offers and asks for telnet options, and welcomes nobody who has not answered them. 2. `Level1` has levels and
mutes of all channels, `AudioMeter1` their meters. 3. A subscription tells the value at once, and then when it changes;
it ends with the session. 4. Names and verbs are case-sensitive.
"""

import re
from collections.abc import Mapping
from typing import Any

from simulators.processor import LOWEST, Processor
from simulators.talker import Talk

_OFFERS = b"\xff\xfd\x18\xff\xfd\x20\xff\xfb\x01"  # DO terminal type, DO terminal speed, WILL echo
_ANSWERS = re.compile(rb"\xff[\xfb-\xfe].", re.DOTALL)
_WELCOME = b"\r\nWelcome to the Tesira Text Protocol Server...\r\n\r\n"
_ATTRIBUTES = {"level": "fader", "mute": "mute"}


class Server(Processor):
    """How it speaks."""

    stem = "tesira"

    def __init__(self, name: str, simulate: Mapping[str, Any] | None = None) -> None:
        super().__init__(name, simulate)
        self.telnet = bool(self.simulate.get("telnet", True))

    def greet(self, talk: Talk) -> bytes:
        """Options first."""
        return _OFFERS if self.telnet else b""

    def cut(self, data: bytes) -> tuple[list[bytes], bytes]:
        """Negotiation apart, then lines ended by LF."""
        answers = _ANSWERS.findall(data)
        *lines, rest = _ANSWERS.sub(b"", data).replace(b"\r", b"").split(b"\n")
        return [*answers, *lines], rest

    def answer(self, request: bytes, talk: Talk) -> bytes:
        """One line to one line."""
        if request[:1] == b"\xff":
            talk.memory["refused"] = talk.memory.get("refused", 0) + 1
            return _WELCOME if talk.memory["refused"] == len(_OFFERS) // 3 else b""
        if not request or (self.telnet and talk.memory.get("refused", 0) < len(_OFFERS) // 3):
            return b""
        words = request.decode("utf-8", "replace").split()
        return (self._said(words, talk) + "\r\n").encode()

    def _said(self, words: list[str], talk: Talk) -> str:
        match words:
            case ["SESSION", "set", "verbose", "true" | "false"]:
                return "+OK"
            case ["DEVICE", "get", "serialNumber"]:
                return f'+OK "value":"{self.serial}"'
            case ["DEVICE", "get", "activeFaultList"]:
                return (
                    f'+OK "value":[{{"id":INDICATOR_{self.fault.upper()}_IN_DEVICE "name":"{self.fault}" "faults":[]}}]'
                )
            case ["DEVICE", "recallPreset", number] if number.isdecimal():
                return self._recall(int(number))
            case ["Level1" | "AudioMeter1" as block, verb, attribute, index, *rest] if index.isdecimal():
                return self._block(block, verb, attribute, int(index), rest, talk)
            case [_, "get" | "set" | "subscribe", *_]:
                return '-ERR address not found: {"deviceId":0 "classCode":0 "instanceNum":0}'
        return "-ERR Parse error at 0: verb was not one of the commands supported by Services"

    def _recall(self, number: int) -> str:
        if self.refusing or number < 1001:
            return "-ERR preset not found"
        if not self.lying:
            self.recall(number)
        return "+OK"

    def _block(self, block: str, verb: str, attribute: str, index: int, rest: list[str], talk: Talk) -> str:
        if index not in self.faders or attribute not in _ATTRIBUTES or (block == "AudioMeter1" and verb == "set"):
            return "-ERR INVALID_PARAMETER Index out of range"
        match verb, rest:
            case "get", []:
                return f'+OK "value":{self._value(block, attribute, index)}'
            case "set", [value]:
                return self._set(attribute, index, value)
            case "subscribe", [token, *_]:
                talk.memory[token] = (block, attribute, index)
                return f'! "publishToken":"{token}" "value":{self._value(block, attribute, index)}\r\n+OK'
        return "-ERR Parse error at 22: not enough parameters supplied"

    def _value(self, block: str, attribute: str, index: int) -> str:
        if attribute == "mute":
            return "true" if self.mutes[index] else "false"
        return f"{self.faders[index] if block == 'Level1' else self.level(index):.6f}"

    def _set(self, attribute: str, index: int, value: str) -> str:
        if self.refusing:
            return "-CANNOT_DELIVER"
        try:
            wanted = {"true": 1.0, "false": 0.0}[value] if attribute == "mute" else float(value)
        except (KeyError, ValueError):
            return "-ERR Parse error at 16: could not parse value"
        if not self.lying and attribute == "mute":
            self.hush(index, bool(wanted))
        elif not self.lying:
            self.move(index, max(LOWEST, wanted))
        return "+OK"

    def changed(self, channel: int, what: str) -> None:
        """To every session that subscribed to it."""
        attribute = next(a for a, name in _ATTRIBUTES.items() if name == what)
        place = ("Level1", attribute, channel)
        for talk in () if self.frozen or self.stranger else self.talks:
            for token in [token for token, told in talk.memory.items() if told == place]:
                talk.say(f'! "publishToken":"{token}" "value":{self._value(*place)}\r\n'.encode())
