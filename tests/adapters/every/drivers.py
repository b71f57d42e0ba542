"""The driver of each platform; a new platform adds its own."""

from collections.abc import Callable
from typing import Any

from tests.adapters.discord.discord_driver import discord
from tests.adapters.lines.lines_driver import lines
from tests.adapters.telegram.telegram_driver import telegram
from tests.adapters.web.web_driver import web

PLATFORMS: dict[str, Callable[..., Any]] = {"telegram": telegram, "discord": discord, "web": web, "lines": lines}
