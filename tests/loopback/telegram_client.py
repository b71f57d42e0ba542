"""A bot on the real python-telegram-bot, for the tests of the loopback Bot API."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from httpx_aiohttp import AiohttpTransport
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.request import HTTPXRequest

from tests.loopback.telegram.server import BotApi

KEYS = InlineKeyboardMarkup([[InlineKeyboardButton("Again", callback_data="again:1")]])


@contextlib.asynccontextmanager
async def a_bot(api: BotApi, token: str | None = None, seconds: float = 5) -> AsyncIterator[Bot]:
    request = HTTPXRequest(read_timeout=seconds, httpx_kwargs={"transport": AiohttpTransport()})
    polls = HTTPXRequest(read_timeout=seconds, httpx_kwargs={"transport": AiohttpTransport()})
    async with request, polls:
        yield Bot(token or api.token, api.bot_url, api.file_url, request=request, get_updates_request=polls)


def causes(error: BaseException | None) -> tuple[type[BaseException], ...]:
    """What PTB raised, what the transport made of it, and what aiohttp said."""
    chain: list[type[BaseException]] = []
    while error and len(chain) < 3:
        chain.append(type(error))
        error = error.__cause__
    return tuple(chain)


async def updates(bot: Bot, offset: int | None = None, **more: Any) -> list[Update]:
    return list(await bot.get_updates(offset, **more))
