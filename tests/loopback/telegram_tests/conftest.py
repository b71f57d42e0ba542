"""A loopback Bot API and a bot on it."""

from collections.abc import AsyncIterator

import pytest
from telegram import Bot

from tests.loopback.telegram.server import BotApi
from tests.loopback.telegram_client import a_bot


@pytest.fixture(autouse=True)
def new_durations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without this, `RetryAfter` cannot be raised: the warning that it gives is an error here."""
    monkeypatch.setenv("PTB_TIMEDELTA", "true")


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    api = BotApi()
    async with api.serve():
        yield api


@pytest.fixture
async def bot(api: BotApi) -> AsyncIterator[Bot]:
    async with a_bot(api) as bot:
        yield bot
