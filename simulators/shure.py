"""How Shure devices speak: command strings over TCP, port 2202. What makes it worth testing against:

1. No end of line: several reports arrive in one piece, and one in several. 2. Whoever is connected is told every
change, the one who made it by the answer. 3. A bad command is `< REP ERR >` and nothing else. 4. A text stands in
braces, padded with blanks. 5. `GET 0 ALL` is a flood without an end.

Source: Shure command strings (pubs.shure.com/command-strings).
"""

from collections.abc import Iterable, Mapping
from typing import Any

from simulators.device import mishap
from simulators.faces import Say
from simulators.talker import Talk, Talker

ERR = "REP ERR"
_TICK = 30.0  # s between two looks at what changes by itself
Table = dict[tuple[str, str], str]
"""(index, name) to what its report says; the index is "" for what belongs to the whole device."""


class CommandStrings(Talker):
    """A device that is a table of texts. Subclasses fill `table` and do what a SET says (`take`)."""

    def __init__(self, name: str, simulate: Mapping[str, Any] | None = None) -> None:
        self._told: Table = {}
        self.lying = self.refusing = False
        super().__init__(name, simulate)

    def table(self) -> Table:
        """Everything it can report, in the order of a dump."""
        raise NotImplementedError

    def take(self, index: str, name: str, value: str, talk: Talk) -> bool:
        """Do what a SET says. False: it cannot."""
        raise NotImplementedError

    def talk(self, say: Say) -> Talk:
        """Somebody connected; from then on the device looks after what changes by itself."""
        if not self.talks:
            self._told = self.table()
            self.later(_TICK, self._tick)
        return super().talk(say)

    def changed(self) -> None:
        """Tell everybody what is not as it was."""
        if self.talks:
            self._tell_news(self.talks)

    def _tell_news(self, whom: Iterable[Talk]) -> None:
        table = self.table()
        news = [report(*key, value) for key, value in table.items() if self._told.get(key) != value]
        self._told = table
        for talk in list(whom) if news and not (self.stranger or self.frozen) else ():
            talk.say(framed(*news))

    def _tick(self) -> None:
        if self.talks:
            self.changed()
            self.later(_TICK, self._tick)

    # --- commands

    def cut(self, data: bytes) -> tuple[list[bytes], bytes]:
        """Commands stand between `<` and `>`; whatever stands before one is passed over."""
        commands = []
        while (end := _end(data)) >= 0:
            commands.append(data[:end].partition(b"<")[2].strip())
            data = data[end + 1 :]
        return commands, data

    def answer(self, request: bytes, talk: Talk) -> bytes:
        """One command to its reports, all in one piece."""
        return framed(*self._answer(request.decode("ascii", "replace").split(None, 3), talk))

    def _answer(self, words: list[str], talk: Talk) -> list[str]:
        match words:
            case ["GET", "ALL"]:
                return self._all("0")
            case ["GET", index, "ALL"] if index.isdecimal():
                return self._all(index)
            case ["GET", name]:
                return self._reported("", name)
            case ["GET", index, name] if index.isdecimal():
                return self._reported(index, name)
            case ["SET", index, name, value] if index.isdecimal():
                return self._set(index, name, value, talk)
            case ["SET", name, *value] if value:
                return self._set("", name, " ".join(value), talk)
        return [ERR]

    def _all(self, index: str) -> list[str]:
        said = [report(*key, value) for key, value in self.table().items() if index == "0" or key[0] in ("", index)]
        return said if index == "0" or any(key[0] == index for key in self.table()) else [ERR]

    def _reported(self, index: str, name: str) -> list[str]:
        table = self.table()
        keys = [key for key in table if key[1] == name and (key[0] == index or (index == "0" and key[0]))]
        return [report(*key, table[key]) for key in keys] or [ERR]

    def _set(self, index: str, name: str, value: str, talk: Talk) -> list[str]:
        indices = [key[0] for key in self.table() if key[1] == name and key[0]] if index == "0" else [index]
        if self.lying:
            return [report(i, name, value) for i in indices]
        if self.refusing or not indices or not all(self.take(i, name, _plain(value), talk) for i in indices):
            return [ERR]
        self._tell_news(self.talks - {talk})
        return [said for i in indices for said in self._reported(i, name)]

    @mishap
    def lies(self) -> None:
        """Says yes to every command and does none of them."""
        self.lying = True

    @mishap
    def refuses(self) -> None:
        """Understands no command any more, and says so."""
        self.refusing = True

    def heal(self) -> None:
        """Honest and willing again."""
        self.lying = self.refusing = False
        super().heal()


def report(index: str, name: str, value: str) -> str:
    """`REP 1 BATT_CHARGE 098`."""
    return " ".join(word for word in ("REP", index, name, value) if word)


def framed(*texts: str) -> bytes:
    """So many frames in one piece."""
    return "".join(f"< {text} >" for text in texts).encode()


def padded(text: str, width: int) -> str:
    """A text as it stands in a report."""
    return "{" + text.ljust(width) + "}"


def _plain(value: str) -> str:
    """A text as it stands in a SET, with or without braces."""
    return value.strip().removeprefix("{").removesuffix("}").strip()


def _end(data: bytes) -> int:
    """Where the first `>` outside braces stands; -1 when there is none."""
    inside = False
    for place, sign in enumerate(data):
        if sign in b"{}":
            inside = sign == ord("{")
        elif sign == ord(">") and not inside:
            return place
    return -1
