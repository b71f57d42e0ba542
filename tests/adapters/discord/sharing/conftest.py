"""A guild with a gallery, on SQLite or on either database."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.adapters.discord.discord_room import Room, a_room
from tests.adapters.discord.sharing.club import Club


@pytest.fixture
def room(room: Room) -> Room:
    """One whose films are looked at."""
    room.api.keeps_files = True
    return room


@pytest.fixture
async def both(
    tmp_path: Path, large_clip: bytes, new_id: Callable[[], str], database_url: str | None
) -> AsyncIterator[Club]:
    """A club on SQLite, and one on PostgreSQL."""
    async with a_room(tmp_path, large_clip, new_id, url=database_url) as room:
        room.api.keeps_files = True
        made = Club(room)
        await made.open()
        yield made


@pytest.fixture
async def club(room: Room) -> Club:
    made = Club(room)
    await made.open()
    return made
