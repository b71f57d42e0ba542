"""The HTTP interface: create a generation, poll it, download its clip, and the account behind it. Answers follow the
documented contract."""

import asyncio
import contextlib
import functools
import hmac
import json
import logging
import re
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import web

from generator.account import Account
from generator.errors import Refused
from generator.folder import Folder, State, id_of, name_of, new_id
from generator.listing import Listing
from generator.models import MODELS, USD, Models
from generator.receipts import Asked
from generator.request import parse
from generator.studio import Studio

PATH = "/v2/generate/video/kling/generation"
PATHS = (PATH, "/v2/video/generations")
"""Both are the same service: whatever model is asked for on either."""
BODY_LIMIT = 40 * 2**20  # two 10 MB images in base64, and masks
UNFINISHED_LIMIT = 100
INFERENCE = web.RequestKey("inference", str)
CLIENT_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
log = logging.getLogger(__name__)


class Generator:
    """The stand-in service over one folder.

    With a `key` every API call must carry it; without one any caller is served. `delay` seconds are added before a clip
    completes. At most `limit` generations may be unfinished. `models`: those that it imitates. Clips are free,
    unless there is a `deposit` in USD, from which they are paid. `pace`: share of its model's usual time that a clip
    takes at least.
    """

    def __init__(
        self,
        folder: Path,
        *,
        key: str | None = None,
        slots: int = 1,
        delay: float = 0.0,
        limit: int = UNFINISHED_LIMIT,
        models: Models = MODELS,
        deposit: float | None = None,
        pace: float = 0.0,
    ) -> None:
        self._folder = Folder(folder)
        self._key = key
        self._slots = slots
        self._delay = delay
        self._limit = limit
        self._models = models
        self._pace = pace
        self._free = deposit is None
        self._account = Account(self._folder.receipts, self._authorize, deposit=deposit or 0.0)

    def app(self) -> web.Application:
        """An application that renders from startup to cleanup."""
        studio = Studio(self._folder, self._models, slots=self._slots, delay=self._delay, pace=self._pace)

        async def rendering(app: web.Application) -> AsyncIterator[None]:
            async with studio.running():
                yield

        app = web.Application(middlewares=[envelope], client_max_size=BODY_LIMIT)
        app.add_routes(
            [
                *(web.post(path, functools.partial(self._create, studio)) for path in PATHS),
                *(web.get(path, self._retrieve) for path in PATHS),
                web.get("/files/{name}.mp4", self._file),
                *(web.get(path, Listing(self._models).answer) for path in ("/v1/models", "/models")),
                *self._account.routes(),
            ]
        )
        app.on_response_prepare.append(name_request)
        app.cleanup_ctx.append(rendering)
        return app

    @contextlib.asynccontextmanager
    async def serve(self, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
        """Listen, and yield the base URL. Port 0 takes a free one."""
        runner = web.AppRunner(self.app(), access_log=None, auto_decompress=False, shutdown_timeout=0.5)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
            yield f"http://{host}:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()

    async def _create(self, studio: Studio, request: web.Request) -> web.Response:
        inference = request[INFERENCE] = new_id()
        self._authorize(request)
        body = await request.read()
        asked = Asked(inference, client_id(request), str(uuid.uuid4()), "")
        try:
            await self._accept(body, asked)
        except Refused:
            await asyncio.to_thread(self._refuse, body, asked)
            raise
        studio.poke()
        return web.json_response({"id": inference, "status": "queued"}, status=201)

    async def _accept(self, body: bytes, asked: Asked) -> None:
        """Store a request for rendering. Raises `Refused`."""
        order = await asyncio.to_thread(parse, body, self._models)  # megabytes of JSON
        credits = 0 if self._free else self._models[order.model].credits(order.seconds)
        if self._folder.unfinished() >= self._limit:
            raise Refused(429, "Too many requests: too many unfinished generations, try again later")
        if credits and credits > self._account.left() * USD:
            raise Refused(403, "Forbidden: you have run out of credits, top up the balance to go on")
        try:
            await asyncio.to_thread(self._folder.accept, body, replace(asked, model=order.model), credits)
        except OSError as error:  # a full disk: nothing was accepted
            log.error("a request could not be kept: %s", error.strerror)
            raise Refused(503, "Service unavailable: try again later") from None

    def _refuse(self, body: bytes, asked: Asked) -> None:
        """Keep a failed row of a refused create."""
        try:
            said = json.loads(body)
            model = said.get("model") if isinstance(said, dict) else None
        except (ValueError, RecursionError):
            model = None
        try:
            self._folder.receipts.refuse(replace(asked, model=model[:200] if isinstance(model, str) else "unknown"))
        except OSError as error:
            log.error("a refusal could not be kept: %s", error.strerror)

    async def _retrieve(self, request: web.Request) -> web.Response:
        self._authorize(request)
        if "generation_id" not in request.query:
            raise Refused(400, "Invalid request: generation_id: expected a string, received nothing")
        name = name_of(request.query["generation_id"])
        state = self._folder.state(name) if name else None
        if state is None:
            raise Refused(404, "Generation not found")
        charged = self._folder.receipts.charged(id_of(state.name)) if state.clip else None
        headers = {}
        if charged is not None:  # known when the clip is there
            headers = {"x-aimlapi-credits-used": str(charged), "x-aimlapi-usd-spent": str(charged / USD)}
        base = f"{request.scheme}://{request.host}"
        return web.json_response(_answer(state, base, charged), headers=headers)

    async def _file(self, request: web.Request) -> web.FileResponse:
        """Accessible to everyone with the name, like the real service's signed links."""
        name = name_of(id_of(request.match_info["name"]))
        state = self._folder.state(name) if name else None
        if state is None or state.clip is None:
            raise Refused(404, "File not found")
        return web.FileResponse(state.clip, headers={"Content-Type": "video/mp4"})

    def _authorize(self, request: web.Request) -> None:
        if self._key is None:
            return
        given = request.headers.get("Authorization", "").encode(errors="replace")
        if not hmac.compare_digest(given, f"Bearer {self._key}".encode()):
            raise Refused(401, "Unauthorized: the API key is missing or wrong")


def _answer(state: State, base: str, charged: int | None) -> dict[str, Any]:
    """A generation in the documented shape, null where empty; `charged`: credits."""
    video = error = meta = None
    if state.clip:
        file = f"{state.name}.mp4"
        size = state.clip.stat().st_size
        video = {"url": f"{base}/files/{file}", "content_type": "video/mp4", "file_name": file, "file_size": size}
        meta = {"usage": {"credits_used": charged}}
    if state.error:
        error = {"name": state.error.name, "message": state.error.message}
    return {"id": id_of(state.name), "status": state.status, "video": video, "error": error, "meta": meta}


def client_id(request: web.Request) -> str | None:
    """The caller's id of a request; one of another form is dropped."""
    given = request.headers.get("X-Client-Request-Id", "")
    return given if CLIENT_ID.fullmatch(given) else None


async def name_request(request: web.Request, answer: web.StreamResponse) -> None:
    """Every answer repeats the caller's id; a create's says the generation's as well, whatever the answer."""
    if client := client_id(request):
        answer.headers["x-client-request-id"] = client
    if INFERENCE in request:
        answer.headers["x-inference-id"] = request[INFERENCE]


@web.middleware
async def envelope(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Every error has the documented shape, including aiohttp's and our own bugs."""
    try:
        return await handler(request)
    except Refused as refused:
        status, message = refused.status, refused.message
    except web.HTTPException as error:
        status, message = error.status, error.reason
    except Exception:
        log.exception("the generator failed to answer")
        status, message = 500, "Internal server error"
    body = {
        "message": message,
        "path": request.path,
        "requestId": str(uuid.uuid4()),
        "statusCode": status,
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
    return web.Response(text=json.dumps(body), status=status, content_type="application/json")
