"""Where files are kept: with processes of everybody's, or with some of one's own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from boxes import ids

from bot.media.library import Media
from tests import decoders
from tests.decoders import Shared


@pytest.fixture
async def box(tmp_path: Path) -> AsyncIterator[Media]:
    made = Media(tmp_path / "media", new_id=ids(), decoder=Shared)
    yield made
    await made.close()


@pytest.fixture
def nobody_elses() -> None:
    """Decoders that earlier tests left waiting end: a test that counts processes counts its own."""
    decoders.end()


@pytest.fixture
async def lone(nobody_elses: None, tmp_path: Path) -> AsyncIterator[Media]:
    """One whose processes are its own, and the only ones."""
    made = Media(tmp_path / "media", new_id=ids())
    yield made
    await made.close()
