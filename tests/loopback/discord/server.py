"""Discord on loopback: REST API, gateway and CDN for discord.py, with faults on demand."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from aiohttp import web

from tests.loopback.discord.faults import FILES, FINE, Broken, Call, Fault, cut, hang
from tests.loopback.discord.http import abort, half, read_form, response_of
from tests.loopback.discord.limits import Handler
from tests.loopback.discord.refusals import Refused
from tests.loopback.discord.routes import Routes
from tests.loopback.discord.state import PREFIX


class DiscordApi(Routes):
    """Discord with one application. `calls` records every request unless `recording` is off."""

    def __init__(
        self,
        token: str = "test.discord.token",
        application_id: int = 1_100_000_000_000_000_001,
        shards: int = 1,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(token, application_id, shards, clock)
        self.recording = True
        self.keeps_files = False
        """Whether uploaded bytes are kept."""
        self.calls: list[Call] = []
        self.reached: asyncio.Queue[str] = asyncio.Queue()
        self.served = Counter[str]()
        """Requests by route."""
        self.mistakes: list[Exception] = []
        """Errors of this server; `serve` raises the first at its end."""
        self._faults: list[tuple[str, Fault]] = []
        self._going = asyncio.Event()

    @asynccontextmanager
    async def serve(self, port: int = 0) -> AsyncIterator[str]:
        """Yield the base of the REST API; the gateway and the CDN are on the same port."""
        runner = web.ServerRunner(web.Server(self._answer, access_log=None), shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        self.base = f"http://127.0.0.1:{runner.addresses[0][1]}{PREFIX}"
        try:
            yield self.base
        finally:
            self.let_go()
            for socket in list(self._sockets):
                socket.drop()
            await runner.cleanup()
        if self.mistakes:
            raise self.mistakes[0]

    def script(self, route: str, *faults: Fault) -> None:
        """Set the faults of a route's next requests, in order; `FINE`: none.

        `CDN` is the route of files. `FILES` behind a route: only of its requests that carry files.
        """
        self._faults.extend((route, one) for one in faults)

    def let_go(self) -> None:
        """Release hanging requests."""
        self._faults = [(route, one) for route, one in self._faults if one.kind != "hang"]
        going, self._going = self._going, asyncio.Event()
        going.set()

    def called(self, route: str) -> list[Call]:
        """The recorded calls of a route."""
        return [one for one in self.calls if one.route == route]

    def _lately(self) -> str:
        return f"{super()._lately()}; last calls: {[(one.route, one.status) for one in self.calls[-6:]]}"

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.path
        if path == "/gateway":
            return await self._talk(request)
        if path.startswith(("/attachments/", "/ephemeral-attachments/")):
            return await self._file(request)
        found = self._find(request.method, path.removeprefix(PREFIX))
        route = found[0] if found else f"{request.method} {path.removeprefix(PREFIX)}"
        carries = request.content_type.startswith("multipart/")
        fault = self._fault(route, *([route + FILES] if carries else []))
        call = Call(self.clock(), request.method, path.removeprefix(PREFIX), route, query=dict(request.query))
        self.served[route] += 1
        try:
            status, body, headers = await self._taken(request, call, found, fault)
        except Broken:
            return abort(request)
        call.status = status
        self.changed()
        response = response_of(status, body, headers)
        if fault.kind == "cut":
            return await half(request, response) if fault.when == "answer" else abort(request)
        if fault == hang("answered"):
            with suppress(ConnectionError):
                await response.prepare(request)
                await response.write_eof()
            self.reached.put_nowait(route)
        return response

    async def _taken(
        self, request: web.BaseRequest, call: Call, found: "tuple[str, Handler, list[str]] | None", fault: Fault
    ) -> tuple[int, Any, dict[str, str]]:
        if fault.kind == "cut" and fault.when in ("before", "mid"):
            if fault.when == "mid":
                await request.content.readany()
            raise Broken
        await self._read(request, call)
        if self.recording:
            self.calls.append(call)
        self.changed()
        if fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
        if fault == hang("before"):
            await self._hang(call.route)
        if fault.kind != "answer" or fault.when == "after":
            answer = self._done(request, call, found)
        if fault.kind == "answer":
            return fault.status, fault.body, fault.headers
        if fault == hang("after"):
            await self._hang(call.route)
        return answer

    async def _hang(self, route: str) -> None:
        going = self._going
        self.reached.put_nowait(route)
        await going.wait()

    def _done(
        self, request: web.BaseRequest, call: Call, found: "tuple[str, Handler, list[str]] | None"
    ) -> tuple[int, Any, dict[str, str]]:
        """Execute a request."""
        if found is None:
            return 404, {"message": "404: Not Found", "code": 0}, {}
        open_to_all = call.path.startswith(("/interactions/", "/webhooks/")) or call.path == "/gateway"
        if not open_to_all and request.headers.get("Authorization") != f"Bot {self.token}":
            return 401, {"message": "401: Unauthorized", "code": 0}, {}
        refused, headers = self._limit(call, found)
        if refused:
            return refused.status, refused.body, headers | refused.headers
        try:
            body = found[1](call, *found[2])
        except Refused as no:
            return no.status, no.body, headers
        except Exception as mistake:  # a bug here, or an unforeseen body
            self.mistakes.append(mistake)
            return 400, {"message": f"{type(mistake).__name__}: {mistake}", "code": 0}, headers
        if isinstance(body, tuple):
            return body[0], body[1], headers
        return (204 if body is None else 200), body, headers

    def _fault(self, *routes: str) -> Fault:
        for at, (wanted, fault) in enumerate(self._faults):
            if wanted in routes:
                del self._faults[at]
                return fault
        return FINE

    async def _read(self, request: web.BaseRequest, call: Call) -> None:
        if not request.body_exists:
            return
        body = await request.content.read()
        kind = request.headers.get("Content-Type", "")
        if kind.startswith("multipart/"):
            call.body, call.files = read_form(body, kind, self.keeps_files)
        elif body:
            call.body = json.loads(body)

    async def _file(self, request: web.BaseRequest) -> web.StreamResponse:
        fault = self._fault("CDN")
        self.served["CDN"] += 1
        if self.recording:
            self.calls.append(Call(self.clock(), request.method, request.path, "CDN", query=dict(request.query)))
        self.changed()
        if fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
        if fault.kind == "hang":
            await self._hang("CDN")
        if fault.kind == "answer":
            return response_of(fault.status, fault.body, fault.headers)
        if fault == cut("before"):
            return abort(request)
        found = self.attachments.get(int(request.path.split("/")[3]))
        if found is None or found.data is None or not self._signed(request):
            return web.Response(status=404, text="This content is no longer available.")
        response = web.Response(body=found.data, content_type=found.content_type or "application/octet-stream")
        return await half(request, response) if fault.kind == "cut" else response

    def _signed(self, request: web.BaseRequest) -> bool:
        expires, issued, mark = (request.query.get(key, "") for key in ("ex", "is", "hm"))
        if mark != self.signature(request.path, expires, issued):
            return False
        return int(expires, 16) > self.clock()
