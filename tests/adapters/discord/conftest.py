"""Ann, the bot and the Discord between them, for tests that do not need them otherwise."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.adapters.discord.discord_room import Room, a_room


@pytest.fixture
async def room(tmp_path: Path, large_clip: bytes, new_id: Callable[[], str]) -> AsyncIterator[Room]:
    async with a_room(tmp_path, large_clip, new_id) as made:
        yield made
