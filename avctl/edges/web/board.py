"""The web edge as a whole: pages, live stream, interface and metrics on one port, from `start` to `stop`."""

import asyncio
from collections.abc import Callable, Iterable

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, StreamingResponse
from starlette.exceptions import HTTPException

from avctl import __version__
from avctl.edges.gate import Gate
from avctl.edges.metrics import CONTENT_TYPE, Metrics
from avctl.edges.place import Place
from avctl.edges.step import Steps
from avctl.edges.web import api, page
from avctl.edges.web.asked import Asked
from avctl.edges.web.draw import Draw
from avctl.edges.web.guard import Guard
from avctl.edges.web.server import Server
from avctl.edges.web.stream import Stream
from avctl.engine.site import Site


class Web:
    """`listen` is "host:port"; port 0 takes any. `hosts` are further names under which people call this page."""

    def __init__(
        self,
        site: Site,
        gate: Gate,
        metrics: Metrics,
        listen: str = "127.0.0.1:0",
        asked: Asked | None = None,
        hosts: Iterable[str] = (),
        healthy: Callable[[], str] = str,
    ) -> None:
        self._site, self._steps, self._place = site, Steps(), Place(site.house)
        self._asked = asked or Asked()
        draw = Draw(site, self._asked, self._steps)
        self._stream = Stream(draw.card, draw.order)
        self._subscription = site.bus.subscribe("web", settled=True)
        self._closing = asyncio.Event()
        app = _application()
        app.include_router(page.router(site, draw, self._stream, self._asked, healthy))
        app.include_router(api.router(site, gate, self._asked, self._closing))
        _serve_metrics(app, metrics)
        host, _, port = listen.rpartition(":")
        self._host = host.strip("[]")
        self._server = Server(Guard(app, (*hosts, self._host)), self._host, int(port), self._close)
        self.app = app
        self.url = ""

    async def start(self) -> str:
        """Listen; returns the URL. Raises OSError when the address is taken."""
        port = await self._server.begin()
        shown = f"[{self._host}]" if ":" in self._host else self._host
        self.url = f"http://{shown}:{port}"
        return self.url

    async def run(self) -> None:
        """Tell those who watch what changes, until the bus closes."""
        async for event in self._subscription:
            self._steps.follow(event)
            if (room := self._place.room(event)) is not None:
                self._stream.changed((room,))

    async def stop(self) -> None:
        await self._server.end()

    def _close(self) -> None:
        self._closing.set()
        self._stream.close()


def _application() -> FastAPI:
    """FastAPI without its documentation pages, which load scripts from elsewhere."""
    app = FastAPI(title="avctl", version=__version__, docs_url=None, redoc_url=None, openapi_url="/api/v1/openapi.json")

    @app.exception_handler(HTTPException)
    async def told(request: Request, error: HTTPException) -> JSONResponse:
        return JSONResponse({"detail": error.detail}, error.status_code)

    return app


def _serve_metrics(app: FastAPI, metrics: Metrics) -> None:
    @app.get("/metrics", include_in_schema=False)
    async def scrape() -> StreamingResponse:
        return StreamingResponse(metrics.pages(), media_type=CONTENT_TYPE)
