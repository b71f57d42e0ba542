"""A paid API and a chat in one loopback server, which counts purchases and can hang at any step.

Its account (log, balance, charges) is the stand-in's, and so are the headers of its answers.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from aiohttp import web

from generator.account import Account
from generator.listing import Listing
from generator.models import MODELS
from generator.receipts import Asked, Receipts
from generator.server import INFERENCE, client_id, envelope, name_request

PRICE = 315_000
"""Credits of a clip."""
PATH = "/v2/generate/video/kling/generation"
STEPS = ("create", "created", "poll", "clip", "send", "sent")
"""Steps of a job. `created` and `sent`: after the answer was sent, perhaps unread. One more, `log`, is a look into the
log, which comes if the answer to the create did not."""


class PaidHost:
    """`bought` counts creates by prompt, `delivered` counts sends by nonce; `receipts` has a row for each purchase.

    A row is in the log when the clip is ready, or `logged_after` seconds, whether anybody asks for the clip or not.
    """

    receipts: Receipts

    def __init__(self, clip: bytes) -> None:
        self.clip = clip
        self.bought: Counter[str] = Counter()
        self.delivered: Counter[str] = Counter()
        self.clips: Counter[str] = Counter()
        self.reached: asyncio.Queue[str] = asyncio.Queue()
        self.hang_at: str | None = None
        self.renders_after = 1
        self.logged_after = 0.3
        self.log_refusals: list[web.Response] = []
        """Answers to the next looks into the log."""
        self._timers: list[asyncio.TimerHandle] = []
        self._looks: Counter[str] = Counter()
        self._never = asyncio.Event()

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[str]:
        with TemporaryDirectory() as folder:
            self.receipts = Receipts(Path(folder) / "receipts")
            async with self._listening():
                yield self.base

    @asynccontextmanager
    async def _listening(self) -> AsyncIterator[None]:
        app = web.Application(client_max_size=2**26, middlewares=[envelope, self._logging])
        app.on_response_prepare.append(name_request)
        app.add_routes(
            [
                web.post(PATH, self._create),
                web.get(PATH, self._retrieve),
                web.get("/clip.mp4", self._clip),
                web.post("/send", self._send),
                web.get("/v1/models", Listing(MODELS).answer),
                *Account(self.receipts, lambda request: None, deposit=1000.0).routes(),
            ]
        )
        runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield
        finally:
            self.let_go()
            for timer in self._timers:
                timer.cancel()
            await runner.cleanup()

    def let_go(self) -> None:
        """Release hanging requests."""
        self.hang_at = None
        self._never.set()

    async def _at(self, step: str) -> None:
        if self.hang_at == step:
            self.reached.put_nowait(step)
            await self._never.wait()

    async def _then(self, step: str) -> None:
        """Reach a step after an answer was sent."""
        if self.hang_at == step:
            self.reached.put_nowait(step)

    @web.middleware
    async def _logging(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        if request.path == "/v2/logs":
            await self._at("log")
            if self.log_refusals:
                return self.log_refusals.pop(0)
        return await handler(request)

    async def _create(self, request: web.Request) -> web.StreamResponse:
        said = await request.json()
        prompt = said["prompt"]
        self.bought[prompt] += 1
        # The first purchase of a prompt has the id that its clip is asked for by.
        again = f":{self.bought[prompt]}" if self.bought[prompt] > 1 else ""
        inference = request[INFERENCE] = f"{prompt}:kling/v1{again}"
        asked = Asked(inference, client_id(request), f"request-{self.bought.total()}", said["model"])
        self.receipts.begin(asked, PRICE)
        settle = partial(self.receipts.settle, inference, succeeded=True)
        self._timers.append(asyncio.get_running_loop().call_later(self.logged_after, settle))
        await self._at("create")
        return await _answer(request, {"id": inference, "status": "queued"}, 201, lambda: self._then("created"))

    async def _retrieve(self, request: web.Request) -> web.StreamResponse:
        await self._at("poll")
        remote_id = request.query["generation_id"]
        self._looks[remote_id] += 1
        if self._looks[remote_id] <= self.renders_after:
            return web.json_response({"id": remote_id, "status": "generating", "video": None})
        self.receipts.settle(remote_id, succeeded=True)
        return web.json_response({"id": remote_id, "status": "completed", "video": {"url": f"{self.base}/clip.mp4"}})

    async def _clip(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "video/mp4", "Content-Length": str(len(self.clip))})
        await response.prepare(request)
        with suppress(ConnectionError):
            await response.write(self.clip[:500])
            await self._at("clip")
            await response.write(self.clip[500:])
        return response

    async def _send(self, request: web.Request) -> web.StreamResponse:
        said = await request.json()
        self.delivered[said["nonce"]] += 1
        self.clips[said["nonce"]] += said["clip"]
        await self._at("send")
        return await _answer(request, {"id": "m"}, 200, lambda: self._then("sent"))


async def _answer(
    request: web.Request, body: object, status: int, after: Callable[[], Awaitable[None]]
) -> web.StreamResponse:
    response = web.json_response(body, status=status)
    with suppress(ConnectionError):  # the client may be dead
        await response.prepare(request)
        await response.write_eof()
        await after()
    return response
