"""Discord on loopback: the REST API, the gateway and the CDN that discord.py speaks to, with faults on demand."""

import asyncio
import json
import re
import time
import zlib
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Literal

from aiohttp import WSMsgType, web

from tests.loopback.discord.world import (
    ADD_REACTIONS,
    ATTACH_FILES,
    COMPONENTS_V2,
    EMBED_LINKS,
    EPHEMERAL,
    FORUM,
    LOADING,
    MANAGE_MESSAGES,
    MANAGE_THREADS,
    READ_MESSAGE_HISTORY,
    SEND_MESSAGES,
    SEND_MESSAGES_IN_THREADS,
    TOKEN_LIVES,
    USE_EXTERNAL_APPS,
    Attachment,
    Channel,
    Guild,
    Interaction,
    Json,
    Message,
    Modal,
    Refused,
    World,
    invalid,
    parts,
)

PREFIX = "/api/v10"
GUILDS, GUILD_MEMBERS, GUILD_MESSAGES, DIRECT_MESSAGES, MESSAGE_CONTENT = 1, 1 << 1, 1 << 9, 1 << 12, 1 << 15
INTENTS = {
    "GUILD": (GUILDS, GUILDS),
    "CHANNEL": (GUILDS, 0),
    "THREAD": (GUILDS, GUILDS),
    "GUILD_MEMBER": (GUILD_MEMBERS, 0),
    "MESSAGE": (GUILD_MESSAGES, DIRECT_MESSAGES),
    "MESSAGE_REACTION": (1 << 10, 1 << 13),
    "TYPING": (1 << 11, 1 << 14),
}
"""What a session must have asked for: in a guild, in a direct message."""

LIMITS: dict[str, tuple[int, float]] = {
    "POST /channels/{channel}/messages": (5, 5.0),
    "PATCH /channels/{channel}/messages/{message}": (5, 5.0),
    "DELETE /channels/{channel}/messages/{message}": (5, 1.0),
    "POST /channels/{channel}/typing": (5, 5.0),
    "PUT /channels/{channel}/messages/{message}/reactions/{emoji}/@me": (1, 0.25),
    "POST /webhooks/{application}/{token}": (5, 2.0),
    "PATCH /webhooks/{application}/{token}/messages/{message}": (5, 2.0),
}
"""Calls in so many seconds, per channel or webhook; other routes take `USUAL_LIMIT`."""
USUAL_LIMIT = (50, 1.0)
GLOBAL_LIMIT = (50, 1.0)
UNLIMITED = (1000, 1.0)
NONCE_LIVES = 300.0
"""Seconds for which the same nonce makes no second message; Discord says “a few minutes”."""


@dataclass
class File:
    """A part of a multipart body."""

    name: str
    size: int
    data: bytes | None = None


@dataclass
class Call:
    """One request: `route` is its template, such as `POST /channels/{channel}/messages`."""

    at: float
    method: str
    path: str
    route: str
    body: Any = None
    files: list[File] = field(default_factory=list)
    query: dict[str, str] = field(default_factory=dict)
    status: int = 0


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one request; made by the functions below."""

    kind: Literal["fine", "answer", "cut", "hang", "slow"]
    when: str = "before"
    seconds: float = 0.0
    status: int = 0
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


FINE = Fault("fine")


def too_many(retry_after: float = 0.1, scope: Literal["user", "shared", "global", "cloudflare"] = "user") -> Fault:
    """429. Cloudflare's has no JSON, and lacks the header by which discord.py knows Discord."""
    headers = {"Retry-After": str(max(1, round(retry_after)))}
    if scope == "cloudflare":
        return Fault("answer", status=429, body="error code: 1015", headers=headers)
    headers |= {"Via": "1.1 google", "X-RateLimit-Scope": scope}
    if scope == "global":
        headers["X-RateLimit-Global"] = "true"
    body = {"message": "You are being rate limited.", "retry_after": retry_after, "global": scope == "global"}
    return Fault("answer", status=429, body=body, headers=headers)


def broken(status: int = 502, *, done: bool = False) -> Fault:
    """5xx of a proxy, maybe after doing what was asked. discord.py repeats 500, 502, 504, 524; its webhooks any."""
    return Fault("answer", "after" if done else "before", status=status, body=f"<html>{status}</html>")


def error(status: int, code: int, message: str = "No") -> Fault:
    return Fault("answer", status=status, body={"message": message, "code": code})


def cut(when: Literal["before", "mid", "after", "answer"]) -> Fault:
    """Break the connection: before reading, in mid-body, after doing what was asked, or in the middle of the answer."""
    return Fault("cut", when)


def slow(seconds: float) -> Fault:
    return Fault("slow", seconds=seconds)


def hang(when: Literal["before", "after", "answered"] = "before") -> Fault:
    """Tell `reached` and stand still until `let_go()`: before doing what was asked, or with the answer in hand.

    `answered` only tells, when the answer is out.
    """
    return Fault("hang", when)


class _Cut(Exception):
    """The connection is to be broken now."""


@dataclass(eq=False)
class Session:
    """A client of the gateway, which may be away for a while."""

    id: str
    shard: int
    shards: int
    intents: int
    seq: int = 0
    log: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=5000))
    socket: "Socket | None" = None

    def wants(self, event: str, guild_id: int | None) -> bool:
        if self.shard != ((guild_id >> 22) % self.shards if guild_id else 0):
            return False
        if event in ("INTERACTION_CREATE", "READY"):
            return True
        kind = max((one for one in INTENTS if event.startswith(one)), key=len, default="")
        needed = INTENTS.get(kind, (0, 0))[0 if guild_id else 1]
        return not needed or bool(self.intents & needed)

    def say(self, event: str, text: str) -> None:
        """Queue an event, and remember it for a resume."""
        self.seq += 1
        line = f'{{"op":0,"s":{self.seq},"t":"{event}","d":{text}}}'
        self.log.append((self.seq, line))
        if self.socket:
            self.socket.send(line)


class Socket:
    """One websocket; what is sent leaves in order."""

    def __init__(self, ws: web.WebSocketResponse, transport: asyncio.BaseTransport | None, compress: str) -> None:
        self.ws = ws
        self.transport = transport
        self.session: Session | None = None
        self._pack = _packer(compress)
        self._queue: asyncio.Queue[str | int | None] = asyncio.Queue()
        self._writer = asyncio.create_task(self._write())

    def send(self, line: str) -> None:
        self._queue.put_nowait(line)

    def op(self, op: int, data: Any = None) -> None:
        self.send(json.dumps({"op": op, "d": data, "s": None, "t": None}))

    def close(self, code: int) -> None:
        """Close after what is queued."""
        self._queue.put_nowait(code)

    def drop(self) -> None:
        """The network goes away."""
        if isinstance(self.transport, asyncio.Transport):
            self.transport.abort()

    async def stop(self) -> None:
        self._writer.cancel()
        with suppress(asyncio.CancelledError):
            await self._writer

    async def _write(self) -> None:
        with suppress(ConnectionError, RuntimeError):  # the client may be gone
            while True:
                line = await self._queue.get()
                if isinstance(line, str):
                    packed = self._pack(line)
                    await (self.ws.send_bytes(packed) if isinstance(packed, bytes) else self.ws.send_str(packed))
                else:
                    await self.ws.close(code=line or 1000)
                    return


def _packer(compress: str) -> Callable[[str], bytes | str]:
    """How a connection packs its messages: one stream for all of them."""
    if compress == "zlib-stream":
        deflate = zlib.compressobj(1)
        return lambda line: deflate.compress(line.encode()) + deflate.flush(zlib.Z_SYNC_FLUSH)
    if compress == "zstd-stream":
        # discord.py asks for this only where it is installed, and this runs in the same place.
        zstd = import_module("zstandard").ZstdCompressor(level=1).compressobj()
        return lambda line: bytes(zstd.compress(line.encode()) + zstd.flush(1))
    return lambda line: line


class DiscordApi(World):
    """A Discord of one application. `calls` records every request unless `recording` is off."""

    def __init__(
        self,
        token: str = "test.discord.token",
        application_id: int = 1_100_000_000_000_000_001,
        shards: int = 1,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(application_id, shards, clock)
        self.token = token
        self.recording = True
        self.keeps_files = False
        """Whether the bytes the bot uploads are kept."""
        self.limits_calls = False
        """Whether the real rate limits hold."""
        self.first_answer_within = 3.0
        self.content_allowed = True
        """Whether the application may see what people write; if not, asking for the intent closes with 4014."""
        self.heartbeat = 41.25
        self.acknowledges = True
        """Whether heartbeats are answered."""
        self.says_farewell = True
        """Whether a connection that is closed is closed from here, too."""
        self.calls: list[Call] = []
        self.identifies: list[Json] = []
        self.resumes: list[Json] = []
        self.synced: list[tuple[int | None, list[Json]]] = []
        """Every bulk overwrite of the commands, in order."""
        self.sessions: dict[str, Session] = {}
        self.reached: asyncio.Queue[str] = asyncio.Queue()
        self.served = Counter[str]()
        """Requests by route."""
        self.mistakes: list[Exception] = []
        """Requests this could make nothing of; `serve` raises the first at its end."""
        self._sockets: set[Socket] = set()
        self._faults: list[tuple[str, Fault]] = []
        self._going = asyncio.Event()
        self._windows: dict[str, tuple[int, float]] = {}
        self._nonces: dict[tuple[int, str], Message] = {}
        self._table = self._routes()

    # -- serving

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

    @property
    def gateway(self) -> str:
        return self.base.replace("http", "ws", 1).removesuffix(PREFIX) + "/gateway"

    def script(self, route: str, *faults: Fault) -> None:
        """The next requests of a route meet these, in order; `FINE` lets one pass. `CDN` is the route of files."""
        self._faults.extend((route, one) for one in faults)

    def let_go(self) -> None:
        """Hang no more."""
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
        fault = self._fault(route)
        call = Call(self.clock(), request.method, path.removeprefix(PREFIX), route, query=dict(request.query))
        self.served[route] += 1
        try:
            status, body, headers = await self._taken(request, call, found, fault)
        except _Cut:
            return _abort(request)
        call.status = status
        self.changed()
        response = _response(status, body, headers)
        if fault.kind == "cut":
            return await _half(request, response) if fault.when == "answer" else _abort(request)
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
            raise _Cut
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
        """Do what was asked."""
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
        except Exception as mistake:  # ours, or a body that even a strict check did not foresee
            self.mistakes.append(mistake)
            return 400, {"message": f"{type(mistake).__name__}: {mistake}", "code": 0}, headers
        if isinstance(body, tuple):
            return body[0], body[1], headers
        return (204 if body is None else 200), body, headers

    def _fault(self, route: str) -> Fault:
        for at, (wanted, fault) in enumerate(self._faults):
            if wanted == route:
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

    def _limit(self, call: Call, found: "tuple[str, Handler, list[str]]") -> tuple[Fault | None, dict[str, str]]:
        """The rate limit headers, and the refusal if there were too many."""
        route, _, ids = found
        major = ":".join(ids[:2]) if "/webhooks/" in route else ids[0] if ids and "{channel}" in route else ""
        count, per = LIMITS.get(route, USUAL_LIMIT) if self.limits_calls else UNLIMITED
        bucket = f"{zlib.crc32(route.encode()):08x}"
        left, ends = self._spend(f"{bucket}:{major}", count, per) if self.limits_calls else (count - 1, 0.0)
        after = max(0.001, ends - time.monotonic()) if self.limits_calls else per
        headers = {
            "X-RateLimit-Limit": str(count),
            "X-RateLimit-Remaining": str(max(0, left)),
            "X-RateLimit-Reset": f"{time.time() + after:.3f}",
            "X-RateLimit-Reset-After": f"{after:.3f}",
            "X-RateLimit-Bucket": bucket,
        }
        if left < 0:
            return too_many(round(after, 3)), headers
        if self.limits_calls and "/interactions/" not in route:
            left, ends = self._spend("everything", *GLOBAL_LIMIT)
            if left < 0:
                return too_many(round(ends - time.monotonic(), 3), "global"), {}
        return None, headers

    def _spend(self, key: str, count: int, per: float) -> tuple[int, float]:
        """Take one of the window: how many are left (negative when it was too many), and when it ends."""
        now = time.monotonic()
        used, ends = self._windows.get(key, (0, 0.0))
        if ends <= now:
            used, ends = 0, now + per
        self._windows[key] = (used + 1, ends)
        return count - used - 1, ends

    def _find(self, method: str, path: str) -> "tuple[str, Handler, list[str]] | None":
        names = path.strip("/").split("/")
        for route, pattern, handler in self._table.get((method, len(names)), ()):
            ids = []
            for wanted, given in zip(pattern, names, strict=True):
                if wanted[0] == "{":
                    ids.append(given)
                elif wanted != given:
                    break
            else:
                return route, handler, ids
        return None

    def _routes(self) -> "dict[tuple[str, int], list[tuple[str, list[str], Handler]]]":
        message = "/channels/{channel}/messages/{message}"
        hook = "/webhooks/{application}/{token}"
        every: list[tuple[str, Handler]] = [
            ("GET /users/@me", lambda call: self.me.payload() | {"verified": True, "mfa_enabled": True}),
            ("GET /users/@me/guilds", lambda call: [one.partial() for one in self.guilds.values() if one.has_bot]),
            ("POST /users/@me/channels", self._open_dm),
            ("GET /users/{user}", self._get_user),
            ("GET /oauth2/applications/@me", lambda call: self._application()),
            ("GET /applications/@me", lambda call: self._application()),
            ("PATCH /applications/@me", lambda call: self._application()),
            ("GET /applications/{application}", lambda call, _: self._application()),
            ("GET /gateway", lambda call: {"url": self.gateway}),
            ("GET /gateway/bot", lambda call: self._gateway_bot()),
            ("POST /interactions/{interaction}/{token}/callback", self._callback),
            (f"POST {hook}", self._followup),
            (f"GET {hook}/messages/{{message}}", self._get_followup),
            (f"PATCH {hook}/messages/{{message}}", self._edit_followup),
            (f"DELETE {hook}/messages/{{message}}", self._delete_followup),
            ("GET /channels/{channel}", lambda call, channel: self._seen(channel).payload()),
            ("PATCH /channels/{channel}", self._change_channel),
            ("GET /channels/{channel}/messages", self._history),
            ("POST /channels/{channel}/messages", self._post),
            (f"GET {message}", self._get_message),
            (f"PATCH {message}", self._patch),
            (f"DELETE {message}", self._delete),
            (f"PUT {message}/reactions/{{emoji}}/@me", self._add_reaction),
            (f"DELETE {message}/reactions/{{emoji}}/@me", self._remove_reaction),
            ("POST /channels/{channel}/typing", self._type),
            ("GET /guilds/{guild}", lambda call, guild: self._in(guild).payload(self.me.id)),
            ("GET /guilds/{guild}/channels", self._guild_channels),
            ("GET /guilds/{guild}/roles", lambda call, guild: [one.payload() for one in self._in(guild).roles]),
            ("GET /guilds/{guild}/members/{user}", self._get_member),
            ("POST /attachments/refresh-urls", self._refresh),
        ]
        for scope in ("/applications/{application}/commands", "/applications/{application}/guilds/{guild}/commands"):
            every += [
                (f"GET {scope}", self._get_commands),
                (f"PUT {scope}", self._put_commands),
                (f"POST {scope}", self._post_command),
                (f"GET {scope}/{{command}}", self._one_command),
                (f"PATCH {scope}/{{command}}", self._one_command),
                (f"DELETE {scope}/{{command}}", self._one_command),
            ]
        table: dict[tuple[str, int], list[tuple[str, list[str], Handler]]] = {}
        for route, handler in every:
            method, path = route.split(" ")
            pattern = path.strip("/").split("/")
            table.setdefault((method, len(pattern)), []).append((route, pattern, handler))
        return table

    # -- the application

    def _application(self) -> Json:
        return {
            "id": str(self.application_id),
            "name": self.me.name,
            "description": "",
            "icon": None,
            "bot_public": True,
            "bot_require_code_grant": False,
            "verify_key": "00" * 32,
            "owner": self.me.payload(),
            "team": None,
            "flags": 1 << 19 if self.content_allowed else 0,
            "bot": self.me.payload(),
            "interactions_endpoint_url": None,
            "integration_types_config": {"0": {}, "1": {}},
        }

    def _gateway_bot(self) -> Json:
        starts = {"total": 1000, "remaining": 1000 - len(self.identifies), "reset_after": 0, "max_concurrency": 1}
        return {"url": self.gateway, "shards": self.shards, "session_start_limit": starts}

    def _get_commands(self, call: Call, application: str, guild: str | None = None) -> list[Json]:
        return self.commands.get(int(guild) if guild else None, [])

    def _put_commands(self, call: Call, application: str, guild: str | None = None) -> list[Json]:
        where = int(guild) if guild else None
        if guild:
            self._in(guild)
        if self.strict:
            check_commands(call.body)
        old = {(one["type"], one["name"]): one["id"] for one in self.commands.get(where, [])}
        self.commands[where] = [self._stored(one, where, old) for one in call.body]
        self.synced.append((where, self.commands[where]))
        return self.commands[where]

    def _stored(self, command: Json, where: int | None, old: dict[tuple[int, str], str]) -> Json:
        kind = command.get("type", 1)
        number = old.get((kind, command["name"])) or str(self.snowflake())
        known = {
            "description": "",
            "options": [],
            "default_member_permissions": None,
            "nsfw": False,
            "integration_types": [0],
            "contexts": None,
        }
        known |= {key: value for key, value in command.items() if value is not None}
        known |= {"id": number, "type": kind, "application_id": str(self.application_id), "version": number}
        return known | ({"guild_id": str(where)} if where else {})

    def _post_command(self, call: Call, application: str, guild: str | None = None) -> tuple[int, Json]:
        where = int(guild) if guild else None
        known = self.commands.setdefault(where, [])
        kind = call.body.get("type", 1)
        others = [one for one in known if (one["type"], one["name"]) != (kind, call.body["name"])]
        if self.strict:
            check_commands([*others, call.body])
        old = {(one["type"], one["name"]): one["id"] for one in known}
        self.commands[where] = [*others, self._stored(call.body, where, old)]
        return 200 if len(others) < len(known) else 201, self.commands[where][-1]

    def _one_command(self, call: Call, application: str, *ids: str) -> Json | None:
        known = self.commands.get(int(ids[0]) if len(ids) == 2 else None, [])
        found = next((one for one in known if one["id"] == ids[-1]), None)
        if found is None:
            raise Refused(404, 10063, "Unknown application command")
        if call.method == "DELETE":
            known.remove(found)
            return None
        if call.method == "PATCH":
            found.update(call.body)
        return found

    # -- guilds and people

    def _in(self, guild: str | None) -> Guild:
        found = self.guilds.get(int(guild or 0))
        if found is None:
            raise Refused(404, 10004, "Unknown Guild")
        if not found.has_bot:
            raise Refused(403, 50001, "Missing Access")
        return found

    def _guild_channels(self, call: Call, guild: str) -> list[Json]:
        return [one.payload() for one in self._in(guild).channels if not one.is_thread]

    def _get_member(self, call: Call, guild: str, user: str) -> Json:
        member = self._in(guild).members.get(self.me.id if user == "@me" else int(user))
        if member is None:
            raise Refused(404, 10007, "Unknown Member")
        return member.payload()

    def _get_user(self, call: Call, user: str) -> Json:
        if int(user) not in self.users:
            raise Refused(404, 10013, "Unknown User")
        return self.users[int(user)].payload()

    def _open_dm(self, call: Call) -> Json:
        user = self.users.get(int(call.body["recipient_id"]))
        if user is None:
            raise invalid("recipient_id", "USER_INVALID", "Unknown user")
        return self.dm(user).payload()

    def _seen(self, channel: str) -> Channel:
        """The channel, if the bot may know of it."""
        found = self.channels.get(int(channel))
        if found is None:
            raise Refused(404, 10003, "Unknown Channel")
        if not self.sees(found):
            raise Refused(403, 50001, "Missing Access")
        return found

    def _change_channel(self, call: Call, channel: str) -> Json:
        """A thread is taken out of the archive, which whoever may write there may do unless it is locked."""
        found = self._seen(channel)
        if not found.is_thread or set(call.body) != {"archived"}:
            raise AssertionError(f"only threads are changed here, and nothing but archived: {call.body}")
        self._need(found, SEND_MESSAGES_IN_THREADS)
        if found.locked:
            self._need(found, MANAGE_THREADS)
        self.archive(found, locked=found.locked, archived=call.body["archived"])
        return found.payload()

    def _need(self, channel: Channel, *permissions: int) -> None:
        mine = self.permissions(self.me, channel)
        if any(not mine & one for one in permissions):
            raise Refused(403, 50013, "Missing Permissions")

    def _need_open(self, channel: Channel) -> None:
        if channel.archived:
            raise Refused(400, 50083, "Thread is archived")

    # -- messages

    def _message(self, channel: str, message: str) -> Message:
        where = self._seen(channel)
        found = self.messages.get(int(message))
        if found is None or found.deleted or found.ephemeral or found.channel is not where:
            raise Refused(404, 10008, "Unknown Message")
        return found

    def _shown(self, message: Message) -> Json:
        """A message over REST: what people write is hidden when the application may not see it."""
        body = self.message_payload(message)
        return body if self.content_allowed or not message.channel.guild else self._without_content(body)

    def _get_message(self, call: Call, channel: str, message: str) -> Json:
        found = self._message(channel, message)
        self._need(found.channel, READ_MESSAGE_HISTORY)
        return self._shown(found)

    def _history(self, call: Call, channel: str) -> list[Json]:
        where = self._seen(channel)
        if not self.permissions(self.me, where) & READ_MESSAGE_HISTORY:
            return []
        found = where.messages
        if "before" in call.query:
            found = [one for one in found if one.id < int(call.query["before"])]
        if "after" in call.query:
            found = [one for one in found if one.id > int(call.query["after"])]
        return [self._shown(one) for one in reversed(found[-int(call.query.get("limit", 50)) :])]

    def _post(self, call: Call, channel: str) -> Json:
        where = self._may_post(self._seen(channel), call)
        message = self._written(where, call.body, call.files, self.upload_limit(where))
        nonce = call.body.get("nonce")
        key = (where.id, str(nonce))
        known = self._nonces.get(key)
        if call.body.get("enforce_nonce") and known and self.clock() - known.at < NONCE_LIVES:
            if known.deleted:
                raise Refused(404, 10008, "Unknown Message")  # discord.py: “explicitly deleted shortly earlier”
            return self.message_payload(known)
        self._refer(message, call.body.get("message_reference"))
        if nonce is not None:
            self._nonces[key] = message
        if where.archived:
            self.archive(where, archived=False)
        self.put(message)
        return self.message_payload(message)

    def _may_post(self, where: Channel, call: Call) -> Channel:
        if where.type == FORUM:
            raise Refused(400, 50008, "Cannot send messages in a non-text channel")
        if where.guild is None:
            if any(not one.takes_dms for one in where.people):
                raise Refused(403, 50007, "Cannot send messages to this user")
            return where
        self._need(where, SEND_MESSAGES_IN_THREADS if where.is_thread else SEND_MESSAGES)
        if call.files:
            self._need(where, ATTACH_FILES)
        if call.body.get("embeds"):
            self._need(where, EMBED_LINKS)
        if where.archived and where.locked and not self.permissions(self.me, where) & MANAGE_THREADS:
            self._need_open(where)
        return where

    def _refer(self, message: Message, reference: Json | None) -> None:
        if not reference:
            return
        found = self.messages.get(int(reference["message_id"]))
        if found is None or found.deleted or found.ephemeral or found.channel is not message.channel:
            if reference.get("fail_if_not_exists", True):
                raise invalid("message_reference", "MESSAGE_REFERENCE_UNKNOWN_MESSAGE", "Unknown message")
            return
        if not self.permissions(self.me, message.channel) & READ_MESSAGE_HISTORY:
            raise Refused(403, 160002, "Cannot reply without permission to read message history")
        message.reply_to, message.reference = found, {**reference, "type": 0, "channel_id": str(found.channel.id)}

    def _written(
        self, where: Channel, body: Json, files: Sequence[File], limit: int, interaction: Interaction | None = None
    ) -> Message:
        """A message of the bot, not yet said."""
        if self.strict:
            check_message(body)
        if not (body.get("content") or body.get("embeds") or files or body.get("components") or body.get("poll")):
            raise Refused(400, 50006, "Cannot send an empty message")
        message = Message(self.snowflake(), where, self.me, body.get("content") or "", at=self.clock())
        message.flags = body.get("flags") or 0
        message.nonce, message.allowed_mentions = body.get("nonce"), body.get("allowed_mentions")
        message.tts, message.interaction = bool(body.get("tts")), interaction
        message.embeds, message.components = body.get("embeds") or [], numbered(body.get("components"))
        message.attachments = self._attached(message, body, files, limit)
        return message

    def _attached(self, message: Message, body: Json, files: Sequence[File], limit: int) -> list[Attachment]:
        """What hangs on a message: the kept ones of before, and the new files."""
        if any(one.size > limit for one in files):
            raise Refused(413, 40005, "Request entity too large")
        described = {str(one.get("id")): one for one in body.get("attachments") or []}
        kept = message.attachments
        if body.get("attachments") is not None:
            kept = [one for one in kept if str(one.id) in described]
        if len(kept) + len(files) > 10:
            raise Refused(400, 30015, "Maximum number of attachments in a message reached (10)")
        made = [self._stored_file(message, one, described.get(str(at), {})) for at, one in enumerate(files)]
        return [*kept, *made]

    def _stored_file(self, message: Message, file: File, described: Json) -> Attachment:
        name = described.get("filename") or file.name
        made = Attachment(self.snowflake(), re.sub(r"[^\w.-]", "_", name), file.size, message.channel.id, file.data)
        made.description, made.spoiler = described.get("description"), name.startswith("SPOILER_")
        made.ephemeral = message.ephemeral
        made.content_type = _kind(name)
        self.attachments[made.id] = made
        return made

    def _patch(self, call: Call, channel: str, message: str) -> Json:
        found = self._message(channel, message)
        if found.author is not self.me:
            raise Refused(403, 50005, "Cannot edit a message authored by another user")
        self._need_open(found.channel)
        if call.files:
            self._need(found.channel, ATTACH_FILES)
        self._altered(found, call.body, call.files, self.upload_limit(found.channel))
        return self.message_payload(found)

    def _altered(self, message: Message, body: Json, files: Sequence[File], limit: int) -> None:
        if self.strict:
            check_message(body | {"flags": message.flags | (body.get("flags") or 0)})
        was = message.now()
        message.attachments = self._attached(message, body, files, limit)
        if "content" in body:
            message.content = body["content"] or ""
        if "embeds" in body:
            message.embeds = body["embeds"] or []
        if "components" in body:
            message.components = numbered(body["components"])
        if "allowed_mentions" in body:
            message.allowed_mentions = body["allowed_mentions"]
        message.flags = (message.flags & ~LOADING) | ((body.get("flags") or 0) & ~EPHEMERAL)
        message.history.append(was)
        message.edited = self.clock()
        if message.ephemeral:
            self.changed()
        else:
            self.tell_message("MESSAGE_UPDATE", message)

    def _delete(self, call: Call, channel: str, message: str) -> None:
        found = self._message(channel, message)
        if found.author is not self.me:
            if found.channel.guild is None:
                raise Refused(403, 50003, "Cannot execute action on a DM channel")
            self._need(found.channel, MANAGE_MESSAGES)
        self._need_open(found.channel)
        self.delete(found)

    def _add_reaction(self, call: Call, channel: str, message: str, emoji: str) -> None:
        found = self._message(channel, message)
        self._need(found.channel, READ_MESSAGE_HISTORY)
        self._need_open(found.channel)
        if emoji not in [name for name, _ in found.reactions]:
            self._need(found.channel, ADD_REACTIONS)
        if (emoji, self.me.id) not in found.reactions:
            self.react(self.me, found, emoji)

    def _remove_reaction(self, call: Call, channel: str, message: str, emoji: str) -> None:
        found = self._message(channel, message)
        if (emoji, self.me.id) in found.reactions:
            found.reactions.remove((emoji, self.me.id))

    def _type(self, call: Call, channel: str) -> None:
        where = self._seen(channel)
        if where.guild:
            self._need(where, SEND_MESSAGES_IN_THREADS if where.is_thread else SEND_MESSAGES)
        where.typing.append(self.clock())

    def _refresh(self, call: Call) -> Json:
        return {
            "refreshed_urls": [
                {"original": url, "refreshed": self.attachment_url(self.attachments[int(url.split("/")[-2])])}
                for url in call.body["attachment_urls"]
            ]
        }

    # -- interactions

    def _callback(self, call: Call, interaction: str, token: str) -> Json | None:
        found = self.by_token.get(token)
        if found is None or str(found.id) != interaction:
            raise Refused(404, 10062, "Unknown interaction")
        if found.callbacks:
            raise Refused(400, 40060, "Interaction has already been acknowledged.")
        waited = time.monotonic() - found.sent
        if waited > self.first_answer_within:
            raise Refused(404, 10062, "Unknown interaction")
        kind, data = call.body["type"], call.body.get("data") or {}
        self._respond(found, kind, data, call.files)
        found.callbacks.append(call.body)
        found.answered_after = waited
        self.changed()
        return self._callback_answer(found, kind) if call.query.get("with_response") in ("1", "true") else None

    def _respond(self, found: Interaction, kind: int, data: Json, files: Sequence[File]) -> None:
        if kind == 4:
            self._answer_with(found, self._hooked(found, data, files))
        elif kind == 5:
            message = Message(self.snowflake(), found.channel, self.me, at=self.clock(), interaction=found)
            message.flags = LOADING | self._hidden(found, data)
            self._answer_with(found, message)
        elif kind in (6, 7):
            if found.message is None:
                raise invalid("type", "BASE_TYPE_CHOICES", "This interaction has no message to update")
            found.original = found.message
            if kind == 7:
                self._altered(found.message, data, files, found.event["attachment_size_limit"])
        elif kind == 9:
            if found.type == 5:
                raise invalid("type", "BASE_TYPE_CHOICES", "A form cannot open a form")
            if self.strict:
                check_modal(data)
            found.modal = Modal(found, data["custom_id"], data["title"], numbered(data["components"]))
        elif kind not in (1, 8):
            raise invalid("type", "BASE_TYPE_CHOICES", f"No callback of type {kind}")

    def _answer_with(self, found: Interaction, message: Message) -> None:
        found.original = message
        found.responses.append(message)
        self.put(message)

    def _hooked(self, found: Interaction, data: Json, files: Sequence[File]) -> Message:
        message = self._written(found.channel, data, files, found.event["attachment_size_limit"], found)
        message.flags |= self._hidden(found, data)
        for one in message.attachments:
            one.ephemeral = message.ephemeral
        return message

    def _hidden(self, found: Interaction, data: Json) -> int:
        """Whether only the person sees it: as asked, or because they may not use apps of their own there."""
        alone = found.by_account and found.channel.guild
        if alone and not self.permissions(found.user, found.channel) & USE_EXTERNAL_APPS:
            return EPHEMERAL
        return (data.get("flags") or 0) & EPHEMERAL

    def _callback_answer(self, found: Interaction, kind: int) -> Json:
        told: Json = {"id": str(found.id), "type": found.type}
        resource: Json = {"type": kind}
        message = found.original
        if message and kind in (4, 5, 7):
            told |= {
                "response_message_id": str(message.id),
                "response_message_loading": message.loading,
                "response_message_ephemeral": message.ephemeral,
            }
            resource["message"] = self.message_payload(message)
        return {"interaction": told, "resource": resource}

    def _asked(self, application: str, token: str) -> Interaction:
        found = self.by_token.get(token)
        if found is None or int(application) != self.application_id:
            raise Refused(404, 10015, "Unknown Webhook")
        if self.clock() - found.created >= TOKEN_LIVES:
            raise Refused(401, 50027, "Invalid Webhook Token")
        return found

    def _followup(self, call: Call, application: str, token: str) -> Json:
        found = self._asked(application, token)
        if not found.callbacks:
            raise Refused(404, 10015, "Unknown Webhook")
        first = found.original
        if first and first.loading and not first.deleted:
            # Discord lets the first followup take the place of "is thinking", with the visibility of that.
            self._altered(first, call.body, call.files, found.event["attachment_size_limit"])
            return self.message_payload(first)
        if found.by_account and found.channel.guild and len(found.responses) > 5:
            raise Refused(400, 40094, "This interaction has reached the maximum number of follow-up messages.")
        message = self._hooked(found, call.body, call.files)
        found.responses.append(message)
        self.put(message)
        return self.message_payload(message)

    def _followed(self, application: str, token: str, message: str) -> Message:
        found = self._asked(application, token)
        if message == "@original":
            one = found.original
        else:
            one = next((one for one in [*found.responses, found.original] if one and str(one.id) == message), None)
        if one is None or one.deleted:
            raise Refused(404, 10008, "Unknown Message")
        return one

    def _get_followup(self, call: Call, application: str, token: str, message: str) -> Json:
        return self.message_payload(self._followed(application, token, message))

    def _edit_followup(self, call: Call, application: str, token: str, message: str) -> Json:
        found = self._followed(application, token, message)
        limit = self.by_token[token].event["attachment_size_limit"]
        self._altered(found, call.body, call.files, limit)
        return self.message_payload(found)

    def _delete_followup(self, call: Call, application: str, token: str, message: str) -> None:
        self.delete(self._followed(application, token, message))

    # -- the CDN

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
            return _response(fault.status, fault.body, fault.headers)
        if fault == cut("before"):
            return _abort(request)
        found = self.attachments.get(int(request.path.split("/")[3]))
        if found is None or found.data is None or not self._signed(request):
            return web.Response(status=404, text="This content is no longer available.")
        response = web.Response(body=found.data, content_type=found.content_type or "application/octet-stream")
        return await _half(request, response) if fault.kind == "cut" else response

    def _signed(self, request: web.BaseRequest) -> bool:
        expires, issued, mark = (request.query.get(key, "") for key in ("ex", "is", "hm"))
        if mark != self.signature(request.path, expires, issued):
            return False
        return int(expires, 16) > self.clock()

    # -- the gateway

    @property
    def connected(self) -> list[Session]:
        """The sessions that have a live socket."""
        return [one for one in self.sessions.values() if one.socket]

    def reconnect(self, shard: int | None = None) -> None:
        """Ask the client to come back and resume."""
        for socket in self._live(shard):
            socket.op(7)

    def drop(self, shard: int | None = None, code: int | None = None) -> None:
        """Break the sockets, or close them with a code."""
        for socket in self._live(shard):
            if code is None:
                socket.drop()
            else:
                socket.close(code)
            if socket.session and socket.session.socket is socket:
                socket.session.socket = None  # from now on events wait for the resume

    def invalidate(self, shard: int | None = None) -> None:
        """Forget the sessions, and tell those who are connected."""
        for session in [one for one in self.sessions.values() if shard in (None, one.shard)]:
            del self.sessions[session.id]
            if session.socket:
                session.socket.op(9, False)

    def forget(self) -> None:
        """Forget the sessions silently: who resumes is told to start anew."""
        self.sessions.clear()

    def _live(self, shard: int | None) -> list[Socket]:
        return [one for one in self._sockets if one.session and shard in (None, one.session.shard)]

    def dispatch(self, event: str, body: Json, guild_id: int | None) -> None:
        """Queue an event for every session that should have it."""
        text: dict[bool, str] = {}
        for session in self.sessions.values():
            if not session.wants(event, guild_id):
                continue
            blind = event.startswith("MESSAGE_") and bool(guild_id) and not session.intents & MESSAGE_CONTENT
            if blind not in text:
                text[blind] = json.dumps(self._without_content(body) if blind and "author" in body else body)
            session.say(event, text[blind])
        self.changed()

    def _without_content(self, body: Json) -> Json:
        """What is left without the intent, unless the bot said it or is mentioned."""
        mine = str(self.me.id)
        if body["author"]["id"] == mine or mine in [one["id"] for one in body["mentions"]]:
            return body
        body = {**body, "content": "", "attachments": [], "embeds": [], "components": []}
        if body.get("referenced_message"):
            body["referenced_message"] = self._without_content(body["referenced_message"])
        return body

    async def _talk(self, request: web.BaseRequest) -> web.StreamResponse:
        fault = self._fault("GATEWAY")
        if fault.kind == "answer":
            return _response(fault.status, fault.body, fault.headers)
        if fault.kind == "cut":
            return _abort(request)
        if fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
        ws = web.WebSocketResponse(max_msg_size=0, compress=False, autoclose=self.says_farewell)
        await ws.prepare(request)
        socket = Socket(ws, request.transport, request.query.get("compress", ""))
        self._sockets.add(socket)
        socket.op(10, {"heartbeat_interval": int(self.heartbeat * 1000)})
        try:
            async for message in ws:
                if message.type == WSMsgType.TEXT:
                    self._heard(socket, json.loads(message.data))
            if not self.says_farewell:
                await asyncio.Event().wait()
        finally:
            self._gone(socket, ws.close_code)
            await socket.stop()
        return ws

    def _gone(self, socket: Socket, code: int | None) -> None:
        self._sockets.discard(socket)
        session = socket.session
        if session and session.socket is socket:
            session.socket = None
            if code in (1000, 1001):  # a client that closes cleanly gives its session up
                self.sessions.pop(session.id, None)
        self.changed()

    def _heard(self, socket: Socket, said: Json) -> None:
        op, data = said["op"], said.get("d") or {}
        if op == 1:
            if self.acknowledges:
                socket.op(11)
        elif op == 2:
            self._identify(socket, data)
        elif op == 6:
            self._resume(socket, data)
        elif socket.session is None:
            socket.close(4003)
        elif op == 8:
            self._members(socket.session, data)

    def _identify(self, socket: Socket, data: Json) -> None:
        self.identifies.append(data)
        if data["token"] != self.token:
            socket.close(4004)
            return
        if data.get("intents", 0) & MESSAGE_CONTENT and not self.content_allowed:
            socket.close(4014)
            return
        shard, shards = data.get("shard") or (0, 1)
        if not 0 <= shard < shards:
            socket.close(4010)
            return
        session = Session(f"session{self.snowflake():x}", shard, shards, data.get("intents", 0), socket=socket)
        socket.session = session
        self.sessions[session.id] = session
        guilds = [one for one in self.guilds.values() if one.has_bot and session.wants("GUILD_CREATE", one.id)]
        session.say("READY", json.dumps(self._ready(session, guilds)))
        if session.intents & GUILDS:
            for guild in guilds:
                session.say("GUILD_CREATE", json.dumps(guild.payload(self.me.id)))
        self.changed()

    def _ready(self, session: Session, guilds: list[Guild]) -> Json:
        return {
            "v": 10,
            "user": self.me.payload(),
            "guilds": [{"id": str(one.id), "unavailable": True} for one in guilds],
            "session_id": session.id,
            "resume_gateway_url": self.gateway,
            "shard": [session.shard, session.shards],
            "application": {"id": str(self.application_id), "flags": 0},
            "private_channels": [],
        }

    def _resume(self, socket: Socket, data: Json) -> None:
        self.resumes.append(data)
        session = self.sessions.get(data["session_id"])
        missed = session.log[0][0] - 1 > (data["seq"] or 0) if session and session.log else False
        if session is None or missed or data["token"] != self.token:
            socket.op(9, False)
            return
        session.socket, socket.session = socket, session
        for seq, line in session.log:
            if seq > (data["seq"] or 0):
                socket.send(line)
        session.say("RESUMED", "{}")
        self.changed()

    def _members(self, session: Session, data: Json) -> None:
        guild = self.guilds[int(data["guild_id"])]
        wanted = data.get("user_ids")
        wanted = [wanted] if isinstance(wanted, str | int) else wanted
        found = [one for one in guild.members.values() if not wanted or str(one.user.id) in map(str, wanted)]
        body: Json = {"guild_id": str(guild.id), "members": [one.payload() for one in found]}
        body |= {"chunk_index": 0, "chunk_count": 1, "not_found": [], "nonce": data.get("nonce")}
        session.say("GUILD_MEMBERS_CHUNK", json.dumps(body))


Handler = Callable[..., Any]


def _response(status: int, body: Any, headers: dict[str, str]) -> web.Response:
    if body is None:
        return web.Response(status=status, headers=headers)
    if isinstance(body, str):
        return web.Response(status=status, text=body, content_type="text/html", headers=headers)
    # discord.py reads JSON only from exactly this type, without a charset.
    return web.Response(status=status, body=json.dumps(body).encode(), content_type="application/json", headers=headers)


def _abort(request: web.BaseRequest) -> web.Response:
    if request.transport:
        request.transport.abort()
    return web.Response()


async def _half(request: web.BaseRequest, whole: web.Response) -> web.StreamResponse:
    """Send half of an answer and break off."""
    body = whole.body if isinstance(whole.body, bytes) else b""
    part = web.StreamResponse(status=whole.status, headers={"Content-Length": str(len(body))})
    part.content_type = whole.content_type
    with suppress(ConnectionError):
        await part.prepare(request)
        await part.write(body[: len(body) // 2])
        await asyncio.sleep(0.01)  # or the abort would take back what is still in the buffer
        _abort(request)
    return part


def _kind(name: str) -> str | None:
    known = {"mp4": "video/mp4", "jpg": "image/jpeg", "png": "image/png", "gif": "image/gif", "txt": "text/plain"}
    return known.get(name.rpartition(".")[2].lower())


def read_form(body: bytes, content_type: str, keep: bool) -> tuple[Any, list[File]]:
    """The JSON and the files of a multipart body, which is only searched, and copied only when kept."""
    found = re.search(r'boundary="?([^";]+)', content_type)
    mark = b"--" + (found.group(1).encode() if found else b"")
    payload: Any = {}
    files: list[File] = []
    at = body.find(mark)
    while at >= 0 and body[at + len(mark) : at + len(mark) + 2] != b"--":
        start = body.find(b"\r\n\r\n", at) + 4
        end = body.find(b"\r\n" + mark, start)
        if start < 4 or end < 0:
            raise ValueError("a multipart body ends too early")
        names = dict(re.findall(r'(\bname|filename)="([^"]*)"', body[at:start].decode()))
        if names.get("name") == "payload_json":
            payload = json.loads(body[start:end])
        elif "filename" in names:
            files.append(File(names["filename"], end - start, body[start:end] if keep else None))
        at = end + 2
    return payload, files


def numbered(components: list[Json] | None) -> list[Json]:
    """Components with the ids Discord gives to those that have none."""
    made: list[Json] = json.loads(json.dumps(components or []))
    for number, one in enumerate(parts(made), 1):
        one.setdefault("id", number)
    return made


# -- what Discord refuses


def _short(where: str, text: Any, most: int, least: int = 0) -> None:
    """A text of a length that fits; Discord counts characters as Python does."""
    if text is None:
        return
    if not isinstance(text, str):
        raise invalid(where, "STRING_TYPE_CONVERT", "Could not interpret value as string.")
    if len(text) > most:
        raise invalid(where, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")
    if len(text) < least:
        raise invalid(where, "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.")


def _few(where: str, things: Sequence[Any], most: int, least: int = 0) -> None:
    if not least <= len(things) <= most:
        raise invalid(where, "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.")


def check_message(body: Json) -> None:
    """Refuse what Discord would not send."""
    _short("content", body.get("content"), 2000)
    _short("nonce", None if body.get("nonce") is None else str(body["nonce"]), 25)
    embeds = body.get("embeds") or []
    _few("embeds", embeds, 10)
    for at, embed in enumerate(embeds):
        _check_embed(f"embeds.{at}", embed)
    if sum(map(_embed_length, embeds)) > 6000:
        raise invalid("embeds", "MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of 6000")
    for at, one in enumerate(body.get("attachments") or []):
        _short(f"attachments.{at}.description", one.get("description"), 1024)
    v2 = bool((body.get("flags") or 0) & COMPONENTS_V2)
    if v2 and (body.get("content") or embeds):
        raise invalid("content", "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", "Not with components v2")
    _check_components(body.get("components") or [], v2)


def _check_embed(where: str, embed: Json) -> None:
    _short(f"{where}.title", embed.get("title"), 256)
    _short(f"{where}.description", embed.get("description"), 4096)
    _short(f"{where}.footer.text", (embed.get("footer") or {}).get("text"), 2048)
    _short(f"{where}.author.name", (embed.get("author") or {}).get("name"), 256)
    fields = embed.get("fields") or []
    _few(f"{where}.fields", fields, 25)
    for at, one in enumerate(fields):
        _short(f"{where}.fields.{at}.name", one.get("name"), 256, 1)
        _short(f"{where}.fields.{at}.value", one.get("value"), 1024, 1)


def _embed_length(embed: Json) -> int:
    texts = [embed.get("title"), embed.get("description")]
    texts += [(embed.get("footer") or {}).get("text"), (embed.get("author") or {}).get("name")]
    texts += [text for one in embed.get("fields") or [] for text in (one.get("name"), one.get("value"))]
    return sum(len(text or "") for text in texts)


def _check_components(components: list[Json], v2: bool) -> None:
    _few("components", list(parts(components)) if v2 else components, 40 if v2 else 5)
    for at, row in enumerate(components):
        if not v2 and row.get("type") != 1:
            raise invalid(f"components.{at}.type", "UNION_TYPE_CHOICES", "Value of field must be 1")
        if row.get("type") == 1:
            inside = row.get("components") or []
            menus = any(one["type"] != 2 for one in inside)
            _few(f"components.{at}.components", inside, 1 if menus else 5, 1)
    known: set[str] = set()
    for at, one in enumerate(parts(components)):
        _check_component(f"components.{at}", one)
        custom = one.get("custom_id")
        if custom in known:
            where = f"components.{at}.custom_id"
            raise invalid(where, "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated")
        known |= {custom} if custom else set()


def _check_component(where: str, one: Json) -> None:
    kind = one.get("type")
    _short(f"{where}.custom_id", one.get("custom_id"), 100, 1)
    if kind == 2:
        _short(f"{where}.label", one.get("label"), 80)
        if one.get("style") == 5:
            _short(f"{where}.url", one.get("url"), 512, 1)
            if not re.match(r"(https?|discord)://", one.get("url") or ""):
                raise invalid(f"{where}.url", "URL_TYPE_INVALID_SCHEME", "Scheme must be one of http, https, discord.")
        elif not one.get("custom_id") and one.get("style") != 6:
            raise invalid(f"{where}.custom_id", "BASE_TYPE_REQUIRED", "This field is required")
        if not one.get("label") and not one.get("emoji"):
            raise invalid(f"{where}.label", "BUTTON_COMPONENT_INVALID", "A button needs a label or an emoji")
    elif kind == 3:
        _few(f"{where}.options", one.get("options") or [], 25, 1)
        _short(f"{where}.placeholder", one.get("placeholder"), 150)
        for at, option in enumerate(one["options"]):
            for key in ("label", "value", "description"):
                _short(f"{where}.options.{at}.{key}", option.get(key), 100, 1)
    elif kind == 10:
        _short(f"{where}.content", one.get("content"), 4000, 1)


def check_modal(modal: Json) -> None:
    """Refuse a form that Discord would not open."""
    _short("data.title", modal.get("title"), 45, 1)
    _short("data.custom_id", modal.get("custom_id"), 100, 1)
    _few("data.components", modal.get("components") or [], 5, 1)
    for at, row in enumerate(modal["components"]):
        where = f"data.components.{at}"
        if row.get("type") not in (1, 10, 18):
            raise invalid(f"{where}.type", "UNION_TYPE_CHOICES", "Value of field must be one of (1, 10, 18)")
        if row["type"] == 18:
            _short(f"{where}.label", row.get("label"), 45, 1)
            _short(f"{where}.description", row.get("description"), 100)
            _check_field(f"{where}.component", row["component"])
        for one in row.get("components") or []:
            _short(f"{where}.components.0.label", one.get("label"), 45, 1)
            _check_field(f"{where}.components.0", one)
    ids = [one["custom_id"] for one in parts(modal["components"]) if one.get("custom_id")]
    if len(ids) != len(set(ids)):
        raise invalid("data.components", "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated")


def _check_field(where: str, one: Json) -> None:
    _short(f"{where}.custom_id", one.get("custom_id"), 100, 1)
    if one["type"] == 4:
        _short(f"{where}.placeholder", one.get("placeholder"), 100)
        for key in ("min_length", "max_length"):
            if not 0 <= one.get(key, 1) <= 4000:
                raise invalid(f"{where}.{key}", "NUMBER_TYPE_MAX", "int value should be less than or equal to 4000.")
        _short(f"{where}.value", one.get("value"), one.get("max_length", 4000))
    elif one["type"] == 19:
        low, high = one.get("min_values"), one.get("max_values")  # null is what Discord takes by itself
        if not (0 <= (low or 0) <= 10 and 1 <= (1 if high is None else high) <= 10):
            raise invalid(f"{where}.max_values", "NUMBER_TYPE_MAX", "int value should be less than or equal to 10.")
    elif one["type"] == 2:
        raise invalid(f"{where}.type", "UNION_TYPE_CHOICES", "A form has no buttons")
    else:
        _check_component(where, one)


def check_commands(commands: Sequence[Json]) -> None:
    """Refuse commands that Discord would not register."""
    kinds = Counter(one.get("type", 1) for one in commands)
    if kinds[1] > 100 or kinds[2] > 15 or kinds[3] > 15:
        raise Refused(400, 30032, "Maximum number of application commands reached (100)")
    names = Counter((one.get("type", 1), one["name"]) for one in commands)
    for at, one in enumerate(commands):
        if names[(one.get("type", 1), one["name"])] > 1:
            raise invalid(f"{at}.name", "APPLICATION_COMMANDS_DUPLICATE_NAME", "Commands must have unique names")
        _check_command(str(at), one)


def _check_command(where: str, one: Json) -> None:
    if one.get("type", 1) == 1:
        _check_named(where, one)
        _check_options(f"{where}.options", one.get("options") or [])
        return
    _short(f"{where}.name", one["name"], 32, 1)
    if one.get("description") or one.get("options"):
        raise invalid(f"{where}.description", "APPLICATION_COMMAND_INVALID", "Context menus have no description")


def _check_named(where: str, one: Json) -> None:
    _short(f"{where}.description", one.get("description", ""), 100, 1)
    for name in [one["name"], *(one.get("name_localizations") or {}).values()]:
        if not re.fullmatch(r"[-_'\w]{1,32}", name) or name != name.lower():
            raise invalid(f"{where}.name", "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
    for text in (one.get("description_localizations") or {}).values():
        _short(f"{where}.description_localizations", text, 100, 1)


def _check_options(where: str, options: list[Json]) -> None:
    _few(where, options, 25)
    optional = False
    names = Counter(one["name"] for one in options)
    for at, one in enumerate(options):
        here = f"{where}.{at}"
        _check_named(here, one)
        if names[one["name"]] > 1:
            raise invalid(f"{here}.name", "APPLICATION_COMMAND_OPTIONS_NAME_INVALID", "Option names must be unique")
        if one.get("required") and optional:
            raise invalid(
                here,
                "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
                "Required options must be placed before non-required",
            )
        optional = optional or not one.get("required")
        choices = one.get("choices") or []
        _few(f"{here}.choices", choices, 25)
        for number, choice in enumerate(choices):
            _short(f"{here}.choices.{number}.name", choice["name"], 100, 1)
            _short(f"{here}.choices.{number}.value", str(choice["value"]), 100)
        if not (0 <= one.get("min_length", 0) <= 6000 and 1 <= one.get("max_length", 1) <= 6000):
            raise invalid(f"{here}.max_length", "NUMBER_TYPE_MAX", "int value should be less than or equal to 6000.")
        _check_options(f"{here}.options", one.get("options") or [])
