"""The gateway: sessions and the events they get."""

import asyncio
import json

from aiohttp import WSMsgType, web

from tests.loopback.discord.guilds import Guild
from tests.loopback.discord.http import abort, response_of
from tests.loopback.discord.refusals import Json
from tests.loopback.discord.sessions import GUILDS, MESSAGE_CONTENT, Session, Socket
from tests.loopback.discord.world import World


class Gateway(World):
    """Sessions and events."""

    @property
    def connected(self) -> list[Session]:
        """The sessions with a live socket."""
        return [one for one in self.sessions.values() if one.socket]

    def reconnect(self, shard: int | None = None) -> None:
        """Ask the client to reconnect and resume."""
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
        """Forget the sessions, and notify the connected ones."""
        for session in [one for one in self.sessions.values() if shard in (None, one.shard)]:
            del self.sessions[session.id]
            if session.socket:
                session.socket.op(9, False)

    def forget(self) -> None:
        """Forget the sessions silently: a resume is refused."""
        self.sessions.clear()

    def _live(self, shard: int | None) -> list[Socket]:
        return [one for one in self._sockets if one.session and shard in (None, one.session.shard)]

    def dispatch(self, event: str, body: Json, guild_id: int | None) -> None:
        """Queue an event for every session that receives it."""
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
        """A message without content, as without the intent, unless it is the bot's or mentions it."""
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
            return response_of(fault.status, fault.body, fault.headers)
        if fault.kind == "cut":
            return abort(request)
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
            if code in (1000, 1001):  # a client that closes cleanly ends its session
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
