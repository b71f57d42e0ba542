"""A Telegram Bot API server on loopback, with the real validation, and faults at any step."""

import asyncio
import json
import re
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import parse_qsl

import aiohttp
from aiohttp import web

from tests.loopback.telegram.faults import (
    Call,
    Cut,
    Flood,
    Hold,
    Refuse,
    Trouble,
    Violation,
    failure,
    half,
    trouble_answer,
)
from tests.loopback.telegram.forms import decoded, form_parts
from tests.loopback.telegram.model import JSON, Refusal, Upload, words
from tests.loopback.telegram.updates import Updates

LIMITED = words("sendMessage sendVideo sendPhoto sendDocument editMessageText editMessageCaption editMessageMedia")
METHODS = words(
    "answerCallbackQuery answerGuestQuery deleteMessage deleteMyCommands deleteWebhook editMessageCaption"
    " editMessageMedia editMessageReplyMarkup editMessageText getChat getChatAdministrators getChatMember getFile getMe"
    " getMyCommands getWebhookInfo sendChatAction sendDocument sendMessage sendPhoto sendVideo setMyCommands"
    " setMyDescription setMyShortDescription setWebhook"
)


class BotApi(Updates):
    """One bot at one server. `trouble`: faults of the next calls by method; downloads are `file`."""

    def __init__(
        self, token: str = "123456:TEST-token", username: str = "photoplay_bot", can_read_all: bool = False
    ) -> None:
        super().__init__(username, can_read_all)
        self.token = token
        self.calls: list[Call] = []
        self.keeps_calls = True
        self.keeps_videos = True
        self.upload_limit = 50 * 2**20
        self.limits = False
        self.violations: list[Violation] = []
        self.trouble: defaultdict[str, list[Trouble]] = defaultdict(list)
        self.reached: asyncio.Queue[str] = asyncio.Queue()
        self._methods: dict[str, Callable[[JSON, dict[str, Upload]], Any]] = {
            name: getattr(self, re.sub("[A-Z]", lambda letter: "_" + letter[0].lower(), f"_{name}")) for name in METHODS
        }
        self._go = asyncio.Event()
        self._sent_at: defaultdict[int, deque[float]] = defaultdict(deque)

    @asynccontextmanager
    async def serve(self, port: int = 0) -> AsyncIterator[str]:
        """Serve; yields the URL without a path. May be repeated: the state stays."""
        runner = web.ServerRunner(web.Server(self._handle, access_log=None), shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        self.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
        async with aiohttp.ClientSession() as self._session:
            self._wake()
            try:
                yield self.base
            finally:
                self.let_go()
                for task in self._deliveries:
                    task.cancel()
                await asyncio.gather(*self._deliveries, return_exceptions=True)
                await runner.cleanup()

    @property
    def bot_url(self) -> str:
        """`base_url` for a `telegram.Bot`."""
        return f"{self.base}/bot"

    @property
    def file_url(self) -> str:
        """`base_file_url` for a `telegram.Bot`."""
        return f"{self.base}/file/bot"

    def let_go(self) -> None:
        """Release held calls."""
        self._go.set()
        self._go = asyncio.Event()

    async def until(self, predicate: Callable[[], Any], within: float = 60) -> None:
        """Wait until `predicate()` is true, evaluated after each call."""
        async with self._heard:
            try:
                await asyncio.wait_for(self._heard.wait_for(predicate), within)
            except TimeoutError:
                latest = [(call.method, call.code) for call in self.calls[-8:]]
                raise AssertionError(f"not within {within} s; the latest calls: {latest}") from None

    def called(self, *methods: str) -> list[Call]:
        return [call for call in self.calls if call.method in methods]

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        kind, _, rest = request.path.lstrip("/").partition(self.token + "/")
        if kind == "file/bot":
            return await self._download(request, rest)
        if kind != "bot" or not rest:
            return failure(401, "Unauthorized") if request.path.startswith("/bot") else failure(404, "Not Found")
        return await self._call(request, rest)

    async def _download(self, request: web.BaseRequest, path: str) -> web.StreamResponse:
        trouble = self._next_trouble("file")
        if isinstance(trouble, Flood | Refuse):
            return trouble_answer(trouble)
        if await self._stops(request, trouble, "unread"):
            return web.Response()
        stored = self.paths.get(path)
        if stored is None or stored.data is None:
            return failure(404, "Not Found")
        return await self._answer(
            request, web.Response(body=stored.data, content_type="application/octet-stream"), trouble
        )

    async def _call(self, request: web.BaseRequest, method: str) -> web.StreamResponse:
        trouble = self._next_trouble(method)
        if await self._stops(request, trouble, "unread") or await self._stops(request, trouble, "reading"):
            return web.Response()
        call = Call(time.monotonic(), method, {}, {})
        if self.keeps_calls:
            self.calls.append(call)
        try:
            raw, call.files = await self._read(request)
        except (ConnectionError, aiohttp.ClientError):  # the client may be dead
            return web.Response()
        if isinstance(trouble, Flood | Refuse):
            call.params = decoded(raw, strict=False)
            response = trouble_answer(trouble)
        else:
            response = await self._carry_out(call, raw)
        call.code = response.status
        await self._look_again()
        return await self._answer(request, response, trouble)

    async def _carry_out(self, call: Call, raw: JSON) -> web.Response:
        try:
            call.params = params = decoded(raw)
            if any(file.size > self.upload_limit for file in call.files.values()):
                raise Refusal("Request Entity Too Large", 413)
            if self.limits and call.method in LIMITED and "chat_id" in params:
                self._watch_the_pace(int(params["chat_id"]))
            if call.method == "getUpdates":
                result: Any = await self._get_updates(params)
            elif act := self._methods.get(call.method):
                result = act(params, call.files)
            else:
                raise Refusal("Not Found: method not found", 404)
        except Refusal as no:
            return failure(no.code, no.description, **no.parameters)
        body = json.dumps({"ok": True, "result": result}).encode()
        return web.Response(body=body, content_type="application/json")

    async def _answer(self, request: web.BaseRequest, response: web.Response, trouble: Trouble) -> web.StreamResponse:
        if await self._stops(request, trouble, "unanswered"):
            return response
        if trouble == Cut("answering"):
            return await half(request, response)
        if isinstance(trouble, Hold) and trouble.at == "answered":
            response.force_close()  # the next call must use another connection
            with suppress(ConnectionError):
                await response.prepare(request)
                await response.write_eof()
            await self._stops(request, trouble, "answered")
        return response

    def _next_trouble(self, method: str) -> Trouble:
        script = self.trouble.get(method)
        return script.pop(0) if script else None

    async def _stops(self, request: web.BaseRequest, trouble: Trouble, step: str) -> bool:
        """Apply a fault at a step, which may hang; returns whether the connection was closed."""
        if not isinstance(trouble, Cut | Hold) or trouble.at != step:
            return False
        if isinstance(trouble, Hold):
            go = self._go
            self.reached.put_nowait("file" if request.path.startswith("/file") else request.path.rpartition("/")[2])
            with suppress(TimeoutError):
                await asyncio.wait_for(go.wait(), trouble.seconds)
            return False
        if step == "reading":
            await request.content.readany()
        if request.transport:
            request.transport.abort()
        return True

    async def _read(self, request: web.BaseRequest) -> tuple[JSON, dict[str, Upload]]:
        kind, _, boundary = request.headers.get("Content-Type", "").partition("; boundary=")
        if kind == "multipart/form-data":
            return await form_parts(request.content, boundary.strip('"').encode(), self.keeps_videos)
        body = await request.content.read()
        if kind.startswith("application/json"):
            return json.loads(body), {}
        return dict(request.query) | dict(parse_qsl(body.decode(), keep_blank_values=True)), {}

    def _watch_the_pace(self, chat: int) -> None:
        """Record violations of rate limits; windows are a tenth shorter than documented, as Telegram is tolerant."""
        now = time.monotonic()
        everywhere, here = self._sent_at[0], self._sent_at[chat]
        while everywhere and everywhere[0] <= now - 0.9:
            everywhere.popleft()
        while here and here[0] <= now - 54:
            here.popleft()
        if len(everywhere) >= 30:
            self._too_fast(now, chat, "30 a second", 1)
        if here and here[-1] > now - 0.9:
            self._too_fast(now, chat, "1 a second in a chat", 1)
        if chat < 0 and len(here) >= 20:
            self._too_fast(now, chat, "20 a minute in a group", int(60 - (now - here[0])) + 1)
        everywhere.append(now)
        here.append(now)

    def _too_fast(self, now: float, chat: int, limit: str, seconds: int) -> None:
        self.violations.append(Violation(now, chat, limit))
        raise Refusal(f"Too Many Requests: retry after {seconds}", 429, retry_after=seconds)
