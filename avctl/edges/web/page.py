"""The pages for people: all rooms, one room, the reports. Complete without a script; the script keeps them live."""

import re
from collections.abc import Callable
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse

from avctl.edges.web.asked import Asked
from avctl.edges.web.draw import Draw
from avctl.edges.web.stream import VIEWERS, Stream
from avctl.engine.site import Site
from avctl.locale import LANGUAGES

_STATIC = Path(__file__).parent / "static"
_KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_REPORT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}\.(html|json)")
_REPORT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; sandbox"


def router(site: Site, draw: Draw, stream: Stream, asked: Asked, healthy: Callable[[], str]) -> APIRouter:
    """All pages. `healthy` says "" while every part of the daemon makes progress, else what does not."""
    pages = APIRouter(include_in_schema=False)

    @pages.get("/")
    async def wall(request: Request) -> HTMLResponse:
        return HTMLResponse(draw.wall(language(request, site.house.language)))

    @pages.get("/room/{room}")
    async def room(room: str, request: Request) -> Response:
        if room not in site.rooms:
            return PlainTextResponse(f"404 {room[:40]!r}", 404)
        return HTMLResponse(draw.room_page(room, language(request, site.house.language)))

    @pages.get("/why/{seq}")
    async def why(seq: str, request: Request) -> Response:
        if not (seq.isascii() and seq.isdigit() and len(seq) < 16):
            return PlainTextResponse("404", 404)
        chain = await asked.why(int(seq))
        page = draw.why(int(seq), chain, language(request, site.house.language))
        return HTMLResponse(page, 200 if chain else 404)

    @pages.get("/api/v1/stream")
    async def live(request: Request, room: str = "") -> Response:
        rooms = [room] if room in site.rooms else list(site.rooms)
        if len(stream) >= VIEWERS:
            return JSONResponse({"detail": f"{VIEWERS} already watch"}, 503)
        words = stream.watch(language(request, site.house.language), rooms)
        return StreamingResponse(words, media_type="text/event-stream", headers={"x-accel-buffering": "no"})

    @pages.get("/healthz")
    async def healthz() -> PlainTextResponse:
        trouble = healthy()
        return PlainTextResponse(trouble or "ok", 503 if trouble else 200)

    @pages.get("/static/{name}")
    async def static(name: str) -> Response:
        path = _STATIC / name
        if path.parent != _STATIC or path.suffix not in _KINDS or not path.is_file():
            return PlainTextResponse("404", 404)
        return Response(path.read_bytes(), media_type=_KINDS[path.suffix])

    @pages.get("/reports/{name}")
    async def report(name: str) -> Response:
        if asked.reports is None or not _REPORT.fullmatch(name) or not (path := asked.reports / name).is_file():
            return PlainTextResponse("404", 404)
        kind = "text/html" if path.suffix == ".html" else "application/json"
        return Response(path.read_bytes(), media_type=kind, headers={"content-security-policy": _REPORT_POLICY})

    return pages


def language(request: Request, otherwise: str) -> str:
    """?lang= first, then what the browser prefers, then the site's own."""
    if (asked := request.query_params.get("lang")) in LANGUAGES:
        return str(asked)
    for part in request.headers.get("accept-language", "").split(","):
        if (wanted := part.split(";")[0].strip().lower()[:2]) in LANGUAGES:
            return wanted
    return otherwise
