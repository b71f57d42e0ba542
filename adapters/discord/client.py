"""Client of Discord: the library's client without a gateway, and the only place that maps its errors to ours."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import aiohttp
import discord
from discord.http import Route

from bot.errors import ChatError, Flood, Gone, TooLarge, Unconfirmed

PUBLIC = "https://discord.com/api/v10"
LONGEST_WAIT = 30.0
"""Maximum seconds that the library waits for a rate limit itself; longer ones become `Flood`."""
PAUSE = 60.0
"""Seconds to wait after a rate limit without a duration."""
NOTHING = 0
"""The limit in a `TooLarge` if Discord gives none."""

TOO_LARGE = 40005
TOKEN_OVER = 50027
NO_HISTORY = 160002
BAD_FORM = 50035
ARCHIVED = 50083
BLOCKED = 40333
"""“Internal network error” of Discord's edge, whose HTML pages have no code; temporary."""
NOT_NOW = frozenset({0, BLOCKED, 40004, 40006, 40062, 110001, 130000})
"""Temporary refusals: sending or a feature is disabled for now, a resource is limited, overloaded or not there yet."""
NO_PERMISSION = 50013
SLOW_MODE = frozenset({20016, 20028})
UNKNOWN = frozenset({10003, 10004, 10008})
"""Unknown channel, guild or message: nothing to remove."""
CLOSED = frozenset({10003, 10004, 50001, 50007, 50013, 50083})
"""Unknown channel or guild, no access, no direct messages, no permission, a locked thread: retries are useless.

Ten thousand refusals in ten minutes would get our IP address banned.
"""

log = logging.getLogger(__name__)

discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # voice is not used
logging.getLogger("discord").setLevel(logging.WARNING)  # lower levels log tokens


BROKEN = discord.DiscordException, aiohttp.ClientError, OSError
"""Errors of the library for failed requests."""


UNREADABLE = AttributeError, LookupError, TypeError, ValueError
"""Errors of the libraries for an answer of unknown shape."""


class BadToken(ChatError):
    """Discord rejects the token."""

    def __init__(self) -> None:
        super().__init__(
            "Discord does not accept DISCORD_TOKEN. Reset the token in the Developer Portal, under Bot, and set it."
        )


WORDLESS = CLOSED - {NO_PERMISSION} | {10008, 10015, TOKEN_OVER}
"""Refusals of a clip that concern a text, too; with any other, a text may be accepted."""


class Denied(Gone):
    """A permanent refusal; `code` is Discord's error code."""

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.code = code


class RestClient:
    """A client for posts and edits, logged in on demand. A rejected token is not tried again."""

    def __init__(self, token: str, api_url: str = PUBLIC) -> None:
        Route.BASE = api_url
        self.api_url = api_url
        self.token = token
        self._client: discord.Client | None = None
        self._refused = False
        self.floods = 0
        """How often Discord told us to wait longer than the library does by itself."""
        self._lock = asyncio.Lock()

    async def client(self) -> discord.Client:
        """The client, logged in. Raises `ChatError`."""
        if self._refused:
            raise BadToken
        async with self._lock:
            if self._client is None:
                client = discord.Client(
                    intents=discord.Intents(guilds=True),  # no gateway is used; the library warns without this intent
                    allowed_mentions=discord.AllowedMentions.none(),
                    max_messages=None,
                    max_ratelimit_timeout=LONGEST_WAIT,
                )
                try:
                    with self.mapped():
                        await client.login(self.token)
                except BaseException:
                    await client.close()
                    raise
                self._client = client
            return self._client

    async def hook(self, token: str) -> discord.Webhook:
        """The webhook of an interaction's token, valid for 15 minutes."""
        client = await self.client()
        data = {"id": client.application_id, "type": 3, "token": token}
        return discord.Webhook.from_state(cast("discord.types.webhook.Webhook", data), client._connection)

    async def application(self) -> int:
        """The id of the application."""
        return (await self.client()).application_id or 0

    @contextmanager
    def mapped(self) -> Iterator[None]:
        """Map the library's errors to ours. None is chained: some contain URLs with tokens."""
        try:
            yield
        except UNREADABLE as error:  # the request was most likely executed
            log.error("an answer of Discord's cannot be read: %s", type(error).__name__, exc_info=error)
            raise Unconfirmed("its answer cannot be read") from None
        except BROKEN as error:
            ours = _ours(error)
            self.floods += isinstance(ours, Flood)
            self._refused = self._refused or isinstance(ours, BadToken)
            raise ours from None

    async def hang_up(self) -> None:
        """Close the connections."""
        if self._client:
            await self._client.close()


def _ours(error: Exception) -> ChatError:
    match error:
        case discord.LoginFailure():
            return BadToken()
        case discord.RateLimited():
            return Flood(error.retry_after)
        case discord.HTTPException() if error.status == 429 or error.code in SLOW_MODE:
            return Flood(_after(error))
        case discord.HTTPException() if error.status == 413 or error.code == TOO_LARGE:
            return TooLarge(NOTHING)
        case discord.HTTPException(status=401) if error.code != TOKEN_OVER:
            return BadToken()
        case discord.HTTPException() if error.status < 500 and error.code in NOT_NOW:
            return ChatError(f"{error.status} {error.code}")
        case discord.HTTPException() if error.status < 500:
            return Denied(f"{error.status} {error.code}", error.code)
        case discord.HTTPException():
            return ChatError(f"status {error.status}")
        case aiohttp.ClientConnectorError() | aiohttp.ConnectionTimeoutError():
            return ChatError("no connection")
        case discord.DiscordException():
            return ChatError(type(error).__name__)
    return Unconfirmed("no answer")


def _after(error: discord.HTTPException) -> float:
    try:
        return max(1.0, float(error.response.headers["Retry-After"]))
    except (KeyError, ValueError):
        return PAUSE
