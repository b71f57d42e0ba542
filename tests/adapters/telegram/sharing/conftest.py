"""A forum with a gallery, on SQLite or on either database."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.adapters.telegram.sharing.club import Club, gathered
from tests.adapters.telegram.telegram_rig import Rig, a_rig


@pytest.fixture
async def club(rig: Rig) -> Club:
    made = gathered(rig)
    await made.open()
    return made


@pytest.fixture
async def anywhere(
    tmp_path: Path, large_clip: bytes, new_id: Callable[[], str], database_url: str | None
) -> AsyncIterator[Club]:
    """A club on either database."""
    async with a_rig(tmp_path, large_clip, new_id, url=database_url) as made:
        club = gathered(made)
        await club.open()
        yield club
