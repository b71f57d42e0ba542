"""Ann, the bot and the Telegram between them, for tests that do not need them otherwise."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from tests.adapters.telegram.telegram_rig import Rig, a_rig
from tests.adapters.telegram.telegram_town import Town, gathered


@pytest.fixture
def film(large_clip: bytes) -> bytes:
    """What the host renders."""
    return large_clip


@pytest.fixture
def rigs(tmp_path: Path, film: bytes, new_id: Callable[[], str]) -> Callable[..., AbstractAsyncContextManager[Rig]]:
    """Makes rigs, one after the other on the same store; takes what `a_rig` takes."""
    return lambda **how: a_rig(tmp_path, film, new_id, **how)


@pytest.fixture
async def rig(rigs: Callable[..., AbstractAsyncContextManager[Rig]]) -> AsyncIterator[Rig]:
    async with rigs() as made:
        yield made


@pytest.fixture
def quick_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    """What did not go is tried again at once."""
    monkeypatch.setattr("bot.jobs.delivery.backoff", lambda tries: 0.05)


@pytest.fixture
async def town(tmp_path: Path, large_clip: bytes, new_id: Callable[[], str]) -> AsyncIterator[Town]:
    async with a_rig(tmp_path, large_clip, new_id) as rig:
        rig.hold()
        yield gathered(rig)
