"""A real browser, driven over its DevTools protocol: go somewhere, wait until something is so, click, photograph."""

import asyncio
import base64
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from tests.counterparts import require

_QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--remote-debugging-port=0",
)  # fmt: skip


class Browser:
    """One tab. `errors` is what its console complained of, `requests` every URL it asked for."""

    def __init__(self, link: ClientConnection) -> None:
        self._link, self._numbers = link, itertools.count(1)
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self.errors: list[str] = []
        self.requests: list[str] = []

    async def listen(self) -> None:
        async for message in self._link:
            said = json.loads(message)
            if "id" in said:
                self._answers.pop(said["id"]).set_result(said)
            elif said["method"] == "Network.requestWillBeSent":
                self.requests.append(said["params"]["request"]["url"])
            elif said["method"] in ("Runtime.exceptionThrown", "Log.entryAdded"):
                self.errors.append(json.dumps(said["params"])[:400])

    async def call(self, method: str, **parameters: Any) -> Any:
        number = next(self._numbers)
        self._answers[number] = asyncio.get_running_loop().create_future()
        await self._link.send(json.dumps({"id": number, "method": method, "params": parameters}))
        async with asyncio.timeout(15):
            answer = await self._answers[number]
        assert "error" not in answer, answer
        return answer["result"]

    async def go(self, url: str, width: int = 1440, height: int = 900) -> None:
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        await self.call("Emulation.setDeviceMetricsOverride", **size)
        await self.call("Page.navigate", url=url)
        await self.until("document.readyState === 'complete' && location.href !== 'about:blank'")

    async def see(self, script: str) -> Any:
        """The value of a JavaScript expression on the page."""
        found = await self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    async def until(self, script: str, within: float = 8) -> None:
        """Wait until the expression is true."""
        async with asyncio.timeout(within):
            while not await self.see(script):
                await asyncio.sleep(0.05)

    async def click(self, selector: str) -> None:
        await self.see(f"document.querySelector({json.dumps(selector)}).click()")

    async def picture(self, path: Path) -> None:
        shot = await self.call("Page.captureScreenshot", format="png")
        path.write_bytes(base64.b64decode(shot["data"]))


@asynccontextmanager
async def browser(folder: Path) -> AsyncIterator[Browser]:
    """A browser with an empty profile in `folder`."""
    profile = folder / "profile"
    process = await asyncio.create_subprocess_exec(
        require("chromium"), *_QUIET, f"--user-data-dir={profile}", "about:blank",
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with connect(await _tab(profile), max_size=None, proxy=None) as link:
            made = Browser(link)
            listening = asyncio.create_task(made.listen())
            for domain in ("Page", "Runtime", "Network", "Log"):
                await made.call(f"{domain}.enable")
            yield made
            listening.cancel()
    finally:
        process.terminate()
        await process.wait()


async def _tab(profile: Path) -> str:
    """The address of its one tab, once it has told where it listens."""
    import httpx

    note = profile / "DevToolsActivePort"
    async with asyncio.timeout(20), httpx.AsyncClient(trust_env=False) as client:
        while not note.exists() or "\n" not in note.read_text():
            await asyncio.sleep(0.05)
        port = note.read_text().split()[0]
        while True:
            for tab in (await client.get(f"http://127.0.0.1:{port}/json/list")).json():
                if tab["type"] == "page":
                    return str(tab["webSocketDebuggerUrl"])
            await asyncio.sleep(0.05)
