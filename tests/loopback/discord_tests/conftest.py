"""A loopback Discord, where the real discord.py looks for it."""

import warnings
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.loopback.discord.server import DiscordApi

with warnings.catch_warnings():  # discord.py imports `audioop`, which warns from Python 3.11 on
    warnings.simplefilter("ignore", DeprecationWarning)
    from discord.gateway import DiscordWebSocket
    from discord.http import Route


@pytest.fixture(autouse=True)
def elsewhere() -> Iterator[None]:
    """Put back where discord.py looks."""
    base, gateway = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    yield
    Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = base, gateway


@pytest.fixture
async def api() -> AsyncIterator[DiscordApi]:
    api = DiscordApi()
    async with api.serve() as base:
        Route.BASE = base
        yield api
