"""A site with a gallery, and a clip of it."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.model import Clip
from tests.clock import Clock
from tests.web_gallery import Site, film, site


@pytest.fixture(scope="module")
def picture() -> bytes:
    """A clip of 160 by 90 pixels."""
    return film(160, 90)


@pytest.fixture
async def town(
    tmp_path: Path, clock: Clock, new_id: Callable[[], str], clip: bytes, database_url: str | None
) -> AsyncIterator[Site]:
    async with site(tmp_path, clock, new_id, clip, database_url) as made:
        yield made


@pytest.fixture
async def made(town: Site, picture: bytes) -> Clip:
    return await town.clip(picture)
