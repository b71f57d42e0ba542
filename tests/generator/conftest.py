"""Small clips, for tests of what is around them."""

import pytest

from generator import pool
from tests import renderers


@pytest.fixture
def small_clips(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rendering processes that start from now on, or get their next clip, make small ones."""
    monkeypatch.setattr(pool, "work", renderers.small)
