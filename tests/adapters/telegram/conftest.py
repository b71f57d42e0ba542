"""Ann, the bot and the Telegram between them, for tests that do not need them otherwise."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from tests.adapters.telegram.telegram_room import Room, a_room


@pytest.fixture
def film(large_clip: bytes) -> bytes:
    """What the host renders."""
    return large_clip


@pytest.fixture
def rooms(tmp_path: Path, film: bytes, new_id: Callable[[], str]) -> Callable[..., AbstractAsyncContextManager[Room]]:
    """Makes rooms, one after the other on the same store; takes what `a_room` takes."""
    return lambda **how: a_room(tmp_path, film, new_id, **how)


@pytest.fixture
async def room(rooms: Callable[..., AbstractAsyncContextManager[Room]]) -> AsyncIterator[Room]:
    async with rooms() as made:
        yield made


@pytest.fixture
def quick_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    """What did not go is tried again at once."""
    monkeypatch.setattr("bot.jobs.delivery.backoff", lambda tries: 0.05)
