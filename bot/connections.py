"""The platforms that a process connects to. Each is loaded only where it has a token: that takes half a second."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from bot.config import Settings
from bot.conversation import ShownClip
from bot.core import Core
from bot.media.signed_links import Links
from bot.ports import Chat, Platform
from storage import Store

HOOK = "telegram-hook"
"""Purpose of the derived secret in Telegram's webhook header."""


@dataclass(frozen=True, slots=True)
class Connection:
    """What sends to a platform, and what is to be made of it once there is a core to hear what comes in."""

    name: str
    chat: Chat
    listen: Callable[[Core], Platform]


@asynccontextmanager
async def telegram(settings: Settings, links: Links, link: Callable[[str], str] | None) -> AsyncIterator[Connection]:
    """By the token, which must be set. `link` gives the public address of a clip."""
    from adapters.telegram import PLATFORM
    from adapters.telegram.client import PUBLIC, UPLOAD, UPLOAD_SELF_HOSTED, TelegramClient
    from adapters.telegram.delivery import TelegramChat
    from adapters.telegram.platform import Hook, Telegram
    from adapters.telegram.rate_limit import RateLimiter

    assert settings.telegram_token
    line = TelegramClient(settings.telegram_token.get_secret_value(), settings.telegram_api_url)
    public, url = settings.telegram_api_url == PUBLIC, settings.public_url or ""
    # Telegram posts to https only; a self-hosted Bot API server may post to anything.
    posts = url.startswith("https:") if public else url
    hook = Hook(f"{url}/hooks/{PLATFORM}", links.secret(HOOK)) if posts else None

    async def page(shown: ShownClip, job: str) -> str:
        """Where a clip can be seen that needs an upload: by our own link, or in a private chat with the bot."""
        return link(shown.clip.name) if link else f"https://t.me/{await line.own_name()}?start={job}"

    def listen(core: Core) -> Platform:
        return Telegram(core, line, chat, clock=time.monotonic, hook=hook)

    async with AsyncExitStack() as stack:
        stack.push_async_callback(line.hang_up)
        chat = TelegramChat(
            line,
            RateLimiter(time.monotonic),
            page=page,
            upload=UPLOAD if public else UPLOAD_SELF_HOSTED,
            storage_chat=settings.telegram_storage_chat,
        )
        stack.push_async_callback(chat.close)
        yield Connection(PLATFORM, chat, listen)


@asynccontextmanager
async def discord(settings: Settings, store: Store) -> AsyncIterator[Connection]:
    """By the token, which must be set."""
    from adapters.discord.client import RestClient
    from adapters.discord.delivery import DiscordChat
    from adapters.discord.interaction_tokens import InteractionTokens
    from adapters.discord.platform import Discord
    from adapters.discord.request import PLATFORM

    assert settings.discord_token
    line = RestClient(settings.discord_token.get_secret_value(), settings.discord_api_url)

    def listen(core: Core) -> Platform:
        return Discord(core, line, chat, shards=settings.discord_shards)

    async with AsyncExitStack() as stack:
        stack.push_async_callback(line.hang_up)
        chat = DiscordChat(line, InteractionTokens(store.inbox, time.time), clock=time.time)
        stack.push_async_callback(chat.close)
        yield Connection(PLATFORM, chat, listen)
