"""A community with its gallery, for tests that do not need it otherwise."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.bot.gallery.gallery_house import Square, Wall
from tests.clock import Clock
from tests.houses import wired


@pytest.fixture
def walls() -> dict[str, Wall]:
    """The platforms; the gallery is on the first."""
    return {"telegram": Wall()}


@pytest.fixture
async def unopened(
    database_url: str | None,
    tmp_path: Path,
    clock: Clock,
    new_id: Callable[[], str],
    clip: bytes,
    walls: dict[str, Wall],
) -> AsyncIterator[Square]:
    """Before its admin has set a gallery up."""
    async with wired(tmp_path, clock, new_id, clip, walls, database_url) as house:
        yield Square(house, walls["telegram"])


@pytest.fixture
async def square(unopened: Square) -> Square:
    await unopened.open()
    return unopened
