"""Connections to platforms, a row each.

A platform's library is imported only if its token is set: an import takes about half a second.
"""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pydantic import SecretStr

from bot.config import Settings
from bot.conversation import ShownClip
from bot.core import Core
from bot.errors import ChatError, Unconfirmed
from bot.media.signed_links import Links
from bot.ports import Chat, Platform
from storage import Store

if TYPE_CHECKING:
    from adapters.telegram.client import TelegramClient

HOOK = "telegram-hook"
"""Purpose of the derived secret in Telegram's webhook header."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`bad`: configured but not working; `hint`: could be configured."""

    kind: Literal["good", "bad", "hint"]
    text: str


@dataclass(frozen=True, slots=True)
class Connection:
    """A platform's outbound side, and a constructor of its inbound side, which needs the core.

    `floods`: how often the platform told us to slow down.
    """

    chat: Chat
    listen: Callable[[Core], Platform]
    floods: Callable[[], int]


@dataclass(frozen=True, slots=True)
class Parts:
    """Arguments of `Row.connect`. `link`: public URL of a stored clip; None without a public URL."""

    settings: Settings
    store: Store
    links: Links
    link: Callable[[str], str] | None


@dataclass(frozen=True, slots=True)
class Row:
    """A platform, connected if its `token` is set. `check`: findings for `photoplay check`, also without a token.

    `called`: a person's name by their id there. Raises `ChatError`, also for unknown ids.
    """

    token: Callable[[Settings], SecretStr | None]
    connect: Callable[[Parts], AbstractAsyncContextManager[Connection]]
    check: Callable[[Settings], AsyncIterator[Finding]]
    called: Callable[[Settings, str], Awaitable[str]]


@asynccontextmanager
async def telegram(parts: Parts) -> AsyncIterator[Connection]:
    """Connect to Telegram; the token must be set."""
    from adapters.telegram import PLATFORM
    from adapters.telegram.client import PUBLIC, UPLOAD, UPLOAD_SELF_HOSTED, TelegramClient
    from adapters.telegram.delivery import TelegramChat
    from adapters.telegram.platform import Hook, Telegram
    from adapters.telegram.rate_limit import RateLimiter

    settings, link = parts.settings, parts.link
    assert settings.telegram_token
    client = TelegramClient(settings.telegram_token.get_secret_value(), settings.telegram_api_url)
    public, url = settings.telegram_api_url == PUBLIC, settings.public_url or ""
    # Telegram posts to https only; a self-hosted Bot API server may post to anything.
    posts = url.startswith("https:") if public else url
    hook = Hook(f"{url}/hooks/{PLATFORM}", parts.links.secret(HOOK)) if posts else None

    async def page(shown: ShownClip, job: str) -> str:
        """URL of a clip that cannot be uploaded there: our own link, or one to a private chat with the bot."""
        return link(shown.clip.name) if link else f"https://t.me/{await client.own_name()}?start={job}"

    def listen(core: Core) -> Platform:
        return Telegram(core, client, chat, clock=time.monotonic, hook=hook)

    async with AsyncExitStack() as stack:
        stack.push_async_callback(client.hang_up)
        chat = TelegramChat(
            client,
            RateLimiter(time.monotonic),
            page=page,
            upload=UPLOAD if public else UPLOAD_SELF_HOSTED,
            storage_chat=settings.telegram_storage_chat,
        )
        stack.push_async_callback(chat.close)
        yield Connection(chat, listen, lambda: client.floods)


@asynccontextmanager
async def discord(parts: Parts) -> AsyncIterator[Connection]:
    """Connect to Discord; the token must be set."""
    from adapters.discord.client import RestClient
    from adapters.discord.delivery import DiscordChat
    from adapters.discord.interaction_tokens import InteractionTokens
    from adapters.discord.platform import Discord

    settings = parts.settings
    assert settings.discord_token
    rest = RestClient(settings.discord_token.get_secret_value(), settings.discord_api_url)

    def listen(core: Core) -> Platform:
        return Discord(core, rest, chat, shards=settings.discord_shards)

    async with AsyncExitStack() as stack:
        stack.push_async_callback(rest.hang_up)
        chat = DiscordChat(rest, InteractionTokens(parts.store.inbox, time.time), clock=time.time)
        stack.push_async_callback(chat.close)
        yield Connection(chat, listen, lambda: rest.floods)


async def check_telegram(settings: Settings) -> AsyncIterator[Finding]:
    """Findings from Telegram about the bot and its storage chat."""
    if not settings.telegram_token:
        yield Finding("hint", "Telegram: off. Make a bot with @BotFather and set TELEGRAM_TOKEN.")
        return
    from adapters.telegram.client import BadToken, TelegramClient, mapped

    client = TelegramClient(settings.telegram_token.get_secret_value(), settings.telegram_api_url)
    try:
        with mapped():
            me = await client.get_me()
        link = f"https://t.me/{me.username}"
        yield Finding("good", f"Telegram: @{me.username} is reachable, {link} (into a group: {link}?startgroup=new)")
        if not me.can_join_groups:
            yield Finding(
                "hint", "Telegram: the bot may not be added to groups. BotFather, /setjoingroups, changes it."
            )
        if settings.telegram_storage_chat:
            yield await _storage_chat(client, settings.telegram_storage_chat)
        else:
            yield Finding("hint", "Telegram: TELEGRAM_STORAGE_CHAT is not set; guest mode answers with a link.")
    except (BadToken, Unconfirmed) as error:
        yield Finding("bad", f"Telegram: {error}")
    except ChatError as error:
        yield Finding("bad", f"Telegram: it cannot be reached ({error}). Check TELEGRAM_API_URL and the network.")
    finally:
        await client.hang_up()


async def _storage_chat(client: "TelegramClient", chat: str) -> Finding:
    from adapters.telegram.client import mapped

    try:
        with mapped():
            await client.get_chat(chat)
    except ChatError as error:
        return Finding(
            "bad", f"Telegram: the bot cannot use TELEGRAM_STORAGE_CHAT ({error}). Add it there as an admin."
        )
    return Finding("good", "Telegram: the storage chat is there.")


async def check_discord(settings: Settings) -> AsyncIterator[Finding]:
    """Findings about Discord that need no gateway connection."""
    if not settings.discord_token:
        off = "Discord: off. Make an application at https://discord.com/developers and set DISCORD_TOKEN."
        yield Finding("hint", off)
        return
    from adapters.discord.client import BadToken, RestClient
    from adapters.discord.gateway import invite

    rest = RestClient(settings.discord_token.get_secret_value(), settings.discord_api_url)
    try:
        yield Finding("good", f"Discord: the bot is reachable. Invite it with {invite(await rest.application())}")
    except BadToken as error:
        yield Finding("bad", f"Discord: {error}")
    except ChatError as error:
        yield Finding("bad", f"Discord: it cannot be reached ({error}). Check DISCORD_API_URL and the network.")
    finally:
        await rest.hang_up()


async def called_on_telegram(settings: Settings, user: str) -> str:
    """A user's name on Telegram; known only of users who have written to the bot."""
    from adapters.telegram.client import TelegramClient, mapped

    assert settings.telegram_token
    client = TelegramClient(settings.telegram_token.get_secret_value(), settings.telegram_api_url)
    try:
        with mapped():
            return (await client.get_chat(user)).effective_name or user
    finally:
        await client.hang_up()


async def called_on_discord(settings: Settings, user: str) -> str:
    """A user's name on Discord."""
    from adapters.discord.client import RestClient

    assert settings.discord_token
    if not user.isdecimal():
        raise ChatError("an id is a number")
    rest = RestClient(settings.discord_token.get_secret_value(), settings.discord_api_url)
    try:
        client = await rest.client()
        with rest.mapped():
            return (await client.fetch_user(int(user))).display_name
    finally:
        await rest.hang_up()


CONNECTIONS = {
    "telegram": Row(lambda settings: settings.telegram_token, telegram, check_telegram, called_on_telegram),
    "discord": Row(lambda settings: settings.discord_token, discord, check_discord, called_on_discord),
}
"""By platform, in the order of `photoplay check`."""
