"""Ann, the bot and the Discord between them, for tests that do not need them otherwise."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.adapters.discord.discord_rig import Rig, a_rig


@pytest.fixture
async def rig(tmp_path: Path, large_clip: bytes, new_id: Callable[[], str]) -> AsyncIterator[Rig]:
    async with a_rig(tmp_path, large_clip, new_id) as made:
        yield made
