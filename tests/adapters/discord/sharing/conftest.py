"""A guild with a gallery, on SQLite or on either database."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.adapters.discord.discord_rig import Rig, a_rig
from tests.adapters.discord.sharing.club import Club


@pytest.fixture
def rig(rig: Rig) -> Rig:
    """One whose films are looked at."""
    rig.api.keeps_files = True
    return rig


@pytest.fixture
async def both(
    tmp_path: Path, large_clip: bytes, new_id: Callable[[], str], database_url: str | None
) -> AsyncIterator[Club]:
    """A club on SQLite, and one on PostgreSQL."""
    async with a_rig(tmp_path, large_clip, new_id, url=database_url) as rig:
        rig.api.keeps_files = True
        made = Club(rig)
        await made.open()
        yield made


@pytest.fixture
async def club(rig: Rig) -> Club:
    made = Club(rig)
    await made.open()
    return made
