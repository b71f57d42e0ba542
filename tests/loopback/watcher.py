"""A monitoring service outside: takes pings and alerts, and can fail in every way."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal

from aiohttp import web

Fault = Literal["hang", "cut", "redirect"] | int


class Watcher:
    """`heard`: method, path with query, and JSON of each request; `faults`: one per request."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str, Any]] = []
        self.faults: list[Fault] = []
        self.base = ""
        self._never = asyncio.Event()

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[str]:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._hear)
        runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self.base
        finally:
            self._never.set()
            await runner.cleanup()

    async def until(self, count: int) -> None:
        """Wait for that many requests."""
        async with asyncio.timeout(60):
            while len(self.heard) < count:
                await asyncio.sleep(0.01)

    async def _hear(self, request: web.Request) -> web.Response:
        body = await request.json() if request.can_read_body else None
        self.heard.append((request.method, request.path_qs, body))
        match self.faults.pop(0) if self.faults else 200:
            case "hang":
                await self._never.wait()
            case "cut":
                assert request.transport
                request.transport.abort()
            case "redirect":
                raise web.HTTPFound(f"{self.base}/elsewhere")
            case int(status):
                return web.Response(status=status, text="OK")
        return web.Response()
