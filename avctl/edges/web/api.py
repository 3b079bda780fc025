"""The HTTP interface under /api/v1: what is, what happened, what is wished. Every answer is JSON, errors too.

An error is `{"detail": "a sentence", …}`. A refused wish is the gate's own result with `detail` beside it; its status
says what kind of no it is: 400 the form, 403 not you, 404 no such thing, 409 not as things stand, 410 too late,
413 too large, 429 too often. What a device could not do is no HTTP error: 200, with state "failed" in the result.
"""

import asyncio
from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from avctl.edges import sight
from avctl.edges.gate import Gate
from avctl.edges.moment import iso
from avctl.edges.plain import event_json
from avctl.edges.result import Receipt, Result, State
from avctl.edges.strict import Refusal, parse, shown
from avctl.edges.web.asked import Asked
from avctl.engine.site import Site
from avctl.model.booking import Booking

_STATUS = {
    "invalid": 400,
    "too-large": 413,
    "too-many": 429,
    "not-allowed": 403,
    "expired": 410,
    "unknown-action": 404,
    "unknown-room": 404,
}
_PAGE = 500  # events in one answer at most
_BOARD = "board"  # the principal of a page nobody has signed in to
_ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"description": "The form of the wish; `where`, `found` and `wanted` say what to mend"},
    403: {"description": "Not for this asker"},
    404: {"description": "No such room, device, action, playbook, point, run or booking"},
    409: {"description": "Not as things stand: changed since, not waiting, or to be confirmed (`confirm`)"},
    410: {"description": "The wish came too late"},
    413: {"description": "Larger than 16 kB"},
    415: {"description": "Not application/json"},
    421: {"description": "Called under a name this daemon does not have"},
    429: {"description": "More than ten wishes a second"},
}
_MISSING: dict[int | str, dict[str, Any]] = {k: _ERRORS[k] for k in (400, 404, 421)}


def router(site: Site, gate: Gate, asked: Asked, closing: asyncio.Event) -> APIRouter:
    """All paths of the interface."""
    api = APIRouter(prefix="/api/v1", responses={421: _ERRORS[421]})

    @api.get("/rooms", summary="All rooms, the one that needs a human first on top")
    async def rooms() -> dict[str, Any]:
        found = [sight.room(site, id) for id in site.rooms]
        return {"v": 1, "ts": iso(site.clock.now()), "rooms": sorted(found, key=lambda r: -r["rank"])}

    @api.get("/rooms/{room}", responses=_MISSING, summary="One room")
    async def room(room: str) -> Any:
        return sight.room(site, room) if room in site.rooms else _none("room", room, site.rooms)

    @api.get("/devices/{device}", responses=_MISSING, summary="One device with all its values")
    async def device(device: str) -> Any:
        if device not in site.house.devices:
            return _none("device", device, site.house.devices)
        room = site.house.devices[device].room
        return {**sight.device(site, device), "room": room, "values": sight.values(site, device)}

    @api.get("/devices/{device}/wire", responses=_MISSING, summary="What passed on the wire of a device, redacted")
    async def wire(device: str, after: str = "0", wait: str = "0", scrub: bool = False) -> Any:
        """Entries above number `after`; `wait` is for how many seconds to wait for one. `scrub` hides serials, too."""
        if not (_whole(after) and _whole(wait)):
            return _error(400, "after and wait are whole numbers, such as ?after=120&wait=10")
        try:
            return await asked.wire(device, int(after), float(wait), scrub)
        except LookupError as error:
            return _error(404, str(error.args[0]))

    @api.get("/events", responses=_MISSING, summary="What happened after event number `since`, oldest first")
    async def events(since: str = "0", limit: str = str(_PAGE)) -> Any:
        if not (_whole(since) and _whole(limit)):
            return _error(400, "since and limit are whole numbers, such as ?since=4711&limit=100")
        found = await asked.events(int(since), min(int(limit), _PAGE))
        return {"v": 1, "last": site.bus.settled, "events": [event_json(event) for event in found]}

    @api.get("/why/{seq}", responses=_MISSING, summary="An event and what caused it, back to the first cause")
    async def why(seq: str) -> Any:
        chain = await asked.why(int(seq)) if _whole(seq) else ()
        if not chain:
            return _error(404, f"there is no event {shown(seq)}; the newest is {site.bus.settled}")
        return {"v": 1, "chain": [event_json(event) for event in chain]}

    @api.get("/bookings", responses=_MISSING, summary="Known meetings, without a word about who or what for")
    async def bookings(room: str = "") -> Any:
        if room and room not in site.rooms:
            return _none("room", room, site.rooms)
        found = [b for id in site.rooms if room in ("", id) for b in site.state(id).bookings.values()]
        return {"v": 1, "bookings": [_booking(b) for b in sorted(found, key=lambda b: (b.start, b.room))]}

    @api.get("/plan", responses=_MISSING, summary="What will be run when, by which rule and why")
    async def plan(room: str = "") -> Any:
        if room and room not in site.rooms:
            return _none("room", room, site.rooms)
        return {"v": 1, "plan": list(asked.plan(room))}

    @api.get("/archive/{question}", responses=_MISSING, summary="A question to the equipment archive")
    async def archive(question: str, request: Request) -> Any:
        try:
            return await asked.archive(question, dict(request.query_params))
        except LookupError as error:
            return _error(404, str(error.args[0]))
        except ValueError as error:
            return _error(400, str(error))

    @api.get("/results/{principal}/{id}", responses=_MISSING, summary="What became of a wish of the last seven days")
    async def result(principal: str, id: str) -> Any:
        receipt = gate.find(principal, id)
        if receipt is None or not receipt.first.done():
            return _error(404, f"no wish {shown(id)} of {shown(principal)} is known")
        return receipt.newest.json()

    @api.post("/rooms/{room}/{action}", responses=_ERRORS, summary="A wish, through the same gate as MQTT")
    async def wish(room: str, action: str, request: Request, principal: str = _BOARD, wait: bool = False) -> Any:
        """Body: the envelope that MQTT takes, too, of which `v`, `id` and `ts` may be left out; the header
        `Idempotency-Key` is the id then. `wait=true` answers with the last word instead of the first."""
        body = await request.body()
        try:
            given: Any = _completed(parse(body or b"{}"), request.headers.get("idempotency-key"), site)
        except Refusal:
            given = body  # the gate says what is wrong, and counts it
        receipt = await gate.take(principal, "http", action, room, given)
        return _told(await _last(receipt, closing) if wait else receipt.newest, site.house.language)

    return api


def _completed(found: dict[str, Any], key: str | None, site: Site) -> dict[str, Any]:
    """HTTP brings some of the envelope by itself: it is asked now, and its header may carry the id."""
    return {"v": 1, "id": key or uuid4().hex, "ts": iso(site.clock.now()), **found}


async def _last(receipt: Receipt, closing: asyncio.Event) -> Result:
    """The last word; or the newest when the daemon ends first."""
    ending = asyncio.create_task(closing.wait())
    waited: list[asyncio.Future[Any]] = [receipt.last, ending]
    await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
    ending.cancel()
    return receipt.newest


def _told(result: Result, language: str) -> JSONResponse:
    body = result.json()
    if result.state in (State.DENIED, State.EXPIRED, State.CONFIRM_REQUIRED):
        status = 404 if result.code.startswith("unknown-") else _STATUS.get(result.code, 409)
        return JSONResponse({**body, "detail": dict(result.said)[language]}, status)
    return JSONResponse(body, 200 if result.final else 202)


def _booking(booking: Booking) -> dict[str, Any]:
    return {
        **(sight.meeting(booking) or {}),
        "room": booking.room,
        "key": str(booking.key),
        "status": booking.status.value,
    }


def _none(kind: str, id: str, known: Any) -> JSONResponse:
    return _error(404, f"there is no {kind} {shown(id)}; there are " + ", ".join(list(known)[:50]))


def _error(status: int, detail: str) -> JSONResponse:
    return JSONResponse({"detail": detail}, status)


def _whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 16
