"""Break it from outside: what can befall the devices, over HTTP. For the command line, for drills, for stories.

GET  /                              a page for people who would rather click
GET  /devices                       everything there is, its state, and what can befall it
POST /devices/<id>/<mishap>         let it happen; details as a JSON object
POST /devices/<id>/heal             undo all
GET  /rooms                         people and sound
POST /rooms/<id>/<verb>             enter, leave, speak, quiet, howl
"""

import asyncio
import contextlib
import inspect
import json
import socket
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Route

from simulators.device import State, mishaps
from simulators.room import VERBS, Room

_PAGE = Path(__file__).with_name("page.html")


class Breakable(Protocol):
    """A device or a fixture."""

    stem: str

    def state(self) -> State:
        """As seen from outside."""

    def heal(self) -> None:
        """Undo all."""


class Control:
    """The HTTP interface of one simulated site."""

    def __init__(self, things: Mapping[str, Breakable], rooms: Mapping[str, Room]) -> None:
        self._things, self._rooms = things, rooms
        routes = [
            Route("/", self._page),
            Route("/devices", self._list_devices),
            Route("/devices/{name}/{verb}", self._befall, methods=["POST"]),
            Route("/rooms", self._list_rooms),
            Route("/rooms/{name}/{verb}", self._act, methods=["POST"]),
        ]
        app = Starlette(routes=routes)
        self._server = _Server(uvicorn.Config(app, lifespan="off", log_level="warning", access_log=False, ws="none"))
        self._task: asyncio.Task[None] | None = None
        self.url = ""

    async def open(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen. Raises OSError when the address is taken."""
        sock = socket.create_server((host, port))
        self.url = f"http://{host}:{sock.getsockname()[1]}"
        self._task = asyncio.get_running_loop().create_task(self._server.serve(sockets=[sock]))

    async def close(self) -> None:
        """Stop listening; whoever is connected is let go."""
        self._server.end.set()
        if self._task:
            await self._task

    async def _page(self, _: Request) -> HTMLResponse:
        return HTMLResponse(_PAGE.read_text(encoding="utf-8"))

    async def _list_devices(self, _: Request) -> JSONResponse:
        return JSONResponse({name: _shown(thing) for name, thing in self._things.items()})

    async def _list_rooms(self, _: Request) -> JSONResponse:
        return JSONResponse({name: {"state": room.state(), "verbs": VERBS} for name, room in self._rooms.items()})

    async def _befall(self, request: Request) -> JSONResponse:
        thing = self._things.get(request.path_params["name"])
        if thing is None:
            return _unknown("device", request.path_params["name"], self._things)
        verbs = mishaps(thing) | {"heal": thing.heal}
        return await _do(request, "mishap", verbs, thing.state)

    async def _act(self, request: Request) -> JSONResponse:
        room = self._rooms.get(request.path_params["name"])
        if room is None:
            return _unknown("room", request.path_params["name"], self._rooms)
        return await _do(request, "verb", {verb: getattr(room, verb) for verb in VERBS}, room.state)


async def _do(
    request: Request, kind: str, verbs: Mapping[str, Callable[..., None]], state: Callable[[], State]
) -> JSONResponse:
    verb = request.path_params["verb"]
    if verb not in verbs:
        return _unknown(kind, verb, verbs)
    try:
        details = json.loads(await request.body() or "{}")
        _fit(verbs[verb], details)
        verbs[verb](**details)
    except (TypeError, ValueError, KeyError) as error:
        return JSONResponse({"error": f"{verb}: {error}"}, 400)
    return JSONResponse({"state": dict(state())})


def _fit(verb: Callable[..., None], details: Any) -> None:
    """Raises ValueError when `details` are not what the verb takes."""
    takes = inspect.signature(verb).parameters
    needs = {name for name, taken in takes.items() if taken.default is taken.empty}
    if not isinstance(details, dict) or not needs <= details.keys() <= takes.keys():
        wanted = ", ".join(f"{name}={takes[name].default}" if name not in needs else name for name in takes)
        raise ValueError(f"got {details}, takes {{{wanted}}}")


def _shown(thing: Breakable) -> dict[str, Any]:
    verbs = mishaps(thing)
    about = {name: (verb.__doc__ or "").strip() for name, verb in verbs.items()}
    takes = {name: _takes(verb) for name, verb in verbs.items()}
    shown = {"stem": thing.stem, "state": dict(thing.state()), "mishaps": sorted(verbs)}
    return {**shown, "about": about, "takes": takes}


def _takes(verb: Callable[..., None]) -> dict[str, Any]:
    """The details a verb takes, with what they are when nothing is said; None for one that must be said."""
    found = inspect.signature(verb).parameters.values()
    return {taken.name: None if taken.default is taken.empty else taken.default for taken in found}


def _unknown(kind: str, name: str, known: Mapping[str, Any]) -> JSONResponse:
    return JSONResponse({"error": f"no {kind} {name!r}", "known": sorted(known)}, 404)


class _Server(uvicorn.Server):
    """uvicorn without its heartbeat (ten wake-ups a second are dear in virtual time) and its hand on signals."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.end = asyncio.Event()

    async def main_loop(self) -> None:
        await self.end.wait()
        self.force_exit = True  # do not wait for idle clients

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
