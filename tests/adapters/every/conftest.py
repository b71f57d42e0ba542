"""Fixtures: a platform with its driver; every test runs on each."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from adapters.shared import lanes
from adapters.web import event_stream
from tests.adapters.driving import ChatDriver, Driver
from tests.adapters.every.drivers import PLATFORMS


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses are short."""
    monkeypatch.setattr(event_stream, "BUSY", 0.02)
    monkeypatch.setattr(event_stream, "CALM", 0.02)
    monkeypatch.setattr(event_stream, "TICK", 0.05)
    monkeypatch.setattr(lanes, "GRACE", 0.05)


@pytest.fixture(params=PLATFORMS)
async def driver(
    request: pytest.FixtureRequest, quick: None, tmp_path: Path, large_clip: bytes, new_id: Callable[[], str]
) -> AsyncIterator[Driver]:
    async with PLATFORMS[request.param](tmp_path, large_clip, new_id) as made:
        yield made


@pytest.fixture(params=[name for name in PLATFORMS if name != "web"])
async def chat(
    request: pytest.FixtureRequest, quick: None, tmp_path: Path, large_clip: bytes, new_id: Callable[[], str]
) -> AsyncIterator[ChatDriver]:
    """Only where the bot writes to people."""
    async with PLATFORMS[request.param](tmp_path, large_clip, new_id) as made:
        yield made
