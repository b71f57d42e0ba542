"""The REST API of the application, its commands, guilds and people."""

from tests.loopback.discord.checks import check_commands
from tests.loopback.discord.faults import Call
from tests.loopback.discord.gateway import Gateway
from tests.loopback.discord.guilds import Channel, Guild
from tests.loopback.discord.permissions import MANAGE_THREADS, SEND_MESSAGES_IN_THREADS
from tests.loopback.discord.refusals import Json, Refused, invalid

TOKEN_LIVES = 15 * 60


class Application(Gateway):
    """Requests about the application, its commands, guilds and users."""

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
        """The channel, if it is visible to the bot."""
        found = self.channels.get(int(channel))
        if found is None:
            raise Refused(404, 10003, "Unknown Channel")
        if not self.sees(found):
            raise Refused(403, 50001, "Missing Access")
        return found

    def _change_channel(self, call: Call, channel: str) -> Json:
        """Unarchive a thread; everyone who may write there can, unless it is locked."""
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
