"""A Telegram Bot API server on loopback: as strict as the real one, and it can be made to fail at any step."""

import asyncio
import json
import re
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote

import aiohttp
from aiohttp import web

from tests.loopback.telegram.methods import Methods, Upload, words
from tests.loopback.telegram.world import JSON, Pending, Refusal

LIMITED = words("sendMessage sendVideo sendPhoto sendDocument editMessageText editMessageCaption editMessageMedia")
METHODS = words(
    "answerCallbackQuery answerGuestQuery deleteMessage deleteMyCommands deleteWebhook editMessageCaption"
    " editMessageMedia editMessageReplyMarkup editMessageText getChat getChatAdministrators getChatMember getFile getMe"
    " getMyCommands getWebhookInfo sendChatAction sendDocument sendMessage sendPhoto sendVideo setMyCommands"
    " setMyDescription setMyShortDescription setWebhook"
)
_STRUCTURED = words(
    "allowed_updates caption_entities commands entities link_preview_options media reply_markup reply_parameters result"
    " scope"
)
_WHOLE = words(
    "chat_id duration height limit max_connections message_id message_thread_id offset reply_to_message_id timeout"
    " user_id width"
)
_OTHER_POLL = "terminated by other getUpdates request; make sure that only one bot instance is running"
_WEBHOOK_IS_ACTIVE = (
    "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)


@dataclass(frozen=True)
class Flood:
    """429."""

    seconds: int


@dataclass(frozen=True)
class Refuse:
    """Any other error. Without a description the answer is a page, as when it comes from a proxy before Telegram."""

    code: int
    description: str = ""


@dataclass(frozen=True)
class Cut:
    """Cut the connection. `unanswered` and `answering`: the call has been carried out."""

    at: Literal["unread", "reading", "unanswered", "answering"]


@dataclass(frozen=True)
class Hold:
    """Say so in `reached`, and wait: so long, or until `let_go`. All but `unread`: the call has been carried out."""

    at: Literal["unread", "unanswered", "answered"]
    seconds: float | None = None


Trouble = Flood | Refuse | Cut | Hold | None
"""None: this call goes well."""


@dataclass
class Call:
    at: float
    method: str
    params: JSON
    files: dict[str, Upload]
    code: int = 0
    """0: there was no answer yet."""


@dataclass(frozen=True)
class Violation:
    at: float
    chat: int
    limit: str


@dataclass(eq=False)
class Webhook:
    url: str = ""
    secret: str = ""
    connections: int = 40
    lanes: dict[int, deque[Pending]] = field(default_factory=dict)
    """Updates of one chat go one after the other."""
    error: str = ""


class BotApi(Methods):
    """One bot at one server. `trouble` says, by method, what happens to the next calls; downloads are `file`."""

    def __init__(
        self, token: str = "123456:TEST-token", username: str = "photoplay_bot", can_read_all: bool = False
    ) -> None:
        super().__init__(username, can_read_all)
        self.token = token
        self.calls: list[Call] = []
        self.keeps_calls = True
        self.keeps_films = True
        self.upload_limit = 50 * 2**20
        self.limits = False
        self.violations: list[Violation] = []
        self.trouble: defaultdict[str, list[Trouble]] = defaultdict(list)
        self.reached: asyncio.Queue[str] = asyncio.Queue()
        self.webhook: Webhook | None = None
        self.webhook_pause = 0.05
        self.woken = self._wake
        self._methods: dict[str, Callable[[JSON, dict[str, Upload]], Any]] = {
            name: getattr(self, re.sub("[A-Z]", lambda letter: "_" + letter[0].lower(), f"_{name}")) for name in METHODS
        }
        self._heard = asyncio.Condition()
        self._go = asyncio.Event()
        self._poll: asyncio.Future[None] | None = None
        self._sent_at: defaultdict[int, deque[float]] = defaultdict(deque)
        self._deliveries: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def serve(self, port: int = 0) -> AsyncIterator[str]:
        """Yields the URL without a path. May be called again: the world stays."""
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
        """What `base_url` of a `telegram.Bot` must be."""
        return f"{self.base}/bot"

    @property
    def file_url(self) -> str:
        """What `base_file_url` of a `telegram.Bot` must be."""
        return f"{self.base}/file/bot"

    def let_go(self) -> None:
        """Whoever is held goes on."""
        self._go.set()
        self._go = asyncio.Event()

    async def until(self, predicate: Callable[[], Any], within: float = 60) -> None:
        """Wait for something that a call brings about."""
        async with self._heard:
            try:
                await asyncio.wait_for(self._heard.wait_for(predicate), within)
            except TimeoutError:
                latest = [(call.method, call.code) for call in self.calls[-8:]]
                raise AssertionError(f"not within {within} s; the latest calls: {latest}") from None

    async def _look_again(self) -> None:
        """Whoever waits in `until` shall look."""
        async with self._heard:
            self._heard.notify_all()

    def called(self, *methods: str) -> list[Call]:
        return [call for call in self.calls if call.method in methods]

    # HTTP

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        kind, _, rest = request.path.lstrip("/").partition(self.token + "/")
        if kind == "file/bot":
            return await self._download(request, rest)
        if kind != "bot" or not rest:
            return _failure(401, "Unauthorized") if request.path.startswith("/bot") else _failure(404, "Not Found")
        return await self._call(request, rest)

    async def _download(self, request: web.BaseRequest, path: str) -> web.StreamResponse:
        trouble = self._next_trouble("file")
        if isinstance(trouble, Flood | Refuse):
            return _trouble_answer(trouble)
        if await self._stops(request, trouble, "unread"):
            return web.Response()
        stored = self.paths.get(path)
        if stored is None or stored.data is None:
            return _failure(404, "Not Found")
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
        except (ConnectionError, aiohttp.ClientError):  # whoever asked may be dead
            return web.Response()
        if isinstance(trouble, Flood | Refuse):
            call.params = _decoded(raw, strict=False)
            response = _trouble_answer(trouble)
        else:
            response = await self._carry_out(call, raw)
        call.code = response.status
        await self._look_again()
        return await self._answer(request, response, trouble)

    async def _carry_out(self, call: Call, raw: JSON) -> web.Response:
        try:
            call.params = params = _decoded(raw)
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
            return _failure(no.code, no.description, **no.parameters)
        body = json.dumps({"ok": True, "result": result}).encode()
        return web.Response(body=body, content_type="application/json")

    async def _answer(self, request: web.BaseRequest, response: web.Response, trouble: Trouble) -> web.StreamResponse:
        if await self._stops(request, trouble, "unanswered"):
            return response
        if trouble == Cut("answering"):
            return await _half(request, response)
        if isinstance(trouble, Hold) and trouble.at == "answered":
            response.force_close()  # the next call must not wait behind this one
            with suppress(ConnectionError):
                await response.prepare(request)
                await response.write_eof()
            await self._stops(request, trouble, "answered")
        return response

    def _next_trouble(self, method: str) -> Trouble:
        script = self.trouble.get(method)
        return script.pop(0) if script else None

    async def _stops(self, request: web.BaseRequest, trouble: Trouble, step: str) -> bool:
        """Whether the connection is no more. Hangs here, if it is to hang at this step."""
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
            return await form_parts(request.content, boundary.strip('"').encode(), self.keeps_films)
        body = await request.content.read()
        if kind.startswith("application/json"):
            return json.loads(body), {}
        return dict(request.query) | dict(parse_qsl(body.decode(), keep_blank_values=True)), {}

    # Rate limits

    def _watch_the_pace(self, chat: int) -> None:
        """Telegram counts loosely, so windows are a tenth shorter than it says."""
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

    # Updates

    async def _get_updates(self, p: JSON) -> list[JSON]:
        if self.webhook:
            raise Refusal(_WEBHOOK_IS_ACTIVE, 409)
        self._end_poll(_OTHER_POLL)
        self._remember_allowed(p)
        offset = p.get("offset", 0)
        if offset < 0:
            self.pending = self.pending[offset:]
        # An update that was never handed out cannot be confirmed: `again` may bring back an old one.
        self.pending = [each for each in self.pending if not each.handed or each.update["update_id"] >= offset]
        if not self.pending and p.get("timeout"):
            await self._look_again()  # what was confirmed need not wait for the end of this call
            await self._wait_for_update(min(p["timeout"], 50))
        limit = p.get("limit", 100)
        batch = self.pending[: limit if 1 <= limit <= 100 else 100]
        for each in batch:
            each.handed = True
        return sorted((each.update for each in batch), key=lambda update: int(update["update_id"]))

    async def _wait_for_update(self, seconds: float) -> None:
        poll = self._poll = asyncio.get_running_loop().create_future()
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(poll, seconds)
        finally:
            if self._poll is poll:
                self._poll = None

    def _end_poll(self, reason: str) -> None:
        """Telegram ends the earlier of two calls."""
        if self._poll and not self._poll.done():
            self._poll.set_exception(Refusal(reason, 409))

    def _remember_allowed(self, p: JSON) -> None:
        if "allowed_updates" in p:
            self.allowed = frozenset(p["allowed_updates"]) or None

    def _wake(self) -> None:
        if self.webhook:
            self._deliver(self.webhook)
        elif self._poll and not self._poll.done():
            self._poll.set_result(None)

    def _deliver(self, webhook: Webhook) -> None:
        for each in self.pending:
            if each.handed:
                continue
            each.handed = True
            chat = _chat_of(each.update)
            if chat in webhook.lanes:
                webhook.lanes[chat].append(each)
                continue
            webhook.lanes[chat] = deque([each])
            task = asyncio.create_task(self._empty(webhook, chat))
            self._deliveries.add(task)
            task.add_done_callback(self._deliveries.discard)

    async def _empty(self, webhook: Webhook, chat: int) -> None:
        lane = webhook.lanes[chat]
        while lane and self.webhook is webhook:
            if await self._posted(webhook, lane[0].update):
                self.pending.remove(lane.popleft())
                await self._look_again()
            else:
                await asyncio.sleep(self.webhook_pause)
        for each in lane:
            each.handed = False
        del webhook.lanes[chat]

    async def _posted(self, webhook: Webhook, update: JSON) -> bool:
        headers = {"X-Telegram-Bot-Api-Secret-Token": webhook.secret} if webhook.secret else {}
        try:
            async with self._session.post(webhook.url, json=update, headers=headers) as response:
                if 200 <= response.status < 300:
                    return True
                webhook.error = f"Wrong response from the webhook: {response.status} {response.reason}"
        except (aiohttp.ClientError, TimeoutError) as broken:
            webhook.error = str(broken)
        return False

    def _set_webhook(self, p: JSON, files: dict[str, Upload]) -> bool:
        if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", p.get("secret_token", "")):
            raise Refusal("secret token contains unallowed characters")
        self._end_poll("terminated by setWebhook request")
        self._remember_allowed(p)
        self._delete_webhook(p, files)
        if p.get("url"):
            self.webhook = Webhook(p["url"], p.get("secret_token", ""), p.get("max_connections", 40))
            self._wake()
        return True

    def _delete_webhook(self, p: JSON, files: dict[str, Upload]) -> bool:
        self.webhook = None
        if p.get("drop_pending_updates") in ("true", "True", True):
            self.pending.clear()
        for each in self.pending:
            each.handed = False
        return True

    def _get_webhook_info(self, p: JSON, files: dict[str, Upload]) -> JSON:
        told: JSON = {"url": "", "has_custom_certificate": False, "pending_update_count": len(self.pending)}
        if self.webhook:
            told |= {"url": self.webhook.url, "max_connections": self.webhook.connections}
            if self.webhook.error:
                told |= {"last_error_date": int(self.now()), "last_error_message": self.webhook.error}
        return told | ({"allowed_updates": sorted(self.allowed)} if self.allowed else {})


def _failure(code: int, description: str, **parameters: int) -> web.Response:
    body = {"ok": False, "error_code": code, "description": description}
    return web.json_response(body | ({"parameters": parameters} if parameters else {}), status=code)


def _trouble_answer(trouble: Flood | Refuse) -> web.Response:
    if isinstance(trouble, Flood):
        return _failure(429, f"Too Many Requests: retry after {trouble.seconds}", retry_after=trouble.seconds)
    if not trouble.description:
        return web.Response(status=trouble.code, text="<html><h1>No</h1></html>", content_type="text/html")
    return _failure(trouble.code, trouble.description)


async def _half(request: web.BaseRequest, answer: web.Response) -> web.StreamResponse:
    body = answer.body if isinstance(answer.body, bytes) else b""
    response = web.StreamResponse(status=answer.status, headers={"Content-Length": str(len(body))})
    with suppress(ConnectionError):
        await response.prepare(request)
        await response.write(body[: len(body) // 2])
        if request.transport:
            request.transport.close()  # unlike abort(), lets the half go out
    return response


async def form_parts(content: aiohttp.StreamReader, boundary: bytes, keeps: bool) -> tuple[JSON, dict[str, Upload]]:
    """Form fields and files. aiohttp's own reader takes ten times as long for a clip."""
    mark = b"\r\n--" + boundary
    params: JSON = {}
    files: dict[str, Upload] = {}
    buffer, head, body, size = bytearray(b"\r\n"), "", bytearray(), 0
    async for chunk in content.iter_any():
        buffer += chunk
        while True:
            if not head:
                end = buffer.find(b"\r\n\r\n")
                if end < 0:
                    break
                head = buffer[:end].decode()
                del buffer[: end + 4]
            end = buffer.find(mark)
            ready = end if end >= 0 else max(0, len(buffer) - len(mark))
            size += ready
            if keeps or "filename=" not in head:
                body += buffer[:ready]
            del buffer[:ready]
            if end < 0:
                break
            del buffer[: len(mark)]
            _close_part(head, bytes(body), size, keeps, params, files)
            head, body, size = "", bytearray(), 0
    return params, files


def _close_part(head: str, body: bytes, size: int, keeps: bool, params: JSON, files: dict[str, Upload]) -> None:
    said = dict(re.findall(r'\b(name|filename)="([^"]*)"', head))
    if "filename" in said:
        files[said["name"]] = Upload(unquote(said["filename"]), size, body if keeps else None)
    else:
        params[said["name"]] = body.decode()


def _decoded(raw: JSON, strict: bool = True) -> JSON:
    """Parameters come as strings; those that are something else are turned into it."""
    params: JSON = {}
    for key, value in raw.items():
        params[key] = value
        if key in _STRUCTURED and isinstance(value, str):
            try:
                params[key] = json.loads(value)
            except ValueError:
                if strict:
                    raise Refusal(f"can't parse {key.replace('_', ' ')} JSON object") from None
        elif key in _WHOLE and re.fullmatch(r"-?\d+", str(value)):
            params[key] = int(value)
    return params


def _chat_of(update: JSON) -> int:
    thing = next(value for value in update.values() if isinstance(value, dict))
    return int((thing.get("chat") or thing["from"])["id"])
