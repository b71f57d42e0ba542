"""Dispatch of requests to handlers."""

from typing import Any

from tests.loopback.discord.limits import Handler, Limits


class Routes(Limits):
    """The table of routes."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._table = self._routes()

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
