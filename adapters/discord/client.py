"""The line to Discord: the library's client without a gateway, and the one place where its errors become ours."""

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
"""Seconds that the library may sit out a rate limit by itself; a longer one is ours to plan with."""
PAUSE = 60.0
"""Seconds of silence after a refusal for haste that does not say how long."""
NOTHING = 0
"""The limit of a `TooLarge` that Discord said without a figure."""

TOO_LARGE = 40005
TOKEN_OVER = 50027
NO_HISTORY = 160002
BAD_FORM = 50035
ARCHIVED = 50083
BLOCKED = 40333
"""“Internal network error”, as Discord's edge has it; its pages in HTML have no code. The next call may pass."""
NO_PERMISSION = 50013
SLOW_MODE = frozenset({20016, 20028})
UNKNOWN = frozenset({10003, 10004, 10008})
"""No such channel, guild or message: what was to be taken away is not there."""
CLOSED = frozenset({10003, 10004, 50001, 50007, 50013, 50083})
"""Unknown channel or guild, no access, no direct messages, no permission, a locked thread: more of the same is in vain.

Ten thousand refusals in ten minutes would have the address banned.
"""

log = logging.getLogger(__name__)

discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # we have nothing to say aloud
logging.getLogger("discord").setLevel(logging.WARNING)  # what it tells below that holds tokens


BROKEN = discord.DiscordException, aiohttp.ClientError, OSError
"""What the library raises when Discord did not do what was asked."""


UNREADABLE = AttributeError, LookupError, TypeError, ValueError
"""What the library, or the one below it, raises of an answer in a shape that it does not know."""


class BadToken(ChatError):
    """Discord knows no such bot."""

    def __init__(self) -> None:
        super().__init__(
            "Discord does not accept DISCORD_TOKEN. Reset the token in the Developer Portal, under Bot, and set it."
        )


WORDLESS = CLOSED - {NO_PERMISSION} | {10008, 10015, TOKEN_OVER}
"""Refusals of a clip after which words are refused as well: whatever else is said, the clip may be the trouble."""


class Denied(Gone):
    """Discord refused, and would again; `code` is its own number for why."""

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.code = code


class RestClient:
    """A client that can post and edit; logged in when it is first needed. A refused token is not offered again."""

    def __init__(self, token: str, api_url: str = PUBLIC) -> None:
        Route.BASE = api_url
        self.api_url = api_url
        self.token = token
        self._client: discord.Client | None = None
        self._refused = False
        self._lock = asyncio.Lock()

    def __repr__(self) -> str:
        return "Line()"

    async def client(self) -> discord.Client:
        """The client, logged in. Raises `ChatError`."""
        if self._refused:
            raise BadToken
        async with self._lock:
            if self._client is None:
                client = discord.Client(
                    intents=discord.Intents(guilds=True),  # it hears nothing; without this one it complains
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
        """What an interaction's token allows for a quarter of an hour."""
        client = await self.client()
        data = {"id": client.application_id, "type": 3, "token": token}
        return discord.Webhook.from_state(cast("discord.types.webhook.Webhook", data), client._connection)

    async def application(self) -> int:
        """The id of the application."""
        return (await self.client()).application_id or 0

    @contextmanager
    def mapped(self) -> Iterator[None]:
        """Turn the library's errors into ours. None is chained: some hold addresses with tokens in them."""
        try:
            yield
        except UNREADABLE as error:  # what was asked for was most likely done
            log.error("an answer of Discord's cannot be read: %s", type(error).__name__, exc_info=error)
            raise Unconfirmed("its answer cannot be read") from None
        except BROKEN as error:
            ours = _ours(error)
            self._refused = self._refused or isinstance(ours, BadToken)
            raise ours from None

    async def hang_up(self) -> None:
        """Let go of the connections."""
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
        case discord.HTTPException() if error.status < 500 and error.code in (0, BLOCKED):
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
